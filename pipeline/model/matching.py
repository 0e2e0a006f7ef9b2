"""The reference meaning of queries: whether a subject matches, and where. Every index must agree with it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pipeline.model import Article, ArticleRef, Document, Quote, Statement
from pipeline.model.query import And, Dated, Hit, Node, Not, Or, Term
from pipeline.text import fold, word_spans, words

# Separates the names of a field, so that no phrase spans two names; `words` never returns it.
BETWEEN = "\u241f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The fields that queries search: words with blanks around them, the folded source, and the time.

    Only articles have a `title`; a term without a field searches title and text.
    """

    title: str = ""
    text: str
    speaker: str
    about: str
    source: str
    lang: str
    kind: str
    said: str
    source_kind: str
    time: datetime
    verdict: str = ""


def verdict(subject: Statement | Hit) -> str:
    """Return the verdict of the statement's first report: "new" or "changed"."""
    return "changed" if subject.changed_from else "new"


def quote_subject(quote: Quote, article: Article | ArticleRef, verdict: str = "") -> Subject:
    """Return the subject of a quote in its article; for a statement, that of its first report with its verdict."""
    return Subject(
        text=_spaced_text(quote.content),
        speaker=_spaced(_names([quote])),
        about=_spaced(quote.about),
        source=fold(article.source),
        lang=_spaced([article.language]),
        kind=_spaced([quote.kind]),
        said=_spaced([quote.modality]),
        source_kind=_spaced([quote.source_kind]),
        verdict=_spaced([verdict]),
        time=article.published or article.first_seen,
    )


def article_subject(document: Document) -> Subject:
    """Return the subject of an article, with all its speakers and the actors that its quotes are about."""
    article, quotes = document.article, document.quotes
    return Subject(
        title=_spaced_text(article.title),
        text=_spaced_text(article.text),
        speaker=_spaced(_names(quotes)),
        about=_spaced(actor for quote in quotes for actor in quote.about),
        source=fold(article.source),
        lang=_spaced([article.language]),
        kind=_spaced(sorted({quote.kind for quote in quotes})),
        said=_spaced(sorted({quote.modality for quote in quotes})),
        source_kind=_spaced(sorted({quote.source_kind for quote in quotes})),
        time=article.published or article.first_seen,
    )


def matches(node: Node | None, subject: Subject) -> bool:
    """Return whether the subject matches the query; everything matches None."""
    match node:
        case None:
            return True
        case Term():
            return _has(subject, node)
        case Dated():
            return _within(subject.time, node)
        case And():
            return all(matches(part, subject) for part in node.parts)
        case Or():
            return any(matches(part, subject) for part in node.parts)
        case Not():
            return not matches(node.part, subject)


def highlights(node: Node | None, text: str) -> tuple[tuple[int, int], ...]:
    """Return the matches of the query in the text: half-open ranges in order, without overlap."""
    wanted = [term for term in _positive_terms(node) if not term.field]
    if not wanted:
        return ()
    merged: list[tuple[int, int]] = []
    for start, end in sorted(_occurrences(wanted, word_spans(text))):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _names(quotes: Iterable[Quote]) -> list[str]:
    """Return the names by which a query can name a speaker: the resolved name, and the id."""
    return [name for quote in quotes for name in (quote.speaker_name, quote.speaker_id) if name]


def _spaced(names: Iterable[str]) -> str:
    """Return the words of the distinct names with blanks around them; '' if there are none."""
    joined = f" {BETWEEN} ".join(part for part in dict.fromkeys(map(_words_of_name, names)) if part)
    return f" {joined} " if joined else ""


@lru_cache(maxsize=4096)
def _words_of_name(name: str) -> str:
    """Return the words of a name, cached because names, languages and kinds repeat."""
    return " ".join(words(name))


def _spaced_text(text: str) -> str:
    text_words = words(text)
    return f" {' '.join(text_words)} " if text_words else ""


def _has(subject: Subject, term: Term) -> bool:
    if term.field == "source":
        return subject.source == term.words[0]
    wanted = f" {' '.join(term.words)}" if term.prefix else f" {' '.join(term.words)} "
    if term.field:
        return wanted in getattr(subject, term.field)
    return wanted in subject.title or wanted in subject.text


def _within(time: datetime, dated: Dated) -> bool:
    return (dated.start is None or dated.start <= time) and (dated.end is None or time < dated.end)


def _positive_terms(node: Node | None) -> list[Term]:
    """Return the terms outside any NOT."""
    match node:
        case Term():
            return [node]
        case And() | Or():
            return [term for part in node.parts for term in _positive_terms(part)]
        case _:
            return []


def _occurrences(wanted: list[Term], spans: list[tuple[str, int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the range of every occurrence of the terms, in one pass over the words of a text."""
    beginnings = tuple(term.words[0] for term in wanted if term.prefix and len(term.words) == 1)
    phrases: dict[str, list[Term]] = defaultdict(list)
    for term in wanted:
        phrases[term.words[0]].append(term)
    text_words = [word for word, _, _ in spans]
    for i, (word, start, end) in enumerate(spans):
        if word.startswith(beginnings):
            yield start, end
        for term in phrases.get(word, ()):
            last = i + len(term.words) - 1
            if _is_term(term, text_words[i : last + 1]):
                yield start, spans[last][2]


def _is_term(term: Term, text_words: list[str]) -> bool:
    """Return whether these words are those of the term."""
    if len(text_words) < len(term.words) or text_words[:-1] != list(term.words[:-1]):
        return False
    return text_words[-1].startswith(term.words[-1]) if term.prefix else text_words[-1] == term.words[-1]

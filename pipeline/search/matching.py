"""Whether a query is met, and where: the one meaning of the query language, which every index must agree with."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pipeline.model import Article, ArticleRef, Document, Quote, Statement
from pipeline.model.query import And, Dated, Node, Not, Or, Term
from pipeline.ports import Hit
from pipeline.text import fold, word_spans, words

# Stands between the names of a field, so that no phrase reaches from one into the next; `words` never gives it.
BETWEEN = "\u241f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What queries are put to: the words of each field with a blank around each, the folded source, and the time.

    Only articles have a `title` of their own; a term of no field is looked for in title and text.
    """

    title: str = ""
    text: str
    speaker: str
    about: str
    source: str
    lang: str
    kind: str
    said: str
    time: datetime
    verdict: str = ""


def verdict(of: Statement | Hit) -> str:
    """The verdict that made this a statement of its own, "new" or "changed"."""
    return "changed" if of.changed_from else "new"


def quote_subject(quote: Quote, article: Article | ArticleRef, verdict: str = "") -> Subject:
    """A quote in its article as queries see it; a statement is seen as its first report, with its verdict."""
    return Subject(
        text=_spaced_text(quote.content),
        speaker=_spaced(_names([quote])),
        about=_spaced(quote.about),
        source=fold(article.source),
        lang=_spaced([article.language]),
        kind=_spaced([quote.kind]),
        said=_spaced([quote.modality]),
        verdict=_spaced([verdict]),
        time=article.published or article.first_seen,
    )


def article_subject(document: Document) -> Subject:
    """An article as queries see it: who speaks in it, and whom its quotes are about."""
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
        time=article.published or article.first_seen,
    )


def matches(node: Node | None, subject: Subject) -> bool:
    """Whether the subject meets the query; None asks for nothing."""
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
    """Where the text has what the query asks of the text: half-open ranges in order, apart from one another."""
    wanted = [term for term in _asked(node) if not term.field]
    if not wanted:
        return ()
    merged: list[tuple[int, int]] = []
    for start, end in sorted(_found(wanted, word_spans(text))):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _names(quotes: Iterable[Quote]) -> list[str]:
    """The names that speakers are found by: as resolved, and the id."""
    return [name for quote in quotes for name in (quote.speaker_name, quote.speaker_id) if name]


def _spaced(names: Iterable[str]) -> str:
    """The words of the names with a blank around each, those of names that differ; '' if there are none."""
    joined = f" {BETWEEN} ".join(part for part in dict.fromkeys(map(_words_of_name, names)) if part)
    return f" {joined} " if joined else ""


@lru_cache(maxsize=4096)
def _words_of_name(name: str) -> str:
    """Names, languages and kinds come again and again."""
    return " ".join(words(name))


def _spaced_text(text: str) -> str:
    found = words(text)
    return f" {' '.join(found)} " if found else ""


def _has(subject: Subject, term: Term) -> bool:
    if term.field == "source":
        return subject.source == term.words[0]
    wanted = f" {' '.join(term.words)}" if term.prefix else f" {' '.join(term.words)} "
    if term.field:
        return wanted in getattr(subject, term.field)
    return wanted in subject.title or wanted in subject.text


def _within(time: datetime, dated: Dated) -> bool:
    return (dated.start is None or dated.start <= time) and (dated.end is None or time < dated.end)


def _asked(node: Node | None) -> list[Term]:
    """The terms that a match has, not those it must not have."""
    match node:
        case Term():
            return [node]
        case And() | Or():
            return [term for part in node.parts for term in _asked(part)]
        case _:
            return []


def _found(wanted: list[Term], spans: list[tuple[str, int, int]]) -> Iterator[tuple[int, int]]:
    """The range of every occurrence of the terms among the words of a text, which is gone through once for all."""
    beginnings = tuple(term.words[0] for term in wanted if term.prefix and len(term.words) == 1)
    phrases: dict[str, list[Term]] = defaultdict(list)
    for term in wanted:
        phrases[term.words[0]].append(term)
    found = [word for word, _, _ in spans]
    for place, (word, start, end) in enumerate(spans):
        if word.startswith(beginnings):
            yield start, end
        for term in phrases.get(word, ()):
            last = place + len(term.words) - 1
            if _follow(term, found[place : last + 1]):
                yield start, spans[last][2]


def _follow(term: Term, found: list[str]) -> bool:
    """Whether the words found are the term's."""
    if len(found) < len(term.words) or found[:-1] != list(term.words[:-1]):
        return False
    return found[-1].startswith(term.words[-1]) if term.prefix else found[-1] == term.words[-1]

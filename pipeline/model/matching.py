"""The reference meaning of queries: the fields of an article, quote or statement that an index sees, and matches.

Every index must agree with `matches`. Hits come in pages, with facets, days and cursors.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from json import dumps, loads
from typing import Any, Final

from pipeline.errors import UsageError
from pipeline.model import Article, ArticleRef, Decision, Document, Quote, Statement, content_id
from pipeline.model.query import And, Collection, Dated, Hit, Node, Not, Or, Search, Term
from pipeline.text import fold, word_spans, words
from pipeline.text.stems import stem, stems

# Separates the names of a field, so that no phrase spans two names; `words` never returns it.
BETWEEN = "\u241f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The fields that queries search: words with blanks around them, the folded source, and the time.

    Only articles have a `title`; a term without a field searches title and text, and their `stems`.
    """

    title: str = ""
    text: str
    stems: str = ""
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
        stems=_stems(article, quote.content),
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
        stems=_stems(article, f"{article.title}\n{article.text}"),
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


def highlights(node: Node | None, text: str, language: str) -> tuple[tuple[int, int], ...]:
    """Return the matches of the query in a text of this language: half-open ranges in order, without overlap."""
    text_terms = [term for term in _positive_terms(node) if not term.field]
    if not text_terms:
        return ()
    spans = word_spans(text)
    inflected = frozenset(each for term in text_terms for each in term.stems)
    forms = _forms(inflected, spans, text, language) if inflected else ()
    merged: list[tuple[int, int]] = []
    for start, end in sorted([*_occurrences(text_terms, spans), *forms]):
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


def _stems(article: Article | ArticleRef, text: str) -> str:
    known = stems(text, article.language)
    return f" {' '.join(known)} " if known else ""


def _has(subject: Subject, term: Term) -> bool:
    if term.field == "source":
        return subject.source == term.words[0]
    phrase = f" {' '.join(term.words)}" if term.prefix else f" {' '.join(term.words)} "
    if term.field:
        return phrase in getattr(subject, term.field)
    if phrase in subject.title or phrase in subject.text:
        return True
    return bool(subject.stems) and any(f" {each} " in subject.stems for each in term.stems)


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


def _occurrences(terms: list[Term], spans: list[tuple[str, int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the range of every occurrence of the terms, in one pass over the words of a text."""
    beginnings = tuple(term.words[0] for term in terms if term.prefix and len(term.words) == 1)
    phrases: dict[str, list[Term]] = defaultdict(list)
    for term in terms:
        phrases[term.words[0]].append(term)
    text_words = [word for word, _, _ in spans]
    for i, (word, start, end) in enumerate(spans):
        if word.startswith(beginnings):
            yield start, end
        for term in phrases.get(word, ()):
            last = i + len(term.words) - 1
            if _is_term(term, text_words[i : last + 1]):
                yield start, spans[last][2]


def _forms(
    inflected: frozenset[str], spans: list[tuple[str, int, int]], text: str, language: str
) -> Iterator[tuple[int, int]]:
    """Yield the range of every word that has one of the stems."""
    return ((start, end) for _, start, end in spans if stem(text[start:end], language) in inflected)


def _is_term(term: Term, text_words: list[str]) -> bool:
    """Return whether these words are those of the term."""
    if len(text_words) < len(term.words) or text_words[:-1] != list(term.words[:-1]):
        return False
    return text_words[-1].startswith(term.words[-1]) if term.prefix else text_words[-1] == term.words[-1]


FACETS = ("speaker", "source", "lang", "kind", "said", "source_kind", "verdict")

MOST_CROSSED = 100_000  # newest matches to count by two fields, which takes SQLite some 40 milliseconds

MOST_COUNTED = 20_000  # newest matches to count for facets: SQLite counts about a thousand per millisecond


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A hit without the values that depend on a search (highlights, number of reports), and its subject for queries."""

    hit: Hit
    subject: Subject


def document_entries(document: Document) -> Iterator[IndexEntry]:
    """Yield the entry of the article, then those of its quotes in the order of the text."""
    yield article_entry(document)
    yield from quote_entries(document)


def article_entry(document: Document) -> IndexEntry:
    """Return the entry of the article."""
    return IndexEntry(article_hit(document.article), article_subject(document))


def quote_entries(document: Document) -> Iterator[IndexEntry]:
    """Yield the entries of the quotes in the order of the text."""
    for quote in document.quotes:
        yield IndexEntry(quote_hit(quote, document.article), quote_subject(quote, document.article))


def statement_entry(decision: Decision) -> IndexEntry:
    """Return the entry of the statement, with the words of its first report."""
    first = decision.statement.first
    subject = quote_subject(first.quote, first.article, verdict(decision.statement))
    return IndexEntry(statement_hit(decision.statement), subject)


def article_hit(article: Article) -> Hit:
    """Return the hit of the article."""
    return _hit("articles", article.id, article.text, article)


def quote_hit(quote: Quote, article: Article | ArticleRef) -> Hit:
    """Return the hit of the quote."""
    return _hit("quotes", quote.id, quote.content, article, **_quote_fields(quote))


def statement_hit(statement: Statement) -> Hit:
    """Return the hit of the statement."""
    first = statement.first
    own = {"statement_id": statement.id, "changed_from": statement.changed_from}
    return _hit("statements", statement.id, statement.text, first.article, **_quote_fields(first.quote), **own)


def _quote_fields(quote: Quote) -> dict[str, Any]:
    return {
        "speaker_id": quote.speaker_id,
        "speaker_name": quote.speaker_name,
        "kind": quote.kind,
        "confidence": quote.confidence,
        "modality": quote.modality,
        "source_kind": quote.source_kind,
        "about": quote.about,
        "cue": " ".join(quote.cue.text.split()) if quote.cue else "",
    }


def _hit(collection: Collection, hit_id: str, text: str, article: Article | ArticleRef, **more: Any) -> Hit:
    return Hit(
        collection=collection,
        id=hit_id,
        text=text,
        highlights=(),
        article_id=article.id,
        title=article.title,
        url=article.url,
        source=article.source,
        language=article.language,
        published=article.published,
        first_seen=article.first_seen,
        archive=article.backfill,
        **more,
    )


def combination(hit: Hit) -> tuple[str, ...]:
    """Return the values of the hit in the order of FACETS; '' for a missing value."""
    statement_verdict = verdict(hit) if hit.collection == "statements" else ""
    manner = (hit.kind, hit.modality, hit.source_kind)
    return (hit.speaker_id, hit.source, hit.language, *manner, statement_verdict)


def facet_fields(search: Search) -> tuple[str, ...]:
    """Return the fields whose values the search counts, in the order of FACETS."""
    return tuple(field for field in FACETS if field in search.fields) or FACETS


def count_facets(combinations: Iterable[tuple[Sequence[str], int]], search: Search) -> dict[str, list[tuple[str, int]]]:
    """Return the facets of a Page from combinations of values, in the order of FACETS, with their counts."""
    listed = list(combinations)
    facets = {}
    for field in facet_fields(search):
        place, counts = FACETS.index(field), dict[str, int]()
        for values, count in listed:
            counts[values[place]] = counts.get(values[place], 0) + count
        facets[field] = _most_frequent(counts, search.values)
    return facets


def count_crossed(combinations: Iterable[tuple[Sequence[str], int, int]], search: Search) -> dict[str, dict[str, int]]:
    """Return `crossed` of a Page from combinations of values, each with the number of its day, with their counts."""
    first, second = search.crossed or ("", "")
    counts: dict[str, dict[str, int]] = {}
    for values, day, count in combinations:
        value = values[FACETS.index(first)]
        other = iso_day(day) if second == "day" else values[FACETS.index(second)]
        if value and other:
            of_value = counts.setdefault(value, {})
            of_value[other] = of_value.get(other, 0) + count
    return counts


def _most_frequent(counter: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    values = [(value, count) for value, count in counter.items() if value]
    return sorted(values, key=lambda pair: (-pair[1], pair[0]))[:most]


MOST_DAYS: Final = 366  # days with matches, the latest

DAY: Final = 86_400_000_000  # microseconds

BEFORE_1970: Final = date(1970, 1, 1).toordinal()  # days since the first possible date


def latest(counts: Iterable[tuple[int, int]]) -> tuple[tuple[date, int], ...]:
    """Return the latest days with their counts; the argument numbers days from 1 January 1970."""
    newest = sorted(counts, reverse=True)[:MOST_DAYS]
    return tuple((date.fromordinal(day + BEFORE_1970), count) for day, count in newest)


def iso_day(number: int) -> str:
    """Return the day, counted from 1 January 1970, as "2026-03-02"."""
    return date.fromordinal(number + BEFORE_1970).isoformat()


def cursor(search: Search, position: Sequence[int]) -> str:
    """Return the cursor of the page after this position in the results."""
    return urlsafe_b64encode(dumps([_fingerprint(search), *position]).encode()).decode().rstrip("=")


def place(search: Search, length: int) -> list[int] | None:
    """Return the position in the search's cursor, a list of `length` numbers; None without a cursor.

    Raises UsageError for the cursor of another search.
    """
    if not search.cursor:
        return None
    try:
        content = loads(urlsafe_b64decode(search.cursor + "=" * (-len(search.cursor) % 4)))
    except ValueError as error:
        raise _wrong_cursor(search) from error
    if not isinstance(content, list) or len(content) != length + 1 or content[0] != _fingerprint(search):
        raise _wrong_cursor(search)
    if not all(type(number) is int and abs(number) < 2**63 for number in content[1:]):
        raise _wrong_cursor(search)
    return content[1:]


def _fingerprint(search: Search) -> str:
    return content_id(search.collection, search.order, repr(search.query))[:12]


def _wrong_cursor(search: Search) -> UsageError:
    return UsageError(f"cursor {search.cursor[:80]!r} belongs to another search")

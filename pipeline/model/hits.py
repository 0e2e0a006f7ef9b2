"""Index entries and hits of articles, quotes and statements, with facets, days and cursors."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from json import dumps, loads
from typing import Any, Final

from pipeline.errors import UsageError
from pipeline.model import Article, ArticleRef, Decision, Document, Quote, Statement, content_id
from pipeline.model.matching import Subject, article_subject, quote_subject, verdict
from pipeline.model.query import Collection, Hit, Search

FACETS = ("speaker", "source", "lang", "kind", "said", "source_kind", "verdict")

MOST_VALUES = 50  # values per facet: more do not help to choose

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


def count_facets(combinations: Iterable[tuple[Any, ...]]) -> dict[str, list[tuple[str, int]]]:
    """Return the facets of a Page from combinations of values in the order of FACETS, each followed by its count."""
    counts: dict[str, Counter[str]] = {field: Counter() for field in FACETS}
    for *values, count in combinations:
        for field, value in zip(FACETS, values, strict=True):
            counts[field][str(value)] += count
    return {field: _most_frequent(counter) for field, counter in counts.items()}


def _most_frequent(counter: Counter[str]) -> list[tuple[str, int]]:
    values = [(value, count) for value, count in counter.items() if value]
    return sorted(values, key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]


MOST_DAYS: Final = 366  # days with matches, the latest

DAY: Final = 86_400_000_000  # microseconds

BEFORE_1970: Final = date(1970, 1, 1).toordinal()  # days since the first possible date


def latest(counts: Iterable[tuple[int, int]]) -> tuple[tuple[date, int], ...]:
    """Return the latest days with their counts; the argument numbers days from 1 January 1970."""
    newest = sorted(counts, reverse=True)[:MOST_DAYS]
    return tuple((date.fromordinal(day + BEFORE_1970), count) for day, count in newest)


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

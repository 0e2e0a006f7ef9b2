"""Index entries and hits: what queries see of an article, quote or statement, with facets, days and cursors."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from json import dumps, loads
from typing import Any, Final

from pipeline.errors import UsageError
from pipeline.model import Article, ArticleRef, Decision, Document, Quote, Statement, content_id
from pipeline.ports import Collection, Hit, Search
from pipeline.search.matching import Subject, article_subject, quote_subject, verdict

FACETS = ("speaker", "source", "lang", "kind", "said", "verdict")

MOST_VALUES = 50  # of a facet: more are no help in choosing

MOST_COUNTED = 20_000  # of what is found, the newest: SQLite counts about a thousand a millisecond


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A hit as it is before it was found (no highlights, and no number of reports), and what queries see of it."""

    hit: Hit
    subject: Subject


def document_entries(document: Document) -> Iterator[IndexEntry]:
    """The article, then its quotes in the order of the text."""
    yield article_entry(document)
    yield from quote_entries(document)


def article_entry(document: Document) -> IndexEntry:
    """The article."""
    return IndexEntry(article_hit(document.article), article_subject(document))


def quote_entries(document: Document) -> Iterator[IndexEntry]:
    """Its quotes in the order of the text."""
    for quote in document.quotes:
        yield IndexEntry(quote_hit(quote, document.article), quote_subject(quote, document.article))


def statement_entry(decision: Decision) -> IndexEntry:
    """The statement, as its first report has it."""
    first = decision.statement.first
    subject = quote_subject(first.quote, first.article, verdict(decision.statement))
    return IndexEntry(statement_hit(decision.statement), subject)


def article_hit(article: Article) -> Hit:
    """The article's row in a list of results."""
    return _hit("articles", article.id, article.text, article)


def quote_hit(quote: Quote, article: Article | ArticleRef) -> Hit:
    """The quote's row in a list of results."""
    return _hit("quotes", quote.id, quote.content, article, **_of_quote(quote))


def statement_hit(statement: Statement) -> Hit:
    """The statement's row in a list of results."""
    first = statement.first
    own = {"statement_id": statement.id, "changed_from": statement.changed_from}
    return _hit("statements", statement.id, statement.text, first.article, **_of_quote(first.quote), **own)


def _of_quote(quote: Quote) -> dict[str, Any]:
    return {
        "speaker_id": quote.speaker_id,
        "speaker_name": quote.speaker_name,
        "kind": quote.kind,
        "confidence": quote.confidence,
        "modality": quote.modality,
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
    """The values of the hit in the order of FACETS, '' where it has none."""
    decided = verdict(hit) if hit.collection == "statements" else ""
    return hit.speaker_id, hit.source, hit.language, hit.kind, hit.modality, decided


def count_facets(combinations: Iterable[tuple[Any, ...]]) -> dict[str, list[tuple[str, int]]]:
    """The facets of a Page, from combinations of values in the order of FACETS, each followed by its frequency."""
    counts: dict[str, Counter[str]] = {field: Counter() for field in FACETS}
    for *values, found in combinations:
        for field, value in zip(FACETS, values, strict=True):
            counts[field][str(value)] += found
    return {field: _most_frequent(counted) for field, counted in counts.items()}


def _most_frequent(counted: Counter[str]) -> list[tuple[str, int]]:
    named = [(value, found) for value, found in counted.items() if value]
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]


MOST_DAYS: Final = 366  # of those of which something was found, the latest

DAY: Final = 86_400_000_000  # microseconds

BEFORE_1970: Final = date(1970, 1, 1).toordinal()  # days, from the first one on that a date can be


def latest(counted: Iterable[tuple[int, int]]) -> tuple[tuple[date, int], ...]:
    """The latest days, given by their number from that on which 1970 began, and how many things are of each."""
    newest = sorted(counted, reverse=True)[:MOST_DAYS]
    return tuple((date.fromordinal(day + BEFORE_1970), found) for day, found in newest)


def cursor(search: Search, place: Sequence[int]) -> str:
    """The cursor for the page after this place in the answer to the search."""
    return urlsafe_b64encode(dumps([_question(search), *place]).encode()).decode().rstrip("=")


def place(search: Search, length: int) -> list[int] | None:
    """The place, of so many numbers, in the search's cursor; None at the beginning.

    UsageError for a cursor that is not of this question.
    """
    if not search.cursor:
        return None
    try:
        found = loads(urlsafe_b64decode(search.cursor + "=" * (-len(search.cursor) % 4)))
    except ValueError as error:
        raise _foreign(search) from error
    if not isinstance(found, list) or len(found) != length + 1 or found[0] != _question(search):
        raise _foreign(search)
    if not all(type(number) is int and abs(number) < 2**63 for number in found[1:]):
        raise _foreign(search)
    return found[1:]


def _question(search: Search) -> str:
    return content_id(search.collection, search.order, repr(search.query))[:12]


def _foreign(search: Search) -> UsageError:
    return UsageError(f"cursor {search.cursor[:80]!r} is not of this search")

"""What of a document and of a decision can be found: hits, each with what queries see of it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.matching import Subject, article_subject, quote_subject
from pipeline.model import Article, ArticleRef, Decision, Document, Quote, Statement
from pipeline.ports import Collection, Hit

FACETS = ("speaker", "source", "lang", "kind")
MOST_VALUES = 50  # of a facet: more are no help in choosing
MOST_COUNTED = 20_000  # of what is found, the newest: SQLite counts about a thousand a millisecond


@dataclass(frozen=True, slots=True)
class Entry:
    """A hit as it is before it was found (no highlights, and no number of reports), and what queries see of it."""

    hit: Hit
    subject: Subject


def document_entries(document: Document) -> Iterator[Entry]:
    """The article, then its quotes in the order of the text."""
    yield article_entry(document)
    yield from quote_entries(document)


def article_entry(document: Document) -> Entry:
    """The article."""
    return Entry(article_hit(document.article), article_subject(document))


def quote_entries(document: Document) -> Iterator[Entry]:
    """Its quotes in the order of the text."""
    for quote in document.quotes:
        yield Entry(quote_hit(quote, document.article), quote_subject(quote, document.article))


def statement_entry(decision: Decision) -> Entry:
    """The statement, as its first report has it."""
    first = decision.statement.first
    return Entry(statement_hit(decision.statement), quote_subject(first.quote, first.article))


def article_hit(article: Article) -> Hit:
    """The article's row in a list of results."""
    return _hit("articles", article.id, article.text, article)


def quote_hit(quote: Quote, article: Article | ArticleRef) -> Hit:
    """The quote's row in a list of results."""
    return _hit("quotes", quote.id, quote.content, article, **_of_quote(quote))


def statement_hit(statement: Statement) -> Hit:
    """The statement's row in a list of results."""
    first = statement.first
    told = {**_of_quote(first.quote), "statement_id": statement.id}
    return _hit("statements", statement.id, statement.text, first.article, **told)


def _of_quote(quote: Quote) -> dict[str, Any]:
    return {
        "speaker_id": quote.speaker_id,
        "speaker_name": quote.speaker_name,
        "kind": quote.kind,
        "confidence": quote.confidence,
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
        **more,
    )


def count_facets(combinations: Iterable[tuple[str, str, str, str, int]]) -> dict[str, list[tuple[str, int]]]:
    """The facets of a Page, given how often each combination of speaker, source, lang and kind was found."""
    counts: dict[str, Counter[str]] = {field: Counter() for field in FACETS}
    for *values, found in combinations:
        for field, value in zip(FACETS, values, strict=True):
            counts[field][str(value)] += found
    return {field: _most_frequent(counted) for field, counted in counts.items()}


def _most_frequent(counted: Counter[str]) -> list[tuple[str, int]]:
    named = [(value, found) for value, found in counted.items() if value]
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]

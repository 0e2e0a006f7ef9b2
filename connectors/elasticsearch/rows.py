"""The records that the index stores for a document or decision, as actions of the bulk API."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter

from pipeline.codec import encode
from pipeline.model import Decision, Document, content_id
from pipeline.model.hits import FACETS, IndexEntry, article_entry, combination, quote_entries, statement_entry
from pipeline.model.query import Hit
from pipeline.model.values import article_bucket, microseconds, speaker_bucket

Action = dict[str, Any]

HIT: Final = TypeAdapter(Hit)

# Sort key within a microsecond: 42 bits of the article id, 20 bits of the inverted position in the article, so that
# earlier quotes sort last in a newest-first list.
_PLACES: Final = 2**20


def stored_document(document: Document, index: str, added: int) -> Action:
    """Return the action that stores the document; each revision is stored once and never replaced."""
    article = document.article
    return {
        "_op_type": "create",
        "_index": index,
        "_id": f"{article.id}.{article.revision}",
        "article": article.id,
        "revision": article.revision,
        "digest": article.digest,
        "origin": document.origin,
        "first_seen": microseconds(article.first_seen),
        "added": added,
        "bucket": article_bucket(article.id),
        "body": encode(document).decode(),
    }


def stored_decision(decision: Decision, index: str, added: int) -> Action:
    """Return the action that stores the decision; the first decision about a quote is never replaced."""
    report = decision.report
    return {
        "_op_type": "create",
        "_index": index,
        "_id": report.quote.id,
        "article": report.article.id,
        "statement": decision.statement.id,
        "speaker": report.quote.speaker_id,
        "first_seen": microseconds(report.article.first_seen),
        "added": added,
        "offset": decision.offset,
        "bucket": speaker_bucket(report.quote.speaker_id),
        "body": encode(decision).decode(),
    }


def found_article(document: Document, index: str, added: int) -> Action:
    """Return the action that makes the article searchable; the server refuses it if a later revision exists."""
    return _searched(article_entry(document), index, added, document.article.revision, 0)


def found_quotes(document: Document, index: str, added: int) -> Iterator[Action]:
    """Return the actions that make the quotes searchable."""
    for place, entry in enumerate(quote_entries(document)):
        yield _searched(entry, index, added, document.article.revision, place)


def found_statement(decision: Decision, index: str, added: int) -> Action:
    """Return the action that makes the statement searchable by its first report, the same in all its decisions."""
    return {**_searched(statement_entry(decision), index, added, None, 0), "_op_type": "create"}


def _searched(entry: IndexEntry, index: str, added: int, revision: int | None, place: int) -> Action:
    hit, subject = entry.hit, entry.subject
    version = {} if revision is None else {"version": revision, "version_type": "external_gte", "revision": revision}
    return {
        "_op_type": "index",
        "_index": index,
        "_id": hit.id,
        **version,
        "title": subject.title,
        "text": subject.text,
        "speaker": subject.speaker,
        "about": subject.about,
        "lang": subject.lang,
        "kind": subject.kind,
        "said": subject.said,
        "verdict": subject.verdict,
        "source": subject.source,
        "dated": microseconds(subject.time),
        "first_seen": microseconds(hit.first_seen),
        "tie": _tie(hit.article_id, place),
        "added": added,
        "article": hit.article_id,
        "facet": {field: value or None for field, value in zip(FACETS, combination(hit), strict=True)},
        "hit": hit,  # which orjson writes
    }


def _tie(article_id: str, place: int) -> int:
    return _tie_of(article_id) + max(0, _PLACES - 1 - place)


@lru_cache(maxsize=1024)
def _tie_of(article_id: str) -> int:
    return int(content_id(article_id)[:10], 16) * _PLACES

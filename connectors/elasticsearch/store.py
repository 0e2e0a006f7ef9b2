"""Records of the indices of one prefix: the actions that write them, and the store that reads and writes them."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from math import inf
from threading import Lock
from time import monotonic
from typing import Any, Final

from pydantic import TypeAdapter

from connectors.elasticsearch.client import Elasticsearch, Refusal, connect, explained, send
from connectors.elasticsearch.generations import SEARCHED, generation_alias, make_missing
from pipeline.codec import encode
from pipeline.errors import UsageError, WorldError
from pipeline.model import Decision, Document, content_id
from pipeline.model.matching import FACETS, IndexEntry, article_entry, combination, quote_entries, statement_entry
from pipeline.model.query import Hit
from pipeline.model.values import article_bucket, microseconds, speaker_bucket
from pipeline.ports import Clock
from pipeline.settings.servers import Elasticsearch as Settings

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
        "stems": subject.stems,
        "speaker": subject.speaker,
        "about": subject.about,
        "lang": subject.lang,
        "kind": subject.kind,
        "said": subject.said,
        "source_kind": subject.source_kind,
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


_PAGE: Final = 1_000  # records per read

_TRUSTED_SECONDS: Final = 60.0  # for which known generations are trusted; a new one starts much later than that


def _place(cursor: str) -> list[Any] | None:
    """The sort values in a cursor of `Store.since`; None for the beginning."""
    if not cursor:
        return None
    try:
        added, article, place = json.loads(cursor)
    except ValueError as error:
        raise UsageError(f"cursor {cursor!r} is not of this index") from error
    return [added, article, place]


class Store:
    """The client of the indices. Safe to use from several threads; raises WorldError if Elasticsearch is away."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.url = settings.url
        self.client: Elasticsearch = connect(settings)
        self._settings = settings
        self._clock = clock
        self._making, self._refreshing = Lock(), Lock()
        self._starts: tuple[datetime, ...] = ()  # of the generations; empty: look at the indices again
        self._looked = -inf
        self._unseen = False  # whether searches may not see all added entries yet
        self._refreshed: dict[str, float] = {}  # start of the last refresh of a collection's index

    def name(self, collection: str) -> str:
        """Return the alias of the collection."""
        return self._settings.prefix + collection

    def target(self, collection: str, first_seen: datetime) -> str:
        """Return the alias of the index for an entry; the first generation takes all that is older."""
        starts = self.ensure()
        place = bisect_right(starts, first_seen) - 1
        return generation_alias(self._settings, collection, starts[max(place, 0)])

    def is_in_latest(self, first_seen: datetime) -> bool:
        """Return whether an entry belongs to the latest generation."""
        return first_seen >= self.ensure()[-1]

    def ensure(self) -> tuple[datetime, ...]:
        """Create missing indices and return the starts of the generations.

        Raises SettingsError for an index that is not ours.
        """
        with self._making:
            if not self._starts or monotonic() - self._looked > _TRUSTED_SECONDS:
                with explained(self.url):
                    self._starts = make_missing(self.client, self._settings, self._clock())
                self._looked = monotonic()
            return self._starts

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Explain errors in the block, and check the indices again afterwards, because they may be gone."""
        try:
            with explained(self.url):
                yield
        except WorldError:
            self._starts = ()
            raise

    def added(self) -> None:
        """Note that entries were added, so that the next search refreshes."""
        self._unseen = True

    def refresh(self) -> None:
        """Make all entries of completed calls visible to searches."""
        with self._refreshing:
            if not self._unseen:
                return
            self._unseen = False
            try:
                with self.asking():
                    names = [self.name(collection) for collection in (*SEARCHED, "decisions")]
                    self.client.indices.refresh(index=names)
            except WorldError:
                self._unseen = True
                raise

    def send(self, actions: Iterable[Action]) -> list[Refusal]:
        """Run the actions and return the refused ones."""
        with self.asking():
            return send(self.client, self.url, actions)

    def remove(self, collections: Sequence[str], query: Mapping[str, Any]) -> None:
        """Delete the records that match the query, as stored up to now."""
        names = [self.name(collection) for collection in collections]
        with self.asking():
            self.client.indices.refresh(index=names)
            self.client.delete_by_query(index=names, query=query, conflicts="proceed", refresh=True)

    def stored(self, collection: str, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the records with these ids, of any generation; a record is visible as soon as it is stored."""
        aliases = [generation_alias(self._settings, collection, start) for start in self.ensure()]
        return self.stored_in((alias, record_id) for record_id in ids for alias in aliases)

    def stored_in(self, places: Iterable[tuple[str, str]]) -> dict[str, dict[str, Any]]:
        """Return the records by id from pairs of an index or alias and an id, as `stored` does."""
        records: dict[str, dict[str, Any]] = {}
        requests = [{"_index": index, "_id": record_id} for index, record_id in places]
        with self.asking():
            for start in range(0, len(requests), _PAGE):
                answer = self.client.mget(docs=requests[start : start + _PAGE], source_includes=["body", "added"])
                records.update({record["_id"]: record["_source"] for record in answer["docs"] if record.get("found")})
        return records

    def records(
        self, collection: str, query: Mapping[str, Any], order: str, fields: Sequence[str] = ("body",), age: float = 0.0
    ) -> Iterator[dict[str, Any]]:
        """Yield all records that match the query, as stored up to this many seconds ago."""
        self.ensure()
        name, position = self.name(collection), None
        with self.asking():
            now = monotonic()
            if now - self._refreshed.get(collection, -inf) >= age:
                self.client.indices.refresh(index=name)
                self._refreshed[collection] = now
            while True:
                answer = self.client.search(
                    index=name,
                    query=query,
                    sort=[{order: "asc"}, {"article": "asc"}, {"first_seen": "asc"}, {"added": "asc"}],
                    search_after=position,
                    size=_PAGE,
                    source_includes=list(fields),
                )
                hits = answer["hits"]["hits"]
                yield from (hit["_source"] for hit in hits)
                if len(hits) < _PAGE:
                    return
                position = hits[-1]["sort"]

    def since(
        self, collection: str, place: str, after: str, before: int, most: int
    ) -> tuple[list[dict[str, Any]], str]:
        """Return records in the order in which they were added, up to the time `before`, and the cursor of the last.

        The field `place` orders the records of one article. UsageError for a cursor that this index did not give.
        """
        self.ensure()
        name = self.name(collection)
        with self.asking():
            self.client.indices.refresh(index=name)
            answer = self.client.search(
                index=name,
                query={"range": {"added": {"lte": before}}},
                sort=[{"added": "asc"}, {"article": "asc"}, {place: "asc"}],
                search_after=_place(after),
                size=most,
                source_includes=["body"],
            )
        hits = answer["hits"]["hits"]
        return [hit["_source"] for hit in hits], json.dumps(hits[-1]["sort"]) if hits else after

    def values(self, collection: str, field: str) -> Iterator[str]:
        """Yield the distinct keywords in the field, as stored up to now."""
        self.ensure()
        name, position = self.name(collection), None
        with self.asking():
            self.client.indices.refresh(index=name)
            while True:
                pages = {"size": _PAGE, "sources": [{"value": {"terms": {"field": field}}}]}
                composite = {"composite": {**pages, **({"after": position} if position else {})}}
                answer = self.client.search(index=name, size=0, aggs={"values": composite})["aggregations"]["values"]
                yield from (bucket["key"]["value"] for bucket in answer["buckets"])
                position = answer.get("after_key")
                if not position:
                    return

    def numbers(self, collection: str, field: str, most: int) -> frozenset[int]:
        """Return the distinct numbers in the field, as stored up to now; `most` is their maximum number."""
        self.ensure()
        name = self.name(collection)
        with self.asking():
            self.client.indices.refresh(index=name)
            answer = self.client.search(index=name, size=0, aggs={"numbers": {"terms": {"field": field, "size": most}}})
        return frozenset(bucket["key"] for bucket in answer["aggregations"]["numbers"]["buckets"])

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

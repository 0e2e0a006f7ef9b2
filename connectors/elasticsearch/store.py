"""The indices of one prefix on Elasticsearch: names and mappings, their records, and the store of these.

Each index has a number in its name and is reached by an alias, so that it can be rebuilt while it is in use. The
mappings are in mapping.json. They are sent with each index rather than as a template, so that an API key for one prefix
is enough; templates of the operator for that prefix may add settings.

"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.resources import files
from math import inf
from threading import Lock
from time import monotonic
from typing import Any, Final

from pydantic import TypeAdapter

from connectors.elasticsearch.client import (
    BadRequestError,
    Elasticsearch,
    NotFoundError,
    Refusal,
    connect,
    explained,
    is_its_own,
    reason,
    send,
)
from pipeline.codec import encode
from pipeline.errors import SettingsError, WorldError
from pipeline.model import Decision, Document, content_id
from pipeline.model.matching import FACETS, IndexEntry, article_entry, combination, quote_entries, statement_entry
from pipeline.model.query import Hit
from pipeline.model.values import article_bucket, microseconds, speaker_bucket
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


SEARCHED: Final = ("articles", "quotes", "statements")

STORED: Final = ("documents", "decisions")

COLLECTIONS: Final = (*SEARCHED, *STORED)

_NO_ROOM: Final = "validation_exception"  # the response of a cluster that has reached its limit of shards

VERSION: Final = 3  # of the mappings and of the word splitting; indices of another version need a rebuild


def numbered(name: str, number: int) -> str:
    """Return the name of the index with this number behind the alias."""
    return f"{name}-{number:06}"


def body(settings: Settings, collection: str) -> dict[str, Any]:
    """Return the settings and mappings of an index of the collection."""
    shapes = _shapes()
    return {
        "settings": {
            **shapes["settings"],
            "index.number_of_shards": settings.shards,
            "index.number_of_replicas": settings.replicas,
        },
        "mappings": {
            **shapes["searched" if collection in SEARCHED else collection],
            "_meta": {"onrecord": VERSION},
        },
    }


def make_missing(client: Elasticsearch, settings: Settings) -> None:
    """Create the missing indices.

    Raises SettingsError for an index that is not ours or has another version, WorldError if there is no room.
    """
    for collection in COLLECTIONS:
        name = settings.prefix + collection
        there = versions(client, name)
        if not there:
            there = _make(client, settings, collection)
        for index, version in there.items():
            if version != VERSION:
                raise SettingsError(f"elasticsearch.prefix = {settings.prefix!r}: the index {index!r} {_why(version)}")


def _make(client: Elasticsearch, settings: Settings, collection: str) -> dict[str, int | None]:
    """Create the first index of the collection unless another process is faster; return the existing indices."""
    name, why = settings.prefix + collection, "it is gone at once"
    try:
        client.indices.create(index=numbered(name, 1), aliases={name: {}}, **body(settings, collection))
    except BadRequestError as error:
        why = reason(error)
    if there := versions(client, name):
        return there
    if why.startswith(_NO_ROOM):
        raise WorldError(
            f"Elasticsearch at {settings.url} has no room for the index {name!r} with elasticsearch.shards ="
            f" {settings.shards} and elasticsearch.replicas = {settings.replicas}: {why}"
        )
    raise SettingsError(f"elasticsearch.prefix: the index {name!r} cannot be created at {settings.url}: {why}")


def versions(client: Elasticsearch, name: str) -> dict[str, int | None]:
    """Return the indices behind the name with their versions (None: not ours); empty if there are none."""
    try:
        mappings = client.indices.get_mapping(index=name).body
    except NotFoundError as error:
        if not is_its_own(error):
            raise
        return {}
    return {index: shape["mappings"].get("_meta", {}).get("onrecord") for index, shape in mappings.items()}


def _why(version: int | None) -> str:
    if version is None:
        return "is not of On the Record; choose another prefix"
    return f"has version {version}, but this program needs {VERSION}; run `onrecord index rebuild`"


@cache
def _shapes() -> dict[str, Any]:
    shapes: dict[str, Any] = json.loads(files("connectors.elasticsearch").joinpath("mapping.json").read_text("utf-8"))
    return shapes


_PAGE: Final = 1_000  # records per read


class Store:
    """The client of the indices. Safe to use from several threads; raises WorldError if Elasticsearch is away."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.url
        self.client: Elasticsearch = connect(settings)
        self._settings = settings
        self._making, self._refreshing = Lock(), Lock()
        self._made = False
        self._unseen = False  # whether searches may not see all added entries yet
        self._refreshed: dict[str, float] = {}  # start of the last refresh of a collection's index

    def name(self, collection: str) -> str:
        """Return the alias of the collection."""
        return self._settings.prefix + collection

    def ensure(self) -> None:
        """Create missing indices. Raises SettingsError for an index that is not ours."""
        with self._making:
            if not self._made:
                with explained(self.url):
                    make_missing(self.client, self._settings)
                self._made = True

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Explain errors in the block, and check the indices again afterwards, because they may be gone."""
        try:
            with explained(self.url):
                yield
        except WorldError:
            self._made = False
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

    def remove(self, collection: str, query: Mapping[str, Any]) -> None:
        """Delete the records that match the query, as stored up to now."""
        name = self.name(collection)
        with self.asking():
            self.client.indices.refresh(index=name)
            self.client.delete_by_query(index=name, query=query, conflicts="proceed", refresh=True)

    def stored(self, collection: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the records with these ids; a record is visible as soon as it is stored."""
        records: dict[str, dict[str, Any]] = {}
        self.ensure()
        with self.asking():
            for start in range(0, len(ids), _PAGE):
                some = list(ids[start : start + _PAGE])
                answer = self.client.mget(index=self.name(collection), ids=some, source_includes=["body", "added"])
                records.update({each["_id"]: each["_source"] for each in answer["docs"] if each.get("found")})
        return records

    def records(
        self, collection: str, query: Mapping[str, Any], order: str, fields: Sequence[str] = ("body",), age: float = 0.0
    ) -> Iterator[dict[str, Any]]:
        """Yield all records that match the query, as stored up to this many seconds ago."""
        self.ensure()
        name, after = self.name(collection), None
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
                    search_after=after,
                    size=_PAGE,
                    source_includes=list(fields),
                )
                hits = answer["hits"]["hits"]
                yield from (hit["_source"] for hit in hits)
                if len(hits) < _PAGE:
                    return
                after = hits[-1]["sort"]

    def values(self, collection: str, field: str) -> Iterator[str]:
        """Yield the distinct keywords in the field, as stored up to now."""
        self.ensure()
        name, after = self.name(collection), None
        with self.asking():
            self.client.indices.refresh(index=name)
            while True:
                pages = {"size": _PAGE, "sources": [{"value": {"terms": {"field": field}}}]}
                composite = {"composite": {**pages, **({"after": after} if after else {})}}
                answer = self.client.search(index=name, size=0, aggs={"values": composite})["aggregations"]["values"]
                yield from (each["key"]["value"] for each in answer["buckets"])
                after = answer.get("after_key")
                if not after:
                    return

    def numbers(self, collection: str, field: str, most: int) -> frozenset[int]:
        """Return the distinct numbers in the field, as stored up to now; `most` is their maximum number."""
        self.ensure()
        name = self.name(collection)
        with self.asking():
            self.client.indices.refresh(index=name)
            answer = self.client.search(index=name, size=0, aggs={"numbers": {"terms": {"field": field, "size": most}}})
        return frozenset(each["key"] for each in answer["aggregations"]["numbers"]["buckets"])

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

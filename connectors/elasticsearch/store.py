"""The indices with a prefix on Elasticsearch: create missing ones, write and read them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from threading import Lock
from time import monotonic
from typing import Any, Final

from connectors.elasticsearch.client import Elasticsearch, Refusal, connect, explained, send
from connectors.elasticsearch.mappings import SEARCHED, make_missing
from connectors.elasticsearch.rows import Action
from pipeline.errors import WorldError
from pipeline.settings.servers import Elasticsearch as Settings

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
        found: dict[str, dict[str, Any]] = {}
        self.ensure()
        with self.asking():
            for start in range(0, len(ids), _PAGE):
                some = list(ids[start : start + _PAGE])
                answer = self.client.mget(index=self.name(collection), ids=some, source_includes=["body", "added"])
                found.update({each["_id"]: each["_source"] for each in answer["docs"] if each.get("found")})
        return found

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

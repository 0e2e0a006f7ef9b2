"""The indices of one prefix on an Elasticsearch: made where they are missing, written to and read from."""

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

_PAGE: Final = 1_000  # of records read at once


class Store:
    """Their client, and what of them is known. Safe to use from several threads; WorldError where they are away."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.url
        self.client: Elasticsearch = connect(settings)
        self._settings = settings
        self._making, self._refreshing = Lock(), Lock()
        self._made = False
        self._unseen = False  # whether something was added that searches may not find yet
        self._refreshed: dict[str, float] = {}  # when the last refresh of a collection's index began

    def name(self, collection: str) -> str:
        """The alias that the collection is reached by."""
        return self._settings.prefix + collection

    def ensure(self) -> None:
        """Make what is not there; SettingsError where something is that is not ours."""
        with self._making:
            if not self._made:
                with explained(self.url):
                    make_missing(self.client, self._settings)
                self._made = True

    @contextmanager
    def asking(self) -> Iterator[None]:
        """What goes wrong is explained, and the indices are looked for again, which may be gone."""
        try:
            with explained(self.url):
                yield
        except WorldError:
            self._made = False
            raise

    def added(self) -> None:
        """Something was, which searches are to find."""
        self._unseen = True

    def refresh(self) -> None:
        """Let searches find all that was added by calls that have ended."""
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
        """Do what the actions say; those that were refused."""
        with self.asking():
            return send(self.client, self.url, actions)

    def remove(self, collection: str, query: Mapping[str, Any]) -> None:
        """Take out what the query finds, as stored up to now."""
        name = self.name(collection)
        with self.asking():
            self.client.indices.refresh(index=name)
            self.client.delete_by_query(index=name, query=query, conflicts="proceed", refresh=True)

    def stored(self, collection: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The records with these ids, found from the moment they are stored on."""
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
        """All records that the query finds, as stored up to so many seconds ago."""
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
        """The different numbers that its records have in the field, as stored up to now; there are at most so many."""
        self.ensure()
        name = self.name(collection)
        with self.asking():
            self.client.indices.refresh(index=name)
            answer = self.client.search(index=name, size=0, aggs={"numbers": {"terms": {"field": field, "size": most}}})
        return frozenset(each["key"] for each in answer["aggregations"]["numbers"]["buckets"])

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

"""The index on Elasticsearch.

Whole documents and decisions are the truth, each stored once under its id; articles, quotes and statements are what
searches find of them, each written again by whoever repeats a call, so that a crash between the two mends itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from math import inf
from threading import Lock
from time import monotonic
from typing import Any, Final

from connectors.elasticsearch import CONFLICT, Refusal, connect, explained, send
from connectors.index.elasticsearch_rows import (
    Action,
    found_article,
    found_quotes,
    found_statement,
    stored_decision,
    stored_document,
)
from connectors.index.elasticsearch_search import search_page
from connectors.index.elasticsearch_shapes import SEARCHED, make_missing
from connectors.times import microseconds
from pipeline.codec import decode
from pipeline.errors import RejectedError, WorldError
from pipeline.model import Decision, Document
from pipeline.ports import Clock, Page, Revision, Search
from pipeline.settings import Elasticsearch as Settings

_PAGE: Final = 1_000  # of records read at once
_OF_REVISION: Final = ("article", "digest", "revision", "origin")
# Seconds. A job that begins anew asks bucket by bucket for what was stored before it began, which is longer ago; the
# refreshes that show what is younger would take most of its start.
_WARMTH_AGE: Final = 1.0


class ElasticsearchIndex:
    """Index, Archive and Memory of one cluster. Safe to use from several threads.

    What this process adds it finds at once, and others within a second. `clock` says when something was added.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._client = connect(settings)
        self._clock = clock
        self._making, self._refreshing = Lock(), Lock()
        self._made = False
        self._unseen = False  # whether something was added that searches may not find yet
        self._refreshed: dict[str, float] = {}  # when the last refresh of a collection's index began

    def add(self, entries: Sequence[Document | Decision]) -> None:
        """See Index. RejectedError for entries that Elasticsearch will never take; the others are stored."""
        now = microseconds(self._clock())
        self.take([(entry, now) for entry in entries])

    def take(self, entries: Sequence[tuple[Document | Decision, int]]) -> None:
        """As `add`, of entries each with the time that it was added, in microseconds."""
        documents, decisions = {}, {}
        for entry, added in reversed(entries):
            if isinstance(entry, Document):
                documents[_key(entry)] = entry, added
            else:
                decisions[entry.report.quote.id] = entry, added
        self._ensure()
        try:
            reasons = self._add_documents(documents) | self._add_decisions(decisions)
        finally:
            self._unseen = True
        if reasons:
            named, reason = next(iter(reasons.items()))
            raise RejectedError(
                f"Elasticsearch at {self._settings.url} will not take {len(reasons)} of {len(entries)} entries, such as"
                f" {named}: {reason}",
                reasons,
            )

    def search(self, search: Search) -> Page:
        """See Index; UsageError for a place that Elasticsearch does not page to by relevance."""
        self._ensure()
        self._refresh()
        with self._asking():
            return search_page(self._client, self._name, search)

    def documents(self, article_id: str) -> list[Document]:
        """See Archive."""
        found = self._records("documents", {"term": {"article": article_id}}, "revision")
        return [decode(Document, record["body"]) for record in found]

    def decisions(self, statement_id: str) -> list[Decision]:
        """See Archive."""
        found = self._records("decisions", {"term": {"statement": statement_id}}, "offset")
        return [decode(Decision, record["body"]) for record in found]

    def revisions(self, article_ids: Sequence[str]) -> dict[str, tuple[Revision, ...]]:
        """See Memory."""
        return self._revisions({"terms": {"article": list(dict.fromkeys(article_ids))}})

    def _revisions(self, wanted: Mapping[str, Any], age: float = 0.0) -> dict[str, tuple[Revision, ...]]:
        known: dict[str, tuple[Revision, ...]] = {}
        for record in self._records("documents", wanted, "revision", _OF_REVISION, age):
            revision = Revision(record["digest"], record["revision"], record["origin"])
            known[record["article"]] = (*known.get(record["article"], ()), revision)
        return known

    def verdicts(self, quote_ids: Sequence[str]) -> dict[str, Decision]:
        """See Memory."""
        found = self._stored("decisions", list(dict.fromkeys(quote_ids)))
        return {quote_id: decode(Decision, record["body"]) for quote_id, record in found.items()}

    def said(self, speaker_id: str, since: datetime) -> list[Decision]:
        """See Memory."""
        lately = {"range": {"first_seen": {"gte": microseconds(since)}}}
        wanted = {"bool": {"filter": [{"term": {"speaker": speaker_id}}, lately]}}
        return [decode(Decision, record["body"]) for record in self._records("decisions", wanted, "offset")]

    def revisions_in(self, bucket: int) -> dict[str, tuple[Revision, ...]]:
        """The known revisions of every article of the bucket, oldest first, but those of the last _WARMTH_AGE."""
        return self._revisions({"term": {"bucket": bucket}}, _WARMTH_AGE)

    def said_in(self, bucket: int, since: datetime) -> list[Decision]:
        """Decisions about the quotes of the bucket's speakers first seen at or after `since`, each's in log order.

        Without those of the last _WARMTH_AGE.
        """
        lately = {"range": {"first_seen": {"gte": microseconds(since)}}}
        wanted = {"bool": {"filter": [{"term": {"bucket": bucket}}, lately]}}
        found = self._records("decisions", wanted, "offset", age=_WARMTH_AGE)
        return [decode(Decision, record["body"]) for record in found]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _name(self, collection: str) -> str:
        return self._settings.prefix + collection

    def _ensure(self) -> None:
        """Make what is not there; SettingsError where something is that is not ours."""
        with self._making:
            if not self._made:
                with explained(self._settings.url):
                    make_missing(self._client, self._settings)
                self._made = True

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What goes wrong is explained, and the indices are looked for again, which may be gone."""
        try:
            with explained(self._settings.url):
                yield
        except WorldError:
            self._made = False
            raise

    def _refresh(self) -> None:
        """Let searches find all that was added by calls that have ended."""
        with self._refreshing:
            if not self._unseen:
                return
            self._unseen = False
            try:
                with self._asking():
                    names = [self._name(collection) for collection in (*SEARCHED, "decisions")]
                    self._client.indices.refresh(index=names)
            except WorldError:
                self._unseen = True
                raise

    def _add_documents(self, documents: Mapping[str, tuple[Document, int]]) -> dict[str, str]:
        """Why documents were not taken, by the article's id."""
        rejected, there = _sorted(
            self._send(stored_document(each, self._name("documents"), added) for each, added in documents.values())
        )
        stored = self._stored("documents", there)
        current = [
            (decode(Document, stored[key]["body"]), stored[key]["added"]) if key in stored else document
            for key, document in documents.items()
            if key not in rejected
        ]
        self._put_quotes(self._put_latest(current))
        return {documents[key][0].article.id: reason for key, reason in rejected.items()}

    def _put_latest(self, documents: Iterable[tuple[Document, int]]) -> list[tuple[Document, int]]:
        """Those documents of which no later revision is known."""
        newest = {each.article.id: (each, added) for each, added in sorted(documents, key=_revision)}
        refused = self._send(found_article(each, self._name("articles"), added) for each, added in newest.values())
        superseded = {refusal.id for refusal in refused if refusal.status == CONFLICT}
        return [document for article_id, document in newest.items() if article_id not in superseded]

    def _put_quotes(self, documents: Sequence[tuple[Document, int]]) -> None:
        """Let the quotes of these documents be found, and those of their earlier revisions no more."""
        self._send(action for each, added in documents for action in found_quotes(each, self._name("quotes"), added))
        revised = [each.article for each, _ in documents if each.article.revision > 1]
        if not revised:
            return
        earlier = [
            {"bool": {"filter": [{"term": {"article": a.id}}, {"range": {"revision": {"lt": a.revision}}}]}}
            for a in revised
        ]
        with self._asking():
            self._client.indices.refresh(index=self._name("quotes"))
            self._client.delete_by_query(
                index=self._name("quotes"), query={"bool": {"should": earlier}}, conflicts="proceed", refresh=True
            )

    def _add_decisions(self, decisions: Mapping[str, tuple[Decision, int]]) -> dict[str, str]:
        """Why decisions were not taken, by the quote's id."""
        rejected, there = _sorted(
            self._send(stored_decision(each, self._name("decisions"), added) for each, added in decisions.values())
        )
        stored = self._stored("decisions", there)
        kept = [
            (decode(Decision, stored[quote_id]["body"]), stored[quote_id]["added"]) if quote_id in stored else decision
            for quote_id, decision in decisions.items()
            if quote_id not in rejected
        ]
        statements = {each.statement.id: (each, added) for each, added in kept}
        self._send(found_statement(each, self._name("statements"), added) for each, added in statements.values())
        return rejected

    def _send(self, actions: Iterable[Action]) -> list[Refusal]:
        with self._asking():
            return send(self._client, self._settings.url, actions)

    def _stored(self, collection: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The records with these ids, found from the moment they are stored on."""
        found: dict[str, dict[str, Any]] = {}
        self._ensure()
        with self._asking():
            for start in range(0, len(ids), _PAGE):
                some = list(ids[start : start + _PAGE])
                answer = self._client.mget(index=self._name(collection), ids=some, source_includes=["body", "added"])
                found.update({each["_id"]: each["_source"] for each in answer["docs"] if each.get("found")})
        return found

    def _records(
        self, collection: str, query: Mapping[str, Any], order: str, fields: Sequence[str] = ("body",), age: float = 0.0
    ) -> Iterator[dict[str, Any]]:
        """All records that the query finds, as stored up to so many seconds ago."""
        self._ensure()
        name, after = self._name(collection), None
        with self._asking():
            now = monotonic()
            if now - self._refreshed.get(collection, -inf) >= age:
                self._client.indices.refresh(index=name)
                self._refreshed[collection] = now
            while True:
                answer = self._client.search(
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


def _sorted(refused: Iterable[Refusal]) -> tuple[dict[str, str], list[str]]:
    """The reasons of what was rejected, by id, and the ids of what had been there."""
    rejected, there = {}, []
    for refusal in refused:
        if refusal.status == CONFLICT:
            there.append(refusal.id)
        else:
            rejected[refusal.id] = refusal.reason
    return rejected, there


def _key(document: Document) -> str:
    return f"{document.article.id}.{document.article.revision}"


def _revision(document: tuple[Document, int]) -> int:
    return document[0].article.revision

"""The index on Elasticsearch.

Documents and decisions are stored whole, each once under its id. Searches read articles, quotes and statements, which
are derived from them; a repeated call writes these again, so that it repairs the state after a crash between the two.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.elasticsearch.client import CONFLICT, Refusal
from connectors.elasticsearch.search import search_page
from connectors.elasticsearch.store import (
    Store,
    found_article,
    found_quotes,
    found_statement,
    stored_decision,
    stored_document,
)
from pipeline.codec import decode
from pipeline.errors import RejectedError
from pipeline.model import Article, Decision, Document
from pipeline.model.query import Page, Search
from pipeline.model.values import BUCKETS, microseconds
from pipeline.ports import Clock, Entry, Revision
from pipeline.settings.servers import Elasticsearch as Settings

_OF_REVISION: Final = ("article", "digest", "revision", "origin")

# Seconds. A job that starts reads each bucket as stored before its start, which is longer ago; refreshes to see younger
# records would take most of its start-up time.
_WARMTH_AGE: Final = 1.0

_Reasons = dict[str, str]
"""The reasons why entries were rejected, by the names that RejectedError uses."""


class ElasticsearchIndex:
    """The `Index`, `Archive` and `Memory` of a cluster. Safe to use from several threads.

    A process sees its own entries at once, other processes see them within a second. `clock` dates the entries.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._store = Store(settings, clock)
        self._clock = clock

    def add(self, entries: Sequence[Document | Decision]) -> None:
        """See `Index`. Raises RejectedError for entries that Elasticsearch refuses for good; the rest is stored."""
        now = microseconds(self._clock())
        self.take([(entry, now) for entry in entries])

    def take(self, entries: Sequence[tuple[Document | Decision, int]]) -> None:
        """Add entries like `add`, each with the time when it was added, in microseconds."""
        documents, decisions = {}, {}
        for entry, added in reversed(entries):
            if isinstance(entry, Document):
                documents[_key(entry)] = entry, added
            else:
                decisions[entry.report.quote.id] = entry, added
        try:
            reasons = self._add_documents(documents) | self._add_decisions(decisions)
        finally:
            self._store.added()
        if reasons:
            rejected_id, reason = next(iter(reasons.items()))
            raise RejectedError(
                f"Elasticsearch at {self._store.url} will not take {len(reasons)} of {len(entries)} entries, such as"
                f" {rejected_id}: {reason}",
                reasons,
            )

    def check(self) -> None:
        """Raise WorldError if the server does not answer for our indices, SettingsError if they are not ours.

        This is no search: an index that is searched all the time costs more to write.
        """
        self._store.ensure()
        with self._store.asking():
            self._store.client.indices.get_alias(index=self._store.name("documents"))

    def search(self, search: Search) -> Page:
        """See `Index`. Raises UsageError for a page by relevance that Elasticsearch does not reach."""
        self._store.ensure()
        self._store.refresh()
        with self._store.asking():
            return search_page(self._store.client, self._store.name, search)

    def documents(self, *article_ids: str) -> list[Document]:
        """See `Archive`."""
        records = self._store.records("documents", {"terms": {"article": list(article_ids)}}, "revision")
        return [decode(Document, record["body"]) for record in records]

    def decisions(self, *statement_ids: str) -> list[Decision]:
        """See `Archive`."""
        records = self._store.records("decisions", {"terms": {"statement": list(statement_ids)}}, "offset")
        return [decode(Decision, record["body"]) for record in records]

    def arrivals(self, noun: type[Entry], after: str, most: int, settled: timedelta) -> tuple[list[Entry], str]:
        """See `Archive`."""
        collection, place = ("documents", "revision") if noun is Document else ("decisions", "offset")
        end = microseconds(self._clock() - settled)
        records, cursor = self._store.since(collection, place, after, end, most)
        return [decode(noun, record["body"]) for record in records], cursor

    def revisions(self, article_ids: Sequence[str]) -> dict[str, tuple[Revision, ...]]:
        """See `Memory`."""
        return self._revisions({"terms": {"article": list(dict.fromkeys(article_ids))}})

    def _revisions(self, query: Mapping[str, Any], age: float = 0.0) -> dict[str, tuple[Revision, ...]]:
        revisions: dict[str, tuple[Revision, ...]] = {}
        for record in self._store.records("documents", query, "revision", _OF_REVISION, age):
            revision = Revision(record["digest"], record["revision"], record["origin"])
            revisions[record["article"]] = (*revisions.get(record["article"], ()), revision)
        return revisions

    def verdicts(self, quote_ids: Sequence[str]) -> dict[str, Decision]:
        """See `Memory`."""
        records = self._store.stored("decisions", dict.fromkeys(quote_ids))
        return {quote_id: decode(Decision, record["body"]) for quote_id, record in records.items()}

    def said(self, speaker_id: str, since: datetime) -> list[Decision]:
        """See `Memory`."""
        return self._decisions_of({"speaker": speaker_id}, since)

    def revisions_in(self, bucket: int) -> dict[str, tuple[Revision, ...]]:
        """Return the revisions of every article of the bucket, oldest first, without those of the last _WARMTH_AGE."""
        return self._revisions({"term": {"bucket": bucket}}, _WARMTH_AGE)

    def buckets_of_articles(self) -> frozenset[int]:
        """Return the buckets with revisions."""
        return self._store.numbers("documents", "bucket", BUCKETS)

    def speakers(self) -> frozenset[str]:
        """Return the ids of the speakers with decisions."""
        return frozenset(self._store.values("decisions", "speaker"))

    def said_before(self, speaker_id: str, since: datetime) -> list[Decision]:
        """Return what `said` returns, without the decisions of the last _WARMTH_AGE."""
        return self._decisions_of({"speaker": speaker_id}, since, _WARMTH_AGE)

    def _decisions_of(self, owner: Mapping[str, str | int], since: datetime, age: float = 0.0) -> list[Decision]:
        recent = {"range": {"first_seen": {"gte": microseconds(since)}}}
        query = {"bool": {"filter": [{"term": owner}, recent]}}
        records = self._store.records("decisions", query, "offset", age=age)
        return [decode(Decision, record["body"]) for record in records]

    def close(self) -> None:
        """Close the connections."""
        self._store.close()

    def _add_documents(self, documents: Mapping[str, tuple[Document, int]]) -> _Reasons:
        rejected, existing = _rejected_and_existing(
            self._store.send(
                stored_document(document, self._store.target("documents", document.article.first_seen), added)
                for document, added in documents.values()
            )
        )
        stored = self._store.stored_in(existing)
        current = [
            (decode(Document, stored[key]["body"]), stored[key]["added"]) if key in stored else document
            for key, document in documents.items()
            if key not in rejected
        ]
        latest, reasons = self._put_latest(current)
        reasons |= self._put_quotes(latest)
        self._remove_earlier([document.article for document, _ in latest])
        return reasons | {documents[key][0].article.id: reason for key, reason in rejected.items()}

    def _put_latest(self, documents: Iterable[tuple[Document, int]]) -> tuple[list[tuple[Document, int]], _Reasons]:
        """Return the documents without a later revision, and the ids of articles that cannot be searched."""
        newest = {document.article.id: (document, added) for document, added in sorted(documents, key=_revision)}
        for article_id in self._revised_since([document.article for document, _ in newest.values()]):
            del newest[article_id]
        reasons, superseded = _rejected_and_existing(
            self._store.send(
                found_article(document, self._store.target("articles", document.article.first_seen), added)
                for document, added in newest.values()
            )
        )
        unsearchable = {*(article_id for _, article_id in superseded), *reasons}
        return [document for article_id, document in newest.items() if article_id not in unsearchable], reasons

    def _revised_since(self, articles: Sequence[Article]) -> list[str]:
        """Return the ids of the articles of which a later generation has a later revision.

        Within a generation, Elasticsearch itself refuses a revision before the present one.
        """
        earlier = [article for article in articles if not self._store.is_in_latest(article.first_seen)]
        if not earlier:
            return []
        revisions = self.revisions([article.id for article in earlier])
        return [
            article.id
            for article in earlier
            if any(later.number > article.revision for later in revisions.get(article.id, ()))
        ]

    def _put_quotes(self, documents: Sequence[tuple[Document, int]]) -> _Reasons:
        """Make the quotes of these documents searchable."""
        rejected, _ = _rejected_and_existing(
            self._store.send(
                action
                for document, added in documents
                for action in found_quotes(document, self._store.target("quotes", document.article.first_seen), added)
            )
        )
        articles = {quote.id: document.article.id for document, _ in documents for quote in document.quotes}
        return {articles[quote_id]: reason for quote_id, reason in rejected.items()}

    def _remove_earlier(self, articles: Sequence[Article]) -> None:
        """Remove the earlier revisions of these articles, and their quotes, from searches."""
        earlier = [
            {"bool": {"filter": [{"term": {"article": a.id}}, {"range": {"revision": {"lt": a.revision}}}]}}
            for a in articles
            if a.revision > 1
        ]
        if earlier:
            self._store.remove(("articles", "quotes"), {"bool": {"should": earlier}})

    def _add_decisions(self, decisions: Mapping[str, tuple[Decision, int]]) -> _Reasons:
        rejected, existing = _rejected_and_existing(
            self._store.send(
                stored_decision(decision, self._store.target("decisions", _first_seen(decision)), added)
                for decision, added in decisions.values()
            )
        )
        stored = self._store.stored_in(existing)
        accepted = {
            quote_id: (decode(Decision, stored[quote_id]["body"]), stored[quote_id]["added"])
            if quote_id in stored
            else decision
            for quote_id, decision in decisions.items()
            if quote_id not in rejected
        }
        return rejected | self._put_statements(accepted)

    def _put_statements(self, decisions: Mapping[str, tuple[Decision, int]]) -> _Reasons:
        """Make the statements searchable whose first report is among these decisions."""
        statements = {
            decision.statement.id: (decision, added)
            for decision, added in decisions.values()
            if decision.statement.first.quote.id == decision.report.quote.id
        }
        lost, _ = _rejected_and_existing(
            self._store.send(
                found_statement(decision, self._store.target("statements", _first_seen(decision)), added)
                for decision, added in statements.values()
            )
        )
        return {
            quote_id: lost[decision.statement.id]
            for quote_id, (decision, _) in decisions.items()
            if decision.statement.id in lost
        }


def _rejected_and_existing(refused: Iterable[Refusal]) -> tuple[_Reasons, list[tuple[str, str]]]:
    """Return the reasons of the rejected entries by id, and index and id of the entries that existed already."""
    rejected, existing = {}, []
    for refusal in refused:
        if refusal.status == CONFLICT:
            existing.append((refusal.index, refusal.id))
        else:
            rejected[refusal.id] = refusal.reason
    return rejected, existing


def _first_seen(decision: Decision) -> datetime:
    return decision.report.article.first_seen


def _key(document: Document) -> str:
    return f"{document.article.id}.{document.article.revision}"


def _revision(document: tuple[Document, int]) -> int:
    return document[0].article.revision

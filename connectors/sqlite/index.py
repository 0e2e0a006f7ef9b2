"""The index on SQLite."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from json import dumps

from connectors.sqlite.database import Connection, Database, number_of
from connectors.sqlite.rows import Combinations
from connectors.sqlite.search import put_document, put_statement, remove_document, search_page
from pipeline.codec import decode, encode
from pipeline.model import Decision, Document
from pipeline.model.query import Page, Search
from pipeline.model.values import microseconds, whole_number
from pipeline.ports import Entry, Revision


class SqliteIndex:
    """The `Index`, `Archive` and `Memory` of a file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._combinations: Combinations = {}

    def add(self, entries: Sequence[Document | Decision]) -> None:
        """See `Index`."""
        with self._database.writing() as connection:
            for entry in sorted(entries, key=_time):
                if isinstance(entry, Document):
                    _add_document(connection, entry)
                else:
                    _add_decision(connection, entry)

    def search(self, search: Search) -> Page:
        """See `Index`."""
        with self._database.reading() as connection:
            return search_page(connection, search, self._combinations)

    def documents(self, *article_ids: str) -> list[Document]:
        """See `Archive`."""
        query = "SELECT body FROM documents WHERE article IN (SELECT value FROM json_each(?)) ORDER BY revision"
        with self._database.reading() as connection:
            rows = connection.execute(query, (dumps(article_ids),)).fetchall()
        return [decode(Document, body) for (body,) in rows]

    def decisions(self, *statement_ids: str) -> list[Decision]:
        """See `Archive`."""
        query = "SELECT body FROM decisions WHERE statement IN (SELECT value FROM json_each(?)) ORDER BY offset"
        with self._database.reading() as connection:
            rows = connection.execute(query, (dumps(statement_ids),)).fetchall()
        return [decode(Decision, body) for (body,) in rows]

    def arrivals(self, noun: type[Entry], after: str, most: int, settled: timedelta) -> tuple[list[Entry], str]:
        """See `Archive`. One process writes at a time, so the numbers of rows are the order of arrival."""
        table = "documents" if noun is Document else "decisions"
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT number, body FROM {table} WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608 - one of two
                (whole_number(after), most),
            ).fetchall()
        return [decode(noun, body) for _, body in rows], str(rows[-1][0]) if rows else after

    def revisions(self, article_ids: Sequence[str]) -> dict[str, tuple[Revision, ...]]:
        """See `Memory`."""
        known: dict[str, tuple[Revision, ...]] = {}
        with self._database.reading() as connection:
            for article_id in set(article_ids):
                rows = connection.execute(
                    "SELECT digest, revision, origin FROM documents WHERE article = ? ORDER BY revision", (article_id,)
                ).fetchall()
                if rows:
                    known[article_id] = tuple(Revision(*row) for row in rows)
        return known

    def verdicts(self, quote_ids: Sequence[str]) -> dict[str, Decision]:
        """See `Memory`."""
        with self._database.reading() as connection:
            rows = [
                row
                for quote_id in set(quote_ids)
                for row in connection.execute("SELECT quote, body FROM decisions WHERE quote = ?", (quote_id,))
            ]
        return {quote_id: decode(Decision, body) for quote_id, body in rows}

    def said(self, speaker_id: str, since: datetime) -> list[Decision]:
        """See `Memory`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT body FROM decisions WHERE speaker = ? AND first_seen >= ? ORDER BY offset",
                (speaker_id, microseconds(since)),
            ).fetchall()
        return [decode(Decision, body) for (body,) in rows]


def _time(entry: Document | Decision) -> datetime:
    """Return the time of publication, the sort key of new rows: FTS5 is slow unless row numbers grow."""
    article = entry.article if isinstance(entry, Document) else entry.statement.first.article
    return article.published or article.first_seen


def _add_document(connection: Connection, document: Document) -> None:
    article = document.article
    stored = connection.execute(
        "INSERT INTO documents (article, revision, digest, origin, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (article.id, article.revision, article.digest, document.origin, encode(document)),
    )
    if not stored.rowcount:
        return
    other_revisions = connection.execute(
        "SELECT number, revision FROM documents WHERE article = ? AND revision != ? ORDER BY revision",
        (article.id, article.revision),
    ).fetchall()
    if other_revisions and other_revisions[-1][1] > article.revision:
        return
    if other_revisions:
        remove_document(connection, other_revisions[-1][0])
    put_document(connection, document, number_of(stored))


def _add_decision(connection: Connection, decision: Decision) -> None:
    report = decision.report
    earlier = connection.execute("SELECT 1 FROM decisions WHERE statement = ?", (decision.statement.id,)).fetchone()
    stored = connection.execute(
        "INSERT INTO decisions (quote, article, statement, speaker, first_seen, offset, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            report.quote.id,
            report.article.id,
            decision.statement.id,
            report.quote.speaker_id,
            microseconds(report.article.first_seen),
            decision.offset,
            encode(decision),
        ),
    )
    if stored.rowcount and not earlier:
        put_statement(connection, decision, number_of(stored))

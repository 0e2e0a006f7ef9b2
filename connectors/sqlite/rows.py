"""The rows of the search tables: inserted with a document or decision, deleted when superseded."""

from collections.abc import Sequence

from connectors.sqlite.database import Connection, number_of
from connectors.sqlite.query import EVERY, source_word
from connectors.times import microseconds
from pipeline.model import Decision, Document
from pipeline.model.hits import IndexEntry, combination, document_entries, statement_entry
from pipeline.model.matching import Subject
from pipeline.ports import Collection, Hit

# A row's number is the microsecond of publication (or else of the first sight), and a count of the rows of the same
# microsecond: 52 and 11 bits of the 63 there are, good until 2112. A full microsecond runs over into the next.
PER_MICROSECOND = 2**11

_LATEST = 2**52 - 1


def put_document(connection: Connection, document: Document, number: int) -> None:
    """Insert the rows of an article and its quotes."""
    article, *quotes = document_entries(document)
    _put(connection, "articles", [article], number)
    _put(connection, "quotes", quotes, number)


def put_statement(connection: Connection, decision: Decision, number: int) -> None:
    """Insert the row of the statement of a decision."""
    _put(connection, "statements", [statement_entry(decision)], number)


def remove_document(connection: Connection, number: int) -> None:
    """Delete the rows that `put_document` inserted."""
    for collection in ("articles", "quotes"):
        connection.execute(
            sql("DELETE FROM COLLECTION_words WHERE rowid IN (SELECT row FROM COLLECTION WHERE body = ?)", collection),
            (number,),
        )
        connection.execute(sql("DELETE FROM COLLECTION WHERE body = ?", collection), (number,))


def sql(statement: str, collection: Collection) -> str:
    """Return the SQL statement for the tables of a collection."""
    return statement.replace("COLLECTION", collection)


def _put(connection: Connection, collection: Collection, entries: Sequence[IndexEntry], body: int) -> None:
    """The entries of one document or decision, the last first: the newest are listed first, and so the first are.

    Rows are put in as they grow, for FTS5 writes out all that it has gathered when one comes that is less than another.
    """
    numbered = list(zip(_free_rows(connection, collection, entries), reversed(list(enumerate(entries))), strict=True))
    connection.executemany(
        sql("INSERT INTO COLLECTION (row, body, place, dated, facet) VALUES (?, ?, ?, ?, ?)", collection),
        [
            (row, body, place, microseconds(entry.subject.time), _facet(connection, entry.hit))
            for row, (place, entry) in numbered
        ],
    )
    connection.executemany(
        sql(
            "INSERT INTO COLLECTION_words"
            " (rowid, title, text, speaker, about, source, lang, kind, said, verdict, every)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            collection,
        ),
        [(row, *_columns(entry.subject)) for row, (_, entry) in numbered],
    )


def _free_rows(connection: Connection, collection: Collection, entries: Sequence[IndexEntry]) -> list[int]:
    """Yield growing row numbers for entries of the same time."""
    rows: list[int] = []
    start = PER_MICROSECOND * max(-_LATEST, min(microseconds(entries[0].subject.time), _LATEST)) if entries else 0
    while len(rows) < len(entries):
        end = start + PER_MICROSECOND
        (last,) = connection.execute(
            sql("SELECT max(row) FROM COLLECTION WHERE row >= ? AND row < ?", collection), (start, end)
        ).fetchone()
        free = start if last is None else last + 1
        rows += range(free, min(end, free + len(entries) - len(rows)))
        start = end
    return rows


def _facet(connection: Connection, hit: Hit) -> int:
    """Return the number of the hit's combination of facet values."""
    values = combination(hit)
    known = "SELECT number FROM facets WHERE (speaker, source, lang, kind, said, verdict) = (?, ?, ?, ?, ?, ?)"
    row = connection.execute(known, values).fetchone()
    if row:
        return int(row[0])
    insert = "INSERT INTO facets (speaker, source, lang, kind, said, verdict) VALUES (?, ?, ?, ?, ?, ?)"
    return number_of(connection.execute(insert, values))


def _columns(subject: Subject) -> tuple[str, ...]:
    source = source_word(subject.source)
    named = (subject.title, subject.text, subject.speaker, subject.about, source)
    return (*named, subject.lang, subject.kind, subject.said, subject.verdict, EVERY)

"""The rows that a search of the SQLite index finds: put in with a document or decision, taken out when superseded."""

from collections.abc import Sequence
from datetime import datetime

from connectors.index.sqlite_query import EVERY, source_word
from connectors.sqlite import Connection, microseconds
from pipeline.hits import Entry, document_entries, statement_entry
from pipeline.matching import Subject
from pipeline.model import Decision, Document
from pipeline.ports import Collection, Hit

# A row's number is the microsecond it was first seen, and a count of those seen in the same one: 52 and 11 bits of the
# 63 there are, good until 2112. A full microsecond runs over into the next.
PER_MICROSECOND = 2**11
_LATEST = 2**52 - 1


def put_document(connection: Connection, document: Document, number: int) -> None:
    """The article and its quotes; the quotes backwards, for the newest are listed first."""
    article, *quotes = document_entries(document)
    _put(connection, article, number, 0)
    for place, quote in reversed(list(enumerate(quotes))):
        _put(connection, quote, number, place)


def put_statement(connection: Connection, decision: Decision, number: int) -> None:
    """The statement that was decided on."""
    _put(connection, statement_entry(decision), number, 0)


def remove_document(connection: Connection, document: Document, number: int) -> None:
    """Take out what `put_document` put in; the index of words is told what they were, for it keeps no texts."""
    article, *quotes = document_entries(document)
    _remove(connection, "articles", [article], number)
    _remove(connection, "quotes", quotes, number)


def sql(statement: str, collection: Collection) -> str:
    """The statement for the tables of a collection."""
    return statement.replace("COLLECTION", collection)


def _put(connection: Connection, entry: Entry, body: int, place: int) -> None:
    collection = entry.hit.collection
    row = _free_row(connection, collection, entry.hit.first_seen)
    connection.execute(
        sql("INSERT INTO COLLECTION (row, body, place, dated, facet) VALUES (?, ?, ?, ?, ?)", collection),
        (row, body, place, microseconds(entry.subject.time), _facet(connection, entry.hit)),
    )
    connection.execute(
        sql(
            "INSERT INTO COLLECTION_words (rowid, title, text, speaker, about, source, lang, kind, every)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            collection,
        ),
        (row, *_columns(entry.subject)),
    )


def _remove(connection: Connection, collection: Collection, entries: Sequence[Entry], body: int) -> None:
    rows = connection.execute(sql("SELECT row FROM COLLECTION WHERE body = ? ORDER BY place", collection), (body,))
    connection.executemany(
        sql(
            "INSERT INTO COLLECTION_words"
            " (COLLECTION_words, rowid, title, text, speaker, about, source, lang, kind, every)"
            " VALUES ('delete', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            collection,
        ),
        [(row, *_columns(entry.subject)) for (row,), entry in zip(rows.fetchall(), entries, strict=True)],
    )
    connection.execute(sql("DELETE FROM COLLECTION WHERE body = ?", collection), (body,))


def _free_row(connection: Connection, collection: Collection, first_seen: datetime) -> int:
    start = max(-_LATEST, min(microseconds(first_seen), _LATEST)) * PER_MICROSECOND
    while True:
        (last,) = connection.execute(
            sql("SELECT max(row) FROM COLLECTION WHERE row >= ? AND row < ?", collection),
            (start, start + PER_MICROSECOND),
        ).fetchone()
        if last is None:
            return start
        if last + 1 < start + PER_MICROSECOND:
            return int(last) + 1
        start += PER_MICROSECOND


def _facet(connection: Connection, hit: Hit) -> int:
    """The number of the hit's combination."""
    combination = (hit.speaker_id, hit.source, hit.language, hit.kind)
    known = "SELECT number FROM facets WHERE speaker = ? AND source = ? AND lang = ? AND kind = ?"
    row = connection.execute(known, combination).fetchone()
    if row is None:
        row = connection.execute(
            "INSERT INTO facets (speaker, source, lang, kind) VALUES (?, ?, ?, ?) RETURNING number", combination
        ).fetchone()
    return int(row[0])


def _columns(subject: Subject) -> tuple[str, ...]:
    source = source_word(subject.source)
    return (subject.title, subject.text, subject.speaker, subject.about, source, subject.lang, subject.kind, EVERY)

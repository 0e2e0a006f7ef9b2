"""Version 5: searches by the kind of source that a quote has, such as "anonymous"."""

from collections.abc import Mapping
from functools import reduce
from sqlite3 import Connection
from typing import Final

# How each collection finds the kind of source of a row in the body that the row refers to.
_SOURCE_KIND: Final[Mapping[str, str]] = {
    "articles": "(SELECT coalesce(group_concat(source_kind, ' '), '') FROM"
    " (SELECT DISTINCT json_extract(quote.value, '$.source_kind') AS source_kind"
    " FROM json_each(documents.body, '$.value.quotes') AS quote WHERE source_kind <> '' ORDER BY source_kind))",
    "quotes": "coalesce(json_extract(documents.body, '$.value.quotes[' || place || '].source_kind'), '')",
    "statements": "coalesce(json_extract(decisions.body, '$.value.statement.first.quote.source_kind'), '')",
}

_BODIES: Final[Mapping[str, str]] = {"articles": "documents", "quotes": "documents", "statements": "decisions"}

_FACETS: Final = """CREATE TABLE facets (
    number INTEGER PRIMARY KEY,
    speaker TEXT NOT NULL,
    source TEXT NOT NULL,
    lang TEXT NOT NULL,
    kind TEXT NOT NULL,
    said TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    verdict TEXT NOT NULL,
    UNIQUE (speaker, source, lang, kind, said, source_kind, verdict)
)"""

_ROWS: Final = """CREATE TABLE COLLECTION (
    row INTEGER PRIMARY KEY,
    body INTEGER NOT NULL,
    place INTEGER NOT NULL,
    dated INTEGER NOT NULL,
    facet INTEGER NOT NULL REFERENCES facets
)"""

_WORDS: Final = """CREATE VIRTUAL TABLE COLLECTION_words USING fts5 (
    title, text, speaker, about, source, lang, kind, said, source_kind, verdict, every,
    tokenize = "ascii tokenchars '_'"
)"""

_OLD_ROWS: Final = """CREATE TEMP TABLE old_rows AS
    SELECT row, COLLECTION.body AS body, place, dated, facet, coalesce(SOURCE_KIND, '') AS source_kind
    FROM COLLECTION LEFT JOIN BODIES ON BODIES.number = COLLECTION.body"""

_FILL_FACETS: Final = """INSERT OR IGNORE INTO facets (speaker, source, lang, kind, said, source_kind, verdict)
    SELECT DISTINCT speaker, source, lang, kind, said, FACET, verdict FROM old_rows JOIN old_facets ON number = facet"""

_FILL_ROWS: Final = """INSERT INTO COLLECTION (row, body, place, dated, facet)
    SELECT row, body, place, dated, new.number FROM old_rows
    JOIN old_facets AS of ON of.number = facet
    JOIN facets AS new ON (new.speaker, new.source, new.lang, new.kind, new.said, new.source_kind, new.verdict)
        = (of.speaker, of.source, of.lang, of.kind, of.said, FACET, of.verdict)
    ORDER BY row"""

_FILL_WORDS: Final = """INSERT INTO COLLECTION_words
    (rowid, title, text, speaker, about, source, lang, kind, said, source_kind, verdict, every)
    SELECT old_words.rowid, title, text, speaker, about, source, lang, kind, said, coalesce(source_kind, ''), verdict,
        every
    FROM old_words LEFT JOIN old_rows ON old_words.rowid = row ORDER BY old_words.rowid"""

_STEPS: Final = (
    _OLD_ROWS,
    "DROP TABLE COLLECTION",
    _ROWS,
    _FILL_FACETS,
    _FILL_ROWS,
    "CREATE INDEX COLLECTION_by_body ON COLLECTION (body)",
    "CREATE INDEX COLLECTION_by_date ON COLLECTION (dated)",
    "ALTER TABLE COLLECTION_words RENAME TO old_words",
    _WORDS,
    _FILL_WORDS,
    "DROP TABLE old_words",
    "DROP TABLE old_rows",
)


def migrate(connection: Connection) -> None:
    """Replace the tables that searches read by tables with the new column."""
    connection.execute("PRAGMA defer_foreign_keys = ON")
    connection.execute("ALTER TABLE facets RENAME TO old_facets")
    connection.execute(_FACETS)
    for collection in _BODIES:
        for template in _STEPS:
            connection.execute(_statement(template, collection))
    connection.execute("DROP TABLE old_facets")


def _statement(template: str, collection: str) -> str:
    """Return the statement for the tables of the collection; articles do not count their quotes' kinds as a facet."""
    names = {
        "COLLECTION": collection,
        "BODIES": _BODIES[collection],
        "SOURCE_KIND": _SOURCE_KIND[collection],
        "FACET": "''" if collection == "articles" else "old_rows.source_kind",
    }
    return reduce(lambda statement, name: statement.replace(name, names[name]), names, template)

"""Version 2: searches by modality and verdict, with the newest publication first."""

from collections.abc import Mapping
from functools import reduce
from sqlite3 import Connection
from typing import Final

# How each collection finds the modality and the verdict of a row in the body that the row refers to.
_SAID: Final[Mapping[str, str]] = {
    "articles": "(SELECT coalesce(group_concat(said, ' '), '') FROM"
    " (SELECT DISTINCT json_extract(quote.value, '$.modality') AS said"
    " FROM json_each(documents.body, '$.value.quotes') AS quote ORDER BY said))",
    "quotes": "coalesce(json_extract(documents.body, '$.value.quotes[' || place || '].modality'), '')",
    "statements": "coalesce(json_extract(decisions.body, '$.value.statement.first.quote.modality'), '')",
}

_VERDICT: Final[Mapping[str, str]] = {
    "articles": "''",
    "quotes": "''",
    "statements": "iif(coalesce(json_extract(decisions.body, '$.value.statement.changed_from'), '') = '',"
    " 'new', 'changed')",
}

_BODIES: Final[Mapping[str, str]] = {"articles": "documents", "quotes": "documents", "statements": "decisions"}

_FACETS: Final = """CREATE TABLE facets (
    number INTEGER PRIMARY KEY,
    speaker TEXT NOT NULL,
    source TEXT NOT NULL,
    lang TEXT NOT NULL,
    kind TEXT NOT NULL,
    said TEXT NOT NULL,
    verdict TEXT NOT NULL,
    UNIQUE (speaker, source, lang, kind, said, verdict)
)"""

_ROWS: Final = """CREATE TABLE COLLECTION (
    row INTEGER PRIMARY KEY,
    body INTEGER NOT NULL,
    place INTEGER NOT NULL,
    dated INTEGER NOT NULL,
    facet INTEGER NOT NULL REFERENCES facets
)"""

_WORDS: Final = """CREATE VIRTUAL TABLE COLLECTION_words USING fts5 (
    title, text, speaker, about, source, lang, kind, said, verdict, every,
    tokenize = "ascii tokenchars '_'"
)"""

# The old rows with their new numbers: 2048 to a microsecond of publication, in the order that they had.
_NUMBERED: Final = """CREATE TEMP TABLE numbered AS
    SELECT old.row AS old, dated * 2048 + row_number() OVER (PARTITION BY dated ORDER BY old.row) - 1 AS row,
        old.body AS body, place, dated, facet, SAID AS said, VERDICT AS verdict
    FROM COLLECTION AS old JOIN BODIES ON BODIES.number = old.body"""

_FILL_FACETS: Final = """INSERT OR IGNORE INTO facets (speaker, source, lang, kind, said, verdict)
    SELECT DISTINCT speaker, source, lang, kind, FACET, verdict FROM numbered JOIN old_facets ON number = facet"""

_FILL_ROWS: Final = """INSERT INTO COLLECTION (row, body, place, dated, facet)
    SELECT row, body, place, dated, new.number FROM numbered
    JOIN old_facets AS of ON of.number = facet
    JOIN facets AS new ON (new.speaker, new.source, new.lang, new.kind, new.said, new.verdict)
        = (of.speaker, of.source, of.lang, of.kind, FACET, numbered.verdict)
    ORDER BY row"""

_FILL_WORDS: Final = """INSERT INTO COLLECTION_words
    (rowid, title, text, speaker, about, source, lang, kind, said, verdict, every)
    SELECT row, title, text, speaker, about, source, lang, kind, said, verdict, every
    FROM numbered JOIN old_words ON old_words.rowid = old ORDER BY row"""


_STEPS: Final = (
    _NUMBERED,
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
    "DROP TABLE numbered",
)


def migrate(connection: Connection) -> None:
    """Replace the tables that searches read by tables with the new columns and row numbers."""
    connection.execute("PRAGMA defer_foreign_keys = ON")
    connection.execute("ALTER TABLE facets RENAME TO old_facets")
    connection.execute(_FACETS)
    for collection in _BODIES:
        _replace(connection, collection)
    connection.execute("DROP TABLE old_facets")


def _replace(connection: Connection, collection: str) -> None:
    """Replace the two tables of the collection; only quotes and statements count their modality as a facet."""
    for template in _STEPS:
        connection.execute(_statement(template, collection))


def _statement(template: str, collection: str) -> str:
    """The statement for the tables of the collection."""
    names = {
        "COLLECTION": collection,
        "BODIES": _BODIES[collection],
        "SAID": _SAID[collection],
        "VERDICT": _VERDICT[collection],
        "FACET": "''" if collection == "articles" else "numbered.said",
    }
    return reduce(lambda statement, name: statement.replace(name, names[name]), names, template)

"""Version 6: searches for the inflected forms of a word, by the stems of the title and text of each row."""

import json
import logging
from collections.abc import Callable, Mapping
from functools import reduce
from sqlite3 import Connection
from typing import Final

from pipeline.text import word_spans
from pipeline.text.stems import stem

_log = logging.getLogger("onrecord.sqlite")

_PROGRESS: Final = 100_000  # rows between two lines of the log

_BODIES: Final[Mapping[str, str]] = {"articles": "documents", "quotes": "documents", "statements": "decisions"}

# The language and the text with its accents, in the body that a row refers to. The text of a quote may include an
# interruption that is not among the words of the row.
_WRITTEN: Final[Mapping[str, str]] = {
    "articles": "json_extract(BODIES.body, '$.value.article.language', '$.value.article.title',"
    " '$.value.article.text')",
    "quotes": "json_extract(BODIES.body, '$.value.article.language', '$.value.quotes[' || place || '].text')",
    "statements": "json_extract(BODIES.body, '$.value.statement.first.article.language',"
    " '$.value.statement.first.quote.text')",
}

_WORDS: Final = """CREATE VIRTUAL TABLE COLLECTION_words USING fts5 (
    title, text, stems, speaker, about, source, lang, kind, said, source_kind, verdict, every,
    tokenize = "ascii tokenchars '_'"
)"""

# In the order of the old rows, so that SQLite sorts nothing and memory stays as it is.
_FILL_WORDS: Final = """INSERT INTO COLLECTION_words
    (rowid, title, text, stems, speaker, about, source, lang, kind, said, source_kind, verdict, every)
    SELECT rowid, title, text, stems_of_row(
        (SELECT WRITTEN FROM COLLECTION JOIN BODIES ON BODIES.number = COLLECTION.body WHERE row = old_words.rowid),
        title, text
    ), speaker, about, source, lang, kind, said, source_kind, verdict, every
    FROM old_words ORDER BY rowid"""

_STEPS: Final = (
    "ALTER TABLE COLLECTION_words RENAME TO old_words",
    _WORDS,
    _FILL_WORDS,
    "DROP TABLE old_words",
)


def migrate(connection: Connection) -> None:
    """Replace the tables of words by tables with the column `stems`, and log the progress.

    The step takes the stems of the program that executes it: a later change of the stems needs a step of its own.
    """
    for collection in _BODIES:
        connection.create_function("stems_of_row", 3, _counted(collection))
        for template in _STEPS:
            connection.execute(_statement(template, collection))
    connection.create_function("stems_of_row", 3, None)


def _counted(collection: str) -> Callable[[str | None, str | None, str | None], str]:
    """Return `_stems_of_row` as a function that counts the rows of the collection in the log."""
    rows = 0

    def stems_of_row(written: str | None, title: str | None, text: str | None) -> str:
        nonlocal rows
        rows += 1
        if rows % _PROGRESS == 0:
            _log.warning("the migration to version 6 has indexed %d %s", rows, collection)
        return _stems_of_row(written, f"{title or ''} {text or ''}")

    return stems_of_row


def _stems_of_row(written: str | None, row_words: str) -> str:
    """Return the stems of the written texts whose words are words of the row."""
    language, *texts = json.loads(written) if written else [""]
    known = frozenset(row_words.split())
    forms = dict.fromkeys(
        text[start:end] for text in texts if text for word, start, end in word_spans(text) if word in known
    )
    return f" {' '.join(dict.fromkeys(filter(None, (stem(form, language or '') for form in forms))))} "


def _statement(template: str, collection: str) -> str:
    """Return the statement for the tables of the collection."""
    names = {"WRITTEN": _WRITTEN[collection], "BODIES": _BODIES[collection], "COLLECTION": collection}
    return reduce(lambda statement, name: statement.replace(name, names[name]), names, template)

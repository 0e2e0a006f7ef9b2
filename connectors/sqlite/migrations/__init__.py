"""Migrations of the SQLite file: each step brings the tables and their rows from one version to the next.

To change the tables, in one commit:

1. Change `schema.sql`, which creates the tables of a new file.
2. Add a module here, `step_N_subject.py`, where N is the new version, with one function `migrate(connection)`, and
   append that function to `STEPS`; `VERSION` follows from their number. A step may add and fill columns or tables, and
   rewrite rows. To replace a table that others refer to, execute `PRAGMA defer_foreign_keys = ON` first.
3. Copy `schema.sql` to `tests/data/sqlite/version-N.sql`. `tests/connectors/test_migrations.py` creates a file of every
   version by these schemas and compares its tables after the migration with those of `schema.sql`.

A step runs inside a transaction together with the others, after a backup of the file. A step that was released never
changes, and uses the names of tables and columns of its time: it imports nothing that may change later.
"""

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Final, Protocol

from connectors.sqlite.migrations import (
    step_2_manner,
    step_3_feed_states,
    step_4_unspaced_words,
    step_5_source_kinds,
    step_6_stems,
)


class Step(Protocol):
    """One step; it neither begins nor ends a transaction."""

    def __call__(self, connection: Connection) -> None:
        """Change the tables and rows of the version before."""


STEPS: Final[Sequence[Step]] = (
    step_2_manner.migrate,
    step_3_feed_states.migrate,
    step_4_unspaced_words.migrate,
    step_5_source_kinds.migrate,
    step_6_stems.migrate,
)

VERSION: Final = 1 + len(STEPS)

"""The desk on SQLite."""

from collections.abc import Sequence

from connectors.sqlite.database import Connection, Database
from pipeline.codec import decode, encode
from pipeline.model import Actor, Change, Feed, FeedState, Group, Mark, Mute, Session, Watch
from pipeline.ports import DeskRecord, Noun

NAMES: dict[type, str] = {
    Feed: "feed",
    FeedState: "feed-state",
    Actor: "actor",
    Group: "group",
    Watch: "watch",
    Mute: "mute",
    Mark: "mark",
    Session: "session",
    Change: "change",
}


class SqliteDesk:
    """The `Desk` of a file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, *records: DeskRecord) -> None:
        """As in `Desk`."""
        rows = [(NAMES[type(record)], record.id, encode(record)) for record in records]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO desk (noun, id, body) VALUES (?, ?, ?)", rows)
            _count(connection, [name for name, _, _ in rows])

    def remove(self, noun: type[DeskRecord], thing_id: str) -> bool:
        """As in `Desk`."""
        with self._database.writing() as connection:
            deleted = connection.execute("DELETE FROM desk WHERE noun = ? AND id = ?", (NAMES[noun], thing_id))
            _count(connection, [NAMES[noun]] * deleted.rowcount)
            return deleted.rowcount > 0

    def find(self, noun: type[Noun], thing_id: str) -> Noun | None:
        """As in `Desk`."""
        with self._database.reading() as connection:
            place = (NAMES[noun], thing_id)
            row = connection.execute("SELECT body FROM desk WHERE noun = ? AND id = ?", place).fetchone()
        return decode(noun, row[0]) if row else None

    def all(self, noun: type[Noun]) -> list[Noun]:
        """As in `Desk`."""
        with self._database.reading() as connection:
            # Row by row: ten thousand states take twice the memory if all of their messages are held as well.
            rows = connection.execute("SELECT body FROM desk WHERE noun = ? ORDER BY id", (NAMES[noun],))
            return [decode(noun, body) for (body,) in rows]

    def version(self, noun: type[DeskRecord]) -> int:
        """Return the number of changes so far."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT version FROM desk_versions WHERE noun = ?", (NAMES[noun],)).fetchone()
        return int(row[0]) if row else 0


def _count(connection: Connection, changed: Sequence[str]) -> None:
    """Count the changes of these nouns."""
    connection.executemany(
        "INSERT INTO desk_versions (noun, version) VALUES (?, 1) ON CONFLICT DO UPDATE SET version = version + 1",
        [(name,) for name in set(changed)],
    )

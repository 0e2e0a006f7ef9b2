"""The desk and the outbox on SQLite."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, get_args

from connectors.sqlite.database import Connection, Database
from pipeline.codec import decode, encode
from pipeline.errors import UsageError
from pipeline.model import (
    Actor,
    ApiToken,
    Change,
    Delivery,
    DeliveryState,
    Feed,
    FeedState,
    Group,
    LastUse,
    Mark,
    Mute,
    PushSubscription,
    Session,
    Triage,
    User,
    Watch,
)
from pipeline.model.values import microseconds
from pipeline.ports import DeskRecord, Noun
from pipeline.text import TextCache

NAMES: dict[type, str] = {
    Feed: "feed",
    FeedState: "feed-state",
    Actor: "actor",
    Group: "group",
    Watch: "watch",
    Mute: "mute",
    Mark: "mark",
    Triage: "triage",
    User: "user",
    Session: "session",
    ApiToken: "token",
    LastUse: "last-use",
    PushSubscription: "push-subscription",
    Change: "change",
}


class SqliteDesk:
    """The `Desk` of a file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._actors: tuple[int, list[Any]] | None = None  # with their version

    def save(self, *records: DeskRecord) -> None:
        """See `Desk`."""
        rows = [(NAMES[type(record)], record.id, encode(record)) for record in records]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO desk (noun, id, body) VALUES (?, ?, ?)", rows)
            _count(connection, [name for name, _, _ in rows])

    def remove(self, noun: type[DeskRecord], record_id: str) -> bool:
        """See `Desk`."""
        with self._database.writing() as connection:
            deleted = connection.execute("DELETE FROM desk WHERE noun = ? AND id = ?", (NAMES[noun], record_id))
            _count(connection, [NAMES[noun]] * deleted.rowcount)
            return deleted.rowcount > 0

    def find(self, noun: type[Noun], record_id: str) -> Noun | None:
        """See `Desk`."""
        with self._database.reading() as connection:
            place = (NAMES[noun], record_id)
            row = connection.execute("SELECT body FROM desk WHERE noun = ? AND id = ?", place).fetchone()
        return decode(noun, row[0]) if row else None

    def all(self, noun: type[Noun]) -> list[Noun]:
        """See `Desk`. Every page reads all actors, so these are decoded again only after a change."""
        with self._database.reading() as connection:
            version = _version(connection, noun)
            cached = self._actors
            if noun is Actor and cached and cached[0] == version:
                return list(cached[1])
            # Row by row: ten thousand states take twice the memory if all of their messages are held as well.
            rows = connection.execute("SELECT body FROM desk WHERE noun = ? ORDER BY id", (NAMES[noun],))
            records = [decode(noun, body) for (body,) in rows]
        if noun is Actor:
            self._actors = (version, list(records))
        return records

    def version(self, noun: type[DeskRecord]) -> int:
        """Return the number of changes so far."""
        with self._database.reading() as connection:
            return _version(connection, noun)


def _version(connection: Connection, noun: type) -> int:
    row = connection.execute("SELECT version FROM desk_versions WHERE noun = ?", (NAMES[noun],)).fetchone()
    return int(row[0]) if row else 0


def _count(connection: Connection, changed: Sequence[str]) -> None:
    """Count the changes of these nouns."""
    connection.executemany(
        "INSERT INTO desk_versions (noun, version) VALUES (?, 1) ON CONFLICT DO UPDATE SET version = version + 1",
        [(name,) for name in set(changed)],
    )


STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)


class SqliteOutbox:
    """The `Outbox` and `Deliveries` of a file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """See `Outbox`."""
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT INTO deliveries (id, state, next_try, created, body) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [_row(delivery) for delivery in deliveries],
            )

    def due(self, now: datetime, most: int) -> list[Delivery]:
        """See `Outbox`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT body FROM deliveries WHERE state = 'pending' AND next_try <= ?"
                " ORDER BY created, number LIMIT ?",
                (microseconds(now), most),
            ).fetchall()
        return [decode(Delivery, body) for (body,) in rows]

    def update(self, delivery: Delivery) -> None:
        """See `Outbox`. Raises UsageError for a delivery that was never put."""
        identity, *changes = _row(delivery)
        with self._database.writing() as connection:
            changed = connection.execute(
                "UPDATE deliveries SET state = ?, next_try = ?, created = ?, body = ? WHERE id = ?",
                (*changes, identity),
            )
            if not changed.rowcount:
                raise UsageError(f"delivery {delivery.id!r} is not in the outbox")

    def find(self, delivery_id: str) -> Delivery | None:
        """See `Deliveries`."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT body FROM deliveries WHERE id = ?", (delivery_id,)).fetchone()
        return decode(Delivery, row[0]) if row else None

    def listing(self, state: DeliveryState | None = None, most: int = 100, before: str = "") -> list[Delivery]:
        """See `Deliveries`. Raises UsageError for an unknown `before`."""
        with self._database.reading() as connection:
            place = _place(connection, before) if before else (2**63 - 1, 0)
            rows = [
                row
                for listed_state in ([state] if state else STATES)
                for row in connection.execute(
                    "SELECT created, number, body FROM deliveries WHERE state = ? AND (created, number) < (?, ?)"
                    " ORDER BY created DESC, number DESC LIMIT ?",
                    (listed_state, *place, most),
                )
            ]
        rows.sort(reverse=True)
        return [_LISTED.get((body,), partial(decode, Delivery, body)) for _, _, body in rows[:most]]


_LISTED: Final = TextCache[Delivery](10_000_000)  # some kilobytes each; every page counts the newest deliveries


def _row(delivery: Delivery) -> tuple[str, str, int, int, bytes]:
    created = microseconds(delivery.alert.created)
    return delivery.id, delivery.state, microseconds(delivery.next_try), created, encode(delivery)


def _place(connection: Connection, delivery_id: str) -> tuple[int, int]:
    """Return the position of a delivery in the listing."""
    row = connection.execute("SELECT created, number FROM deliveries WHERE id = ?", (delivery_id,)).fetchone()
    if row is None:
        raise UsageError(f"delivery {delivery_id!r} is not in the outbox")
    created, number = row
    return created, number

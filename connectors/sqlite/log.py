"""The log on SQLite."""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from zlib import crc32

from connectors.sqlite.database import Connection, Database
from connectors.times import microseconds, moment
from pipeline.ports import Clock, Message, Record


class SqliteLog:
    """Log, Backlog and Trim of one file.

    `clock` gives log time. `partitions` counts for topics that this log creates; a topic keeps the number it was
    created with, because the order of a key's records hangs on it.
    """

    def __init__(self, database: Database, clock: Clock, partitions: int = 1) -> None:
        self._database = database
        self._clock = clock
        self._partitions = partitions

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        """See Log. Durable against the end of this process and against power loss."""
        with self._database.writing() as connection:
            number, partitions = self._create(connection, topic)
            ends = {partition: _end(connection, number, partition) for partition in range(partitions)}
            now = microseconds(self._clock())
            for message in messages:
                partition = crc32(message.key.encode("utf-8", "surrogatepass")) % partitions
                connection.execute(
                    "INSERT INTO records (topic, partition, offset, timestamp, key, value, headers)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (number, partition, ends[partition], now, message.key, message.value, _packed(message)),
                )
                ends[partition] += 1

    def read(self, topic: str, group: str, most: int) -> list[Record]:
        """See Log. Records of several partitions come in the order of their appending."""
        with self._database.reading() as connection:
            rows = [
                row
                for number, partition, start in _starts(connection, topic, group)
                for row in connection.execute(
                    "SELECT number, partition, offset, timestamp, key, value, headers FROM records"
                    " WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?",
                    (number, partition, start, most),
                )
            ]
        return [
            Record(topic, partition, offset, moment(timestamp), key, value, json.loads(headers))
            for _, partition, offset, timestamp, key, value, headers in sorted(rows, key=lambda row: row[0])[:most]
        ]

    def commit(self, group: str, records: Sequence[Record]) -> None:
        """See Log. Never moves a group back."""
        ends: dict[tuple[str, int], int] = {}
        for record in records:
            place = (record.topic, record.partition)
            ends[place] = max(ends.get(place, 0), record.offset + 1)
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT INTO commits (consumers, topic, partition, next)"
                " SELECT ?, number, ?, ? FROM topics WHERE name = ?"
                " ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
                [(group, partition, end, topic) for (topic, partition), end in ends.items()],
            )

    def lag(self, topic: str, group: str) -> int:
        """See Backlog."""
        with self._database.reading() as connection:
            return sum(
                _end(connection, number, partition) - start
                for number, partition, start in _starts(connection, topic, group)
            )

    def trim(self, topic: str, group: str, before: datetime, most: int) -> int:
        """See Trim. The last record of a partition stays, as the offset of the next is told by it."""
        with self._database.reading() as connection:
            done = [
                number
                for which, partition, _ in _starts(connection, topic, group)
                for number in _done_with(connection, (which, partition), group, before, most)
            ]
        if done:
            with self._database.writing() as connection:
                connection.executemany("DELETE FROM records WHERE number = ?", [(number,) for number in done])
        return len(done)

    def _create(self, connection: Connection, topic: str) -> tuple[int, int]:
        """The topic's number and how many partitions it has, once it exists."""
        connection.execute(
            "INSERT INTO topics (name, partitions) VALUES (?, ?) ON CONFLICT DO NOTHING", (topic, self._partitions)
        )
        number, partitions = connection.execute(
            "SELECT number, partitions FROM topics WHERE name = ?", (topic,)
        ).fetchone()
        return number, partitions


def _starts(connection: Connection, topic: str, group: str) -> list[tuple[int, int, int]]:
    """Topic number, partition and the offset the group reads on from, for each partition; none of an unknown topic."""
    found = connection.execute("SELECT number, partitions FROM topics WHERE name = ?", (topic,)).fetchone()
    if found is None:
        return []
    number, partitions = found
    committed = dict(
        connection.execute("SELECT partition, next FROM commits WHERE consumers = ? AND topic = ?", (group, number))
    )
    return [(number, partition, committed.get(partition, 0)) for partition in range(partitions)]


def _end(connection: Connection, number: int, partition: int) -> int:
    """The offset that the partition's next record gets."""
    (last,) = connection.execute(
        "SELECT max(offset) FROM records WHERE topic = ? AND partition = ?", (number, partition)
    ).fetchone()
    return 0 if last is None else int(last) + 1


def _done_with(connection: Connection, place: tuple[int, int], group: str, before: datetime, most: int) -> list[int]:
    """The first records of the partition that are older than `before`, and that all groups have committed."""
    commits = dict(connection.execute("SELECT consumers, next FROM commits WHERE topic = ? AND partition = ?", place))
    end = min(_end(connection, *place) - 1, commits.get(group, 0), *commits.values())
    rows = connection.execute(
        "SELECT number, timestamp FROM records WHERE topic = ? AND partition = ? AND offset < ?"
        " ORDER BY offset LIMIT ?",
        (*place, end, most),
    )
    # Only from the start on: to look for old ones behind young ones would be to look through all of it.
    return [number for number, _ in takewhile(lambda row: row[1] < microseconds(before), rows)]


def _packed(message: Message) -> str:
    return json.dumps(dict(message.headers), ensure_ascii=False)

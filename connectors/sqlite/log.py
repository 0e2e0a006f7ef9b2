"""The log on SQLite."""

import json
from collections.abc import Sequence
from datetime import datetime
from heapq import merge
from itertools import islice, takewhile
from zlib import crc32

from connectors.sqlite.database import Connection, Database
from pipeline.model.values import first_within, microseconds, moment
from pipeline.ports import MOST_BYTES, Clock, Message, Record


class SqliteLog:
    """Log, Backlog and Trim of one file.

    `clock` gives log time. `partitions` counts for topics that this log creates; a topic keeps its initial number,
    because the order of a key's records depends on it.
    """

    def __init__(self, database: Database, clock: Clock, partitions: int = 1) -> None:
        self._database = database
        self._clock = clock
        self._partitions = partitions

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        """See `Log`. Survives the end of this process and a power loss."""
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

    def read(self, topic: str, group: str, most: int, most_bytes: int = MOST_BYTES) -> list[Record]:
        """See `Log`. Records of several partitions come in the order in which they were appended."""
        with self._database.reading() as connection:
            partitions = [
                connection.execute(
                    "SELECT number, partition, offset, timestamp, key, value, headers FROM records"
                    " WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?",
                    (number, partition, start, most),
                )
                for number, partition, start in _starts(connection, topic, group)
            ]
            rows = islice(merge(*partitions, key=lambda row: row[0]), most)
            records = (
                Record(topic, partition, offset, moment(timestamp), key, value, json.loads(headers))
                for _, partition, offset, timestamp, key, value, headers in rows
            )
            return first_within(records, lambda record: len(record.value), most_bytes)

    def commit(self, group: str, records: Sequence[Record]) -> None:
        """See `Log`. Never moves a group back."""
        ends: dict[tuple[str, int], int] = {}
        for record in records:
            partition = (record.topic, record.partition)
            ends[partition] = max(ends.get(partition, 0), record.offset + 1)
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT INTO commits (consumers, topic, partition, next)"
                " SELECT ?, number, ?, ? FROM topics WHERE name = ?"
                " ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
                [(group, partition, end, topic) for (topic, partition), end in ends.items()],
            )

    def lag(self, topic: str, group: str) -> int:
        """See `Backlog`."""
        with self._database.reading() as connection:
            return sum(
                _end(connection, number, partition) - start
                for number, partition, start in _starts(connection, topic, group)
            )

    def trim(self, topic: str, group: str, before: datetime, most: int) -> int:
        """See `LogRetention`. The last record of a partition stays, because the next offset follows from it."""
        with self._database.reading() as connection:
            done = [
                number
                for topic_number, partition, _ in _starts(connection, topic, group)
                for number in _processed(connection, (topic_number, partition), group, before, most)
            ]
        if done:
            with self._database.writing() as connection:
                connection.executemany("DELETE FROM records WHERE number = ?", [(number,) for number in done])
        return len(done)

    def _create(self, connection: Connection, topic: str) -> tuple[int, int]:
        """Return the number and the partitions of the topic, if it exists."""
        connection.execute(
            "INSERT INTO topics (name, partitions) VALUES (?, ?) ON CONFLICT DO NOTHING", (topic, self._partitions)
        )
        number, partitions = connection.execute(
            "SELECT number, partitions FROM topics WHERE name = ?", (topic,)
        ).fetchone()
        return number, partitions


def _starts(connection: Connection, topic: str, group: str) -> list[tuple[int, int, int]]:
    """Return topic number, partition and next offset of the group for each partition; none for an unknown topic."""
    row = connection.execute("SELECT number, partitions FROM topics WHERE name = ?", (topic,)).fetchone()
    if row is None:
        return []
    number, partitions = row
    committed = dict(
        connection.execute("SELECT partition, next FROM commits WHERE consumers = ? AND topic = ?", (group, number))
    )
    return [(number, partition, committed.get(partition, 0)) for partition in range(partitions)]


def _end(connection: Connection, number: int, partition: int) -> int:
    """Return the offset of the next record in the partition."""
    (last,) = connection.execute(
        "SELECT max(offset) FROM records WHERE topic = ? AND partition = ?", (number, partition)
    ).fetchone()
    return 0 if last is None else int(last) + 1


def _processed(connection: Connection, place: tuple[int, int], group: str, before: datetime, most: int) -> list[int]:
    """Return the first records of the partition that are older than `before` and committed by all groups."""
    commits = dict(connection.execute("SELECT consumers, next FROM commits WHERE topic = ? AND partition = ?", place))
    end = min(_end(connection, *place) - 1, commits.get(group, 0), *commits.values())
    rows = connection.execute(
        "SELECT number, timestamp FROM records WHERE topic = ? AND partition = ? AND offset < ?"
        " ORDER BY offset LIMIT ?",
        (*place, end, most),
    )
    # From the start alone: old records behind young ones would need a scan of the whole partition.
    return [number for number, _ in takewhile(lambda row: row[1] < microseconds(before), rows)]


def _packed(message: Message) -> str:
    return json.dumps(dict(message.headers), ensure_ascii=False)

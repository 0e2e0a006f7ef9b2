"""A compacted topic of Kafka as a table, of which each process reads a copy."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import RLock
from time import monotonic
from typing import Any, Final

from connectors.kafka.clients import LEAVING_MS, KafkaConsumer, TopicPartition, explained
from connectors.kafka.cluster import COMPACTED, PATIENCE, POLL_MS, Cluster, Place
from pipeline.errors import WorldError

_MOST: Final = 5_000  # records per read

logger = logging.getLogger("onrecord.kafka")


@dataclass(frozen=True, slots=True)
class TableChange:
    """A record of the table's topic; a value of None removes the key."""

    offset: int
    key: str
    value: bytes | None
    headers: Mapping[str, str]


class Table:
    """Calls `apply` with every change of a topic with one partition, in order, and `reset` before a fresh start.

    Changes of a transaction follow its commit. Safe to use from several threads.
    """

    def __init__(
        self,
        cluster: Cluster,
        topic: str,
        apply: Callable[[TableChange], None],
        reset: Callable[[], None],
        configs: Mapping[str, str] = COMPACTED,
    ) -> None:
        self._cluster = cluster
        self._topic = topic
        self._place = TopicPartition(cluster.name(topic), 0)
        self._apply = apply
        self._reset = reset
        self._configs = configs
        self._consumer: KafkaConsumer | None = None
        self.turn: Final = RLock()
        """Lock that is held while changes are applied; readers of the result hold it, too."""

    def refresh(self) -> None:
        """Read all that is committed now. Raises WorldError if it does not arrive."""
        with self.turn, explained(self._cluster.kafka):
            consumer = self._open()
            end = consumer.end_offsets([self._place])[self._place]
            if end < consumer.position(self._place):
                logger.warning("topic %s was created again; reading it from the start", self._place.topic)
                self._cluster.forget(self._topic)
                consumer.seek(self._place, 0)
                self._reset()
            self._read_to(consumer, end)

    def see(self, places: Iterable[Place]) -> None:
        """Read until these committed positions of ours have been read."""
        end = max((offset + 1 for topic, _, offset in places if topic == self._topic), default=0)
        with self.turn, explained(self._cluster.kafka):
            self._read_to(self._open(), end)

    def look_up(self, offsets: Iterable[int]) -> dict[int, bytes]:
        """Return the values at these offsets, without deleted records."""
        ascending = sorted(offsets)
        values: dict[int, bytes] = {}
        with self.turn, explained(self._cluster.kafka):
            consumer = self._open()
            goal = consumer.position(self._place)
            at = -1
            for offset in ascending:
                if offset <= at:
                    continue  # read past it
                consumer.seek(self._place, offset)
                records = consumer.poll(timeout_ms=round(PATIENCE * 1000), max_records=_MOST).get(self._place, ())
                values |= {record.offset: record.value for record in records if record.value is not None}
                at = max((record.offset for record in records), default=goal)
            consumer.seek(self._place, goal)
        return {offset: values[offset] for offset in ascending if offset in values}

    def ensure(self) -> None:
        """Create the topic if it is missing."""
        self._cluster.ensure(self._topic, 1, self._configs)

    def close(self) -> None:
        """Close the connection."""
        with self.turn:
            if self._consumer:
                self._consumer.close(timeout_ms=LEAVING_MS)
                self._consumer = None

    def _open(self) -> KafkaConsumer:
        if self._consumer is None:
            self.ensure()
            consumer = self._cluster.consumer(group_id=None, isolation_level="read_committed")
            consumer.assign([self._place])
            consumer.seek(self._place, 0)
            self._consumer = consumer
        return self._consumer

    def _read_to(self, consumer: KafkaConsumer, end: int) -> None:
        """Read until `end`; wait at most PATIENCE for each record."""
        deadline = monotonic() + PATIENCE
        while consumer.position(self._place) < end:
            records = consumer.poll(timeout_ms=POLL_MS, max_records=_MOST).get(self._place, ())
            for record in records:
                self._apply(_change(record))
            if records:
                deadline = monotonic() + PATIENCE
            elif monotonic() > deadline:
                raise WorldError(f"topic {self._place.topic} has records that did not arrive within {PATIENCE:.0f} s")


def _change(record: Any) -> TableChange:
    return TableChange(
        offset=record.offset,
        key=record.key.decode("utf-8", "surrogatepass"),
        value=record.value,
        headers={name: value.decode("utf-8", "replace") for name, value in record.headers},
    )

"""A Kafka cluster: the clients of this process, and topics that are created on first use."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any, Final
from uuid import uuid4

from connectors.kafka.clients import (
    LEAVING_MS,
    KafkaAdminClient,
    KafkaConsumer,
    KafkaError,
    KafkaProducer,
    OffsetAndMetadata,
    TopicAlreadyExistsError,
    TopicPartition,
    connection,
    explained,
    group_id,
)
from pipeline.errors import InputError, UsageError, WorldError
from pipeline.model import EPOCH
from pipeline.ports import ARTICLES, DEAD_LETTERS, DECISIONS, DOCUMENTS
from pipeline.settings.servers import Kafka

__all__ = [
    "COMPACTED",
    "IN_ONE",
    "KEPT",
    "PATIENCE",
    "POLL_MS",
    "Cluster",
    "OffsetAndMetadata",
    "Place",
    "Row",
    "TopicPartition",
    "explained",
    "group_id",
]

PATIENCE: Final = 30.0  # seconds to join a group, or to wait for existing records

POLL_MS: Final = 100

# Records are not deleted by age or size unless kafka.keep says so, because decisions depend on the log.
KEPT: Final = {"retention.ms": "-1", "retention.bytes": "-1"}

# Topics whose processed records are in the index. Quotes stay because their order determines the decisions; alerts and
# dead letters stay because they are few and wait for people.
_IN_INDEX: Final = frozenset({ARTICLES, DOCUMENTS, DECISIONS})

# Small segments that are compacted soon, because a new process reads all remaining records.
COMPACTED: Final = {"cleanup.policy": "compact", "segment.bytes": "67108864", "min.cleanable.dirty.ratio": "0.2"}

IN_ONE: Final = frozenset({DEAD_LETTERS})  # topics with a single partition: people read them as a list, oldest first

_LEGAL_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")  # kafka.apache.org, topic naming

_FRAME: Final = 100_000  # bytes for the key, headers and framing of a message

_BATCH: Final = 262_144  # bytes per batch and partition

_DURABLE: Final = 15.0  # seconds until appended records must be on the brokers

_TRANSACTION_MS: Final = 10_000  # after this time the transaction of a dead process no longer blocks readers


@dataclass(frozen=True, slots=True)
class Row:
    """A message of Kafka; a value of None removes the key from a compacted topic."""

    key: str
    value: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)


Place = tuple[str, int, int]
"""Topic (our name), partition, offset."""


class Cluster:
    """The clients of a process, which connect on first use. Safe to use from several threads.

    An existing topic is used as it is; a missing topic is created with the partitions and replicas of the settings.
    """

    def __init__(self, kafka: Kafka) -> None:
        self.kafka = kafka
        self._connection = connection(kafka)
        self._lock = RLock()
        self._known: set[str] = set()
        self._producers: dict[bool, KafkaProducer] = {}  # by whether they are transactional
        self._whole = RLock()  # held during a transaction

    def name(self, topic: str) -> str:
        """Return the topic's name on the brokers."""
        return self.kafka.prefix + topic

    def topic(self, name: str) -> str:
        """Return our name of a topic on the brokers."""
        return name.removeprefix(self.kafka.prefix)

    def consumer(self, **options: Any) -> KafkaConsumer:
        """Return a new consumer for a single thread; it does not commit automatically."""
        defaults = {
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "max_partition_fetch_bytes": self.kafka.message_bytes,
            "fetch_max_wait_ms": POLL_MS,
            "metrics_enabled": False,
            "metadata_max_age_ms": 10_000,  # so that added partitions are read soon
        }
        with explained(self.kafka):
            return KafkaConsumer(**self._connection, **(defaults | options))

    @contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        """Yield a client for the block; its errors are explained."""
        with explained(self.kafka):
            client = KafkaAdminClient(**self._connection)
            try:
                yield client
            finally:
                client.close()

    def check(self) -> None:
        """Raise WorldError if the brokers do not answer."""
        with self.admin() as admin:
            admin.list_topics()

    def ensure(self, topic: str, partitions: int = 0, configs: Mapping[str, str] = KEPT) -> None:
        """Create the topic if it is missing; by default with the number of partitions in the settings."""
        with self._lock:
            if topic in self._known:
                return
            name = self.name(topic)
            if not _LEGAL_TOPIC.fullmatch(name):
                raise UsageError(f"topic {name!r} is not a name that Kafka allows")
            options = {
                "num_partitions": partitions or (1 if topic in IN_ONE else self.kafka.partitions),
                "replication_factor": self.kafka.replication or -1,
                "configs": {"max.message.bytes": str(self.kafka.message_bytes), **configs, **self._retention(topic)},
            }
            with self.admin() as admin, suppress(TopicAlreadyExistsError):
                admin.create_topics({name: options}, wait_for_metadata=True)
            self._known.add(topic)

    def _retention(self, topic: str) -> Mapping[str, str]:
        """Return the configuration by which the brokers delete old records of the topic, if they may."""
        if topic not in _IN_INDEX or not self.kafka.keep:
            return {}
        milliseconds = str(self.kafka.keep // timedelta(milliseconds=1))
        return {"retention.ms": milliseconds, "segment.ms": str(timedelta(days=1) // timedelta(milliseconds=1))}

    def forget(self, topic: str) -> None:
        """Assume that the topic may be gone, and create it again when it is needed."""
        with self._lock:
            self._known.discard(topic)

    def append(self, topic: str, rows: Sequence[Row], now: datetime | None = None) -> list[Place]:
        """Append in order and return when the rows are durable. A call that raises may have appended some of the rows.

        Raises InputError for a row over `message_bytes`; then it appends nothing.
        """
        if not rows:
            return []
        self._check_sizes(topic, rows)
        self.ensure(topic)
        try:
            with explained(self.kafka):
                return self._send(self._producer(whole=False), [(topic, row) for row in rows], now)
        except WorldError:
            self.forget(topic)
            raise

    def append_whole(self, rows: Sequence[tuple[str, Row]]) -> list[Place]:
        """Append rows of several topics in one transaction: readers of committed records see all of them or none."""
        for topic, row in rows:
            self._check_sizes(topic, [row])
            self.ensure(topic)
        with self._whole, explained(self.kafka):
            try:
                producer = self._producer(whole=True)
                producer.begin_transaction()
                places = self._send(producer, rows, None)
                producer.commit_transaction()
            except KafkaError:
                # The brokers end its transaction after _TRANSACTION_MS; the next attempt gets a new producer.
                self._drop(whole=True)
                for topic, _ in rows:
                    self.forget(topic)
                raise
            return places

    def _send(self, producer: KafkaProducer, rows: Sequence[tuple[str, Row]], now: datetime | None) -> list[Place]:
        timestamp = round((now - EPOCH) / timedelta(milliseconds=1)) if now else None
        futures = [
            producer.send(
                self.name(topic),
                key=row.key.encode("utf-8", "surrogatepass"),
                value=row.value,
                headers=[(name, value.encode("utf-8", "replace")) for name, value in row.headers.items()],
                timestamp_ms=timestamp,
            )
            for topic, row in rows
        ]
        producer.flush(timeout=_DURABLE)
        stored = [future.get(timeout=0) for future in futures]
        return [(self.topic(place.topic), place.partition, place.offset) for place in stored]

    def _producer(self, *, whole: bool) -> KafkaProducer:
        with self._lock:
            if whole not in self._producers:
                producer = KafkaProducer(
                    **self._connection,
                    **({"transactional_id": uuid4().hex, "transaction_timeout_ms": _TRANSACTION_MS} if whole else {}),
                    acks="all",
                    compression_type="zstd",
                    enable_idempotence=True,
                    metrics_enabled=False,
                    batch_size=_BATCH,
                    linger_ms=100,  # an append flushes, so it does not wait for this
                    max_block_ms=10_000,
                    max_request_size=self.kafka.message_bytes,
                    allow_auto_create_topics=False,
                )
                self._producers[whole] = producer
                if whole:
                    producer.init_transactions()
            return self._producers[whole]

    def _drop(self, *, whole: bool) -> None:
        with self._lock:
            producer = self._producers.pop(whole, None)
        if producer:
            producer.close(timeout=0)

    def _check_sizes(self, topic: str, rows: Sequence[Row]) -> None:
        allowed = self.kafka.message_bytes - _FRAME
        for row in rows:
            if len(row.value or b"") > allowed:
                raise InputError(
                    f"message {row.key!r} for topic {self.name(topic)} has {len(row.value or b''):,} bytes,"
                    f" kafka.message_bytes allows {allowed:,}",
                    step="append",
                )

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for producer in self._producers.values():
                producer.close(timeout=LEAVING_MS / 1000)
            self._producers.clear()

"""One Kafka cluster: the clients of this process, and topics made on first use."""

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

PATIENCE: Final = 30.0  # seconds, for a group to be joined or records that are there to arrive

POLL_MS: Final = 100

# No record is thrown away by age or size, where kafka.keep does not say so: decisions are made from the log.
KEPT: Final = {"retention.ms": "-1", "retention.bytes": "-1"}

# What is in the index once it is done with. Quotes stay, as their order is what decisions are made anew by; so do
# alerts and dead letters, which are few and wait for people.
_IN_INDEX: Final = frozenset({ARTICLES, DOCUMENTS, DECISIONS})

# Segments that are small and soon cleaned, as a new process reads all that is left.
COMPACTED: Final = {"cleanup.policy": "compact", "segment.bytes": "67108864", "min.cleanable.dirty.ratio": "0.2"}

_IN_ONE: Final = frozenset({DEAD_LETTERS})  # partition, as people read it as one list, oldest first

_LEGAL_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")  # kafka.apache.org, topic naming

_FRAME: Final = 100_000  # bytes of a message that key, headers and framing may take

_BATCH: Final = 262_144  # bytes of one partition that are sent together

_DURABLE: Final = 15.0  # seconds, for what is appended to be on the brokers

_TRANSACTION_MS: Final = 10_000  # after which readers see no more of a process that died in the middle of one


@dataclass(frozen=True, slots=True)
class Row:
    """A message as Kafka has it; a value of None removes the key from a compacted topic."""

    key: str
    value: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)


Place = tuple[str, int, int]
"""Topic as we name it, partition, offset."""


class Cluster:
    """The clients of one process; nothing is connected before it is needed. Safe to use from several threads.

    A topic that is there is taken as it is; one that is not is made with the partitions and replicas of the settings.
    """

    def __init__(self, kafka: Kafka) -> None:
        self.kafka = kafka
        self._connection = connection(kafka)
        self._lock = RLock()
        self._known: set[str] = set()
        self._producers: dict[bool, KafkaProducer] = {}  # by whether it makes transactions
        self._whole = RLock()  # held for the length of a transaction

    def name(self, topic: str) -> str:
        """The topic's name on the brokers."""
        return self.kafka.prefix + topic

    def topic(self, name: str) -> str:
        """The topic that the brokers know by this name."""
        return name.removeprefix(self.kafka.prefix)

    def consumer(self, **options: Any) -> KafkaConsumer:
        """A consumer of its own, to be used by one thread at a time; it commits nothing by itself."""
        ours = {
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "max_partition_fetch_bytes": self.kafka.message_bytes,
            "fetch_max_wait_ms": POLL_MS,
            "metrics_enabled": False,
            "metadata_max_age_ms": 10_000,  # partitions added under way are read soon
        }
        with explained(self.kafka):
            return KafkaConsumer(**self._connection, **(ours | options))

    @contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        """A client for the length of the block, whose errors are explained."""
        with explained(self.kafka):
            client = KafkaAdminClient(**self._connection)
            try:
                yield client
            finally:
                client.close()

    def check(self) -> None:
        """WorldError where the brokers do not answer."""
        with self.admin() as admin:
            admin.list_topics()

    def ensure(self, topic: str, partitions: int = 0, configs: Mapping[str, str] = KEPT) -> None:
        """Make the topic unless it is there, with the settings' number of partitions where none is given."""
        with self._lock:
            if topic in self._known:
                return
            name = self.name(topic)
            if not _LEGAL_TOPIC.fullmatch(name):
                raise UsageError(f"topic {name!r} is not a name that Kafka allows")
            wanted = {
                "num_partitions": partitions or (1 if topic in _IN_ONE else self.kafka.partitions),
                "replication_factor": self.kafka.replication or -1,
                "configs": {"max.message.bytes": str(self.kafka.message_bytes), **configs, **self._kept(topic)},
            }
            with self.admin() as admin, suppress(TopicAlreadyExistsError):
                admin.create_topics({name: wanted}, wait_for_metadata=True)
            self._known.add(topic)

    def _kept(self, topic: str) -> Mapping[str, str]:
        """The configuration by which the brokers let go of the topic's old records, where they may."""
        if topic not in _IN_INDEX or not self.kafka.keep:
            return {}
        milliseconds = str(self.kafka.keep // timedelta(milliseconds=1))
        return {"retention.ms": milliseconds, "segment.ms": str(timedelta(days=1) // timedelta(milliseconds=1))}

    def forget(self, topic: str) -> None:
        """Take it that the topic may not be there any more; it is made anew when it is needed."""
        with self._lock:
            self._known.discard(topic)

    def append(self, topic: str, rows: Sequence[Row], now: datetime | None = None) -> list[Place]:
        """Append in order; durable when it returns. One that raises may have appended a part.

        InputError for a row over `message_bytes`, of which nothing is sent then.
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
        """Append rows of several topics in one transaction: all or nothing, for who reads what is committed."""
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
                # The brokers end its transaction after _TRANSACTION_MS; whoever tries again gets a new producer.
                self._drop(whole=True)
                for topic, _ in rows:
                    self.forget(topic)
                raise
            return places

    def _send(self, producer: KafkaProducer, rows: Sequence[tuple[str, Row]], now: datetime | None) -> list[Place]:
        timestamp = round((now - EPOCH) / timedelta(milliseconds=1)) if now else None
        sent = [
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
        stored = [one.get(timeout=0) for one in sent]
        return [(self.topic(each.topic), each.partition, each.offset) for each in stored]

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
                    linger_ms=100,  # what is appended is flushed, and then waits for nothing
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
        """Let go of the connections."""
        with self._lock:
            for producer in self._producers.values():
                producer.close(timeout=LEAVING_MS / 1000)
            self._producers.clear()

"""The log on Kafka."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any, Final

from pipeline.errors import InputError, UsageError, WorldError
from pipeline.model import EPOCH
from pipeline.ports import Clock, Message, Record

try:
    from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
    from kafka.errors import KafkaError, MessageSizeTooLargeError, TopicAlreadyExistsError
    from kafka.structs import OffsetAndMetadata
except ImportError as missing:
    raise UsageError("the Kafka log needs the extra `cluster`: pip install 'onrecord[cluster]'") from missing

# No record is thrown away by age or size: decisions are made from the log. An article is at most a few megabytes.
LARGEST_BYTES: Final = 20_000_000
TOPIC_CONFIG: Final = {"retention.ms": "-1", "retention.bytes": "-1", "max.message.bytes": str(LARGEST_BYTES)}
_LEGAL_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")  # kafka.apache.org, topic naming
_PATIENCE: Final = 30.0  # seconds, for a group to be joined or records that are there to arrive
_POLL_MS: Final = 100


class KafkaLog:
    """Log and Backlog of one Kafka cluster.

    `connection` are kafka-python's settings that every client needs: `bootstrap_servers`, and those of TLS and SASL.
    Topics are made on first use, with so many partitions and replicas; one that is there is taken as it is. An append
    that raises may have appended a part: its caller repeats it, and readers drop what they have seen.
    """

    def __init__(self, connection: Mapping[str, Any], clock: Clock, partitions: int = 1, replicas: int = 1) -> None:
        self._connection = dict(connection)
        self._clock = clock
        self._partitions = partitions
        self._replicas = replicas
        self._topics: set[str] = set()
        self._lock = Lock()
        self._groups: dict[tuple[str, str], _Group] = {}
        with self._explained():
            self._producer = KafkaProducer(
                **self._connection,
                acks="all",
                compression_type="zstd",
                enable_idempotence=True,
                linger_ms=5,
                max_request_size=LARGEST_BYTES,
            )
            self._admin = KafkaAdminClient(**self._connection)

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        """See Log. InputError for a message over LARGEST_BYTES, of which nothing is sent then."""
        self._check_sizes(topic, messages)
        self._ensure(topic)
        now = round((self._clock() - EPOCH) / timedelta(milliseconds=1))
        with self._explained():
            sent = [
                self._producer.send(
                    topic,
                    key=message.key.encode("utf-8", "surrogatepass"),
                    value=message.value,
                    headers=[(name, value.encode()) for name, value in message.headers.items()],
                    timestamp_ms=now,
                )
                for message in messages
            ]
            self._producer.flush(timeout=_PATIENCE)
            for one in sent:
                one.get(timeout=0)

    def read(self, topic: str, group: str, most: int) -> list[Record]:
        """See Log. Waits while the group is being joined; WorldError where that takes too long."""
        with self._explained():
            return self._group(topic, group).read(most)

    def commit(self, group: str, records: Sequence[Record]) -> None:
        """See Log. WorldError where the group has given these partitions to another reader meanwhile."""
        ends: dict[str, dict[int, int]] = defaultdict(dict)
        for record in records:
            partitions = ends[record.topic]
            partitions[record.partition] = max(partitions.get(record.partition, 0), record.offset + 1)
        with self._explained():
            for topic, partitions in ends.items():
                self._group(topic, group).commit(partitions)

    def lag(self, topic: str, group: str) -> int:
        """See Backlog."""
        self._ensure(topic)
        with self._explained(), self._onlooker(topic, group) as onlooker:
            places = [TopicPartition(topic, number) for number in onlooker.partitions_for_topic(topic)]
            ends, starts = onlooker.end_offsets(places), onlooker.beginning_offsets(places)
            return sum(ends[place] - (onlooker.committed(place) or starts[place]) for place in places)

    def close(self) -> None:
        """Leave the groups, so that others take over at once, and let go of the connections."""
        with self._lock:
            for group in self._groups.values():
                group.close()
            self._groups.clear()
        self._producer.close(timeout=_PATIENCE)
        self._admin.close()

    def _group(self, topic: str, group: str) -> "_Group":
        self._ensure(topic)
        with self._lock:
            if (topic, group) not in self._groups:
                self._groups[topic, group] = _Group(self._connection, topic, group)
            return self._groups[topic, group]

    def _onlooker(self, topic: str, group: str) -> KafkaConsumer:
        return KafkaConsumer(**self._connection, group_id=_group_id(topic, group), enable_auto_commit=False)

    def _ensure(self, topic: str) -> None:
        """Make the topic unless it is there."""
        if topic in self._topics:
            return
        if not _LEGAL_TOPIC.fullmatch(topic):
            raise UsageError(f"topic {topic!r} is not a name that Kafka allows")
        wanted = {
            topic: {"num_partitions": self._partitions, "replication_factor": self._replicas, "configs": TOPIC_CONFIG}
        }
        with self._explained(), suppress(TopicAlreadyExistsError):
            self._admin.create_topics(wanted, wait_for_metadata=True)
        self._topics.add(topic)

    def _check_sizes(self, topic: str, messages: Sequence[Message]) -> None:
        for message in messages:
            if len(message.value) > LARGEST_BYTES - 1_000_000:  # room for key, headers and framing
                raise InputError(
                    f"message {message.key!r} for topic {topic} has {len(message.value):,} bytes,"
                    f" {LARGEST_BYTES - 1_000_000:,} are allowed",
                    step="append",
                )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Kafka's errors as WorldErrors that name the servers."""
        servers = self._connection.get("bootstrap_servers")
        try:
            yield
        except MessageSizeTooLargeError as error:
            raise InputError(f"message is larger than Kafka at {servers} allows: {error}", step="append") from error
        except KafkaError as error:
            raise WorldError(f"Kafka at {servers} (kafka.servers): {type(error).__name__}: {error}") from error


class _Group:
    """One member of a consumer group on one topic; a read begins where the group's last commit left off."""

    def __init__(self, connection: Mapping[str, Any], topic: str, group: str) -> None:
        self._topic = topic
        self._lock = Lock()
        self._committed: dict[TopicPartition, int] = {}
        self._consumer = KafkaConsumer(
            **connection,
            group_id=_group_id(topic, group),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=LARGEST_BYTES,
            fetch_max_wait_ms=_POLL_MS,
            metadata_max_age_ms=10_000,  # partitions added under way are read soon
        )
        self._consumer.subscribe([topic], listener=_Forget(self._committed))

    def read(self, most: int) -> list[Record]:
        """Up to `most` records after the commits; none only where there are none."""
        with self._lock:
            deadline = monotonic() + _PATIENCE
            self._join(deadline)
            self._go_back()
            while monotonic() < deadline:
                polled = self._consumer.poll(timeout_ms=_POLL_MS, max_records=most)
                found = [_record(each) for records in polled.values() for each in records]
                if found or self._at_end():
                    return sorted(found, key=lambda record: (record.timestamp, record.partition, record.offset))
            raise WorldError(f"topic {self._topic} has records that did not arrive within {_PATIENCE:.0f} s")

    def commit(self, ends: Mapping[int, int]) -> None:
        """Move the group to these offsets, never back."""
        with self._lock:
            self._join(monotonic() + _PATIENCE)
            offsets = {}
            for number, end in ends.items():
                place = TopicPartition(self._topic, number)
                if end > self._start(place):
                    offsets[place] = OffsetAndMetadata(end, "", -1)
            if offsets:
                self._consumer.commit(offsets)
                self._committed.update({place: offset.offset for place, offset in offsets.items()})

    def close(self) -> None:
        """Leave the group."""
        with self._lock:
            self._consumer.close(autocommit=False)

    def _join(self, deadline: float) -> None:
        while not self._consumer.assignment():
            if monotonic() > deadline:
                raise WorldError(f"no partition of topic {self._topic} was assigned within {_PATIENCE:.0f} s")
            polled = self._consumer.poll(timeout_ms=_POLL_MS, max_records=1)
            if polled:
                self._committed.clear()

    def _go_back(self) -> None:
        """To what was committed, where more than that was read."""
        for place in self._consumer.assignment():
            start = self._start(place)
            if self._consumer.position(place) != start:
                self._consumer.seek(place, start)

    def _start(self, place: TopicPartition) -> int:
        if place not in self._committed:
            known = self._consumer.committed(place)
            self._committed[place] = known if known is not None else self._consumer.beginning_offsets([place])[place]
        return self._committed[place]

    def _at_end(self) -> bool:
        places = list(self._consumer.assignment())
        ends = self._consumer.end_offsets(places)
        return all(self._consumer.position(place) >= ends[place] for place in places)


class _Forget(ConsumerRebalanceListener):
    """Forgets what was committed when partitions change hands."""

    def __init__(self, committed: dict[TopicPartition, int]) -> None:
        self._committed = committed

    def on_partitions_revoked(self, revoked: object) -> None:
        """Others may commit from now on."""
        self._committed.clear()

    def on_partitions_assigned(self, assigned: object) -> None:
        """Others may have committed meanwhile."""
        self._committed.clear()


def _group_id(topic: str, group: str) -> str:
    """A group for each topic, for all members of a Kafka group have to agree whenever one of them begins a topic."""
    return f"{topic}.{group}"


def _record(consumed: Any) -> Record:
    return Record(
        topic=consumed.topic,
        partition=consumed.partition,
        offset=consumed.offset,
        timestamp=_moment(consumed.timestamp),
        key=(consumed.key or b"").decode("utf-8", "surrogatepass"),
        value=consumed.value or b"",
        headers={name: value.decode("utf-8", "replace") for name, value in consumed.headers},
    )


def _moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)

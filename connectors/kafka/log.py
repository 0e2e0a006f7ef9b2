"""The log on Kafka, read by members of a group, or from explicit offsets by a runner that stores the offsets itself."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any, Final

from connectors.kafka.clients import (
    LEAVING_MS,
    ConsumerRebalanceListener,
    OffsetAndMetadata,
    TopicPartition,
    explained,
    group_id,
)
from connectors.kafka.cluster import PATIENCE, POLL_MS, Cluster, Row
from connectors.kafka.member import Member
from pipeline.errors import WorldError
from pipeline.model import EPOCH
from pipeline.model.values import first_within
from pipeline.ports import MOST_BYTES, Clock, Message, Record

_SESSION_MS: Final = 15_000  # after this time the partitions of a killed reader are reassigned

_TRUSTED: Final = 1.0  # seconds for which known commits are trusted

_SETTLING: Final = 3.0  # seconds; a new member gets no partition until it knows the topic


class KafkaLog:
    """The `Log` and `Backlog` of a Kafka cluster.

    Readers of a group in `divided` share the partitions of a topic. Any other group has one reader at a time, which
    reads all partitions. An append that raises may have appended some records: the caller repeats it, and readers drop
    duplicates.
    """

    def __init__(self, cluster: Cluster, clock: Clock, divided: Collection[str] = ()) -> None:
        self._cluster = cluster
        self._clock = clock
        self._divided = divided
        self._lock = Lock()
        self._groups: dict[tuple[str, str], _Group] = {}

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        """See `Log`. Raises InputError for a message over `kafka.message_bytes`; then it appends nothing."""
        self._cluster.append(
            topic, [Row(message.key, message.value, message.headers) for message in messages], self._clock()
        )

    def read(self, topic: str, group: str, most: int, most_bytes: int = MOST_BYTES) -> list[Record]:
        """See `Log`. Waits to join the group; raises WorldError if that takes too long."""
        with explained(self._cluster.kafka):
            return self._group(topic, group).read(most, most_bytes)

    def commit(self, group: str, records: Sequence[Record]) -> None:
        """See `Log`. Raises WorldError if the group has reassigned these partitions meanwhile."""
        ends: dict[str, dict[int, int]] = defaultdict(dict)
        for record in records:
            partitions = ends[record.topic]
            partitions[record.partition] = max(partitions.get(record.partition, 0), record.offset + 1)
        with explained(self._cluster.kafka):
            for topic, partitions in ends.items():
                self._group(topic, group).commit(partitions)

    def lag(self, topic: str, group: str) -> int:
        """See `Backlog`."""
        self._cluster.ensure(topic)
        name = self._cluster.name(topic)
        onlooker = self._cluster.consumer(group_id=group_id(self._cluster.kafka, topic, group))
        try:
            with explained(self._cluster.kafka):
                places = [TopicPartition(name, number) for number in onlooker.partitions_for_topic(name)]
                ends, starts = onlooker.end_offsets(places), onlooker.beginning_offsets(places)
                return sum(ends[place] - max(onlooker.committed(place) or 0, starts[place]) for place in places)
        finally:
            onlooker.close(timeout_ms=LEAVING_MS)

    def rewind(self, topic: str, group: str, time: datetime) -> None:
        """Move the group to the first records appended at or after this time, if it is beyond them.

        Raises WorldError while a reader of the group runs.
        """
        self._cluster.ensure(topic)
        consumer = self._cluster.consumer(group_id=group_id(self._cluster.kafka, topic, group))
        try:
            with explained(self._cluster.kafka):
                name = self._cluster.name(topic)
                places = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name)]
                consumer.assign(places)
                starts = consumer.offsets_for_times(dict.fromkeys(places, (time - EPOCH) // timedelta(milliseconds=1)))
                back = {
                    place: OffsetAndMetadata(start.offset, "", -1)
                    for place, start in starts.items()
                    if start and start.offset < (consumer.committed(place) or 0)
                }
                if back:
                    consumer.commit(back)
        finally:
            consumer.close(autocommit=False, timeout_ms=LEAVING_MS)

    def close(self) -> None:
        """Leave the groups, so that other readers take over at once."""
        with self._lock:
            for group in self._groups.values():
                group.close()
            self._groups.clear()

    def _group(self, topic: str, group: str) -> "_Group":
        self._cluster.ensure(topic)
        with self._lock:
            if (topic, group) not in self._groups:
                self._groups[topic, group] = _Group(self._cluster, topic, group, divided=group in self._divided)
            return self._groups[topic, group]


class _Group:
    """The reader of a group on a topic; a read starts at the group's last commit."""

    def __init__(self, cluster: Cluster, topic: str, group: str, *, divided: bool) -> None:
        self._topic = topic
        self._name = cluster.name(topic)
        self._lock = Lock()
        self._membership = _Membership()
        self._member = Member(cluster, topic, group, _SESSION_MS, self._membership) if divided else None
        self._looked = 0.0  # since when the known commits are trusted
        self._consumer = (
            self._member.consumer()
            if self._member
            else cluster.consumer(group_id=group_id(cluster.kafka, topic, group))
        )

    def read(self, most: int, most_bytes: int = MOST_BYTES) -> list[Record]:
        """Return up to `most` records after the commits; none only if there are none for this reader."""
        with self._lock:
            deadline = monotonic() + PATIENCE
            self._join(deadline)
            self._go_back()
            read: list[Record] = []
            while monotonic() < deadline:
                polled = self._consumer.poll(timeout_ms=POLL_MS, max_records=most - len(read))
                read += [record_of(self._topic, record) for records in polled.values() for record in records]
                is_full = len(read) >= most or sum(len(record.value) for record in read) >= most_bytes
                if is_full or (read and self._member) or self._at_end():
                    return first_within(in_order(read), lambda record: len(record.value), most_bytes)
                if polled:
                    deadline = monotonic() + PATIENCE
            raise WorldError(f"topic {self._name} has records that did not arrive within {PATIENCE:.0f} s")

    def commit(self, ends: Mapping[int, int]) -> None:
        """Move the group to these offsets, never back."""
        with self._lock:
            self._join(monotonic() + PATIENCE)
            offsets = {}
            for number, end in ends.items():
                place = TopicPartition(self._name, number)
                if end > self._start(place):
                    offsets[place] = OffsetAndMetadata(end, "", -1)
            if offsets:
                self._consumer.commit(offsets)
                self._membership.committed.update({place: offset.offset for place, offset in offsets.items()})

    def close(self) -> None:
        """Leave the group."""
        with self._lock:
            if self._member:
                self._member.leave()
            else:
                self._consumer.close(autocommit=False, timeout_ms=LEAVING_MS)

    def _join(self, deadline: float) -> None:
        if not self._member:
            places = {TopicPartition(self._name, n) for n in self._consumer.partitions_for_topic(self._name)}
            if places != self._consumer.assignment():
                self._consumer.assign(places)
            if monotonic() - self._looked > _TRUSTED:
                self._membership.committed.clear()  # other readers may have committed since
                self._looked = monotonic()
            return
        self._consumer = self._member.consumer()
        settled = monotonic() + _SETTLING
        # Also while we have partitions: kafka-python forgets the assignment of a member that does not wait.
        while not self._membership.joined or not self._consumer.assignment():
            if self._membership.joined and monotonic() > settled:
                return  # there are as many members as partitions
            if monotonic() > deadline:
                raise WorldError(f"no partition of topic {self._name} was assigned within {PATIENCE:.0f} s")
            if self._consumer.poll(timeout_ms=POLL_MS, max_records=1):
                self._membership.committed.clear()

    def _go_back(self) -> None:
        """Seek back to the commit in every partition that was read further."""
        for place in self._consumer.assignment():
            start = self._start(place)
            if self._consumer.position(place) != start:
                self._consumer.seek(place, start)

    def _start(self, place: TopicPartition) -> int:
        committed = self._membership.committed
        if place not in committed:
            beginning = self._consumer.beginning_offsets([place])[place]  # older records are deleted
            committed[place] = max(self._consumer.committed(place) or 0, beginning)
        return committed[place]

    def _at_end(self) -> bool:
        places = list(self._consumer.assignment())
        ends = self._consumer.end_offsets(places)
        return all(self._consumer.position(place) >= ends[place] for place in places)


class _Membership(ConsumerRebalanceListener):
    """A reader's membership in its group, and the group's commits; reset on every reassignment."""

    def __init__(self) -> None:
        self.joined = False
        self.committed: dict[TopicPartition, int] = {}

    def on_partitions_revoked(self, revoked: object) -> None:
        """Forget the partitions: other readers may commit from now on."""
        self.joined = False
        self.committed.clear()

    def on_partitions_assigned(self, assigned: object) -> None:
        """Forget the commits: other readers may have committed meanwhile."""
        self.joined = True
        self.committed.clear()


def in_order(records: Iterable[Record]) -> list[Record]:
    """Merge the records of several partitions by time, without changing the order within a partition."""
    latest: dict[int, datetime] = {}
    timed = []
    for record in records:
        latest[record.partition] = max(latest.get(record.partition, record.timestamp), record.timestamp)
        timed.append((latest[record.partition], record.partition, record.offset, record))
    return [record for *_, record in sorted(timed, key=lambda entry: entry[:3])]


def record_of(topic: str, consumed: Any) -> Record:
    """Convert a record of kafka-python."""
    return Record(
        topic=topic,
        partition=consumed.partition,
        offset=consumed.offset,
        timestamp=EPOCH + timedelta(milliseconds=consumed.timestamp),
        key=(consumed.key or b"").decode("utf-8", "surrogatepass"),
        value=consumed.value or b"",
        headers={name: value.decode("utf-8", "replace") for name, value in consumed.headers},
    )


_ENOUGH: Final = 1_000_000  # bytes: a larger response does not wait for more

_PATIENCE_MS: Final = 10_000  # timeout of a request; kafka-python by itself would retry for ever


class KafkaReader:
    """A reader of a topic, for one thread at a time. Its methods raise WorldError if the brokers do not answer.

    The brokers respond with the first records, or collect more for `gather_ms`: one large response costs less than
    many small ones.
    """

    def __init__(self, cluster: Cluster, topic: str, group: str, gather_ms: int = 0) -> None:
        cluster.ensure(topic)
        self._kafka = cluster.kafka
        self._topic = topic
        self._name = cluster.name(topic)
        gather = {"fetch_min_bytes": _ENOUGH, "fetch_max_wait_ms": gather_ms} if gather_ms else {}
        self._consumer = cluster.consumer(group_id=group_id(cluster.kafka, topic, group), **gather)
        self._begin: dict[int, int] = {}  # start offsets of partitions added meanwhile
        self._vain: dict[TopicPartition, int] = {}  # offsets that were missing last time

    def partitions(self) -> list[int]:
        """Return the numbers of the topic's partitions, which may grow."""
        with explained(self._kafka):
            return sorted(self._consumer.partitions_for_topic(self._name) or ())

    def added(self, starts: Mapping[int, int], number: int, count: int) -> dict[int, int]:
        """Return the start offsets of partitions that are not in `starts` and whose number modulo `of` is `number`."""
        new = [partition for partition in self.partitions() if partition % count == number and partition not in starts]
        if unknown := [partition for partition in new if partition not in self._begin]:
            self._begin |= self.committed(unknown)
        return {partition: self._begin[partition] for partition in new}

    def read(self, starts: Mapping[int, int], most: int, wait_ms: int) -> list[Record]:
        """Return the first available records of these partitions from these offsets, at most `most`, in order of time.

        Returns none if none arrive within `wait_ms`. If an offset does not exist, because the topic was created again
        or the record was deleted, its partition is read from the first record.
        """
        places = {TopicPartition(self._name, number): start for number, start in starts.items()}
        with explained(self._kafka):
            if self._consumer.assignment() != set(places):
                self._consumer.assign(list(places))
                for place, start in places.items():
                    self._consumer.seek(place, start)
                self._vain.clear()
            for place, start in places.items():
                if self._position(place) != start and self._vain.get(place) != start:
                    self._consumer.seek(place, start)
            polled = self._consumer.poll(timeout_ms=wait_ms, max_records=most)
            self._vain = {place: start for place, start in places.items() if self._is_elsewhere(place, start, polled)}
        records = [record_of(self._topic, record) for records in polled.values() for record in records]
        return in_order(records)

    def _is_elsewhere(self, place: TopicPartition, start: int, polled: Collection[TopicPartition]) -> bool:
        """Return whether the brokers lack the offset; one after the end belongs to a topic created again since."""
        if place in polled:
            return False
        position = self._position(place)
        if position < start:
            self._consumer.seek_to_beginning(place)
        return position != start

    def _position(self, place: TopicPartition) -> int:
        """Return the offset of the next record."""
        position: int | None = self._consumer.position(place, timeout_ms=_PATIENCE_MS)
        if position is None:
            raise WorldError(
                f"Kafka at {','.join(self._kafka.brokers)} (kafka.brokers) do not say in {_PATIENCE_MS / 1000:.0f} s"
                f" where to read on in {place.topic}/{place.partition}"
            )
        return position

    def committed(self, partitions: Sequence[int]) -> dict[int, int]:
        """Return the group's offset in each partition; without a commit, that of the first record."""
        with explained(self._kafka):
            places = [TopicPartition(self._name, number) for number in partitions]
            starts = self._consumer.beginning_offsets(places)
            commits = {place: self._consumer.committed(place, timeout_ms=_PATIENCE_MS) for place in places}
        return {
            place.partition: start if commits[place] is None else max(start, commits[place])
            for place, start in starts.items()
        }

    def ends(self) -> dict[int, int]:
        """Return the offset of the next record to be appended to each partition."""
        with explained(self._kafka):
            places = [TopicPartition(self._name, number) for number in self.partitions()]
            return {place.partition: end for place, end in self._consumer.end_offsets(places).items()}

    def commit(self, ends: Mapping[int, int]) -> None:
        """Commit: the group has processed all records before these offsets."""
        offsets = {TopicPartition(self._name, n): OffsetAndMetadata(end, "", -1) for n, end in ends.items()}
        with explained(self._kafka):
            self._consumer.commit(offsets)

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close(autocommit=False, timeout_ms=LEAVING_MS)

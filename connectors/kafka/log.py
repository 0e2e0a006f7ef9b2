"""The log on Kafka."""

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
from pipeline.ports import Clock, Message, Record

_SESSION_MS: Final = 15_000  # after which the partitions of a reader that was killed are given to others

_TRUSTED: Final = 1.0  # seconds

_SETTLING: Final = 3.0  # seconds; a new member is given nothing at first, and its part once it knows the topic


class KafkaLog:
    """Log and Backlog of one Kafka cluster.

    Readers of a group of `divided` share the partitions of a topic. What other groups read is work for one process at
    a time; whoever reads as such a group reads all partitions. An append that raises may have appended a part: its
    caller repeats it, and readers drop what they have seen.
    """

    def __init__(self, cluster: Cluster, clock: Clock, divided: Collection[str] = ()) -> None:
        self._cluster = cluster
        self._clock = clock
        self._divided = divided
        self._lock = Lock()
        self._groups: dict[tuple[str, str], _Group] = {}

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        """See Log. InputError for a message over `kafka.message_bytes`, of which nothing is sent then."""
        self._cluster.append(topic, [Row(each.key, each.value, each.headers) for each in messages], self._clock())

    def read(self, topic: str, group: str, most: int) -> list[Record]:
        """See Log. Waits while the group is being joined; WorldError where that takes too long."""
        with explained(self._cluster.kafka):
            return self._group(topic, group).read(most)

    def commit(self, group: str, records: Sequence[Record]) -> None:
        """See Log. WorldError where the group has given these partitions to another reader meanwhile."""
        ends: dict[str, dict[int, int]] = defaultdict(dict)
        for record in records:
            partitions = ends[record.topic]
            partitions[record.partition] = max(partitions.get(record.partition, 0), record.offset + 1)
        with explained(self._cluster.kafka):
            for topic, partitions in ends.items():
                self._group(topic, group).commit(partitions)

    def lag(self, topic: str, group: str) -> int:
        """See Backlog."""
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

    def close(self) -> None:
        """Leave the groups, so that others take over at once."""
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
    """A reader of one group on one topic; a read begins where the group's last commit left off."""

    def __init__(self, cluster: Cluster, topic: str, group: str, *, divided: bool) -> None:
        self._topic = topic
        self._name = cluster.name(topic)
        self._lock = Lock()
        self._dealt = _Dealt()
        self._member = Member(cluster, topic, group, _SESSION_MS, self._dealt) if divided else None
        self._looked = 0.0  # when we began to trust what we know of the commits
        self._consumer = (
            self._member.consumer()
            if self._member
            else cluster.consumer(group_id=group_id(cluster.kafka, topic, group))
        )

    def read(self, most: int) -> list[Record]:
        """Up to `most` records after the commits; none only where there are none for us."""
        with self._lock:
            deadline = monotonic() + PATIENCE
            self._join(deadline)
            self._go_back()
            found: list[Record] = []
            while monotonic() < deadline:
                polled = self._consumer.poll(timeout_ms=POLL_MS, max_records=most - len(found))
                found += [record_of(self._topic, each) for records in polled.values() for each in records]
                if len(found) >= most or (found and self._member) or self._at_end():
                    return in_order(found)
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
                self._dealt.committed.update({place: offset.offset for place, offset in offsets.items()})

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
                self._dealt.committed.clear()  # others may have committed since
                self._looked = monotonic()
            return
        self._consumer = self._member.consumer()
        settled = monotonic() + _SETTLING
        # Waited for also while we have partitions: kafka-python forgets what a member was dealt that does not wait.
        while not self._dealt.joined or not self._consumer.assignment():
            if self._dealt.joined and monotonic() > settled:
                return  # there are as many members as partitions
            if monotonic() > deadline:
                raise WorldError(f"no partition of topic {self._name} was assigned within {PATIENCE:.0f} s")
            if self._consumer.poll(timeout_ms=POLL_MS, max_records=1):
                self._dealt.committed.clear()

    def _go_back(self) -> None:
        """To what was committed, where more than that was read."""
        for place in self._consumer.assignment():
            start = self._start(place)
            if self._consumer.position(place) != start:
                self._consumer.seek(place, start)

    def _start(self, place: TopicPartition) -> int:
        committed = self._dealt.committed
        if place not in committed:
            first = self._consumer.beginning_offsets([place])[place]  # what was before it is deleted
            committed[place] = max(self._consumer.committed(place) or 0, first)
        return committed[place]

    def _at_end(self) -> bool:
        places = list(self._consumer.assignment())
        ends = self._consumer.end_offsets(places)
        return all(self._consumer.position(place) >= ends[place] for place in places)


class _Dealt(ConsumerRebalanceListener):
    """Whether we have joined the group, and what it committed; forgotten when partitions change hands."""

    def __init__(self) -> None:
        self.joined = False
        self.committed: dict[TopicPartition, int] = {}

    def on_partitions_revoked(self, revoked: object) -> None:
        """Others may commit from now on."""
        self.joined = False
        self.committed.clear()

    def on_partitions_assigned(self, assigned: object) -> None:
        """Others may have committed meanwhile."""
        self.joined = True
        self.committed.clear()


def in_order(records: Iterable[Record]) -> list[Record]:
    """Records of several partitions by time, those of each as they are there, whatever the clocks of writers said."""
    latest: dict[int, datetime] = {}
    timed = []
    for record in records:
        latest[record.partition] = max(latest.get(record.partition, record.timestamp), record.timestamp)
        timed.append((latest[record.partition], record.partition, record.offset, record))
    return [record for *_, record in sorted(timed, key=lambda each: each[:3])]


def record_of(topic: str, consumed: Any) -> Record:
    """The record that a consumer of kafka-python gives."""
    return Record(
        topic=topic,
        partition=consumed.partition,
        offset=consumed.offset,
        timestamp=EPOCH + timedelta(milliseconds=consumed.timestamp),
        key=(consumed.key or b"").decode("utf-8", "surrogatepass"),
        value=consumed.value or b"",
        headers={name: value.decode("utf-8", "replace") for name, value in consumed.headers},
    )

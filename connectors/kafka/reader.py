"""Reading partitions of a Kafka topic from given offsets on, for a runner that keeps the places itself."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from connectors.kafka.clients import LEAVING_MS, OffsetAndMetadata, TopicPartition, explained, group_id
from connectors.kafka.cluster import Cluster
from connectors.kafka.log import in_order, record_of
from pipeline.errors import WorldError
from pipeline.ports import Record

_ENOUGH: Final = 1_000_000  # bytes that do not wait for more

_PATIENCE_MS: Final = 10_000  # with one question to the brokers; kafka-python by itself would ask for ever


class KafkaReader:
    """A reader of one topic; to be used by one thread at a time. WorldError where the brokers do not answer.

    The brokers answer with the first records there are, or gather more of them for `gather_ms`: one answer with many
    costs less than many answers.
    """

    def __init__(self, cluster: Cluster, topic: str, group: str, gather_ms: int = 0) -> None:
        cluster.ensure(topic)
        self._kafka = cluster.kafka
        self._topic = topic
        self._name = cluster.name(topic)
        gather = {"fetch_min_bytes": _ENOUGH, "fetch_max_wait_ms": gather_ms} if gather_ms else {}
        self._consumer = cluster.consumer(group_id=group_id(cluster.kafka, topic, group), **gather)
        self._begin: dict[int, int] = {}  # where to, in partitions that were added under way
        self._vain: dict[TopicPartition, int] = {}  # offsets looked for in vain last time: not to be gone back to

    def partitions(self) -> list[int]:
        """The numbers of the topic's partitions, which may become more."""
        with explained(self._kafka):
            return sorted(self._consumer.partitions_for_topic(self._name) or ())

    def added(self, starts: Mapping[int, int], number: int, of: int) -> dict[int, int]:
        """Where to begin in those partitions that are not in `starts`, and leave `number` when divided by `of`."""
        new = [each for each in self.partitions() if each % of == number and each not in starts]
        if unknown := [each for each in new if each not in self._begin]:
            self._begin |= self.committed(unknown)
        return {each: self._begin[each] for each in new}

    def read(self, starts: Mapping[int, int], most: int, wait_ms: int) -> list[Record]:
        """Up to `most` records of these partitions from these offsets on, in order of time; the first that come.

        None where none come within `wait_ms`. A partition whose offset is not there, as the topic was made anew or the
        brokers have deleted the record, is read from its first record on.
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
        found = [record_of(self._topic, each) for records in polled.values() for each in records]
        return in_order(found)

    def _is_elsewhere(self, place: TopicPartition, start: int, polled: Collection[TopicPartition]) -> bool:
        """Whether the brokers have no such offset; one after all they have was in a topic that was made anew since."""
        if place in polled:
            return False
        position = self._position(place)
        if position < start:
            self._consumer.seek_to_beginning(place)
        return position != start

    def _position(self, place: TopicPartition) -> int:
        """Of the next record that comes."""
        position: int | None = self._consumer.position(place, timeout_ms=_PATIENCE_MS)
        if position is None:
            raise WorldError(
                f"Kafka at {','.join(self._kafka.brokers)} (kafka.brokers) do not say in {_PATIENCE_MS / 1000:.0f} s"
                f" where to read on in {place.topic}/{place.partition}"
            )
        return position

    def committed(self, partitions: Sequence[int]) -> dict[int, int]:
        """The group's offset in each partition: of the first record where it has committed none."""
        with explained(self._kafka):
            places = [TopicPartition(self._name, number) for number in partitions]
            starts = self._consumer.beginning_offsets(places)
            known = {place: self._consumer.committed(place, timeout_ms=_PATIENCE_MS) for place in places}
        return {
            place.partition: start if known[place] is None else max(start, known[place])
            for place, start in starts.items()
        }

    def ends(self) -> dict[int, int]:
        """The offset in each partition that the next record to be appended will have."""
        with explained(self._kafka):
            places = [TopicPartition(self._name, number) for number in self.partitions()]
            return {place.partition: end for place, end in self._consumer.end_offsets(places).items()}

    def commit(self, ends: Mapping[int, int]) -> None:
        """The group is done with all records before these offsets."""
        offsets = {TopicPartition(self._name, n): OffsetAndMetadata(end, "", -1) for n, end in ends.items()}
        with explained(self._kafka):
            self._consumer.commit(offsets)

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close(autocommit=False, timeout_ms=LEAVING_MS)

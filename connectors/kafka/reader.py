"""Read partitions of a Kafka topic from explicit offsets, for a runner that stores the offsets itself."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from connectors.kafka.clients import LEAVING_MS, OffsetAndMetadata, TopicPartition, explained, group_id
from connectors.kafka.cluster import Cluster
from connectors.kafka.log import in_order, record_of
from pipeline.errors import WorldError
from pipeline.ports import Record

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

    def added(self, starts: Mapping[int, int], number: int, of: int) -> dict[int, int]:
        """Return the start offsets of partitions that are not in `starts` and whose number modulo `of` is `number`."""
        new = [each for each in self.partitions() if each % of == number and each not in starts]
        if unknown := [each for each in new if each not in self._begin]:
            self._begin |= self.committed(unknown)
        return {each: self._begin[each] for each in new}

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
        found = [record_of(self._topic, record) for records in polled.values() for record in records]
        return in_order(found)

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
            known = {place: self._consumer.committed(place, timeout_ms=_PATIENCE_MS) for place in places}
        return {
            place.partition: start if known[place] is None else max(start, known[place])
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

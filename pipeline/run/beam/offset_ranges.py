"""Topics up to their current end, in ranges of offsets that workers read in parallel."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

import apache_beam as beam

from pipeline.errors import WorldError
from pipeline.ports import Record
from pipeline.run.beam.worker_services import patiently, worker_services

_GROUP: Final = "batch"  # commits nothing, and so starts at the first record

_LONGEST: Final = 5_000  # records per range

_MOST: Final = 500  # records per call

_WAIT_MS: Final = 5_000  # for a record that exists


class OffsetRangeSlice(NamedTuple):
    """The records of a partition in a half-open range of offsets."""

    topic: str
    partition: int
    start: int
    stop: int


def stretches(topic: str) -> list[OffsetRangeSlice]:
    """Return the ranges of all records in the topic. Raises WorldError if the brokers do not answer."""
    reader = worker_services().reader(topic, _GROUP)
    try:
        starts, ends = reader.committed(reader.partitions()), reader.ends()
    finally:
        reader.close()
    return [
        OffsetRangeSlice(topic, number, start, min(start + _LONGEST, ends[number]))
        for number in sorted(starts)
        for start in range(starts[number], ends[number], _LONGEST)
    ]


def in_order(records: Iterable[Record]) -> list[Record]:
    """Sort records of a key in log order, even if the topic got more partitions and the key moved to another."""
    found = list(records)
    since = {record.partition: record.timestamp for record in sorted(found, key=_time, reverse=True)}
    return sorted(found, key=lambda record: (since[record.partition], record.partition, record.offset))


def _time(record: Record) -> float:
    return record.timestamp.timestamp()


class _Read(beam.DoFn):
    def process(self, stretch: OffsetRangeSlice) -> Iterator[Record]:
        reader = patiently(partial(worker_services().reader, stretch.topic, _GROUP))
        try:
            yield from _records(reader, stretch)
        finally:
            reader.close()


def _records(reader: Any, stretch: OffsetRangeSlice) -> Iterator[Record]:
    place = stretch.start
    while place < stretch.stop:
        found = patiently(partial(_some, reader, stretch, place))
        yield from (record for record in found if record.offset < stretch.stop)
        place = 1 + max(record.offset for record in found)


def _some(reader: Any, stretch: OffsetRangeSlice, place: int) -> list[Record]:
    found: list[Record] = reader.read({stretch.partition: place}, _MOST, _WAIT_MS)
    if not found:
        raise WorldError(
            f"topic {stretch.topic} should have records up to {stretch.stop:,} in partition {stretch.partition},"
            f" and gives none from {place:,} on"
        )
    return found


class ReadStretches(beam.PTransform):
    """Reads the records of the ranges."""

    def __init__(self, wanted: list[OffsetRangeSlice]) -> None:
        super().__init__()
        self._wanted = wanted

    def expand(self, root: Any) -> Any:
        """As in `PTransform`."""
        return root | beam.Create(self._wanted) | beam.Reshuffle() | beam.ParDo(_Read())

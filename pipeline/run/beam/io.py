"""The log and the index as the Beam job reads and writes them.

Kafka is read by a splittable DoFn of our own: `ReadFromKafka` is a Java transform that has stood still in streaming
(apache/beam 25114, 22809). Each restriction is a part of a topic's partitions with the offsets to go on from, kept in
the runner's checkpoints. A call of `process` waits a moment for records and gives the rest back with the first that
come, for no bundle ends otherwise. It is called again as seldom as that allows: up to Beam 2.75, Flink's runner keeps
something of every call in its checkpoints (apache/beam 27648).

What a fresh start without a checkpoint goes on from are the offsets that Kafka keeps for the group. They follow only
when all that came of the records before them is in the index, from which the steps' memory is then warmed.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import apache_beam as beam
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.utils.timestamp import Duration, Timestamp

from pipeline.errors import RejectedError, WorldError
from pipeline.model import Decision, Document
from pipeline.ports import ALERTS, DEAD_LETTERS, DECISIONS, DOCUMENTS, QUOTES, Message, Record
from pipeline.run import steps
from pipeline.run.beam import progress
from pipeline.run.beam.progress import INDEX
from pipeline.run.beam.worker_services import patiently, worker_services

FAILED: Final = "failed"
"""The tag of a step's failures."""

_MOST: Final = 500  # records per call

_WAIT_MS: Final = 1_000  # for the first record

_GATHER_MS: Final = 20  # for more records, because every call has a fixed cost

_GATHER_FOR_INDEX_MS: Final = 500  # the same for the index, for which no alert waits

_AT_ONCE: Final = Duration(micros=1_000)  # delay of the next call

_AWAY: Final = Duration(seconds=2)  # the same if the index or the log does not answer

# The alerts of a searchable decision are on the log, and so are the quotes of a searchable document.
_IN_ORDER: Final = (QUOTES, ALERTS, DOCUMENTS, DECISIONS, DEAD_LETTERS)

_DONE: Final = "done"  # no topic: see `done`

_log = logging.getLogger("onrecord.job")

Places = tuple[tuple[int, int], ...]
"""Partitions with the offset of the next record in each."""


Addressed = tuple[str, Message]
"""A message with its topic."""


def done(record: Record) -> Addressed:
    """Return a marker that follows all messages made from a record on their way to the log."""
    return _DONE, Message(record.origin, b"")


class Part(NamedTuple):
    """The partitions of a topic whose number modulo `of` is `number`, as read by a group."""

    topic: str
    group: str
    number: int
    of: int


class _Claims(RestrictionTracker):
    """Tracks claimed records of an endless restriction, which is deferred but never split."""

    def __init__(self, places: Places) -> None:
        self._places = dict(places)
        self._given_back = False

    def try_claim(self, position: tuple[int, int]) -> bool:
        if self._given_back:
            return False
        partition, offset = position
        self._places[partition] = offset + 1
        return True

    def current_restriction(self) -> Places:
        return tuple(sorted(self._places.items()))

    def current_progress(self) -> RestrictionProgress:
        return RestrictionProgress(fraction=0.0)

    def check_done(self) -> None:
        if not self._given_back:
            raise ValueError("a part of a topic is never done")

    def try_split(self, fraction_of_remainder: float) -> tuple[Places, Places] | None:
        if fraction_of_remainder or self._given_back:
            return None
        self._given_back = True
        rest = self.current_restriction()
        self._places = {}
        return (), rest

    def is_bounded(self) -> bool:
        return False


class _Places(RestrictionProvider):
    """Provides restrictions that start after the commits of the group."""

    def initial_restriction(self, element: Part) -> Places:
        return patiently(partial(_beginning, element))

    def create_tracker(self, restriction: Places) -> _Claims:
        return _Claims(restriction)

    def restriction_size(self, element: Part, restriction: Places) -> float:
        return 1.0  # constant, so that no runner splits an endless part

    def truncate(self, element: Part, restriction: Places) -> None:
        """Read no further when the job drains."""


def _beginning(part: Part) -> Places:
    reader = worker_services().reader(part.topic, part.group)
    try:
        return tuple(sorted(reader.added({}, part.number, part.of).items()))
    finally:
        reader.close()


class _Partitions(beam.DoFn):
    """The common part of DoFns that read a part of a topic."""

    def setup(self) -> None:
        self._readers: dict[Part, Any] = {}
        self._told = ""

    def teardown(self) -> None:
        for reader in self._readers.values():
            reader.close()

    def _reader(self, part: Part) -> Any:
        if part not in self._readers:
            gather_ms = _GATHER_FOR_INDEX_MS if part.group == INDEX else _GATHER_MS
            self._readers[part] = worker_services().reader(part.topic, part.group, gather_ms)
        return self._readers[part]

    def _records(self, part: Part, tracker: Any) -> list[Record] | None:
        """Return the available records; None if the brokers do not answer."""
        try:
            reader = self._reader(part)
            places = dict(tracker.current_restriction())
            places |= reader.added(places, part.number, part.of)  # claimed with the first record
            return list(reader.read(places, _MOST, _WAIT_MS))
        except WorldError as error:
            self._tell(error)
            self._begin_anew(part)
            return None

    def _begin_anew(self, part: Part) -> None:
        """Drop a reader after an error, which may be its own."""
        if reader := self._readers.pop(part, None):
            reader.close()

    def _tell(self, error: WorldError) -> None:
        """Log an error once."""
        if str(error) != self._told:
            self._told = str(error)
            _log.warning("job: %s; retrying", error)


class _Read(_Partitions):
    """Emits the records of a part as they arrive."""

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        part: Part,
        tracker: Any = beam.DoFn.RestrictionParam(_Places()),  # noqa: B008 - Beam's way to declare parameters
        estimator: Any = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider()),  # noqa: B008 - the same
    ) -> Iterator[Record]:
        self._commit(part)
        records = self._records(part, tracker)
        for record in records or ():
            if not tracker.try_claim((record.partition, record.offset)):
                break
            progress.began(record)
            yield record
        estimator.set_watermark(Timestamp.now())
        tracker.defer_remainder(_AWAY if records is None else _AT_ONCE)

    def _commit(self, part: Part) -> None:
        try:
            done = progress.indexed(part.topic)
            if done:
                self._reader(part).commit(done)
        except WorldError as error:
            self._tell(error)
            self._begin_anew(part)


class _PutIntoIndex(_Partitions):
    """Writes the records of a part to the index; reads nothing while the index does not answer."""

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        part: Part,
        tracker: Any = beam.DoFn.RestrictionParam(_Places()),  # noqa: B008 - Beam's way to declare parameters
        estimator: Any = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider()),  # noqa: B008 - the same
    ) -> Iterator[steps.Failure]:
        records = self._records(part, tracker)
        estimator.set_watermark(Timestamp.now())
        try:
            failures = self._put(part, records) if records else []
        except WorldError as error:
            self._tell(error)
            records, failures = None, []
        for record in records or ():
            if not tracker.try_claim((record.partition, record.offset)):
                break
        yield from failures
        tracker.defer_remainder(_AWAY if records is None else _AT_ONCE)

    def _put(self, part: Part, records: Sequence[Record]) -> list[steps.Failure]:
        """Store the content of the records and commit; return the records that the index rejects for good."""
        noun: type[Document] | type[Decision] = Document if part.topic == DOCUMENTS else Decision
        arrivals, unread = steps.read(noun, records)
        entries = [entry for _, entry in arrivals]
        refused: list[steps.Failure] = []
        try:
            worker_services().index.add(entries)
        except RejectedError as error:
            made_of = {steps.names(entry)[1]: record for record, entry in arrivals}
            refused = steps.rejected(entries, made_of, error)
        self._reader(part).commit(_ends(records))
        return [*unread, *refused]


def _ends(records: Iterable[Record]) -> Mapping[int, int]:
    ends: dict[int, int] = {}
    for record in records:
        ends[record.partition] = max(ends.get(record.partition, 0), record.offset + 1)
    return ends


class _Append(beam.DoFn):
    """Appends messages to their topics at the end of a bundle; only then are their records done."""

    def start_bundle(self) -> None:
        self._messages: dict[str, list[Message]] = {topic: [] for topic in _IN_ORDER}
        self._done: list[str] = []

    def process(self, addressed: Addressed) -> None:
        topic, message = addressed
        if topic == _DONE:
            self._done.append(message.key)
        else:
            self._messages[topic].append(message)

    def finish_bundle(self) -> None:
        for topic, messages in self._messages.items():
            if messages:
                patiently(partial(worker_services().services.log.append, topic, messages))
        progress.done(self._done)


class ReadLog(beam.PTransform):
    """Reads the records of a topic endlessly, in parallel parts."""

    def __init__(self, topic: str, group: str, parts: int) -> None:
        super().__init__()
        self._parts = [Part(topic, group, number, parts) for number in range(parts)]

    def expand(self, root: Any) -> Any:
        """As in `PTransform`."""
        return root | beam.Impulse() | beam.FlatMap(lambda _, parts=self._parts: parts) | beam.ParDo(_Read())


class IndexLog(beam.PTransform):
    """Writes a topic to the index, and emits a failure for each entry that the index rejects for good."""

    def __init__(self, topic: str, parts: int) -> None:
        super().__init__()
        self._parts = [Part(topic, INDEX, number, parts) for number in range(parts)]

    def expand(self, root: Any) -> Any:
        """As in `PTransform`."""
        return root | beam.Impulse() | beam.FlatMap(lambda _, parts=self._parts: parts) | beam.ParDo(_PutIntoIndex())


class AppendToLog(beam.PTransform):
    """Appends pairs of topic and message to the log, in the order that makes a repetition harmless."""

    def expand(self, addressed: Any) -> Any:
        """As in `PTransform`."""
        return addressed | beam.ParDo(_Append())

"""Bounded runs of the job's steps, on any runner of Beam: articles in files to files, and the log to the index.

    files ─▶ find ─▶ documents, quotes, dead letters: files

    documents ─▶ index        or, from the start    articles ─▶ find ─▶ index
    decisions ─▶ index                              quotes ─▶ decide ─▶ index

Topics are read up to their current end, in ranges of offsets that workers read in parallel. Apart from dead letters,
nothing goes to a log that another step reads, so nobody is alerted.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

from pipeline.codec import encode
from pipeline.errors import RejectedError, WorldError
from pipeline.extract.compose import extractor
from pipeline.extract.second_opinion import with_parser
from pipeline.model import Actor, Article, Decision, Document, Report
from pipeline.ports import ARTICLES, DEAD_LETTERS, DECISIONS, DOCUMENTS, QUOTES, Record
from pipeline.run import steps
from pipeline.run.beam import transforms
from pipeline.run.beam.io import FAILED, AppendToLog
from pipeline.run.beam.jsonl_io import ReadLines, WriteLines, dead_letter
from pipeline.run.beam.runner import Build, tell_runner
from pipeline.run.beam.worker_services import patiently, use, worker_services
from pipeline.settings import Settings
from pipeline.statements.memory import Memory

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
    entries = list(records)
    since = {record.partition: record.timestamp for record in sorted(entries, key=_time, reverse=True)}
    return sorted(entries, key=lambda record: (since[record.partition], record.partition, record.offset))


def _time(record: Record) -> float:
    return record.timestamp.timestamp()


class _ReadRange(beam.DoFn):
    def process(self, stretch: OffsetRangeSlice) -> Iterator[Record]:
        reader = patiently(partial(worker_services().reader, stretch.topic, _GROUP))
        try:
            yield from _records(reader, stretch)
        finally:
            reader.close()


def _records(reader: Any, stretch: OffsetRangeSlice) -> Iterator[Record]:
    place = stretch.start
    while place < stretch.stop:
        records = patiently(partial(_records_from, reader, stretch, place))
        yield from (record for record in records if record.offset < stretch.stop)
        place = 1 + max(record.offset for record in records)


def _records_from(reader: Any, stretch: OffsetRangeSlice, offset: int) -> list[Record]:
    records: list[Record] = reader.read({stretch.partition: offset}, _MOST, _WAIT_MS)
    if not records:
        raise WorldError(
            f"topic {stretch.topic} should have records up to {stretch.stop:,} in partition {stretch.partition},"
            f" and gives none from {offset:,} on"
        )
    return records


class ReadStretches(beam.PTransform):
    """Reads the records of the ranges."""

    def __init__(self, slices: list[OffsetRangeSlice]) -> None:
        super().__init__()
        self._slices = slices

    def expand(self, root: Any) -> Any:
        """See `PTransform`."""
        return root | beam.Create(self._slices) | beam.Reshuffle() | beam.ParDo(_ReadRange())


_AT_ONCE: Final = 250  # entries per write to the index

IndexEntry = tuple[Record, Document | Decision]
"""An entry for the index, with its source record."""


@dataclass(frozen=True, slots=True)
class ExtractionInputs:
    """The inputs of extraction: the actors of the desk, and whether to use a parser."""

    actors: tuple[Actor, ...]
    parser: bool


def from_files(
    reading: ReadLines, writing: Callable[[str], WriteLines], known: ExtractionInputs, now: datetime
) -> Build:
    """Extract from articles in files, and write the results to files; `writing` returns the sink for a name."""

    def build(pipeline: beam.Pipeline) -> None:
        records, unread = pipeline | "read" >> reading
        documents, quotes, failed = _extracted(records, known)
        failures = (unread, failed) | "failures" >> beam.Flatten() | "count failures" >> beam.Map(_counted)
        documents | "encode documents" >> beam.MapTuple(_encoded) | "documents" >> writing(DOCUMENTS)
        quotes | "encode quotes" >> beam.Map(encode) | "quotes" >> writing(QUOTES)
        failures | "tell failures" >> beam.Map(dead_letter, now) | "dead letters" >> writing(DEAD_LETTERS)

    return build


def from_log(settings: Settings) -> Build:
    """Write the stored documents and decisions to the index, up to the current end of the log."""
    use(settings)
    documents, decisions = stretches(DOCUMENTS), stretches(DECISIONS)

    def build(pipeline: beam.Pipeline) -> None:
        stored = pipeline | "documents" >> ReadStretches(documents) | "read documents" >> beam.ParDo(_Read(Document))
        decided = pipeline | "decisions" >> ReadStretches(decisions) | "read decisions" >> beam.ParDo(_Read(Decision))
        _dead_letters(_index(stored, decided))

    return build


def from_articles(settings: Settings, known: ExtractionInputs) -> Build:
    """Extract and decide again with this version, and write to the index, up to the current end of the log."""
    use(settings)
    articles, reported = stretches(ARTICLES), stretches(QUOTES)

    def build(pipeline: beam.Pipeline) -> None:
        documents, _, failed = _extracted(pipeline | "articles" >> ReadStretches(articles), known)
        reports, unread = pipeline | "quotes" >> ReadStretches(reported) | "by speaker" >> _Keyed(Report, _speaker)
        decisions = reports | "of a speaker" >> beam.GroupByKey() | "decide" >> beam.ParDo(_Decide())
        failures = (failed, unread, _index(documents, decisions)) | "failures" >> beam.Flatten()
        _dead_letters(failures | "new failures" >> beam.Filter(_is_new))

    return build


def _extracted(records: Any, inputs: ExtractionInputs) -> tuple[Any, Any, Any]:
    """Turn records of articles into documents with their records, reports, and failures."""
    articles, unread = records | "by article" >> _Keyed(Article, _article)
    outputs = (
        articles
        | "of an article" >> beam.GroupByKey()
        | "find" >> beam.ParDo(_Extract(inputs)).with_outputs(QUOTES, FAILED, main=DOCUMENTS)
    )
    return outputs[DOCUMENTS], outputs[QUOTES], (unread, outputs[FAILED]) | "not found" >> beam.Flatten()


def _index(documents: Any, decisions: Any) -> Any:
    """Write the entries to the index and return a failure for each that it rejects for good."""
    return (
        (documents, decisions)
        | "made" >> beam.Flatten()
        | "together" >> beam.BatchElements(_AT_ONCE, _AT_ONCE)
        | "index" >> beam.ParDo(_Index())
    )


def _dead_letters(failures: Any) -> None:
    failures | "dead letters" >> transforms.dead_letters() | "append dead letters" >> AppendToLog()


def _is_new(failure: steps.Failure) -> bool:
    """Return whether the failure is new: an undecodable record failed on its first reading, too."""
    return failure.step != "decode"


def _counted(failure: steps.Failure) -> steps.Failure:
    tell_runner(**{"dead-lettered": 1})
    return failure


def _encoded(_: Record, document: Document) -> bytes:
    return encode(document)


def _article(article: Article) -> str:
    return article.id


def _speaker(report: Report) -> str:
    return report.quote.speaker_id


class _Read(beam.DoFn):
    """Decode the records; drop undecodable ones, which were dead-lettered on their first reading."""

    def __init__(self, noun: type[Document] | type[Decision]) -> None:
        self._noun = noun

    def process(self, record: Record) -> Iterable[IndexEntry]:
        arrivals, _ = steps.read(self._noun, [record])
        tell_runner(**{"documents" if self._noun is Document else "decisions": len(arrivals)})
        return arrivals


class _Keyed(beam.PTransform):
    """Key the records by their content, and draw off the undecodable ones."""

    def __init__(self, noun: type[Any], key: Callable[[Any], str]) -> None:
        super().__init__()
        self._work = _Key(noun, key)

    def expand(self, records: Any) -> Any:
        """See `PTransform`."""
        outputs = records | beam.ParDo(self._work).with_outputs(FAILED, main="keyed")
        return outputs["keyed"], outputs[FAILED]


@beam.typehints.with_output_types(tuple[str, Any])
class _Key(beam.DoFn):
    def __init__(self, noun: type[Any], key: Callable[[Any], str]) -> None:
        self._noun = noun
        self._key = key

    def process(self, record: Record) -> Iterator[Any]:
        arrivals, unread = steps.read(self._noun, [record])
        for _, document in arrivals:
            yield self._key(document), record
        for failure in unread:
            yield TaggedOutput(FAILED, failure)


class _Extract(beam.DoFn):
    """Turn all records of an article into its documents, in log order, and their reports."""

    def __init__(self, inputs: ExtractionInputs) -> None:
        self._inputs = inputs

    def process(self, keyed: tuple[str, Iterable[Record]]) -> Iterator[Any]:
        _, records = keyed
        arrivals, _ = steps.read(Article, in_order(records))
        documents, failures = steps.extract(arrivals, {}, _extractor(self._inputs))
        record_of = {record.origin: record for record, _ in arrivals}
        for earlier, document in zip((None, *documents), documents, strict=False):
            yield record_of[document.origin], document
            for report in steps.reports(document, earlier):
                yield TaggedOutput(QUOTES, report)
        for failure in failures:
            yield TaggedOutput(FAILED, failure)
        quotes = sum(len(document.quotes) for document in documents)
        duplicate = len(arrivals) - len(documents) - len(failures)
        tell_runner(documents=len(documents), duplicate=duplicate, quotes=quotes)


@lru_cache(maxsize=1)
def _extractor(inputs: ExtractionInputs) -> steps.Extractor:
    return with_parser(extractor(inputs.actors), wanted=inputs.parser)


class _Decide(beam.DoFn):
    """Turn all records of a speaker into their stored decisions, or new ones if there are none."""

    def process(self, keyed: tuple[str, Iterable[Record]]) -> Iterator[IndexEntry]:
        _, records = keyed
        arrivals, _ = steps.read(Report, in_order(records))
        memory = Memory()
        for record, report in arrivals:
            if memory.decided(report):
                continue
            decision, memory = steps.decide(memory, report, record.offset)
            tell_runner(decisions=1)
            yield record, decision


class _Index(beam.DoFn):
    def process(self, pairs: list[IndexEntry]) -> Iterable[steps.Failure]:
        entries = [entry for _, entry in pairs]
        try:
            patiently(partial(worker_services().index.add, entries))
        except RejectedError as error:
            record_of = {steps.names(entry)[1]: record for record, entry in pairs}
            return steps.rejected(entries, record_of, error)
        return ()

"""The steps as transforms: each wires one of the pure functions and draws off its failures."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from time import monotonic
from typing import Any, Final

import apache_beam as beam
import orjson
from apache_beam.pvalue import TaggedOutput

from pipeline import statements
from pipeline.codec import decode, encode
from pipeline.ingest.revisions import revise
from pipeline.model import Article, Decision, Document, Report
from pipeline.model.values import article_bucket
from pipeline.ports import ALERTS, DEAD_LETTERS, DECISIONS, DOCUMENTS, QUOTES, Record, Revision
from pipeline.run import steps
from pipeline.run.beam.io import FAILED, Addressed, record_in
from pipeline.run.beam.runner import count
from pipeline.run.beam.state_cache import ENTRIES, MARK, KeyState, StateCache
from pipeline.run.beam.worker_services import patiently, worker_services
from pipeline.statements.memory import WINDOW, Memory, latest_vectors, warm

_Arrival = tuple[Record, Article, Revision | None]
"""An article with its revision, its record, and the previous revision."""

_GOOD: Final = "good"


class _Step(beam.PTransform):
    """A DoFn with failures as its second output; returns both outputs as a pair."""

    def __init__(self, work: beam.DoFn) -> None:
        super().__init__()
        self._work = work

    def expand(self, inputs: Any) -> Any:
        """See `PTransform`."""
        outputs = inputs | beam.ParDo(self._work).with_outputs(FAILED, main=_GOOD)
        return outputs[_GOOD], outputs[FAILED]


class _Revise(beam.DoFn):
    """Decodes articles and gives each its revision; duplicates end here."""

    def process(
        self,
        keyed: tuple[int, bytes],
        mark: Any = beam.DoFn.StateParam(MARK),  # noqa: B008 - Beam's way to declare parameters
        entries: Any = beam.DoFn.StateParam(ENTRIES),  # noqa: B008 - the same
    ) -> Iterator[Any]:
        bucket, encoded = keyed
        record = record_in(encoded)
        article = _article(record)
        if isinstance(article, steps.Failure):
            yield TaggedOutput(FAILED, article)
            return
        since = article.first_seen - WINDOW
        state = KeyState(mark, entries)
        cached = _revisions().get(bucket, state, since)
        revisions_before = cached.live.get(article.id, ())
        revised, revisions = revise(revisions_before, article, record.origin)
        if revised is None:
            count(duplicate=1)
            return
        if len(revisions) > len(revisions_before):
            cached.live[article.id] = revisions
            entry = _entry(article.id, revisions[-1], article.first_seen)
            _revisions().add(cached, cached.live, entry, state, since)
        yield record, revised, _latest([revision for revision in revisions if revision.number < revised.revision])


class _Extract(beam.DoFn):
    """Emits documents as messages of their log, and their reports as messages of the quotes log."""

    def process(self, arrival: _Arrival) -> Iterator[Any]:
        record, article, earlier = arrival
        document = steps.document(record, article, worker_services().orders().extractor)
        if isinstance(document, steps.Failure):
            yield TaggedOutput(FAILED, document)
            return
        reports = steps.reports(document, read_again(article.id, earlier) if earlier else None)
        if worker_services().services.settings.job.processes == 1:  # the process that will decide is likely this one
            statements.prepare((report.quote, report.article.language) for report in reports)
        for report in reports:
            yield QUOTES, steps.keyed(report)
        yield DOCUMENTS, steps.documented(document)


class _Remember(beam.DoFn):
    """Emits decisions as messages of their log, and their alerts as messages of the alerts log."""

    def process(
        self,
        keyed: tuple[str, bytes],
        mark: Any = beam.DoFn.StateParam(MARK),  # noqa: B008 - Beam's way to declare parameters
        entries: Any = beam.DoFn.StateParam(ENTRIES),  # noqa: B008 - the same
    ) -> Iterator[Any]:
        speaker, encoded = keyed
        record = record_in(encoded)
        report = _report(record)
        if isinstance(report, steps.Failure):
            yield TaggedOutput(FAILED, report)
            return
        since = report.article.first_seen - WINDOW
        state = KeyState(mark, entries)
        cached = _memories().get(speaker, state, since)
        if cached.live.decided(report):
            return
        decision, memory = steps.decide(cached.live, report, record.offset)
        message = steps.decided(decision)
        _memories().add(cached, memory, _with_vectors(message.value, latest_vectors(memory)), state, since)
        alerts = worker_services().orders().match(decision)
        count(alerts=len(alerts))
        for alert in alerts:
            yield ALERTS, steps.alerted(alert)
        yield DECISIONS, message


class _DeadLetter(beam.DoFn):
    def process(self, failure: steps.Failure) -> Iterator[Addressed]:
        about_quotes = failure.record.topic in (QUOTES, DECISIONS)
        count(**{"dead-lettered quotes" if about_quotes else "dead-lettered": 1})
        yield DEAD_LETTERS, steps.dead_letter(failure, worker_services().services.clock())


def by_article() -> Any:
    """Key encoded records of the articles log by the bucket of their article."""
    return beam.Map(lambda encoded: (article_bucket(record_in(encoded).key), encoded)).with_output_types(
        tuple[int, bytes]
    )


def by_speaker() -> Any:
    """Key encoded records of the quotes log by their speaker."""
    return beam.Map(lambda encoded: (record_in(encoded).key, encoded)).with_output_types(tuple[str, bytes])


def revise_articles() -> _Step:
    """Decode records to articles with their revision."""
    return _Step(_Revise())


def extract_documents() -> _Step:
    """Extract: articles to messages for the quotes and documents logs."""
    return _Step(_Extract())


def remember_reports() -> _Step:
    """Decide: reports to messages for the alerts and decisions logs."""
    return _Step(_Remember())


def dead_letters() -> Any:
    """Turn failures into dead letters."""
    return beam.ParDo(_DeadLetter())


def _article(record: Record) -> Article | steps.Failure:
    arrivals, unread = steps.read(Article, [record])
    if unread:
        return unread[0]
    ((_, article),) = arrivals
    if article.id != record.key:
        return steps.Failure(record, "revise", f"key {record.key!r} is not its article, {article.id!r}")
    return article


def _report(record: Record) -> Report | steps.Failure:
    arrivals, unread = steps.read(Report, [record])
    if unread:
        return unread[0]
    ((_, report),) = arrivals
    if report.quote.speaker_id != record.key:
        return steps.Failure(record, "remember", f"key {record.key!r} is not its speaker, {report.quote.speaker_id!r}")
    return report


def _latest(revisions: Sequence[Revision]) -> Revision | None:
    return revisions[-1] if revisions else None


def read_again(article_id: str, revision: Revision) -> Document | None:
    """Extract an earlier revision again from its record: the index may not have it yet, or be away.

    A record that the brokers have deleted since (kafka.keep) was in the index long before.
    """
    record = patiently(partial(worker_services().record, revision.origin))
    if record is None:
        stored = patiently(partial(worker_services().index.documents, article_id))
        return next((document for document in stored if document.article.revision == revision.number), None)
    arrivals, _ = steps.read(Article, [record])
    for candidate, article in arrivals:
        document = steps.document(
            candidate, replace(article, revision=revision.number), worker_services().orders().extractor
        )
        return document if isinstance(document, Document) else None
    return None


def _entry(article_id: str, revision: Revision, first_seen: datetime) -> bytes:
    return orjson.dumps([article_id, revision.digest, revision.number, revision.origin, first_seen.timestamp()])


def _revisions_by_article(entries: Iterable[bytes]) -> dict[str, tuple[Revision, ...]]:
    known: dict[str, tuple[Revision, ...]] = {}
    for entry in entries:
        article_id, digest, number, origin, _ = orjson.loads(entry)
        known[article_id] = (*known.get(article_id, ()), Revision(digest, number, origin))
    return known


@cache
def _revisions() -> StateCache[dict[str, tuple[Revision, ...]]]:
    """Return the revisions of articles by bucket, as this process caches them."""
    filled = cache(lambda: patiently(worker_services().index.buckets_of_articles))
    return StateCache(_revisions_by_article, partial(_where_any, filled, _known_to_index), _lasting)


@cache
def _memories() -> StateCache[Memory]:
    """Return the memories by speaker, as this process caches them."""
    quoted = cache(lambda: patiently(worker_services().index.speakers))
    return StateCache(_memory, partial(_where_any, quoted, _said_to_index), _lately)


def _where_any(
    there: Callable[[], Collection[Any]],
    warmth: Callable[[Any, datetime], Iterable[bytes]],
    key: Any,
    since: datetime,
) -> Iterable[bytes]:
    """Read a key from the index, unless the index had nothing of it when the job started: it may be away."""
    return warmth(key, since) if key in there() else ()


def _known_to_index(bucket: int, _: datetime) -> Iterable[bytes]:
    now = worker_services().services.clock()
    revisions_by_article = patiently(partial(worker_services().index.revisions_in, bucket))
    return [
        _entry(article_id, revision, now)
        for article_id, revisions in revisions_by_article.items()
        for revision in revisions
    ]


def _lasting(entry: bytes, since: datetime) -> bool:
    """Return whether it was first seen, or seen again, since then."""
    *_, first_seen = orjson.loads(entry)
    return bool(first_seen >= since.timestamp())


def _with_vectors(message: bytes, vectors: bytes) -> bytes:
    """Return what the runner stores of a decision: its message, and the vectors of its claims behind a NUL."""
    return b"\0".join((message, vectors)) if vectors else message


def _memory(messages: Iterable[bytes]) -> Memory:
    started = monotonic()
    stored = [(decode(Decision, message), vectors) for message, _, vectors in (m.partition(b"\0") for m in messages)]
    stored.sort(key=lambda entry: entry[0].offset)
    memory = warm((decision for decision, _ in stored), (vectors for _, vectors in stored))
    if stored:
        count(**{"memories": 1, "memory milliseconds": round((monotonic() - started) * 1000)})
    return memory


def _said_to_index(speaker: str, since: datetime) -> Iterable[bytes]:
    decisions = patiently(partial(worker_services().index.said_before, speaker, since))
    if decisions:
        count(**{"memories from index": 1})
    return [encode(decision) for decision in decisions]


def _lately(message: bytes, since: datetime) -> bool:
    return decode(Decision, message.partition(b"\0")[0]).report.article.first_seen >= since

"""The steps as transforms: each only wires one of the pure functions, and draws off what it fails on."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

import apache_beam as beam
import orjson
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

from pipeline import statements, steps
from pipeline.articles import revise
from pipeline.beam.doors import doors, patiently
from pipeline.beam.io import FAILED
from pipeline.beam.kept import ENTRIES, MARK, Kept
from pipeline.buckets import article_bucket, speaker_bucket
from pipeline.codec import decode, encode
from pipeline.metrics import metrics
from pipeline.model import Article, Decision, Document, Report
from pipeline.ports import ALERTS, DEAD_LETTERS, DECISIONS, DOCUMENTS, QUOTES, Message, Record, Revision

Addressed = tuple[str, Message]
_Arrival = tuple[Record, Article, Revision | None]
"""An article with its revision, the record it came with, and the revision before it."""

_GOOD: Final = "good"


def _count(**counts: int) -> None:
    """Count for the runner, and for this process's own /metrics."""
    for name, number in counts.items():
        Metrics.counter("onrecord", name).inc(number)
    metrics().count_steps(Counter({name.replace("_", "-"): number for name, number in counts.items()}))


class _Step(beam.PTransform):
    """A DoFn with failures drawn off: gives the pair of what it made and what it failed on."""

    def __init__(self, work: beam.DoFn) -> None:
        super().__init__()
        self._work = work

    def expand(self, of: Any) -> Any:
        """See PTransform."""
        made = of | beam.ParDo(self._work).with_outputs(FAILED, main=_GOOD)
        return made[_GOOD], made[FAILED]


@beam.typehints.with_output_types(tuple[int, Any])
class _ReadArticle(beam.DoFn):
    def process(self, record: Record) -> Iterator[Any]:
        arrivals, unread = steps.read(Article, [record])
        for _, article in arrivals:
            yield article_bucket(article.id), (record, article)
        for failure in unread:
            yield TaggedOutput(FAILED, failure)


@beam.typehints.with_output_types(tuple[int, Any])
class _ReadReport(beam.DoFn):
    def process(self, record: Record) -> Iterator[Any]:
        arrivals, unread = steps.read(Report, [record])
        for _, report in arrivals:
            yield speaker_bucket(report.quote.speaker_id), (record, report)
        for failure in unread:
            yield TaggedOutput(FAILED, failure)


class _Revise(beam.DoFn):
    """Articles with their revision; duplicates end here."""

    def setup(self) -> None:
        self._kept = Kept(_known, _known_to_index, _lasting)

    def process(
        self,
        keyed: tuple[int, tuple[Record, Article]],
        mark: Any = beam.DoFn.StateParam(MARK),  # noqa: B008 - how Beam wants its parameters
        entries: Any = beam.DoFn.StateParam(ENTRIES),  # noqa: B008 - the same
    ) -> Iterator[_Arrival]:
        bucket, (record, article) = keyed
        known = self._kept.of(bucket, mark, entries)
        before = known.get(article.id, ())
        revised, revisions = revise(before, article, record.origin)
        if revised is None:
            _count(duplicate=1)
            return
        if len(revisions) > len(before):
            known[article.id] = revisions
            self._kept.add(bucket, mark, entries, _entry(article.id, revisions[-1], article.first_seen))
        yield record, revised, _last([each for each in revisions if each.number < revised.revision])


class _Extract(beam.DoFn):
    """Documents as messages of their log, and what they report as messages of the quotes log."""

    def process(self, arrival: _Arrival) -> Iterator[Any]:
        record, article, earlier = arrival
        made = steps.document(record, article, doors().orders().extractor)
        if isinstance(made, steps.Failure):
            yield TaggedOutput(FAILED, made)
            return
        _count(indexed=1, quotes=len(made.quotes))
        for report in steps.reports(made, _read_again(earlier) if earlier else None):
            yield QUOTES, steps.keyed(report)
        yield DOCUMENTS, steps.documented(made)


class _Remember(beam.DoFn):
    """Decisions as messages of their log, and the alerts that follow as messages of theirs."""

    def setup(self) -> None:
        self._kept = Kept(_memories, _said_to_index, _lately)

    def process(
        self,
        keyed: tuple[int, tuple[Record, Report]],
        mark: Any = beam.DoFn.StateParam(MARK),  # noqa: B008 - how Beam wants its parameters
        entries: Any = beam.DoFn.StateParam(ENTRIES),  # noqa: B008 - the same
    ) -> Iterator[Addressed]:
        bucket, (record, report) = keyed
        memories = self._kept.of(bucket, mark, entries)
        memory = memories[report.quote.speaker_id]
        if memory.decided(report):
            _count(known=1)
            return
        decision, memories[report.quote.speaker_id] = statements.remember(memory, report, record.offset)
        self._kept.add(bucket, mark, entries, encode(decision))
        alerts = doors().orders().match(decision)
        _count(**{decision.verdict: 1, "alerts": len(alerts)})
        for alert in alerts:
            yield ALERTS, steps.alerted(alert)
        yield DECISIONS, steps.decided(decision)


class _DeadLetter(beam.DoFn):
    def process(self, failure: steps.Failure) -> Iterator[Addressed]:
        _count(**{f"dead_lettered{'' if failure.record.topic != QUOTES else ' quotes'}": 1})
        yield DEAD_LETTERS, steps.dead_letter(failure, doors().app.clock())


def read_articles() -> _Step:
    """Records to articles by bucket."""
    return _Step(_ReadArticle())


def read_reports() -> _Step:
    """Records to reports by bucket of their speakers."""
    return _Step(_ReadReport())


def revise_articles() -> Any:
    """Articles by bucket to articles with a revision."""
    return beam.ParDo(_Revise())


def extract_documents() -> _Step:
    """Articles to messages for the quotes and documents logs."""
    return _Step(_Extract())


def remember_reports() -> Any:
    """Reports by bucket to messages for the alerts and decisions logs."""
    return beam.ParDo(_Remember())


def dead_letters() -> Any:
    """Failures to messages for the dead letters."""
    return beam.ParDo(_DeadLetter())


def _last(revisions: Sequence[Revision]) -> Revision | None:
    return revisions[-1] if revisions else None


def _read_again(revision: Revision) -> Document | None:
    """The document of an earlier revision, made anew of its record: the index may not have it yet, or be away."""
    record = patiently(partial(doors().record, revision.origin))
    arrivals, _ = steps.read(Article, [record] if record else [])
    for read, article in arrivals:
        made = steps.document(read, replace(article, revision=revision.number), doors().orders().extractor)
        return made if isinstance(made, Document) else None
    return None


def _entry(article_id: str, revision: Revision, first_seen: datetime) -> bytes:
    return orjson.dumps([article_id, revision.digest, revision.number, revision.origin, first_seen.timestamp()])


def _known(entries: Iterable[bytes]) -> dict[str, tuple[Revision, ...]]:
    known: dict[str, tuple[Revision, ...]] = {}
    for entry in entries:
        article_id, digest, number, origin, _ = orjson.loads(entry)
        known[article_id] = (*known.get(article_id, ()), Revision(digest, number, origin))
    return known


def _known_to_index(bucket: int) -> Iterable[bytes]:
    now = doors().app.clock()
    known = patiently(partial(doors().index.revisions_in, bucket))
    return [_entry(article_id, each, now) for article_id, revisions in known.items() for each in revisions]


def _lasting(entry: bytes) -> bool:
    """Whether it was first seen in the window that statements are remembered for, or became known again in it."""
    *_, first_seen = orjson.loads(entry)
    return bool(first_seen >= (doors().app.clock() - statements.WINDOW).timestamp())


def _memories(entries: Iterable[bytes]) -> defaultdict[str, statements.Memory]:
    said: defaultdict[str, list[Decision]] = defaultdict(list)
    for entry in entries:
        decision = decode(Decision, entry)
        said[decision.report.quote.speaker_id].append(decision)
    memories = defaultdict(statements.Memory)
    for speaker, decisions in said.items():
        memories[speaker] = statements.warm(sorted(decisions, key=lambda each: each.offset))
    return memories


def _said_to_index(bucket: int) -> Iterable[bytes]:
    since = doors().app.clock() - statements.WINDOW
    return [encode(decision) for decision in patiently(partial(doors().index.said_in, bucket, since))]


def _lately(entry: bytes) -> bool:
    return decode(Decision, entry).report.article.first_seen >= doors().app.clock() - statements.WINDOW

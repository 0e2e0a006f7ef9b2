"""The steps between the logs: pure functions over batches of records, shared by all runners."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from pipeline import statements
from pipeline.alerts import match as watches
from pipeline.alerts.match import Matcher
from pipeline.codec import decode, encode
from pipeline.errors import InputError, RejectedError
from pipeline.extract.compose import extractor
from pipeline.extract.second_opinion import with_parser
from pipeline.ingest.revisions import revise
from pipeline.model import Actor, Alert, Article, ArticleRef, Decision, Document, Group, Report, Watch, correction_id
from pipeline.model.values import traceparent
from pipeline.ports import Desk, Message, Record, Revision
from pipeline.run.traces import span, trace_article
from pipeline.statements import with_leads
from pipeline.statements.corrections import Corrected, corrections
from pipeline.statements.memory import Memory
from pipeline.statements.provenance import signature

Noun = TypeVar("Noun")

Extractor = Callable[[Document], Document]

MOST_QUOTES: Final = 400
"""Upper bound for the quotes of an article, the first ones: no newspaper prints more, and each costs a decision."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that a step could not process, and why."""

    record: Record
    step: str
    error: str


def read(noun: type[Noun], records: Sequence[Record]) -> tuple[list[tuple[Record, Noun]], list[Failure]]:
    """Decode the records; return the pairs of record and noun, and the failures."""
    arrivals, failures = [], []
    for record in records:
        try:
            arrivals.append((record, decode(noun, record.value)))
        except InputError as error:
            failures.append(Failure(record, error.step, str(error)))
    return arrivals, failures


def extract(
    arrivals: Sequence[tuple[Record, Article]], known: Mapping[str, tuple[Revision, ...]], extractor: Extractor
) -> tuple[list[Document], list[Failure]]:
    """Return the documents of all articles that are not duplicates, in log order, and the failures.

    `known` are the revisions of these articles before this batch.
    """
    revisions = dict(known)
    documents, failures = list[Document](), list[Failure]()
    for record, article in arrivals:
        revised, revisions[article.id] = revise(revisions.get(article.id, ()), article, record.origin)
        if revised is None:
            continue
        result = document(record, revised, extractor)
        documents.append(result) if isinstance(result, Document) else failures.append(result)
    return documents, failures


def document(record: Record, revised: Article, extractor: Extractor) -> Document | Failure:
    """Return the document of a revised article that this record carried, or the failure to extract it."""
    try:
        with span("extract", revised.id):
            result = with_leads(limited(extractor(Document(article=revised, origin=record.origin))))
    except Exception as error:  # any error of the pure core is about this article
        return Failure(record, "extract", f"{type(error).__name__}: {error}")
    trace_article(revised)
    return result


def limited(document: Document) -> Document:
    """The document with at most `MOST_QUOTES` quotes; the mark `quotes-cut` of its article says that it had more."""
    if len(document.quotes) <= MOST_QUOTES:
        return document
    article = replace(document.article, marks=(*document.article.marks, "quotes-cut"))
    return replace(document, article=article, quotes=document.quotes[:MOST_QUOTES])


def rejected(
    entries: Sequence[Document] | Sequence[Decision] | Sequence[Document | Decision],
    records: Mapping[str, Record],
    error: RejectedError,
) -> list[Failure]:
    """Return a failure for each entry that the index rejects for good.

    `records` has the source record of each entry, by the origin of a document or by the quote of a decision.
    """
    return [
        Failure(records[source], "index", error.reasons[name])
        for entry in entries
        for name, source in [names(entry)]
        if name in error.reasons
    ]


def names(entry: Document | Decision) -> tuple[str, str]:
    """Return the name of the entry in a RejectedError, and the key of its source record."""
    if isinstance(entry, Document):
        return entry.article.id, entry.origin
    return entry.report.quote.id, entry.report.quote.id


def article_of(entry: Document | Decision) -> str:
    """Return the id of the article that an entry of the index is from."""
    return entry.article.id if isinstance(entry, Document) else entry.report.article.id


def reports(document: Document, before: Document | None = None) -> tuple[Report, ...]:
    """Return the reports of a document: its corrections, then its quotes by named speakers.

    `before` is the previous revision, if there is one.
    """
    article = document.article
    quotes = [quote for quote in document.quotes if quote.speaker_id]
    corrected = corrections(before, document) if before else ()
    if not quotes and not corrected:
        return ()
    reference = ArticleRef(
        id=article.id,
        revision=article.revision,
        source=article.source,
        url=article.url,
        title=article.title,
        language=article.language,
        published=article.published,
        first_seen=article.first_seen,
        backfill=article.backfill,
        agency=article.agency,
        sketch=signature(article.text, document.quotes),
    )
    replaced = {c.replacement.id: c.quote.id for c in corrected if c.replacement and c.correction.kind == "changed"}
    return (
        *(_withdrawal(correction, reference) for correction in corrected),
        *(Report(quote, reference, replaces=replaced.get(quote.id, "")) for quote in quotes),
    )


def _withdrawal(corrected: Corrected, article: ArticleRef) -> Report:
    """Return a report that withdraws the quote: a new id, the original position."""
    quote = corrected.quote
    return Report(
        replace(quote, id=correction_id(quote.id, article.id, article.revision)), article, corrected.correction
    )


def decide(memory: Memory, report: Report, offset: int) -> tuple[Decision, Memory]:
    """Return the decision about a report at this offset of the quotes log, and the memory of its speaker after it."""
    with span("decide", report.article.id, quote=report.quote.id):
        return statements.remember(memory, report, offset)


def keyed(report: Report) -> Message:
    """Return the report as a message of the quotes log, keyed by speaker to keep the speaker's reports in order."""
    return Message(report.quote.speaker_id, encode(report))


def documented(document: Document) -> Message:
    """Return the document as a message of the documents log."""
    return Message(document.article.id, encode(document))


def decided(decision: Decision) -> Message:
    """Return the decision as a message of the decisions log, keyed by speaker to keep their order."""
    return Message(decision.report.quote.speaker_id, encode(decision))


def alerted(alert: Alert) -> Message:
    """Return the alert as a message of the alerts log, keyed by statement to keep its alerts together."""
    headers = {"traceparent": traceparent(alert.statement.first.article.id)}
    return Message(alert.statement.id, encode(alert), headers)


def whole_keys(records: Sequence[Record], most: int) -> Sequence[Record]:
    """Drop the records of the last key of each partition if the batch is full, because more of that key may follow.

    If that would leave nothing, return all records. `most` is the size of a full batch.
    """
    if len(records) < most:
        return records
    last_keys = {record.partition: record.key for record in records}
    at_last_key, complete = set(last_keys), list[Record]()
    for record in reversed(records):
        if record.key != last_keys[record.partition]:
            at_last_key.discard(record.partition)
        if record.partition not in at_last_key:
            complete.append(record)
    return complete[::-1] or records


def dead_letter(failure: Failure, now: datetime) -> Message:
    """Return the dead letter: the bytes of the record, with the step and the error in the headers."""
    record = failure.record
    return Message(
        record.key,
        record.value,
        {
            **record.headers,
            "step": failure.step,
            "error": failure.error,
            "topic": record.topic,
            "origin": record.origin,
            "time": now.isoformat(),
        },
    )


@dataclass(frozen=True, slots=True)
class OrdersSnapshot:
    """The extractor and the matcher for a version of the desk."""

    version: tuple[int, ...]
    extractor: Extractor
    match: Matcher


def orders_snapshot(desk: Desk, known: OrdersSnapshot | None, *, parser: bool) -> OrdersSnapshot:
    """Compile the current orders, or return `known` if nothing changed; `parser` adds its second opinion."""
    version = tuple(desk.version(noun) for noun in (Actor, Group, Watch))
    if known and known.version == version:
        return known
    actors = desk.all(Actor)
    return OrdersSnapshot(
        version=version,
        extractor=with_parser(extractor(actors), wanted=parser),
        match=watches.compile(watches.sound(desk.all(Watch)), actors, desk.all(Group)),
    )

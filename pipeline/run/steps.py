"""The steps between the logs as pure functions over batches of records, the same for every runner."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from pipeline.codec import VERSIONS, decode, encode
from pipeline.errors import InputError, RejectedError
from pipeline.ingest.revisions import revise
from pipeline.model import Alert, Article, ArticleRef, Decision, Document, Report, correction_id
from pipeline.ports import Message, Record, Revision
from pipeline.statements.corrections import Corrected, corrections
from pipeline.statements.minhash import signature

Noun = TypeVar("Noun")

Extractor = Callable[[Document], Document]


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that a step could not process, and why."""

    record: Record
    step: str
    error: str


def read(noun: type[Noun], records: Sequence[Record]) -> tuple[list[tuple[Record, Noun]], list[Failure]]:
    """The records with the nouns in them, and those that hold none."""
    arrivals, failures = [], []
    for record in records:
        try:
            arrivals.append((record, decode(noun, record.value)))
        except InputError as error:
            failures.append(Failure(record, error.step, str(error)))
    return arrivals, failures


def arrived(article: Article) -> Message:
    """The article as a message of the articles log, with what others want to know of it without reading it."""
    headers = {
        "schema": VERSIONS[Article],
        "id": article.id,
        "source": article.source,
        "time": article.fetched.isoformat(),
    }
    return Message(article.id, encode(article), headers)


def extract(
    arrivals: Sequence[tuple[Record, Article]], known: Mapping[str, tuple[Revision, ...]], extractor: Extractor
) -> tuple[list[Document], list[Failure]]:
    """The documents of all articles that are no duplicates, in log order, and the articles that could not be read.

    `known` are the revisions of these articles that were seen before this batch.
    """
    revisions = dict(known)
    documents, failures = list[Document](), list[Failure]()
    for record, article in arrivals:
        revised, revisions[article.id] = revise(revisions.get(article.id, ()), article, record.origin)
        if revised is None:
            continue
        made = document(record, revised, extractor)
        documents.append(made) if isinstance(made, Document) else failures.append(made)
    return documents, failures


def document(record: Record, revised: Article, extractor: Extractor) -> Document | Failure:
    """The document of an article that came with this record and has its revision, or why there is none."""
    try:
        return extractor(Document(article=revised, origin=record.origin))
    except Exception as error:  # an error of the pure core, whatever it is, is about this article
        return Failure(record, "extract", f"{type(error).__name__}: {error}")


def rejected(
    entries: Sequence[Document] | Sequence[Decision] | Sequence[Document | Decision],
    records: Mapping[str, Record],
    error: RejectedError,
) -> list[Failure]:
    """Those of the entries that an index will never take; `records` are what they were made of.

    They are by the origin of a document, and by the quote of a decision.
    """
    return [
        Failure(records[made_of], "index", error.reasons[name])
        for entry in entries
        for name, made_of in [names(entry)]
        if name in error.reasons
    ]


def names(entry: Document | Decision) -> tuple[str, str]:
    """What an index calls an entry that it refuses, and what says which record the entry was made of."""
    if isinstance(entry, Document):
        return entry.article.id, entry.origin
    return entry.report.quote.id, entry.report.quote.id


def reports(document: Document, before: Document | None = None) -> tuple[Report, ...]:
    """What the quotes log is told of a document: what it corrects, then its quotes by named speakers.

    `before` is the revision before it, None where there is none.
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
    replaced = {each.now.id: each.quote.id for each in corrected if each.now and each.correction.kind == "changed"}
    return (
        *(_withdrawn(each, reference) for each in corrected),
        *(Report(quote, reference, replaces=replaced.get(quote.id, "")) for quote in quotes),
    )


def _withdrawn(corrected: Corrected, article: ArticleRef) -> Report:
    """The report that the article has a quote no more, under an id of its own and with the place it had."""
    quote = corrected.quote
    return Report(
        replace(quote, id=correction_id(quote.id, article.id, article.revision)), article, corrected.correction
    )


def keyed(report: Report) -> Message:
    """The report as a message of the quotes log, where one speaker's reports keep their order."""
    return Message(report.quote.speaker_id, encode(report))


def documented(document: Document) -> Message:
    """The document as a message of the documents log."""
    return Message(document.article.id, encode(document))


def decided(decision: Decision) -> Message:
    """The decision as a message of the decisions log, where one speaker's decisions keep their order."""
    return Message(decision.report.quote.speaker_id, encode(decision))


def alerted(alert: Alert) -> Message:
    """The alert as a message of the alerts log, where those of one statement are together."""
    return Message(alert.statement.id, encode(alert))


def whole_keys(records: Sequence[Record], most: int) -> Sequence[Record]:
    """The records, of which at most that many were read, without the last of a key that more of its own may follow.

    Where that would leave none, all are kept.
    """
    if len(records) < most:
        return records
    last = {record.partition: record.key for record in records}
    open_ended, whole = set(last), list[Record]()
    for record in reversed(records):
        if record.key != last[record.partition]:
            open_ended.discard(record.partition)
        if record.partition not in open_ended:
            whole.append(record)
    return whole[::-1] or records


def dead_letter(failure: Failure, now: datetime) -> Message:
    """The record's own bytes, with what failed where in the headers."""
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


def refused(message: Message, topic: str, error: InputError, now: datetime) -> Message:
    """The dead letter of a message that no log takes: all but its bytes, which are the trouble."""
    told = {"step": error.step, "error": str(error), "topic": f"{topic}, refused", "time": now.isoformat()}
    return Message(message.key, b"", {**message.headers, **told})

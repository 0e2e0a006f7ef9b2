"""The record as tables for notebooks, spreadsheets and other databases: rows with documented columns.

A row type is a table. Its docstring and the annotations of its fields are the data dictionary (`dictionary`), and every
exporter reads names and kinds of columns from it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Protocol, get_type_hints

from pipeline.model.desk import Mark
from pipeline.model.document import Article, Document
from pipeline.model.statement import Alert, ArticleRef, Decision, Delivery

ColumnKind = Literal["text", "integer", "number", "flag", "time", "texts"]

_KINDS: Final[dict[Any, ColumnKind]] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "flag",
    datetime: "time",
    datetime | None: "time",
    tuple[str, ...]: "texts",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: times are in UTC, texts a list of texts; `meaning` names the unit. A key identifies a row."""

    name: str
    kind: ColumnKind
    meaning: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name, what a row is, the columns that identify a row, and all columns in order.

    A table that is not `growing` is exported whole each time, because its rows change.
    """

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    growing: bool = True


ArticleId = Annotated[str, "Id of the article"]

Revision = Annotated[int, "Revision of the article, counted from 1"]

Start = Annotated[int, "First character in the article's text, counted from 0"]

End = Annotated[int, "Character after the last one in the article's text"]

StatementId = Annotated[str, "Id of the statement"]

QuoteId = Annotated[str, "Id of the quote"]

SpeakerId = Annotated[str, "Id of the speaker, empty if nobody is named"]

SpeakerName = Annotated[str, "Full name of the speaker, empty if nobody is named"]

FirstSeen = Annotated[datetime, "When the article was first read (UTC)"]

Published = Annotated[datetime | None, "When the article was published (UTC), empty if unknown"]

Modality = Annotated[str, "How the words are reported: asserted, negated, denied, asked or hypothetical"]

Kind = Annotated[str, "direct, indirect or mixed"]

Confidence = Annotated[float, "Probability that the speaker and the words are right, from 0 to 1"]


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One revision of an article."""

    article_id: ArticleId
    revision: Revision
    source: Annotated[str, "Name of the outlet"]
    title: Annotated[str, "Headline"]
    url: Annotated[str, "Address"]
    language: Annotated[str, "Language of the text (ISO 639-1), empty if unknown"]
    published: Published
    first_seen: FirstSeen
    authors: Annotated[tuple[str, ...], "Authors as the article names them"]
    section: Annotated[str, "Section of the outlet"]
    agency: Annotated[str, "News agency that the article credits, or empty"]
    marks: Annotated[tuple[str, ...], "Defects, such as paywall or summary-only"]
    backfill: Annotated[bool, "Whether the article was imported from the past"]
    characters: Annotated[int, "Length of the text in characters"]
    text: Annotated[str, "The text that all offsets count in"]


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One quote of one revision of an article."""

    quote_id: QuoteId
    article_id: ArticleId
    revision: Revision
    speaker_id: SpeakerId
    speaker_name: SpeakerName
    content: Annotated[str, "The reported words alone, without what interrupts them"]
    start: Start
    end: End
    kind: Kind
    modality: Modality
    cue: Annotated[str, "The reporting word, such as said, or empty"]
    source_kind: Annotated[str, "Sort of source, such as official or anonymous, or empty"]
    confidence: Confidence
    about: Annotated[tuple[str, ...], "Ids of the actors that the words mention"]
    published: Published
    first_seen: FirstSeen


@dataclass(frozen=True, slots=True)
class MentionRow:
    """One mention of a person, an organisation or a place in one revision of an article."""

    article_id: ArticleId
    revision: Revision
    start: Start
    end: End
    text: Annotated[str, "The name as it stands in the text"]
    kind: Annotated[str, "person, organisation or place"]
    name: Annotated[str, "The fullest form of the name in the article"]
    actor_id: Annotated[str, "Id of the tracked actor, or empty"]


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One statement: what somebody said, however many articles report it."""

    statement_id: StatementId
    speaker_id: SpeakerId
    speaker_name: SpeakerName
    text: Annotated[str, "The words of the first report"]
    kind: Kind
    modality: Modality
    language: Annotated[str, "Language of the first report (ISO 639-1), empty if unknown"]
    changed_from: Annotated[str, "Id of the statement that this one changes, or empty"]
    source: Annotated[str, "Outlet of the first report"]
    url: Annotated[str, "Address of the first report"]
    article_id: ArticleId
    quote_id: QuoteId
    published: Published
    first_seen: FirstSeen


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report of a statement, with the verdict on it."""

    quote_id: QuoteId
    statement_id: StatementId
    article_id: ArticleId
    revision: Revision
    source: Annotated[str, "Name of the outlet"]
    verdict: Annotated[str, "new, repeated, changed or corrected"]
    reason: Annotated[str, "Why, in words"]
    copy: Annotated[bool, "Whether the article copies the text of another"]
    independent_sources: Annotated[int, "Independent sources of the statement up to this report"]
    confidence: Confidence
    published: Published
    first_seen: FirstSeen


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim of a report, with the verdict on it."""

    quote_id: QuoteId
    number: Annotated[int, "Place of the claim in the quote, counted from 1"]
    statement_id: StatementId
    text: Annotated[str, "The words of the claim"]
    verdict: Annotated[str, "new, repeated or changed"]
    certainty: Annotated[float, "Certainty of the verdict, from 0 to 1"]
    known_statement_id: Annotated[str, "Id of the statement that the claim repeats or changes, or empty"]
    known_text: Annotated[str, "Words of that statement, or empty"]
    differences: Annotated[tuple[str, ...], "Slots that differ, as slot: before → after"]


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert in one delivery."""

    delivery_id: Annotated[str, "Id of the delivery"]
    alert_id: Annotated[str, "Id of the alert"]
    watch_id: Annotated[str, "Id of the watch"]
    watch: Annotated[str, "Title of the watch"]
    kind: Annotated[str, "news, spread or correction"]
    reason: Annotated[str, "Why, in words"]
    statement_id: StatementId
    created: Annotated[datetime, "When the alert was decided (UTC)"]
    channel: Annotated[str, "Kind of target, such as email; addresses stay on the desk"]
    state: Annotated[str, "pending, done, failed, muted or joined"]
    attempts: Annotated[int, "Attempts to deliver"]
    acknowledged: Annotated[bool, "Whether somebody marked the alert as done"]


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One judgement of a user that an alert is wrong or missing."""

    label: Annotated[str, "wrong-speaker, not-new, not-a-statement or missed"]
    quote_id: QuoteId
    alert_id: Annotated[str, "Id of the alert, empty for a missed one"]
    note: Annotated[str, "The user's words"]
    time: Annotated[datetime, "When it was marked (UTC)"]
    speaker_name: SpeakerName
    content: Annotated[str, "The quote's words"]
    article_id: ArticleId


Row = ArticleRow | QuoteRow | MentionRow | StatementRow | ReportRow | ClaimRow | AlertRow | MarkRow


class TableWriter(Protocol):
    """A run of an exporter, which writes rows into a folder.

    Its rows count once `close` has returned; a repeated run with the same part replaces the earlier one.
    """

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows of a table."""

    def close(self) -> None:
        """Complete the run."""

    def discard(self) -> None:
        """Discard everything that the run has written."""


def _table(row: type, name: str, *key: str, growing: bool = True) -> Table:
    hints = get_type_hints(row, include_extras=True)
    columns = []
    for field in fields(row):
        kind, meaning = hints[field.name].__origin__, hints[field.name].__metadata__[0]
        columns.append(Column(field.name, _KINDS[kind], meaning, kind == (datetime | None)))
    return Table(name, (row.__doc__ or "").strip(), key, tuple(columns), growing)


TABLES: Final[dict[type, Table]] = {
    ArticleRow: _table(ArticleRow, "articles", "article_id", "revision"),
    QuoteRow: _table(QuoteRow, "quotes", "quote_id", "revision"),
    MentionRow: _table(MentionRow, "mentions", "article_id", "revision", "start"),
    StatementRow: _table(StatementRow, "statements", "statement_id"),
    ReportRow: _table(ReportRow, "reports", "quote_id"),
    ClaimRow: _table(ClaimRow, "claims", "quote_id", "number"),
    AlertRow: _table(AlertRow, "alerts", "delivery_id", "alert_id", growing=False),
    MarkRow: _table(MarkRow, "marks", "label", "quote_id", growing=False),
}
"""All tables by the type of their rows."""


def values(row: Row) -> tuple[Any, ...]:
    """The values of a row in the order of the columns."""
    return tuple(getattr(row, column.name) for column in TABLES[type(row)].columns)


def dictionary() -> str:
    """The data dictionary in Markdown: every table and column with its kind and meaning."""
    parts = ["# Data dictionary", ""]
    for table in TABLES.values():
        parts += [f"## {table.name}", "", f"{table.meaning} Key: {', '.join(f'`{name}`' for name in table.key)}.", ""]
        parts += ["| column | kind | meaning |", "|---|---|---|"]
        parts += [f"| `{column.name}` | {column.kind} | {column.meaning} |" for column in table.columns]
        parts.append("")
    return "\n".join(parts)


def document_rows(document: Document) -> Iterator[ArticleRow | QuoteRow | MentionRow]:
    """The article with its quotes and mentions."""
    article = document.article
    yield _article_row(article)
    for quote in document.quotes:
        yield QuoteRow(
            quote_id=quote.id,
            article_id=article.id,
            revision=article.revision,
            speaker_id=quote.speaker_id,
            speaker_name=quote.speaker_name,
            content=quote.content,
            start=quote.start,
            end=quote.end,
            kind=quote.kind,
            modality=quote.modality,
            cue=quote.cue.text if quote.cue else "",
            source_kind=quote.source_kind,
            confidence=quote.confidence,
            about=quote.about,
            published=article.published,
            first_seen=article.first_seen,
        )
    for mention in document.mentions:
        place = (article.id, article.revision, mention.start, mention.end)
        yield MentionRow(*place, mention.text, mention.kind, mention.name, mention.actor)


def _article_row(article: Article) -> ArticleRow:
    return ArticleRow(
        article_id=article.id,
        revision=article.revision,
        source=article.source,
        title=article.title,
        url=article.url,
        language=article.language,
        published=article.published,
        first_seen=article.first_seen,
        authors=article.authors,
        section=article.section,
        agency=article.agency,
        marks=article.marks,
        backfill=article.backfill,
        characters=len(article.text),
        text=article.text,
    )


def decision_rows(decision: Decision) -> Iterator[StatementRow | ReportRow | ClaimRow]:
    """The report with its claims, after its statement if it is the first report of it."""
    report, statement = decision.report, decision.statement
    if statement.first.quote.id == report.quote.id:
        yield _statement_row(decision, report.article)
    yield ReportRow(
        quote_id=report.quote.id,
        statement_id=statement.id,
        article_id=report.article.id,
        revision=report.article.revision,
        source=report.article.source,
        verdict=decision.verdict,
        reason=decision.how,
        copy=bool(decision.copy_of),
        independent_sources=decision.sources,
        confidence=report.quote.confidence,
        published=report.article.published,
        first_seen=report.article.first_seen,
    )
    for number, claim in enumerate(decision.claims, 1):
        differences = tuple(f"{change.slot}: {change.before} → {change.after}" for change in claim.differences)
        place = (report.quote.id, number, statement.id)
        yield ClaimRow(*place, claim.text, claim.verdict, claim.certainty, claim.statement, claim.known, differences)


def _statement_row(decision: Decision, article: ArticleRef) -> StatementRow:
    statement = decision.statement
    return StatementRow(
        statement_id=statement.id,
        speaker_id=statement.speaker_id,
        speaker_name=statement.speaker_name,
        text=statement.text,
        kind=statement.kind,
        modality=statement.first.quote.modality,
        language=article.language,
        changed_from=statement.changed_from,
        source=article.source,
        url=article.url,
        article_id=article.id,
        quote_id=statement.first.quote.id,
        published=article.published,
        first_seen=article.first_seen,
    )


def alert_rows(deliveries: Iterable[Delivery]) -> Iterator[AlertRow]:
    """The alerts of each delivery, without the address of the target."""
    for delivery in deliveries:
        alerts: Sequence[Alert] = list({alert.id: alert for alert in delivery.alerts}.values())
        for alert in alerts:
            yield AlertRow(
                delivery_id=delivery.id,
                alert_id=alert.id,
                watch_id=alert.watch_id,
                watch=alert.watch_name,
                kind=alert.kind,
                reason=alert.why,
                statement_id=alert.statement.id,
                created=alert.created,
                channel=delivery.target.partition(":")[0],
                state=delivery.state,
                attempts=delivery.attempts,
                acknowledged=delivery.acknowledged,
            )


def mark_rows(marks: Iterable[Mark]) -> Iterator[MarkRow]:
    """The marks of users."""
    for mark in marks:
        quote = mark.report.quote
        alert = mark.alert.id if mark.alert else ""
        judged = (quote.speaker_name, quote.content, mark.report.article.id)
        yield MarkRow(mark.label, quote.id, alert, mark.note, mark.time, *judged)

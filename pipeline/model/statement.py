"""Statements with their reports, verdicts and corrections; alerts about them, and the deliveries of alerts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pipeline.model.document import Quote, QuoteKind
from pipeline.model.values import EPOCH, Time, content_id

VerdictKind = Literal["new", "repeated", "changed", "corrected"]

CorrectionKind = Literal["removed", "changed", "reattributed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRef:
    """The fields of an article that its statements need.

    `agency` is the news agency that the article credits, and `sketch` the fingerprint of its text for the detection of
    copies (see `pipeline.statements.provenance`); both may be ''.
    """

    id: str
    revision: int
    source: str
    url: str
    title: str
    language: str
    published: Time | None
    first_seen: Time
    backfill: bool
    agency: str = ""
    sketch: str = ""

    @property
    def publication(self) -> datetime:
        """The time of publication; if the article has no date, the time when it was first seen."""
        return self.published or self.first_seen


@dataclass(frozen=True, slots=True)
class Correction:
    """The change that a revision made to the quote `quote_id` of the revision before it.

    It took the quote out, changed its words to `text`, or gave them to `speaker_name`.
    """

    kind: CorrectionKind
    quote_id: str
    text: str = ""
    speaker_name: str = ""


def correction_id(quote: str, article: str, revision: int) -> str:
    """Id of a quote's correction by this revision of its article."""
    return content_id("correction", quote, article, str(revision))


@dataclass(frozen=True, slots=True)
class Report:
    """A quote with its article: the message of the quotes log, keyed by `quote.speaker_id`.

    With a `correction`, it reports that the article no longer has this quote; the quote's id is then that of the
    correction. `replaces` is the id of the same speaker's quote that this one replaces in a revision, or ''.
    """

    quote: Quote
    article: ArticleRef
    correction: Correction | None = None
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A distinct claim of an actor, in the words of its first report."""

    id: str
    speaker_id: str
    speaker_name: str
    text: str
    kind: QuoteKind
    first: Report
    changed_from: str = ""


def statement_id(speaker: str, first_quote: str) -> str:
    """Id of a statement: the actor, and the first quote of it in log order."""
    return content_id("statement", speaker, first_quote)


@dataclass(frozen=True, slots=True)
class SlotDifference:
    """A slot in which a claim differs from the known claim, such as "number" or "condition"; either side may be ''."""

    slot: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimVerdict:
    """The decision about one claim of a quote.

    `statement` is the id of the known statement that it repeats or changes, or ''; `known` are that statement's words,
    and `differences` the slots in which the two differ. `certainty` is how sure the verdict is, in [0, 1].
    """

    text: str
    verdict: VerdictKind
    statement: str = ""
    known: str = ""
    differences: tuple[SlotDifference, ...] = ()
    certainty: float = 1.0


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision about one report: the reported statement, its verdict, and the evidence.

    `claims` are the verdicts on the parts of the quote; none in decisions of versions before 0.2.

    `offset` is the report's place in the quotes log, by which one speaker's decisions are ordered. `copy_of` are
    articles that the report's article copies, one for each text; an independent article copies none. `sources` counts
    the independent sources of the statement up to and with this report, `sources_before` their maximum before it; of a
    correction, `sources` counts those that still stand. `replaces` is the statement that the same article was the first
    to report, and for which it now has this one.

    `today` counts the speaker's reports first seen on the same day (UTC) up to and with this one, without copies,
    corrections and backfills; it is 0 if this report is one of those. `usual` is the mean of that count over the days
    before, or None while the speaker has been known for too short a time.
    """

    report: Report
    statement: Statement
    verdict: VerdictKind
    how: str
    offset: int = 0
    copy_of: tuple[str, ...] = ()
    sources: int = 1
    sources_before: int = 0
    replaces: Statement | None = None
    claims: tuple[ClaimVerdict, ...] = ()
    today: int = 0
    usual: float | None = None


US: Final = "on-the-record"  # the speaker of a notice

OUR_NAME: Final = "On the Record"


def our_statement(name: str, words: str, article: ArticleRef) -> Statement:
    """The statement with this id by which we say something ourselves, in an article of ours."""
    quote = Quote(
        id=name,
        start=0,
        end=len(words),
        text=words,
        kind="indirect",
        fragments=((0, len(words)),),
        speaker_name=OUR_NAME,
        speaker_id=US,
        confidence=1.0,
    )
    first = Report(quote, article)
    return Statement(id=name, speaker_id=US, speaker_name=OUR_NAME, text=words, kind="indirect", first=first)


AlertKind = Literal["news", "spread", "correction", "spike", "silence"]

DeliveryState = Literal["pending", "done", "failed", "muted", "joined"]

DelayReason = Literal["", "cap", "quiet"]


@dataclass(frozen=True, slots=True)
class Translation:
    """The words of a statement in another language (its code, such as "en"), by a service."""

    text: str
    language: str
    service: str


Opinion = Literal["supported", "doubtful", "unclear"]


@dataclass(frozen=True, slots=True)
class Review:
    """The opinion of a service about the article's support for the alert, with a reason in one line."""

    opinion: Opinion
    reason: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A watch met by a statement, with the reason in plain words.

    `occasion` distinguishes the alerts about one statement: '' for its first publication, otherwise a number of
    sources, the id of a correction, or the day of a spike or silence. A correction is in `correction`. An alert to a
    spike or a silence is about the speaker, and its statement is an example of what they said last.
    `claims` are the verdicts on the parts of the quote that caused the alert. `translation` and `review` are what
    services answered before the alert was sent, None if there was no answer.
    """

    id: str
    watch_id: str
    watch_name: str
    statement: Statement
    why: str
    created: Time
    occasion: str = ""
    kind: AlertKind = "news"
    correction: Correction | None = None
    claims: tuple[ClaimVerdict, ...] = ()
    translation: Translation | None = None
    review: Review | None = None


def alert_id(watch: str, statement: str, occasion: str = "") -> str:
    """Id of an alert: a watch alerts once for each occasion of a statement, whatever is repeated or replayed."""
    return content_id("alert", watch, statement, *filter(None, (occasion,)))


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: a subject line, and the same content as plain text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one target, with its attempts; `next_try` counts while the state is "pending".

    `also` are further alerts in the message: of other watches that the statement meets, and of other statements in a
    digest. `planned` is the scheduled time; `quiet` the quiet hours that delay it, such as "22:00-07:00 Europe/Oslo";
    `held` why it was delayed beyond what the watch asks. A `grouped` delivery is merged (state "joined") into the
    delivery `digest`, which lists its members in `parts`. A "muted" delivery is never sent. A mail has the words of the
    alerts, unless it is a morning brief, whose `letter` is written when it is planned.
    """

    id: str
    alert: Alert
    target: str
    state: DeliveryState = "pending"
    attempts: int = 0
    next_try: Time = EPOCH
    last_error: str = ""
    acknowledged: bool = False
    also: tuple[Alert, ...] = ()
    planned: Time = EPOCH
    quiet: str = ""
    held: DelayReason = ""
    grouped: bool = False
    digest: str = ""
    parts: tuple[str, ...] = ()
    letter: Letter | None = None

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All alerts of the message."""
        return (self.alert, *self.also)


def delivery_id(statement: str, target: str, occasion: str = "") -> str:
    """Id of a delivery: a target gets one message for each occasion of a statement, whichever watches it meets."""
    return content_id("delivery", statement, target, *filter(None, (occasion,)))

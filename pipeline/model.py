"""The nouns of the newsroom, as frozen values whose ids are made from their content.

Times are aware and in UTC. Offsets are half-open ranges of characters (code points) of `Article.text`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

MentionKind = Literal["person", "organisation", "place"]
QuoteKind = Literal["direct", "indirect", "mixed"]
Modality = Literal["asserted", "negated", "denied", "asked", "hypothetical"]
VerdictKind = Literal["new", "repeated", "changed", "corrected"]
CorrectionKind = Literal["removed", "changed", "reattributed"]
AlertKind = Literal["news", "spread", "correction"]
DeliveryState = Literal["pending", "done", "failed", "muted", "joined"]
Tempo = Literal["instant", "grouped", "hourly", "daily"]
Held = Literal["", "cap", "quiet"]
Muted = Literal["actor", "statement"]
Label = Literal["wrong-speaker", "not-new"]
Identity = Literal["link", "guid", "content"]
DateKind = Literal["published", "modified"]
DateOrigin = Literal["feed", "json-ld", "page", "file"]
Warned = Literal["", "silent", "flooding", "failing"]
FullText = Literal["auto", "always", "never"]


class _InUtc:
    """What pydantic is told of a time on the wire: it has a zone, and is read as UTC."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], "CoreSchema"]) -> "CoreSchema":
        from pydantic_core import core_schema

        aware = core_schema.datetime_schema(tz_constraint="aware")
        return core_schema.no_info_after_validator_function(lambda time: time.astimezone(UTC), aware)


Time = Annotated[datetime, _InUtc()]


class _Joined:
    """What pydantic is told of a string that used to be a list of strings."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], "CoreSchema"]) -> "CoreSchema":
        from pydantic_core import core_schema

        joined = core_schema.list_schema(core_schema.str_schema())
        old = core_schema.no_info_after_validator_function("".join, joined)
        return core_schema.union_schema([core_schema.str_schema(), old], mode="left_to_right")


Seen = Annotated[str, _Joined()]


class _OnceYesOrNo:
    """What pydantic is told of a policy that used to be a yes or no."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], "CoreSchema"]) -> "CoreSchema":
        from pydantic_core import core_schema

        old = core_schema.no_info_after_validator_function(
            lambda yes: "auto" if yes else "never", core_schema.bool_schema(strict=True)
        )
        return core_schema.union_schema([handler(source), old], mode="left_to_right")


PagePolicy = Annotated[FullText, _OnceYesOrNo()]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def content_id(*parts: str) -> str:
    """A 128-bit id in hex that is the same for the same parts, on every machine."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """The id of an actor or speaker of this name: 'Ursula von der Leyen' gives 'ursula-von-der-leyen'."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return "-".join(re.findall(r"\w+", plain.casefold()))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an article's text: `text == article.text[start:end]`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Dated:
    """A time that somebody gives an article: the feed, the page's JSON-LD, its meta elements, or a file."""

    kind: DateKind
    time: Time
    origin: DateOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One published piece, in one revision.

    `id` is the identity that survives a changed headline, guid or tracking parameter (see `article_id`).
    `marks` say what is not as it should be, such as "summary-only" or "no-date". `published` is the first of `dates`
    that can be true, which are all that were given; `agency` is the news agency that it is credited to, or ''.
    A `backfill` article is indexed and remembered, and alerts nobody.
    """

    id: str
    source: str
    title: str
    text: str
    first_seen: Time
    fetched: Time
    url: str = ""
    canonical_url: str = ""
    feed: str = ""
    guid: str = ""
    published: Time | None = None
    language: str = ""
    authors: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    backfill: bool = False
    revision: int = 1
    section: str = ""
    agency: str = ""
    dates: tuple[Dated, ...] = ()

    @property
    def digest(self) -> str:
        """Id of the content: another headline or text is another digest."""
        return content_id(self.title, self.text)


def article_id(*, canonical_url: str = "", feed: str = "", guid: str = "", title: str = "", text: str = "") -> str:
    """Identity of an article: its canonical address, else feed and guid, else feed, title and text."""
    if canonical_url:
        return content_id("url", canonical_url)
    if guid:
        return content_id("guid", feed, guid)
    return content_id("content", feed, title, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A span that names somebody or something; `name` is the fullest form in the article, `actor` its id or ''."""

    start: int
    end: int
    text: str
    kind: MentionKind
    name: str
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of the evidence for a speaker: this span was read as the next by this rule ("pronoun", "surname" …)."""

    span: Span
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What one article reports somebody saying.

    `text == article.text[start:end]`; `fragments` are the parts that are the statement itself, in order, where an
    attribution interrupts it (one fragment, the whole, where none does). `speaker` is the span that names the speaker
    in the attribution, `speaker_name` who that is ('' if nobody is named), `speaker_id` the tracked actor's id or the
    name's slug ('' if nobody is named), `chain` how we know, in the order read. `about` holds the ids of actors the
    content speaks of. `confidence` is the probability that span and speaker are right, in [0, 1].
    """

    id: str
    start: int
    end: int
    text: str
    kind: QuoteKind
    fragments: tuple[tuple[int, int], ...]
    cue: Span | None = None
    speaker: Span | None = None
    speaker_name: str = ""
    speaker_id: str = ""
    chain: tuple[Link, ...] = ()
    about: tuple[str, ...] = ()
    modality: Modality = "asserted"
    confidence: float = 0.0

    @property
    def content(self) -> str:
        """The statement's words alone: white space folded, interruptions left out, with a full stop for one in them."""
        if len(self.fragments) == 1:
            start, end = self.fragments[0]
            return " ".join(self.text[start - self.start : end - self.start].split())
        content, end = "", 0
        for start, stop in self.fragments:
            between = self.text[end - self.start : start - self.start] if content else ""
            content = content.rstrip(" ,")
            content += ". " if _ends_sentence(content, between) else " "
            content += self.text[start - self.start : stop - self.start]
            end = stop
        return " ".join(content.split())


def _ends_sentence(content: str, between: str) -> bool:
    """Whether a sentence of the speaker ended where the attribution between two parts did, unmarked in the parts."""
    return content[-1:].isalnum() and any(mark in between for mark in ".!?")


def quote_id(article: str, start: int, end: int, text: str) -> str:
    """Id of a quote: its article, span and wording."""
    return content_id(article, str(start), str(end), text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An article with what was found in it, mentions and quotes each ordered by start.

    `origin` is the log record it came from ("articles/0/42"), so that a replay is told from a duplicate.
    """

    article: Article
    origin: str = ""
    mentions: tuple[Mention, ...] = ()
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRef:
    """What a statement needs to know of the article that reports it.

    `agency` is the news agency that it is credited to, `sketch` what its text is known by when copies of it are looked
    for (see `pipeline.sketches`); both may be ''.
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


@dataclass(frozen=True, slots=True)
class Correction:
    """What a revision of an article made of the quote `quote_id` of the revision before it.

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

    With a `correction`, it reports that the article has this quote no more; the quote's id is then that of the
    correction. `replaces` is the id of the same speaker's quote in whose place a revision has this one, or ''.
    """

    quote: Quote
    article: ArticleRef
    correction: Correction | None = None
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A distinct thing an actor said, in the words of its first report."""

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
class Decision:
    """What was decided about one report: the statement it reports, whether that is new, and how we know.

    `offset` is the report's place in the quotes log, by which one speaker's decisions are ordered. `copy_of` are
    articles that the report's article copies, one of each text: none where it is independent. `sources` counts the
    independent sources of the statement up to and with this report, `sources_before` the most there ever were before
    it; of a correction, `sources` counts those that still stand. `replaces` is the statement that the same article
    was the first to report, in the place where it now has this one.
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


@dataclass(frozen=True, slots=True)
class Role:
    """An office or title that an actor holds between two dates; None means open-ended."""

    title: str
    start: Time | None = None
    end: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody worth tracking. `id` is by default the name's slug, so untracked quotes of the same name join up."""

    id: str
    name: str
    kind: MentionKind = "person"
    aliases: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    wikidata: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Actors under one name, for watches; `members` are ids of actors and of other groups, without a circle."""

    id: str
    name: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A standing order: said `by` these actors, or `about` those, meeting the query and every other condition given.

    `by` and `about` hold ids of actors and groups. An empty tuple or string is no condition. `created` is in log time:
    nothing first seen before it alerts. `deliver` are targets as `NAME` or `NAME:ADDRESS`, such as "stdout" or
    "webhook:https://example.org/hook".

    Alerts go out at once, or in one message every five minutes ("grouped"), hour, or day. In the hours of `quiet`, such
    as "22:00-07:00", they wait; what is more than `daily_cap` alerts (0 is no cap) comes together when the day is over.
    Hours and days are those of `zone`, a name of the IANA time zones.

    It is met once a statement has `least_sources` independent sources, and tells of it again when it has as many as
    each number of `spread`.
    """

    id: str
    name: str
    created: Time
    by: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    query: str = ""
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[QuoteKind, ...] = ()
    least_confidence: float = 0.5
    deliver: tuple[str, ...] = ("stdout",)
    tempo: Tempo = "instant"
    quiet: str = ""
    daily_cap: int = 0
    zone: str = "UTC"
    least_sources: int = 1
    spread: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A watch met by a statement, with the reason in plain words.

    `occasion` tells apart what there is to tell of one statement, whichever the watch; '' is that somebody said it. Its
    `kind` is that it is news, that it has spread, or that it was corrected, by `correction`.
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


def alert_id(watch: str, statement: str, occasion: str = "") -> str:
    """Id of an alert: a watch alerts once for an occasion of a statement, however often it is reported or replayed."""
    return content_id("alert", watch, statement, *filter(None, (occasion,)))


def delivery_id(statement: str, target: str, occasion: str = "") -> str:
    """Id of a delivery: one occasion of a statement is told to a target once, however many watches it meets."""
    return content_id("delivery", statement, target, *filter(None, (occasion,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one target is told in one message, with its attempts; `next_try` has no meaning unless pending.

    `also` are the other alerts of the message: those of other watches that the same statement meets, and in a digest
    those of other statements. It was to be sent at `planned`, and waits in the hours `quiet`, such as
    "22:00-07:00 Europe/Oslo"; `held` says what it had to wait for where its watch does not ask for that. If `grouped`,
    it is told together with others of its target: it has "joined" the delivery `digest`, whose `parts` are the ids of
    what it tells of. What is "muted" is told to nobody.
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
    held: Held = ""
    grouped: bool = False
    digest: str = ""
    parts: tuple[str, ...] = ()

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All that it tells of."""
        return (self.alert, *self.also)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Nobody is told of what this actor says, or of this statement, if first seen before `until`; None is for good.

    Such alerts are listed all the same. `thing` is the id of the actor or statement, `name` what people call it.
    """

    kind: Muted
    thing: str
    name: str = ""
    until: Time | None = None

    @property
    def id(self) -> str:
        """A mute is its kind and thing."""
        return f"{self.kind}:{self.thing}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What somebody found wrong with an alert, for measuring: another has spoken, or it was known before.

    `note` is who has spoken, or the id of the statement that it repeats, where they said so.
    """

    label: Label
    alert: Alert
    time: Time
    note: str = ""

    @property
    def id(self) -> str:
        """An alert has one mark of each label."""
        return f"{self.label}:{self.alert.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a publisher asks of those who poll, in the feed's body and in the headers of the last answer.

    `pause` and `lifetime` are the seconds in which the body and the headers say that nothing changes, 0 where they do
    not say. `hours` of the day (0 to 23) and `days` of the week (Monday is 0), in UTC, are to be left out. Until `held`
    the server has asked for no request at all.
    """

    pause: int = 0
    lifetime: int = 0
    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    held: Time = EPOCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a feed brings something new, up to `until`, the past counting half as much with every two weeks.

    `moments` are the different times of publication that were seen in each hour of the day (UTC), `watched` the hours
    that each was watched for, both of 24 numbers or none. `lately` and `usually` count new entries, the past of the
    former fading by half with every day. `gap` is the longest time without news, in hours, as it fades; `news` is when
    something new was last seen.
    """

    moments: tuple[float, ...] = ()
    watched: tuple[float, ...] = ()
    lately: float = 0.0
    usually: float = 0.0
    gap: float = 0.0
    news: Time | None = None
    until: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A subscription to what a feed's hub pushes, see `pipeline.websub`: at which hub, under which topic.

    It holds until `until`; at `next_ask` the hub is asked for it, or for its renewal, after `tries` that it has not
    answered, the last with `error`. `proven` says that news came by it, and no look brought any since.
    """

    hub: str = ""
    topic: str = ""
    until: Time = EPOCH
    next_ask: Time = EPOCH
    tries: int = 0
    proven: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source address with its polling memory.

    `url` is its identity for good; `location` is where it has moved for good and is looked for, or ''. `etag` and
    `last_modified` are sent back byte for byte. `seen` are the digests of entries already sent on, of 16 characters
    each and newest last, in one string: as one each they would take five times the memory.
    `failures` counts in a row; `polled` is False until the first success, whose entries are a backfill. `identity` is
    what its entries are known by: "guid" where their links change by themselves, "content" where both do. `known` are
    the entries met before, as `pipeline.identity` keeps them, `blocks` those of its pages' texts, as
    `pipeline.boilerplate` does. `status` is what the server answered last, 0 where nothing did; `warning` is how the
    feed has gone wrong, as `pipeline.health` finds it. `full_text` says whether pages that entries lead to are read,
    where "auto" means those of entries without their whole text; `again` are those to be read again, as
    `pipeline.again` keeps them. `stuck` says that validators were caught staying the same while
    the entries changed; they are not sent back any more.
    """

    url: str
    source: str = ""
    title: str = ""
    language: str = ""
    full_text: PagePolicy = "auto"
    location: str = ""
    etag: str = ""
    last_modified: str = ""
    next_check: Time = EPOCH
    last_success: Time | None = None
    last_error: str = ""
    status: int = 0
    failures: int = 0
    polled: bool = False
    gone: bool = False
    seen: Seen = ""
    identity: Identity = "link"
    known: str = ""
    blocks: str = ""
    asked: Asked = Asked()
    rhythm: Rhythm = Rhythm()
    warning: Warned = ""
    stuck: bool = False
    again: str = ""
    push: Push = Push()

    @property
    def id(self) -> str:
        """A feed is its address."""
        return self.url

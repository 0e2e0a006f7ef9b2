"""The ports: protocols through which the pipeline reaches the world, each with its delivery guarantee.

Any method may raise WorldError for trouble that a later call may mend; then no part of the call counts as done, and the
caller backs off and repeats the whole call. Writing the same value twice changes nothing. Each port has a suite in
`tests/pipeline/ports`, which every adapter passes.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from pipeline.model import (
    Actor,
    Alert,
    ApiToken,
    Change,
    Decision,
    Delivery,
    DeliveryState,
    Document,
    Feed,
    FeedState,
    Group,
    LastUse,
    Mark,
    Mute,
    PushSubscription,
    Review,
    Session,
    SignInAttempt,
    Translation,
    Triage,
    User,
    Watch,
)
from pipeline.model.feed import FeedItem, LinkRule, ParsedFeed, ParsedSitemap, RobotsRules
from pipeline.model.query import Page, Search

ARTICLES = "articles"

DOCUMENTS = "documents"  # in a cluster, on the way to the index

QUOTES = "quotes"

PUSHES = "pushes"  # bodies that WebSub hubs push, keyed by feed, for the poller

DECISIONS = "decisions"  # in a cluster, on the way to the index

ALERTS = "alerts"

DEAD_LETTERS = "dead-letters"
MOST_BYTES: Final = 100_000_000  # of the values that a read of the log returns: every process has room for them


@dataclass(frozen=True, slots=True)
class Message:
    """A message to append to a log. Records with the same key keep their order."""

    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A message at its position in the log. `timestamp` is log time: when the message was appended."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: str
    value: bytes
    headers: Mapping[str, str]

    @property
    def origin(self) -> str:
        """The position as one string, "articles/0/42"."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class Log(Protocol):
    """A durable log with topics, partitions, keys, offsets and consumer groups, in Kafka's sense of the words.

    Called by: the poller and `ingest` (append), each pipeline step (read, append, commit).
    """

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        """Append in order, all or nothing; durable when it returns. A repeated call appends again."""

    def read(self, topic: str, group: str, most: int, most_bytes: int = MOST_BYTES) -> list[Record]:
        """Return up to `most` records after the group's committed offsets, without waiting.

        Returns fewer, but at least one, if their values have more than `most_bytes`. Without a commit, the next call
        returns the same records. Records of a partition are in order, in an embedded log those of all partitions.
        """

    def commit(self, group: str, records: Sequence[Record]) -> None:
        """Mark these records, and all before them, as processed by the group."""


class Backlog(Protocol):
    """The lag of consumer groups, for metrics and `doctor`."""

    def lag(self, topic: str, group: str) -> int:
        """Number of records after the group's committed offsets."""


class LogRetention(Protocol):
    """Deletion of old log records, for logs that do not delete by themselves."""

    def __call__(self, topic: str, group: str, before: datetime, most: int) -> int:
        """Delete up to `most` of the oldest records of each partition appended before `before`, and return how many.

        Records that `group`, or any other group with a commit on the topic, has not processed are kept. Offsets never
        restart.
        """


class Index(Protocol):
    """Searchable storage of documents and of the decisions about their quotes.

    Called by: the pipeline (add), the command line, API and pages (search, and the look-ups of Archive).
    """

    def add(self, entries: Sequence[Document | Decision]) -> None:
        """Store by id, create-or-same. In searches, a later revision of an article replaces the earlier ones."""

    def search(self, search: Search) -> Page:
        """Return one page of results; UsageError for a cursor of another search."""


Entry = TypeVar("Entry", Document, Decision)


class Archive(Protocol):
    """Whole records of the index by id, with all revisions and reports ever added."""

    def documents(self, *article_ids: str) -> list[Document]:
        """Every revision of the articles, those of an article oldest first; nothing for an unknown article."""

    def decisions(self, *statement_ids: str) -> list[Decision]:
        """Every report of the statements in log order; nothing for an unknown statement."""

    def arrivals(self, noun: type[Entry], after: str, most: int, settled: timedelta) -> tuple[list[Entry], str]:
        """Return up to `most` entries after a cursor, and the next cursor; entries younger than `settled` may wait."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The index's record of one revision of an article."""

    digest: str
    number: int
    origin: str


class Memory(Protocol):
    """The memory of the steps. The index answers, so that no second store can disagree with it."""

    def revisions(self, article_ids: Sequence[str]) -> dict[str, tuple[Revision, ...]]:
        """Return the known revisions of each article, oldest first; unknown articles are omitted."""

    def verdicts(self, quote_ids: Sequence[str]) -> dict[str, Decision]:
        """Return the decision about each quote; undecided quotes are omitted."""

    def said(self, speaker_id: str, since: datetime) -> list[Decision]:
        """Return the decisions about the speaker's quotes first seen at or after `since`, in log order."""


AccountRecord = User | Session | ApiToken | LastUse | PushSubscription  # no part of an export

DeskRecord = Feed | FeedState | Actor | Group | Watch | Mute | Mark | Triage | Change | AccountRecord
"""A record of the desk."""

Noun = TypeVar("Noun", bound=DeskRecord)


class Desk(Protocol):
    """The records of the desk by id, among them the states of feeds, which the poller alone writes."""

    def save(self, *records: DeskRecord) -> None:
        """Store or replace records by id, all or nothing."""

    def remove(self, noun: type[DeskRecord], record_id: str) -> bool:
        """Delete a record, and return whether it existed."""

    def find(self, noun: type[Noun], record_id: str) -> Noun | None:
        """Return the record of this id, or None."""

    def all(self, noun: type[Noun]) -> list[Noun]:
        """Return all records of a type, ordered by id."""

    def version(self, noun: type[DeskRecord]) -> int:
        """Return how many calls of any process have changed records of this type."""


class Outbox(Protocol):
    """Pending deliveries with their attempts. The outbox makes an alert arrive once.

    Called by: the pipeline (put), the deliverer (due, update), the command line and API (the listing of Deliveries).
    """

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """Store the deliveries with unknown ids; leave the others unchanged."""

    def due(self, now: datetime, most: int) -> list[Delivery]:
        """Return pending deliveries whose next attempt is due, oldest alert first, in the order of `put`."""

    def update(self, delivery: Delivery) -> None:
        """Replace the delivery with this id."""


class Deliveries(Protocol):
    """Read access to the outbox."""

    def find(self, delivery_id: str) -> Delivery | None:
        """Return the delivery with this id, or None."""

    def listing(self, state: DeliveryState | None = None, most: int = 100, before: str = "") -> list[Delivery]:
        """Return deliveries in a state, newest first; `before` is the id of the last delivery of the previous page."""


class OutboxStore(Outbox, Deliveries, Protocol):
    """An outbox with read access."""


class Notifier(Protocol):
    """A channel to people, loaded by name: `connectors/notify/webhook.py` delivers to the target "webhook:URL"."""

    def send(self, delivery: Delivery) -> None:
        """Send one message with all alerts of the delivery; return when the receiver has accepted it.

        WorldError: retry, not before its `retry_after`. RefusedError: never retry. A retry sends the same id.
        """


class IdentityProvider(Protocol):
    """An OpenID Connect provider, at which browsers sign in. WorldError while it does not answer."""

    def sign_in_address(self, attempt: SignInAttempt) -> str:
        """The address to send a browser to."""

    def claims(self, code: str, issuer: str, attempt: SignInAttempt) -> Mapping[str, Any]:
        """The claims about the user whom a browser's code stands for, with `sub`; RefusedError unless it is for us."""

    def sign_out_address(self, back: str) -> str:
        """The address to send a browser to so that it logs out at the provider too; '' if there is none."""


class Translator(Protocol):
    """A service that translates statements, such as LibreTranslate. Alerts are sent whether or not it answers."""

    def translate(self, text: str, language: str, timeout: timedelta) -> Translation:
        """Translate a text of this language ('' if unknown); WorldError if there is no translation in time.

        The text may be anything that an article contains, and the translation may be anything at all.
        """


class Reviewer(Protocol):
    """A service that says whether an article supports an alert, such as a language model on a local server."""

    def review(self, alert: Alert, passage: str, timeout: timedelta) -> Review:
        """Judge an alert by the passage of the article around the quote; WorldError if there is no opinion in time.

        The passage may contain instructions to the service. So an opinion is shown, and obeyed only on request.
        """


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response of any status. Header names are lower-case; their values are latin-1, which keeps their bytes.

    `url` is the address that responded; `moved` is the target of permanent redirects from the requested address, or ''.
    `sent` are the headers of the last request, without logins.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    moved: str = ""
    sent: Mapping[str, str] = field(default_factory=dict)


class HttpSession(Protocol):
    """Guarded HTTP requests of one event loop: one request at a time to a host, with a pause before the next.

    Every call ends in time, reads a bounded number of bytes, and connects to public addresses alone unless the settings
    allow others. WorldError if there is no response, RefusedError if the address is not allowed.
    """

    async def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """Follow redirects and return the last response, its body unpacked. Waiting for the host takes no timeout."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> Response:
        """Return the response to one POST, with the start of its body. Redirects are not followed."""

    def slow_down(self, url: str, seconds: float) -> None:
        """Leave at least so many seconds after each request to the host of this address, from now on."""


class HttpClient(Protocol):
    """The way to open sessions, safe to share between threads."""

    def connections(self) -> AbstractAsyncContextManager[HttpSession]:
        """A session of the running event loop, closed on leaving."""


class Robots(Protocol):
    """The robots.txt of every site, each fetched once a day."""

    async def rules(
        self, connections: HttpSession, url: str, read: Callable[[bytes, str], Awaitable[RobotsRules]]
    ) -> RobotsRules:
        """The site's rules for `url`; the session keeps to its delay. `read` parses a robots.txt.

        Without a robots.txt everything is allowed; while it cannot be fetched, nothing, and the rules name the failure.
        RefusedError if `url` is not an address.
        """


class FeedParser(Protocol):
    """Parses hostile feeds within limits of time and memory: InputError if the input exceeds them or is malformed."""

    def feed(self, body: bytes, content_type: str, url: str, known: Iterable[str] = ()) -> ParsedFeed:
        """The items in the body of the feed at `url`; an item whose `raw` digest is `known` comes without its text."""

    def links(self, body: bytes, content_type: str, url: str) -> list[tuple[str, str]]:
        """The address and title of each feed that the web page at `url` names."""

    def section(self, body: bytes, content_type: str, url: str, selector: str) -> ParsedFeed:
        """The links at the CSS selector on the page at `url`, as items without text; InputError if there are none."""

    def link_rules(self, body: bytes, content_type: str, url: str) -> list[LinkRule]:
        """Proposed selectors for the links to articles on the page at `url`, the likeliest first."""


class PageParser(Protocol):
    """Parses hostile web pages and the files about them, within the limits of FeedParser."""

    def page(self, body: bytes, content_type: str, url: str) -> FeedItem:
        """The article on the web page at `url`, with the metadata of the page."""

    def transcript(self, body: bytes, url: str) -> FeedItem:
        """The words of the transcript at `url` (WebVTT, SubRip or JSON), a paragraph for each turn."""

    def robots(self, body: bytes, url: str) -> RobotsRules:
        """The rules of this robots.txt for the page at `url`."""

    def listing(self, body: bytes, content_type: str, url: str) -> ParsedSitemap:
        """The pages and sitemaps that the sitemap at `url` lists."""


class Parser(FeedParser, PageParser, Protocol):
    """A parser of everything that a poller reads, safe to share between threads; `processes` of them can be busy."""

    processes: int

    def cost(self) -> float:
        """The CPU seconds of the last call in this thread, once; 0 if there was none."""


class Assignment(Protocol):
    """A process's share of work that several processes divide among them, in Kafka's sense of the word.

    Called by: the poller (by host), the deliverer (by receiver), the local runner in a cluster (all or nothing).
    """

    def renew(self, let_go: Callable[[], None]) -> None:
        """Renew the assignment; call this at least every few seconds.

        If keys are revoked, `let_go` is called in some thread, and returns once no work on those keys is in progress.
        WorldError if the other processes cannot be reached.
        """

    def holds(self, key: str) -> bool:
        """Return True if this process owns the key; at most one does, except briefly after a network partition."""


class Clock(Protocol):
    """The current time."""

    def __call__(self) -> datetime:
        """Return now, aware, in UTC."""


class SoleOwner:
    """The assignment of a process that does all of the work."""

    def renew(self, let_go: Callable[[], None]) -> None:
        """Keep everything (see Assignment)."""

    def holds(self, key: str) -> bool:
        """Return True (see Assignment)."""
        return True

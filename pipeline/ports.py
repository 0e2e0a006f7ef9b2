"""The ports: protocols through which the pipeline reaches the world, each with its delivery guarantee.

Any method may raise WorldError for trouble that a later call may mend; then no part of the call counts as done, and the
caller backs off and repeats the whole call. Writing the same value twice changes nothing. `tests/contracts` holds one
suite per port, which every adapter passes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol, TypeVar

from pipeline.model import Actor, Decision, Delivery, DeliveryState, Document, Feed, Group, Mark, Mute, Session, Watch
from pipeline.model.query import Node

__all__ = [
    "ALERTS",
    "ARTICLES",
    "DEAD_LETTERS",
    "DECISIONS",
    "DOCUMENTS",
    "QUOTES",
    "Archive",
    "Assignment",
    "Backlog",
    "Clock",
    "Collection",
    "Deliveries",
    "Desk",
    "DeskRecord",
    "Hit",
    "Index",
    "Log",
    "LogRetention",
    "Memory",
    "Message",
    "Notifier",
    "Noun",
    "Order",
    "Outbox",
    "OutboxStore",
    "Page",
    "Record",
    "Revision",
    "Search",
]

ARTICLES = "articles"

DOCUMENTS = "documents"  # in a cluster, on the way to the index

QUOTES = "quotes"

DECISIONS = "decisions"  # in a cluster, on the way to the index

ALERTS = "alerts"

DEAD_LETTERS = "dead-letters"


@dataclass(frozen=True, slots=True)
class Message:
    """What is appended to a log; records of one key keep their order."""

    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A message in its place in the log; `timestamp` is log time, when it was appended."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: str
    value: bytes
    headers: Mapping[str, str]

    @property
    def origin(self) -> str:
        """Its place as one string, "articles/0/42"."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class Log(Protocol):
    """A durable log with topics, partitions, keys, offsets and consumer groups, in Kafka's sense of the words.

    Called by: the poller and `ingest` (append), each pipeline step (read, append, commit).
    """

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        """Append in order, all or nothing; durable when it returns. A repeated call appends again."""

    def read(self, topic: str, group: str, most: int) -> list[Record]:
        """Up to `most` records after the group's committed offsets, at once; without a commit, the same ones again.

        Records of one partition come in order. An embedded log gives the oldest records first, of all partitions.
        """

    def commit(self, group: str, records: Sequence[Record]) -> None:
        """The group is done with these records and all before them."""


class Backlog(Protocol):
    """How far consumer groups are behind, for metrics and `doctor`."""

    def lag(self, topic: str, group: str) -> int:
        """Number of records after the group's committed offsets."""


class LogRetention(Protocol):
    """Lets go of old log records, where the log does not do so by itself."""

    def __call__(self, topic: str, group: str, before: datetime, most: int) -> int:
        """Delete up to `most` records of each partition, from its start on, appended before `before`; how many went.

        None that `group`, or any other group that has committed on the topic, has still to read. Offsets stay as they
        are and go on.
        """


Collection = Literal["articles", "quotes", "statements"]

Order = Literal["newest", "relevance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A question to the index. `query` None is everything; `cursor` is a Page's, for the page after it."""

    collection: Collection = "quotes"
    query: Node | None = None
    order: Order = "newest"
    limit: int = 20
    cursor: str = ""
    facets: bool = False
    days: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One article, quote or statement found, flat enough for a table.

    `text` is the article's text, the quote's content or the statement; `highlights` are ranges of it, in order.
    `reports` counts the articles that report the statement (for quotes and articles 1). `modality` is how it was said
    ("denied"), and `cue` the article's own words for that. `changed_from` is the statement that this one changes.
    `archive` says that the article was not read as news.
    """

    collection: Collection
    id: str
    text: str
    highlights: tuple[tuple[int, int], ...]
    article_id: str
    title: str
    url: str
    source: str
    language: str
    published: datetime | None
    first_seen: datetime
    speaker_id: str = ""
    speaker_name: str = ""
    kind: str = ""
    confidence: float = 0.0
    statement_id: str = ""
    reports: int = 1
    modality: str = ""
    cue: str = ""
    changed_from: str = ""
    archive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Hits in order, how many there are in all, the cursor of the next page ('' at the end) and counts.

    `facets` maps a field ("speaker", "source", "lang", "kind", "said", "verdict") to its most frequent values, the
    first most. `days` are the latest days (UTC) of which something was found, by when it was published or else first
    seen. Both count the
    newest `counted` of what was found: all of it, or as much as an index can count while somebody waits.
    """

    hits: tuple[Hit, ...]
    total: int
    cursor: str = ""
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    days: Sequence[tuple[date, int]] = ()
    counted: int = 0


class Index(Protocol):
    """Searchable storage of documents and of what was decided about their quotes.

    Called by: the pipeline (add), the command line, API and pages (search, and the look-ups of Archive).
    """

    def add(self, entries: Sequence[Document | Decision]) -> None:
        """Store, create-or-same by id; a later revision of an article replaces the earlier in searches."""

    def search(self, search: Search) -> Page:
        """The page asked for; UsageError for a cursor that is not one of ours."""


class Archive(Protocol):
    """Whole records of the index by id; all revisions and reports ever added."""

    def documents(self, article_id: str) -> list[Document]:
        """Every revision of the article, oldest first; empty if unknown."""

    def decisions(self, statement_id: str) -> list[Decision]:
        """Every report of the statement in log order; empty if unknown."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What memory keeps of one revision of an article."""

    digest: str
    number: int
    origin: str


class Memory(Protocol):
    """What the pure core needs to remember, answered from the index so that no second store can disagree with it."""

    def revisions(self, article_ids: Sequence[str]) -> dict[str, tuple[Revision, ...]]:
        """The known revisions of each article, oldest first; unknown articles are left out."""

    def verdicts(self, quote_ids: Sequence[str]) -> dict[str, Decision]:
        """The decision each quote had; undecided quotes are left out."""

    def said(self, speaker_id: str, since: datetime) -> list[Decision]:
        """Decisions about the speaker's quotes first seen at or after `since`, in log order."""


DeskRecord = Feed | Actor | Group | Watch | Mute | Mark | Session
"""What is kept on the desk."""

Noun = TypeVar("Noun", Feed, Actor, Group, Watch, Mute, Mark, Session)


class Desk(Protocol):
    """The user's standing orders by id: feeds, actors, groups, watches and mutes; and what they marked.

    Called by: the command line and API (all), the poller (feeds' polling memory), the pipeline (the others but marks).
    """

    def save(self, *things: DeskRecord) -> None:
        """Store or replace by id, all or nothing."""

    def remove(self, noun: type[DeskRecord], thing_id: str) -> bool:
        """Forget it; whether it was there."""

    def all(self, noun: type[Noun]) -> list[Noun]:
        """Every one of the noun, by id."""

    def version(self, noun: type[DeskRecord]) -> int:
        """How many calls, of whatever process, have changed something of the noun: each counts as one."""


class Outbox(Protocol):
    """Deliveries to be made, with their attempts: what makes an alert arrive once.

    Called by: the pipeline (put), the deliverer (due, update), the command line and API (the listing of Deliveries).
    """

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """Store those whose id is unknown; leave the others as they are."""

    def due(self, now: datetime, most: int) -> list[Delivery]:
        """Pending deliveries whose next try is not after `now`, oldest alert first, in the order put."""

    def update(self, delivery: Delivery) -> None:
        """Replace the delivery of this id."""


class Deliveries(Protocol):
    """A look into the outbox."""

    def find(self, delivery_id: str) -> Delivery | None:
        """The delivery of this id, None where there is none."""

    def listing(self, state: DeliveryState | None = None, most: int = 100, before: str = "") -> list[Delivery]:
        """Deliveries of that state, the other way round than `due`, `before` being the id of the last one seen."""


class OutboxStore(Outbox, Deliveries, Protocol):
    """An outbox that can be looked into."""


class Notifier(Protocol):
    """One way to tell people. Loaded by name: the target "webhook:URL" is sent by `connectors/notify/webhook.py`."""

    def send(self, delivery: Delivery) -> None:
        """Tell them once, of all its alerts; returns when the receiver has accepted it. A digest is a delivery too.

        WorldError: try again (not before its retry_after); RefusedError: never again. A retry sends the same id.
        """


class Assignment(Protocol):
    """The part of some work that is this process's own, where several do it side by side.

    Called by: the poller (by host), the deliverer (by lane), the one-machine runner in a cluster (as a whole).
    """

    def renew(self, let_go: Callable[[], None]) -> None:
        """Find out what is ours from now on; to be called at least every few seconds.

        Where others are about to get something of ours, `let_go` is called in some thread, when it is not ours any
        more: it returns once nothing of it is under way. WorldError where the others cannot be asked.
        """

    def holds(self, key: str) -> bool:
        """Whether what has this key is ours; never true in two processes at once, but after one was cut off."""


class Clock(Protocol):
    """The time, brought in from outside."""

    def __call__(self) -> datetime:
        """Now, aware, in UTC."""


class SoleOwner:
    """Share of a process that does all of the work."""

    def renew(self, let_go: Callable[[], None]) -> None:
        """See Share: nothing changes hands."""

    def holds(self, key: str) -> bool:
        """See Share: everything."""
        return True

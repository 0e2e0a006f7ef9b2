"""The door to the index, and what is asked there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from pipeline.model import Decision, Document
from pipeline.query import Node

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
    `reports` counts the articles that report the statement (for quotes and articles 1).
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Hits in order, how many there are in all, the cursor of the next page ('' at the end) and counts.

    `facets` maps a field ("speaker", "source", "lang", "kind") to its most frequent values, the first most. `days` are
    the latest days (UTC) of which something was found, by when it was published or else first seen. Both count the
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

"""Ports about where articles come from: evidence of what was read, and inboxes that are not read over HTTP.

They belong to `pipeline.ports`, whose guarantees hold here too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.errors import InputError
from pipeline.model import Article, Feed
from pipeline.ports import Response

FILES = "files"  # the topic in the headers of dead letters of files and mails; the log has no such topic


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its response at a time, as evidence; `url` is the requested address."""

    url: str
    response: Response
    time: datetime


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """A stored response: its address, time, status (0 if it was no HTTP response), digest and size in bytes."""

    url: str
    time: datetime
    status: int
    digest: str
    bytes: int


class Evidence(Protocol):
    """Storage of what articles were read from, for articles that alerts rest on.

    Called by: the poller (hold), the worker that follows the alerts (keep, expire), command line and pages (the rest).
    """

    def hold(self, article_id: str, exchange: Exchange) -> None:
        """Store what the article was read from, for some days unless it is kept."""

    def keep(self, article_id: str) -> int:
        """Keep for long what is held of the article, and return the number of exchanges."""

    def find(self, article_id: str) -> list[EvidenceRecord]:
        """Return the stored responses of the article, oldest first; empty if there are none."""

    def content(self, article_id: str) -> bytes:
        """Return a WARC file with everything that is stored of the article; empty if there is nothing."""

    def expire(self, now: datetime) -> int:
        """Delete what is stored for longer than the settings allow, and return the number of exchanges."""

    def usage(self) -> tuple[int, int]:
        """Return how many bytes are stored, and the limit of the settings."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The result of reading an inbox: articles, an error with the bytes of each unreadable one, and the new cursor.

    `more` says that further articles are waiting; `bytes` and `cpu` (seconds of parsers) count for the feed's budget.
    """

    articles: tuple[Article, ...]
    failures: tuple[InputError, ...]
    cursor: str
    more: bool = False
    bytes: int = 0
    cpu: float = 0.0


class Inbox(Protocol):
    """A source that is not read over HTTP, such as a mailbox or a watched folder.

    Called by: the poller, in any thread.
    """

    def read(self, feed: Feed, cursor: str, *, first: bool) -> Arrivals:
        """Return what has arrived since the cursor, '' for the beginning; the first reading is a backfill."""

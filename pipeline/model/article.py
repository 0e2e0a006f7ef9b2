"""Articles, each published piece in its revisions."""

from dataclasses import dataclass
from typing import Literal

from pipeline.model.ids import content_id
from pipeline.model.wire import Time

DateKind = Literal["published", "modified"]

DateOrigin = Literal["feed", "json-ld", "page", "file"]


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

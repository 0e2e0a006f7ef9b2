"""Articles: published pieces in their revisions."""

from dataclasses import dataclass
from typing import Literal

from pipeline.model.ids import content_id
from pipeline.model.wire import Time

DateKind = Literal["published", "modified"]

DateOrigin = Literal["feed", "json-ld", "page", "file"]


@dataclass(frozen=True, slots=True)
class Dated:
    """A date of an article with its origin: the feed, the page's JSON-LD, its meta elements, or a file."""

    kind: DateKind
    time: Time
    origin: DateOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One published piece, in one revision.

    `id` survives a changed headline, guid or tracking parameter (see `article_id`). `marks` name defects, such as
    "summary-only" or "no-date". `dates` are all dates of the article, and `published` is the first plausible one of
    them. `agency` is the news agency that the article credits, or ''. A `backfill` article is indexed and remembered,
    and alerts nobody.
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
        """Id of the content; it changes with the headline or the text."""
        return content_id(self.title, self.text)


def article_id(*, canonical_url: str = "", feed: str = "", guid: str = "", title: str = "", text: str = "") -> str:
    """Identity of an article: its canonical address, else feed and guid, else feed, title and text."""
    if canonical_url:
        return content_id("url", canonical_url)
    if guid:
        return content_id("guid", feed, guid)
    return content_id("content", feed, title, text)

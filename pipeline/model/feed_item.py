"""Parsed feeds, items, pages and sitemaps, as parsers hand them to the pipeline."""

from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.model import Dated, PublisherLimits, Time


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedResponse:
    """The response to a poll of a feed. `url` is the final address after redirects, `moved` a permanent new address.

    `lifetime` is how long the response stays fresh (RFC 9111), `hub` and `topic` are the WebSub links of its headers. A
    `pushed` response came from the feed's hub.
    """

    status: int
    url: str
    body: bytes = b""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    moved: str = ""
    retry_after: timedelta | None = None
    lifetime: timedelta = timedelta(0)
    hub: str = ""
    topic: str = ""
    pushed: bool = False


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A page's link to a feed, with the link's title."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """An address in a sitemap, with the time of its last change."""

    url: str
    changed: Time | None = None


@dataclass(frozen=True, slots=True)
class ParsedSitemap:
    """A parsed sitemap: further sitemaps, and pages."""

    sitemaps: tuple[SitemapEntry, ...] = ()
    pages: tuple[SitemapEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One item of a feed, or the article on a page, with texts as plain text and blank lines between paragraphs.

    `whole` is True if `text` is the whole article rather than a summary. `published` is None if there is no date or an
    unreadable one (`marks` say which); `dates` are all dates. `credit` is the credited agency or outlet. `validators`
    are the ETag and Last-Modified of the page.
    """

    url: str = ""
    guid: str = ""
    title: str = ""
    text: str = ""
    whole: bool = True
    published: Time | None = None
    authors: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    section: str = ""
    credit: str = ""
    dates: tuple[Dated, ...] = ()
    validators: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A parsed feed: its title and language, its items in the order of the body, and its publisher's polling limits.

    `hub` and `topic` are the WebSub addresses as the feed writes them.
    """

    title: str
    language: str
    entries: tuple[FeedItem, ...]
    asked: PublisherLimits = field(default_factory=PublisherLimits)
    hub: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class IdentifiedItem:
    """An item with the id and canonical address of its article."""

    entry: FeedItem
    article_id: str
    canonical_url: str

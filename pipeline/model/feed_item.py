"""Parsed feeds, items, pages and sitemaps, as parsers hand them to the pipeline."""

from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.model import Dated, PublisherLimits, Time


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedResponse:
    """What a server said when a feed was looked at. `url` is the address that answered, after redirects.

    `lifetime` is how long it says that the answer stays fresh, `hub` and `topic` what its headers name for WebSub.
    One that is `pushed` was sent by the feed's hub.
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
    """A link that a page has to a feed, with the name that it gives it."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """An address that a sitemap lists, and when what is there was changed last."""

    url: str
    changed: Time | None = None


@dataclass(frozen=True, slots=True)
class ParsedSitemap:
    """What a sitemap lists: further sitemaps, and pages."""

    sitemaps: tuple[SitemapEntry, ...] = ()
    pages: tuple[SitemapEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One entry of a feed, its texts clean and in plain text with blank lines between paragraphs.

    `whole` says that `text` is the whole article and not a summary of it. `published` is None without a date, and with
    one that cannot be read, which `marks` tell apart; `dates` are all that were given. `credit` is whom it is said to
    be from, besides its authors. `validators` are the ETag and Last-Modified of the page that it was read from.
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
    """A feed's body as read: the feed's own title and language, its entries in the body's order, what it asks of us.

    `hub` and `topic` are the addresses that it names for WebSub, as it writes them.
    """

    title: str
    language: str
    entries: tuple[FeedItem, ...]
    asked: PublisherLimits = field(default_factory=PublisherLimits)
    hub: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class IdentifiedItem:
    """An entry with the identity that its article will have."""

    entry: FeedItem
    article_id: str
    canonical_url: str

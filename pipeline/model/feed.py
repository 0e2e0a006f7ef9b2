"""Feeds: the user's subscription, the poller's state, and the items, pages and sitemaps that parsers return."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from pipeline.model.document import Dated
from pipeline.model.values import EPOCH, PagePolicy, Seen, Time

Identity = Literal["link", "guid", "content"]

FeedWarning = Literal["", "silent", "flooding", "failing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherLimits:
    """Limits that a publisher sets for pollers, in the feed's body and in the headers of the last response.

    `pause` is the number of seconds without changes according to the body, `lifetime` the same according to the
    headers; 0 stands for no limit. The publisher wants no polls in these `hours` of the day (0 to 23) and on these
    `days` of the week (Monday is 0), in UTC. Until `held`, the server wants no request at all.
    """

    pause: int = 0
    lifetime: int = 0
    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    held: Time = EPOCH


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingRate:
    """The publishing rate of a feed up to `until`; observations lose half of their weight every two weeks.

    `moments` counts the distinct times of publication in each hour of the day (UTC), `watched` the hours for which each
    was observed; both have 24 numbers or none. `lately` and `usually` count new items; those of `lately` lose half
    their weight every day. `gap` is the longest time without a new item, in hours, also fading; `news` is the time of
    the last new item.
    """

    moments: tuple[float, ...] = ()
    watched: tuple[float, ...] = ()
    lately: float = 0.0
    usually: float = 0.0
    gap: float = 0.0
    news: Time | None = None
    until: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSubSubscription:
    """A WebSub subscription to a `topic` at a `hub`, see `pipeline.feeds.websub`.

    Its lease ends at `until`. At `next_ask` the poller requests the subscription or its renewal; the hub has not
    answered `tries` requests, the last of which ended with `error`. `proven` says that the hub has pushed every new
    item so far.
    """

    hub: str = ""
    topic: str = ""
    until: Time = EPOCH
    next_ask: Time = EPOCH
    tries: int = 0
    proven: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Use of a feed's daily budget since `since`: CPU seconds of parsers, bytes, articles and quotes.

    `over` says which limit is exceeded; then the feed waits until the day is over.
    """

    since: Time = EPOCH
    cpu: float = 0.0
    bytes: int = 0
    articles: int = 0
    quotes: int = 0
    over: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as the user subscribed to it; its `url` is its identity.

    `source` names the outlet; '' stands for the name that the feed or its pages have. `title` and `language` override
    those that the feed declares, which its FeedState keeps. `full_text` says which linked pages to read: "auto" reads
    those of items without a whole text. `ignore` holds rules for items to leave out, such as "section:Sport" (see
    `pipeline.feeds.state`). `tags` are the user's; a `paused` feed is not polled. With `links`, the address is a page
    without a feed, and this CSS selector finds its links to articles. `account` is the id of an actor: the items are
    that actor's posts. `requested` is the time of the user's last request for an immediate poll. The command line and
    the pages write feeds; the poller only reads them.
    """

    url: str
    source: str = ""
    title: str = ""
    language: str = ""
    full_text: PagePolicy = "auto"
    ignore: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    paused: bool = False
    links: str = ""
    account: str = ""
    requested: Time = EPOCH

    @property
    def id(self) -> str:
        """The address."""
        return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """State of polling the feed at `url`, which only the poller writes.

    `title` and `language` are the first that the feed declared, `outlet` is the first name of its outlet. `location` is
    the target of a permanent redirect, or ''. `etag` and `last_modified` are sent back byte for byte. `seen` holds the
    digests of items already sent on, 16 characters each, the newest last, in one string: as separate strings they would
    take five times the memory. `failures` counts failed polls in a row; `polled` is False until the first success,
    whose items are a backfill. `identity` names what identifies items: "guid" if their links change by themselves,
    "content" if both do. `known` holds the items met before, as `pipeline.ingest.identity` packs them, and `blocks` the
    text blocks of its pages, as `pipeline.ingest.body` does. `status` is the server's last HTTP status, 0 without an
    answer. `warning` is the verdict of `pipeline.feeds.health`. `again` holds the pages to read again, as
    `pipeline.feeds.recheck` packs them. `body` is the digest of the last body without the times at which it was
    written; `items` packs the items of that body, as `pipeline.ingest.identity` does. `pages` has a letter for each of
    the last pages that were read, see `pipeline.feeds.health`. `stuck` says that the validators once stayed the same
    while the items changed, so they are no longer sent. `granted` is the last `Feed.requested` that was answered by a
    poll.
    """

    url: str
    title: str = ""
    language: str = ""
    outlet: str = ""
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
    asked: PublisherLimits = PublisherLimits()
    rhythm: PublishingRate = PublishingRate()
    warning: FeedWarning = ""
    stuck: bool = False
    again: str = ""
    push: WebSubSubscription = WebSubSubscription()
    body: str = ""
    items: str = ""
    pages: str = ""
    spent: Spending = Spending()
    granted: Time = EPOCH

    @property
    def id(self) -> str:
        """The address of its feed."""
        return self.url


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

    `whole` is True if `text` is the whole article rather than a summary. `published` is None if there is no date or
    an unreadable one (`marks` say which); `dates` are all dates. `credit` is the credited agency or outlet, `site`
    the name that a page gives its site. `validators` are the ETag and Last-Modified of the page. `raw` is a digest
    of the item as the feed writes it; the text of an item whose digest was known to the parser is not read.
    `transcript` is the address of a podcast episode's transcript. `updates` are the entries of a live blog's page.
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
    site: str = ""
    dates: tuple[Dated, ...] = ()
    validators: tuple[str, str] = ("", "")
    raw: str = field(default="", compare=False)
    transcript: str = ""
    updates: tuple["FeedItem", ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A parsed feed: its title and language, its items in the order of the body, and its publisher's polling limits.

    `hub` and `topic` are the WebSub addresses as the feed writes them. An index of sitemaps has `sitemaps` only.
    """

    title: str
    language: str
    entries: tuple[FeedItem, ...]
    asked: PublisherLimits = field(default_factory=PublisherLimits)
    hub: str = ""
    topic: str = ""
    sitemaps: tuple[SitemapEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkRule:
    """A CSS selector of links on a page without a feed, and the items that it selects now."""

    selector: str
    items: tuple[FeedItem, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentifiedItem:
    """An item with the id and canonical address of its article."""

    entry: FeedItem
    article_id: str
    canonical_url: str


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules of a robots.txt for us: whether a page may be fetched, the seconds between requests, the sitemaps.

    `failure` says why the robots.txt could not be read, so that nothing is allowed for now; otherwise it is ''.
    """

    allowed: bool = True
    delay: float = 0.0
    sitemaps: tuple[str, ...] = ()
    failure: str = ""

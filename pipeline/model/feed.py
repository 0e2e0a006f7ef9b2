"""Feeds, with what is remembered of polling them."""

from dataclasses import dataclass
from typing import Literal

from pipeline.model.wire import EPOCH, PagePolicy, Seen, Time

Identity = Literal["link", "guid", "content"]

FeedWarning = Literal["", "silent", "flooding", "failing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherLimits:
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
class PublishingRate:
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
class WebSubSubscription:
    """A subscription to what a feed's hub pushes, see `pipeline.feeds.websub`: at which hub, under which topic.

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
    the entries met before, as `pipeline.ingest.identity` keeps them, `blocks` those of its pages' texts, as
    `pipeline.ingest.body` does. `status` is the server's last HTTP status, 0 if it did not answer; `warning` is what
    `pipeline.feeds.health` found wrong with the feed. `full_text` says whether the pages that items link to are read:
    "auto" reads them for items without their whole text. `again` are those to be read again, as
    `pipeline.feeds.recheck` keeps them. `stuck` says that validators were caught staying the same while
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
    asked: PublisherLimits = PublisherLimits()
    rhythm: PublishingRate = PublishingRate()
    warning: FeedWarning = ""
    stuck: bool = False
    again: str = ""
    push: WebSubSubscription = WebSubSubscription()

    @property
    def id(self) -> str:
        """A feed is its address."""
        return self.url

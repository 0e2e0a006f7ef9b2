"""Feeds as lists show them: the user's feed and the poller's state of it, side by side."""

from dataclasses import dataclass, fields
from typing import Any

from pipeline.feeds.state import described
from pipeline.model import (
    Feed,
    FeedState,
    FeedWarning,
    FullText,
    Identity,
    PublisherLimits,
    PublishingRate,
    Time,
    WebSubSubscription,
)
from pipeline.ports import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFeed:
    """The public fields of Feed and FeedState, without the packed memory of single items and pages."""

    url: str
    source: str
    title: str
    language: str
    full_text: FullText
    ignore: tuple[str, ...]
    tags: tuple[str, ...]
    paused: bool
    location: str
    etag: str
    last_modified: str
    next_check: Time
    last_success: Time | None
    last_error: str
    status: int
    failures: int
    polled: bool
    gone: bool
    identity: Identity
    asked: PublisherLimits
    rhythm: PublishingRate
    warning: FeedWarning
    stuck: bool
    push: WebSubSubscription


_OF_THE_STATE = {field.name for field in fields(FeedState)} & {field.name for field in fields(ListedFeed)}


def subscriptions(desk: Desk) -> list[tuple[Feed, FeedState]]:
    """All feeds, sorted by address, each with its state."""
    states = {state.id: state for state in desk.all(FeedState)}
    return [(feed, states.get(feed.id) or FeedState(url=feed.url)) for feed in desk.all(Feed)]


def listed(feed: Feed, state: FeedState) -> ListedFeed:
    """The feed as lists show it."""
    shown = described(feed, state)
    own: dict[str, Any] = {field.name: getattr(shown, field.name) for field in fields(Feed)}
    return ListedFeed(**({name: getattr(state, name) for name in _OF_THE_STATE} | own))


def unsubscribe(desk: Desk, url: str) -> bool:
    """Remove the feed and its state from the desk; True if there was such a feed."""
    followed = desk.remove(Feed, url)
    desk.remove(FeedState, url)
    return followed

"""Bodies of feeds that cannot be read: each is a dead letter once."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from pipeline.feeds.state import digests, remembered, short
from pipeline.model import FeedState, content_id
from pipeline.ports import Message

FEED_BODIES: Final = "feed-bodies"  # what dead letters of bodies name as their topic

_MOST_ERROR: Final = 500  # characters


def unreadable(
    state: FeedState, body: bytes, content_type: str, error: str, now: datetime
) -> tuple[FeedState, Message | None]:
    """The feed that remembers a body that cannot be read, and its dead letter, None if that body had one already."""
    digest = short("body", content_id(body.decode("latin-1")))
    if digest in digests(state.seen):
        return state, None
    return replace(state, seen=remembered(state.seen, [digest])), dead_letter(state, body, content_type, error, now)


def dead_letter(state: FeedState, body: bytes, content_type: str, error: str, now: datetime) -> Message:
    """The message for the dead letters of a feed's body."""
    headers = {
        "step": "parse",
        "error": error[:_MOST_ERROR],
        "topic": FEED_BODIES,
        "feed": state.id,
        "content-type": content_type,
        "time": now.isoformat(),
    }
    return Message(state.id, body, headers)

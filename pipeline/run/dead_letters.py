"""Dead letters of unreadable feed bodies, one for each body."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from pipeline.feeds.state import digests, remembered, short
from pipeline.model import FeedState, content_id
from pipeline.ports import Message

FEED_BODIES: Final = "feed-bodies"  # the topic in the headers of these dead letters

_MOST_ERROR: Final = 500  # characters


def unreadable(
    state: FeedState, body: bytes, content_type: str, error: str, now: datetime
) -> tuple[FeedState, Message | None]:
    """Return the feed that remembers the unreadable body, and the dead letter (None if the body already has one)."""
    digest = short("body", content_id(body.decode("latin-1")))
    if digest in digests(state.seen):
        return state, None
    return replace(state, seen=remembered(state.seen, [digest])), dead_letter(state, body, content_type, error, now)


def dead_letter(state: FeedState, body: bytes, content_type: str, error: str, now: datetime) -> Message:
    """Return the dead letter of a feed's body."""
    headers = {
        "step": "parse",
        "error": error[:_MOST_ERROR],
        "topic": FEED_BODIES,
        "feed": state.id,
        "content-type": content_type,
        "time": now.isoformat(),
    }
    return Message(state.id, body, headers)

"""Notices of feeds that have gone silent or wrong, and of those that are well again, in the shape of alerts.

So they go the way of alerts, with their retries and places to look: a notice is an alert that meets no watch, whose
statement is ours. Nobody is quoted, nothing is indexed. Each turn of a feed gives one, with the same id again where a
look is repeated after a crash.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from pipeline.addresses import host
from pipeline.health import health
from pipeline.model import Alert, ArticleRef, Delivery, Feed, Quote, Report, Statement, content_id, delivery_id

US: Final = "on-the-record"  # the speaker of a notice
_NAME: Final = "On the Record"
_WATCH: Final = "Health of feeds"

State = Literal["", "silent", "flooding", "failing", "gone"]
_TOLD: Final[dict[State, str]] = {
    "silent": "has gone silent",
    "flooding": "brings far more than usual",
    "failing": "fails",
    "gone": "is gone for good",
}


def state(feed: Feed) -> State:
    """What is wrong with the feed as far as it is told: with hysteresis, and not a first failure."""
    return "gone" if feed.gone else feed.warning


def notice(before: Feed, after: Feed, now: datetime) -> Alert | None:
    """What there is to tell of a feed that was so before a look and is so after it; None where it takes no turn."""
    was, found = state(before), state(after)
    if was == found:
        return None
    turn = content_id("notice", after.id, was, found, before.next_check.isoformat())
    words = f"{_called(after)} {_told(after, was, found, now)}"
    quote = Quote(
        id=turn,
        start=0,
        end=len(words),
        text=words,
        kind="indirect",
        fragments=((0, len(words)),),
        speaker_name=_NAME,
        speaker_id=US,
        confidence=1.0,
    )
    source = after.source or host(after.url)
    feed = ArticleRef(
        id=content_id("feed", after.id),
        revision=1,
        source=source,
        url=after.url,
        title=after.title or after.url,
        language="en",
        published=None,
        first_seen=now,
        backfill=False,
    )
    statement = Statement(
        id=turn, speaker_id=US, speaker_name=_NAME, text=words, kind="indirect", first=Report(quote, feed)
    )
    why = "poll.tell asks to be told"
    return Alert(id=turn, watch_id="", watch_name=_WATCH, statement=statement, why=why, created=now)


def _called(feed: Feed) -> str:
    name = feed.title or feed.source
    return f"{name} ({feed.url})" if name else feed.url


def _told(feed: Feed, was: State, found: State, now: datetime) -> str:
    if not found:
        return f"is well again, no longer {was}"
    text = health(feed, now).text
    return f"{_TOLD[found]}: {text}" if text else _TOLD[found]


def deliveries(told: Alert, targets: Sequence[str]) -> tuple[Delivery, ...]:
    """The notice to each target."""
    return tuple(
        Delivery(id=delivery_id(told.statement.id, target), alert=told, target=target)
        for target in dict.fromkeys(targets)
    )

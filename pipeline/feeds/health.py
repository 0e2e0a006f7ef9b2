"""The health of a feed, in numbers and as notices when a feed fails, goes silent or recovers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from pipeline.feeds.schedule import days_watched, expected, lately_a_day, usual_a_day
from pipeline.feeds.websub import is_reliable
from pipeline.ingest.urls import host
from pipeline.model import (
    Alert,
    ArticleRef,
    Delivery,
    Feed,
    FeedWarning,
    Identity,
    Quote,
    Report,
    Statement,
    Time,
    content_id,
    delivery_id,
)

Condition = Literal["new", "healthy", "failing", "silent", "flooding", "gone"]

_FAILURES: Final = 3  # in a row

_LEAST_DAYS: Final = 3.0  # of watching before anything is out of proportion

_SILENT: Final = (7.0, 2.0)  # missed moments of publication: none of 7 comes by chance once in a thousand times

_GAP: Final = 1.5  # times the longest silence so far: weekends and holidays are no news

_FLOOD: Final = (6.0, 3.0)  # times the usual number of entries a day

_FLOOD_ENTRIES: Final = 30.0  # a day, below which nothing is a flood


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a feed does; `lately` and `usually` are new entries a day, `text` what is wrong in plain words, or ''.

    `pushed` says that its news comes by its hub.
    """

    url: str
    condition: Condition
    text: str
    status: int
    failures: int
    last_success: Time | None
    last_news: Time | None
    next_check: Time | None
    lately: float
    usually: float
    identity: Identity
    pushed: bool


def health(feed: Feed, now: datetime) -> Health:
    """How the feed does now."""
    found = condition(feed)
    return Health(
        url=feed.url,
        condition=found,
        text=_text(feed, found, now),
        status=feed.status,
        failures=feed.failures,
        last_success=feed.last_success,
        last_news=feed.rhythm.news,
        next_check=None if feed.gone or not (feed.polled or feed.failures) else feed.next_check,
        lately=round(lately_a_day(feed.rhythm, now), 1),
        usually=round(usual_a_day(feed.rhythm), 1),
        identity=feed.identity,
        pushed=is_reliable(feed.push, now),
    )


def condition(feed: Feed) -> Condition:
    """The feed's health in one word; one that fails for the first time is "failing" too, and not yet warned of."""
    if feed.gone:
        return "gone"
    if feed.failures:
        return "failing"
    return feed.warning or ("healthy" if feed.polled else "new")


def warned(feed: Feed, now: datetime, *, recovering: bool = False) -> FeedWarning:
    """The warning that the feed deserves after a look at `now`, given the one that it has.

    One that is `recovering` has just worked for the first time since it failed; it is well with the second.
    """
    if feed.failures:
        return "failing" if feed.failures >= _FAILURES or feed.warning == "failing" else feed.warning
    if recovering and feed.warning == "failing":
        return "failing"
    if _flooding(feed, now):
        return "flooding"
    return "silent" if _silent(feed, now) else ""


def _silent(feed: Feed, now: datetime) -> bool:
    if feed.rhythm.news is None or days_watched(feed.rhythm) < _LEAST_DAYS:
        return False
    missed = expected(feed.rhythm, feed.rhythm.news, now)
    if feed.warning == "silent":
        return missed > _SILENT[1]
    return missed > _SILENT[0] and now - feed.rhythm.news > timedelta(hours=_GAP * feed.rhythm.gap)


def _flooding(feed: Feed, now: datetime) -> bool:
    lately, usually = lately_a_day(feed.rhythm, now), usual_a_day(feed.rhythm)
    if days_watched(feed.rhythm) < _LEAST_DAYS or lately < _FLOOD_ENTRIES:
        return False
    return lately > usually * (_FLOOD[1] if feed.warning == "flooding" else _FLOOD[0])


def _text(feed: Feed, found: Condition, now: datetime) -> str:
    if found in ("gone", "failing"):
        return feed.last_error or "its last look worked, the first since it failed"
    usually = f"{usual_a_day(feed.rhythm):.3g} a day are usual"
    if found == "silent" and feed.rhythm.news:
        return f"nothing new for {_span(now - feed.rhythm.news)}; {usually}"
    if found == "flooding":
        return f"{lately_a_day(feed.rhythm, now):,.0f} new entries a day; {usually}"
    if feed.identity != "link":
        return f"its entries are known by {feed.identity}, as their links change by themselves"
    return "its ETag or date stays the same while its entries change" if feed.stuck else ""


def _span(time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"


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

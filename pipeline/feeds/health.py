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
    FeedState,
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


def health(state: FeedState, now: datetime) -> Health:
    """How the feed does now."""
    found = condition(state)
    return Health(
        url=state.url,
        condition=found,
        text=_text(state, found, now),
        status=state.status,
        failures=state.failures,
        last_success=state.last_success,
        last_news=state.rhythm.news,
        next_check=None if state.gone or not (state.polled or state.failures) else state.next_check,
        lately=round(lately_a_day(state.rhythm, now), 1),
        usually=round(usual_a_day(state.rhythm), 1),
        identity=state.identity,
        pushed=is_reliable(state.push, now),
    )


def condition(state: FeedState) -> Condition:
    """The feed's health in one word; one that fails for the first time is "failing" too, and not yet warned of."""
    if state.gone:
        return "gone"
    if state.failures:
        return "failing"
    return state.warning or ("healthy" if state.polled else "new")


def warned(state: FeedState, now: datetime, *, recovering: bool = False) -> FeedWarning:
    """The warning that the feed deserves after a look at `now`, given the one that it has.

    One that is `recovering` has just worked for the first time since it failed; it is well with the second.
    """
    if state.failures:
        return "failing" if state.failures >= _FAILURES or state.warning == "failing" else state.warning
    if recovering and state.warning == "failing":
        return "failing"
    if _flooding(state, now):
        return "flooding"
    return "silent" if _silent(state, now) else ""


def _silent(state: FeedState, now: datetime) -> bool:
    if state.rhythm.news is None or days_watched(state.rhythm) < _LEAST_DAYS:
        return False
    missed = expected(state.rhythm, state.rhythm.news, now)
    if state.warning == "silent":
        return missed > _SILENT[1]
    return missed > _SILENT[0] and now - state.rhythm.news > timedelta(hours=_GAP * state.rhythm.gap)


def _flooding(state: FeedState, now: datetime) -> bool:
    lately, usually = lately_a_day(state.rhythm, now), usual_a_day(state.rhythm)
    if days_watched(state.rhythm) < _LEAST_DAYS or lately < _FLOOD_ENTRIES:
        return False
    return lately > usually * (_FLOOD[1] if state.warning == "flooding" else _FLOOD[0])


def _text(state: FeedState, found: Condition, now: datetime) -> str:
    if found in ("gone", "failing"):
        return state.last_error or "its last look worked, the first since it failed"
    usually = f"{usual_a_day(state.rhythm):.3g} a day are usual"
    if found == "silent" and state.rhythm.news:
        return f"nothing new for {_span(now - state.rhythm.news)}; {usually}"
    if found == "flooding":
        return f"{lately_a_day(state.rhythm, now):,.0f} new entries a day; {usually}"
    if state.identity != "link":
        return f"its entries are known by {state.identity}, as their links change by themselves"
    return "its ETag or date stays the same while its entries change" if state.stuck else ""


def _span(time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"


US: Final = "on-the-record"  # the speaker of a notice

_NAME: Final = "On the Record"

_WATCH: Final = "Health of feeds"

Announced = Literal["", "silent", "flooding", "failing", "gone"]

_TOLD: Final[dict[Announced, str]] = {
    "silent": "has gone silent",
    "flooding": "brings far more than usual",
    "failing": "fails",
    "gone": "is gone for good",
}


def announced(state: FeedState) -> Announced:
    """The trouble that notices announce: with hysteresis, and without a first failure."""
    return "gone" if state.gone else state.warning


def notice(feed: Feed, before: FeedState, after: FeedState, now: datetime) -> Alert | None:
    """What there is to tell of a feed that was so before a look and is so after it; None where it takes no turn."""
    was, found = announced(before), announced(after)
    if was == found:
        return None
    turn = content_id("notice", after.id, was, found, before.next_check.isoformat())
    words = f"{_called(feed)} {_told(after, was, found, now)}"
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
    article = ArticleRef(
        id=content_id("feed", after.id),
        revision=1,
        source=feed.source or host(feed.url),
        url=feed.url,
        title=feed.title or feed.url,
        language="en",
        published=None,
        first_seen=now,
        backfill=False,
    )
    statement = Statement(
        id=turn, speaker_id=US, speaker_name=_NAME, text=words, kind="indirect", first=Report(quote, article)
    )
    why = "poll.tell asks to be told"
    return Alert(id=turn, watch_id="", watch_name=_WATCH, statement=statement, why=why, created=now)


def _called(feed: Feed) -> str:
    name = feed.title or feed.source
    return f"{name} ({feed.url})" if name else feed.url


def _told(state: FeedState, was: Announced, found: Announced, now: datetime) -> str:
    if not found:
        return f"is well again, no longer {was}"
    text = health(state, now).text
    return f"{_TOLD[found]}: {text}" if text else _TOLD[found]


def deliveries(told: Alert, targets: Sequence[str]) -> tuple[Delivery, ...]:
    """The notice to each target."""
    return tuple(
        Delivery(id=delivery_id(told.statement.id, target), alert=told, target=target)
        for target in dict.fromkeys(targets)
    )

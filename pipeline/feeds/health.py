"""The health of a feed: in numbers, and as notices when it fails, goes silent or recovers."""

from collections.abc import Iterable, Sequence
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
    Time,
    content_id,
    delivery_id,
)
from pipeline.model.feed import FeedItem
from pipeline.model.statement import our_statement

Condition = Literal["new", "healthy", "failing", "silent", "flooding", "waiting", "gone"]

_FAILURES: Final = 3  # in a row

_LEAST_DAYS: Final = 3.0  # of observation before a feed can be silent or flooding

_SILENT: Final = (7.0, 2.0)  # missed publications; missing 7 by chance has a probability of one in a thousand

_GAP: Final = 1.5  # times the longest silence so far: a weekend or holiday causes no notice

_FLOOD: Final = (6.0, 3.0)  # times the usual number of items a day

_FLOOD_ENTRIES: Final = 30.0  # a day, the least that can be a flood


_MOST_PAGES: Final = 20  # remembered of a feed

_MANY_PARTIAL: Final = 4  # of these pages; fewer are the articles' own fault

_MANY_SAME: Final = 2  # after three addresses showed the same page

_PARTIAL: Final = "p"

_SAME: Final = "s"

_WHOLE: Final = "w"

_LOST: Final = frozenset({"partial", "unread"})  # marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The health of a feed; `lately` and `usually` are new items a day, `text` the trouble in plain words, or ''.

    `pushed` says that a hub pushes its new items. Of the last `pages` that its items link to, `partial` were read only
    in part or not at all.
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
    pages: int
    partial: int


def health(state: FeedState, now: datetime) -> Health:
    """The health of the feed now."""
    verdict = condition(state)
    return Health(
        url=state.url,
        condition=verdict,
        text=_text(state, verdict, now),
        status=state.status,
        failures=state.failures,
        last_success=state.last_success,
        last_news=state.rhythm.news,
        next_check=None if state.gone or not (state.polled or state.failures) else state.next_check,
        lately=round(lately_a_day(state.rhythm, now), 1),
        usually=round(usual_a_day(state.rhythm), 1),
        identity=state.identity,
        pushed=is_reliable(state.push, now),
        pages=len(state.pages),
        partial=_lost(state),
    )


def read_pages(before: str, pages: Iterable[FeedItem]) -> str:
    """The letters of `FeedState.pages` after these pages were read, the newest last."""
    letters = "".join(_letter(page) for page in pages if page.text or page.marks)
    return (before + letters)[-_MOST_PAGES:]


def _letter(page: FeedItem) -> str:
    if "same-page" in page.marks:
        return _SAME
    return _PARTIAL if _LOST & set(page.marks) else _WHOLE


def _lost(state: FeedState) -> int:
    """The number of the last pages that were read only in part or not at all."""
    return state.pages.count(_PARTIAL) + state.pages.count(_SAME)


def condition(state: FeedState) -> Condition:
    """The health in one word. "waiting" is over its budget; the first failure is "failing" too, before any warning."""
    if state.gone:
        return "gone"
    if state.spent.over:
        return "waiting"
    if state.failures:
        return "failing"
    return state.warning or ("healthy" if state.polled else "new")


def warned(state: FeedState, now: datetime, *, recovering: bool = False) -> FeedWarning:
    """The warning after a poll at `now`, which depends on the present warning.

    A feed is `recovering` after its first success since a failure; the second success ends the warning.
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


def _text(state: FeedState, verdict: Condition, now: datetime) -> str:
    if verdict in ("gone", "failing"):
        return state.last_error.removeprefix(f"GET {state.url}: ") or "its last poll worked, the first since it failed"
    usually = f"{usual_a_day(state.rhythm):.3g} a day are usual"
    if verdict == "silent" and state.rhythm.news:
        return f"nothing new for {_span(now - state.rhythm.news)}; {usually}"
    if verdict == "flooding":
        return f"{lately_a_day(state.rhythm, now):,.0f} new items a day; {usually}"
    return f"over its budget: {state.spent.over}" if verdict == "waiting" else _oddity(state)


def _oddity(state: FeedState) -> str:
    """Describe what is unusual about a working feed; '' if nothing is."""
    if state.identity != "link":
        return f"its items are identified by {state.identity}, because their links change by themselves"
    if (same_pages := state.pages.count(_SAME)) >= _MANY_SAME:
        return f"its site shows the same page at {same_pages} of the last {len(state.pages)} addresses"
    if (partial := _lost(state)) >= _MANY_PARTIAL:
        return f"{partial} of its last {len(state.pages)} pages could be read only in part, or not at all"
    return "its ETag or date stays the same while its items change" if state.stuck else ""


def _span(time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"


_WATCH: Final = "Health of feeds"

Announced = Literal["", "silent", "flooding", "failing", "waiting", "gone"]

_PHRASES: Final[dict[Announced, str]] = {
    "silent": "has gone silent",
    "flooding": "brings far more than usual",
    "failing": "fails",
    "waiting": "waits until tomorrow",
    "gone": "is gone for good",
}


def announced(state: FeedState) -> Announced:
    """The trouble to announce in notices: with hysteresis, and without a first failure."""
    if state.gone:
        return "gone"
    return "waiting" if state.spent.over else state.warning


def notice(feed: Feed, before: FeedState, after: FeedState, now: datetime) -> Alert | None:
    """The notice after a poll that changed the announced trouble of the feed, else None."""
    previous, current = announced(before), announced(after)
    if previous == current:
        return None
    turn = content_id("notice", after.id, previous, current, before.next_check.isoformat())
    words = f"{_name_of(feed)} {_report(after, previous, current, now)}"
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
    reason = "poll.tell names this target"
    return Alert(
        id=turn, watch_id="", watch_name=_WATCH, statement=our_statement(turn, words, article), why=reason, created=now
    )


def _name_of(feed: Feed) -> str:
    name = feed.title or feed.source
    return f"{name} ({feed.url})" if name else feed.url


def _report(state: FeedState, previous: Announced, current: Announced, now: datetime) -> str:
    if not current:
        return f"is well again, no longer {previous}"
    text = health(state, now).text
    return f"{_PHRASES[current]}: {text}" if text else _PHRASES[current]


def deliveries(alert: Alert, targets: Sequence[str]) -> tuple[Delivery, ...]:
    """The notice to each target."""
    return tuple(
        Delivery(id=delivery_id(alert.statement.id, target), alert=alert, target=target)
        for target in dict.fromkeys(targets)
    )

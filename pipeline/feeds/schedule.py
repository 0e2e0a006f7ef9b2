"""The time of a feed's next poll: its publishing rate, its publisher's limits, the daily budgets of feed and host.

A budget counts CPU seconds, bytes, articles and quotes; a feed over its budget waits. A day begins with the first use
after the last day has ended, so a limit is exceeded at most once in 24 hours.
"""

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from typing import Final

from pipeline.feeds.websub import is_reliable
from pipeline.model import FeedState, PublisherLimits, PublishingRate, Spending
from pipeline.ports import HttpSession, Response
from pipeline.settings.sections import Budget, Poll
from pipeline.text.http import split

_AIM: Final = 0.05  # publications to expect in a pause: one poll in twenty brings new items

_HALF: Final = timedelta(days=14)

_HALF_LATELY: Final = timedelta(days=1)

_HALF_GAP: Final = timedelta(days=28)

_MOMENT: Final = 300  # seconds in which items count as published together

_HOUR: Final = timedelta(hours=1)

_PRIOR: Final = 6.0  # hours of observation with the same weight as the pause of the settings

_SMOOTH: Final = 3.0  # hours of observation before an hour of the day may differ from the others

_FULL_HOURS: Final = _HALF / timedelta(days=1) / math.log(2)  # the sum for an hour of the day that is always observed

_LATELY_DAYS: Final = 1 / math.log(2)  # the days that `lately` covers


def begun(dates: Sequence[datetime | None], now: datetime) -> PublishingRate:
    """The publishing rate from the dates in a feed's first body, up to two weeks back; None is an unknown date."""
    past = sorted(date for date in dates if date and date <= now)
    if len(past) < 2:
        return PublishingRate(news=past[-1] if past else None, until=now)
    start = max(past[0], now - _HALF)
    recent = [date for date in past if date >= start]
    gap = max(((later - earlier) / _HOUR for earlier, later in pairwise(recent)), default=0.0)
    lately = sum(_fading(now - date, _HALF_LATELY) for date in recent)
    rhythm = continued(PublishingRate(until=start), recent, now)
    return replace(rhythm, lately=round(lately, 3), gap=round(gap, 3), news=past[-1])


def continued(rhythm: PublishingRate, dates: Sequence[datetime | None], now: datetime) -> PublishingRate:
    """The publishing rate after a poll at `now` with new items of these dates."""
    since = min(rhythm.until or now, now)
    passed, fade = now - since, _fading(now - since, _HALF)
    moments = [fade * count for count in rhythm.moments or (0.0,) * 24]
    for moment in {_moment(date, since, now) for date in dates}:
        moments[datetime.fromtimestamp(moment * _MOMENT, UTC).hour] += 1
    hours = zip(rhythm.watched or (0.0,) * 24, _hours(since, now), strict=True)
    gap = rhythm.gap * _fading(passed, _HALF_GAP)
    return PublishingRate(
        moments=tuple(round(count, 3) for count in moments),
        watched=tuple(round(fade * observed + increase, 3) for observed, increase in hours),
        lately=round(rhythm.lately * _fading(passed, _HALF_LATELY) + len(dates), 3),
        usually=round(rhythm.usually * fade + len(dates), 3),
        gap=round(max(gap, (now - rhythm.news) / _HOUR) if dates and rhythm.news else gap, 3),
        news=now if dates else rhythm.news,
        until=now,
    )


def pause(rhythm: PublishingRate, now: datetime, poll: Poll) -> timedelta:
    """The pause before the next poll, at most the longest in the settings; `poll.every` while the rate is uncertain."""
    rates = _rates(rhythm, poll)
    expected, waited, until_full = 0.0, 0.0, 1 - now.minute / 60
    longest, hour = poll.most / _HOUR, now.hour
    while waited < longest:
        rate = rates[hour % 24]
        if expected + rate * until_full >= _AIM:
            return min(timedelta(hours=waited + (_AIM - expected) / rate), poll.most)
        expected += rate * until_full
        waited, hour, until_full = waited + until_full, hour + 1, 1.0
    return poll.most


def expected(rhythm: PublishingRate, since: datetime, now: datetime) -> float:
    """The number of publications to expect from `since` until `now` if the rate up to `since` had continued.

    `since` is the time of the last new item: fading and observation after it are undone.
    """
    fade = _fading((rhythm.until or since) - since, _HALF)
    in_vain = (1 - fade) * _FULL_HOURS
    watched = [max(hours - in_vain, 0.0) for hours in rhythm.watched]
    if not sum(watched):
        return 0.0
    overall = sum(rhythm.moments) / sum(watched)
    hours = zip(rhythm.moments, watched, _hours(since, max(since, now)), strict=True)
    return sum(passed * (count + overall * _SMOOTH) / (observed + _SMOOTH) for count, observed, passed in hours)


def usual_a_day(rhythm: PublishingRate) -> float:
    """New items a day over the last weeks; the first day counts as a whole day from its first minute."""
    return rhythm.usually / max(days_watched(rhythm), 1.0)


def lately_a_day(rhythm: PublishingRate, now: datetime) -> float:
    """New items a day over the last day or two."""
    return rhythm.lately * _fading(now - (rhythm.until or now), _HALF_LATELY) / _LATELY_DAYS


def days_watched(rhythm: PublishingRate) -> float:
    """The days of observation; older days count less."""
    return sum(rhythm.watched) / 24


def _rates(rhythm: PublishingRate, poll: Poll) -> list[float]:
    """Publications in each hour of the day; an hour or feed with little observation gets the average."""
    prior = _AIM / (poll.every / _HOUR)
    overall = (sum(rhythm.moments) + prior * _PRIOR) / (sum(rhythm.watched) + _PRIOR)
    if not rhythm.moments:
        return [overall] * 24
    hours = zip(rhythm.moments, rhythm.watched, strict=True)
    return [(count + overall * _SMOOTH) / (watched + _SMOOTH) for count, watched in hours]


def _moment(date: datetime | None, since: datetime, now: datetime) -> int:
    """The number of the moment of a date; items without a date, or older than the last poll, count as published now."""
    when = date if date and since <= date <= now else now
    return int(when.timestamp()) // _MOMENT


def _hours(start: datetime, end: datetime) -> list[float]:
    """The hours between the two times that fall into each hour of the day."""
    days, remainder = divmod((end - start) / _HOUR, 24)
    hours = [days] * 24
    hour, room = start.hour, 1 - start.minute / 60 - start.second / 3600
    while remainder > 0:
        hours[hour % 24] += min(remainder, room)
        remainder, hour, room = remainder - room, hour + 1, 1.0
    return hours


def _fading(passed: timedelta, half: timedelta) -> float:
    return float(0.5 ** (max(passed, timedelta(0)) / half))


_LONGEST_DECLARED: Final = timedelta(days=1)  # longest ttl, max-age and the like that a feed may ask for

_LONGEST_RETRY: Final = timedelta(days=7)  # longest Retry-After that a server may ask for

_BEHIND_PUSHES: Final = timedelta(hours=2)  # between polls of a feed whose hub pushes new items

_SPREAD: Final = 0.1

_MOST_SPREAD: Final = timedelta(minutes=10)

_ONE_HOUR: Final = timedelta(hours=1)


def after_success(state: FeedState, now: datetime, poll: Poll) -> datetime:
    """The time of the next poll after a successful one."""
    declared = _declared(state.asked)
    least = max(declared, min(poll.least, poll.every)) if declared else poll.every
    if is_reliable(state.push, now):
        least = max(least, min(_BEHIND_PUSHES, poll.most))
    return _admitted(state, now, max(least, pause(state.rhythm, now, poll)))


def after_failure(state: FeedState, retry_after: timedelta | None, now: datetime, poll: Poll) -> datetime:
    """The time of the next poll after `state.failures` failures in a row.

    The pause doubles each time, up to the longest of the settings. A server may ask for a longer pause, up to a week.
    """
    doubled = poll.every * 2 ** min(max(state.failures - 1, 0), 20)
    wait = max(min(doubled, max(poll.longest, poll.every)), min(retry_after or timedelta(0), _LONGEST_RETRY))
    return _admitted(state, now, max(wait, _declared(state.asked)))


def due(
    feeds: Iterable[FeedState], busy: Container[str], now: datetime, requested: Container[str] = ()
) -> list[FeedState]:
    """The feeds to poll now, the most overdue first: one a host, and none of a host that is busy or held.

    `requested` are those that the user wants to be polled at once; they wait for their host alone.
    """
    waiting = [
        state
        for state in feeds
        if not state.gone and (state.id in requested or (state.next_check <= now and not _quiet(state.asked, now)))
    ]
    if not waiting:
        return []
    held_hosts = {host(state) for state in feeds if state.asked.held > now}
    first: dict[str, FeedState] = {}
    for state in sorted(waiting, key=lambda state: state.next_check):
        first.setdefault(host(state), state)
    return [state for name, state in first.items() if name not in busy and name not in held_hosts]


def host(state: FeedState) -> str:
    """The host that a poll of the feed goes to, '' if its address is malformed."""
    return split(state.location or state.url).hostname or ""


def own_hour(state: FeedState) -> int:
    """The feed's own hour of the day (UTC), for daily tasks."""
    return int(_share(state.id) * 24)


def _declared(limits: PublisherLimits) -> timedelta:
    return min(timedelta(seconds=max(limits.pause, limits.lifetime)), _LONGEST_DECLARED)


def _admitted(state: FeedState, now: datetime, wait: timedelta) -> datetime:
    """The end of the pause, shifted by the feed's own share and past the hours in which the publisher wants no poll."""
    share = _share(state.id)
    earliest = now + wait + share * min(_SPREAD * wait, _MOST_SPREAD)
    if not _quiet(state.asked, earliest):
        return earliest
    hour = earliest.replace(minute=0, second=0, microsecond=0)
    while _quiet(state.asked, hour):
        hour += _ONE_HOUR
    return hour + share * _MOST_SPREAD


def _quiet(limits: PublisherLimits, time: datetime) -> bool:
    """Return True if the publisher forbids polls in this hour. A list of all hours or all days is ignored."""
    hours = limits.hours if len(limits.hours) < 24 else ()
    days = limits.days if len(limits.days) < 7 else ()
    return time.hour in hours or time.weekday() in days


def _share(feed_id: str) -> float:
    """A fixed number in [0, 1) for each feed."""
    return int.from_bytes(blake2b(feed_id.encode(), digest_size=4).digest()) / 2**32


_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class Meter:
    """Resources that one poll uses. `left_cpu` and `left_bytes` are the rest of the feed's budget for today."""

    left_cpu: float
    left_bytes: int
    bytes: int = 0
    seconds: list[float] = field(default_factory=list)  # of CPU, one for each parse, appended by several threads

    def is_spent(self) -> bool:
        """Return whether the poll has used up the rest of the budget."""
        return self.bytes > self.left_bytes or sum(self.seconds) > self.left_cpu


@dataclass(frozen=True, slots=True)
class MeteredSession:
    """An HTTP session that counts the bytes of the bodies that it receives, and calls `read` with each response."""

    session: HttpSession
    meter: Meter
    read: Callable[[str, Response], None] = lambda url, response: None

    async def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """See `HttpSession`."""
        response = await self.session.get(url, headers)
        self.meter.bytes += len(response.body)
        self.read(url, response)
        return response

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> Response:
        """See `HttpSession`."""
        return await self.session.post(url, body, headers, timeout)

    def slow_down(self, url: str, seconds: float) -> None:
        """See `HttpSession`."""
        self.session.slow_down(url, seconds)


def meter(state: FeedState, budget: Budget, now: datetime) -> Meter:
    """A meter for a poll of the feed."""
    spent = added(state.spent, Spending(), now)
    return Meter(budget.cpu - spent.cpu, budget.bytes - spent.bytes)


def added(spent: Spending, used: Spending, now: datetime) -> Spending:
    """Add this use to the day's total; begin a new day if the last one is over."""
    if now - spent.since >= _DAY:
        return replace(used, since=now, over="")
    return replace(
        spent,
        cpu=spent.cpu + used.cpu,
        bytes=spent.bytes + used.bytes,
        articles=spent.articles + used.articles,
        quotes=spent.quotes + used.quotes,
    )


def is_waiting(state: FeedState, now: datetime) -> bool:
    """Return whether the feed has exceeded a budget on a day that is not over."""
    return bool(state.spent.over) and now - state.spent.since < _DAY


def charged(state: FeedState, used: Spending, host_spent: Spending, budget: Budget, now: datetime) -> FeedState:
    """The state after a poll with this use; the feed waits if it, or all feeds of its host together, exceed a limit."""
    own = added(state.spent, used, now)
    if over := _exceeded(own, budget, 1):
        return replace(state, spent=replace(own, over=over), next_check=max(state.next_check, own.since + _DAY))
    if over := _exceeded(host_spent, budget, budget.host):
        end = host_spent.since + _DAY
        own = replace(own, over=f"all feeds of its host: {over}")
        limits = replace(state.asked, held=max(state.asked.held, end))
        return replace(state, spent=own, asked=limits, next_check=max(state.next_check, end))
    return replace(state, spent=own)


def _exceeded(spent: Spending, budget: Budget, times: int) -> str:
    """The first limit that is exceeded, in words; '' if none is."""
    limits = (
        ("CPU seconds", spent.cpu, budget.cpu),
        ("bytes", spent.bytes, budget.bytes),
        ("articles", spent.articles, budget.articles),
        ("quotes", spent.quotes, budget.quotes),
    )
    for unit, amount, limit in limits:
        if amount > limit * times:
            return f"{amount:,.0f} {unit} in a day, {limit * times:,.0f} are allowed"
    return ""


class HostLedger:
    """Resources that the feeds of each host have used today."""

    def __init__(self, states: Iterable[FeedState], now: datetime) -> None:
        self._spent: dict[str, Spending] = {}
        for state in states:
            if now - state.spent.since < _DAY:
                self._spent[host(state)] = self._with(state, state.spent, now)

    def charge(self, state: FeedState, used: Spending, now: datetime) -> Spending:
        """Return the total of the feed's host, with this use added."""
        self._spent[host(state)] = spent = added(self._spent.get(host(state), Spending()), used, now)
        return spent

    def _with(self, state: FeedState, spent: Spending, now: datetime) -> Spending:
        use = self._spent.get(host(state))
        if use is None:
            return spent
        return replace(added(use, spent, now), since=min(use.since, spent.since))

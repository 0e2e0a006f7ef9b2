"""How often a feed brings something new, at which time of the day, and so how long to wait for it.

Publishing is taken for a Poisson process whose rate differs from hour to hour. It is counted by moments of publication
and not by entries: twenty at once are one occasion to look. All memory fades, so that a changed habit is learned.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from pipeline.model import Rhythm
from pipeline.settings import Poll

_AIM: Final = 0.05  # moments of publication expected in a pause: one look in twenty brings something
_HALF: Final = timedelta(days=14)
_HALF_LATELY: Final = timedelta(days=1)
_HALF_GAP: Final = timedelta(days=28)
_MOMENT: Final = 300  # seconds in which entries are published together
_HOUR: Final = timedelta(hours=1)
_PRIOR: Final = 6.0  # hours of watching that outweigh the settings' pause
_SMOOTH: Final = 3.0  # hours of watching that one hour of the day needs to differ from the others
_FULL_HOURS: Final = _HALF / timedelta(days=1) / math.log(2)  # what one hour of the day, always watched, adds up to
_LATELY_DAYS: Final = 1 / math.log(2)  # days that `lately` adds up to


def begun(dates: Sequence[datetime | None], now: datetime) -> Rhythm:
    """The rhythm that the dates of a feed's first body tell, as far as two weeks back; None is an unknown date."""
    known = sorted(date for date in dates if date and date <= now)
    if len(known) < 2:
        return Rhythm(news=known[-1] if known else None, until=now)
    start = max(known[0], now - _HALF)
    recent = [date for date in known if date >= start]
    gap = max(((later - earlier) / _HOUR for earlier, later in pairwise(recent)), default=0.0)
    lately = sum(_fading(now - date, _HALF_LATELY) for date in recent)
    rhythm = continued(Rhythm(until=start), recent, now)
    return replace(rhythm, lately=round(lately, 3), gap=round(gap, 3), news=known[-1])


def continued(rhythm: Rhythm, dates: Sequence[datetime | None], now: datetime) -> Rhythm:
    """The rhythm after a look at `now` that brought new entries of these dates."""
    since = min(rhythm.until or now, now)
    passed, fade = now - since, _fading(now - since, _HALF)
    moments = [fade * count for count in rhythm.moments or (0.0,) * 24]
    for moment in {_moment(date, since, now) for date in dates}:
        moments[datetime.fromtimestamp(moment * _MOMENT, UTC).hour] += 1
    hours = zip(rhythm.watched or (0.0,) * 24, _hours(since, now), strict=True)
    gap = rhythm.gap * _fading(passed, _HALF_GAP)
    return Rhythm(
        moments=tuple(round(count, 3) for count in moments),
        watched=tuple(round(fade * before + more, 3) for before, more in hours),
        lately=round(rhythm.lately * _fading(passed, _HALF_LATELY) + len(dates), 3),
        usually=round(rhythm.usually * fade + len(dates), 3),
        gap=round(max(gap, (now - rhythm.news) / _HOUR) if dates and rhythm.news else gap, 3),
        news=now if dates else rhythm.news,
        until=now,
    )


def pause(rhythm: Rhythm, now: datetime, poll: Poll) -> timedelta:
    """How long to wait for the next look, at most the longest of the settings; `poll.every` while little is known."""
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


def expected(rhythm: Rhythm, since: datetime, now: datetime) -> float:
    """How many moments of publication the rhythm up to `since` would have brought until `now`, had it gone on.

    `since` is the last time that brought any: what has faded after it, and was watched in vain, is taken back.
    """
    fade = _fading((rhythm.until or since) - since, _HALF)
    in_vain = (1 - fade) * _FULL_HOURS
    watched = [max(hours - in_vain, 0.0) for hours in rhythm.watched]
    if not sum(watched):
        return 0.0
    overall = sum(rhythm.moments) / sum(watched)
    hours = zip(rhythm.moments, watched, _hours(since, max(since, now)), strict=True)
    return sum(passed * (count + overall * _SMOOTH) / (before + _SMOOTH) for count, before, passed in hours)


def usual_a_day(rhythm: Rhythm) -> float:
    """New entries a day over the last weeks; the first day counts as a whole one from its first minute."""
    return rhythm.usually / max(days_watched(rhythm), 1.0)


def lately_a_day(rhythm: Rhythm, now: datetime) -> float:
    """New entries a day over the last one or two days."""
    return rhythm.lately * _fading(now - (rhythm.until or now), _HALF_LATELY) / _LATELY_DAYS


def days_watched(rhythm: Rhythm) -> float:
    """How many days the rhythm rests on, those long ago counting less."""
    return sum(rhythm.watched) / 24


def _rates(rhythm: Rhythm, poll: Poll) -> list[float]:
    """Moments of publication that each hour of the day brings; hours and feeds little watched are like the others."""
    prior = _AIM / (poll.every / _HOUR)
    overall = (sum(rhythm.moments) + prior * _PRIOR) / (sum(rhythm.watched) + _PRIOR)
    if not rhythm.moments:
        return [overall] * 24
    hours = zip(rhythm.moments, rhythm.watched, strict=True)
    return [(count + overall * _SMOOTH) / (watched + _SMOOTH) for count, watched in hours]


def _moment(date: datetime | None, since: datetime, now: datetime) -> int:
    """The number of the moment of a date; what is undated, or dated before the last look, came at this one."""
    when = date if date and since <= date <= now else now
    return int(when.timestamp()) // _MOMENT


def _hours(start: datetime, end: datetime) -> list[float]:
    """How many hours between the two fall into each hour of the day."""
    days, rest = divmod((end - start) / _HOUR, 24)
    hours = [days] * 24
    hour, room = start.hour, 1 - start.minute / 60 - start.second / 3600
    while rest > 0:
        hours[hour % 24] += min(rest, room)
        rest, hour, room = rest - room, hour + 1, 1.0
    return hours


def _fading(passed: timedelta, half: timedelta) -> float:
    return float(0.5 ** (max(passed, timedelta(0)) / half))

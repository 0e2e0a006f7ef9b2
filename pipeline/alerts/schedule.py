"""The schedule of deliveries: quiet hours, tempo, daily caps and digests."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.errors import UsageError
from pipeline.model import EPOCH, Alert, DelayReason, Delivery, Mute, Statement, Watch, content_id, delivery_id

_QUIET: Final = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nobody is told anything, from `start` until before `end`, over midnight where that is earlier."""

    start: time
    end: time
    zone: tzinfo


@lru_cache(maxsize=512)
def zone(name: str) -> tzinfo:
    """The time zone of this IANA name, such as "Europe/Oslo"; UsageError where none has it."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # not found, a folder, and names that lead out of that of zones
        raise UsageError(f"time zone {name!r} is not known; names are like Europe/Oslo") from error


@lru_cache(maxsize=512)
def quiet_hours(text: str) -> Quiet | None:
    """The hours that "22:00-07:00 Europe/Oslo" says, in UTC where it names no zone; None for "", else UsageError."""
    if not text:
        return None
    hours, _, name = text.partition(" ")
    found = _QUIET.fullmatch(hours)
    start, end = (time.fromisoformat(found[1]), time.fromisoformat(found[2])) if found else (time(), time())
    if start == end:
        raise UsageError(f"quiet hours {hours!r} should be two different times, such as 22:00-07:00")
    return Quiet(start, end, zone(name or "UTC"))


def end_of_quiet(quiet: Quiet | None, now: datetime) -> datetime | None:
    """When the quiet hours end that it is in now; None where it is in none."""
    if quiet is None:
        return None
    local = now.astimezone(quiet.zone)
    clock, over_midnight = local.time(), quiet.end < quiet.start
    if not (clock >= quiet.start or clock < quiet.end if over_midnight else quiet.start <= clock < quiet.end):
        return None
    day = local.date() + timedelta(days=1 if over_midnight and clock >= quiet.start else 0)
    end = datetime.combine(day, quiet.end, quiet.zone)
    # Where clocks go back, the hour of the end comes twice: the first may be over.
    return next((utc for fold in (0, 1) if (utc := end.replace(fold=fold).astimezone(UTC)) > now), None)


def start_of_day(place: tzinfo, now: datetime) -> datetime:
    """When the day began that it is there."""
    return datetime.combine(now.astimezone(place).date(), time(), place).astimezone(UTC)


def end_of_day(place: tzinfo, now: datetime) -> datetime:
    """When the next day begins there."""
    return datetime.combine(now.astimezone(place).date() + timedelta(days=1), time(), place).astimezone(UTC)


def end_of_hour(place: tzinfo, now: datetime) -> datetime:
    """When the next hour begins there; zones may be half an hour apart from others."""
    local = now.astimezone(place)
    return now + _HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def end_of_minutes(minutes: int, now: datetime) -> datetime:
    """When the next stretch of so many minutes of the hour begins."""
    into = timedelta(minutes=now.minute % minutes, seconds=now.second, microseconds=now.microsecond)
    return now - into + timedelta(minutes=minutes)


MOST_TOGETHER: Final = 50  # deliveries in one digest: what a chat's message can hold with some words of each

GROUP_MINUTES: Final = 5

_LOOK_BACK: Final = timedelta(days=1)  # before a day's start, for what was to be sent in it and waited

_Day = tuple[str, str, datetime]
"""A day of a watch and one of its targets, by when it began: zones differ."""


@dataclass(frozen=True, slots=True)
class _Time:
    """When an alert goes out, and why then."""

    at: datetime
    grouped: bool
    held: DelayReason
    quiet: str


def check(watch: Watch) -> None:
    """UsageError where the hours of the watch cannot be understood, or its cap is none."""
    try:
        zone(watch.zone)
        quiet_hours(quiet(watch))
    except UsageError as error:
        raise UsageError(f"watch {watch.name!r}: {error}") from error
    if watch.daily_cap < 0:
        raise UsageError(f"watch {watch.name!r} has a daily cap of {watch.daily_cap}, 0 is none")


def quiet(watch: Watch) -> str:
    """The quiet hours with their zone, "" where there are none."""
    return f"{watch.quiet} {watch.zone}" if watch.quiet else ""


def deliveries(
    alerts: Iterable[Alert],
    watches: Iterable[Watch],
    now: datetime,
    *,
    mutes: Iterable[Mute] = (),
    earlier: Iterable[Delivery] = (),
) -> tuple[Delivery, ...]:
    """One delivery for each statement and target, which tells of all watches that it meets; the same ones every time.

    It goes out at the earliest time of those of its watches. `earlier` are the deliveries that count in the daily caps
    of today (see `counted_since`); those that are among them are left out.
    """
    standing = {watch.id: watch for watch in watches}
    together: defaultdict[tuple[str, str, str], list[Alert]] = defaultdict(list)
    for alert in {alert.id: alert for alert in alerts}.values():  # a crash may have left one twice on its log
        if alert.watch_id in standing:
            for target in dict.fromkeys(standing[alert.watch_id].deliver):
                together[alert.statement.id, target, alert.occasion].append(alert)
    known = {each.id: each for each in earlier}
    planner = _Planner(standing, {mute.id: mute for mute in mutes}, now, _told(known.values(), standing))
    named = ((delivery_id(*what), what[1], of) for what, of in together.items())
    return tuple(planner.delivery(name, target, of) for name, target, of in named if name not in known)


def counted_since(alerts: Iterable[Alert], watches: Iterable[Watch], now: datetime) -> datetime | None:
    """How old the alerts of deliveries can be that count in the daily caps that these meet; None if they meet none."""
    met = {alert.watch_id for alert in alerts}
    capped = [watch for watch in watches if watch.daily_cap and watch.id in met]
    return min((start_of_day(zone(w.zone), now) for w in capped), default=now) - _LOOK_BACK if capped else None


def muted(statement: Statement, mutes: Mapping[str, Mute], first_seen: datetime) -> bool:
    """Whether what was first seen then is not to be told."""
    met = (mutes.get(f"actor:{statement.speaker_id}"), mutes.get(f"statement:{statement.id}"))
    return any(mute is not None and (mute.until is None or first_seen < mute.until) for mute in met)


def digest(members: Sequence[Delivery], now: datetime) -> Delivery:
    """The delivery that tells of all of these, which wait for one target."""
    first, *others = members
    return Delivery(
        id=digest_id(members),
        alert=first.alert,
        also=(*first.also, *(alert for member in others for alert in member.alerts)),
        target=first.target,
        planned=now,
        quiet=first.quiet,
        held=max((member.held for member in members), key=("", "quiet", "cap").index),
        parts=tuple(member.id for member in members),
    )


def digest_id(members: Iterable[Delivery]) -> str:
    """Id of what tells of these: the same for the same ones."""
    return content_id("digest", *(member.id for member in members))


@dataclass(frozen=True, slots=True)
class _Planner:
    """What deliveries are made by; `told` counts the alerts of each day of the watches, without those over the cap."""

    watches: Mapping[str, Watch]
    mutes: Mapping[str, Mute]
    now: datetime
    told: Counter[_Day]

    def delivery(self, identity: str, target: str, alerts: Sequence[Alert]) -> Delivery:
        alert, *also = alerts
        watches = list({each.watch_id: self.watches[each.watch_id] for each in alerts}.values())
        time = min((self._time(watch, target) for watch in watches), key=lambda time: (time.at, time.grouped))
        silenced = muted(alert.statement, self.mutes, alert.created)
        if not silenced and time.held != "cap":
            self.told.update(_day(watch, target, time.at) for watch in watches)
        return Delivery(
            id=identity,
            alert=alert,
            also=tuple(also),
            target=target,
            state="muted" if silenced else "pending",
            next_try=time.at if time.grouped else EPOCH,
            planned=time.at,
            quiet=time.quiet,
            held=time.held,
            grouped=time.grouped,
        )

    def _time(self, watch: Watch, target: str) -> _Time:
        place, silence = zone(watch.zone), quiet_hours(quiet(watch))
        asked = _asked(watch, self.now)
        waits = end_of_quiet(silence, asked)
        time = _Time(
            at=waits or asked,
            grouped=watch.tempo != "instant" or waits is not None,
            held="quiet" if waits else "",
            quiet=quiet(watch),
        )
        told = self.told[_day(watch, target, time.at)]
        if not watch.daily_cap or watch.tempo == "daily" or told < watch.daily_cap:
            return time
        over = end_of_day(place, time.at)
        return replace(time, at=end_of_quiet(silence, over) or over, grouped=True, held="cap")


def _asked(watch: Watch, now: datetime) -> datetime:
    """When the watch asks for what there is to tell now."""
    match watch.tempo:
        case "instant":
            return now
        case "grouped":
            return end_of_minutes(GROUP_MINUTES, now)
        case "hourly":
            return end_of_hour(zone(watch.zone), now)
        case "daily":
            return end_of_day(zone(watch.zone), now)


def _told(earlier: Iterable[Delivery], standing: Mapping[str, Watch]) -> Counter[_Day]:
    counted = (each for each in earlier if each.held != "cap" and each.state != "muted" and not each.parts)
    return Counter(
        _day(standing[alert.watch_id], each.target, each.planned)
        for each in counted
        for alert in each.alerts
        if alert.watch_id in standing and standing[alert.watch_id].daily_cap
    )


def _day(watch: Watch, target: str, time: datetime) -> _Day:
    return watch.id, target, start_of_day(zone(watch.zone), time)

"""From alerts to deliveries: what a target is told in one message, and when."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pipeline import hours
from pipeline.errors import UsageError
from pipeline.model import EPOCH, Alert, Delivery, Held, Mute, Statement, Watch, content_id, delivery_id

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
    held: Held
    quiet: str


def check(watch: Watch) -> None:
    """UsageError where the hours of the watch cannot be understood, or its cap is none."""
    try:
        hours.zone(watch.zone)
        hours.quiet_hours(quiet(watch))
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
    return (
        min((hours.start_of_day(hours.zone(w.zone), now) for w in capped), default=now) - _LOOK_BACK if capped else None
    )


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
        place, silence = hours.zone(watch.zone), hours.quiet_hours(quiet(watch))
        asked = _asked(watch, self.now)
        waits = hours.end_of_quiet(silence, asked)
        time = _Time(
            at=waits or asked,
            grouped=watch.tempo != "instant" or waits is not None,
            held="quiet" if waits else "",
            quiet=quiet(watch),
        )
        told = self.told[_day(watch, target, time.at)]
        if not watch.daily_cap or watch.tempo == "daily" or told < watch.daily_cap:
            return time
        over = hours.end_of_day(place, time.at)
        return replace(time, at=hours.end_of_quiet(silence, over) or over, grouped=True, held="cap")


def _asked(watch: Watch, now: datetime) -> datetime:
    """When the watch asks for what there is to tell now."""
    match watch.tempo:
        case "instant":
            return now
        case "grouped":
            return hours.end_of_minutes(GROUP_MINUTES, now)
        case "hourly":
            return hours.end_of_hour(hours.zone(watch.zone), now)
        case "daily":
            return hours.end_of_day(hours.zone(watch.zone), now)


def _told(earlier: Iterable[Delivery], standing: Mapping[str, Watch]) -> Counter[_Day]:
    counted = (each for each in earlier if each.held != "cap" and each.state != "muted" and not each.parts)
    return Counter(
        _day(standing[alert.watch_id], each.target, each.planned)
        for each in counted
        for alert in each.alerts
        if alert.watch_id in standing and standing[alert.watch_id].daily_cap
    )


def _day(watch: Watch, target: str, time: datetime) -> _Day:
    return watch.id, target, hours.start_of_day(hours.zone(watch.zone), time)

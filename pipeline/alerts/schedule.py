"""The schedule of deliveries: quiet hours, tempo, daily caps and digests, which join several deliveries into one.

Times of day are local to the time zone of a watch; everything else is UTC.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.errors import OnRecordError, RefusedError, SettingsError, UsageError, WorldError
from pipeline.model import EPOCH, Alert, DelayReason, Delivery, Mute, Statement, Watch, content_id, delivery_id
from pipeline.ports import OutboxStore

_QUIET: Final = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without deliveries, from `start` to before `end`; they span midnight if `end` is earlier than `start`."""

    start: time
    end: time
    zone: tzinfo


@lru_cache(maxsize=512)
def zone(name: str) -> tzinfo:
    """Return the time zone with this IANA name, such as "Europe/Oslo". Raises UsageError for an unknown name."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # unknown, a folder, or a path outside the folder of zones
        raise UsageError(f"time zone {name!r} is not known; names are like Europe/Oslo") from error


@lru_cache(maxsize=512)
def quiet_hours(text: str) -> Quiet | None:
    """Parse quiet hours such as "22:00-07:00 Europe/Oslo" (UTC without a zone); None for "".

    Raises UsageError for anything else.
    """
    if not text:
        return None
    hours, _, name = text.partition(" ")
    match = _QUIET.fullmatch(hours)
    start, end = (time.fromisoformat(match[1]), time.fromisoformat(match[2])) if match else (time(), time())
    if start == end:
        raise UsageError(f"quiet hours {hours!r} should be two different times, such as 22:00-07:00")
    return Quiet(start, end, zone(name or "UTC"))


def end_of_quiet(quiet: Quiet | None, now: datetime) -> datetime | None:
    """Return the end of the quiet hours that contain `now`; None if `now` is outside them."""
    if quiet is None:
        return None
    local = now.astimezone(quiet.zone)
    clock, over_midnight = local.time(), quiet.end < quiet.start
    if not (clock >= quiet.start or clock < quiet.end if over_midnight else quiet.start <= clock < quiet.end):
        return None
    day = local.date() + timedelta(days=1 if over_midnight and clock >= quiet.start else 0)
    end = datetime.combine(day, quiet.end, quiet.zone)
    # When clocks go back, the hour of the end occurs twice, and its first occurrence may be over.
    return next((utc for fold in (0, 1) if (utc := end.replace(fold=fold).astimezone(UTC)) > now), None)


def start_of_day(place: tzinfo, now: datetime) -> datetime:
    """Return the start of the local day."""
    return datetime.combine(now.astimezone(place).date(), time(), place).astimezone(UTC)


def end_of_day(place: tzinfo, now: datetime) -> datetime:
    """Return the start of the next local day."""
    return datetime.combine(now.astimezone(place).date() + timedelta(days=1), time(), place).astimezone(UTC)


def end_of_hour(place: tzinfo, now: datetime) -> datetime:
    """Return the start of the next local hour; some zones differ from UTC by half an hour."""
    local = now.astimezone(place)
    return now + _HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def end_of_minutes(minutes: int, now: datetime) -> datetime:
    """Return the start of the next interval of this many minutes, counted from the full hour."""
    into = timedelta(minutes=now.minute % minutes, seconds=now.second, microseconds=now.microsecond)
    return now - into + timedelta(minutes=minutes)


MOST_TOGETHER: Final = 50  # deliveries per digest: a chat message has room for some words of each

GROUP_MINUTES: Final = 5

_LOOK_BACK: Final = timedelta(days=1)  # before the start of a day, for alerts that were delayed into it

_Day = tuple[str, str, datetime]
"""A watch, one of its targets, and the start of a day in the time zone of the watch."""


@dataclass(frozen=True, slots=True)
class _Time:
    """The time at which an alert goes out, and the reason for the delay."""

    at: datetime
    grouped: bool
    held: DelayReason
    quiet: str


def check(watch: Watch) -> None:
    """Raise UsageError for a wrong time zone, wrong quiet hours or a negative daily cap."""
    try:
        zone(watch.zone)
        quiet_hours(quiet(watch))
    except UsageError as error:
        raise UsageError(f"watch {watch.name!r}: {error}") from error
    if watch.daily_cap < 0:
        raise UsageError(f"watch {watch.name!r} has a daily cap of {watch.daily_cap}; it should be 0 (no cap) or more")


def quiet(watch: Watch) -> str:
    """Return the quiet hours with their zone, "" if the watch has none."""
    return f"{watch.quiet} {watch.zone}" if watch.quiet else ""


def deliveries(
    alerts: Iterable[Alert],
    watches: Iterable[Watch],
    now: datetime,
    *,
    mutes: Iterable[Mute] = (),
    earlier: Iterable[Delivery] = (),
) -> tuple[Delivery, ...]:
    """Plan a delivery for each statement and target; it lists all watches that the statement meets.

    The result is the same on every call. A delivery goes out at the earliest time of its watches. `earlier` are the
    deliveries that count towards the daily caps of today (see `counted_since`); they are not planned again.
    """
    active = {watch.id: watch for watch in watches}
    grouped: defaultdict[tuple[str, str, str], list[Alert]] = defaultdict(list)
    for alert in {alert.id: alert for alert in alerts}.values():  # after a crash the log may have an alert twice
        if alert.watch_id in active:
            for target in dict.fromkeys(active[alert.watch_id].deliver):
                grouped[alert.statement.id, target, alert.occasion].append(alert)
    planned_by_id = {delivery.id: delivery for delivery in earlier}
    planner = _Planner(active, {mute.id: mute for mute in mutes}, now, _alert_counts(planned_by_id.values(), active))
    planned = ((delivery_id(*key), key[1], members) for key, members in grouped.items())
    return tuple(
        planner.delivery(name, target, members) for name, target, members in planned if name not in planned_by_id
    )


def counted_since(alerts: Iterable[Alert], watches: Iterable[Watch], now: datetime) -> datetime | None:
    """Return the earliest creation time of alerts that count towards daily caps; None if no watch has a cap."""
    met = {alert.watch_id for alert in alerts}
    capped = [watch for watch in watches if watch.daily_cap and watch.id in met]
    return min((start_of_day(zone(w.zone), now) for w in capped), default=now) - _LOOK_BACK if capped else None


def muted(statement: Statement, mutes: Mapping[str, Mute], first_seen: datetime) -> bool:
    """Return True if a mute of the speaker or the statement was in force when the article was first seen."""
    matching = (mutes.get(f"actor:{statement.speaker_id}"), mutes.get(f"statement:{statement.id}"))
    return any(mute is not None and (mute.until is None or first_seen < mute.until) for mute in matching)


def digest(members: Sequence[Delivery], now: datetime) -> Delivery:
    """Return the digest of these deliveries, which have the same target."""
    first, *other_members = members
    return Delivery(
        id=digest_id(members),
        alert=first.alert,
        also=(*first.also, *(alert for member in other_members for alert in member.alerts)),
        target=first.target,
        planned=now,
        quiet=first.quiet,
        held=max((member.held for member in members), key=("", "quiet", "cap").index),
        parts=tuple(member.id for member in members),
    )


def digest_id(members: Iterable[Delivery]) -> str:
    """Return the id of the digest of these deliveries; it depends on their ids alone."""
    return content_id("digest", *(member.id for member in members))


@dataclass(frozen=True, slots=True)
class _Planner:
    """Plans deliveries; `counts` has the number of alerts of each day of a watch, without alerts over the cap."""

    watches: Mapping[str, Watch]
    mutes: Mapping[str, Mute]
    now: datetime
    counts: Counter[_Day]

    def delivery(self, identity: str, target: str, alerts: Sequence[Alert]) -> Delivery:
        alert, *also = alerts
        watches = list({alert.watch_id: self.watches[alert.watch_id] for alert in alerts}.values())
        time = min((self._time(watch, target) for watch in watches), key=lambda time: (time.at, time.grouped))
        silenced = muted(alert.statement, self.mutes, alert.created)
        if not silenced and time.held != "cap":
            self.counts.update(_day(watch, target, time.at) for watch in watches)
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
        by_tempo = _by_tempo(watch, self.now)
        after_quiet = end_of_quiet(silence, by_tempo)
        time = _Time(
            at=after_quiet or by_tempo,
            grouped=watch.tempo != "instant" or after_quiet is not None,
            held="quiet" if after_quiet else "",
            quiet=quiet(watch),
        )
        count = self.counts[_day(watch, target, time.at)]
        if not watch.daily_cap or watch.tempo == "daily" or count < watch.daily_cap:
            return time
        next_day = end_of_day(place, time.at)
        return replace(time, at=end_of_quiet(silence, next_day) or next_day, grouped=True, held="cap")


def _by_tempo(watch: Watch, now: datetime) -> datetime:
    """Return the time at which the tempo of the watch lets an alert of now go out."""
    match watch.tempo:
        case "instant":
            return now
        case "grouped":
            return end_of_minutes(GROUP_MINUTES, now)
        case "hourly":
            return end_of_hour(zone(watch.zone), now)
        case "daily":
            return end_of_day(zone(watch.zone), now)


def _alert_counts(earlier: Iterable[Delivery], watches: Mapping[str, Watch]) -> Counter[_Day]:
    counted = (
        delivery for delivery in earlier if delivery.held != "cap" and delivery.state != "muted" and not delivery.parts
    )
    return Counter(
        _day(watches[alert.watch_id], delivery.target, delivery.planned)
        for delivery in counted
        for alert in delivery.alerts
        if alert.watch_id in watches and watches[alert.watch_id].daily_cap
    )


def _day(watch: Watch, target: str, time: datetime) -> _Day:
    return watch.id, target, start_of_day(zone(watch.zone), time)


def join(outbox: OutboxStore, due: Iterable[Delivery], now: datetime) -> None:
    """Join the grouped deliveries among the due ones into one digest for each target; a single delivery stays alone.

    A crash anywhere loses nothing and sends nothing twice. First each delivery is marked with the id of its digest,
    then the digest is put into the outbox, then each delivery gets the state `joined`. A marked delivery whose digest
    is missing after a crash joins another digest. A digest thus keeps its id and its members on every attempt.
    """
    waiting: defaultdict[str, list[Delivery]] = defaultdict(list)
    for delivery in due:
        if delivery.grouped and not _has_joined(outbox, delivery):
            waiting[delivery.target].append(delivery)
    for deliveries in waiting.values():
        for members in _chunks(deliveries):
            _join(outbox, members, now)


def _has_joined(outbox: OutboxStore, delivery: Delivery) -> bool:
    """Return True if the delivery's digest is from before a crash, and record that the delivery has joined it.

    The id of a digest comes from the ids of its deliveries, so it lists every delivery that is marked with its id.
    """
    if not delivery.digest or outbox.find(delivery.digest) is None:
        return False
    outbox.update(replace(delivery, state="joined"))
    return True


def _join(outbox: OutboxStore, members: Sequence[Delivery], now: datetime) -> None:
    if len(members) == 1:
        outbox.update(replace(members[0], grouped=False))
        return
    joint = digest(members, now)
    marked = [replace(member, digest=joint.id) for member in members]
    for member in marked:
        outbox.update(member)
    outbox.put([joint])
    for member in marked:
        outbox.update(replace(member, state="joined"))


def _chunks(deliveries: Iterable[Delivery]) -> Iterator[tuple[Delivery, ...]]:
    remaining = iter(deliveries)
    while chunk := tuple(islice(remaining, MOST_TOGETHER)):
        yield chunk


# Pauses before the second, third … attempt, after the example in the Standard Webhooks specification; two days in all.
PAUSES: Final = tuple(timedelta(seconds=s) for s in (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 59_100))

JITTER: Final = 0.2  # share of a pause, so that deliveries that failed together do not return together

LONGEST_WAIT: Final = timedelta(days=1)  # upper bound for the pause that a receiver requests

LONGEST_PLAN: Final = timedelta(days=3)  # no delivery waits longer, not even a daily digest delayed by quiet hours


def after_attempt(delivery: Delivery, error: OnRecordError | None, now: datetime, jitter: float) -> Delivery:
    """Return the delivery after an attempt that raised `error` or, with None, was accepted; `jitter` is in [0, 1).

    A WorldError or SettingsError is retried after the next of PAUSES, and not before the time that the receiver
    requests. Any other error, and the last failure, is final.
    """
    attempts = delivery.attempts + 1
    if error is None:
        return replace(delivery, state="done", attempts=attempts, last_error="")
    tried = replace(delivery, attempts=attempts, last_error=str(error))
    if attempts > len(PAUSES) or not isinstance(error, WorldError | SettingsError) or isinstance(error, RefusedError):
        return replace(tried, state="failed")
    pause = max(PAUSES[attempts - 1] * (1 + JITTER * jitter), requested_pause(error))
    return replace(tried, next_try=now + pause)


def reset(delivery: Delivery) -> Delivery:
    """Return a failed delivery as pending, with all its attempts left."""
    return replace(delivery, state="pending", attempts=0, next_try=EPOCH)


def after_clock_jump(delivery: Delivery, jump: timedelta, now: datetime) -> Delivery:
    """Return the delivery with its next attempt moved back by `jump`, after the clock was set back by that to `now`.

    A next attempt beyond LONGEST_PLAN comes from a clock that was wrong before this process started; it is due now.
    """
    if delivery.next_try <= now:
        return delivery
    next_try = max(now, delivery.next_try - jump)
    return replace(delivery, next_try=next_try if next_try - now <= LONGEST_PLAN else now)


def requested_pause(error: OnRecordError) -> timedelta:
    """Return the pause that the receiver requests, at most LONGEST_WAIT."""
    requested = error.retry_after if isinstance(error, WorldError) else None
    return min(requested or timedelta(0), LONGEST_WAIT)

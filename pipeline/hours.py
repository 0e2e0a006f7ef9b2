"""Hours of the day in a time zone, through all changes of its clocks."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.errors import UsageError

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

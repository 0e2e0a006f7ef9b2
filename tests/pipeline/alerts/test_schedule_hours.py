"""Hours of the day, where clocks are changed too."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.alerts.schedule import (
    end_of_day,
    end_of_hour,
    end_of_minutes,
    end_of_quiet,
    quiet_hours,
    start_of_day,
    zone,
)
from pipeline.errors import UsageError

OSLO = "Europe/Oslo"  # UTC+1, in summer +2: forward on 2026-03-29 at 02:00, back on 2026-10-25 at 03:00


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        ("22:00-07:00", "2026-03-02 20:59", None),
        ("22:00-07:00", "2026-03-02 21:00", "2026-03-03 06:00"),
        ("22:00-07:00", "2026-03-03 05:59", "2026-03-03 06:00"),
        ("22:00-07:00", "2026-03-03 06:00", None),
        ("12:00-13:30", "2026-07-01 10:00", "2026-07-01 11:30"),
        ("12:00-13:30", "2026-07-01 11:30", None),
        ("22:00-07:00", "2026-03-28 22:00", "2026-03-29 05:00"),  # a night of an hour less
        ("22:00-07:00", "2026-10-24 21:00", "2026-10-25 06:00"),  # and of an hour more
        ("22:00-02:30", "2026-03-28 22:00", "2026-03-29 01:30"),  # 02:30 is no time that day: it is 03:30 then
        ("22:00-02:30", "2026-10-25 00:10", "2026-10-25 00:30"),  # 02:10 for the first time
        ("22:00-02:30", "2026-10-25 01:10", "2026-10-25 01:30"),  # and for the second
    ],
)
def test_quiet_hours_end_by_the_clocks_of_their_zone(hours: str, now: str, end: str | None) -> None:
    assert end_of_quiet(quiet_hours(f"{hours} {OSLO}"), utc(now)) == (utc(end) if end else None)


def test_quiet_hours_end_after_now_in_every_minute_around_every_change() -> None:
    quiet = quiet_hours(f"22:00-02:30 {OSLO}")
    for start in (utc("2026-03-28 18:00"), utc("2026-10-24 18:00")):
        for minute in range(16 * 60):
            now = start + timedelta(minutes=minute)
            end = end_of_quiet(quiet, now)
            if end is not None:
                assert now < end <= now + timedelta(hours=6)
                assert end_of_quiet(quiet, end) is None


def test_without_quiet_hours_nothing_waits() -> None:
    assert end_of_quiet(quiet_hours(""), utc("2026-03-02 23:00")) is None


@pytest.mark.parametrize(
    "hours", ["22:00", "22-07", "24:00-07:00", "07:00-07:00", "22:60-07:00", "22:00-07:00-", "2²:00-07:00"]
)
def test_malformed_quiet_hours_are_refused(hours: str) -> None:
    with pytest.raises(UsageError, match="quiet hours"):
        quiet_hours(hours)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "/etc/passwd", "../Oslo", "\x00", "a" * 300])
def test_a_zone_that_is_not_known_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="time zone"):
        zone(name)


def test_a_day_is_as_long_as_its_clocks_make_it() -> None:
    oslo = zone(OSLO)
    for noon, length in (("2026-03-29 12:00", 23), ("2026-10-25 12:00", 25), ("2026-07-01 12:00", 24)):
        assert end_of_day(oslo, utc(noon)) - start_of_day(oslo, utc(noon)) == timedelta(hours=length)


def test_an_hour_ends_where_its_zone_says() -> None:
    assert end_of_hour(UTC, utc("2026-03-02 12:10")) == utc("2026-03-02 13:00")
    assert end_of_hour(timezone(timedelta(hours=5, minutes=30)), utc("2026-03-02 12:10")) == utc("2026-03-02 12:30")
    assert end_of_hour(UTC, utc("2026-03-02 12:00")) == utc("2026-03-02 13:00")


def test_five_minutes_end_on_the_fives() -> None:
    assert end_of_minutes(5, utc("2026-03-02 12:04:59")) == utc("2026-03-02 12:05")
    assert end_of_minutes(5, utc("2026-03-02 12:05")) == utc("2026-03-02 12:10")

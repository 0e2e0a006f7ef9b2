"""Nobody is hammered: publishers get the pauses that they ask for, hosts one look at a time."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.feeds import schedule
from pipeline.model import FeedState, PublisherLimits, PublishingRate
from pipeline.settings.sections import Poll
from tests.examples import NOON

POLL = Poll(every=timedelta(minutes=5), longest=timedelta(hours=1))
FEED = FeedState(url="https://courier.example/feed", polled=True)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BUSY = PublishingRate(moments=(60.0,) * 24, watched=(14.0,) * 24, until=NOON)
DORMANT = PublishingRate(moments=(0.0,) * 24, watched=(14.0,) * 24, until=NOON)


def wait(feed: FeedState = FEED, now: datetime = NOON, poll: Poll = POLL, **asked: Any) -> timedelta:
    return schedule.after_success(replace(feed, asked=PublisherLimits(**asked)), now, poll) - now


def lies(pause: timedelta, at: timedelta) -> bool:
    """Return whether a pause is as expected or, for the spread, up to a tenth longer."""
    return at <= pause <= at * 1.1


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, 5 * MINUTE),
        ({"pause": 3600}, HOUR),
        ({"lifetime": 1200}, 20 * MINUTE),
        ({"pause": 3600, "lifetime": 1200}, HOUR),
        ({"lifetime": 10**8}, DAY),
        ({"lifetime": 10}, 5 * MINUTE),
    ],
)
def test_the_publishers_pause_is_the_least(asked: dict[str, Any], expected: timedelta) -> None:
    assert lies(wait(**asked), expected)


def test_a_busy_feed_is_looked_at_every_minute_only_where_the_publisher_allows_it() -> None:
    busy = replace(FEED, rhythm=BUSY)
    assert lies(wait(busy), 5 * MINUTE)
    assert lies(wait(busy, lifetime=60), MINUTE)
    assert lies(wait(busy, lifetime=5), MINUTE)
    assert lies(wait(busy, pause=120), 2 * MINUTE)


def test_a_dormant_feed_is_looked_at_once_a_day() -> None:
    assert DAY <= wait(replace(FEED, rhythm=DORMANT)) <= DAY + 10 * MINUTE


def test_pauses_shorter_than_the_settings_least_are_possible_on_purpose() -> None:
    quick = Poll(every=timedelta(seconds=0.5))
    assert lies(wait(poll=quick), timedelta(seconds=0.5))
    assert lies(wait(poll=quick, lifetime=60), MINUTE)


def test_feeds_drift_apart_each_by_its_own_share_and_always_the_same() -> None:
    waits = [wait(replace(FEED, url=f"https://{n}.example/")) for n in range(200)]
    assert waits == [wait(replace(FEED, url=f"https://{n}.example/")) for n in range(200)]
    assert len(set(waits)) == 200
    tenths = {int((one - 5 * MINUTE) / timedelta(seconds=3)) for one in waits}
    assert tenths == set(range(10))


def test_failures_double_the_pause_up_to_the_longest() -> None:
    pauses = [schedule.after_failure(replace(FEED, failures=n), None, NOON, POLL) - NOON for n in range(1, 7)]
    expected = [5, 10, 20, 40, 60, 60]
    assert all(lies(pause, minutes * MINUTE) for pause, minutes in zip(pauses, expected, strict=True))
    assert lies(schedule.after_failure(replace(FEED, failures=10_000), None, NOON, POLL) - NOON, HOUR)


@pytest.mark.parametrize(
    ("retry_after", "given"), [(timedelta(seconds=1), 5 * MINUTE), (3 * HOUR, 3 * HOUR), (900 * DAY, 7 * DAY)]
)
def test_a_server_gets_the_pause_it_asks_for(retry_after: timedelta, given: timedelta) -> None:
    assert lies(schedule.after_failure(replace(FEED, failures=1), retry_after, NOON, POLL) - NOON, given)


def test_a_failure_does_not_shorten_what_the_publisher_asks() -> None:
    requested = replace(FEED, failures=1, asked=PublisherLimits(pause=7200))
    assert lies(schedule.after_failure(requested, None, NOON, POLL) - NOON, 2 * HOUR)


def test_hours_and_days_are_left_out() -> None:
    then = NOON + wait(hours=(12, 13, 14))
    assert NOON.replace(hour=15) <= then <= NOON.replace(hour=15, minute=10)
    monday = NOON + wait(days=(0, 1))
    assert (monday.weekday(), monday.hour) == (2, 0)
    both = NOON + wait(days=(0,), hours=(0, 1))
    assert (both.weekday(), both.hour) == (1, 2)


def test_skipping_all_hours_or_days_is_ignored() -> None:
    assert lies(wait(hours=tuple(range(24)), days=tuple(range(7))), 5 * MINUTE)


def due(*feeds: FeedState, busy: tuple[str, ...] = (), now: datetime = NOON) -> list[str]:
    return [feed.url for feed in schedule.due(feeds, busy, now)]


def test_a_host_gets_a_single_poll_at_a_time_the_most_overdue_first() -> None:
    late = replace(FEED, url="https://courier.example/late", next_check=NOON - HOUR)
    other = replace(FEED, url="https://herald.example/feed", next_check=NOON - MINUTE)
    soon = replace(FEED, url="https://gazette.example/feed", next_check=NOON + MINUTE)
    now = replace(FEED, next_check=NOON)
    assert due(now, other, soon, late) == [late.url, other.url]
    assert due(now, other, late, busy=("courier.example",)) == [other.url]
    assert due(replace(other, gone=True)) == []


def test_a_feed_that_has_moved_counts_at_its_new_host() -> None:
    moved = replace(FEED, location="https://herald.example/feed")
    assert due(moved, busy=("courier.example",)) == [FEED.url]
    assert due(moved, busy=("herald.example",)) == []


def test_retry_after_applies_to_all_feeds_of_a_host() -> None:
    held = replace(
        FEED, url="https://courier.example/held", next_check=NOON + HOUR, asked=PublisherLimits(held=NOON + HOUR)
    )
    assert due(FEED, held) == []
    assert due(FEED, held, now=NOON + 2 * HOUR) == [FEED.url]


def test_a_feed_that_fell_due_while_we_were_away_is_not_looked_at_in_an_hour_to_be_left_out() -> None:
    overdue = replace(FEED, asked=PublisherLimits(hours=(12,)))
    assert due(overdue) == []
    assert due(overdue, now=NOON + HOUR) == [FEED.url]


def test_a_malformed_address_is_polled_and_fails() -> None:
    assert due(replace(FEED, url="http://[")) == ["http://["]

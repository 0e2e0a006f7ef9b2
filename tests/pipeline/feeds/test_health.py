"""Warnings of silent, flooding and failing feeds, by the rhythm of each feed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.feeds.health import condition, health, read_pages, warned
from pipeline.feeds.schedule import continued, lately_a_day, usual_a_day
from pipeline.model import FeedState, PublishingRate
from pipeline.model.feed import FeedItem
from tests import examples
from tests.examples import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = NOON.replace(hour=0)
FEED = FeedState(url="https://courier.example/feed", polled=True, rhythm=PublishingRate(until=MONDAY))


def looks(
    feed: FeedState, start: datetime, days: float, counts: dict[int, int], weekdays: int = 7
) -> Iterator[FeedState]:
    """The feed after each of the hourly looks, at which it brings as many entries as `counts` has for the hour."""
    for hour in range(int(days * 24)):
        now = start + (hour + 1) * HOUR
        count = counts.get(now.hour, 0) if now.weekday() < weekdays else 0
        feed = replace(feed, rhythm=continued(feed.rhythm, [now] * count, now))
        feed = replace(feed, warning=warned(feed, now))
        yield feed


def after(feed: FeedState, start: datetime, days: float, counts: dict[int, int], weekdays: int = 7) -> FeedState:
    *_, last = looks(feed, start, days, counts, weekdays)
    return last


def warnings(feed: FeedState, start: datetime, days: float, counts: dict[int, int]) -> list[str]:
    """The different warnings in a row."""
    output: list[str] = [feed.warning]
    for looked in looks(feed, start, days, counts):
        if looked.warning != output[-1]:
            output.append(looked.warning)
    return output


OFFICE = dict.fromkeys(range(8, 18), 2)
LEARNED = after(FEED, MONDAY, 28, OFFICE)
LATER = MONDAY + 28 * DAY


def test_a_busy_feed_that_stops_is_silent_within_two_days_and_stays_so_until_there_is_news() -> None:
    assert LEARNED.warning == ""
    assert warnings(LEARNED, LATER, 60, {}) == ["", "silent"]
    silent = after(LEARNED, LATER, 2, {})
    assert silent.warning == "silent"
    result = health(silent, LATER + 2 * DAY)
    assert result.text.startswith("nothing new for 2 days; ")
    assert after(silent, LATER + 2 * DAY, 1, OFFICE).warning == ""


def test_a_slow_feed_that_stops_is_found_too_in_its_own_time() -> None:
    slow = after(FEED, MONDAY, 40, {9: 1})
    assert after(slow, MONDAY + 40 * DAY, 5, {}).warning == ""
    assert after(slow, MONDAY + 40 * DAY, 12, {}).warning == "silent"


def test_a_silence_up_to_half_as_long_again_as_the_longest_is_no_warning() -> None:
    feed = replace(LEARNED, rhythm=replace(LEARNED.rhythm, gap=72.0))
    assert feed.rhythm.news
    limit = feed.rhythm.news + 108 * HOUR
    assert warned(feed, limit) == ""
    assert warned(feed, limit + HOUR) == "silent"


def test_nights_and_weekends_are_no_silence() -> None:
    weekly = after(FEED, MONDAY, 21, OFFICE, weekdays=5)
    output = {feed.warning for feed in looks(weekly, MONDAY + 21 * DAY, 21, OFFICE, weekdays=5)}
    assert output == {""}


def test_a_feed_whose_guids_are_always_new_is_a_flood_until_it_ends() -> None:
    assert warnings(LEARNED, LATER, 3, dict.fromkeys(range(24), 40)) == ["", "flooding"]
    flooding = after(LEARNED, LATER, 1, dict.fromkeys(range(24), 40))
    assert "new items a day" in health(flooding, LATER + DAY).text
    assert warnings(flooding, LATER + DAY, 6, OFFICE) == ["flooding", ""]


def test_a_flood_ends_below_three_times_the_usual() -> None:
    flooding = after(LEARNED, LATER, 1, dict.fromkeys(range(24), 40))
    still = after(flooding, LATER + DAY, 1, dict.fromkeys(range(24), 6))
    assert 3 < lately_a_day(still.rhythm, LATER + 2 * DAY) / usual_a_day(still.rhythm) < 4
    assert still.warning == "flooding"
    over = after(still, LATER + 2 * DAY, 1, dict.fromkeys(range(24), 6))
    assert 2 < lately_a_day(over.rhythm, LATER + 3 * DAY) / usual_a_day(over.rhythm) < 3
    assert over.warning == ""


def test_a_busy_day_is_no_flood() -> None:
    assert warnings(LEARNED, LATER, 2, dict.fromkeys(range(8, 18), 6)) == [""]


def test_a_new_feed_has_no_verdict() -> None:
    young = after(FEED, MONDAY, 1, OFFICE)
    assert warnings(young, MONDAY + DAY, 1.5, dict.fromkeys(range(24), 100)) == [""]
    assert warned(FEED, NOON) == ""


def test_three_failures_in_a_row_are_a_warning_and_the_first_is_to_be_seen() -> None:
    feed, output = FEED, []
    for failures in range(1, 5):
        feed = replace(feed, failures=failures)
        feed = replace(feed, warning=warned(feed, NOON))
        output.append((condition(feed), feed.warning))
    assert output == [("failing", ""), ("failing", ""), ("failing", "failing"), ("failing", "failing")]
    assert warned(replace(feed, failures=0), NOON) == ""


def test_an_intermittent_feed_stays_unwell_between_failures() -> None:
    feed, output = replace(FEED, warning="failing", failures=3), []
    for works in (True, False, True, False, True, True):
        was, feed = feed.failures > 0, replace(feed, failures=0 if works else 1)
        feed = replace(feed, warning=warned(feed, NOON, recovering=was and works))
        output.append(feed.warning)
    assert output == ["failing"] * 5 + [""]
    recovering = replace(FEED, warning="failing", polled=True)
    assert health(recovering, NOON).text == "its last poll worked, the first since it failed"


def test_a_feed_that_cannot_be_reached_is_not_called_silent() -> None:
    assert warned(replace(LEARNED, failures=1), LATER + 9 * DAY) == ""


def test_conditions() -> None:
    assert condition(examples.feed_state()) == "new"
    assert condition(examples.feed_state(polled=True)) == "healthy"
    assert condition(examples.feed_state(polled=True, failures=1)) == "failing"
    assert condition(examples.feed_state(polled=True, warning="silent")) == "silent"
    assert condition(examples.feed_state(gone=True, failures=1)) == "gone"


def test_the_last_twenty_pages_of_a_feed_count() -> None:
    partial, whole = FeedItem(text="Short.", marks=("partial",)), FeedItem(text="A text.")
    unchanged, unread = FeedItem(), FeedItem(marks=("unread",))
    pages = read_pages("", [partial, unread, unchanged, whole, FeedItem(marks=("paywall",))])
    assert pages == "ppww"
    assert len(read_pages(pages, [whole] * 30)) == 20
    three = examples.feed_state(polled=True, pages="pppw")
    assert health(three, LATER).text == ""
    assert "4 of its last 5 pages" in health(replace(three, pages="ppppw"), LATER).text


def test_the_health_of_a_feed() -> None:
    result = health(replace(LEARNED, status=304, identity="guid", last_success=LATER, next_check=LATER + HOUR), LATER)
    assert (result.status, result.last_success, result.next_check) == (304, LATER, LATER + HOUR)
    assert 17 < result.usually < 23
    assert result.last_news == LATER - 7 * HOUR
    assert result.text == "its items are identified by guid, because their links change by themselves"
    assert health(examples.feed_state(), LATER).next_check is None


def test_rates_are_shown_with_one_decimal() -> None:
    busy = after(FEED, MONDAY, 15, OFFICE)
    shown = health(busy, MONDAY + 15 * DAY)
    assert (shown.lately, shown.usually) == (round(shown.lately, 1), round(shown.usually, 1))
    assert 0 < shown.lately != lately_a_day(busy.rhythm, MONDAY + 15 * DAY)

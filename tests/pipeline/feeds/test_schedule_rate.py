"""A feed's rhythm is learned from what it brings, forgotten when it changes, and takes little room."""

from datetime import datetime, timedelta

import pytest

from pipeline.codec import encode
from pipeline.feeds import schedule
from pipeline.model import FeedState, PublishingRate
from pipeline.settings.sections import Poll
from tests.examples import NOON

POLL = Poll(every=timedelta(minutes=5))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MORNING = NOON.replace(hour=0)


def followed(times: list[datetime], start: datetime, end: datetime, step: timedelta = 30 * MINUTE) -> PublishingRate:
    """The rhythm after looks from start to end at a feed that published at these times."""
    learned, at = PublishingRate(until=start), start
    while at < end:
        learned = schedule.continued(learned, [time for time in times if at < time <= at + step], at + step)
        at += step
    return learned


def daily(hours: tuple[int, ...], days: int) -> list[datetime]:
    return [MORNING + day * DAY + hour * HOUR for day in range(days) for hour in hours]


def test_an_unknown_rhythm_gives_the_usual_pause() -> None:
    assert schedule.pause(PublishingRate(), NOON, POLL) == pytest.approx(5 * MINUTE, abs=MINUTE / 60)
    assert schedule.pause(schedule.begun([], NOON), NOON, POLL) == pytest.approx(5 * MINUTE, abs=MINUTE / 60)


def test_pauses_grow_without_news_up_to_a_day() -> None:
    pauses = [schedule.pause(followed([], NOON, NOON + n * DAY), NOON, POLL) for n in (0, 1, 3, 7, 21)]
    assert pauses == sorted(pauses)
    assert pauses[1] < HOUR
    assert pauses[-1] > 23 * HOUR


def test_the_dates_of_a_first_body_give_the_publishing_rate() -> None:
    busy = schedule.begun([NOON - n * 10 * MINUTE for n in range(100)], NOON)
    slow = schedule.begun([NOON - n * 25 * HOUR for n in range(13)], NOON)
    dead = schedule.begun([NOON - 300 * DAY - n * DAY for n in range(10)], NOON)
    pauses = [schedule.pause(existing, NOON, POLL) for existing in (busy, slow, dead)]
    assert pauses[0] < 2 * MINUTE
    assert HOUR / 4 < pauses[1] < 5 * HOUR
    assert pauses[2] > 12 * HOUR
    assert (slow.news, dead.news) == (NOON, NOON - 300 * DAY)
    assert slow.gap == 25


def test_dates_in_the_future_do_not_count() -> None:
    assert schedule.begun([NOON + DAY, NOON + HOUR, None], NOON) == PublishingRate(until=NOON)


def test_twenty_entries_at_once_are_one_occasion() -> None:
    once = followed([MORNING + n * DAY for n in range(14)], MORNING - HOUR, MORNING + 14 * DAY)
    batches = followed([MORNING + n * DAY for n in range(14) for _ in range(20)], MORNING - HOUR, MORNING + 14 * DAY)
    assert schedule.pause(batches, NOON, POLL) == schedule.pause(once, NOON, POLL)
    assert schedule.usual_a_day(batches) == pytest.approx(20 * schedule.usual_a_day(once), rel=0.01)


def test_the_time_of_day_is_learned() -> None:
    end = MORNING + 28 * DAY
    office = followed(daily((8, 9, 10, 11, 12, 13, 14, 15, 16), 28), MORNING, end)
    at_noon, at_night = schedule.pause(office, end + 12 * HOUR, POLL), schedule.pause(office, end + 20 * HOUR, POLL)
    assert at_noon < 5 * MINUTE
    assert at_night > 4 * at_noon
    assert schedule.pause(office, end + 23 * HOUR, POLL) < 10 * HOUR, "the morning is not slept through"


def test_a_changed_habit_is_learned() -> None:
    end = MORNING + 28 * DAY
    learned = followed(daily(tuple(range(24)), 28), MORNING, end)
    assert schedule.pause(learned, end, POLL) < 5 * MINUTE
    for n in range(60):
        learned = schedule.continued(learned, [], end + n * DAY)
    assert schedule.pause(learned, end + 60 * DAY, POLL) > HOUR


def test_the_expected_rate_follows_the_hours() -> None:
    end = MORNING + 28 * DAY
    learned = followed(daily((8, 12), 28), MORNING, end)
    assert schedule.expected(learned, end, end + DAY) == pytest.approx(2, abs=0.2)
    assert schedule.expected(learned, end + 7 * HOUR, end + 13 * HOUR) > 1.2
    assert schedule.expected(learned, end + 14 * HOUR, end + 20 * HOUR) < 0.4
    assert schedule.expected(PublishingRate(), NOON, NOON + DAY) == 0


def test_entries_a_day_lately_and_usually() -> None:
    learned = followed(daily((1, 9, 17), 14), MORNING, MORNING + 14 * DAY)
    end = MORNING + 14 * DAY
    assert schedule.usual_a_day(learned) == pytest.approx(3, abs=0.2)
    assert schedule.lately_a_day(learned, end) == pytest.approx(3, abs=0.8)
    assert schedule.lately_a_day(learned, end + 3 * DAY) < 0.6
    assert schedule.days_watched(learned) > 9


def test_the_longest_silence_is_remembered_for_a_while() -> None:
    learned = followed([MORNING + HOUR, MORNING + 61 * HOUR, MORNING + 62 * HOUR], MORNING, MORNING + 70 * HOUR)
    assert learned.gap == pytest.approx(60, abs=1)


def test_a_clock_that_goes_back_does_no_harm() -> None:
    learned = followed(daily((8,), 7), MORNING, MORNING + 7 * DAY)
    back = schedule.continued(learned, [None], MORNING)
    assert all(count >= 0 for count in (*back.moments, *back.watched, back.gap))
    assert back.until == MORNING


def test_a_publishing_rate_is_small() -> None:
    learned = followed(daily(tuple(range(24)), 28), MORNING, MORNING + 28 * DAY, 17 * MINUTE)
    assert len(encode(FeedState(url="https://courier.example/", rhythm=learned))) < 1_500


@pytest.mark.parametrize(
    ("date", "hour"),
    [(MORNING + 2 * HOUR, 2), (MORNING, 0), (MORNING - MINUTE, 6), (MORNING + 7 * HOUR, 6), (None, 6)],
)
def test_an_item_without_a_date_since_the_last_poll_counts_as_published_now(date: datetime | None, hour: int) -> None:
    learned = schedule.continued(PublishingRate(until=MORNING), [date], MORNING + 6 * HOUR)
    assert [number for number, count in enumerate(learned.moments) if count] == [hour]


def test_the_longest_silence_fades_by_half_in_four_weeks() -> None:
    rate = PublishingRate(gap=48, news=NOON, until=NOON)
    assert schedule.continued(rate, [], NOON + 28 * DAY).gap == 24

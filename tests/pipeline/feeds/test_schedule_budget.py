"""A feed that uses more than its daily budget waits, and so does a host with all its feeds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.feeds import health
from pipeline.feeds.schedule import HostLedger, added, charged, due, is_waiting, meter
from pipeline.model import FeedState, Spending
from pipeline.settings.sections import Budget
from tests import examples
from tests.examples import NOON

DAY = timedelta(days=1)
BUDGET = Budget(cpu=10, bytes=1_000, articles=5, quotes=50, host=2)
STATE = examples.feed_state(polled=True, last_success=NOON, next_check=NOON)


def after(state: FeedState, hours: float = 0, host: Spending | None = None, **used: Any) -> FeedState:
    spent = Spending(**used)
    return charged(state, spent, host or spent, BUDGET, NOON + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("used", "words"),
    [
        ({"cpu": 11.0}, "11 CPU seconds in a day, 10 are allowed"),
        ({"bytes": 1_001}, "1,001 bytes in a day, 1,000 are allowed"),
        ({"articles": 6}, "6 articles in a day, 5 are allowed"),
        ({"quotes": 51}, "51 quotes in a day, 50 are allowed"),
    ],
)
def test_a_feed_over_any_limit_waits_until_its_day_is_over(used: dict[str, Any], words: str) -> None:
    over = after(STATE, **used)
    assert over.next_check == NOON + DAY
    assert (health.condition(over), health.health(over, NOON).text) == ("waiting", f"over its budget: {words}")
    assert due([over], (), NOON + DAY - timedelta(seconds=1)) == []
    assert is_waiting(over, NOON + DAY - timedelta(seconds=1))
    assert not is_waiting(over, NOON + DAY)
    well = after(over, hours=24, bytes=10)
    assert (well.spent.over, well.spent.bytes, health.condition(well)) == ("", 10, "healthy")


def test_a_feed_at_its_limit_is_still_polled() -> None:
    state = after(STATE, cpu=10.0, bytes=1_000, articles=5, quotes=50)
    assert (state.next_check, state.spent.over) == (NOON, "")


def test_the_uses_of_a_day_add_up() -> None:
    state = after(after(STATE, bytes=600), hours=23, bytes=600)
    assert (state.spent.bytes, state.next_check) == (1_200, NOON + DAY)
    assert after(after(STATE, bytes=600), hours=24, bytes=600).spent.over == ""


def test_a_host_waits_with_all_its_feeds() -> None:
    first, second = (replace(STATE, url=f"https://courier.example/{number}") for number in range(2))
    other = replace(STATE, url="https://gazette.example/")
    over = after(first, host=Spending(since=NOON, bytes=2_001), bytes=900)
    assert over.spent.over == "all feeds of its host: 2,001 bytes in a day, 2,000 are allowed"
    later = NOON + DAY - timedelta(seconds=1)
    assert due([over, second, other], (), later) == [other]
    assert second in due([over, second], (), NOON + DAY)


def test_a_host_has_what_its_feeds_have_spent_also_after_a_restart() -> None:
    spent = added(Spending(), Spending(bytes=700), NOON)
    states = [replace(STATE, url=f"https://courier.example/{number}", spent=spent) for number in range(2)]
    old = replace(STATE, url="https://courier.example/old", spent=replace(spent, since=NOON - DAY))
    ledger = HostLedger([*states, old], NOON)
    assert ledger.charge(states[0], Spending(bytes=1), NOON).bytes == 1_401
    assert ledger.charge(replace(STATE, url="https://gazette.example/"), Spending(bytes=1), NOON).bytes == 1
    assert ledger.charge(states[0], Spending(bytes=1), NOON + DAY).bytes == 1


def test_a_poll_may_use_the_rest_of_the_daily_budget() -> None:
    left = meter(after(STATE, cpu=4.0, bytes=900), BUDGET, NOON)
    assert (left.left_cpu, left.left_bytes, left.is_spent()) == (6.0, 100, False)
    left.seconds += [3.0, 3.1]
    assert left.is_spent()
    assert meter(after(STATE, bytes=900), BUDGET, NOON + DAY).left_bytes == 1_000


def test_a_feed_that_waits_is_announced_once_and_when_it_is_well_again() -> None:
    feed, over = examples.feed(title="The Courier"), after(STATE, quotes=51)
    notice = health.notice(feed, STATE, over, NOON)
    assert notice
    assert notice.statement.text.endswith("waits until tomorrow: over its budget: 51 quotes in a day, 50 are allowed")
    assert health.notice(feed, over, replace(over, next_check=NOON), NOON) is None
    well = health.notice(feed, over, after(over, hours=24), NOON + DAY)
    assert well
    assert well.statement.text.endswith("is well again, no longer waiting")

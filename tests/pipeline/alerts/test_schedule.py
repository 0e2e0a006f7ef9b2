"""The alerts that a target gets in one message, and the time of the message."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from pipeline.alerts import schedule
from pipeline.errors import UsageError
from pipeline.model import EPOCH, Alert, Delivery, Mute, Watch, delivery_id
from tests import examples
from tests.examples import NOON, watch

HOUR = timedelta(hours=1)
HOOK = "webhook:https://near.example/hook"


def alert(number: int = 0, watch_id: str = "harbour", **changes: object) -> Alert:
    """The watch met by the statement of this number."""
    statement = replace(examples.statement(), id=f"statement-{number}")
    plain = replace(
        examples.alert(statement), id=f"{watch_id}-{number}", watch_id=watch_id, watch_name=watch_id.title()
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # what the test names


def test_one_delivery_for_each_statement_and_target_under_ids_from_content() -> None:
    standing = watch(deliver=("stdout", HOOK, HOOK))
    created = schedule.deliveries([alert()], [standing, watch(id="other")], NOON)
    assert [each.target for each in created] == ["stdout", HOOK]
    assert all(each.alert == alert() and each.state == "pending" and each.next_try == EPOCH for each in created)
    assert [each.id for each in created] == [delivery_id("statement-0", target) for target in ("stdout", HOOK)]
    assert schedule.deliveries([alert()], [standing], NOON) == created


def test_an_alert_of_a_watch_that_is_gone_is_not_delivered() -> None:
    assert schedule.deliveries([alert()], [], NOON) == ()


def test_a_statement_in_several_watches_of_a_target_is_a_single_message() -> None:
    watches = [watch(deliver=("stdout", HOOK)), watch(id="port", deliver=(HOOK,))]
    both, alone = schedule.deliveries([alert(), alert(0, "port"), alert(1, "port")], watches, NOON)[1:]
    assert both.alerts == (alert(), alert(0, "port"))
    assert (both.target, alone.alerts) == (HOOK, (alert(1, "port"),))


def test_another_occasion_of_a_statement_is_another_message() -> None:
    created = schedule.deliveries([alert(), alert(id="other", occasion="corrected")], [watch()], NOON)
    assert len({each.id for each in created}) == 2


def test_an_alert_twice_on_the_log_is_delivered_once() -> None:
    (created,) = schedule.deliveries([alert(), alert()], [watch()], NOON)
    assert created.alerts == (alert(),)


@pytest.mark.parametrize(
    ("tempo", "at"),
    [
        ("instant", NOON + timedelta(minutes=7)),
        ("grouped", NOON + timedelta(minutes=10)),
        ("hourly", NOON + HOUR),
        ("daily", NOON + 11 * HOUR),  # midnight in Oslo
    ],
)
def test_the_tempo_decides_the_time_of_delivery(tempo: str, at: object) -> None:
    (created,) = schedule.deliveries([alert()], [watch(tempo=tempo, zone="Europe/Oslo")], NOON + timedelta(minutes=7))
    assert (created.planned, created.grouped, created.held) == (at, tempo != "instant", "")
    assert created.next_try == (EPOCH if tempo == "instant" else at)


@pytest.mark.parametrize(("tempo", "held"), [("instant", "quiet"), ("grouped", "quiet"), ("daily", "quiet")])
def test_alerts_in_quiet_hours_wait_for_their_end(tempo: str, held: str) -> None:
    quiet = watch(tempo=tempo, quiet="11:00-07:00")
    (created,) = schedule.deliveries([alert()], [quiet], NOON)
    assert (created.next_try, created.grouped, created.held) == (NOON + 19 * HOUR, True, held)
    assert created.quiet == "11:00-07:00 UTC"


def test_the_earliest_watch_decides() -> None:
    hurried, slow = watch(deliver=(HOOK,)), watch(id="port", tempo="daily", deliver=(HOOK,))
    (created,) = schedule.deliveries([alert(0, "port"), alert()], [hurried, slow], NOON)
    assert not created.grouped
    assert len(created.alerts) == 2


def posted(numbers: Sequence[int], capped: Watch, earlier: Sequence[Delivery] = ()) -> tuple[Delivery, ...]:
    return schedule.deliveries([alert(number) for number in numbers], [capped], NOON, earlier=earlier)


def test_alerts_over_the_daily_cap_come_at_the_end_of_the_day() -> None:
    capped = watch(daily_cap=3, deliver=(HOOK, "stdout"))
    created = [each for each in posted(range(5), capped) if each.target == HOOK]
    assert [each.held for each in created] == ["", "", "", "cap", "cap"]
    assert {each.next_try for each in created[3:]} == {NOON + 12 * HOUR}
    assert all(each.grouped for each in created[3:])


def test_the_daily_cap_counts_what_was_posted_before_whatever_was_repeated() -> None:
    capped = watch(daily_cap=3)
    first = posted(range(2), capped)
    again = posted(range(4), capped, first)
    assert [(each.alert.statement.id, each.held) for each in again] == [("statement-2", ""), ("statement-3", "cap")]


def test_a_digest_does_not_count_its_alerts_towards_the_daily_cap_again() -> None:
    capped = watch(daily_cap=3)
    members = posted(range(2), capped)
    (third,) = posted([2], capped, [*members, schedule.digest(members, NOON)])
    assert third.held == ""


def test_yesterdays_alerts_over_the_cap_do_not_count_today() -> None:
    capped = watch(daily_cap=1)
    yesterday = [replace(each, planned=each.planned - 24 * HOUR) for each in posted(range(9), capped)]
    (created,) = posted([10], capped, yesterday)
    assert created.held == ""


def test_deliveries_that_count_are_those_of_the_day_and_what_it_began_with() -> None:
    assert schedule.counted_since([alert()], [watch()], NOON) is None
    assert schedule.counted_since([alert()], [watch(id="other", daily_cap=1)], NOON) is None
    assert schedule.counted_since([alert()], [watch(daily_cap=1)], NOON) == NOON - 36 * HOUR


@pytest.mark.parametrize(
    ("mute", "state"),
    [
        (Mute(kind="actor", thing="ada-lindqvist"), "muted"),
        (Mute(kind="statement", thing="statement-0"), "muted"),
        (Mute(kind="statement", thing="statement-1"), "pending"),
        (Mute(kind="actor", thing="ada-lindqvist", until=NOON), "pending"),
        (Mute(kind="actor", thing="ada-lindqvist", until=NOON + HOUR), "muted"),
    ],
)
def test_muted_alerts_are_stored_and_not_sent(mute: Mute, state: str) -> None:
    (created,) = schedule.deliveries([alert()], [watch()], NOON, mutes=[mute])
    assert created.state == state


def test_a_digest_lists_all_its_parts_and_derives_its_id_from_them() -> None:
    created = posted(range(3), watch(tempo="hourly"))
    digest = schedule.digest(created, NOON)
    assert [each.statement.id for each in digest.alerts] == ["statement-0", "statement-1", "statement-2"]
    assert digest.parts == tuple(each.id for each in created)
    assert digest.id == schedule.digest(created, NOON + HOUR).id != schedule.digest(created[1:], NOON).id
    assert not digest.grouped


@pytest.mark.slow
def test_nothing_is_planned_before_now_through_a_year() -> None:
    watches = [watch(tempo=tempo, quiet="23:30-02:30", zone="Europe/Oslo") for tempo in ("grouped", "hourly", "daily")]
    for step, _ in pairwise(range(0, 365 * 24, 5)):
        now = NOON + step * HOUR + timedelta(minutes=17)
        for standing in watches:
            (created,) = schedule.deliveries([alert()], [standing], now)
            assert now < created.next_try <= now + 28 * HOUR


@pytest.mark.parametrize(
    "wrong", [{"zone": "Mars/Olympus"}, {"quiet": "late"}, {"quiet": "22:00-22:00"}, {"daily_cap": -1}]
)
def test_a_watch_whose_hours_are_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"^watch 'Harbour'"):
        schedule.check(watch(**wrong))

"""Deliveries: each alert once, in order to each receiver, whatever the receivers do."""

import logging
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.alerts.schedule import PAUSES
from pipeline.errors import RefusedError, WorldError
from pipeline.model import EPOCH, Delivery
from pipeline.text.targets import masked
from tests.examples import NOON, delivery
from tests.receivers import FAR, NEAR, Desk, to


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_due_deliveries_are_sent_in_order_and_once(desk: Desk) -> None:
    desk.put(*(to(NEAR, number) for number in (3, 1, 2)), to(FAR, 1), delivery(next_try=NOON + timedelta(seconds=1)))
    assert desk.deliverer.send_due() == 4
    assert desk.receivers.accepted == {NEAR: ["alert-1", "alert-2", "alert-3"], FAR: ["alert-1"]}
    assert desk.deliverer.send_due() == 0
    assert {each.state for each in desk.outbox.listing("done")} == {"done"}


def test_a_crash_after_sending_sends_the_same_id_again(desk: Desk) -> None:
    desk.put(to(NEAR))
    stored = desk.of(to(NEAR).id)
    desk.deliverer.send_due()
    desk.outbox.update(stored)
    assert desk.deliverer.send_due() == 1
    assert desk.receivers.tried == [to(NEAR).id] * 2


def test_deliveries_behind_a_failed_one_are_tried_before_it(desk: Desk) -> None:
    poison = to(NEAR, 1)

    def refuse_one(sent: Delivery) -> None:
        if sent.id == poison.id:
            raise WorldError("near.example answers 500")

    desk.receivers.does[NEAR] = refuse_one
    desk.put(*(to(NEAR, number) for number in range(1, 5)))
    desk.deliverer.send_due()
    assert desk.receivers.tried == [poison.id]
    desk.clock.move(PAUSES[0])
    desk.deliverer.send_due()
    assert desk.receivers.accepted[NEAR] == ["alert-2", "alert-3", "alert-4"]
    assert desk.of(poison.id).state == "pending"


def test_a_receiver_that_asks_to_wait_gets_no_other_delivery(desk: Desk) -> None:
    desk.receivers.fail(NEAR, WorldError("near.example answers 429", retry_after=timedelta(minutes=10)))
    desk.put(to(NEAR, 1))
    desk.deliverer.send_due()
    desk.put(to(NEAR, 2), to(FAR, 2))
    desk.receivers.does.clear()
    desk.clock.move(timedelta(minutes=5))
    desk.deliverer.send_due()
    assert desk.receivers.accepted == {FAR: ["alert-2"]}
    desk.clock.move(timedelta(minutes=5, seconds=1))
    desk.deliverer.send_due()
    assert desk.receivers.accepted[NEAR] == ["alert-1", "alert-2"]


@pytest.mark.parametrize("hours", [1, 30, 47, 76])
def test_a_receiver_down_for_days_gets_each_alert_once_or_it_is_in_the_dead_letters(desk: Desk, hours: int) -> None:
    desk.receivers.fail(NEAR, WorldError("near.example refuses the connection"))
    up = desk.clock() + timedelta(hours=hours)
    for number in range(4 * 80):
        if number < 40:
            desk.put(to(NEAR, number * 900), to(FAR, number * 900))
        if desk.clock() >= up:
            desk.receivers.does.clear()
        desk.deliverer.send_due()
        desk.clock.move(timedelta(minutes=15))
    near, failed = desk.receivers.accepted[NEAR], desk.outbox.listing("failed")
    assert desk.receivers.accepted[FAR] == [f"alert-{number * 900}" for number in range(40)]
    assert len(near) == len(set(near))
    assert sorted([*near, *(each.alert.id for each in failed)]) == sorted(f"alert-{n * 900}" for n in range(40))
    assert all(each.last_error == "near.example refuses the connection" for each in failed)
    assert bool(failed) == (hours > 48)


@pytest.mark.parametrize("hours", [1, 30, 71, 24 * 400])
def test_a_clock_that_is_set_back_delays_nothing_and_repeats_nothing(desk: Desk, hours: int) -> None:
    desk.receivers.fail(NEAR, WorldError("near.example answers 503", retry_after=timedelta(minutes=5)))
    desk.put(to(NEAR, 1), to(FAR, 1))
    desk.deliverer.send_due()
    desk.receivers.does.clear()
    desk.clock.move(-timedelta(hours=hours))
    assert desk.deliverer.send_due() == 0
    desk.clock.move(timedelta(minutes=6))
    desk.deliverer.send_due()
    assert desk.receivers.accepted == {FAR: ["alert-1"], NEAR: ["alert-1"]}


@pytest.mark.parametrize("hours", [100, 24 * 400])
def test_a_delivery_scheduled_by_a_wrong_clock_is_sent_when_the_clock_is_right(desk: Desk, hours: int) -> None:
    desk.put(replace(to(NEAR, 1), attempts=1, next_try=desk.clock() + timedelta(hours=hours)))
    desk.deliverer.send_due()
    assert desk.receivers.accepted == {NEAR: ["alert-1"]}


def test_a_clock_set_forward_gives_up_no_sooner(desk: Desk) -> None:
    desk.receivers.fail(NEAR, WorldError("near.example is away"))
    desk.put(to(NEAR, 1))
    for _ in range(3):
        desk.deliverer.send_due()
        desk.clock.move(timedelta(days=300))
    assert desk.of(to(NEAR, 1).id).attempts == 3
    desk.receivers.does.clear()
    desk.clock.move(-timedelta(days=900))
    desk.deliverer.send_due()
    desk.clock.move(PAUSES[2] * 2)
    desk.deliverer.send_due()
    assert desk.receivers.accepted == {NEAR: ["alert-1"]}


def test_the_outcome_of_each_attempt_is_counted(desk: Desk) -> None:
    desk.receivers.fail(NEAR, WorldError("near.example answers 500"))
    desk.receivers.fail(FAR, RefusedError("far.example answers 410"))
    desk.put(to(NEAR, 1), to(NEAR, 2), to(FAR, 1), to("stdout", 1))
    desk.deliverer.send_due()
    assert Counter(desk.tries) == {"retried": 2, "failed": 1, "done": 1}


def test_the_delay_of_an_accepted_delivery_is_measured(desk: Desk) -> None:
    planned = desk.clock() - timedelta(seconds=3)
    desk.receivers.fail(NEAR, WorldError("near.example answers 500"))
    desk.put(replace(to("stdout", 1), planned=planned), replace(to(NEAR, 2), planned=planned))
    desk.deliverer.send_due()
    assert desk.took == [timedelta(seconds=3)]


def test_an_exception_in_a_notifier_is_a_failed_attempt(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.receivers.fail(NEAR, ZeroDivisionError(f"a bug with {NEAR}"))
    desk.put(to(NEAR, 1), to(FAR, 1))
    with caplog.at_level(logging.ERROR):
        desk.deliverer.send_due()
    assert f"{masked(NEAR)}: fault" in caplog.text
    assert desk.receivers.accepted == {FAR: ["alert-1"]}
    tried = desk.outbox.find(to(NEAR, 1).id)
    assert tried and (tried.state, tried.attempts) == ("pending", 1)
    assert tried.last_error == f"{masked(NEAR)} cannot be reached: ZeroDivisionError('a bug with {masked(NEAR)}')"


def test_an_error_of_the_outbox_closes_a_lane_for_a_while(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Delivery) -> None:
        raise WorldError("the disk is full")

    desk.put(to(NEAR, 1))
    with caplog.at_level(logging.ERROR), monkeypatch.context() as patched:
        patched.setattr(desk.outbox, "update", full)
        desk.deliverer.send_due()
    assert "webhook:near.example broke off: the disk is full" in caplog.text
    assert desk.deliverer.send_due() == 0
    desk.clock.move(timedelta(minutes=2))
    assert desk.deliverer.send_due() == 1


def test_at_most_64_receivers_are_sent_to_at_once(desk: Desk) -> None:
    desk.put(*(to(f"webhook:https://host-{number}.example/", number) for number in range(65)))
    assert [desk.deliverer.send_due() for _ in range(3)] == [64, 1, 0]


@pytest.mark.parametrize(("back", "sent"), [(timedelta(seconds=59), 0), (timedelta(minutes=1), 1)])
def test_a_clock_is_set_back_when_it_goes_back_by_a_minute(desk: Desk, back: timedelta, sent: int) -> None:
    desk.put(to(NEAR, 1), to(FAR, 2))
    desk.receivers.fail(NEAR, WorldError("near.example answers 503", retry_after=timedelta(seconds=30)))
    desk.deliverer.send_due()
    desk.receivers.does.clear()
    desk.clock.move(-back)
    assert desk.deliverer.send_due() == 0
    desk.clock.move(timedelta(seconds=31))
    assert desk.deliverer.send_due() == sent


def test_a_delivery_without_a_planned_time_mentions_no_delay(desk: Desk) -> None:
    desk.put(replace(to("stdout", 1), planned=EPOCH))
    assert desk.deliverer.send_due() == 1
    assert desk.took == []

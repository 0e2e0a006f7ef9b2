"""The outcome of one attempt at a delivery, and the time of the next."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.alerts.schedule import PAUSES, after_attempt, after_clock_jump, reset
from pipeline.errors import OnRecordError, RefusedError, SettingsError, UsageError, WorldError
from pipeline.model import EPOCH
from tests.examples import NOON, delivery


def test_an_accepted_delivery_is_done() -> None:
    tried = after_attempt(delivery(last_error="before", attempts=2), None, NOON, 0.5)
    assert (tried.state, tried.attempts, tried.last_error) == ("done", 3, "")


def test_a_world_error_is_retried_for_two_days() -> None:
    now, pending = NOON, delivery()
    for attempt in range(len(PAUSES)):
        pending = after_attempt(pending, WorldError("hook answers 500"), now, 0)
        assert (pending.state, pending.attempts, pending.last_error) == ("pending", attempt + 1, "hook answers 500")
        now = pending.next_try
    assert timedelta(days=2) <= now - NOON < timedelta(days=2, hours=1)
    assert after_attempt(pending, WorldError("hook answers 500"), now, 0).state == "failed"


def test_jitter_spreads_what_failed_together() -> None:
    tries = [after_attempt(delivery(), WorldError("down"), NOON, jitter).next_try for jitter in (0, 0.5, 0.999)]
    assert tries == sorted(set(tries))
    assert tries[-1] - NOON < PAUSES[0] * 1.2


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (timedelta(0), PAUSES[0]),
        (timedelta(seconds=1), PAUSES[0]),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(days=10_000), timedelta(days=1)),
    ],
)
def test_retry_after_of_a_receiver_is_respected(asked: timedelta, waited: timedelta) -> None:
    assert after_attempt(delivery(), WorldError("busy", retry_after=asked), NOON, 0).next_try == NOON + waited


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (RefusedError("hook answers 410"), "failed"),
        (UsageError("no such notifier"), "failed"),
        (SettingsError("webhook.secret is not set"), "pending"),
    ],
)
def test_a_permanent_error_fails_at_once(error: OnRecordError, state: str) -> None:
    tried = after_attempt(delivery(), error, NOON, 0)
    assert (tried.state, tried.last_error) == (state, str(error))


def test_a_failed_delivery_can_be_tried_again() -> None:
    failed = after_attempt(delivery(attempts=9), RefusedError("gone"), NOON, 0)
    assert reset(failed) == replace(failed, state="pending", attempts=0, next_try=EPOCH)


def test_the_plan_of_attempts_is_the_published_one() -> None:
    minutes = [pause.total_seconds() / 60 for pause in PAUSES]
    assert minutes == [1 / 12, 1, 5, 30, 120, 300, 600, 840, 985]


@pytest.mark.parametrize(
    ("waits", "jump", "left"),
    [
        (timedelta(hours=2), timedelta(hours=1), timedelta(hours=1)),
        (timedelta(hours=1), timedelta(hours=2), timedelta(0)),
        (timedelta(days=3), timedelta(0), timedelta(days=3)),
        (timedelta(days=3, seconds=1), timedelta(0), timedelta(0)),
        (timedelta(hours=-1), timedelta(hours=5), timedelta(hours=-1)),
    ],
)
def test_a_clock_that_was_set_back_makes_nobody_wait_longer(waits: timedelta, jump: timedelta, left: timedelta) -> None:
    assert after_clock_jump(delivery(next_try=NOON + waits), jump, NOON).next_try == NOON + left

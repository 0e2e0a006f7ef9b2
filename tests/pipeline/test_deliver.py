"""Deliveries: each alert once, in order to each receiver, whatever the receivers do."""

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from pipeline.deliver import Deliverer
from pipeline.errors import OnRecordError, RefusedError, SettingsError, UsageError, WorldError
from pipeline.model import EPOCH, Alert, Delivery
from pipeline.targets import masked
from pipeline.tries import LONGEST_WAIT, PAUSES, after, again, lane
from tests.examples import NOON, alert, delivery
from tests.fakes import FakeClock, FakeOutbox

NEAR = "webhook:https://near.example/hook"
FAR = "webhook:https://far.example/hook"


def numbered(number: int) -> Alert:
    return replace(alert(), id=f"alert-{number}", created=NOON + timedelta(seconds=number))


def to(target: str, number: int = 0) -> Delivery:
    return delivery(numbered(number), id=f"{number}-{target}", target=target)


@dataclass
class Receivers:
    """Notifiers for every target: what each was sent, and what it does with it first."""

    does: dict[str, Callable[[Delivery], None]] = field(default_factory=dict)
    accepted: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    tried: list[str] = field(default_factory=list)

    def __call__(self, target: str) -> "Receiver":
        return Receiver(self, target)

    def fail(self, target: str, error: Exception) -> None:
        def failing(_: Delivery) -> None:
            raise error

        self.does[target] = failing


@dataclass
class Receiver:
    """One of them."""

    receivers: Receivers
    target: str

    def send(self, delivery: Delivery) -> None:
        self.receivers.tried.append(delivery.id)
        if self.target in self.receivers.does:
            self.receivers.does[self.target](delivery)
        self.receivers.accepted[self.target].append(delivery.alert.id)


@dataclass
class Desk:
    """A deliverer on fakes."""

    clock: FakeClock = field(default_factory=FakeClock)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    receivers: Receivers = field(default_factory=Receivers)

    def __post_init__(self) -> None:
        self.tries: list[str] = []
        self.took: list[timedelta] = []
        self.deliverer = Deliverer(
            self.outbox, self.receivers, self.clock, lambda: 0.5, self.tries.append, took=self.took.append
        )

    def put(self, *pending: Delivery) -> None:
        self.outbox.put(pending)

    def of(self, delivery_id: str) -> Delivery:
        return next(each for each in self.outbox.listing() if each.id == delivery_id)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_accepted_delivery_is_done() -> None:
    tried = after(delivery(last_error="before", attempts=2), None, NOON, 0.5)
    assert (tried.state, tried.attempts, tried.last_error) == ("done", 3, "")


def test_trouble_in_the_world_is_tried_again_for_two_days() -> None:
    now, pending = NOON, delivery()
    for attempt in range(len(PAUSES)):
        pending = after(pending, WorldError("hook answers 500"), now, 0)
        assert (pending.state, pending.attempts, pending.last_error) == ("pending", attempt + 1, "hook answers 500")
        now = pending.next_try
    assert timedelta(days=2) <= now - NOON < timedelta(days=2, hours=1)
    assert after(pending, WorldError("hook answers 500"), now, 0).state == "failed"


def test_jitter_spreads_what_failed_together() -> None:
    tries = [after(delivery(), WorldError("down"), NOON, jitter).next_try for jitter in (0, 0.5, 0.999)]
    assert tries == sorted(set(tries))
    assert tries[-1] - NOON < PAUSES[0] * 1.2


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (timedelta(0), PAUSES[0]),
        (timedelta(seconds=1), PAUSES[0]),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(days=10_000), LONGEST_WAIT),
    ],
)
def test_a_receiver_is_not_tried_before_it_asks(asked: timedelta, waited: timedelta) -> None:
    assert after(delivery(), WorldError("busy", retry_after=asked), NOON, 0).next_try == NOON + waited


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (RefusedError("hook answers 410"), "failed"),
        (UsageError("no such notifier"), "failed"),
        (SettingsError("webhook.secret is not set"), "pending"),
    ],
)
def test_what_cannot_be_mended_fails_at_once(error: OnRecordError, state: str) -> None:
    tried = after(delivery(), error, NOON, 0)
    assert (tried.state, tried.last_error) == (state, str(error))


def test_a_failed_delivery_can_be_tried_again() -> None:
    failed = after(delivery(attempts=9), RefusedError("gone"), NOON, 0)
    assert again(failed) == replace(failed, state="pending", attempts=0, next_try=EPOCH)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("stdout", "stdout"),
        ("webhook:https://Near.example/a", "webhook:near.example"),
        ("webhook:http://near.example:8080/b?c", "webhook:near.example"),
        ("webhook:https://[broken", "webhook:https://[broken"),
        ("email:desk@courier.example", "email:desk@courier.example"),
        ("apprise:tgram://token/12", "apprise:tgram://token/12"),
    ],
)
def test_a_lane_is_a_notifier_and_a_host(target: str, name: str) -> None:
    assert lane(target) == name


def test_what_is_due_is_sent_in_order_and_once(desk: Desk) -> None:
    desk.put(*(to(NEAR, number) for number in (3, 1, 2)), to(FAR, 1), delivery(next_try=NOON + timedelta(seconds=1)))
    assert desk.deliverer.send_due() == 4
    assert desk.receivers.accepted == {NEAR: ["alert-1", "alert-2", "alert-3"], FAR: ["alert-1"]}
    assert desk.deliverer.send_due() == 0
    assert {each.state for each in desk.outbox.listing("done")} == {"done"}


def test_a_crash_between_sending_and_writing_down_sends_the_same_id_again(desk: Desk) -> None:
    desk.put(to(NEAR))
    stored = desk.of(to(NEAR).id)
    desk.deliverer.send_due()
    desk.outbox.update(stored)
    assert desk.deliverer.send_due() == 1
    assert desk.receivers.tried == [to(NEAR).id] * 2


def test_those_behind_one_that_failed_are_tried_before_it(desk: Desk) -> None:
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


def test_a_receiver_that_asks_to_wait_gets_nothing_new_either(desk: Desk) -> None:
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
def test_what_waits_for_a_time_that_a_wrong_clock_gave_it_is_not_stuck(desk: Desk, hours: int) -> None:
    desk.put(replace(to(NEAR, 1), attempts=1, next_try=desk.clock() + timedelta(hours=hours)))
    desk.deliverer.send_due()
    assert desk.receivers.accepted == {NEAR: ["alert-1"]}


def test_a_clock_that_is_set_forward_gives_up_no_sooner(desk: Desk) -> None:
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


def test_what_each_try_came_to_is_counted(desk: Desk) -> None:
    desk.receivers.fail(NEAR, WorldError("near.example answers 500"))
    desk.receivers.fail(FAR, RefusedError("far.example answers 410"))
    desk.put(to(NEAR, 1), to(NEAR, 2), to(FAR, 1), to("stdout", 1))
    desk.deliverer.send_due()
    assert Counter(desk.tries) == {"retried": 2, "failed": 1, "done": 1}


def test_how_late_a_delivery_was_accepted_is_told(desk: Desk) -> None:
    planned = desk.clock() - timedelta(seconds=3)
    desk.receivers.fail(NEAR, WorldError("near.example answers 500"))
    desk.put(replace(to("stdout", 1), planned=planned), replace(to(NEAR, 2), planned=planned))
    desk.deliverer.send_due()
    assert desk.took == [timedelta(seconds=3)]


def running(desk: Desk, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=desk.deliverer.run, args=(stop,))
    thread.start()
    return thread


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "it did not happen within 10 s"
        time.sleep(0.01)


def test_a_receiver_that_hangs_holds_up_nobody_else(desk: Desk) -> None:
    release, stop = threading.Event(), threading.Event()

    def hang(_: Delivery) -> None:
        release.wait(10)

    desk.receivers.does[NEAR] = hang
    desk.put(*(to(NEAR, number) for number in range(3_000)), to(FAR, 5_000))
    thread = running(desk, stop)
    try:
        wait_for(lambda: bool(desk.receivers.tried))
        desk.clock.move(timedelta(seconds=3))
        wait_for(lambda: desk.receivers.accepted[FAR] == ["alert-5000"])
        assert desk.receivers.accepted[NEAR] == []
    finally:
        stop.set()
        release.set()
        thread.join()
    assert desk.receivers.accepted[NEAR] == ["alert-0"]
    assert len(desk.outbox.listing("done", most=10_000)) == 2


def test_stopping_finishes_what_is_being_sent_and_leaves_the_rest(desk: Desk) -> None:
    stop = threading.Event()
    desk.receivers.does[NEAR] = lambda _: stop.set()
    desk.put(to(NEAR, 1), to(NEAR, 2))
    running(desk, stop).join(10)
    assert desk.receivers.accepted[NEAR] == ["alert-1"]
    assert [each.alert.id for each in desk.outbox.listing("pending")] == ["alert-2"]


def test_a_stop_does_not_wait_for_a_receiver_that_hangs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pipeline.deliver._FAREWELL", 0.1)
    release, stop = threading.Event(), threading.Event()

    def hang(_: Delivery) -> None:
        stop.set()
        release.wait(10)

    desk.receivers.does[NEAR] = hang
    desk.put(to(NEAR, 1), to(NEAR, 2))
    running(desk, stop).join(5)
    assert "receivers left without an answer: 1" in caplog.text
    assert [each.attempts for each in desk.outbox.listing("pending")] == [0, 0]
    release.set()


def test_a_fault_of_a_notifier_is_a_try_that_failed(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.receivers.fail(NEAR, ZeroDivisionError(f"a bug with {NEAR}"))
    desk.put(to(NEAR, 1), to(FAR, 1))
    with caplog.at_level(logging.ERROR):
        desk.deliverer.send_due()
    assert f"{masked(NEAR)}: fault" in caplog.text
    assert desk.receivers.accepted == {FAR: ["alert-1"]}
    tried = desk.outbox.find(to(NEAR, 1).id)
    assert tried and (tried.state, tried.attempts) == ("pending", 1)
    assert tried.last_error == f"{masked(NEAR)} cannot be told: ZeroDivisionError('a bug with {masked(NEAR)}')"


def test_trouble_with_the_outbox_closes_a_lane_for_a_while(
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


def test_an_outbox_that_cannot_be_read_is_asked_again(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, due, calls = threading.Event(), desk.outbox.due, []

    def troubled(*asked: object) -> list[Delivery]:
        calls.append(asked)
        if len(calls) == 1:
            raise WorldError("the disk is full")
        return due(*asked)  # type: ignore[arg-type] # what it was called with

    monkeypatch.setattr(desk.outbox, "due", troubled)
    desk.put(to(NEAR, 1))
    thread = running(desk, stop)
    wait_for(lambda: bool(desk.outbox.listing("done")))
    stop.set()
    thread.join()
    assert "the disk is full" in caplog.text

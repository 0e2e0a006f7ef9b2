"""The deliverer at work: threads, receivers that hang, and stopping."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from pipeline.errors import WorldError
from pipeline.model import Delivery
from tests.receivers import FAR, NEAR, Desk, to


@pytest.fixture
def desk() -> Desk:
    return Desk()


def running(desk: Desk, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=desk.deliverer.run, args=(stop,))
    thread.start()
    return thread


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "it did not happen within 10 s"
        time.sleep(0.01)


@pytest.mark.slow
def test_a_hanging_receiver_delays_no_other(desk: Desk) -> None:
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


def test_a_delivery_accepted_while_the_outbox_is_read_is_not_sent_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, stop = threading.Event(), threading.Event()

    def hang(_: Delivery) -> None:
        release.wait(10)

    desk.receivers.does[NEAR] = hang
    desk.put(to(NEAR, 1))
    read = desk.outbox.due

    def due_before_the_acceptance(now: datetime, most: int) -> list[Delivery]:
        result = read(now, most)
        if desk.receivers.tried:
            release.set()
            wait_for(lambda: bool(desk.outbox.listing("done")))
        return result

    monkeypatch.setattr(desk.outbox, "due", due_before_the_acceptance)
    thread = running(desk, stop)
    try:
        wait_for(lambda: bool(desk.receivers.tried))
        desk.clock.move(timedelta(seconds=3))  # so slow that the lane puts off what waits
        wait_for(lambda: bool(desk.outbox.listing("done")))
        time.sleep(0.5)
        assert [each.state for each in desk.outbox.listing()] == ["done"]
    finally:
        stop.set()
        thread.join()


def test_a_stop_finishes_the_delivery_under_way_and_leaves_the_rest(desk: Desk) -> None:
    stop = threading.Event()
    desk.receivers.does[NEAR] = lambda _: stop.set()
    desk.put(to(NEAR, 1), to(NEAR, 2))
    running(desk, stop).join(10)
    assert desk.receivers.accepted[NEAR] == ["alert-1"]
    assert [each.alert.id for each in desk.outbox.listing("pending")] == ["alert-2"]


def test_a_stop_does_not_wait_for_a_hanging_receiver(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pipeline.run.deliver._FAREWELL", 0.1)
    release, stop = threading.Event(), threading.Event()

    def hang(_: Delivery) -> None:
        stop.set()
        release.wait(10)

    desk.receivers.does[NEAR] = hang
    desk.put(to(NEAR, 1), to(NEAR, 2))
    running(desk, stop).join(5)
    assert "receivers that did not answer in time: 1" in caplog.text
    assert [each.attempts for each in desk.outbox.listing("pending")] == [0, 0]
    release.set()


@pytest.mark.slow
def test_an_unreadable_outbox_is_read_again(
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

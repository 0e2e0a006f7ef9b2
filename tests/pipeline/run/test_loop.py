"""Work goes on until told to stop, and waits out trouble, saying so once."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from pipeline.errors import WorldError
from pipeline.roles import Role, port_of
from pipeline.run.loop import keep_up, run_forever, stopped_by_signals, watch_servers


class Waits(threading.Event):
    """An event that counts what is waited for it, and waits no longer than that."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0)
        return self.is_set()


def script(stop: threading.Event, *steps: object) -> Callable[[], Any]:
    """A step that returns or raises these in turn, and asks to stop with the last."""
    left = list(steps)

    def step() -> object:
        one = left.pop(0)
        if not left:
            stop.set()
        if isinstance(one, Exception):
            raise one
        return one

    return step


def test_only_a_step_without_work_is_followed_by_a_pause() -> None:
    stop = Waits()
    run_forever("work", script(stop, 1, 0, 2, 0), stop, idle=0.5)
    assert stop.waits == [0.5, 0.5]


def test_an_error_is_logged_once_and_retried_with_growing_pauses(caplog: pytest.LogCaptureFixture) -> None:
    stop = Waits()
    away, full = WorldError("log is away"), WorldError("disk is full")
    with caplog.at_level(logging.WARNING):
        run_forever("work", script(stop, away, away, full, 1, away, 1), stop, idle=0.5)
    assert stop.waits == [1, 2, 4, 1]
    assert [record.getMessage() for record in caplog.records] == [
        "work: log is away; retrying",
        "work: disk is full; retrying",
        "work: works again after 3 failed attempts",
        "work: log is away; retrying",
        "work: works again after 1 failed attempts",
    ]


def test_errors_that_differ_in_numbers_only_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    tries = [WorldError(f"log does not answer within {milliseconds} ms") for milliseconds in (4942, 4951, 7)]
    stop = Waits()
    with caplog.at_level(logging.WARNING):
        run_forever("work", script(stop, *tries, 1), stop, idle=0)
    assert [record.getMessage() for record in caplog.records] == [
        "work: log does not answer within 4942 ms; retrying",
        "work: works again after 3 failed attempts",
    ]


def test_an_exception_that_is_no_world_error_ends_the_loop() -> None:
    stop = Waits()
    with pytest.raises(ZeroDivisionError):
        run_forever("work", script(stop, ZeroDivisionError(), 1), stop, idle=0.5)


def test_upkeep_is_logged_and_goes_on_after_an_error(caplog: pytest.LogCaptureFixture) -> None:
    stop = Waits()
    upkeep = script(stop, WorldError("index is away"), ["a new index", "an old index"], [])
    with caplog.at_level(logging.WARNING):
        keep_up(upkeep, stop)
    assert [record.getMessage() for record in caplog.records if record.getMessage().startswith("index:")] == [
        "index: a new index",
        "index: an old index",
    ]
    assert stop.waits == [1, 60, 60]


def test_processes_of_one_machine_listen_at_different_ports() -> None:
    assert len({port_of([role]) for role in Role}) == len(Role)
    assert port_of([*Role]) == port_of([Role.WEB]) == 8414


def test_an_unreachable_server_is_logged_while_no_work_needs_it(caplog: pytest.LogCaptureFixture) -> None:
    stop = Waits()
    checks = script(stop, WorldError("kafka is away"), WorldError("kafka is away"), None)
    with caplog.at_level(logging.WARNING):
        watch_servers({"kafka": checks}, stop)
    assert [record.getMessage() for record in caplog.records] == [
        "kafka: kafka is away; retrying",
        "kafka: works again after 2 failed attempts",
    ]
    assert stop.waits == [15, 15, 15]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_main_thread_that_is_about_to_wait(number: signal.Signals) -> None:
    """The thread holds the lock of the event then, so that a handler that sets the event waits for ever."""

    def send_inside_of_wait(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is threading.Condition.wait.__code__:
            sys.setprofile(None)
            os.kill(os.getpid(), number)

    with stopped_by_signals() as stop:
        sys.setprofile(send_inside_of_wait)
        assert stop.wait(20)


def test_other_signals_stop_nothing() -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with stopped_by_signals() as stop:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert not stop.wait(0.2)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_second_signal_ends_the_process_at_once() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        with stopped_by_signals() as stop:
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.wait(20)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_handlers_of_signals_are_as_before_after_the_block() -> None:
    before = [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)]
    with stopped_by_signals():
        pass
    assert [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)] == before
    wakeup = signal.set_wakeup_fd(-1)
    assert wakeup == -1

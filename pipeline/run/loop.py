"""The loop of a worker: repeated steps, pauses while the world fails, and the signals that end it."""

import logging
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

from pipeline.errors import WorldError

_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C or SIGTERM sets; a second signal ends the process at once. For the main thread.

    A thread sets the event. Python runs the handler of a signal in the main thread, between two instructions: there it
    would wait for ever for the lock of an event on which the main thread is about to wait, or would not run at all
    while that thread sleeps. The byte that `signal.set_wakeup_fd` sends does not depend on the main thread.
    """
    stop = threading.Event()
    received, sent = socket.socketpair()
    sent.setblocking(False)

    def listen() -> None:
        while number := received.recv(1):
            if number[0] in _ENDING:
                stop.set()

    def end_at_once_next_time(number: int, _: FrameType | None) -> None:
        signal.signal(number, before[signal.Signals(number)])

    listener = threading.Thread(target=listen, name="signals")
    listener.start()
    previous = signal.set_wakeup_fd(sent.fileno())
    before = {number: signal.getsignal(number) for number in _ENDING}
    for number in _ENDING:
        signal.signal(number, end_at_once_next_time)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(previous)
        sent.close()
        listener.join()
        received.close()


_CHECK_SECONDS: Final = 15.0


def watch_servers(checks: Mapping[str, Callable[[], object]], stop: threading.Event) -> None:
    """Log when a server goes away and when it is back, also while no work needs it, until `stop` is set."""
    errors = {name: RepeatedErrorLog(name) for name in checks}
    while not stop.is_set():
        for name, check in checks.items():
            try:
                check()
            except WorldError as error:
                errors[name].failed(error)
            else:
                errors[name].succeeded()
        stop.wait(_CHECK_SECONDS)


_NUMBER: Final = re.compile(r"\d+")

_LONGEST_PAUSE: Final = 30.0  # seconds

_log = logging.getLogger("onrecord")


class RepeatedErrorLog:
    """Logs a WorldError when it first occurs, when it changes, and when it is over, but not on every attempt."""

    def __init__(self, name: str, log: logging.Logger = _log) -> None:
        self.failures = 0  # in a row
        self._name = name
        self._log = log
        self._logged = ""  # without numbers: sizes and times differ between attempts and mean the same

    def failed(self, error: WorldError) -> None:
        """Count a failed attempt."""
        self.failures += 1
        if (kind := _NUMBER.sub("", str(error))) != self._logged:
            self._logged = kind
            self._log.warning("%s: %s; retrying", self._name, error)

    def succeeded(self) -> None:
        """Reset after a successful attempt."""
        if self.failures:
            self._log.warning("%s: works again after %d failed attempts", self._name, self.failures)
        self.failures, self._logged = 0, ""


def run_forever(name: str, step: Callable[[], object], stop: threading.Event, *, idle: float) -> None:
    """Run the step until `stop` is set, with a pause of `idle` seconds after a step that returns a false value.

    A WorldError is logged once; the pause after it doubles while it lasts.
    """
    errors = RepeatedErrorLog(name)
    while not stop.is_set():
        try:
            done = step()
        except WorldError as error:
            pause = min(2.0**errors.failures, _LONGEST_PAUSE)
            errors.failed(error)
            stop.wait(pause)
            continue
        errors.succeeded()
        if not done:
            stop.wait(idle)


_UPKEEP_SECONDS: Final = 60.0


def keep_up(upkeep: Callable[[], Sequence[str]], stop: threading.Event) -> None:
    """Do what is due for a cluster's indices, and log it, each minute until `stop` is set."""

    def step() -> None:
        for line in upkeep():
            _log.warning("index: %s", line)

    run_forever("upkeep of the index", step, stop, idle=_UPKEEP_SECONDS)

"""Work that goes on step by step until told to stop, and waits out trouble with the world."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from pipeline.errors import WorldError

_LONGEST_PAUSE: Final = 30.0  # seconds

_log = logging.getLogger("onrecord")


def keep_on(name: str, step: Callable[[], object], stop: threading.Event, *, idle: float) -> None:
    """Step after step until `stop` is set, with `idle` seconds after each that returns nothing true.

    Trouble is told when it begins or becomes another, and when it is over; the pause doubles while it lasts.
    """
    failures, told = 0, ""
    while not stop.is_set():
        try:
            done = step()
        except WorldError as error:
            pause = min(2.0**failures, _LONGEST_PAUSE)
            failures += 1
            if str(error) != told:
                _log.warning("%s: %s; trying again until it goes", name, error)
                told = str(error)
            stop.wait(pause)
            continue
        if failures:
            _log.warning("%s: goes on after %d failed tries", name, failures)
            failures, told = 0, ""
        if not done:
            stop.wait(idle)

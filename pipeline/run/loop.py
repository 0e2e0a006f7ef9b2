"""Work that goes on step by step until told to stop, and waits out trouble with the world."""

import logging
import re
import threading
from collections.abc import Callable
from typing import Final

from pipeline.errors import WorldError

_NUMBER: Final = re.compile(r"\d+")

_LONGEST_PAUSE: Final = 30.0  # seconds

_log = logging.getLogger("onrecord")


class RepeatedErrorLog:
    """Trouble with the world: told when it begins or becomes another, and when it is over; not on every try."""

    def __init__(self, name: str, log: logging.Logger = _log) -> None:
        self.failures = 0  # in a row
        self._name = name
        self._log = log
        self._told = ""  # without its numbers: sizes and times differ on every try, and mean the same

    def met(self, error: WorldError) -> None:
        """One more try has failed."""
        self.failures += 1
        if (kind := _NUMBER.sub("", str(error))) != self._told:
            self._told = kind
            self._log.warning("%s: %s; trying again until it goes", self._name, error)

    def over(self) -> None:
        """A try has gone well."""
        if self.failures:
            self._log.warning("%s: goes on; failed tries: %d", self._name, self.failures)
        self.failures, self._told = 0, ""


def run_forever(name: str, step: Callable[[], object], stop: threading.Event, *, idle: float) -> None:
    """Step after step until `stop` is set, with `idle` seconds after each that returns nothing true.

    Trouble is told once, and waited out with a pause that doubles while it lasts.
    """
    trouble = RepeatedErrorLog(name)
    while not stop.is_set():
        try:
            done = step()
        except WorldError as error:
            pause = min(2.0**trouble.failures, _LONGEST_PAUSE)
            trouble.met(error)
            stop.wait(pause)
            continue
        trouble.over()
        if not done:
            stop.wait(idle)

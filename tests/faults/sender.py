"""A stream of numbered articles at a given rate, until a stop."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pipeline.errors import WorldError

TICK: Final = 0.1  # seconds between two lots


class Sender:
    """Hands the numbers of articles to `send`, `rate` a second; those before `sent` have gone.

    What is not taken is sent again, as a poller does.
    """

    def __init__(self, send: Callable[[range], None], rate: float) -> None:
        self.sent = 0
        self._send = send
        self._rate = rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def send(self, count: int) -> None:
        """So many at once; WorldError where they are not taken."""
        self._send(range(self.sent, self.sent + count))
        self.sent += count

    def start(self) -> None:
        """Begin the stream."""
        self._thread.start()

    def stop(self) -> None:
        """End the stream, where it has begun."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        begun, first = time.monotonic(), self.sent
        while not self._stop.wait(TICK):
            due = first + int((time.monotonic() - begun) * self._rate) - self.sent
            with suppress(WorldError):
                self.send(due)

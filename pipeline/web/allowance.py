"""What each sender may bring in an hour, and what it has brought before."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

_HOUR: Final = 3_600.0

_MOST_SENDERS: Final = 10_000  # remembered, the last ones to send

_MOST_DIGESTS: Final = 10_000


class Allowance:
    """So many messages and bytes an hour for each sender, which come back evenly; safe to share between threads."""

    def __init__(self, messages: int, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._messages, self._size = messages, size
        self._clock = clock
        self._turn = Lock()
        self._left: OrderedDict[str, tuple[float, float, float]] = OrderedDict()  # messages, bytes, and when

    def take(self, sender: str, size: int) -> float:
        """Take a message of this size off the sender's allowance: 0, or the seconds to wait where it has too little."""
        now = self._clock()
        with self._turn:
            messages, left, last = self._left.pop(sender, (float(self._messages), float(self._size), now))
            back = (now - last) / _HOUR
            messages = min(messages + back * self._messages, self._messages)
            left = min(left + back * self._size, self._size)
            wait = _HOUR * max((1 - messages) / self._messages, (size - left) / self._size, 0.0)
            taken = (0.0, 0.0) if wait else (1.0, float(size))
            self._left[sender] = (messages - taken[0], left - taken[1], now)
            if len(self._left) > _MOST_SENDERS:
                self._left.popitem(last=False)
            return wait


class Repeats:
    """The digests of the last messages; safe to share between threads."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def has(self, digest: bytes) -> bool:
        """Whether a message with this digest was taken."""
        with self._turn:
            return digest in self._seen

    def add(self, digest: bytes) -> None:
        """Remember a message that was taken."""
        with self._turn:
            self._seen[digest] = None
            if len(self._seen) > _MOST_DIGESTS:
                self._seen.popitem(last=False)

"""Back-off after wrong tokens, for each address and for all of them together."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv4Address, ip_address, ip_network
from threading import Lock
from typing import Final

_FREE_TRIES: Final = 5  # of an address, before it has to wait

_FIRST_WAIT: Final = 1.0  # seconds, doubled with each further wrong try

_LONGEST_WAIT: Final = 900.0

_FORGOTTEN_AFTER: Final = 3_600.0  # seconds without a wrong try

_MOST_ADDRESSES: Final = 10_000  # remembered, the last ones to fail

_MINUTE: Final = 60.0

_MOST_A_MINUTE: Final = 100  # wrong tries from all addresses


def client_key(address: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 network of 64 bits, which one customer has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return address
    return str(parsed.ipv4_mapped or ip_network((parsed.packed, 64), strict=False))


class Throttle:
    """Counts wrong tries; safe to share between threads.

    An address has some free tries, and then waits ever longer. Once all addresses together have too many in a minute,
    those that were never right wait for the minute's end, so that many addresses guess no faster than a few, and lock
    out nobody who has been let in.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn = Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # by client: how many, and the last
        self._recent: deque[float] = deque(maxlen=_MOST_A_MINUTE)  # of all clients
        self._right: OrderedDict[str, None] = OrderedDict()

    def wait(self, address: str) -> float:
        """The seconds that the address has to wait before its next try, 0 for none."""
        key, now = client_key(address), self._clock()
        with self._turn:
            return max(self._own_wait(key, now), 0.0 if key in self._right else self._common_wait(now))

    def failed(self, address: str) -> None:
        """Count a wrong try."""
        key, now = client_key(address), self._clock()
        with self._turn:
            count, last = self._failures.pop(key, (0, now))
            self._failures[key] = (1 if now - last > _FORGOTTEN_AFTER else count + 1, now)
            self._recent.append(now)
            if len(self._failures) > _MOST_ADDRESSES:
                self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the wrong tries of an address that was right."""
        key = client_key(address)
        with self._turn:
            self._failures.pop(key, None)
            self._right[key] = None
            self._right.move_to_end(key)
            if len(self._right) > _MOST_ADDRESSES:
                self._right.popitem(last=False)

    def _own_wait(self, key: str, now: float) -> float:
        count, last = self._failures.get(key, (0, 0.0))
        if count < _FREE_TRIES:
            return 0.0
        pause: float = min(_FIRST_WAIT * 2.0 ** min(count - _FREE_TRIES, 30), _LONGEST_WAIT)
        return max(last + pause - now, 0.0)

    def _common_wait(self, now: float) -> float:
        if len(self._recent) < _MOST_A_MINUTE:
            return 0.0
        return max(self._recent[0] + _MINUTE - now, 0.0)

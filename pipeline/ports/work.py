"""The doors to the time, and to the others who do the same work."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Share(Protocol):
    """The part of some work that is this process's own, where several do it side by side.

    Called by: the poller (by host), the deliverer (by lane), the one-machine runner in a cluster (as a whole).
    """

    def renew(self, let_go: Callable[[], None]) -> None:
        """Find out what is ours from now on; to be called at least every few seconds.

        Where others are about to get something of ours, `let_go` is called in some thread, when it is not ours any
        more: it returns once nothing of it is under way. WorldError where the others cannot be asked.
        """

    def holds(self, key: str) -> bool:
        """Whether what has this key is ours; never true in two processes at once, but after one was cut off."""


class Clock(Protocol):
    """The time, brought in from outside."""

    def __call__(self) -> datetime:
        """Now, aware, in UTC."""

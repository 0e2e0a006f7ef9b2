"""A share in work for who does it alone."""

from collections.abc import Callable


class Alone:
    """Share of a process that does all of the work."""

    def renew(self, let_go: Callable[[], None]) -> None:
        """See Share: nothing changes hands."""

    def holds(self, key: str) -> bool:
        """See Share: everything."""
        return True

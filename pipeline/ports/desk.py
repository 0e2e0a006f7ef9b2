"""The door to the desk."""

from typing import Protocol, TypeVar

from pipeline.model import Actor, Feed, Group, Mark, Mute, Watch

Kept = Feed | Actor | Group | Watch | Mute | Mark
"""What is kept on the desk."""

Thing = TypeVar("Thing", Feed, Actor, Group, Watch, Mute, Mark)


class Desk(Protocol):
    """The user's standing orders by id: feeds, actors, groups, watches and mutes; and what they marked.

    Called by: the command line and API (all), the poller (feeds' polling memory), the pipeline (the others but marks).
    """

    def save(self, *things: Kept) -> None:
        """Store or replace by id, all or nothing."""

    def remove(self, noun: type[Kept], thing_id: str) -> bool:
        """Forget it; whether it was there."""

    def all(self, noun: type[Thing]) -> list[Thing]:
        """Every one of the noun, by id."""

    def version(self, noun: type[Kept]) -> int:
        """How many calls, of whatever process, have changed something of the noun: each counts as one."""

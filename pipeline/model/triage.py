"""What readers say of alerts: whom and what to mute, and what was wrong."""

from dataclasses import dataclass
from typing import Literal

from pipeline.model.deliveries import Alert
from pipeline.model.wire import Time

Muted = Literal["actor", "statement"]
Label = Literal["wrong-speaker", "not-new"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Nobody is told of what this actor says, or of this statement, if first seen before `until`; None is for good.

    Such alerts are listed all the same. `thing` is the id of the actor or statement, `name` what people call it.
    """

    kind: Muted
    thing: str
    name: str = ""
    until: Time | None = None

    @property
    def id(self) -> str:
        """A mute is its kind and thing."""
        return f"{self.kind}:{self.thing}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What somebody found wrong with an alert, for measuring: another has spoken, or it was known before.

    `note` is who has spoken, or the id of the statement that it repeats, where they said so.
    """

    label: Label
    alert: Alert
    time: Time
    note: str = ""

    @property
    def id(self) -> str:
        """An alert has one mark of each label."""
        return f"{self.label}:{self.alert.id}"

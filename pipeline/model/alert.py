"""Alerts, and their deliveries to those who asked for them."""

from dataclasses import dataclass
from typing import Literal

from pipeline.model.ids import content_id
from pipeline.model.statement import Correction, Statement
from pipeline.model.wire import EPOCH, Time

AlertKind = Literal["news", "spread", "correction"]

DeliveryState = Literal["pending", "done", "failed", "muted", "joined"]

DelayReason = Literal["", "cap", "quiet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A watch met by a statement, with the reason in plain words.

    `occasion` tells apart what there is to tell of one statement, whichever the watch; '' is that somebody said it. Its
    `kind` is that it is news, that it has spread, or that it was corrected, by `correction`.
    """

    id: str
    watch_id: str
    watch_name: str
    statement: Statement
    why: str
    created: Time
    occasion: str = ""
    kind: AlertKind = "news"
    correction: Correction | None = None


def alert_id(watch: str, statement: str, occasion: str = "") -> str:
    """Id of an alert: a watch alerts once for an occasion of a statement, however often it is reported or replayed."""
    return content_id("alert", watch, statement, *filter(None, (occasion,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one target is told in one message, with its attempts; `next_try` has no meaning unless pending.

    `also` are the other alerts of the message: those of other watches that the same statement meets, and in a digest
    those of other statements. It was to be sent at `planned`, and waits in the hours `quiet`, such as
    "22:00-07:00 Europe/Oslo"; `held` says what it had to wait for where its watch does not ask for that. If `grouped`,
    it is told together with others of its target: it has "joined" the delivery `digest`, whose `parts` are the ids of
    what it tells of. What is "muted" is told to nobody.
    """

    id: str
    alert: Alert
    target: str
    state: DeliveryState = "pending"
    attempts: int = 0
    next_try: Time = EPOCH
    last_error: str = ""
    acknowledged: bool = False
    also: tuple[Alert, ...] = ()
    planned: Time = EPOCH
    quiet: str = ""
    held: DelayReason = ""
    grouped: bool = False
    digest: str = ""
    parts: tuple[str, ...] = ()

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All that it tells of."""
        return (self.alert, *self.also)


def delivery_id(statement: str, target: str, occasion: str = "") -> str:
    """Id of a delivery: one occasion of a statement is told to a target once, however many watches it meets."""
    return content_id("delivery", statement, target, *filter(None, (occasion,)))

"""Alerts, and their deliveries to targets."""

from dataclasses import dataclass
from typing import Final, Literal

from pipeline.model.statement import ClaimVerdict, Correction, Statement
from pipeline.model.values import EPOCH, Time, content_id

US: Final = "on-the-record"  # the speaker of a notice

AlertKind = Literal["news", "spread", "correction"]

DeliveryState = Literal["pending", "done", "failed", "muted", "joined"]

DelayReason = Literal["", "cap", "quiet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A watch met by a statement, with the reason in plain words.

    `occasion` distinguishes the alerts about one statement: '' for its first publication, otherwise a number of sources
    or the id of a correction. `kind` is "news", "spread" or "correction"; a correction is in `correction`.
    `claims` are the verdicts on the parts of the quote that caused the alert.
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
    claims: tuple[ClaimVerdict, ...] = ()


def alert_id(watch: str, statement: str, occasion: str = "") -> str:
    """Id of an alert: a watch alerts once for each occasion of a statement, whatever is repeated or replayed."""
    return content_id("alert", watch, statement, *filter(None, (occasion,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one target, with its attempts; `next_try` counts while the state is "pending".

    `also` are further alerts in the message: of other watches that the statement meets, and of other statements in a
    digest. `planned` is the scheduled time; `quiet` the quiet hours that delay it, such as "22:00-07:00 Europe/Oslo";
    `held` why it was delayed beyond what the watch asks. A `grouped` delivery is merged (state "joined") into the
    delivery `digest`, which lists its members in `parts`. A "muted" delivery is never sent.
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
        """All alerts of the message."""
        return (self.alert, *self.also)


def delivery_id(statement: str, target: str, occasion: str = "") -> str:
    """Id of a delivery: a target gets one message for each occasion of a statement, whichever watches it meets."""
    return content_id("delivery", statement, target, *filter(None, (occasion,)))

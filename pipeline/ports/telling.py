"""The doors to the people who are told: the outbox, and the ways out of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pipeline.model import Delivery, DeliveryState


class Outbox(Protocol):
    """Deliveries to be made, with their attempts: what makes an alert arrive once.

    Called by: the pipeline (put), the deliverer (due, update), the command line and API (the listing of Deliveries).
    """

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """Store those whose id is unknown; leave the others as they are."""

    def due(self, now: datetime, most: int) -> list[Delivery]:
        """Pending deliveries whose next try is not after `now`, oldest alert first, in the order put."""

    def update(self, delivery: Delivery) -> None:
        """Replace the delivery of this id."""


class Deliveries(Protocol):
    """A look into the outbox."""

    def find(self, delivery_id: str) -> Delivery | None:
        """The delivery of this id, None where there is none."""

    def listing(self, state: DeliveryState | None = None, most: int = 100, before: str = "") -> list[Delivery]:
        """Deliveries of that state, the other way round than `due`, `before` being the id of the last one seen."""


class Dispatch(Outbox, Deliveries, Protocol):
    """An outbox that can be looked into."""


class Notifier(Protocol):
    """One way to tell people. Loaded by name: the target "webhook:URL" is sent by `connectors/notify/webhook.py`."""

    def send(self, delivery: Delivery) -> None:
        """Tell them once, of all its alerts; returns when the receiver has accepted it. A digest is a delivery too.

        WorldError: try again (not before its retry_after); RefusedError: never again. A retry sends the same id.
        """

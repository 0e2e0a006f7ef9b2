"""The API of what people were told: alerts with their deliveries, and of what could not be processed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from pipeline.alerts.retry import reset
from pipeline.alerts.targets import masked, shown_delivery
from pipeline.model import Alert, Delivery, DeliveryState
from pipeline.ports import DEAD_LETTERS, Record
from pipeline.run.metrics import REDRIVE
from pipeline.run.redrive import redrive
from pipeline.services import Services
from pipeline.web.dependencies import Limit, OpenServices

router = APIRouter(prefix="/api/v1", tags=["alerts"])

_SHOWN = 2_000  # characters of a dead letter

State = Annotated[DeliveryState | None, Query(description="Only deliveries in this state.")]

Most = Annotated[int, Query(ge=1, le=10_000, description="Most dead letters to try again, the oldest first.")]

Before = Annotated[str, Query(max_length=200, description="Id of the last delivery seen, for those older than it.")]


@dataclass(frozen=True, slots=True)
class Told:
    """An alert with its deliveries."""

    alert: Alert
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What could not be processed: where it was, which step gave it up, why, and how it begins."""

    origin: str
    time: datetime
    key: str
    step: str
    error: str
    size: int
    beginning: str


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many dead letters were tried again, and how many wait now, those that failed again among them."""

    tried: int
    waiting: int


@router.get("/deliveries")
def deliveries(services: OpenServices, state: State = None, limit: Limit = 20, before: Before = "") -> list[Delivery]:
    """Deliveries, newest alert first, each with its alert; what is secret in a target is masked."""
    return list(map(shown_delivery, services.outbox.listing(state, limit, before)))


@router.get("/alerts")
def alerts(services: OpenServices, limit: Limit = 20, before: Before = "") -> list[Told]:
    """Alerts, newest first. The page after this begins `before` the last delivery of the last alert."""
    return told(services.outbox.listing(None, limit, before))


def told(listed: Sequence[Delivery]) -> list[Told]:
    """The listed deliveries, those of one alert together, as they may be seen."""
    by_alert = groupby(map(shown_delivery, listed), key=lambda delivery: delivery.alert.id)
    groups = [tuple(group) for _, group in by_alert]
    return [Told(group[0].alert, group) for group in groups]


@router.post("/deliveries/{delivery_id}/acknowledge")
def acknowledge(services: OpenServices, delivery_id: str) -> Delivery:
    """Mark the delivery as dealt with."""
    changed = replace(delivery(services, delivery_id), acknowledged=True)
    services.outbox.update(changed)
    return shown_delivery(changed)


@router.post("/deliveries/{delivery_id}/retry")
def retry(services: OpenServices, delivery_id: str) -> Delivery:
    """Try a failed or waiting delivery again at once. One that is done is refused (409): it would arrive twice."""
    known = delivery(services, delivery_id)
    if known.state == "done":
        raise HTTPException(409, f"delivery {delivery_id!r} is done: {masked(known.target)} has it already")
    if known.state == "joined":
        raise HTTPException(409, f"delivery {delivery_id!r} is told by the digest {known.digest!r}: try that again")
    changed = reset(known)
    services.outbox.update(changed)
    return shown_delivery(changed)


def delivery(services: Services, delivery_id: str) -> Delivery:
    """The delivery of this id; a 404 where there is none."""
    known = services.outbox.find(delivery_id)
    if known is None:
        raise HTTPException(404, f"delivery {delivery_id!r} is not in the outbox")
    return known


def alerts_of(services: Services, watch_id: str, most: int) -> list[Alert]:
    """The watch's newest alerts among the newest deliveries."""
    found: dict[str, Alert] = {}
    for known in services.outbox.listing(None, most * 20):
        for alert in known.alerts:
            if alert.watch_id == watch_id:
                found.setdefault(alert.id, alert)
    return list(found.values())[:most]


@router.get("/dead-letters")
def dead_letters(services: OpenServices, limit: Limit = 20) -> list[DeadLetter]:
    """What could not be processed and was not tried again yet, oldest first, with the step that gave it up and why."""
    return [_dead_letter(record) for record in services.log.read(DEAD_LETTERS, REDRIVE, limit)]


@router.post("/dead-letters/retry")
def retry_dead_letters(services: OpenServices, limit: Most = 100) -> Redriven:
    """Try the oldest dead letters again; the job that is running, or the next, processes them."""
    tried = redrive(services.log, limit, services.reread, services.clock())
    return Redriven(tried, services.log.lag(DEAD_LETTERS, REDRIVE))


def _dead_letter(record: Record) -> DeadLetter:
    return DeadLetter(
        origin=record.headers.get("origin", record.origin),
        time=record.timestamp,
        key=record.key,
        step=record.headers.get("step", ""),
        error=record.headers.get("error", ""),
        size=len(record.value),
        beginning=record.value[:_SHOWN].decode("utf-8", "replace"),
    )

"""The API of alerts: deliveries and dead letters, mutes, and marks of wrong and missed alerts."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import AwareDatetime, Field

from pipeline.alerts import triage
from pipeline.alerts.schedule import reset
from pipeline.model import Actor, Alert, Delivery, DeliveryState, Label, Mark, Mute, Muted, Triage
from pipeline.ports import DEAD_LETTERS, Record
from pipeline.run.metrics import REDRIVE
from pipeline.run.redrive import failed_at, redrive_oldest, retry_one, settle, waiting
from pipeline.services import Services
from pipeline.text.targets import masked, shown_delivery
from pipeline.web.cards import MOST_COUNTED, Delivered, by_alert, occasion, to_do
from pipeline.web.dependencies import Limit, OpenServices
from pipeline.web.desk import Order, Text
from pipeline.web.render import name_of_user

router = APIRouter(prefix="/api/v1", tags=["alerts"])

_SHOWN = 2_000  # characters of a dead letter

State = Annotated[DeliveryState | None, Query(description="Only deliveries in this state.")]

Most = Annotated[int, Query(ge=1, le=10_000, description="Most dead letters to try again, the oldest first.")]

Before = Annotated[str, Query(max_length=200, description="Id of the last delivery seen, for those older than it.")]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be processed, with the failed step, the error, and its first characters.

    `id` is its place among the dead letters, `origin` where it came from.
    """

    id: str
    origin: str
    time: datetime
    key: str
    step: str
    error: str
    size: int
    beginning: str


@dataclass(frozen=True, slots=True)
class Redriven:
    """The number of dead letters that were retried, and of those that wait now, including repeated failures."""

    tried: int
    waiting: int


@router.get("/deliveries")
def deliveries(services: OpenServices, state: State = None, limit: Limit = 20, before: Before = "") -> list[Delivery]:
    """Deliveries, newest alert first, each with its alert; what is secret in a target is masked."""
    return list(map(shown_delivery, services.outbox.listing(state, limit, before)))


@router.get("/alerts")
def alerts(services: OpenServices, limit: Limit = 20, before: Before = "") -> list[Delivered]:
    """Alerts, newest first. The page after this begins `before` the last delivery of the last alert."""
    return by_alert(services.outbox.listing(None, limit, before))


@dataclass(frozen=True, slots=True)
class News:
    """The number of alerts after a delivery (`total`, at most 100), and the number that are to do."""

    total: int
    to_do: int


@router.get("/alerts/news")
def news(
    services: OpenServices, after: Annotated[str, Query(max_length=200, description="Id of a delivery.")] = ""
) -> News:
    """Return how many alerts came after the delivery; what a page asks that stays up to date."""
    listed = services.outbox.listing(None, MOST_COUNTED)
    later = takewhile(lambda delivery: delivery.id != after, listed)
    return News(len({occasion(delivery.alert) for delivery in later}), to_do(services))


def newest(services: Services) -> str:
    """Id of the newest delivery, '' before the first."""
    return next((delivery.id for delivery in services.outbox.listing(None, 1)), "")


def note(services: Services, triage: Triage) -> None:
    """Save what is noted about an alert; an entry with nothing in it is removed."""
    if replace(triage, by="") == Triage(alert=triage.alert):
        services.desk.remove(Triage, triage.alert)
    else:
        services.desk.save(triage)


@router.post("/deliveries/{delivery_id}/acknowledge")
def acknowledge(services: OpenServices, delivery_id: str) -> Delivery:
    """Mark the delivery as dealt with."""
    changed = replace(delivery(services, delivery_id), acknowledged=True)
    services.outbox.update(changed)
    return shown_delivery(changed)


class TriageOrder(Order):
    """The owner of an alert, a note, and the end of its snooze; a field that is left out is cleared."""

    owner: Annotated[str, Field(max_length=100)] = ""
    note: Annotated[str, Field(max_length=500)] = ""
    until: AwareDatetime | None = None


@router.put("/alerts/{alert_id}/triage")
def put_triage(services: OpenServices, request: Request, alert_id: str, order: TriageOrder) -> Triage:
    """Note who took an alert and what about it, or put it off."""
    wanted = Triage(alert=alert_id, **dict(order), by=name_of_user(request) if order.note else "")
    note(services, wanted)
    return wanted


@router.get("/triage")
def triages(services: OpenServices) -> list[Triage]:
    """Return what is noted about alerts."""
    return services.desk.all(Triage)


@router.post("/deliveries/{delivery_id}/retry")
def retry(services: OpenServices, delivery_id: str) -> Delivery:
    """Try a failed or waiting delivery again at once. One that is done is refused (409): it would arrive twice."""
    known = delivery(services, delivery_id)
    if known.state == "done":
        raise HTTPException(409, f"delivery {delivery_id!r} is done: {masked(known.target)} has it already")
    if known.state == "joined":
        raise HTTPException(409, f"delivery {delivery_id!r} is a part of the digest {known.digest!r}: retry the digest")
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
    newest: dict[str, Alert] = {}
    for known in services.outbox.listing(None, most * 20):
        for alert in known.alerts:
            if alert.watch_id == watch_id:
                newest.setdefault(alert.id, alert)
    return list(newest.values())[:most]


@router.get("/dead-letters")
def dead_letters(services: OpenServices, limit: Limit = 20) -> list[DeadLetter]:
    """List the records that failed and were not retried, oldest first, with the failed step and the error."""
    return [_dead_letter(record) for record in waiting(services.log, limit)]


@router.post("/dead-letters/retry")
def retry_dead_letters(services: OpenServices, limit: Most = 100) -> Redriven:
    """Try the oldest dead letters again; the job that is running, or the next, processes them."""
    tried = redrive_oldest(services, limit)
    return Redriven(tried, services.log.lag(DEAD_LETTERS, REDRIVE))


Letter = Annotated[str, Query(max_length=200, description="Id of a dead letter, as in the list.")]


@router.post("/dead-letters/retry-one")
def retry_dead_letter(services: OpenServices, letter: Letter) -> Redriven:
    """Try a single dead letter again. Those before it in the list get other ids."""
    return _settled(services, letter, still_waited=retry_one(services, letter))


@router.post("/dead-letters/discard")
def discard_dead_letter(services: OpenServices, letter: Letter) -> Redriven:
    """Discard a dead letter for good. Those before it in the list get other ids."""
    return _settled(services, letter, still_waited=settle(services.log, letter, None, services.clock()))


def _settled(services: Services, letter: str, *, still_waited: bool) -> Redriven:
    if not still_waited:
        raise HTTPException(404, f"dead letter {letter!r} does not wait any more")
    return Redriven(1, services.log.lag(DEAD_LETTERS, REDRIVE))


def _dead_letter(record: Record) -> DeadLetter:
    return DeadLetter(
        id=record.origin,
        origin=record.headers.get("origin", record.origin),
        time=failed_at(record),
        key=record.key,
        step=record.headers.get("step", ""),
        error=record.headers.get("error", ""),
        size=len(record.value),
        beginning=record.value[:_SHOWN].decode("utf-8", "replace"),
    )


class MuteOrder(Order):
    """Whom or what to be silent about: the id of an actor or a statement, and until when; None is for good."""

    kind: Muted
    thing: Text
    until: AwareDatetime | None = None


class MissedOrder(Order):
    """The id of a quote that was called repeated although it brought something new; `note` says what."""

    quote: Text
    note: Annotated[str, Field(max_length=500)] = ""


class MarkOrder(Order):
    """The mistake in an alert; `note` is the real speaker, or the id of the statement that the alert repeats."""

    label: Label
    note: Annotated[str, Field(max_length=500)] = ""


@router.get("/mutes")
def mutes(services: OpenServices) -> list[Mute]:
    """All mutes, those that have ended too."""
    return services.desk.all(Mute)


@router.put("/mutes")
def put_mute(services: OpenServices, order: MuteOrder) -> Mute:
    """Mute an actor or a statement, also in waiting deliveries; the alerts are still listed."""
    return silence(services, order.kind, order.thing, order.until)


def silence(services: Services, kind: Muted, muted_id: str, until: datetime | None) -> Mute:
    """Mute the actor or statement; a 404 where there is none."""
    wanted = Mute(kind=kind, thing=muted_id, name=_name(services, kind, muted_id), until=until)
    triage.mute(services.desk, services.outbox, wanted)
    return wanted


def _name(services: Services, kind: Muted, muted_id: str) -> str:
    if kind == "actor":
        actor = services.desk.find(Actor, muted_id)
        if actor is None:
            raise HTTPException(404, f"actor {muted_id!r} is not tracked")
        return actor.name
    decided = services.index.decisions(muted_id)
    if not decided:
        raise HTTPException(404, f"statement {muted_id!r} is not on the record")
    return decided[0].statement.text


@router.delete("/mutes/{mute_id}", status_code=204)
def remove_mute(services: OpenServices, mute_id: str) -> None:
    """End a mute; deliveries that were muted meanwhile stay muted."""
    if not services.desk.remove(Mute, mute_id):
        raise HTTPException(404, f"mute {mute_id!r} is not there")


@router.post("/deliveries/{delivery_id}/mark")
def mark(services: OpenServices, request: Request, delivery_id: str, order: MarkOrder) -> Mark:
    """Save what is wrong with the delivery's alert."""
    marked, by = delivery(services, delivery_id), name_of_user(request)
    return triage.mark(services.desk, marked, order.label, order.note, services.clock, by=by)


@router.post("/statements/{statement_id}/missed")
def mark_missed(services: OpenServices, request: Request, statement_id: str, order: MissedOrder) -> Mark:
    """Save that a repeat of the statement should have alerted."""
    decisions = services.index.decisions(statement_id)
    return triage.missed(services.desk, decisions, order.quote, order.note, services.clock, by=name_of_user(request))


@router.get("/marks")
def marks(services: OpenServices) -> list[dict[str, Any]]:
    """All marks, each with its alert or decision and the text of the article."""
    return list(triage.labelled(services.desk, services.index))


@router.delete("/marks/{mark_id}", status_code=204)
def remove_mark(services: OpenServices, mark_id: str) -> None:
    """Take a mark back."""
    if not services.desk.remove(Mark, mark_id):
        raise HTTPException(404, f"mark {mark_id!r} is not there")

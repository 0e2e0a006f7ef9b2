"""The API of triage: mutes of actors and statements, and marks of wrong and missing alerts."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, Field

from pipeline.alerts import triage
from pipeline.model import Actor, Label, Mark, Mute, Muted
from pipeline.services import Services
from pipeline.web.alerts import delivery
from pipeline.web.dependencies import OpenServices
from pipeline.web.desk import Order, Text, found

router = APIRouter(prefix="/api/v1", tags=["alerts"])


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
    """What is wrong with an alert; `note` is the real speaker, or the id of the statement that the alert repeats."""

    label: Label
    note: Annotated[str, Field(max_length=500)] = ""


@router.get("/mutes")
def mutes(services: OpenServices) -> list[Mute]:
    """All mutes, those that have ended too."""
    return services.desk.all(Mute)


@router.put("/mutes")
def put_mute(services: OpenServices, order: MuteOrder) -> Mute:
    """Tell nobody of it, nor of what waits to be told; the alerts are listed all the same."""
    return silence(services, order.kind, order.thing, order.until)


def silence(services: Services, kind: Muted, thing: str, until: datetime | None) -> Mute:
    """Mute the actor or statement; a 404 where there is none."""
    wanted = Mute(kind=kind, thing=thing, name=_name(services, kind, thing), until=until)
    triage.mute(services.desk, services.outbox, wanted)
    return wanted


def _name(services: Services, kind: Muted, thing: str) -> str:
    if kind == "actor":
        actor = found(services, Actor, thing)
        if actor is None:
            raise HTTPException(404, f"actor {thing!r} is not tracked")
        return actor.name
    decided = services.index.decisions(thing)
    if not decided:
        raise HTTPException(404, f"statement {thing!r} is not on the record")
    return decided[0].statement.text


@router.delete("/mutes/{mute_id}", status_code=204)
def remove_mute(services: OpenServices, mute_id: str) -> None:
    """Be told again; what was muted meanwhile stays so."""
    if not services.desk.remove(Mute, mute_id):
        raise HTTPException(404, f"mute {mute_id!r} is not there")


@router.post("/deliveries/{delivery_id}/mark")
def mark(services: OpenServices, delivery_id: str, order: MarkOrder) -> Mark:
    """Save what is wrong with the delivery's alert."""
    return triage.mark(services.desk, delivery(services, delivery_id), order.label, order.note, services.clock)


@router.post("/statements/{statement_id}/missed")
def mark_missed(services: OpenServices, statement_id: str, order: MissedOrder) -> Mark:
    """Save that a repeat of the statement should have alerted."""
    decisions = services.index.decisions(statement_id)
    return triage.missed(services.desk, decisions, order.quote, order.note, services.clock)


@router.get("/marks")
def marks(services: OpenServices) -> list[dict[str, Any]]:
    """All marks, each with its alert or decision and the text of the article."""
    return list(triage.labelled(services.desk, services.index))


@router.delete("/marks/{mark_id}", status_code=204)
def remove_mark(services: OpenServices, mark_id: str) -> None:
    """Take a mark back."""
    if not services.desk.remove(Mark, mark_id):
        raise HTTPException(404, f"mark {mark_id!r} is not there")

"""The API of alerts: deliveries and dead letters, mutes, marks of wrong and missed alerts, and the inbox's cards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, takewhile
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import AwareDatetime, Field

from pipeline.alerts import triage
from pipeline.alerts.schedule import reset
from pipeline.model import Actor, Alert, ArticleRef, Delivery, DeliveryState, Label, Mark, Mute, Muted, Triage
from pipeline.ports import DEAD_LETTERS, Record
from pipeline.run.metrics import REDRIVE
from pipeline.run.redrive import redrive_oldest
from pipeline.search.stories import Subjects, grouped
from pipeline.services import Services
from pipeline.text.messages import reasons
from pipeline.text.targets import masked, shown_delivery
from pipeline.web.dependencies import Limit, OpenServices
from pipeline.web.desk import Order, Text
from pipeline.web.render import MOST_COUNTED, name_of_user, occasion, to_do

router = APIRouter(prefix="/api/v1", tags=["alerts"])

_SHOWN = 2_000  # characters of a dead letter

State = Annotated[DeliveryState | None, Query(description="Only deliveries in this state.")]

Most = Annotated[int, Query(ge=1, le=10_000, description="Most dead letters to try again, the oldest first.")]

Before = Annotated[str, Query(max_length=200, description="Id of the last delivery seen, for those older than it.")]


@dataclass(frozen=True, slots=True)
class Delivered:
    """An alert with its deliveries."""

    alert: Alert
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Alerted:
    """A statement on an occasion: the alerts of all watches that it met, and their deliveries to all targets."""

    alerts: tuple[Alert, ...]
    deliveries: tuple[Delivery, ...]

    @property
    def alert(self) -> Alert:
        """The alert of the first watch."""
        return self.alerts[0]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be processed: its origin, the step that failed, the error, and its first characters."""

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


def by_alert(listed: Sequence[Delivery]) -> list[Delivered]:
    """The listed deliveries, those of one alert together, as they may be seen."""
    groups_by_id = groupby(map(shown_delivery, listed), key=lambda delivery: delivery.alert.id)
    groups = [tuple(group) for _, group in groups_by_id]
    return [Delivered(group[0].alert, group) for group in groups]


def by_occasion(listed: Sequence[Delivery]) -> list[Alerted]:
    """The listed deliveries by statement and occasion, in the order of their first ones."""
    groups: dict[tuple[str, str], list[Delivery]] = {}
    for delivery in listed:
        groups.setdefault(occasion(delivery.alert), []).append(delivery)
    return [Alerted(_alerts(key, group), tuple(group)) for key, group in groups.items()]


def _alerts(key: tuple[str, str], deliveries: Sequence[Delivery]) -> tuple[Alert, ...]:
    """The alerts of a statement on an occasion, one for each watch; a digest also has those of other statements."""
    alike = (alert for delivery in deliveries for alert in delivery.alerts if occasion(alert) == key)
    return tuple({alert.id: alert for alert in alike}.values())


@dataclass(frozen=True, slots=True)
class Card:
    """An article's statements that alerted, newest first, and the cards of other articles on the same story.

    `to_do` are the deliveries of all of these that nobody has dealt with.
    """

    article: ArticleRef
    alerts: tuple[Alerted, ...]
    to_do: tuple[str, ...]
    folded: tuple["Card", ...] = ()

    @property
    def common(self) -> tuple[Alert, ...]:
        """Alerts for the reason that all statements of the article share; none where they have different reasons."""
        parts = [each.alerts for each in self.alerts if any(not delivery.parts for delivery in each.deliveries)]
        return parts[0] if len(set(map(reasons, parts))) == 1 else ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the alerts, without those of folded cards."""
        return tuple(alert.id for each in self.alerts for alert in each.alerts)

    @property
    def all_ids(self) -> tuple[str, ...]:
        """The ids of the alerts, with those of folded cards."""
        return (*self.ids, *(name for card in self.folded for name in card.ids))


def cards(listed: Sequence[Delivery]) -> list[Card]:
    """The statements that alerted, those of one article that follow one another together."""
    shown = by_occasion(list(map(shown_delivery, listed)))
    shown_cards = []
    for _, group in groupby(shown, key=lambda each: each.alert.statement.first.article.id):
        of_article = tuple(group)
        to_do = [delivery.id for each in of_article for delivery in each.deliveries if not delivery.acknowledged]
        shown_cards.append(Card(of_article[0].alert.statement.first.article, of_article, tuple(to_do)))
    return shown_cards


def folded(listed: Sequence[Card], subject_of: Subjects) -> list[Card]:
    """The cards by story: the newest article of each on top, and the cards of its other articles folded under it.

    Articles without a common speaker are not folded, so that nobody deals unseen with the statement of a person.
    """
    stories: list[list[Card]] = []
    for group in grouped([subject_of(card.article.id) for card in listed]):
        begun = len(stories)
        for card in (listed[place] for place in group):
            same = next((story for story in stories[begun:] if _has_speaker(story, _speakers(card))), None)
            if same is None:
                stories.append([card])
            else:
                same.append(card)
    stories.sort(key=lambda story: listed.index(story[0]))
    return [
        replace(first, to_do=tuple(name for card in (first, *rest) for name in card.to_do), folded=tuple(rest))
        for first, *rest in stories
    ]


def _has_speaker(story: Iterable[Card], speakers: set[str]) -> bool:
    return any(_speakers(card) & speakers for card in story)


def _speakers(card: Card) -> set[str]:
    return {each.alert.statement.speaker_id for each in card.alerts}


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
    return [_dead_letter(record) for record in services.log.read(DEAD_LETTERS, REDRIVE, limit)]


@router.post("/dead-letters/retry")
def retry_dead_letters(services: OpenServices, limit: Most = 100) -> Redriven:
    """Try the oldest dead letters again; the job that is running, or the next, processes them."""
    tried = redrive_oldest(services, limit)
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
    """Tell nobody of it, nor of what waits to be told; the alerts are listed all the same."""
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

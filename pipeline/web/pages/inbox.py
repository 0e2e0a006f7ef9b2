"""The pages of what came in: today's page, and the inbox of alerts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Final, Literal, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from pipeline.alerts.triage import mark
from pipeline.feeds.health import Health, health
from pipeline.feeds.state import subscriptions
from pipeline.model import Actor, ArticleRef, Delivery, DeliveryState, Label, Mark, Mute, Watch
from pipeline.ports import DEAD_LETTERS
from pipeline.run.metrics import REDRIVE
from pipeline.search.day import Day, Number, beginning, brief, day_of
from pipeline.services import Services
from pipeline.text.messages import reasons, summary
from pipeline.web import alerts
from pipeline.web.alerts import Told, told
from pipeline.web.charts import sparkline
from pipeline.web.dependencies import Form, OpenServices, back
from pipeline.web.pages.record import speaker_names
from pipeline.web.pages.sources import name_of
from pipeline.web.render import page

if TYPE_CHECKING:
    from markupsafe import Markup

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_CONDITIONS: Final = {"statements": "", "changed": "verdict=changed&", "denied": "said=denied&"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A number of the day with the search that finds what it counts, and a drawing of the days up to it."""

    number: Number
    address: str
    line: "Markup"


@router.get("/")
def today(services: OpenServices, request: Request, day: str = "") -> Response:
    """What was said on a day, by default today. Searches of old addresses go to the record."""
    if {"q", "in", "all", "cursor"} & set(request.query_params):
        return RedirectResponse(f"/record?{request.url.query}", 307)
    shown = _day(services, day)
    actors = services.desk.all(Actor)
    end = shown.start + timedelta(days=1)
    followed = subscriptions(services.desk)
    feeds = [health(state, services.clock()) for _, state in followed]
    return page(
        request,
        "today.html",
        day=shown,
        days=(shown.start - timedelta(days=1), end if end <= services.clock() else None),
        numbers=[_shown(shown, number) for number in shown.numbers],
        names=speaker_names(shown.hits, actors),
        sick=_sick(feeds),
        feeds=feeds,
        sources={feed.url: name_of(feed, state) for feed, state in followed},
        tracked=actors,
        failed=services.log.lag(DEAD_LETTERS, REDRIVE),
    )


@router.get("/today.txt")
def today_as_text(services: OpenServices, day: str = "") -> PlainTextResponse:
    """The day as plain text, for a mail or a printer."""
    shown = _day(services, day)
    return PlainTextResponse(brief(shown, speaker_names(shown.hits, services.desk.all(Actor))) + "\n")


def _day(services: Services, day: str) -> Day:
    start = beginning(day, services.clock(), ZoneInfo(services.settings.web.zone))
    return day_of(start, services.index.search, services.index.decisions)


def _shown(day: Day, number: Number) -> Shown:
    start = day.start.date()
    address = f"/record?{_CONDITIONS[number.name]}after={start}&before={start + timedelta(days=1)}"
    title = f"{number.name.capitalize()} a day in {len(number.past) + 1} days"
    return Shown(number, address, sparkline([*number.past, number.count], title))


def _sick(feeds: Sequence[Health]) -> list[Health]:
    return [feed for feed in feeds if feed.condition in ("failing", "silent", "flooding", "waiting", "gone")]


View = Literal["todo", "done", "all", "failed", "muted"]

_CARDS: Final = 50

_WINDOW: Final = 200  # deliveries that are read at once

_WINDOWS: Final = 10  # that are looked through for one page

_MUTES: Final = {"day": timedelta(days=1), "week": timedelta(days=7), "ever": None}


@dataclass(frozen=True, slots=True)
class Card:
    """What one article brought: its alerts, the newest first; `to_do` are deliveries that nobody has dealt with."""

    article: ArticleRef
    alerts: tuple[Told, ...]
    to_do: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which alerts a page shows."""

    view: View = "todo"
    watch: str = ""
    person: str = ""
    state: DeliveryState | None = None

    def address(self, **more: str) -> str:
        """The address of the page."""
        asked = {"view": self.view if self.view != "todo" else "", "watch": self.watch, "person": self.person}
        query = urlencode({name: value for name, value in {**asked, **more}.items() if value})
        return f"/alerts?{query}" if query else "/alerts"

    def has(self, delivery: Delivery) -> bool:
        """Whether the page shows the delivery."""
        if self.watch and all(alert.watch_id != self.watch for alert in delivery.alerts):
            return False
        if self.person and all(alert.statement.speaker_id != self.person for alert in delivery.alerts):
            return False
        return self._is_in_view(delivery)

    def _is_in_view(self, delivery: Delivery) -> bool:
        match self.view:
            case "todo":
                return not delivery.acknowledged and delivery.state != "muted"
            case "done":
                return delivery.acknowledged
            case "failed" | "muted":
                return delivery.state == self.view
            case _:
                return True


@router.get("/alerts")
def inbox(
    services: OpenServices,
    request: Request,
    *,
    view: View = "todo",
    watch: str = "",
    person: str = "",
    before: str = "",
    undo: str = "",
) -> HTMLResponse:
    """Alerts that are to do, or others."""
    choice = Choice(view, watch, person)
    listed, older = _chosen(services, choice, before)
    actors = services.desk.all(Actor)
    return page(
        request,
        "alerts.html",
        cards=_cards(listed),
        choice=choice,
        views=get_args(View),
        older=choice.address(before=older) if older else "",
        undo=undo,
        newest=alerts.newest(services),
        watches=services.desk.all(Watch),
        mutes=[mute for mute in services.desk.all(Mute) if mute.until is None or mute.until > services.clock()],
        marked={made.id for made in services.desk.all(Mark)},
        tracked={actor.id: actor.name for actor in actors},
        reasons=reasons,
        summary=summary,
    )


def _chosen(services: Services, choice: Choice, before: str) -> tuple[list[Delivery], str]:
    """The newest deliveries that the page shows, and the id to go on from, '' at the end."""
    found: list[Delivery] = []
    for _ in range(_WINDOWS):
        window = services.outbox.listing(None, _WINDOW, before)
        for delivery in window:
            if choice.has(delivery):
                found.append(delivery)
            before = delivery.id
            if len(found) == _CARDS:
                return found, before
        if len(window) < _WINDOW:
            return found, ""
    return found, before


def _cards(listed: Sequence[Delivery]) -> list[Card]:
    """The alerts, those of one article that follow one another together."""
    groups = groupby(told(listed), key=lambda one: one.alert.statement.first.article.id)
    cards = []
    for _, group in groups:
        of_article = tuple(group)
        to_do = [each.id for one in of_article for each in one.deliveries if not each.acknowledged]
        cards.append(Card(of_article[0].alert.statement.first.article, of_article, tuple(to_do)))
    return cards


async def _ticked(request: Request) -> list[str]:
    """The deliveries that were ticked; the box of a card stands for all of its deliveries."""
    pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=_CARDS * 2)
    return [name for key, value in pairs if key == "tick" for name in value.split()]


Ticked = Annotated[list[str], Depends(_ticked)]


@router.post("/alerts")
def change_alerts(services: OpenServices, form: Form, ticked: Ticked) -> Response:
    """Deal with deliveries, take that back or try one again; mark an alert, mute, or hear of somebody again."""
    to = _back_to(form)
    if "retry" in form:
        alerts.retry(services, form["retry"])
    elif "unmute" in form:
        alerts.remove_mute(services, form["unmute"])
    elif "mute" in form:
        _mute(services, form)
    elif "undo" in form:
        _acknowledge(services, form["undo"].split(), acknowledged=False)
    elif label := next((label for label in get_args(Label) if label in form), None):
        mark(services.desk, alerts.delivery(services, form[label]), label, "", services.clock)
    else:
        done = form.get("acknowledge", "").split() or ticked
        _acknowledge(services, done, acknowledged=True)
        return back(_with(to, "undo", " ".join(done)))
    return back(to)


def _acknowledge(services: Services, ids: Iterable[str], *, acknowledged: bool) -> None:
    for delivery_id in dict.fromkeys(ids):
        services.outbox.update(replace(alerts.delivery(services, delivery_id), acknowledged=acknowledged))


def _mute(services: Services, form: dict[str, str]) -> None:
    """Mute "actor:ID" or "statement:ID" for as long as the form says."""
    kind, _, thing = form["mute"].partition(":")
    length = _MUTES.get(form.get("for", "week"), _MUTES["week"])
    alerts.silence(
        services, "actor" if kind == "actor" else "statement", thing, services.clock() + length if length else None
    )


def _back_to(form: dict[str, str]) -> str:
    """The page of alerts that the form stood on."""
    to = form.get("to", "/alerts")
    return to if to == "/alerts" or to.startswith(("/alerts?", "/alerts#")) else "/alerts"


def _with(address: str, name: str, value: str) -> str:
    """The address with the parameter set anew."""
    parts = urlsplit(address)
    asked = {**dict(parse_qsl(parts.query)), name: value}
    return f"{parts.path}?{urlencode(asked)}"

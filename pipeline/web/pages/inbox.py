"""The pages of what came in: today's page, and the inbox of alerts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Final, Literal, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from pipeline.alerts.triage import mark, misread
from pipeline.feeds.health import Health, health
from pipeline.feeds.state import subscriptions
from pipeline.model import Actor, Delivery, Label, Mark, Mute, Triage, User, Watch
from pipeline.ports import DEAD_LETTERS
from pipeline.run.metrics import REDRIVE
from pipeline.search.day import Day, Number, beginning, brief, day_of
from pipeline.services import Services
from pipeline.text.messages import advice, summary
from pipeline.text.wording import Locale
from pipeline.web import alerts
from pipeline.web.cards import Delivered, by_alert, cards, folded, is_put_off, is_to_do, occasion
from pipeline.web.dependencies import Form, OpenServices, back
from pipeline.web.pages.record import speaker_names
from pipeline.web.pages.sources import name_of
from pipeline.web.render import language_of, name_of_user, page, zone_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_CONDITIONS: Final = {"statements": "", "changed": "verdict=changed&", "denied": "said=denied&"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A number of the day, the search that finds what it counts, and the numbers of the days up to it."""

    number: Number
    address: str
    days: tuple[int, ...]


@router.get("/")
def today(services: OpenServices, request: Request, day: str = "") -> Response:
    """Return what was said on a day, by default today. Searches of old addresses go to the record."""
    if {"q", "in", "all", "cursor"} & set(request.query_params):
        return RedirectResponse(f"/record?{request.url.query}", 307)
    shown = _day(services, day, zone_of(request))
    actors = services.desk.all(Actor)
    end = shown.start + timedelta(days=1)
    followed = subscriptions(services.desk)
    feeds = [health(state, services.clock()) for _, state in followed]
    return page(
        request,
        "today.html",
        rows=shown.hits,
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
def today_as_text(services: OpenServices, request: Request, day: str = "") -> PlainTextResponse:
    """The day as plain text, for a mail or a printer."""
    shown = _day(services, day, zone_of(request))
    locale = Locale(language_of(request), zone_of(request))
    return PlainTextResponse(brief(shown, speaker_names(shown.hits, services.desk.all(Actor)), locale) + "\n")


def _day(services: Services, day: str, zone: str) -> Day:
    start = beginning(day, services.clock(), ZoneInfo(zone))
    return day_of(start, services.index.search, services.index.decisions, services.subjects, misread(services.desk))


def _shown(day: Day, number: Number) -> Shown:
    start = day.start.date()
    address = f"/record?{_CONDITIONS[number.name]}after={start}&before={start + timedelta(days=1)}"
    return Shown(number, address, (*number.past, number.count))


def _sick(feeds: Sequence[Health]) -> list[Health]:
    return [feed for feed in feeds if feed.condition in ("failing", "silent", "flooding", "waiting", "gone")]


View = Literal["todo", "later", "done", "all", "failed", "muted"]

_CARDS: Final = 50

_MOST_DELIVERIES: Final = 200  # of one page; a statement with more of them goes on at the next page

_OPTIONS: Final = 200  # of a list to choose from

_WINDOW: Final = 200  # deliveries that are read at once

_WINDOWS: Final = 10  # that are looked through for one page

_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)

_LENGTHS: Final = {"day": timedelta(days=1), "week": timedelta(days=7), "ever": None}

_MOST_NOTE: Final = 500  # characters


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice of the alerts on a page."""

    view: View = "todo"
    watch: str = ""
    person: str = ""
    owner: str = ""

    def address(self, **more: str) -> str:
        """The address of the page."""
        view = self.view if self.view != "todo" else ""
        parameters = {"view": view, "watch": self.watch, "person": self.person, "owner": self.owner, **more}
        query = urlencode({name: value for name, value in parameters.items() if value})
        return f"/alerts?{query}" if query else "/alerts"

    def has(self, deliveries: Sequence[Delivery], triage: dict[str, Triage], now: datetime) -> bool:
        """Return whether the page shows the statement with these deliveries."""
        listed = [alert for delivery in deliveries for alert in delivery.alerts]
        if self.watch and all(alert.watch_id != self.watch for alert in listed):
            return False
        if self.person and all(alert.statement.speaker_id != self.person for alert in listed):
            return False
        if self.owner and all(alert.id not in triage or triage[alert.id].owner != self.owner for alert in listed):
            return False
        return self._is_in_view(deliveries, triage, now)

    def _is_in_view(self, deliveries: Sequence[Delivery], triage: dict[str, Triage], now: datetime) -> bool:
        match self.view:
            case "todo":
                return any(is_to_do(delivery, triage, now) for delivery in deliveries)
            case "later":
                return any(is_put_off(each, triage, now) and not each.acknowledged for each in deliveries)
            case "done":
                return all(delivery.acknowledged for delivery in deliveries)
            case "failed" | "muted":
                return any(delivery.state == self.view for delivery in deliveries)
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
    owner: str = "",
    before: str = "",
    undo: str = "",
) -> Response:
    """Alerts that are to do, or others."""
    choice = Choice(view, watch, person, owner)
    triage = {each.alert: each for each in services.desk.all(Triage)}
    listed, older = _chosen(services, choice, triage, before)
    matching = [delivery for delivery in listed if choice.has([delivery], triage, services.clock())]
    actors, users = services.desk.all(Actor), services.desk.all(User)
    return page(
        request,
        "alerts.html",
        rows=[_row(each, triage) for each in by_alert(matching)],
        following=choice.address(before=older) if older else "",
        cards=folded(cards(listed), services.subjects),
        choice=choice,
        views=get_args(View),
        older=choice.address(before=older) if older else "",
        undo=undo,
        newest=alerts.newest(services),
        watches=services.desk.all(Watch)[:_OPTIONS],
        mutes=[mute for mute in services.desk.all(Mute) if mute.until is None or mute.until > services.clock()],
        marked={each.id for each in services.desk.all(Mark)},
        tracked={actor.id: actor.name for actor in actors},
        people=actors[:_OPTIONS],
        triage=triage,
        owners=sorted({each.owner for each in triage.values()} - {""}),
        takers=sorted({*(each.owner for each in triage.values()), *(user.name for user in users)} - {""}),
        ever=_EVER,
        summary=partial(summary, locale=Locale(language_of(request), zone_of(request))),
    )


def _row(entry: Delivered, triage: dict[str, Triage]) -> dict[str, object]:
    """An alert as a row of data; `watches` are all that it stands for, as those of one target share a message."""
    alert, statement = entry.alert, entry.alert.statement
    article, noted = statement.first.article, triage.get(alert.id, Triage(alert=alert.id))
    listed = (each for delivery in entry.deliveries for each in delivery.alerts)
    alike = [each for each in listed if occasion(each) == occasion(alert)]
    return {
        "alert": alert.id,
        "created": alert.created,
        "watch": alert.watch_id,
        "watches": sorted({each.watch_id for each in alike}),
        "kind": alert.kind,
        "why": alert.why,
        "advice": " · ".join(advice(alert)),
        "statement": statement.id,
        "speaker": statement.speaker_id,
        "speaker_name": statement.speaker_name,
        "modality": statement.first.quote.modality,
        "text": statement.text,
        "source": article.source,
        "published": article.published,
        "title": article.title,
        "url": article.url,
        "deliveries": [f"{each.target}: {each.state}" for each in entry.deliveries],
        "done": all(each.acknowledged for each in entry.deliveries),
        "owner": noted.owner,
        "note": noted.note,
        "put_off_until": noted.until,
    }


def _chosen(services: Services, choice: Choice, triage: dict[str, Triage], before: str) -> tuple[list[Delivery], str]:
    """The newest deliveries that the page shows, and the id to go on from, '' at the end.

    All deliveries of a statement are shown together; the outbox has them next to each other.
    """
    now, last, read = services.clock(), before, 0
    groups: dict[tuple[str, str], list[Delivery]] = {}
    chosen: Counter[tuple[str, str]] = Counter()
    is_full = False
    for delivery in _newest(services, before):
        key = occasion(delivery.alert)
        is_full = (len(chosen) >= _CARDS and key not in groups) or chosen.total() >= _MOST_DELIVERIES
        if is_full:
            break
        groups.setdefault(key, []).append(delivery)
        read, last = read + 1, delivery.id
        if choice.has(groups[key], triage, now):
            chosen[key] = len(groups[key])
    shown = [delivery for group in groups.values() if choice.has(group, triage, now) for delivery in group]
    return shown, last if is_full or read == _WINDOW * _WINDOWS else ""


def _newest(services: Services, before: str) -> Iterator[Delivery]:
    """The newest deliveries before an id, as many as one page looks through."""
    for _ in range(_WINDOWS):
        window = services.outbox.listing(None, _WINDOW, before)
        yield from window
        if len(window) < _WINDOW:
            return
        before = window[-1].id


async def _ticked(request: Request) -> list[str]:
    """The deliveries that were ticked; the box of a card stands for all of its deliveries."""
    pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=_CARDS * 2)
    return [name for key, value in pairs if key == "tick" for name in value.split()]


Ticked = Annotated[list[str], Depends(_ticked)]


@router.post("/alerts")
def change_alerts(services: OpenServices, request: Request, form: Form, ticked: Ticked) -> Response:
    """Deal with deliveries, put alerts off or note something, try one again, mark an alert, mute, or unmute."""
    to = _back_to(form)
    if "retry" in form:
        alerts.retry(services, form["retry"])
    elif "unmute" in form:
        alerts.remove_mute(services, form["unmute"])
    elif "mute" in form:
        _mute(services, form)
    elif "later" in form or "note_on" in form or "take" in form:
        _note(services, form, name_of_user(request))
    elif "undo" in form:
        _acknowledge(services, form["undo"].split(), acknowledged=False)
    elif label := next((label for label in get_args(Label) if label in form), None):
        marked = alerts.delivery(services, form[label])
        mark(services.desk, marked, label, "", services.clock, by=name_of_user(request))
    else:
        done = form.get("acknowledge", "").split() or ticked
        _acknowledge(services, done, acknowledged=True)
        return back(_with(to, "undo", " ".join(done)))
    return back(to)


def _acknowledge(services: Services, ids: Iterable[str], *, acknowledged: bool) -> None:
    for delivery_id in dict.fromkeys(ids):
        services.outbox.update(replace(alerts.delivery(services, delivery_id), acknowledged=acknowledged))


def _note(services: Services, form: dict[str, str], user: str) -> None:
    """Save that the user took the alerts, or who did and a note, or put the alerts off, or bring them back."""
    until = None
    if "later" in form and form.get("for") != "now":
        length = _LENGTHS.get(form.get("for", "day"), _LENGTHS["day"])
        until = services.clock() + length if length else _EVER
    for alert_id in (form.get("later") or form.get("take") or form.get("note_on", "")).split():
        known = services.desk.find(Triage, alert_id) or Triage(alert=alert_id)
        if "later" in form:
            alerts.note(services, replace(known, until=until))
        elif "take" in form:
            alerts.note(services, replace(known, owner=user))
        else:
            owner, note = (form.get(name, "")[:_MOST_NOTE] for name in ("owner", "note"))
            by = known.by if note == known.note else user
            alerts.note(services, replace(known, owner=owner, note=note, by=by if note else ""))


def _mute(services: Services, form: dict[str, str]) -> None:
    """Mute "actor:ID" or "statement:ID" for as long as the form says."""
    kind, _, muted = form["mute"].partition(":")
    length = _LENGTHS.get(form.get("for", "week"), _LENGTHS["week"])
    until = services.clock() + length if length else None
    alerts.silence(services, "actor" if kind == "actor" else "statement", muted, until)


def _back_to(form: dict[str, str]) -> str:
    """The page of alerts that the form stood on."""
    to = form.get("to", "/alerts")
    return to if to == "/alerts" or to.startswith(("/alerts?", "/alerts#")) else "/alerts"


def _with(address: str, name: str, value: str) -> str:
    """The address with this value of the parameter."""
    parts = urlsplit(address)
    parameters = {**dict(parse_qsl(parts.query)), name: value}
    return parts._replace(query=urlencode(parameters)).geturl()

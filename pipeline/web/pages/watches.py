"""The page of watches and groups: a watch is filled in, previewed over the record, and saved."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, get_args
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from pydantic import ValidationError

from pipeline.alerts.preview import Preview
from pipeline.desk import find_id
from pipeline.errors import OnRecordError, UsageError
from pipeline.feeds.state import subscriptions
from pipeline.model import Actor, Alert, Group, QuoteKind, Tempo, Watch, slug
from pipeline.model.desk import LEAST_CONFIDENCE
from pipeline.services import Services
from pipeline.text import fold
from pipeline.text.targets import masked, shown_watch, unmasked
from pipeline.web import desk
from pipeline.web.charts import histogram
from pipeline.web.dependencies import Form, OpenServices, back, part, several
from pipeline.web.pages.sources import name_of
from pipeline.web.render import page, zone_of

router = APIRouter(include_in_schema=False)

_SHOWN = 10

_LISTED_WATCHES = 50  # of one page

_EMPTY = {"zone": "UTC", "tempo": "grouped", "least_confidence": f"{LEAST_CONFIDENCE:g}"}

_LISTED = ("by", "about", "sources", "languages", "kinds", "deliver", "spread")

_BETWEEN = {"sources": "\n"}  # names of outlets have commas in them

_HERE = "stdout"  # the target of a watch whose alerts are read in the pages alone

_MOST_BOXES = 60  # people and groups to tick; more are typed

_SUGGESTED = 300  # names in a list to choose from

_NEWEST = 200  # deliveries that are read at once to count the alerts of watches

_PARTS = 5  # times that so many are read

_DAYS = 14  # that a chart of alerts has

_MOST_FIELDS = 500

_UNNAMED = "This watch"

_WANTED = {"int_parsing": "should be a whole number", "float_parsing": "should be a number"}
"""What a field should hold, by the type of pydantic's error; pydantic's own words stand for the others."""


async def _joined(request: Request) -> dict[str, str]:
    """The form, the values of a field that is given several times with commas, or lines for outlets, between them."""
    form: dict[str, str] = {}
    body = (await request.body()).decode("utf-8", "replace")
    for name, value in parse_qsl(body, max_num_fields=_MOST_FIELDS, keep_blank_values=True):
        before = form.get(name, "") if name in _LISTED else ""
        form[name] = _BETWEEN.get(name, ", ").join(filter(None, (before, value.strip())))
    return form


Joined = Annotated[dict[str, str], Depends(_joined)]


@router.get("/watches")
def watches(services: OpenServices, request: Request, change: str = "", query: str = "", by: str = "") -> Response:
    """Watches and groups, and the form of a new watch, or of one that is to be changed."""
    known = services.desk.find(Watch, change) if change else None
    return _page(services, request, _filled(known) if known else {**_EMPTY, "query": query, "by": by})


@router.post("/watches")
def change_watches(services: OpenServices, request: Request, form: Joined) -> Response:
    """Preview, save or remove a watch. A refused form comes back filled in, with the error beside it."""
    if "remove" in form:
        services.desk.remove(Watch, form["remove"])
        return back("/watches")
    if "pause" in form or "resume" in form:
        return _pause(services, form)
    try:
        if "test" in form:
            return _test(services, request, form["test"])
        watch = _asked(services, form)
        if "save" in form:
            return _save(services, request, form, watch)
        return _page(services, request, form, foreseen=desk.foreseen(services, watch))
    except OnRecordError as error:
        return _page(services, request, form, error=error)


@router.post("/groups")
def change_groups(services: OpenServices, request: Request, form: Form) -> Response:
    """Put actors under a name, change a group, or remove it."""
    if "remove" in form:
        desk.remove_group(services, form["remove"])
        return back("/watches")
    actors, groups = services.desk.all(Actor), services.desk.all(Group)
    name, known = form.get("name", ""), form.get("id", "")
    if known and known not in {group.id for group in groups}:
        raise HTTPException(404, f"group {known!r} is not there")
    try:
        members = tuple(find_id(part, actors, groups) for part in several(form.get("members", "")))
        group = desk.gather(services, Group(id=known or slug(name), name=name, members=members))
    except UsageError as error:
        return _page(services, request, _EMPTY, error=error)
    return back(f"/groups/{group.id}")


def _save(services: Services, request: Request, form: dict[str, str], watch: Watch) -> Response:
    """Save the watch, unless somebody has changed it since the form was opened."""
    known = services.desk.find(Watch, watch.id)
    if known and form.get("edition") != desk.edition(known):
        newer = {**form, "edition": desk.edition(known)}
        return _page(services, request, newer, error=desk.conflict(services, known))
    desk.stand(services, watch)
    return back("/watches")


def _pause(services: Services, form: dict[str, str]) -> Response:
    known = _known(services, form.get("pause") or form.get("resume", ""))
    services.desk.save(replace(known, paused="pause" in form))
    return back("/watches")


def _test(services: Services, request: Request, watch_id: str) -> Response:
    known = _known(services, watch_id)
    return _page(services, request, _EMPTY, tested=(known.name, desk.send_test(services, known)))


def _known(services: Services, watch_id: str) -> Watch:
    known = services.desk.find(Watch, watch_id)
    if known is None:
        raise HTTPException(404, f"watch {watch_id!r} is not there")
    return known


def _asked(services: Services, form: dict[str, str]) -> Watch:
    """The watch that is filled in; one of its name is changed, and keeps the time that it counts from."""
    actors, groups = services.desk.all(Actor), services.desk.all(Group)
    name = form.get("name", "") or _UNNAMED
    known = services.desk.find(Watch, slug(name))
    filled: dict[str, Any] = {
        "name": name,
        **{field: [_meant(part, actors, groups) for part in several(form.get(field, ""))] for field in ("by", "about")},
        "sources": (*form.get("sources", "").splitlines(), *several(form.get("more_sources", ""))),
        **{field: several(form.get(field, "")) for field in ("languages", "kinds", "spread")},
        **{field: form[field] for field in ("query", "tempo", "quiet", "zone") if form.get(field)},
        **{
            field: form[field]
            for field in ("least_confidence", "least_sources", "daily_cap", "spike", "silence")
            if form.get(field)
        },
        "deliver": unmasked(several(form.get("deliver", "")) or (_HERE,), known.deliver if known else ()),
    }
    if not (filled["by"] or filled["about"] or filled.get("query")):
        raise UsageError("the watch has no condition: choose somebody or fill in a search")
    try:
        order = desk.WatchOrder.model_validate(filled)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0]).replace("_", " ")
        wanted = _WANTED.get(first["type"], first["msg"][:1].lower() + first["msg"][1:])
        raise UsageError(f"{field}: {first['input']!r} {wanted}") from error
    carried = {"paused": known.paused, "created": known.created} if known else {"created": services.clock()}
    return Watch(id=slug(name), **{**dict(order), **carried})


def _meant(name: str, actors: Sequence[Actor], groups: Sequence[Group]) -> str:
    """The id of the actor or group of this name; UsageError in the words of the page."""
    try:
        return find_id(name, actors, groups)
    except UsageError as error:
        if "not tracked" not in str(error):
            raise
        raise UsageError(f"nobody called {name!r} is tracked; track them under People first") from error


def _filled(watch: Watch) -> dict[str, str]:
    """The watch as its form shows it, what is secret in a target masked."""
    targets = () if watch.deliver == (_HERE,) else watch.deliver
    shown = replace(watch, deliver=tuple(map(masked, targets)))
    alone = ("name", "query", "tempo", "quiet", "zone", "least_confidence", "least_sources", "daily_cap")
    several_of = {name: _BETWEEN.get(name, ", ").join(map(str, getattr(shown, name))) for name in _LISTED}
    of_speakers = {name: f"{value:g}" for name in ("spike", "silence") if (value := getattr(shown, name))}
    several_of["edition"] = desk.edition(watch)
    return {**several_of, **{name: str(getattr(shown, name)) for name in alone}, **of_speakers}


@dataclass(frozen=True, slots=True)
class Volume:
    """The alerts of a watch among the newest deliveries: their number, the newest, and the numbers of the last days."""

    count: int
    newest: Alert
    days: tuple[int, ...]


def _volumes(services: Services, zone: ZoneInfo) -> dict[str, Volume]:
    """Return the alerts of each watch, each counted once to however many targets."""
    alerts: dict[str, dict[str, Alert]] = {}
    last = ""
    for _ in range(_PARTS):
        listed = services.outbox.listing(None, _NEWEST, last)
        for delivery in listed:
            for alert in delivery.alerts:
                alerts.setdefault(alert.watch_id, {}).setdefault(alert.id, alert)
        if len(listed) < _NEWEST:
            break
        last = listed[-1].id
    today = services.clock().astimezone(zone).date()
    return {watch: _volume(list(of_watch.values()), today, zone) for watch, of_watch in alerts.items()}


def _volume(alerts: Sequence[Alert], today: date, zone: ZoneInfo) -> Volume:
    by_age = Counter((today - alert.created.astimezone(zone).date()).days for alert in alerts)
    return Volume(len(alerts), alerts[0], tuple(by_age[age] for age in range(_DAYS - 1, -1, -1)))


def _page(
    services: Services,
    request: Request,
    form: dict[str, str],
    *,
    foreseen: Preview | None = None,
    error: OnRecordError | None = None,
    tested: tuple[str, int] | None = None,
) -> Response:
    actors, groups = services.desk.all(Actor), services.desk.all(Group)
    shown = part(request, services.desk.all(Watch), lambda watch: watch.name, _LISTED_WATCHES)
    chosen = set(form.get("sources", "").splitlines())
    outlets = sorted({name_of(*each) for each in subscriptions(services.desk)} | chosen, key=fold)
    return page(
        request,
        "watches.html",
        rows=list(map(shown_watch, shown.entries)),
        following=shown.following,
        status=400 if error else 200,
        form=form,
        changing=services.desk.find(Watch, slug(form.get("name", ""))) is not None,
        preview=foreseen,
        newest=foreseen.alerts[:_SHOWN] if foreseen else (),
        error=error,
        tested=tested,
        chart=histogram(foreseen.days) if foreseen else None,
        tempos=get_args(Tempo),
        kinds=get_args(QuoteKind),
        boxes=[*actors, *groups] if len(actors) + len(groups) <= _MOST_BOXES else [],
        people=[*actors, *groups][:_SUGGESTED],
        chosen={field: set(several(form.get(field, ""))) for field in ("by", "about", "kinds")},
        outlets=outlets if len(outlets) <= _MOST_BOXES else sorted(chosen),
        sources=outlets[:_SUGGESTED],
        chosen_outlets=chosen,
        usual_confidence=LEAST_CONFIDENCE,
        volumes=_volumes(services, ZoneInfo(zone_of(request))),
        today=services.clock(),
        watches=shown.entries,
        listed=shown,
        groups=groups,
        names={group.id: group.name for group in groups} | {actor.id: actor.name for actor in actors},
    )

"""The page of watches and groups: a watch is filled in, previewed over the record, and saved."""

from dataclasses import replace
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from pipeline.alerts.preview import Preview
from pipeline.alerts.targets import masked, unmasked
from pipeline.desk import found as called
from pipeline.errors import OnRecordError, UsageError
from pipeline.model import Actor, Group, Tempo, Watch, slug
from pipeline.services import Services
from pipeline.web import desk as orders
from pipeline.web import watches as watching
from pipeline.web.dependencies import OpenServices
from pipeline.web.forms import Form, back, several
from pipeline.web.pages.frame import page

router = APIRouter(include_in_schema=False)

_SHOWN = 10

_EMPTY = {"zone": "UTC", "deliver": "stdout", "least_confidence": "0.5"}


@router.get("/watches")
def watches(services: OpenServices, request: Request, change: str = "") -> HTMLResponse:
    """Watches and groups, and the form of a new watch, or of one that is to be changed."""
    known = orders.found(services, Watch, change) if change else None
    return _page(services, request, _filled(known) if known else _EMPTY)


@router.post("/watches")
def change_watches(services: OpenServices, request: Request, form: Form) -> Response:
    """Preview a watch, save it, or be told no more. What is wrong is said beside what was filled in."""
    if "remove" in form:
        services.desk.remove(Watch, form["remove"])
        return back("/watches")
    try:
        watch = _asked(services, form)
        if "save" in form:
            watching.stand(services, watch)
            return back("/watches")
        return _page(services, request, form, foreseen=watching.foreseen(services, watch))
    except OnRecordError as error:
        return _page(services, request, form, error=error)


@router.post("/groups")
def change_groups(services: OpenServices, request: Request, form: Form) -> Response:
    """Put actors under one name, or take the name away."""
    if "remove" in form:
        watching.remove_group(services, form["remove"])
        return back("/watches")
    actors, groups = services.desk.all(Actor), services.desk.all(Group)
    name = form.get("name", "")
    try:
        members = tuple(called(part, actors, groups) for part in several(form.get("members", "")))
        watching.gather(services, Group(id=slug(name), name=name, members=members))
    except UsageError as error:
        return _page(services, request, _EMPTY, error=error)
    return back("/watches")


def _asked(services: Services, form: dict[str, str]) -> Watch:
    """The watch that is filled in; one of its name is changed, and keeps the time that it counts from."""
    actors, groups = services.desk.all(Actor), services.desk.all(Group)
    name = form.get("name", "") or "Preview"
    known = orders.found(services, Watch, slug(name))
    filled: dict[str, Any] = {
        "name": name,
        **{field: [called(part, actors, groups) for part in several(form.get(field, ""))] for field in ("by", "about")},
        **{field: several(form.get(field, "")) for field in ("sources", "languages", "kinds", "spread")},
        **{field: form[field] for field in ("query", "tempo", "quiet", "zone") if form.get(field)},
        **{field: form[field] for field in ("least_confidence", "least_sources", "daily_cap") if form.get(field)},
        "deliver": unmasked(several(form.get("deliver", "")), known.deliver if known else ()),
    }
    try:
        order = watching.WatchOrder.model_validate(filled)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    return Watch(id=slug(name), created=known.created if known else services.clock(), **dict(order))


def _filled(watch: Watch) -> dict[str, str]:
    """The watch as its form shows it, what is secret in a target masked."""
    shown = replace(watch, deliver=tuple(map(masked, watch.deliver)))
    listed = ("by", "about", "sources", "languages", "kinds", "deliver", "spread")
    alone = ("name", "query", "tempo", "quiet", "zone", "least_confidence", "least_sources", "daily_cap")
    several_of = {name: ", ".join(map(str, getattr(shown, name))) for name in listed}
    return {**several_of, **{name: str(getattr(shown, name)) for name in alone}}


def _page(
    services: Services,
    request: Request,
    form: dict[str, str],
    *,
    foreseen: Preview | None = None,
    error: OnRecordError | None = None,
) -> HTMLResponse:
    actors, groups = services.desk.all(Actor), services.desk.all(Group)
    return page(
        request,
        "watches.html",
        status=400 if error else 200,
        form=form,
        preview=foreseen,
        newest=foreseen.alerts[:_SHOWN] if foreseen else (),
        error=error,
        tempos=get_args(Tempo),
        watches=services.desk.all(Watch),
        groups=groups,
        names={group.id: group.name for group in groups} | {actor.id: actor.name for actor in actors},
    )

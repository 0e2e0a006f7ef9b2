"""What the pages' forms change. The guard lets only our own pages post them."""

from datetime import timedelta
from typing import Annotated, get_args
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from pipeline.alerts.triage import mark
from pipeline.errors import UsageError
from pipeline.feeds.listing import unsubscribe
from pipeline.model import Actor, Feed, Label, Role, Watch, slug
from pipeline.web import alerts, triage
from pipeline.web import desk as orders
from pipeline.web import watches as watching
from pipeline.web.access import log_in, log_out
from pipeline.web.dependencies import OpenServices
from pipeline.web.render import render

router = APIRouter(include_in_schema=False)

_MOST_FIELDS = 50

_MUTED_FOR = timedelta(days=7)  # an actor, from the page


async def filled_in(request: Request) -> dict[str, str]:
    """The fields of the form, trimmed, the last of a name; UsageError where it is none."""
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS, keep_blank_values=True)
    except ValueError as error:
        raise UsageError(f"form is not readable: {error}") from error
    return {name: value.strip() for name, value in pairs}


Form = Annotated[dict[str, str], Depends(filled_in)]


def back(to: str) -> RedirectResponse:
    """Lead to a page after a change."""
    return RedirectResponse(to, 303)


def several(text: str) -> tuple[str, ...]:
    """The parts of a field between its commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@router.post("/feeds")
def change_feed(services: OpenServices, form: Form) -> Response:
    """Follow a feed, or follow it no more."""
    if "remove" in form:
        unsubscribe(services.desk, form["remove"])
    else:
        asked = Feed(url=form.get("url", ""), source=form.get("source", ""))
        orders.follow(services, orders.at_its_feed(services, asked))
    return back("/feeds")


@router.post("/actors")
def change_actor(services: OpenServices, form: Form) -> Response:
    """Track somebody, with a watch on what they say if asked for, or track them no more."""
    if "remove" in form:
        orders.remove_actor(services, form["remove"])
        return back("/actors")
    name = form.get("name", "")
    roles = tuple(Role(title) for title in several(form.get("roles", "")))
    actor = orders.track(
        services, Actor(id=slug(name), name=name, aliases=several(form.get("aliases", "")), roles=roles)
    )
    if "watch" in form:
        watch = Watch(id=actor.id, name=actor.name, created=services.clock(), by=(actor.id,))
        if orders.found(services, Watch, watch.id) is None:
            watching.stand(services, watch)
    return back("/actors")


@router.post("/alerts")
def change_alerts(services: OpenServices, form: Form) -> Response:
    """Acknowledge a delivery or try it again, mark its alert, mute or be told again."""
    if "retry" in form:
        alerts.retry(services, form["retry"])
    elif "unmute" in form:
        triage.remove_mute(services, form["unmute"])
    elif "actor" in form:
        triage.silence(services, "actor", form["actor"], services.clock() + _MUTED_FOR)
    elif "statement" in form:
        triage.silence(services, "statement", form["statement"], None)
    elif label := next((label for label in get_args(Label) if label in form), None):
        mark(services.desk, alerts.delivery(services, form[label]), label, "", services.clock)
    else:
        alerts.acknowledge(services, form.get("acknowledge", ""))
    return back("/alerts")


@router.post("/dead-letters")
def retry_dead_letters(services: OpenServices) -> Response:
    """Try the oldest dead letters again."""
    alerts.retry_dead_letters(services)
    return back("/dead-letters")


@router.get("/login")
def ask(to: str = "/") -> HTMLResponse:
    """The page that asks for the token."""
    return HTMLResponse(render("login.html", to=to, wrong=False, here="/login", locked=False))


@router.post("/login")
def login(request: Request, form: Form) -> Response:
    """Exchange the token for a session."""
    response = back(_local(form.get("to", "/")))
    if log_in(request, form.get("token", ""), response):
        return response
    page = render("login.html", to=form.get("to", "/"), wrong=True, here="/login", locked=False)
    return HTMLResponse(page, 403)


@router.post("/logout")
def logout(request: Request) -> Response:
    """End the session of this browser."""
    response = back("/login")
    log_out(request, response)
    return response


def _local(address: str) -> str:
    """The address if it is one of ours, else the first page; "//host" and "/\\host" are others'."""
    plain = address.replace("\\", "/")
    ours = plain.startswith("/") and not plain.startswith("//")
    return address if ours and address.isprintable() else "/"

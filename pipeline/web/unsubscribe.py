"""Unsubscribing by a signed link, with a click (a page that asks) or by the mail reader itself (RFC 8058)."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import HTMLResponse

from pipeline.app import App
from pipeline.model import Watch
from pipeline.targets import masked
from pipeline.unsubscribing import PATH, signed_target
from pipeline.web.doors import Doors
from pipeline.web.orders import found
from pipeline.web.render import render

router = APIRouter(include_in_schema=False)
_PAGE = 100

Signed = Annotated[str, Path(max_length=200)]


@router.get(PATH + "{watch_id}/{signed}")
def ask(app: Doors, watch_id: str, signed: Signed) -> HTMLResponse:
    """The page that asks; it ends nothing, since programs that look through mails follow every link in them."""
    watch, target = _meant(app, watch_id, signed)
    return _page(watch, target, done=False)


@router.post(PATH + "{watch_id}/{signed}")
def unsubscribe(app: Doors, watch_id: str, signed: Signed) -> HTMLResponse:
    """End it: the watch keeps its other targets, and what still waits for this one is not sent."""
    watch, target = _meant(app, watch_id, signed)
    app.desk.save(replace(watch, deliver=tuple(known for known in watch.deliver if known != target)))
    _call_off(app, watch, target)
    return _page(watch, target, done=True)


def _meant(app: App, watch_id: str, signed: str) -> tuple[Watch, str]:
    """The watch and its target that the link is for; a 404 where it is for none."""
    secret, watch = app.settings.web.secret, found(app, Watch, watch_id)
    target = signed_target(secret.get_secret_value(), watch, signed) if secret and watch else None
    if watch is None or target is None:
        raise HTTPException(404, "nothing is sent by this link's watch to this link's address, or no longer")
    return watch, target


def _call_off(app: App, watch: Watch, target: str) -> None:
    before = ""
    while page := app.deliveries.listing("pending", _PAGE, before):
        for known in page:
            if known.target == target and known.alert.watch_id == watch.id:
                app.outbox.update(replace(known, state="failed", last_error=f"{masked(target)} has unsubscribed"))
        before = page[-1].id


def _page(watch: Watch, target: str, *, done: bool) -> HTMLResponse:
    _, _, address = masked(target).partition(":")
    return HTMLResponse(
        render("unsubscribe.html", watch=watch, address=address, done=done, here="/unsubscribe", locked=False)
    )

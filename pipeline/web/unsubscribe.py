"""Unsubscribing by a signed link, with a click (a page that asks) or by the mail reader itself (RFC 8058)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import HTMLResponse

from pipeline.alerts.targets import BETWEEN, PATH, masked, signed_target
from pipeline.model import Watch
from pipeline.services import Services
from pipeline.signing import secrets
from pipeline.web.dependencies import OpenServices
from pipeline.web.render import render

router = APIRouter(include_in_schema=False)

_PAGE = 100

Named = Annotated[str, Path(max_length=20_000)]

Signed = Annotated[str, Path(max_length=200)]


@router.get(PATH + "{named}/{signed}")
def ask(services: OpenServices, named: Named, signed: Signed) -> HTMLResponse:
    """The page that asks; it ends nothing, since programs that look through mails follow every link in them."""
    watches, target = _meant(services, named, signed)
    return _page(watches, target, done=False)


@router.post(PATH + "{named}/{signed}")
def unsubscribe(services: OpenServices, named: Named, signed: Signed) -> HTMLResponse:
    """End it: the watches keep their other targets, and what still waits for this one is not sent."""
    watches, target = _meant(services, named, signed)
    services.desk.save(*(replace(w, deliver=tuple(known for known in w.deliver if known != target)) for w in watches))
    _call_off(services, {watch.id for watch in watches}, target)
    return _page(watches, target, done=True)


def _meant(services: Services, named: str, signed: str) -> tuple[list[Watch], str]:
    """The watches and their target that the link is for; a 404 where it is for none."""
    ids = named.split(BETWEEN)
    known = [watch for watch in services.desk.all(Watch) if watch.id in ids]
    targets = dict.fromkeys(target for watch in known for target in watch.deliver)
    target = signed_target(secrets(services.settings.web), named, targets, signed)
    if target is None:
        raise HTTPException(404, "nothing is sent by this link's watch to this link's address, or no longer")
    return [watch for watch in known if target in watch.deliver], target


def _call_off(services: Services, ended: set[str], target: str) -> None:
    """Give up what waits to tell the target of nothing else."""
    before = ""
    while page := services.outbox.listing("pending", _PAGE, before):
        for known in page:
            if known.target == target and all(alert.watch_id in ended for alert in known.alerts):
                services.outbox.update(replace(known, state="failed", last_error=f"{masked(target)} has unsubscribed"))
        before = page[-1].id


def _page(watches: Sequence[Watch], target: str, *, done: bool) -> HTMLResponse:
    _, _, address = masked(target).partition(":")
    names = [watch.name for watch in watches]
    return HTMLResponse(
        render("unsubscribe.html", names=names, address=address, done=done, here="/unsubscribe", locked=False)
    )

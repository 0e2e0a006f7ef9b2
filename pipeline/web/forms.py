"""What the pages' forms change. The guard lets only our own pages post them."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from pipeline.errors import UsageError
from pipeline.web import alerts
from pipeline.web.access import log_in, log_out
from pipeline.web.dependencies import OpenServices
from pipeline.web.render import render

router = APIRouter(include_in_schema=False)

_MOST_FIELDS = 50


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

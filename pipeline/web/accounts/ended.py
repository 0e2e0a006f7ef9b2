"""The form of a session that has ended: what was typed into it is shown again, to be sent after a login."""

from typing import Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from pipeline.web.dependencies import wants_page
from pipeline.web.render import language_of, render

_FORM: Final = "application/x-www-form-urlencoded"

SECRETS: Final = frozenset(("password", "own", "new", "token"))
"""Fields that no answer repeats: they have to be typed again."""


def is_form(request: Request) -> bool:
    """Return whether a browser sends the form of a page."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return request.method == "POST" and kind == _FORM and wants_page(request)


async def ended(request: Request, target: str) -> Response:
    """Answer 401 with a page that keeps what was typed, and sends it to this address of ours again.

    Only our own pages can have sent it: the guard refuses the forms of other sites before it asks for a session.
    """
    typed = await request.form()
    fields = [(name, value) for name, value in typed.multi_items() if isinstance(value, str) and name not in SECRETS]
    page = render("ended.html", language=language_of(request), target=target, fields=fields, here="/login")
    return HTMLResponse(page, 401)

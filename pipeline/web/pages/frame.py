"""The frame around every page: navigation with the number of alerts to do, and the desk's time zone."""

from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse

from pipeline.services import Services
from pipeline.web.render import render

MOST_COUNTED: Final = 100  # of the newest deliveries, to say how many alerts are to do


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page with the frame around it."""
    services: Services = request.app.state.app
    web = services.settings.web
    frame = {"here": request.url.path, "locked": web.token is not None, "to_do": to_do(services)}
    return HTMLResponse(render(template, web.zone, **frame, **values), status)


def to_do(services: Services) -> int:
    """How many of the newest alerts nobody has dealt with yet."""
    listed = services.outbox.listing(None, MOST_COUNTED)
    return len({delivery.alert.id for delivery in listed if not delivery.acknowledged and delivery.state != "muted"})

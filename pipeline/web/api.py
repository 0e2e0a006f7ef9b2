"""The web application: API, pages and health under one guard."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

import pipeline
from pipeline.errors import SettingsError
from pipeline.run.loop import Role, needs
from pipeline.services import Services
from pipeline.web import (
    alerts,
    atom,
    desk,
    forms,
    health,
    problems,
    search,
    triage,
    unsubscribe,
    watch_form,
    watches,
    websub,
)
from pipeline.web.guard import Guard, check_exposure
from pipeline.web.pages import article, inbox, people, record, sources, statement, today
from pipeline.web.throttle import Throttle

_STATIC: Final = Path(__file__).with_name("static")

_PAGES: Final = (today, record, people, statement, article, inbox, sources, watch_form)

_PARTS: Final = (search, desk, alerts, atom, health, *_PAGES, forms, triage, unsubscribe, watches, websub)

_ABOUT = (
    "Who said what, in the news. Lists of hits end in a `cursor` that leads to the next page. "
    "Errors are problem details (RFC 9457). Times are in UTC, offsets are half-open ranges of characters."
)


def create(services: Services, roles: Collection[Role] = tuple(Role)) -> FastAPI:
    """The web application over the open doors of `app`, for a process with these roles: without that of the web, its
    health alone. SettingsError where others could reach it without a token.
    """
    check_exposure(services.settings)
    web = FastAPI(
        title="On the Record",
        version=pipeline.__version__,
        description=_ABOUT,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"4XX": problems.DESCRIBED, "503": problems.DESCRIBED},
    )
    needed = needs(roles)
    web.state.app = replace(
        services, servers={name: check for name, check in services.servers.items() if name in needed}
    )
    problems.install(web)
    web.state.throttle = Throttle()
    websub.install(web)
    web.state.whole = Role.WEB in roles
    for part in _PARTS if web.state.whole else (health,):
        web.include_router(part.router)
    web.mount("/static", StaticFiles(directory=_STATIC), name="static")
    if services.settings.web.mcp and web.state.whole:
        _serve_assistants(web, services)
    token = services.settings.web.token
    web.add_middleware(Guard, token=token.get_secret_value() if token else None)
    return web


def _serve_assistants(web: FastAPI, services: Services) -> None:
    try:
        from pipeline.web import assistants
    except ModuleNotFoundError as error:
        raise SettingsError("web.mcp needs the extra `mcp`: pip install 'onrecord[mcp]'") from error
    web.router.lifespan_context = assistants.mount(web, services)

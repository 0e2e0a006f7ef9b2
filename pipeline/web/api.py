"""The web application: API, pages and health under one guard."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

import pipeline
from pipeline.app import App
from pipeline.web import alerts, atom, forms, health, orders, pages, problems, records, unsubscribe, websub
from pipeline.web.guard import Guard, check_exposure

_STATIC: Final = Path(__file__).with_name("static")
_ABOUT = (
    "Who said what, in the news. Lists of hits end in a `cursor` that leads to the next page. "
    "Errors are problem details (RFC 9457). Times are in UTC, offsets are half-open ranges of characters."
)


def create(app: App) -> FastAPI:
    """The web application over the open doors of `app`; SettingsError where others could reach it without a token."""
    check_exposure(app.settings)
    web = FastAPI(
        title="On the Record",
        version=pipeline.__version__,
        description=_ABOUT,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"4XX": problems.DESCRIBED, "503": problems.DESCRIBED},
    )
    web.state.app = app
    problems.install(web)
    for part in (records, orders, alerts, atom, health, pages, forms, unsubscribe, websub):
        web.include_router(part.router)
    web.mount("/static", StaticFiles(directory=_STATIC), name="static")
    token = app.settings.web.token
    web.add_middleware(Guard, token=token.get_secret_value() if token else None)
    return web

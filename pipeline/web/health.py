"""Health for those who look after the service: alive, ready, and what was counted."""

import shutil
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Final, get_args

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from pipeline.errors import OnRecordError
from pipeline.feeds.health import Condition, condition
from pipeline.feeds.listing import subscriptions
from pipeline.model.query import Search
from pipeline.ports import ARTICLES
from pipeline.run.metrics import CONTENT_TYPE, metrics
from pipeline.services import Services
from pipeline.web.dependencies import OpenServices
from pipeline.web.login import refusal

router = APIRouter(tags=["health"])

LEAST_BYTES_FREE: Final = 100_000_000

_CHECKS_AT_ONCE: Final = 4


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Whether this process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Something is missing; `checks` says what."}})
async def readyz(services: OpenServices, request: Request) -> JSONResponse:
    """Whether everything that the work of this process needs is there: servers, or log, index, and room on the disk.

    Who asks without the token, as an orchestrator's probe, is not told what is wrong with what is missing.
    """
    checks = await to_thread.run_sync(readiness, services, limiter=_limiter())
    ready = all(state == "ok" for state in checks.values())
    if await refusal(request):
        checks = {name: "ok" if state == "ok" else "missing" for name, state in checks.items()}
    return JSONResponse({"status": "ok" if ready else "missing", "checks": checks}, 200 if ready else 503)


@cache
def _limiter() -> CapacityLimiter:
    """The threads of the checks, which wait for no thread that answers a search."""
    return CapacityLimiter(_CHECKS_AT_ONCE)


def readiness(services: Services) -> dict[str, str]:
    """What each dependency is: "ok", or what is wrong with it."""
    if services.servers:
        return {name: _check(ask) for name, ask in services.servers.items()}
    return {
        "log": _check(lambda: services.log.lag(ARTICLES, "extract")),
        "index": _check(lambda: services.index.search(Search(limit=1))),
        "disk": _disk(services),
    }


def _check(ask: Callable[[], object]) -> str:
    try:
        ask()
    except OnRecordError as error:
        return str(error)
    return "ok"


def _disk(services: Services) -> str:
    folder = services.settings.file.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return f"{folder}: {error.strerror}"
    if free >= LEAST_BYTES_FREE:
        return "ok"
    return f"{folder}: {free // 1_000_000} MB are free, at least {LEAST_BYTES_FREE // 1_000_000} MB are needed"


@router.get("/metrics", response_class=Response)
def scrape(services: OpenServices, request: Request) -> Response:
    """Counters of this process for Prometheus, and gauges of the whole desk from one that has the pages."""
    own = metrics()
    if request.app.state.whole:
        feeds: dict[str, int] = dict.fromkeys(get_args(Condition), 0)
        feeds |= Counter(condition(state) for _, state in subscriptions(services.desk))
        own.measure(services.log, feeds)
    return Response(own.exposition(), media_type=CONTENT_TYPE)

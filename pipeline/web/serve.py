"""The web application (API, pages and health under one guard), and the server that runs it."""

import asyncio
import errno
import gc
import socket
import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, get_args

import uvicorn
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from pipeline import __version__
from pipeline.errors import SettingsError
from pipeline.feeds.health import Condition, condition
from pipeline.feeds.state import subscriptions
from pipeline.roles import Role, needs, port_of
from pipeline.run.metrics import CONTENT_TYPE, metrics
from pipeline.services import Services
from pipeline.web import alerts, callbacks, dependencies, desk, feeds_out, search
from pipeline.web.accounts import login, oidc
from pipeline.web.accounts.browsers import public_key
from pipeline.web.accounts.login import Throttle, check_exposure, refusal
from pipeline.web.dependencies import OpenServices
from pipeline.web.guard import Budget, Connection, Guard, networks
from pipeline.web.pages import accounts, comparison, inbox, people, record, sources, statement, system, watches
from pipeline.web.pages.system import readiness
from pipeline.web.render import Forms

router = APIRouter(tags=["health"])

_CHECKS_AT_ONCE: Final = 4


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Return whether this process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Something is missing; `checks` says what."}})
async def readyz(services: OpenServices, request: Request) -> JSONResponse:
    """Answer whether this process has what its work needs: servers, or log, index, and room on the disk.

    A request without a token or session, such as an orchestrator's probe, gets no reasons.
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


@router.get("/metrics", response_class=Response)
def scrape(services: OpenServices, request: Request) -> Response:
    """Counters of this process for Prometheus; a process with the pages adds gauges of the whole desk."""
    own = metrics()
    if request.app.state.whole:
        feeds: dict[str, int] = dict.fromkeys(get_args(Condition), 0)
        feeds |= Counter(condition(state) for _, state in subscriptions(services.desk))
        own.measure(services.log, feeds)
    return Response(own.exposition(), media_type=CONTENT_TYPE)


_STATIC: Final = Path(__file__).with_name("static")

_PAGES: Final = (record, people, statement, inbox, sources, comparison, watches, accounts, system)

_PARTS: Final = (search, desk, alerts, feeds_out, *_PAGES, login, oidc, callbacks)

_ABOUT = (
    "Who said what, in the news. Lists of hits end in a `cursor` that leads to the next page. "
    "Errors are problem details (RFC 9457). Times are in UTC, offsets are half-open ranges of characters."
)


def create(services: Services, roles: Collection[Role] = tuple(Role)) -> FastAPI:
    """Create the web application for a process with these roles; without the role of the web, it serves health alone.

    Raises SettingsError if others could reach it without a token or a password.
    """
    whole = Role.WEB in roles
    check_exposure(services.settings, services.desk if whole else None)
    if whole:
        services.identity()  # whose settings may be wrong
        public_key(services.settings)  # which may be wrong too
    web = FastAPI(
        title="On the Record",
        version=__version__,
        description=_ABOUT,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"4XX": dependencies.DESCRIBED, "503": dependencies.DESCRIBED},
    )
    needed = needs(roles)
    web.state.app = replace(
        services, servers={name: check for name, check in services.servers.items() if name in needed}
    )
    dependencies.install(web)
    web.state.throttle = Throttle()
    callbacks.install(web)
    web.state.whole = whole
    web.include_router(router)
    for part in _PARTS if web.state.whole else ():
        web.include_router(part.router)
    web.mount("/static", StaticFiles(directory=_STATIC), name="static")
    web.add_api_route("/push.js", _service_worker, include_in_schema=False)
    if services.settings.web.mcp and web.state.whole:
        _serve_assistants(web, services)
    web.add_middleware(Forms)
    token = services.settings.web.token
    web.add_middleware(Guard, token=token.get_secret_value() if token else None)
    return web


def _service_worker() -> FileResponse:
    """The script that shows alerts. Its place at the root lets it serve every page."""
    return FileResponse(_STATIC / "push.js", media_type="text/javascript")


def _serve_assistants(web: FastAPI, services: Services) -> None:
    try:
        from pipeline.web import assistants
    except ModuleNotFoundError as error:
        raise SettingsError("web.mcp needs the extra `mcp`: pip install 'onrecord[mcp]'") from error
    web.router.lifespan_context = assistants.mount(web, services)


_LOOK = 0.1  # seconds between looks at `stop`

_GRACE = 5  # seconds for answers under way after the request to stop


def serve(
    services: Services,
    stop: threading.Event,
    listening: Callable[[str], None] = lambda address: None,
    roles: Collection[Role] = tuple(Role),
) -> None:
    """Serve the pages, or the health alone, of a process with these roles until `stop` is set.

    It may run in a thread of its own. `listening` is called once with the address, such as "http://127.0.0.1:8414";
    a port of 0 is replaced by the one that was free. SettingsError if the address cannot be listened on.
    """
    web, trusted = create(services, roles), services.settings.web.proxies

    class OurConnection(Connection):
        proxies = networks(trusted)

    port = services.settings.web.port
    with _listen(services.settings.web.host, port_of(roles) if port is None else port) as listener:
        config = uvicorn.Config(
            Budget(web),
            http=OurConnection,
            ws="none",
            forwarded_allow_ips=",".join(trusted),
            log_config=None,
            log_level="critical",  # errors are logged where they are answered
            access_log=False,
            server_header=False,
            lifespan="auto",  # the routes of assistants need theirs
            timeout_graceful_shutdown=_GRACE,
        )
        _spare_the_libraries()
        listening(_address(listener, services.settings.web.host))
        asyncio.run(_serve(uvicorn.Server(config), listener, stop))


def _spare_the_libraries() -> None:
    """Let the garbage collector pass over all that is there: each full collection would take as long as a page."""
    gc.collect()
    gc.freeze()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        hint = "; ONRECORD_WEB__PORT=0 takes a free port" if error.errno == errno.EADDRINUSE else ""
        raise SettingsError(f"web.port {port} of {host!r} cannot be listened on: {error.strerror}{hint}") from error
    # asyncio sets this only on sockets that name TCP as their protocol; without it an answer's body waits 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(listener: socket.socket, host: str) -> str:
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _serve(server: uvicorn.Server, listener: socket.socket, stop: threading.Event) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not (stop.is_set() or serving.done()):
        await asyncio.sleep(_LOOK)
    server.should_exit = True
    await serving

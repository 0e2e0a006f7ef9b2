"""Logging in: the bearer token of programs, the sessions of browsers, and the back-off after wrong tokens."""

import hmac
import logging
import math
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv4Address, ip_address, ip_network
from threading import Lock
from typing import Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from pipeline.desk import audited
from pipeline.model import Session
from pipeline.services import Services
from pipeline.web import alerts
from pipeline.web.dependencies import Form, OpenServices, Problem, asking, back
from pipeline.web.render import language_of, render

logger = logging.getLogger("onrecord.web")

_FREE_TRIES: Final = 5  # of an address, before it has to wait

_FIRST_WAIT: Final = 1.0  # seconds, doubled with each further wrong try

_LONGEST_WAIT: Final = 900.0

_FORGOTTEN_AFTER: Final = 3_600.0  # seconds without a wrong try

_MOST_ADDRESSES: Final = 10_000  # remembered, the last ones to fail

_MINUTE: Final = 60.0

_MOST_A_MINUTE: Final = 100  # wrong tries from all addresses


def client_key(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or an IPv6 network of 64 bits, which one customer has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return address
    return str(parsed.ipv4_mapped or ip_network((parsed.packed, 64), strict=False))


class Throttle:
    """Counts wrong tries; safe to share between threads.

    An address has some free tries, and then waits ever longer. Once all addresses together have too many in a minute,
    those that were never right wait for the minute's end, so that many addresses guess no faster than a few, and lock
    out nobody who has been let in.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn = Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # by client: how many, and the last
        self._recent: deque[float] = deque(maxlen=_MOST_A_MINUTE)  # of all clients
        self._right: OrderedDict[str, None] = OrderedDict()

    def wait(self, address: str) -> float:
        """The seconds that the address has to wait before its next try, 0 for none."""
        key, now = client_key(address), self._clock()
        with self._turn:
            return max(self._own_wait(key, now), 0.0 if key in self._right else self._common_wait(now))

    def failed(self, address: str) -> None:
        """Count a wrong try."""
        key, now = client_key(address), self._clock()
        with self._turn:
            count, last = self._failures.pop(key, (0, now))
            self._failures[key] = (1 if now - last > _FORGOTTEN_AFTER else count + 1, now)
            self._recent.append(now)
            if len(self._failures) > _MOST_ADDRESSES:
                self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the wrong tries of an address that was right."""
        key = client_key(address)
        with self._turn:
            self._failures.pop(key, None)
            self._right[key] = None
            self._right.move_to_end(key)
            if len(self._right) > _MOST_ADDRESSES:
                self._right.popitem(last=False)

    def _own_wait(self, key: str, now: float) -> float:
        count, last = self._failures.get(key, (0, 0.0))
        if count < _FREE_TRIES:
            return 0.0
        pause: float = min(_FIRST_WAIT * 2.0 ** min(count - _FREE_TRIES, 30), _LONGEST_WAIT)
        return max(last + pause - now, 0.0)

    def _common_wait(self, now: float) -> float:
        if len(self._recent) < _MOST_A_MINUTE:
            return 0.0
        return max(self._recent[0] + _MINUTE - now, 0.0)


COOKIE: Final = "onrecord_session"

_COOKIE_BYTES: Final = 32


async def refusal(request: Request) -> Problem | None:
    """Why the request is not let in: it has neither the token nor a session, or came too soon after wrong tokens."""
    services: Services = request.app.state.app
    if services.settings.web.token is None:
        return None
    if COOKIE in request.cookies:
        has_session: bool = await run_in_threadpool(_has_session, services, request.cookies[COOKIE])
        if has_session:
            return None
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return Problem(401, "a token is needed", headers={"WWW-Authenticate": "Bearer"})
    if wait := _wait(request):
        return Problem(429, f"too many wrong tokens: wait for {wait} s", headers={"Retry-After": str(wait)})
    if _is_token(request, services, bearer.strip()):
        return None
    return Problem(401, "the token is wrong", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def log_in(request: Request, token: str, response: Response) -> bool:
    """Return whether the token is right; then the response sets the cookie of a new session.

    The cookie is for no script and no other site, and for https alone where the request came by it. HTTPException 429
    after too many wrong tokens, 404 where the settings have no token.
    """
    services: Services = request.app.state.app
    if services.settings.web.token is None:
        raise HTTPException(404, "no token is set, so there is nothing to log in to")
    if wait := _wait(request):
        raise HTTPException(429, f"too many wrong tokens: wait for {wait} s", {"Retry-After": str(wait)})
    if not _is_token(request, services, token):
        return False
    now, lasts = services.clock(), services.settings.web.session
    for over in (known for known in services.desk.all(Session) if known.until <= now):
        services.desk.remove(Session, over.id)
    value = secrets.token_urlsafe(_COOKIE_BYTES)
    desk = audited(services.desk, asking(request), services.clock)
    desk.save(Session(id=_session_id(services, value), until=now + lasts))
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return True


def log_out(request: Request, response: Response) -> None:
    """End the browser's session here, and forget it there."""
    services: Services = request.app.state.app
    if value := request.cookies.get(COOKIE):
        desk = audited(services.desk, asking(request), services.clock)
        desk.remove(Session, _session_id(services, value))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _has_session(services: Services, cookie: str) -> bool:
    wanted, now = _session_id(services, cookie), services.clock()
    return any(known.id == wanted and known.until > now for known in services.desk.all(Session))


def _session_id(services: Services, cookie: str) -> str:
    token = services.settings.web.token
    key = token.get_secret_value() if token else ""
    return hmac.new(key.encode(), b"session " + cookie.encode(), "sha256").hexdigest()


def _wait(request: Request) -> int:
    throttle: Throttle = request.app.state.throttle
    return math.ceil(throttle.wait(_address(request)))


def _is_token(request: Request, services: Services, claimed: str) -> bool:
    throttle: Throttle = request.app.state.throttle
    token = services.settings.web.token
    right = token is not None and hmac.compare_digest(claimed.encode(), token.get_secret_value().encode())
    (throttle.succeeded if right else throttle.failed)(_address(request))
    if not right:
        logger.warning("%s: the token is wrong", _address(request))
    return right


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


router = APIRouter(include_in_schema=False)


@router.post("/dead-letters")
def retry_dead_letters(services: OpenServices) -> Response:
    """Try the oldest dead letters again."""
    alerts.retry_dead_letters(services)
    return back("/dead-letters")


@router.get("/login")
def ask(request: Request, to: str = "/") -> HTMLResponse:
    """The page that asks for the token."""
    return _form(request, to)


@router.post("/login")
def login(request: Request, form: Form) -> Response:
    """Exchange the token for a session."""
    response = back(_local(form.get("to", "/")))
    if log_in(request, form.get("token", ""), response):
        return response
    return _form(request, form.get("to", "/"), wrong=True)


def _form(request: Request, to: str, *, wrong: bool = False) -> HTMLResponse:
    page = render("login.html", language=language_of(request), to=to, wrong=wrong, here="/login", locked=False)
    return HTMLResponse(page, 403 if wrong else 200)


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

"""Signing in: the bearer token of programs, the sessions of browsers, and the back-off after wrong tries.

A browser signs in with the token, or with the name and password of a user. A desk on loopback without a token and
without users lets everybody in.
"""

import hmac
import logging
import math
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from threading import Lock
from typing import Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from pipeline.desk import audited
from pipeline.errors import SettingsError, UsageError, WorldError
from pipeline.model import Session, User, slug
from pipeline.ports import Desk
from pipeline.services import Services
from pipeline.settings import Settings
from pipeline.web import alerts
from pipeline.web.accounts import MOST_PASSWORD, credentials, is_password, may
from pipeline.web.dependencies import Form, OpenServices, Problem, asking, back, of_error
from pipeline.web.render import render
from pipeline.web.wording import language_of

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

    An address has some free tries, and then waits ever longer. So does the name of a user, whatever addresses the tries
    come from; an address from which this user has signed in waits only for its own tries. Once all addresses together
    have too many in a minute, those that were never right wait for the minute's end, so that many addresses guess no
    faster than a few, and lock out nobody who has been let in.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn = Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # by client: how many, and the last
        self._recent: deque[float] = deque(maxlen=_MOST_A_MINUTE)  # of all clients
        self._right: OrderedDict[str, None] = OrderedDict()

    def wait(self, address: str, user: str = "") -> float:
        """The seconds that the address has to wait before its next try, for this user if any; 0 for none."""
        key, now = client_key(address), self._clock()
        with self._turn:
            of_user = self._own_wait(f"user {user}", now) if user and f"{key} {user}" not in self._right else 0.0
            return max(self._own_wait(key, now), of_user, 0.0 if key in self._right else self._common_wait(now))

    def failed(self, address: str, user: str = "") -> None:
        """Count a wrong try."""
        now = self._clock()
        with self._turn:
            for key in _keys(address, user):
                count, last = self._failures.pop(key, (0, now))
                self._failures[key] = (1 if now - last > _FORGOTTEN_AFTER else count + 1, now)
            self._recent.append(now)
            while len(self._failures) > _MOST_ADDRESSES:
                self._failures.popitem(last=False)

    def succeeded(self, address: str, user: str = "") -> None:
        """Forget the wrong tries of an address that was right."""
        key = client_key(address)
        with self._turn:
            for failed in _keys(address, user):
                self._failures.pop(failed, None)
            if user and self._recent:  # a try of a user is counted as wrong until it is known to be right
                self._recent.pop()
            for right in (key, f"{key} {user}") if user else (key,):
                self._right[right] = None
                self._right.move_to_end(right)
            while len(self._right) > _MOST_ADDRESSES:
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


def _keys(address: str, user: str) -> tuple[str, ...]:
    """The names under which a try is counted."""
    return (client_key(address), f"user {user}") if user else (client_key(address),)


COOKIE: Final = "onrecord_session"

_COOKIE_BYTES: Final = 32

_MOST_SESSIONS: Final = 20  # of a user; a sign-in ends the oldest beyond that

_TOO_MANY: Final = "too many wrong tries: wait for {} s"


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_exposure(settings: Settings, desk: Desk | None = None) -> None:
    """SettingsError where others could reach what is to be served, and neither a token nor a password protects it.

    `desk` is None for a process without the pages.
    """
    if settings.web.token is not None or is_loopback(settings.web.host) or (desk and desk.all(User)):
        return
    without = "web.token is not set, there are no users" if desk else "web.token is not set"
    raise SettingsError(f"{without}, and web.host is {settings.web.host!r}, which others can reach")


def is_open(services: Services) -> bool:
    """Return whether everybody may come in: on loopback, as long as there is neither a token nor a user."""
    web = services.settings.web
    return web.token is None and is_loopback(web.host) and not services.desk.all(User)


async def refusal(request: Request) -> Problem | None:
    """The reason to refuse a request: no session, no token, too soon after wrong tries, or not for this role.

    A user who has signed in is `request.state.user` from then on.
    """
    try:
        return await run_in_threadpool(_refusal, request)
    except WorldError as error:
        return of_error(error)


def _refusal(request: Request) -> Problem | None:
    services: Services = request.app.state.app
    if services.settings.web.token is None and (not request.app.state.whole or is_open(services)):
        return None
    if signed_in := _signed_in(services, request.cookies.get(COOKIE, "")):
        return _role_refusal(request, signed_in.user)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        needed = "a token is needed" if services.settings.web.token else "somebody has to log in"
        return Problem(401, needed, headers={"WWW-Authenticate": "Bearer"})
    if wait := _wait(request):
        return Problem(429, _TOO_MANY.format(wait), headers={"Retry-After": str(wait)})
    if _is_token(request, services, bearer.strip()):
        return None
    return Problem(401, "the token is wrong", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


@dataclass(frozen=True, slots=True)
class _SignedIn:
    """The holder of a session: a user, or None for whoever has the token."""

    user: User | None


def _signed_in(services: Services, cookie: str) -> _SignedIn | None:
    """The holder of a cookie's session; None if its time is over, or the user's role or password has changed."""
    session = services.desk.find(Session, _session_id(services, cookie)) if cookie else None
    if session is None or session.until <= services.clock():
        return None
    if not session.user:
        return _SignedIn(None) if services.settings.web.token else None
    user = services.desk.find(User, session.user)
    return _SignedIn(user) if user and credentials(user) == session.credentials else None


def _role_refusal(request: Request, user: User | None) -> Problem | None:
    """Note who has signed in, and refuse what the user's role does not permit."""
    request.state.user = user
    if user is None or may(user.role, request.method, request.url.path):
        return None
    return Problem(403, f"{user.name} has the role {user.role}, which does not permit this")


def log_in(request: Request, token: str, response: Response) -> bool:
    """Return whether the token is right; then the response sets the cookie of a new session.

    HTTPException 429 after too many wrong tries, 404 where the settings have no token.
    """
    services: Services = request.app.state.app
    if services.settings.web.token is None:
        raise HTTPException(404, "no token is set, so there is nothing to log in to")
    _check_wait(request)
    if not _is_token(request, services, token):
        return False
    start_session(request, response, None)
    return True


def sign_in(request: Request, name: str, password: str, response: Response) -> bool:
    """Return whether this is the password of the user; then the response sets the cookie of a new session.

    Nothing tells a wrong name from a wrong password: neither the answer nor its time nor the waits after it.
    HTTPException 429 after too many wrong tries.
    """
    services: Services = request.app.state.app
    user_id = slug(name[:MOST_PASSWORD])
    user = services.desk.find(User, user_id)
    if not _try_password(request, user_id, user, password) or user is None:
        return False
    start_session(request, response, user)
    return True


def check_own_password(request: Request, user: User, password: str) -> None:
    """UsageError if this is not the password of the user who sends the request. HTTPException 429 as in `sign_in`."""
    if not _try_password(request, user.id, user, password):
        raise UsageError("that is not your password")


def _try_password(request: Request, user_id: str, user: User | None, password: str) -> bool:
    throttle: Throttle = request.app.state.throttle
    _check_wait(request, user_id)
    throttle.failed(_address(request), user_id)  # before the slow check, so that tries at the same time count as well
    if not is_password(password[:MOST_PASSWORD], user):
        logger.warning("%s: a name or a password is wrong", _address(request))  # people mistype one for the other
        return False
    throttle.succeeded(_address(request), user_id)
    return True


def start_session(request: Request, response: Response, user: User | None) -> None:
    """Begin a session of the user, or of the token, in place of the browser's old one.

    The cookie is for no script and no other site, and for https alone where the request came by it.
    """
    services: Services = request.app.state.app
    now, lasts = services.clock(), services.settings.web.session
    for over in (known for known in services.desk.all(Session) if known.until <= now):
        services.desk.remove(Session, over.id)
    request.state.user = user
    desk = audited(services.desk, asking(request), services.clock)
    if old := request.cookies.get(COOKIE):
        desk.remove(Session, _session_id(services, old))
    if user:
        own = sorted((s for s in services.desk.all(Session) if s.user == user.id), key=lambda session: session.until)
        for oldest in own[: 1 - _MOST_SESSIONS]:  # leaves room for the new session
            desk.remove(Session, oldest.id)
    value = secrets.token_urlsafe(_COOKIE_BYTES)
    of_user = {"user": user.id, "credentials": credentials(user)} if user else {}
    desk.save(Session(id=_session_id(services, value), until=now + lasts, **of_user))
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def log_out(request: Request, response: Response) -> None:
    """End the browser's session here, and forget it there."""
    services: Services = request.app.state.app
    if value := request.cookies.get(COOKIE):
        desk = audited(services.desk, asking(request), services.clock)
        desk.remove(Session, _session_id(services, value))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _session_id(services: Services, cookie: str) -> str:
    token = services.settings.web.token
    key = token.get_secret_value() if token else ""
    return hmac.new(key.encode(), b"session " + cookie.encode(), "sha256").hexdigest()


def _wait(request: Request, user: str = "") -> int:
    throttle: Throttle = request.app.state.throttle
    return math.ceil(throttle.wait(_address(request), user))


def _check_wait(request: Request, user: str = "") -> None:
    if wait := _wait(request, user):
        raise HTTPException(429, _TOO_MANY.format(wait), {"Retry-After": str(wait)})


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
    """The page that asks for a name and a password, or for the token."""
    return _form(request, to)


@router.post("/login")
def login(request: Request, form: Form) -> Response:
    """Exchange a name and a password, or the token, for a session."""
    response = back(_local(form.get("to", "/")))
    if "token" in form:
        right = log_in(request, form["token"], response)
    else:
        right = sign_in(request, form.get("name", ""), form.get("password", ""), response)
    return response if right else _form(request, form.get("to", "/"), wrong="token" if "token" in form else "name")


def _form(request: Request, to: str, *, wrong: str = "") -> HTMLResponse:
    services: Services = request.app.state.app
    page = render(
        "login.html",
        language=language_of(request),
        to=to,
        wrong=wrong,
        here="/login",
        has_token=services.settings.web.token is not None,
        has_users=bool(services.desk.all(User)),
    )
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

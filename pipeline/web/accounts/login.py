"""Signing in: the tokens of programs, the sessions of browsers, and the back-off after wrong tries.

A browser signs in with the token of the settings, or with the name and password of a user. A program sends that token
or a token of a user; a feed reader sends it as the password of HTTP Basic. A desk on loopback without a token and
without users lets everybody in.
"""

import binascii
import hmac
import logging
import math
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

from pipeline.errors import SettingsError, UsageError, WorldError
from pipeline.model import ApiToken, User, slug
from pipeline.ports import Desk
from pipeline.services import Services
from pipeline.settings import Settings
from pipeline.text.http import split
from pipeline.web.accounts.passwords import MOST_PASSWORD, is_password
from pipeline.web.accounts.sessions import check_recent, log_out, signed_in, start_session
from pipeline.web.accounts.tokens import find_token, note_use, user_of_token
from pipeline.web.accounts.users import may
from pipeline.web.dependencies import Form, Problem, back, local_address, of_error
from pipeline.web.render import language_of, render, user_of

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


_TOO_MANY: Final = "too many wrong tries: wait for {} s"

_INVALID: Final = 'Bearer error="invalid_token"'

_BASIC: Final = 'Basic realm="On the Record", charset="UTF-8"'


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
    if desk and settings.oidc.issuer:
        return
    without = "web.token is not set, there are no users" if desk else "web.token is not set"
    raise SettingsError(f"{without}, and web.host is {settings.web.host!r}, which others can reach")


def is_open(services: Services) -> bool:
    """Return whether everybody may come in: on loopback, without a token, users and a provider at which to log in."""
    web, has_provider = services.settings.web, bool(services.settings.oidc.issuer)
    return web.token is None and not has_provider and is_loopback(web.host) and not services.desk.all(User)


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
    if holder := signed_in(request):
        return _role_refusal(request, holder.user)
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _bearer_refusal(request, services, credentials.strip())
    if scheme.lower() == "basic" and is_feed(request):
        return _basic_refusal(request, services, credentials.strip())
    needed = "a token is needed" if services.settings.web.token else "somebody has to log in"
    return _unknown(request, needed, "Bearer")


def is_feed(request: Request) -> bool:
    """Return whether a feed reader may send this request, and so may log in by HTTP Basic."""
    path = request.url.path
    return request.method in ("GET", "HEAD") and (path.startswith("/feeds/") or path.endswith(".atom"))


def _unknown(request: Request, detail: str, challenge: str) -> Problem:
    """Ask for a token; ask a feed reader for HTTP Basic first, because some readers read the first challenge only."""
    challenges = f"{_BASIC}, {challenge}" if is_feed(request) else challenge
    return Problem(401, detail, headers={"WWW-Authenticate": challenges})


def _basic_refusal(request: Request, services: Services, credentials: str) -> Problem | None:
    """The reason to refuse a feed reader, which sends a name and a token (RFC 7617).

    A user's token needs the name of its user; the token of the settings takes any name. The password of a user opens
    nothing here, because a feed reader stores what it sends.
    """
    name, _, token = _decoded(credentials).partition(":")
    return _bearer_refusal(request, services, token, slug(name[:MOST_PASSWORD]))


def _decoded(credentials: str) -> str:
    """The text of credentials in base64; '' if they are malformed."""
    try:
        return binascii.a2b_base64(credentials.encode("ascii"), strict_mode=True).decode("utf-8")
    except ValueError:
        return ""


def _bearer_refusal(request: Request, services: Services, bearer: str, user_id: str | None = None) -> Problem | None:
    """The reason to refuse a token, that of the settings or a user's, who has to be this one if an id is named."""
    if wait := _wait(request):
        return Problem(429, _TOO_MANY.format(wait), headers={"Retry-After": str(wait)})
    token = find_token(services.desk, bearer)
    if token and user_id in (None, token.user):
        return _token_refusal(request, services, token)
    if _is_token(request, services, bearer):
        return None
    return _unknown(request, "the token is wrong", _INVALID)


def _token_refusal(request: Request, services: Services, token: ApiToken) -> Problem | None:
    """Let the program act for the token's user. A token that has ended counts as no try, because nobody guessed it."""
    now = services.clock()
    user = user_of_token(services.desk, token, now)
    if user is None:
        return _unknown(request, f"the token {token.name!r} has ended", _INVALID)
    note_use(services.desk, token, now)
    request.state.token = token.name
    return _role_refusal(request, user, by_token=True)


def _role_refusal(request: Request, user: User | None, *, by_token: bool = False) -> Problem | None:
    """Note who has signed in, and refuse what the user's role does not permit."""
    request.state.user = user
    if user is None or may(user.role, request.method, request.url.path, by_token=by_token):
        return None
    if by_token and may(user.role, request.method, request.url.path):
        return Problem(403, "a token changes no accounts, sessions and tokens: log in to the pages")
    holder = f"the token {request.state.token!r} of {user.name}" if by_token else user.name
    return Problem(403, f"{holder} has the role {user.role}, which does not permit this")


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


def check_again(request: Request, password: str | None) -> None:
    """UsageError unless the sender of a request proves again who they are, before they change who may come in.

    A form brings the password. The API and the users of a provider, who have no password here, need a recent login. A
    program proves it with each request, by its token.
    """
    user = user_of(request)
    if user and not user.subject and password is not None:
        check_own_password(request, user, password)
    elif signed_in(request):
        check_recent(request)


def begin_try(request: Request) -> None:
    """Count a try of unknown outcome, which `end_try` takes back. HTTPException 429 after too many wrong tries."""
    _check_wait(request)
    throttle: Throttle = request.app.state.throttle
    throttle.failed(_address(request))


def end_try(request: Request, user_id: str) -> None:
    """Count a try as right."""
    throttle: Throttle = request.app.state.throttle
    throttle.succeeded(_address(request), user_id)


def _try_password(request: Request, user_id: str, user: User | None, password: str) -> bool:
    throttle: Throttle = request.app.state.throttle
    _check_wait(request, user_id)
    throttle.failed(_address(request), user_id)  # before the slow check, so that tries at the same time count as well
    if not is_password(password[:MOST_PASSWORD], user):
        logger.warning("%s: a name or a password is wrong", _address(request))  # people mistype one for the other
        return False
    throttle.succeeded(_address(request), user_id)
    return True


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


@router.get("/login")
def ask(request: Request, to: str = "/", left: str = "") -> HTMLResponse:
    """The page that asks for a name and a password, or for the token, or leads to the provider.

    `left` is not empty after a logout of a user of the provider.
    """
    return _form(request, to, left=bool(left))


@router.post("/login")
def login(request: Request, form: Form) -> Response:
    """Exchange a name and a password, or the token, for a session."""
    response = back(local_address(form.get("to", "/")))
    if "token" in form:
        right = log_in(request, form["token"], response)
    else:
        right = sign_in(request, form.get("name", ""), form.get("password", ""), response)
    return response if right else _form(request, form.get("to", "/"), wrong="token" if "token" in form else "name")


def _form(request: Request, to: str, *, wrong: str = "", left: bool = False) -> HTMLResponse:
    services: Services = request.app.state.app
    issuer = services.settings.oidc.issuer
    page = render(
        "login.html",
        language=language_of(request),
        to=to,
        wrong=wrong,
        here="/login",
        has_token=services.settings.web.token is not None,
        has_users=any(not user.subject for user in services.desk.all(User)),
        provider=split(issuer).hostname if issuer else "",
        left=left,
    )
    return HTMLResponse(page, 403 if wrong else 200)


@router.post("/logout")
def logout(request: Request) -> Response:
    """End the session of this browser."""
    user = user_of(request)
    response = back("/login?left=1" if user and user.subject else "/login")
    log_out(request, response)
    return response

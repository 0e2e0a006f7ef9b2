"""Who may ask: exposure, token, host, origin, size, and the headers that keep a browser safe."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote, urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.alerts.targets import PATH as UNSUBSCRIBE
from pipeline.errors import SettingsError
from pipeline.feeds.websub import PATH as WEBSUB
from pipeline.settings import Settings
from pipeline.web.problems import Problem, answer, wants_page

SESSION: Final = "onrecord_session"

MOST_BYTES: Final = 1_000_000  # of a request's body

_OPEN: Final = ("/livez", "/readyz", "/login", "/static/onrecord.css")

_READS: Final = ("GET", "HEAD", "OPTIONS")

_FROM_HERE: Final = ("same-origin", "none")  # Sec-Fetch-Site of our own pages, and of an address typed in

_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_exposure(settings: Settings) -> None:
    """SettingsError where others could reach what is to be served, and no token is asked of them."""
    if settings.web.token is None and not is_loopback(settings.web.host):
        raise SettingsError(f"web.token is not set, and web.host is {settings.web.host!r}, which others can reach")


def session(token: str) -> str:
    """What the cookie of a browser that knows the token holds; the token cannot be told from it."""
    return hmac.new(token.encode(), b"onrecord session", "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Guard:
    """Wraps the web application; answers what must not reach it, and adds the headers to all answers.

    Without a token only names of this machine are answered, so that a foreign page cannot reach us by a name of its
    own (DNS rebinding). With one, every request but to _OPEN has to bring it, as a bearer token or in a session.
    A link to unsubscribe is its own permission, and comes from a mail reader or its provider, by our public name; so is
    the address at which a hub calls back.
    """

    app: ASGIApp
    token: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        refused = self._refusal(request)
        return await (refused or self.app)(scope, receive, _secured(send, request.url.path))

    def _refusal(self, request: Request) -> Response | None:
        signed = request.url.path.startswith((UNSUBSCRIBE, WEBSUB))
        misused = None if signed else self._misdirected(request) or _unsafe(request)
        problem = misused or _unwieldy(request)
        if problem is not None:
            return answer(request, problem)
        if signed or request.url.path in _OPEN or knows(request, self.token):
            return None
        if wants_page(request) and request.method == "GET":
            return RedirectResponse(f"/login?to={quote(_asked(request), safe='')}", 303)
        return answer(request, Problem(401, "a token is needed", headers={"WWW-Authenticate": "Bearer"}))

    def _misdirected(self, request: Request) -> Problem | None:
        if self.token is not None or is_loopback(_hostname(request.headers.get("host", ""))):
            return None
        return Problem(421, f"host {request.headers.get('host', '')!r} is not a name of this machine")


def knows(request: Request, token: str | None) -> bool:
    """Whether the request brings the token, as a bearer or in a session; any does where there is none."""
    if token is None:
        return True
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and hmac.compare_digest(bearer.strip().encode(), token.encode()):
        return True
    return hmac.compare_digest(request.cookies.get(SESSION, "").encode(), session(token).encode())


def _unsafe(request: Request) -> Problem | None:
    """Refuses a change that another site's page asks for, whatever browser shows it.

    https://web.dev/articles/fetch-metadata; older browsers send Origin with every POST, programs send neither.
    """
    if request.method in _READS:
        return None
    headers = request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        allowed = site in _FROM_HERE
    elif origin is not None:
        allowed = urlsplit(origin).netloc == headers.get("host")
    else:
        allowed = request.method != "POST" or _is_json(headers) or "authorization" in headers
    return None if allowed else Problem(403, f"{request.method} comes from another site")


def _unwieldy(request: Request) -> Problem | None:
    """Refuses bodies that are too long, of unknown length, or no JSON where JSON is read."""
    headers = request.headers
    if "transfer-encoding" in headers:
        return Problem(411, "a body needs a Content-Length")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length[:12]) > MOST_BYTES:
        return Problem(413, f"body has {length[:20]} bytes, at most {MOST_BYTES} are read")
    if int(length) and request.url.path.startswith("/api/") and not _is_json(headers):
        return Problem(415, f"body is {headers.get('content-type', 'of no type')!r}, it has to be application/json")
    return None


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _asked(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _secured(send: Send, path: str) -> Send:
    lasting = "max-age=3600" if path.startswith("/static/") else "no-store"

    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {**_HEADERS, "cache-control": lasting}
            known = {name.lower() for name, _ in message["headers"]}
            added = [(n.encode(), v.encode()) for n, v in headers.items() if n.encode() not in known]
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return secured

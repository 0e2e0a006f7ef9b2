"""Who may ask: exposure, token, host, origin, size, and the headers that keep a browser safe."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import SettingsError
from pipeline.feeds.websub import PATH as WEBSUB
from pipeline.settings import Settings
from pipeline.text.http import split
from pipeline.text.targets import PATH as UNSUBSCRIBE
from pipeline.web.login import refusal
from pipeline.web.problems import Problem, answer, wants_page

MOST_BYTES: Final = 1_000_000  # of a request's body

MOST_BYTES_OF_ANYBODY: Final = 10_000  # where a request needs no token, and others ask for one

_MOST_DIGITS: Final = 12  # of a body's length

_OPEN: Final = ("/livez", "/readyz", "/login", "/static/onrecord.css", "/static/desk.js")

_READS: Final = ("GET", "HEAD", "OPTIONS")

_FROM_HERE: Final = ("same-origin", "none")  # Sec-Fetch-Site of our own pages, and of an address typed in

_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
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
        safely = _secured(send, request.url.path)
        most = self._most_bytes(request)
        refused = await self._refusal(request, most)
        if refused is not None:
            return await refused(scope, receive, _closing(safely) if _has_body(request) else safely)
        return await self.app(scope, _counted(receive, most), safely)

    async def _refusal(self, request: Request, most: int) -> Response | None:
        signed = _is_signed(request)
        problem = None if signed else self._misdirected(request) or _unsafe(request)
        problem = problem or _unwieldy(request, most)
        if problem is None and not signed and request.url.path not in _OPEN:
            problem = await refusal(request)
            if problem and problem.status == 401 and wants_page(request) and request.method == "GET":
                return RedirectResponse(f"/login?to={quote(_asked(request), safe='')}", 303)
        return answer(request, problem) if problem else None

    def _most_bytes(self, request: Request) -> int:
        """The limit of the body: a small one where anybody may send it. A hub's address is verified first."""
        path = request.url.path
        small = path in _OPEN or path.startswith(UNSUBSCRIBE)
        return MOST_BYTES_OF_ANYBODY if small and self.token is not None else MOST_BYTES

    def _misdirected(self, request: Request) -> Problem | None:
        if self.token is not None or is_loopback(_hostname(request.headers.get("host", ""))):
            return None
        return Problem(421, f"host {request.headers.get('host', '')!r} is not a name of this machine")


def _is_signed(request: Request) -> bool:
    """Whether the address is its own permission."""
    return request.url.path.startswith((UNSUBSCRIBE, WEBSUB))


def _has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


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
        allowed = split(origin).netloc == headers.get("host")
    else:
        allowed = request.method != "POST" or _is_json(headers) or "authorization" in headers
    return None if allowed else Problem(403, f"{request.method} comes from another site")


def _unwieldy(request: Request, most: int) -> Problem | None:
    """Refuses bodies that are too long, of unknown or doubtful length, or no JSON where JSON is read."""
    headers = request.headers
    lengths = headers.getlist("content-length")
    if "transfer-encoding" in headers:
        return Problem(400 if lengths else 411, "a body needs a Content-Length, and no Transfer-Encoding")
    length = _length(lengths)
    if length is None or length > most:
        return Problem(413, f"body has {', '.join(lengths)[:20]} bytes, at most {most} are read")
    if length and request.url.path.startswith("/api/") and not _is_json(headers):
        return Problem(415, f"body is {headers.get('content-type', 'of no type')!r}, it has to be application/json")
    return None


def _length(lengths: list[str]) -> int | None:
    """The length that Content-Length headers give, None where they give none that can be read."""
    digits = {length.lstrip("0") or "0" for length in lengths or ["0"]}
    (first, *others) = digits
    if others or not (first.isascii() and first.isdigit()) or len(first) > _MOST_DIGITS:
        return None
    return int(first)


def _counted(receive: Receive, most: int) -> Receive:
    """Receive a body whose bytes are counted, whatever its headers say; HTTPException 413 beyond `most`."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413, f"body has more than {most} bytes")
        return message

    return counted


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _hostname(host: str) -> str:
    return split(f"//{host}").hostname or ""


def _asked(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _closing(send: Send) -> Send:
    """Close the connection after the answer: what is still sent of the refused body is read by nobody."""

    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return closing


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

"""The guard of the pages: session or token, role, host, origin, size, safe headers, and limits on connections.

A connection that sends nothing, or sends or reads too slowly, is closed. If there are too many, the connection that has
been idle longest is closed, so a client that sends its request at once is answered.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, ClassVar, Final, Literal, cast
from urllib.parse import quote

import h11
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.errors import WorldError
from pipeline.feeds.websub import PATH as WEBSUB
from pipeline.text.http import split
from pipeline.text.targets import PATH as UNSUBSCRIBE
from pipeline.web.accounts.ended import ended, is_form
from pipeline.web.accounts.login import client_key, is_feed, is_loopback, is_open, refusal
from pipeline.web.dependencies import Problem, answer, local_address, of_error, wants_page

_DEADLINES: Final = {
    "head": 10.0,  # seconds for a request's headers, from the connection or the last answer on
    "body": 30.0,  # for the body behind them, of 1 MB at most
}

_READING_SECONDS: Final = 60.0  # in which the client has to read what is written, before more is

_MOST_CONNECTIONS: Final = 400

_MOST_OF_A_CLIENT: Final = 64  # connections, unless it is a proxy

_MOST_REQUESTS: Final = 100  # at once

_MOST_HEALTH_CHECKS: Final = 10  # at once

_HEALTH: Final = ("/livez", "/readyz")

Phase = Literal["head", "body", "answer"]

Networks = Sequence[IPv4Network | IPv6Network]


def networks(addresses: Iterable[str]) -> Networks:
    """The networks of these addresses."""
    return tuple(ip_network(address, strict=False) for address in addresses)


class Connection(H11Protocol):
    """A connection with deadlines. `proxies` are the networks of clients that bring the requests of many others."""

    proxies: ClassVar[Networks] = ()

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.client_name = ""
        self.since = 0.0  # the loop's time at which the phase began
        self.phase: Phase = "answer"
        self._reading: asyncio.TimerHandle | None = None  # the deadline for what the client sends
        self._writing: asyncio.TimerHandle | None = None  # the deadline for what it reads

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, and make room where there are too many connections."""
        super().connection_made(cast(asyncio.Transport, transport))
        host = self.client[0] if self.client else ""
        self.client_name = "" if self._is_proxy(host) else client_key(host)
        self._enter("head")
        others = [each for each in self.connections if isinstance(each, Connection)]
        same = [each for each in others if each.client_name == self.client_name]
        if self.client_name and len(same) > _MOST_OF_A_CLIENT:
            _make_room(same, self)
        elif len(others) > _MOST_CONNECTIONS:
            _make_room(others, self)

    def data_received(self, received: bytes) -> None:
        """Take in what the client sends, and set the deadline for the rest of it."""
        super().data_received(received)
        self._follow()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._follow()

    def pause_writing(self) -> None:
        """Give the client some time to read."""
        super().pause_writing()
        self._writing = self.loop.call_later(_READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on, as the client has read."""
        super().resume_writing()
        if self._writing:
            self._writing.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the deadlines away."""
        super().connection_lost(exc)
        for timer in (self._reading, self._writing):
            if timer:
                timer.cancel()

    def _follow(self) -> None:
        state = self.conn.their_state
        phase: Phase = "head" if state is h11.IDLE else "body" if state is h11.SEND_BODY else "answer"
        if phase != self.phase:
            self._enter(phase)

    def _enter(self, phase: Phase) -> None:
        self.phase, self.since = phase, self.loop.time()
        if self._reading:
            self._reading.cancel()
        deadline = _DEADLINES.get(phase)
        self._reading = self.loop.call_later(deadline, self.transport.abort) if deadline else None

    def _is_proxy(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return True  # no network: a socket of this machine
        return any(address in network for network in self.proxies)


def _make_room(connections: Iterable[Connection], newcomer: Connection) -> None:
    """Close the connection that has been without a request longest, the newcomer where all others have one."""
    idle = [each for each in connections if each.phase == "head" and each is not newcomer]
    victim = min(idle, key=lambda each: each.since, default=newcomer)
    victim.transport.abort()


class Budget:
    """Answers 503 where too many requests are under way; those for health have a budget of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._requests = self._checks = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if scope["path"] in _HEALTH:
            if self._checks >= _MOST_HEALTH_CHECKS:
                return await _busy(send)
            self._checks += 1
            try:
                return await self._app(scope, receive, send)
            finally:
                self._checks -= 1
        if self._requests >= _MOST_REQUESTS:
            return await _busy(send)
        self._requests += 1
        try:
            return await self._app(scope, receive, send)
        finally:
            self._requests -= 1


async def _busy(send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), (b"retry-after", b"1"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"too many requests at once\n"})


MOST_BYTES: Final = 1_000_000  # of a request's body

MOST_BYTES_OF_ANYBODY: Final = 10_000  # where a request needs neither a token nor a session

_MOST_DIGITS: Final = 12  # of a body's length

# A browser asks for the manifest, its icons and the script of notifications without a session.
_OPEN: Final = (
    *("/livez", "/readyz", "/login", "/login/oidc", "/login/oidc/back", "/login/oidc/end"),
    *("/static/onrecord.css", "/static/desk.js", "/static/onrecord.webmanifest"),
    *("/static/icon-192.png", "/static/icon-512.png", "/push.js"),
)

_READS: Final = ("GET", "HEAD", "OPTIONS")

_FROM_HERE: Final = ("same-origin", "none")  # Sec-Fetch-Site of our own pages, and of an address typed in

_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

# https://datatracker.ietf.org/doc/html/rfc6797: browsers ignore it where it comes by http. A year, as ASVS 3.4.1 asks.
_HTTPS_HEADERS: Final = {"strict-transport-security": "max-age=31536000; includeSubDomains"}


@dataclass(frozen=True, slots=True)
class Guard:
    """Wraps the web application; answers what must not reach it, and adds the headers to all answers.

    On a desk that is open to everybody on this machine, the host has to be a name of this machine, so that a page of
    another site cannot reach us by a name of its own (DNS rebinding). On any other desk every request but those to
    _OPEN has to carry a token or a session, and its role has to permit the request.

    A link to unsubscribe needs neither, because it is signed; it comes from a mail reader or its provider, by our
    public name. The same holds for the address at which a hub calls back.
    """

    app: ASGIApp
    token: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope, _counted(receive, MOST_BYTES_OF_ANYBODY))
        safely = _secured(send, request)
        most = self._most_bytes(request)
        refused = await self._refusal(request, most)
        if refused is not None:
            return await refused(scope, receive, _closing(safely) if _has_body(request) else safely)
        return await self.app(scope, _counted(receive, most), safely)

    async def _refusal(self, request: Request, most: int) -> Response | None:
        signed = _is_signed(request)
        problem = None if signed else await self._misdirected(request) or _unsafe(request)
        problem = problem or _unwieldy(request, most)
        if problem is None and not signed and request.url.path not in _OPEN:
            problem = await refusal(request)
            if problem and problem.status == 401 and _is_of_a_page(request):
                return RedirectResponse(f"/login?to={quote(_target(request), safe='')}", 303)
            length = _length(request.headers.getlist("content-length"))
            if problem and problem.status == 401 and is_form(request) and length and length <= MOST_BYTES_OF_ANYBODY:
                return await ended(request, local_address(_target(request)))
        return answer(request, problem) if problem else None

    def _most_bytes(self, request: Request) -> int:
        """The limit of the body: a small one where anybody may send it. A hub's address is verified first."""
        path = request.url.path
        small = path in _OPEN or path.startswith(UNSUBSCRIBE)
        return MOST_BYTES_OF_ANYBODY if small else MOST_BYTES

    async def _misdirected(self, request: Request) -> Problem | None:
        if self.token is not None or is_loopback(_hostname(request.headers.get("host", ""))):
            return None
        try:
            if not await run_in_threadpool(is_open, request.app.state.app):
                return None
        except WorldError as error:
            return of_error(error)
        return Problem(421, f"host {request.headers.get('host', '')!r} is not a name of this machine")


def _is_of_a_page(request: Request) -> bool:
    """Return whether a browser asks for a page: not a feed reader, which may accept HTML too."""
    return wants_page(request) and request.method == "GET" and not is_feed(request)


def _is_signed(request: Request) -> bool:
    """Return whether the address is its own permission."""
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


def _target(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _closing(send: Send) -> Send:
    """Close the connection after the answer: what is still sent of the refused body is read by nobody."""

    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return closing


def _secured(send: Send, request: Request) -> Send:
    lasting = "max-age=3600" if request.url.path.startswith("/static/") else "no-store"
    by_https = _HTTPS_HEADERS if request.url.scheme == "https" else {}

    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {**_HEADERS, **by_https, "cache-control": lasting}
            known = {name.lower() for name, _ in message["headers"]}
            added = [(n.encode(), v.encode()) for n, v in headers.items() if n.encode() not in known]
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return secured

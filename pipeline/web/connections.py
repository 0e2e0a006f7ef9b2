"""Connections to the pages: deadlines, a limit for each client and in all, and a budget of its own for health.

A connection that sends nothing, or sends or reads too slowly, is closed. Where there are too many, the one that has
been idle longest gives way, so that a client that sends its request at once is answered.
"""

import asyncio
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, ClassVar, Final, Literal, cast

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.web.login import client_key

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

    def data_received(self, data: bytes) -> None:
        """Take in what the client sends, and set the deadline for the rest of it."""
        super().data_received(data)
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

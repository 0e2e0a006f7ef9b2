"""Connections for HTTP/1.1 (h11 on asyncio), and the turns of requests at each host.

The module uses h11 directly: with httpcore, which wraps the same h11, a conditional request took twice the time.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import h11

_MOST_HEAD: Final = 102_400  # bytes of an answer's status line and headers

_MOST_WAITING: Final = 262_144  # bytes that have arrived and are not read yet

_LENGTHS: Final = {b"content-length", b"transfer-encoding"}

_HUNG_UP: Final = "the server hangs up without an answer"

Headers = list[tuple[bytes, bytes]]

ProtocolError = h11.ProtocolError
"""What somebody sends is no HTTP/1.1."""


class _Arrivals(asyncio.Protocol):
    """The bytes that have arrived and are not read yet; above a limit, reading from the network pauses."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.ended = False
        self.waiting = bytearray()
        self.lost = asyncio.Event()
        self._error: Exception | None = None
        self._news: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells the type of what create_connection makes
        self.transport = transport

    def data_received(self, arrived: bytes) -> None:
        self.waiting += arrived
        if len(self.waiting) > _MOST_WAITING:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.ended, self._error = True, error
        self.lost.set()
        self._wake()

    def _wake(self) -> None:
        if self._news and not self._news.done():
            self._news.set_result(None)

    async def read(self) -> bytes:
        """Wait for bytes and return them; no bytes at the end."""
        while not self.waiting and not self.ended:
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        if self._error and not self.waiting:
            raise self._error
        arrived = bytes(self.waiting)
        self.waiting.clear()
        self.transport.resume_reading()
        return arrived


class HttpConnection:
    """An open connection for one task at a time. Any failure is an OSError or a ProtocolError, and ends it."""

    def __init__(self, arrivals: _Arrivals) -> None:
        self._arrivals = arrivals
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD)
        self._doubtful = False

    @property
    def idle(self) -> bool:
        """Return True if the connection can take another request: its last response was read, and no byte since."""
        arrivals, (beyond, _) = self._arrivals, self._state.trailing_data
        over = self._doubtful or arrivals.ended or arrivals.waiting or beyond
        return self._state.our_state is h11.IDLE and not over

    def send(self, method: str, target: bytes, headers: Headers, body: bytes) -> None:
        """Send a request."""
        output = self._state.send(h11.Request(method=method, target=target, headers=headers)) or b""
        if body:
            output += self._state.send(h11.Data(body)) or b""
        self._state.send(h11.EndOfMessage())
        self._arrivals.transport.write(output)

    async def head(self) -> tuple[int, Headers]:
        """Wait for the status and headers of the final response."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                # Two lengths, on which others may not agree: where the answer ends is in doubt (RFC 9112, 6.3).
                self._doubtful = {name for name, _ in event.headers} >= _LENGTHS
                return event.status_code, event.headers.raw_items()

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives. Once it is read whole, the connection can be used again."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                break
        if self._state.our_state is h11.DONE and self._state.their_state is h11.DONE:
            self._state.start_next_cycle()

    async def _event(self) -> Any:
        while (event := self._state.next_event()) is h11.NEED_DATA:
            arrived = await self._arrivals.read()
            if not arrived and self._state.their_state is h11.SEND_RESPONSE:
                raise h11.RemoteProtocolError(_HUNG_UP)
            self._state.receive_data(arrived)
        return event

    async def close(self) -> None:
        """Close the connection, or all open connections."""
        self._arrivals.transport.abort()
        await self._arrivals.lost.wait()


async def connect(addresses: Sequence[str], port: int, tls: ssl.SSLContext | None, name: str) -> HttpConnection:
    """Connect to the first of these numeric addresses that accepts; with TLS, its certificate must be of `name`."""
    failure = OSError(f"{name} has no address")
    for address in addresses:
        try:
            _, arrivals = await asyncio.get_running_loop().create_connection(
                _Arrivals, address, port, ssl=tls, server_hostname=name if tls else None
            )
        except OSError as error:
            failure = error
        else:
            return HttpConnection(arrivals)
    raise failure


_MOST_CONNECTIONS: Final = 128

_IDLE_SECONDS: Final = 30.0  # after which an idle connection is closed

_MOST_HOSTS: Final = 10_000  # whose last request is remembered beyond its pause


@dataclass(slots=True)
class Host:
    """A host: the loop's times of the last and the next request, and the open connection.

    `origin` is where the connection leads, because a host may have several ports. `pause` is the number of seconds that
    the host asks for between two requests.
    """

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    used: float = 0.0
    free: float = 0.0
    pause: float = 0.0
    open: HttpConnection | None = None
    origin: tuple[str, int] = ("", 0)


class HostThrottle:
    """The hosts of one event loop; `pause` is the number of seconds between two requests to a host."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._hosts: dict[str, Host] = {}
        self._idle: dict[str, Host] = {}  # those with an open connection, the last used at the end
        self._room = asyncio.Semaphore(_MOST_CONNECTIONS)

    @asynccontextmanager
    async def at(self, name: str) -> AsyncIterator[Host]:
        """Wait for a turn at the host, after the pause since its last request; end a connection that is not idle."""
        loop = asyncio.get_running_loop()
        host = self._hosts.get(name) or self._new(name)
        async with host.turn:
            if (wait := host.free - loop.time()) > 0:
                await asyncio.sleep(wait)
            async with self._room:
                self._idle.pop(name, None)
                try:
                    yield host
                finally:
                    host.used = loop.time()
                    host.free = host.used + max(self._pause, host.pause)
                    if host.open and host.open.idle:
                        self._idle[name] = host
                    else:
                        await _end(host)
            await self._close_old(loop.time())

    def slow_down(self, name: str, seconds: float) -> None:
        """Leave at least so many seconds between two requests to the host, also after the last one."""
        host = self._hosts.get(name) or self._new(name)
        host.pause = seconds
        host.free = max(host.free, host.used + seconds)

    async def close(self) -> None:
        """Close the connection, or all open connections."""
        while self._idle:
            await self._close_oldest()

    def _new(self, name: str) -> Host:
        if len(self._hosts) >= _MOST_HOSTS:
            now = asyncio.get_running_loop().time()
            self._hosts = {key: host for key, host in self._hosts.items() if host.turn.locked() or host.free > now}
            self._hosts |= self._idle
        return self._hosts.setdefault(name, Host())

    async def _close_old(self, now: float) -> None:
        """Close the connections that were idle for long, and the oldest if there are too many."""
        while self._idle and (
            len(self._idle) > _MOST_CONNECTIONS or next(iter(self._idle.values())).used < now - _IDLE_SECONDS
        ):
            await self._close_oldest()

    async def _close_oldest(self) -> None:
        await _end(self._idle.pop(next(iter(self._idle))))


async def _end(host: Host) -> None:
    idle, host.open = host.open, None
    if idle:
        await idle.close()

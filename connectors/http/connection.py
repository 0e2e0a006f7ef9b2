"""A connection for HTTP/1.1: one request and its answer after the other (h11 on asyncio).

Of this alone and not httpcore, whose layers over the same h11 took half the time of a conditional request.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
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
    """What has arrived and is not read yet; the network is not read from while that is much."""

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

    def data_received(self, data: bytes) -> None:
        self.waiting += data
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
        """What has arrived, waited for; nothing at the end."""
        while not self.waiting and not self.ended:
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        if self._error and not self.waiting:
            raise self._error
        data = bytes(self.waiting)
        self.waiting.clear()
        self.transport.resume_reading()
        return data


class HttpConnection:
    """An open connection, used by one task at a time. Any failure is an OSError or a ProtocolError, and ends it."""

    def __init__(self, arrivals: _Arrivals) -> None:
        self._arrivals = arrivals
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD)
        self._doubtful = False

    @property
    def idle(self) -> bool:
        """Whether it takes another request: the last answer was read whole, and nothing came or ended since."""
        arrivals, (beyond, _) = self._arrivals, self._state.trailing_data
        over = self._doubtful or arrivals.ended or arrivals.waiting or beyond
        return self._state.our_state is h11.IDLE and not over

    def send(self, method: str, target: bytes, headers: Headers, body: bytes) -> None:
        """Send a request."""
        sent = self._state.send(h11.Request(method=method, target=target, headers=headers)) or b""
        if body:
            sent += self._state.send(h11.Data(body)) or b""
        self._state.send(h11.EndOfMessage())
        self._arrivals.transport.write(sent)

    async def head(self) -> tuple[int, Headers]:
        """The status and headers of the answer, waited for; of several, the final one."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                # Two lengths, on which others may not agree: where the answer ends is in doubt (RFC 9112, 6.3).
                self._doubtful = {name for name, _ in event.headers} >= _LENGTHS
                return event.status_code, event.headers.raw_items()

    async def body(self) -> AsyncIterator[bytes]:
        """The body of the answer as it arrives. Where all of it is taken, the connection may be used again."""
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
        """End it at once."""
        self._arrivals.transport.abort()
        await self._arrivals.lost.wait()


async def connect(addresses: Sequence[str], port: int, tls: ssl.SSLContext | None, name: str) -> HttpConnection:
    """A connection to the first of these numeric addresses that accepts one; with TLS, to who proves to be `name`."""
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

"""The one guarded way out: every HTTP request of the product is made here.

Guaranteed for each request, and for each hop of its redirects:

- only http and https, ports 80, 443 and from 1024 up, no user name or password in the address;
- a host name is resolved once, and the connection is made to one of the addresses that were checked: none of them is
  special-purpose (`pipeline.networks`), unless the settings allow private addresses;
- proxies, certificates and netrc of the environment are ignored, no cookie is kept, no referrer is sent;
- one request at a time to one host, with a pause before the next, connections are reused;
- an end: after the total time, the redirects, the compressed and the decompressed bytes, or the headers allowed. A
  compressed body is counted while it is unpacked, in small steps, so that a bomb costs no memory.

Every failure is a WorldError, for good a RefusedError, in one line that names the address and the value.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Final

import httpcore2
import httpx2

from pipeline import __version__
from pipeline.errors import RefusedError, WorldError
from pipeline.networks import is_public
from pipeline.settings import Fetch

MOVED_FOR_GOOD: Final = frozenset({301, 308})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_HEADERS: Final = 200  # beside the 100 kB that the HTTP/1.1 parser allows them
_MOST_CONNECTIONS: Final = 128
_KEPT_SECONDS: Final = 30.0  # that an idle connection is kept open
_MOST_HOSTS: Final = 10_000  # whose last request is remembered beyond its pause
_ANSWER_BYTES: Final = 65_536  # of a receiver's answer to a post
_FAILURES: Final = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    httpx2.DecodingError,
    OSError,
)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of any status. `headers` have lower-case names and values as latin-1, which keeps their bytes.

    `url` is the address that answered; `moved` is where the address asked for has moved for good, or ''.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    moved: str = ""


@dataclass(slots=True)
class _Host:
    """Whose turn it is at a host, the loop's times of the last request and of the next, and the connection kept."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    used: float = 0.0
    free: float = 0.0
    kept: httpcore2.AsyncHTTPConnection | None = None


class Outside:
    """The way out under these limits. Safe to share between threads; each event loop opens its own connections."""

    def __init__(self, limits: Fetch) -> None:
        self._limits = limits
        contact = f" (+{limits.contact})" if limits.contact else ""
        self._user_agent = f"onrecord/{__version__}{contact}"
        # Not the loop's own threads, whose end a loop waits for: a name server that hangs must not hold up a post.
        self._resolvers = ThreadPoolExecutor(16, thread_name_prefix="resolve")

    @asynccontextmanager
    async def connections(self) -> AsyncIterator["Connections"]:
        """Connections of the running event loop, closed on leaving."""
        backend = _CheckedBackend(self._resolvers, private=self._limits.private_addresses)
        connections = Connections(backend, self._limits, self._user_agent)
        try:
            yield connections
        finally:
            await connections.close()

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> Response:
        """Post the body and wait for the whole answer, whatever its status; no redirect is followed.

        Not to be called in a thread that runs an event loop. WorldError where there is no answer in time.
        """
        return asyncio.run(self._post(url, body, headers, timeout))

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> Response:
        async with self.connections() as connections:
            return await connections.post(url, body, headers, timeout)


class Connections:
    """The connections of one event loop, one a host.

    httpcore's own pool looks over all connections for each request: with a hundred, that took most of the time.
    """

    def __init__(self, backend: httpcore2.AsyncNetworkBackend, limits: Fetch, user_agent: str) -> None:
        self._backend = backend
        self._limits = limits
        self._user_agent = user_agent
        self._hosts: dict[str, _Host] = {}
        self._idle: dict[str, _Host] = {}  # those with a connection kept, the last used at the end
        self._room = asyncio.Semaphore(_MOST_CONNECTIONS)

    async def close(self) -> None:
        """Close what is kept open."""
        while self._idle:
            await self._close_oldest()

    async def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """The answer of any status at the end of the redirects; waiting for one's turn at a host takes no time."""
        timeout, moved, permanent, visited = self._limits.timeout, "", True, [url]
        while True:
            started = asyncio.get_running_loop().time()
            hop = await self._hop("GET", visited[-1], b"", headers, timeout)
            timeout -= timedelta(seconds=asyncio.get_running_loop().time() - started)
            target = hop.headers.get("location", "") if hop.status in _REDIRECTS else ""
            permanent = permanent and hop.status in MOVED_FOR_GOOD
            if not target:
                return Response(hop.status, hop.headers, hop.body, visited[-1], moved)
            target = _joined(visited[-1], target)
            moved = target if permanent else moved
            if target in visited:
                raise WorldError(f"{url} redirects in a circle, by {target}")
            if len(visited) > self._limits.redirects:
                raise WorldError(f"{url} redirects more than {self._limits.redirects} times, at last to {target}")
            visited.append(target)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> Response:
        """The answer of any status to one POST; the first 64 KiB of its body."""
        return await self._hop("POST", url, body, headers, timeout)

    async def _hop(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta
    ) -> Response:
        target = _checked(url, private=self._limits.private_addresses)
        async with self._turn(target.host) as host:
            try:
                async with asyncio.timeout(timeout.total_seconds()):
                    return await self._exchange(host, self._request(method, target, body, headers), url)
            except TimeoutError as error:
                raise WorldError(f"{url} did not answer in full within {timeout.total_seconds():.3g} s") from error
            except _FAILURES as error:
                raise WorldError(f"{url} failed: {_reason(error)}") from error

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[_Host]:
        """One's turn at a host, after the pause since its last request."""
        loop = asyncio.get_running_loop()
        host = self._hosts.get(name) or self._new_host(name)
        async with host.turn:
            if (wait := host.free - loop.time()) > 0:
                await asyncio.sleep(wait)
            async with self._room:
                self._idle.pop(name, None)
                try:
                    yield host
                finally:
                    host.used = loop.time()
                    host.free = host.used + self._limits.pause.total_seconds()
                    self._idle[name] = host
            await self._close_old(loop.time())

    def _new_host(self, name: str) -> _Host:
        if len(self._hosts) >= _MOST_HOSTS:
            now = asyncio.get_running_loop().time()
            self._hosts = {key: host for key, host in self._hosts.items() if host.turn.locked() or host.free > now}
            self._hosts |= self._idle
        return self._hosts.setdefault(name, _Host())

    async def _close_old(self, now: float) -> None:
        """Close the connections that nobody has used for a while, and the oldest of too many."""
        while self._idle and (
            len(self._idle) > _MOST_CONNECTIONS or next(iter(self._idle.values())).used < now - _KEPT_SECONDS
        ):
            await self._close_oldest()

    async def _close_oldest(self) -> None:
        host = self._idle.pop(next(iter(self._idle)))
        kept, host.kept = host.kept, None
        if kept:
            await kept.aclose()

    async def _connection(self, host: _Host, origin: httpcore2.Origin) -> httpcore2.AsyncHTTPConnection:
        """The connection of the last request where it is still there and leads to the same place, else a new one."""
        kept = host.kept
        if kept and kept.can_handle_request(origin) and kept.is_available() and not kept.has_expired():
            return kept
        host.kept = httpcore2.AsyncHTTPConnection(
            origin, ssl_context=_tls(), keepalive_expiry=_KEPT_SECONDS, network_backend=self._backend
        )
        if kept:
            await kept.aclose()
        return host.kept

    def _request(self, method: str, url: httpx2.URL, body: bytes, headers: Mapping[str, str]) -> httpcore2.Request:
        sent = {"host": url.netloc.decode("ascii"), "user-agent": self._user_agent}
        sent |= {"accept": "*/*", "accept-encoding": "gzip, br, zstd"}
        sent |= {name.lower(): value for name, value in headers.items()}
        if method == "POST":
            sent["content-length"] = str(len(body))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()]
        address = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        return httpcore2.Request(method, address, headers=raw, content=body)

    async def _exchange(self, host: _Host, request: httpcore2.Request, url: str) -> Response:
        connection = await self._connection(host, request.url.origin)
        answer = await connection.handle_async_request(request)
        try:
            if len(answer.headers) > _MOST_HEADERS:
                raise WorldError(f"{url} answers with {len(answer.headers)} headers, {_MOST_HEADERS} are allowed")
            body = await self._body(answer, url, cut=request.method == b"POST")
        finally:
            await answer.aclose()
        headers: dict[str, str] = {}
        for name, value in answer.headers:
            headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
        return Response(answer.status, headers, body, url)

    async def _body(self, answer: httpcore2.Response, url: str, *, cut: bool) -> bytes:
        if answer.status in (204, 304):
            return bytes(await answer.aread())  # empty; without its end, the connection would not be used again
        packed = self._counted(answer, url)
        unpacked = httpx2.Response(answer.status, headers=answer.headers, stream=packed)
        body = bytearray()
        async for chunk in unpacked.aiter_bytes():
            body += chunk
            if cut and len(body) >= _ANSWER_BYTES:
                return bytes(body[:_ANSWER_BYTES])
            if len(body) > self._limits.bytes:
                raise WorldError(f"{url} answers with more than {self._limits.bytes:,} bytes once unpacked")
        return bytes(body)

    def _counted(self, answer: httpcore2.Response, url: str) -> "_Counted":
        return _Counted(answer, self._limits.compressed_bytes, url)


class _Counted(httpx2.AsyncByteStream):
    """A body as sent, which ends in a WorldError where it is larger than allowed."""

    def __init__(self, answer: httpcore2.Response, most: int, url: str) -> None:
        self._answer = answer
        self._most = most
        self._url = url

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._answer.aiter_stream():
            size += len(chunk)
            if size > self._most:
                raise WorldError(f"{self._url} sends more than {self._most:,} bytes")
            yield chunk


class _CheckedBackend(httpcore2.AnyIOBackend):
    """Connects to addresses that were checked, whatever the name resolves to a moment later."""

    def __init__(self, resolvers: ThreadPoolExecutor, *, private: bool) -> None:
        self._resolvers = resolvers
        self._private = private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first allowed address of the host that accepts one."""
        failure = f"{host} has no address"
        for address in await self._addresses(host, port):
            try:
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = _reason(error)
        raise httpcore2.ConnectError(failure)

    async def _addresses(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._resolvers, _resolve, host, port)
        allowed = [address for address in found if self._private or is_public(address)]
        if found and not allowed:
            raise RefusedError(
                f"{host} is at {found[0]}, which is no public address (fetch.private_addresses allows it)"
            )
        return allowed


@cache
def _tls() -> ssl.SSLContext:
    """The system's certificates, which take a while to load."""
    return httpx2.create_ssl_context(trust_env=False)


def _resolve(host: str, port: int) -> list[str]:
    """The numeric addresses of a host, in the order to be tried."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _checked(url: str, *, private: bool) -> httpx2.URL:
    """The parsed address; RefusedError where it is not one that we go to."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise RefusedError(f"{url[:200]!r} is no address: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise RefusedError(f"{url[:200]!r} is no http or https address")
    if parsed.userinfo:
        raise RefusedError(f"http address at {parsed.host} holds a user name or password, which is not sent")
    port = parsed.port or 443
    if port > 65535 or (port < 1024 and port not in (80, 443) and not private):
        raise RefusedError(f"{url} has port {port}; 80, 443 and those from 1024 to 65535 are allowed")
    return parsed


def _reason(error: BaseException) -> str:
    """What lies at the bottom of a failure ("Connection refused"), on one line."""
    while error.__cause__:
        error = error.__cause__
    reason = str(error)
    if isinstance(error, OSError):
        # asyncio words its own ("Connect call failed …"); the numbers of name resolution are not those of the system.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or reason
    return " ".join((reason or type(error).__name__).split())


def _joined(base: str, target: str) -> str:
    """Where a Location header leads, without its fragment. Its bytes are UTF-8 where a server sends them raw."""
    raw = target.encode("latin-1")
    try:
        return str(httpx2.URL(base).join(raw.decode("utf-8", "replace")).copy_with(fragment=None))
    except httpx2.InvalidURL as error:
        raise RefusedError(f"{base} redirects to {target[:200]!r}, which is no address") from error

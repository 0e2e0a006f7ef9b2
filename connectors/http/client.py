"""The HTTP client: every request of the product is made here, within limits.

Guaranteed for each request, and for each hop of its redirects:

- only http and https, ports 80, 443 and from 1024 up, no user name or password in the address;
- a host name is resolved once, and the connection goes to a checked address, which is not special-purpose
  (`connectors.http.addresses`) unless the settings allow private addresses;
- proxies, certificates and netrc of the environment are ignored, cookies are not stored, no referrer is sent; a login
  of the settings is sent to its own addresses alone, also after a redirect;
- one request at a time to a host, with a pause before the next; connections are reused;
- an end: after the total time, the redirects, the compressed and the decompressed bytes, or the headers allowed. A
  compressed body is unpacked in another process (`connectors.http.unpacking`), so that no host delays another.

Every failure is a WorldError, a permanent one a RefusedError, in one line that names the address and the value.
"""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from typing import Final

import httpx2

from connectors.http import addresses
from connectors.http import connection as wire
from connectors.http.connection import Host, HostThrottle, HttpConnection
from connectors.http.unpacking import ACCEPTED, Unpacker, coding_of
from pipeline import __version__
from pipeline.errors import WorldError
from pipeline.ports import Response
from pipeline.settings.sections import Fetch, logins

MOVED_FOR_GOOD: Final = frozenset({301, 308})

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

_MOST_HEADERS: Final = 200  # beside the 100 kB that `wire` allows them

_LISTS: Final = ("content-encoding", "link")  # headers that may come in parts

_ANSWER_BYTES: Final = 65_536  # of a receiver's answer to a post

_UPWARDS: Final = re.compile(r"/\.\.|\\|%(?:25)*(?:2e|2f|5c)", re.IGNORECASE)  # in a path that is decoded once

_FAILURES: Final = (OSError, wire.ProtocolError)


class HttpClient:
    """Opens sessions with these limits. Safe to share between threads; each event loop has its own connections."""

    def __init__(self, limits: Fetch) -> None:
        self._limits = limits
        contact = f" (+{limits.contact})" if limits.contact else ""
        self._user_agent = f"onrecord/{__version__}{contact}"
        # Not the loop's own threads, whose end a loop waits for: a name server that hangs must not hold up a post.
        self._resolvers = ThreadPoolExecutor(16, thread_name_prefix="resolve")

    @asynccontextmanager
    async def connections(self) -> AsyncIterator["HttpSession"]:
        """Open a session of the running event loop, closed after the block."""
        connections = HttpSession(self._resolvers, self._limits, self._user_agent)
        try:
            yield connections
        finally:
            await connections.close()

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> Response:
        """POST the body and return the response of any status; redirects are not followed.

        WorldError if there is no response in time. Do not call this in a thread that runs an event loop.
        """
        return asyncio.run(self._post(url, body, headers, timeout))

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> Response:
        async with self.connections() as connections:
            return await connections.post(url, body, headers, timeout)


class HttpSession:
    """The connections of one event loop, one for each host, and the processes that unpack their bodies."""

    def __init__(self, resolvers: ThreadPoolExecutor, limits: Fetch, user_agent: str) -> None:
        self._resolvers = resolvers
        self._limits = limits
        self._user_agent = user_agent
        self._logins = logins(limits.logins.get_secret_value() if limits.logins else "")
        self._turns = HostThrottle(limits.pause.total_seconds())
        self._unpacker = Unpacker()

    async def close(self) -> None:
        """Close the connections and end the processes."""
        self._unpacker.close()
        await self._turns.close()

    def slow_down(self, url: str, seconds: float) -> None:
        """Leave at least so many seconds after each request to the host of this address."""
        self._turns.slow_down(addresses.host_of(addresses.parsed(url, private=True)), seconds)

    async def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """Return the response of any status after the redirects; waiting for a turn at a host takes no timeout."""
        timeout, moved, permanent, visited = self._limits.timeout, "", True, [url]
        while True:
            started = asyncio.get_running_loop().time()
            hop = await self._hop("GET", visited[-1], b"", headers, timeout)
            timeout -= timedelta(seconds=asyncio.get_running_loop().time() - started)
            target = hop.headers.get("location", "") if hop.status in _REDIRECTS else ""
            permanent = permanent and hop.status in MOVED_FOR_GOOD
            if not target:
                return await self._unpacked(replace(hop, url=visited[-1], moved=moved))
            target = addresses.joined(visited[-1], target)
            moved = target if permanent else moved
            if target in visited:
                raise WorldError(f"{url} redirects in a circle, by {target}")
            if len(visited) > self._limits.redirects:
                raise WorldError(f"{url} redirects more than {self._limits.redirects} times, at last to {target}")
            visited.append(target)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> Response:
        """POST the body and return the response of any status; redirects are not followed.

        Its body is the first 64 KiB; a body that is compressed unasked is left out.
        """
        answer = await self._hop("POST", url, body, headers, timeout)
        packed = answer.headers.get("content-encoding", "identity").lower() != "identity"
        return replace(answer, body=b"") if packed else answer

    async def _unpacked(self, answer: Response) -> Response:
        """The response with its body unpacked, while other requests to the host go on."""
        coding = coding_of(answer.headers.get("content-encoding", ""), answer.url)
        if not coding and len(answer.body) > self._limits.bytes:
            raise WorldError(f"{answer.url} answers with more than {self._limits.bytes:,} bytes")
        if not coding or not answer.body:
            return answer
        return replace(answer, body=await self._unpacker.unpack(answer.body, coding, self._limits.bytes, answer.url))

    async def _hop(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta
    ) -> Response:
        target = addresses.parsed(url, private=self._limits.private_addresses)
        own = self._headers(target, len(body) if method == "POST" else None, headers)
        encoded = _encoded(own | self._login_headers(target) if method == "GET" else own)
        async with self._turns.at(addresses.host_of(target)) as host:
            try:
                async with asyncio.timeout(timeout.total_seconds()):
                    connection = await self._connection(host, target)
                    connection.send(method, target.raw_path, encoded, body)
                    return replace(await self._answer(connection, url, cut=method == "POST"), sent=own)
            except TimeoutError as error:
                raise WorldError(f"{url} did not answer in full within {timeout.total_seconds():.3g} s") from error
            except _FAILURES as error:
                raise WorldError(f"{url} failed: {_reason(error)}") from error

    async def _connection(self, host: Host, target: httpx2.URL) -> HttpConnection:
        """The open connection to the host if it leads to the same origin and is usable, else a new one."""
        secure = target.scheme == "https"
        origin = (target.scheme, target.port or (443 if secure else 80))
        idle, host.open = host.open, None
        if idle and idle.idle and host.origin == origin:
            host.open = idle
            return idle
        if idle:
            await idle.close()
        name, private = addresses.host_of(target), self._limits.private_addresses
        resolve = partial(addresses.addresses, name, origin[1], private=private)
        resolved = await asyncio.get_running_loop().run_in_executor(self._resolvers, resolve)
        host.open, host.origin = await wire.connect(resolved, origin[1], _tls() if secure else None, name), origin
        return host.open

    def _headers(self, target: httpx2.URL, length: int | None, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of a request without logins; `length` is that of its body, None without a body."""
        own = {"host": target.netloc.decode("ascii"), "user-agent": self._user_agent}
        own |= {"accept": "*/*", "accept-encoding": ACCEPTED if length is None else "identity"}
        own |= {name.lower(): value for name, value in headers.items()}
        return own if length is None else own | {"content-length": str(length)}

    def _login_headers(self, target: httpx2.URL) -> dict[str, str]:
        return {login.header: login.value for login in self._logins if _is_within(target, login.prefix)}

    async def _answer(self, connection: HttpConnection, url: str, *, cut: bool) -> Response:
        status, raw = await connection.head()
        if len(raw) > _MOST_HEADERS:
            raise WorldError(f"{url} answers with {len(raw)} headers, {_MOST_HEADERS} are allowed")
        headers: dict[str, str] = {}
        for name, value in raw:
            earlier = headers.setdefault(key := name.decode("latin-1").lower(), text := value.decode("latin-1"))
            if key in _LISTS and earlier is not text:
                headers[key] = f"{earlier}, {text}"
        return Response(status, headers, await self._body(connection, url, cut=cut), url)

    async def _body(self, connection: HttpConnection, url: str, *, cut: bool) -> bytes:
        """The body as sent."""
        body = bytearray()
        async for chunk in connection.body():
            body += chunk
            if cut and len(body) >= _ANSWER_BYTES:
                return bytes(body[:_ANSWER_BYTES])
            if len(body) > self._limits.compressed_bytes:
                raise WorldError(f"{url} sends more than {self._limits.compressed_bytes:,} bytes")
        return bytes(body)


def _encoded(headers: Mapping[str, str]) -> wire.Headers:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def _is_within(target: httpx2.URL, prefix: str) -> bool:
    """True if the target has the scheme, host and port of the prefix, and a path that begins with the prefix's.

    False for a path with steps upwards in any spelling: the server may take it for a path outside the prefix.
    """
    allowed = httpx2.URL(prefix)
    place = (allowed.scheme, allowed.raw_host, allowed.port)
    inside = target.path.startswith(allowed.path) and not _UPWARDS.search(target.path)
    return inside and place == (target.scheme, target.raw_host, target.port)


@cache
def _tls() -> ssl.SSLContext:
    """The TLS context with the system's certificates, which take a while to load."""
    context = httpx2.create_ssl_context(trust_env=False)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _reason(error: BaseException) -> str:
    """The root cause of a failure ("Connection refused"), on one line."""
    while error.__cause__:
        error = error.__cause__
    reason = str(error)
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):  # SSLError has its own numbers
        # asyncio words its own ("Connect call failed …"); the numbers of name resolution are not those of the system.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or reason
    return " ".join((reason or type(error).__name__).split())

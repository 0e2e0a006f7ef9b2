"""Whose turn it is at each host: one request at a time, a pause after it, and the connection kept for the next."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from connectors.http.connection import HttpConnection

_MOST_CONNECTIONS: Final = 128

_KEPT_SECONDS: Final = 30.0  # that an idle connection is kept open

_MOST_HOSTS: Final = 10_000  # whose last request is remembered beyond its pause


@dataclass(slots=True)
class Host:
    """The loop's times of the last request to a host and of the next, and the connection kept.

    `origin` is where that connection leads: one host may be asked on several ports. `pause` is how long the host itself
    asks to be left alone between two requests.
    """

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    used: float = 0.0
    free: float = 0.0
    pause: float = 0.0
    kept: HttpConnection | None = None
    origin: tuple[str, int] = ("", 0)


class HostThrottle:
    """The hosts of one event loop; `pause` are the seconds between two requests to one of them."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._hosts: dict[str, Host] = {}
        self._idle: dict[str, Host] = {}  # those with a connection kept, the last used at the end
        self._room = asyncio.Semaphore(_MOST_CONNECTIONS)

    @asynccontextmanager
    async def at(self, name: str) -> AsyncIterator[Host]:
        """One's turn at a host, after the pause since its last request. A connection that is not idle then is ended."""
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
                    if host.kept and host.kept.idle:
                        self._idle[name] = host
                    else:
                        await _end(host)
            await self._close_old(loop.time())

    def slow_down(self, name: str, seconds: float) -> None:
        """The host asks for so many seconds between two requests, after the last one too."""
        host = self._hosts.get(name) or self._new(name)
        host.pause = seconds
        host.free = max(host.free, host.used + seconds)

    async def close(self) -> None:
        """Close what is kept open."""
        while self._idle:
            await self._close_oldest()

    def _new(self, name: str) -> Host:
        if len(self._hosts) >= _MOST_HOSTS:
            now = asyncio.get_running_loop().time()
            self._hosts = {key: host for key, host in self._hosts.items() if host.turn.locked() or host.free > now}
            self._hosts |= self._idle
        return self._hosts.setdefault(name, Host())

    async def _close_old(self, now: float) -> None:
        """Close the connections that nobody has used for a while, and the oldest of too many."""
        while self._idle and (
            len(self._idle) > _MOST_CONNECTIONS or next(iter(self._idle.values())).used < now - _KEPT_SECONDS
        ):
            await self._close_oldest()

    async def _close_oldest(self) -> None:
        await _end(self._idle.pop(next(iter(self._idle))))


async def _end(host: Host) -> None:
    kept, host.kept = host.kept, None
    if kept:
        await kept.close()

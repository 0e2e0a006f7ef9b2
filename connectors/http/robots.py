"""The rules of a site's robots.txt for us (protego, RFC 9309).

`rules` runs in a process that can be killed, because patterns with many `*` may take long; see `connectors.processes`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from protego import Protego

from connectors.http.addresses import parsed
from connectors.pages.encoding import decode
from pipeline.errors import InputError, WorldError
from pipeline.model.feed import RobotsRules
from pipeline.ports import HttpSession

AGENT: Final = "onrecord"

_MOST_BYTES = 512_000  # read of a robots.txt; RFC 9309 asks for 500 KiB at least

_VALID = 86_400.0  # seconds that a robots.txt is valid, as RFC 9309 says

_PAUSE = 1_800.0  # seconds after which a robots.txt that could not be read is requested again

_MOST_SITES = 2_000

_LONGEST_DELAY = 60.0  # seconds of Crawl-delay that are believed

_MOST_SITEMAPS = 1_000


def rules(body: bytes, url: str) -> RobotsRules:
    """The rules of the robots.txt for `url`; see Robots in the ports."""
    parsed = Protego.parse(decode(body[:_MOST_BYTES]))
    delay = parsed.crawl_delay(AGENT) or 0.0
    sitemaps = tuple(islice(parsed.sitemaps, _MOST_SITEMAPS))
    return RobotsRules(bool(parsed.can_fetch(url, AGENT)), min(max(delay, 0.0), _LONGEST_DELAY), sitemaps)


@dataclass(frozen=True, slots=True)
class _Cached:
    """A robots.txt, valid until this time of the event loop. `failure` says why it could not be read."""

    until: float
    body: bytes = b""
    failure: str = ""


class CachedRobots:
    """The robots.txt of each site that one process reads, in memory."""

    def __init__(self) -> None:
        self._known: dict[str, _Cached] = {}

    async def rules(
        self, connections: HttpSession, url: str, read: Callable[[bytes, str], Awaitable[RobotsRules]]
    ) -> RobotsRules:
        """The rules of the robots.txt for `url`; see Robots in the ports."""
        parts = parsed(url, private=True)
        cached = await self._cached(connections, f"{parts.scheme}://{parts.netloc.decode('ascii')}/robots.txt")
        if cached.failure:
            return RobotsRules(allowed=False, failure=cached.failure)
        if not cached.body.strip():
            return RobotsRules()
        try:
            rules_read = await read(cached.body, url)
        except InputError:
            return RobotsRules(allowed=False)
        connections.slow_down(url, rules_read.delay)
        return rules_read

    async def _cached(self, connections: HttpSession, url: str) -> _Cached:
        now = asyncio.get_running_loop().time()
        cached = self._known.pop(url, _Cached(0.0))
        if cached.until <= now:
            try:
                answer = await connections.get(url, {"accept": "text/plain"})
            except WorldError as error:
                cached = _Cached(now + _PAUSE, failure=str(error))
            else:
                cached = _answered(url, answer.status, answer.body, now)
        self._known[url] = cached  # at the end: the first entry is the least recently used
        if len(self._known) > _MOST_SITES:
            self._known.pop(next(iter(self._known)))
        return cached


def _answered(url: str, status: int, body: bytes, now: float) -> _Cached:
    """The cache entry for this response (RFC 9309, 2.3.1)."""
    if 200 <= status < 300:
        return _Cached(now + _VALID, body[:_MOST_BYTES])
    if 400 <= status < 500 and status != 429:
        return _Cached(now + _VALID)
    return _Cached(now + _PAUSE, failure=f"{url} answers {status}")

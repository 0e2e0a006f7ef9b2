"""The rules of a site's robots.txt for us (protego, RFC 9309).

`rules` runs in a process that can be killed, because patterns with many `*` may take long; see `connectors.processes`.
"""

import asyncio
from collections.abc import Awaitable, Callable
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

_KEPT = 86_400.0  # seconds that one counts, as RFC 9309 says

_TRIED = 1_800.0  # seconds after which one that could not be had is asked for again

_MOST_SITES = 2_000

_FORBIDDEN = b"User-agent: *\nDisallow: /"

_LONGEST_DELAY = 60.0  # seconds of Crawl-delay that are believed

_MOST_SITEMAPS = 1_000


def rules(body: bytes, url: str) -> RobotsRules:
    """The rules of the robots.txt for `url`; see Robots in the ports."""
    parsed = Protego.parse(decode(body[:_MOST_BYTES]))
    delay = parsed.crawl_delay(AGENT) or 0.0
    sitemaps = tuple(islice(parsed.sitemaps, _MOST_SITEMAPS))
    return RobotsRules(bool(parsed.can_fetch(url, AGENT)), min(max(delay, 0.0), _LONGEST_DELAY), sitemaps)


class CachedRobots:
    """The robots.txt of each site that one process reads, in memory."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, bytes]] = {}

    async def rules(
        self, connections: HttpSession, url: str, read: Callable[[bytes, str], Awaitable[RobotsRules]]
    ) -> RobotsRules:
        """The rules of the robots.txt for `url`; see Robots in the ports."""
        parts = parsed(url, private=True)
        body = await self._body(connections, f"{parts.scheme}://{parts.netloc.decode('ascii')}/robots.txt")
        if not body.strip():
            return RobotsRules()
        try:
            rules_read = await read(body, url)
        except InputError:
            return RobotsRules(allowed=False)
        connections.slow_down(url, rules_read.delay)
        return rules_read

    async def _body(self, connections: HttpSession, url: str) -> bytes:
        now = asyncio.get_running_loop().time()
        until, body = self._known.pop(url, (0.0, b""))
        if until <= now:
            try:
                answer = await connections.get(url, {"accept": "text/plain"})
            except WorldError:
                until, body = now + _TRIED, _FORBIDDEN
            else:
                until, body = _kept(answer.status, answer.body, now)
        self._known[url] = (until, body)  # as the one used last
        if len(self._known) > _MOST_SITES:
            self._known.pop(next(iter(self._known)))
        return body


def _kept(status: int, body: bytes, now: float) -> tuple[float, bytes]:
    """Until when a robots.txt with this response counts, and its rules (RFC 9309, 2.3.1)."""
    if 200 <= status < 300:
        return now + _KEPT, body[:_MOST_BYTES]
    return (now + _KEPT, b"") if 400 <= status < 500 and status != 429 else (now + _TRIED, _FORBIDDEN)

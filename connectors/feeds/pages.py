"""The pages that entries lead to: asked for one after the other at a host, as its robots.txt allows."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import urlsplit

from connectors.http import Connections
from connectors.robots import Robots, Rules
from pipeline.addresses import is_front, named_by_page
from pipeline.entries import Entry
from pipeline.errors import InputError, WorldError

_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_CLOSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN, 451})
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_PAYWALL = Entry(whole=False, marks=("paywall",))
_ROBOTS = Entry(whole=False, marks=("robots",))
_UNCHANGED = Entry(whole=False)


@dataclass(frozen=True, slots=True)
class Pages:
    """What it takes to read pages; `read` and `rules` are the parser's, elsewhere."""

    connections: Connections
    robots: Robots
    read: Callable[[bytes, str, str], Awaitable[Entry]]
    rules: Callable[[bytes, str], Awaitable[Rules]]

    async def at(
        self, urls: Iterable[str], conditions: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    ) -> dict[str, Entry]:
        """The articles at these addresses, hosts side by side; without those that cannot be had for now.

        One that is closed to us is without text, and marked "paywall" or "robots"; so is one that has not changed, by
        the `conditions` of its address.
        """
        hosts = defaultdict(list)
        for url in dict.fromkeys(urls):
            hosts[urlsplit(url).hostname].append(url)
        found = await asyncio.gather(*(self._of_one_host(urls, conditions) for urls in hosts.values()))
        return {url: entry for pages in found for url, entry in pages.items()}

    async def _of_one_host(self, urls: Sequence[str], conditions: Mapping[str, Mapping[str, str]]) -> dict[str, Entry]:
        """One after the other, and no more once the host says that it is asked too much."""
        pages: dict[str, Entry] = {}
        for url in urls:
            try:
                pages[url] = await self._page(url, conditions.get(url, {}))
            except InputError:
                continue
            except WorldError as error:
                if error.retry_after is not None:
                    break
        return pages

    async def _page(self, url: str, conditions: Mapping[str, str]) -> Entry:
        """The article at `url`; its own address is the one that answered where the page gives none."""
        if not (await self.robots.rules(self.connections, url, self.rules)).allowed:
            return _ROBOTS
        response = await self.connections.get(url, {"accept": _TYPES, **conditions})
        if response.status == HTTPStatus.NOT_MODIFIED and conditions:
            return _UNCHANGED
        if response.status in _CLOSED:
            return _PAYWALL
        if response.status != HTTPStatus.OK:
            busy = timedelta(0) if response.status in _BUSY else None
            raise WorldError(f"{url} answers {response.status}", retry_after=busy)
        if is_front(response.url) and not is_front(url):
            raise InputError(f"{url} leads to the front page {response.url}, not to an article", step="page")
        told = response.headers
        entry = await self.read(response.body, told.get("content-type", ""), response.url)
        return replace(
            entry,
            url=entry.url or named_by_page(response.url, response.url),
            validators=(told.get("etag", ""), told.get("last-modified", "")),
        )

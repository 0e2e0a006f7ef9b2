"""The pages of articles, fetched from several hosts at once within each site's rules, and the sitemaps to read."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType

from pipeline.errors import InputError, WorldError
from pipeline.ingest.body import is_repeated
from pipeline.ingest.urls import host, is_front, named_by_page, site
from pipeline.model import EPOCH
from pipeline.model.feed import FeedItem, RobotsRules, SitemapEntry
from pipeline.ports import HttpSession, Robots

_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"

_CLOSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN, 451})

_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})

_PAYWALL = FeedItem(whole=False, marks=("paywall",))

_ROBOTS = FeedItem(whole=False, marks=("robots",))

_UNREAD = FeedItem(whole=False, marks=("unread",))

_UNCHANGED = FeedItem(whole=False)


_SAME_PAGE = FeedItem(whole=False, marks=("unread", "same-page"))

_SAME = 3  # addresses of a host with the same text, after which it is a host that answers every address alike


def without_front_pages(pages: Mapping[str, FeedItem]) -> dict[str, FeedItem]:
    """The pages of a host; those that show the same text at three addresses have the mark "same-page" and no text."""
    addresses = defaultdict(set)
    for page in pages.values():
        addresses[page.text].add(page.url)
    return {
        url: _SAME_PAGE if page.text and len(addresses[page.text]) >= _SAME else page for url, page in pages.items()
    }


def without_known_pages(pages: Mapping[str, FeedItem], blocks: str) -> dict[str, FeedItem]:
    """The pages; those whose whole text earlier articles share have the mark "same-page" and no text.

    `blocks` are those that the source repeats: see `FeedState.blocks`.
    """
    return {url: _SAME_PAGE if is_repeated(page.text, blocks) else page for url, page in pages.items()}


@dataclass(frozen=True, slots=True)
class Pages:
    """A fetcher of pages; `read` and `rules` parse in another process. It stops once the budget `is_spent`."""

    connections: HttpSession
    robots: Robots
    read: Callable[[bytes, str, str], Awaitable[FeedItem]]
    rules: Callable[[bytes, str], Awaitable[RobotsRules]]
    is_spent: Callable[[], bool] = lambda: False

    async def at(
        self, urls: Iterable[str], conditions: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    ) -> dict[str, FeedItem]:
        """The articles at these addresses, fetched from several hosts at once, without pages that fail temporarily.

        An article behind a paywall or forbidden by robots.txt has no text and the mark "paywall" or "robots", a page
        that holds no article the mark "unread". A page that has not changed, by the `conditions` of its address, has
        no text and no mark.
        """
        hosts = defaultdict(list)
        for url in dict.fromkeys(urls):
            hosts[host(url)].append(url)
        by_host = await asyncio.gather(*(self._of_host(urls, conditions) for urls in hosts.values()))
        return {url: entry for pages in by_host for url, entry in without_front_pages(pages).items()}

    async def _of_host(self, urls: Sequence[str], conditions: Mapping[str, Mapping[str, str]]) -> dict[str, FeedItem]:
        """Fetch pages one after the other until the host asks for fewer requests."""
        pages: dict[str, FeedItem] = {}
        for url in urls:
            if self.is_spent():
                break
            try:
                pages[url] = await self._page(url, conditions.get(url, {}))
            except InputError:
                pages[url] = _UNREAD
            except WorldError as error:
                if error.retry_after is not None:
                    break
        return pages

    async def _page(self, url: str, conditions: Mapping[str, str]) -> FeedItem:
        """The article at `url`. Without an address of its own, the page has the address that responded."""
        rules = await self.robots.rules(self.connections, url, self.rules)
        if rules.failure:
            raise WorldError(f"{url} is not read, because {rules.failure}")
        if not rules.allowed:
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
        headers = response.headers
        entry = await self.read(response.body, headers.get("content-type", ""), response.url)
        return replace(
            entry,
            url=entry.url or named_by_page(response.url, response.url),
            validators=(headers.get("etag", ""), headers.get("last-modified", "")),
        )


_MOST_SITEMAPS = 3  # sitemaps of an index, read at each poll


def newest(listed: Sequence[SitemapEntry], index: str) -> list[SitemapEntry]:
    """The sitemaps of the index's own site to read at each poll: the few whose names say news, or that changed last."""
    own = [entry for entry in listed if site(entry.url) == site(index)]
    dated = sorted(own, key=lambda entry: entry.changed or EPOCH, reverse=True)
    return sorted(dated, key=lambda entry: "news" not in entry.url.lower())[:_MOST_SITEMAPS]

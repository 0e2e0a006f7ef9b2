"""A site's past, read by its sitemaps at the pace that its host allows."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Container
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import urljoin, urlsplit

from connectors.feeds.pages import Pages
from connectors.feeds.workers import Parser
from connectors.http import Connections
from connectors.robots import Robots, Rules
from pipeline.backfill import DEEPEST, MOST_SITEMAPS, Listed, Listing, of_page, wanted
from pipeline.entries import Entry
from pipeline.errors import InputError, WorldError
from pipeline.model import Article, Feed
from pipeline.pages import without_repeats
from pipeline.ports import Clock
from pipeline.settings import Poll

_TYPES: Final = "application/xml, text/xml;q=0.9, application/gzip;q=0.9, text/plain;q=0.8, */*;q=0.5"
_BATCH: Final = 20  # pages
_USUAL_PLACE: Final = "/sitemap.xml"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pages that were read: their addresses, their articles, and what else came of them by kind.

    `left` are the pages of this sitemap that are still to be read; `trouble` is a sitemap that cannot be read.
    """

    addresses: tuple[str, ...] = ()
    articles: tuple[Article, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    left: int = 0
    trouble: str = ""


@dataclass(slots=True)
class Past:
    """What it takes to read a site's past back to `since`; `known` says which pages are not to be read again."""

    connections: Connections
    parser: Parser
    threads: Executor
    settings: Poll
    clock: Clock
    since: datetime
    known: Container[str]
    robots: Robots = field(default_factory=Robots)

    async def of(self, url: str) -> AsyncIterator[Batch]:
        """Batch after batch of what the sitemap at `url` lists, or of those that the site there names.

        WorldError where `url` cannot be asked for, InputError where no sitemap is to be found there.
        """
        waiting = deque((Listed(one), 0) for one in await self._beginnings(url))
        origin, visited = Feed(url=url), {one.url for one, _ in waiting}
        while waiting:
            listed, depth = waiting.popleft()
            try:
                listing = await self._listing(listed.url)
            except (InputError, WorldError) as error:
                yield Batch(trouble=str(error))
                continue
            if depth < DEEPEST:
                further = wanted(listing.sitemaps, url, self.since, visited)[: MOST_SITEMAPS - len(visited)]
                visited |= {one.url for one in further}
                waiting.extend((one, depth + 1) for one in further)
            pages = [one.url for one in wanted(listing.pages, url, self.since, self.known)]
            for start in range(0, len(pages), _BATCH):
                some = pages[start : start + _BATCH]
                batch, origin = await self._read(some, origin, len(pages) - start - len(some))
                yield batch

    async def _beginnings(self, url: str) -> list[str]:
        """The sitemaps to begin with: the one at `url`, or those of the site that is there."""
        if urlsplit(url).path not in ("", "/"):
            return [url]
        named = (await self.robots.rules(self.connections, url, self._rules)).sitemaps
        return [urljoin(url, place) for place in named or (_USUAL_PLACE,)]

    async def _listing(self, url: str) -> Listing:
        if not (await self.robots.rules(self.connections, url, self._rules)).allowed:
            raise InputError(f"{url} may not be read, says the site's robots.txt", step="backfill")
        response = await self.connections.get(url, {"accept": _TYPES})
        if response.status != HTTPStatus.OK:
            raise WorldError(f"{url} answers {response.status}")
        content_type = response.headers.get("content-type", "")
        return await self._elsewhere(lambda: self.parser.listing(response.body, content_type, response.url))

    async def _read(self, urls: list[str], origin: Feed, left: int) -> tuple[Batch, Feed]:
        """What came of these pages, and the origin that remembers what its pages repeat."""
        pages = await Pages(self.connections, self.robots, read=self._page, rules=self._rules).at(urls)
        now, most, articles = self.clock(), self.settings.article_characters, []
        counts = Counter({"not to be had": len(urls) - len(pages)})
        for url, page in pages.items():
            if article := of_page(origin, url, page, since=self.since, now=now, most=most):
                articles.append(article)
            else:
                counts["closed" if page.marks else "older or empty"] += 1
        kept, origin = without_repeats(origin, articles, pages)
        return Batch(tuple(urls), kept, counts, left), origin

    async def _page(self, body: bytes, content_type: str, url: str) -> Entry:
        return await self._elsewhere(lambda: self.parser.page(body, content_type, url))

    async def _rules(self, body: bytes, url: str) -> Rules:
        return await self._elsewhere(lambda: self.parser.robots(body, url))

    async def _elsewhere(self, parse: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, parse)

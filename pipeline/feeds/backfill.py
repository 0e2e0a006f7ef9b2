"""Backfill of a site's past articles from its sitemaps, at the rate that its host allows."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Container, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Final, TypeVar

from pipeline.errors import InputError, WorldError
from pipeline.feeds.pages import Pages
from pipeline.feeds.state import ignored
from pipeline.ingest.items import article, published, without_repeats
from pipeline.ingest.urls import canonical, is_front, site
from pipeline.model import Article, Feed, article_id
from pipeline.model.feed import FeedItem, IdentifiedItem, ParsedSitemap, RobotsRules, SitemapEntry
from pipeline.ports import Clock, HttpSession, PageParser, Robots
from pipeline.settings.sections import Poll
from pipeline.text.http import joined, split

MOST_SITEMAPS: Final = 50_000  # of a site; a sitemap index lists at most as many

DEEPEST: Final = 3  # levels of sitemap indexes


def wanted(listed: Iterable[SitemapEntry], home: str, since: datetime, known: Container[str]) -> list[SitemapEntry]:
    """The listed addresses with possible articles since `since`, the latest first, without `known` addresses.

    They belong to the site at `home`, and none is a front page. An address without a date may have an article of any
    date.
    """
    pages = {
        page.url: page
        for page in listed
        if page.url not in known
        and canonical(page.url)
        and site(page.url) == site(home)
        and not (page.changed and page.changed < since)
        and not is_front(page.url)
    }
    return sorted(pages.values(), key=lambda page: page.changed or since, reverse=True)


def by_address(url: str) -> str:
    """The id of the article at this address, unless its page declares another address."""
    return article_id(canonical_url=canonical(url))


def of_page(origin: Feed, url: str, page: FeedItem, *, since: datetime, now: datetime, most: int) -> Article | None:
    """The article on a page, which alerts nobody; None if the page has no article or an older one."""
    date = published(page, now)
    if not page.text or (date and date < since):
        return None
    address = canonical(page.url) or canonical(url)
    identified = IdentifiedItem(replace(page, url=url), article_id(canonical_url=address), address)
    return article(origin, identified, now=now, most=most, backfill=True)


_TYPES: Final = "application/xml, text/xml;q=0.9, application/gzip;q=0.9, text/plain;q=0.8, */*;q=0.5"

_BATCH: Final = 20  # pages

_USUAL_PLACE: Final = "/sitemap.xml"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of pages: their addresses, their articles, and the number of pages without an article by reason.

    `left` counts the pages of this sitemap that are still to be read; `trouble` is the error of an unreadable sitemap.
    """

    addresses: tuple[str, ...] = ()
    articles: tuple[Article, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    left: int = 0
    trouble: str = ""


@dataclass(slots=True)
class SiteBackfill:
    """A reader of a site's past articles back to `since`, without `known` pages and those that rules `ignore`."""

    connections: HttpSession
    parser: PageParser
    threads: Executor
    settings: Poll
    clock: Clock
    since: datetime
    known: Container[str]
    robots: Robots
    ignore: tuple[str, ...] = ()

    async def batches(self, url: str) -> AsyncIterator[Batch]:
        """Read the pages of the sitemap at `url`, or of the sitemaps that this site declares, batch by batch.

        WorldError if `url` does not respond, InputError if there is no sitemap.
        """
        waiting = deque((SitemapEntry(entry), 0) for entry in await self._beginnings(url))
        rules = Feed(url=url, ignore=self.ignore)
        blocks, visited = "", {entry.url for entry, _ in waiting}
        while waiting:
            listed, depth = waiting.popleft()
            try:
                listing = await self._listing(listed.url)
            except (InputError, WorldError) as error:
                yield Batch(trouble=str(error))
                continue
            if depth < DEEPEST:
                further = wanted(listing.sitemaps, url, self.since, visited)[: MOST_SITEMAPS - len(visited)]
                visited |= {entry.url for entry in further}
                waiting.extend((entry, depth + 1) for entry in further)
            listed_pages = wanted(listing.pages, url, self.since, self.known)
            pages = [entry.url for entry in listed_pages if not ignored(rules, FeedItem(url=entry.url))]
            for start in range(0, len(pages), _BATCH):
                batch_of_pages = pages[start : start + _BATCH]
                batch, blocks = await self._read(
                    rules, batch_of_pages, blocks, len(pages) - start - len(batch_of_pages)
                )
                yield batch

    async def _beginnings(self, url: str) -> list[str]:
        """The first sitemaps: the one at `url`, or those of the site there."""
        if split(url).path not in ("", "/"):
            return [url]
        declared = (await self.robots.rules(self.connections, url, self._rules)).sitemaps
        return [joined(url, place) for place in declared or (_USUAL_PLACE,)]

    async def _listing(self, url: str) -> ParsedSitemap:
        rules = await self.robots.rules(self.connections, url, self._rules)
        if rules.failure:
            raise WorldError(f"{url} is not read, because {rules.failure}")
        if not rules.allowed:
            raise InputError(f"{url} may not be read, says the site's robots.txt", step="backfill")
        response = await self.connections.get(url, {"accept": _TYPES})
        if response.status != HTTPStatus.OK:
            raise WorldError(f"{url} answers {response.status}")
        content_type = response.headers.get("content-type", "")
        return await self._elsewhere(lambda: self.parser.listing(response.body, content_type, response.url))

    async def _read(self, origin: Feed, urls: list[str], blocks: str, left: int) -> tuple[Batch, str]:
        """The batch of these pages, and the blocks that the site's pages repeat."""
        answers = await Pages(self.connections, self.robots, read=self._page, rules=self._rules).at(urls)
        pages = {url: page for url, page in answers.items() if "unread" not in page.marks}
        now, most, articles = self.clock(), self.settings.article_characters, []
        counts = Counter({"not available": len(urls) - len(pages)})
        for url, page in pages.items():
            article = of_page(origin, url, page, since=self.since, now=now, most=most)
            if article and ignored(origin, article):
                counts["left out by rules"] += 1
            elif article:
                articles.append(article)
            else:
                counts["closed" if page.marks else "older or empty"] += 1
        trimmed, blocks = without_repeats(blocks, articles, pages)
        return Batch(tuple(urls), trimmed, counts, left), blocks

    async def _page(self, body: bytes, content_type: str, url: str) -> FeedItem:
        return await self._elsewhere(lambda: self.parser.page(body, content_type, url))

    async def _rules(self, body: bytes, url: str) -> RobotsRules:
        return await self._elsewhere(lambda: self.parser.robots(body, url))

    async def _elsewhere(self, parse: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, parse)

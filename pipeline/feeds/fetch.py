"""One poll of one feed: fetch it, parse it in another process, read the pages of its new items, and build articles."""

import asyncio
import math
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Literal, TypeVar

from pipeline.errors import InputError, WorldError
from pipeline.feeds import recheck
from pipeline.feeds import state as polling
from pipeline.feeds.health import read_pages
from pipeline.feeds.schedule import Meter, MeteredSession
from pipeline.feeds.schedule import meter as new_meter
from pipeline.feeds.state import NewItem, conditions, unreadable
from pipeline.ingest.identity import read_items
from pipeline.ingest.items import article, at_own_address, outlet_of, own_addresses, source, without_repeats
from pipeline.ingest.urls import host, is_front, named_by_page
from pipeline.model import Article, Feed, FeedState, Spending, article_id
from pipeline.model.feed import FeedItem, FeedResponse, ParsedFeed
from pipeline.ports import Clock, FeedParser, HttpSession, Message, Parser, Robots, RobotsRules
from pipeline.settings.sections import Budget, Poll
from pipeline.text.http import lifetime, links, retry_after

_FEED_TYPES = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"


async def look(connections: HttpSession, state: FeedState, now: datetime) -> FeedResponse:
    """The server's response of any status to a conditional request; WorldError if the server does not respond."""
    headers = {"accept": _FEED_TYPES} | conditions(state, now)
    response = await connections.get(state.location or state.url, headers)
    response_headers: Mapping[str, str] = response.headers
    named = links(response_headers.get("link", ""))
    return FeedResponse(
        status=response.status,
        url=response.url,
        body=response.body,
        content_type=response_headers.get("content-type", ""),
        etag=response_headers.get("etag", ""),
        last_modified=response_headers.get("last-modified", ""),
        moved=response.moved,
        retry_after=retry_after(response_headers.get("retry-after", ""), now),
        lifetime=lifetime(response_headers, now),
        hub=named.get("hub", ""),
        topic=named.get("self", ""),
    )


_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"

_CLOSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN, 451})

_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})

_PAYWALL = FeedItem(whole=False, marks=("paywall",))

_ROBOTS = FeedItem(whole=False, marks=("robots",))

_UNREAD = FeedItem(whole=False, marks=("unread",))

_UNCHANGED = FeedItem(whole=False)


@dataclass(frozen=True, slots=True)
class Pages:
    """The means to fetch pages; `read` and `rules` parse in another process. No page is fetched once it `is_spent`."""

    connections: HttpSession
    robots: Robots
    read: Callable[[bytes, str, str], Awaitable[FeedItem]]
    rules: Callable[[bytes, str], Awaitable[RobotsRules]]
    is_spent: Callable[[], bool] = lambda: False

    async def at(
        self, urls: Iterable[str], conditions: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    ) -> dict[str, FeedItem]:
        """The articles at these addresses, fetched from several hosts at once; those that fail for now are left out.

        An article behind a paywall or forbidden by robots.txt has no text and the mark "paywall" or "robots", a page
        that holds no article the mark "unread". A page that has not changed, by the `conditions` of its address, has
        no text and no mark.
        """
        hosts = defaultdict(list)
        for url in dict.fromkeys(urls):
            hosts[host(url)].append(url)
        by_host = await asyncio.gather(*(self._of_host(urls, conditions) for urls in hosts.values()))
        return {url: entry for pages in by_host for url, entry in pages.items()}

    async def _of_host(self, urls: Sequence[str], conditions: Mapping[str, Mapping[str, str]]) -> dict[str, FeedItem]:
        """Fetch one page after the other, until the host asks for fewer requests."""
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
        headers = response.headers
        entry = await self.read(response.body, headers.get("content-type", ""), response.url)
        return replace(
            entry,
            url=entry.url or named_by_page(response.url, response.url),
            validators=(headers.get("etag", ""), headers.get("last-modified", "")),
        )


T = TypeVar("T")

PollOutcome = Literal["changed", "unchanged", "failed", "pushed"]


@dataclass(frozen=True, slots=True)
class PollResult:
    """The outcome of a poll: the feed's new state, its new articles, and in `error` what went wrong or ''.

    `status` is the server's, 0 without a response; `dead` is the dead letter of a body that cannot be parsed; `used` is
    what the poll used of the feed's budget.
    """

    state: FeedState
    articles: tuple[Article, ...] = ()
    status: int = 0
    error: str = ""
    dead: Message | None = None
    used: Spending = field(default_factory=Spending)

    @property
    def result(self) -> PollOutcome:
        """The outcome in one word."""
        if self.error:
            return "failed"
        return "changed" if self.articles else "unchanged"


@dataclass(frozen=True, slots=True)
class FeedFetcher:
    """The means to poll feeds; `threads` wait for the parser's processes.

    `last` returns the last revision of an article on the record; without it, no page is read recheck.
    """

    connections: HttpSession
    parser: Parser
    threads: Executor
    settings: Poll
    clock: Clock
    robots: Robots
    last: Callable[[str], Article | None] | None = None
    budget: Budget = field(default_factory=Budget)
    meter: Meter = field(default_factory=lambda: Meter(math.inf, sys.maxsize))

    async def at(self, feed: Feed, state: FeedState) -> PollResult:
        """Poll the feed, then read again the pages that may have been corrected.

        Trouble with the feed is in the outcome; WorldError is trouble with our own machine.
        """
        metered = self._metered(state)
        outcome = await metered._look(feed, state)
        if not outcome.error:
            outcome = await metered._corrections(outcome)
        return metered._measured(outcome)

    async def pushed(self, feed: Feed, state: FeedState, response: FeedResponse) -> PollResult:
        """Read what the feed's hub pushed. A body that cannot be parsed is a dead letter, not a failure of the feed."""
        metered = self._metered(state)
        metered.meter.bytes += len(response.body)
        outcome = metered._measured(await metered._read(feed, state, response))
        if not outcome.error:
            return outcome
        remembered = replace(state, seen=outcome.state.seen, push=replace(state.push, proven=False))
        return replace(outcome, state=remembered)

    def _metered(self, state: FeedState) -> "FeedFetcher":
        meter = new_meter(state, self.budget, self.clock())
        return replace(self, connections=MeteredSession(self.connections, meter), meter=meter)

    def _measured(self, outcome: PollResult) -> PollResult:
        used = Spending(cpu=sum(self.meter.seconds), bytes=self.meter.bytes, articles=len(outcome.articles))
        return replace(outcome, used=used)

    async def _corrections(self, outcome: PollResult) -> PollResult:
        """The outcome with the articles whose pages have changed since they were read."""
        state, now, last, times = outcome.state, self.clock(), self.last, self.settings.again
        readings = recheck.due(state, now) if last else []
        if not readings or last is None:
            return outcome
        pages = await self._pages().at(
            [reading.url for reading in readings], {reading.url: reading.conditions for reading in readings}
        )
        corrected = []
        for reading in readings:
            page = pages.get(reading.url)
            if not page or not page.text:
                continue
            try:
                known = await self._elsewhere(partial(last, reading.article))
            except WorldError:
                return outcome  # the record is away for now: these pages stay due
            if known and (article := recheck.corrected(known, page, state, now, self.settings.article_characters)):
                corrected.append(article)
        state = recheck.done(state, readings, pages, times, now)
        return replace(outcome, state=state, articles=(*outcome.articles, *corrected))

    async def _look(self, feed: Feed, state: FeedState) -> PollResult:
        now = self.clock()
        try:
            response = await look(self.connections, state, now)
        except WorldError as error:
            return self._failed(state, str(error), None)
        if response.status == HTTPStatus.GONE and not state.location:
            over = polling.gone(state, self.clock())
            return PollResult(over, status=response.status, error=over.last_error)
        if wrong := polling.trouble(state, response, now):
            return self._failed(state, wrong, response)
        if polling.is_unchanged(state, response):
            return PollResult(
                polling.succeeded(state, response, None, self.clock(), self.settings), status=response.status
            )
        return await self._read(feed, state, response)

    def _failed(self, state: FeedState, wrong: str, response: FeedResponse | None) -> PollResult:
        after = polling.failed(state, wrong, response, self.clock(), self.settings)
        return PollResult(after, status=after.status, error=after.last_error)

    async def _read(self, feed: Feed, state: FeedState, response: FeedResponse) -> PollResult:
        now = self.clock()
        try:
            contents = await self._elsewhere(
                lambda: self.parser.feed(response.body, response.content_type, response.url, read_items(state.items))
            )
        except InputError as error:
            after = polling.failed(state, str(error), response, now, self.settings)
            after, dead = unreadable(after, response.body, response.content_type, str(error), now)
            return PollResult(after, status=response.status, error=after.last_error, dead=dead)
        return await self._articles(_ReadBody(feed, state, response, contents, now))

    async def _articles(self, body: "_ReadBody") -> PollResult:
        news = await self._elsewhere(lambda: news_in(body.feed, body.state, body.contents, body.now))
        urls = [new.identified.entry.url for new in news if polling.wants_page(body.feed, new)]
        pages = await self._pages().at(urls)
        return await self._elsewhere(lambda: self._result(body, news, pages))

    def _result(self, body: "_ReadBody", news: Sequence[NewItem], pages: Mapping[str, FeedItem]) -> PollResult:
        """The articles of the news and the state after them; of thousands of entries, this takes seconds."""
        feed, state, now = body.feed, body.state, body.now
        addresses = own_addresses(state.known, [new.identified for new in news], pages)
        ids = {old: article_id(canonical_url=url) for old, url in addresses.items()}
        after = polling.succeeded(state, body.response, body.contents, now, self.settings, ids=ids)
        if news and not after.outlet:
            after = replace(
                after, outlet=outlet_of(pages) or source(replace(polling.described(feed, after), source=""))
            )
        articles = [
            article(
                polling.described(feed, after),
                at_own_address(new.identified, addresses),
                now=now,
                most=self.settings.article_characters,
                page=pages.get(new.identified.entry.url),
                backfill=new.backfill,
            )
            for new in news
        ]
        articles = [article for article in articles if not polling.ignored(feed, article)]  # by a page's section
        cleaned, blocks = without_repeats(after.blocks, articles, pages)
        after = replace(after, blocks=blocks, pages=read_pages(after.pages, pages.values()))
        after = recheck.noted(after, cleaned, pages, self.settings.again)
        return PollResult(after, cleaned, body.response.status)

    def _pages(self) -> Pages:
        return Pages(
            self.connections,
            self.robots,
            read=lambda body, content_type, url: self._elsewhere(lambda: self.parser.page(body, content_type, url)),
            rules=lambda body, url: self._elsewhere(lambda: self.parser.robots(body, url)),
            is_spent=self.meter.is_spent,
        )

    async def _elsewhere(self, parse: Callable[[], T]) -> T:
        """The result of a call in a thread, so that no feed delays the loop in which all feeds are polled."""

        def measured() -> T:
            try:
                return parse()
            finally:
                self.meter.seconds.append(self.parser.cost())

        return await asyncio.get_running_loop().run_in_executor(self.threads, measured)


@dataclass(frozen=True, slots=True)
class _ReadBody:
    """A body of a feed that was parsed, with the state before it."""

    feed: Feed
    state: FeedState
    response: FeedResponse
    contents: ParsedFeed
    now: datetime


def news_in(feed: Feed, state: FeedState, contents: ParsedFeed, now: datetime) -> list[NewItem]:
    """The items of a body that were not sent on before and that no rule of the feed leaves out."""
    return [new for new in polling.fresh(state, contents, now) if not polling.ignored(feed, new.identified.entry)]


def reread(
    feed: Feed, state: FeedState, body: bytes, content_type: str, parser: FeedParser, *, settings: Poll, now: datetime
) -> list[Article]:
    """The articles of a dead letter's body that were not sent on since; InputError if it still cannot be parsed.

    Linked pages are not fetched.
    """
    contents: ParsedFeed = parser.feed(body, content_type, state.location or state.url)
    news = news_in(feed, state, contents, now)
    most, origin = settings.article_characters, polling.described(feed, state)
    return [article(origin, new.identified, now=now, most=most, backfill=new.backfill) for new in news]

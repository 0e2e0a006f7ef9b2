"""One poll of one feed: fetch it, parse it in another process, read the pages of its new items, and build articles."""

import asyncio
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Literal, TypeVar

from pipeline.errors import InputError, WorldError
from pipeline.feeds import recheck
from pipeline.feeds import state as polling
from pipeline.feeds.health import read_pages
from pipeline.feeds.outgoing import file_dead_letter, unreadable
from pipeline.feeds.pages import Pages, newest, without_known_pages
from pipeline.feeds.schedule import Meter, MeteredSession
from pipeline.feeds.schedule import meter as new_meter
from pipeline.feeds.state import NewItem, conditions
from pipeline.ingest.identity import read_items
from pipeline.ingest.items import (
    article,
    at_own_address,
    outlet_of,
    own_addresses,
    source,
    without_repeats,
)
from pipeline.ingest.posts import live_updates, own_posts
from pipeline.model import EPOCH, Article, Feed, FeedState, Spending, article_id
from pipeline.model.feed import FeedItem, FeedResponse, IdentifiedItem, ParsedFeed
from pipeline.ports import Clock, FeedParser, HttpSession, Message, Parser, Response, Robots
from pipeline.settings.sections import Budget, Poll
from pipeline.sources import Exchange, Inbox
from pipeline.text.http import lifetime, links, retry_after, split

_FEED_TYPES = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"


async def look(connections: HttpSession, state: FeedState, now: datetime) -> FeedResponse:
    """The server's response of any status to a conditional request; WorldError if the server does not respond."""
    headers = {"accept": _FEED_TYPES} | conditions(state, now)
    response = await connections.get(state.location or state.url, headers)
    response_headers: Mapping[str, str] = response.headers
    declared = links(response_headers.get("link", ""))
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
        hub=declared.get("hub", ""),
        topic=declared.get("self", ""),
    )


_MOST_LISTED = 1_000  # articles of these sitemaps

T = TypeVar("T")

PollOutcome = Literal["changed", "unchanged", "failed", "pushed"]


@dataclass(frozen=True, slots=True)
class PollResult:
    """The outcome of a poll: the feed's new state, its new articles, and the `error`, or ''.

    `status` is the server's, 0 without a response; `dead` are the dead letters of what cannot be parsed; `used` is the
    poll's use of the feed's budget. `evidence` has the id of each article with the response from which it was read.
    """

    state: FeedState
    articles: tuple[Article, ...] = ()
    status: int = 0
    error: str = ""
    dead: tuple[Message, ...] = ()
    used: Spending = field(default_factory=Spending)
    evidence: tuple[tuple[str, Exchange], ...] = ()

    @property
    def result(self) -> PollOutcome:
        """The outcome in one word."""
        if self.error:
            return "failed"
        return "changed" if self.articles else "unchanged"


@dataclass(frozen=True, slots=True)
class FeedFetcher:
    """A poller of single feeds; `threads` wait for the parser's processes.

    `inboxes` read addresses of other schemes than HTTP. `last` returns the last revision of an article on record;
    without it, no page is rechecked. `names` returns the name of an actor, '' for an unknown id. With `evidence`, the
    outcome has the responses of the articles; `exchanges` are all responses of one poll, the feed's first.
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
    inboxes: Mapping[str, Inbox] = field(default_factory=dict)
    names: Callable[[str], str] = lambda actor: ""
    evidence: bool = False
    exchanges: dict[str, Exchange] = field(default_factory=dict)

    async def at(self, feed: Feed, state: FeedState) -> PollResult:
        """Poll the feed, then recheck the pages that may have been corrected.

        Trouble with the feed is in the outcome; a WorldError is trouble with our own machine.
        """
        feed = polling.with_rules(feed, self.settings)
        if inbox := self.inboxes.get(split(feed.url).scheme):
            return await self._collect(inbox, feed, state)
        metered = self._metered(state)
        outcome = await metered._look(feed, state)
        if not outcome.error:
            outcome = await metered._corrections(outcome)
        return metered._measured(outcome)

    async def pushed(self, feed: Feed, state: FeedState, response: FeedResponse) -> PollResult:
        """Read a push from the feed's hub. A body that cannot be parsed is a dead letter, not a failure of the feed."""
        metered = self._metered(state)
        metered.meter.bytes += len(response.body)
        feed = polling.with_rules(feed, self.settings)
        pushed = Response(response.status, {"content-type": response.content_type}, response.body, response.url)
        metered._note(response.url, pushed)
        outcome = metered._measured(await metered._read_body(feed, state, response))
        if not outcome.error:
            return outcome
        remembered = replace(state, seen=outcome.state.seen, push=replace(state.push, proven=False))
        return replace(outcome, state=remembered)

    async def _collect(self, inbox: Inbox, feed: Feed, state: FeedState) -> PollResult:
        """Read the arrivals in an inbox since the last poll."""
        try:
            collect = partial(inbox.read, feed, state.etag, first=not state.polled)
            arrivals = await asyncio.to_thread(collect)
        except WorldError as error:
            return self._failed(state, str(error), None)
        now = self.clock()
        updated = polling.collected(state, arrivals, now, self.settings)
        articles = tuple(article for article in arrivals.articles if not polling.ignored(feed, article))
        dead = tuple(file_dead_letter(failure, now) for failure in arrivals.failures)
        used = Spending(cpu=arrivals.cpu, bytes=arrivals.bytes, articles=len(articles))
        return PollResult(updated, articles, dead=dead, used=used)

    def _metered(self, state: FeedState) -> "FeedFetcher":
        """This fetcher with meters for one poll. A first poll alerts nobody, so it needs no evidence."""
        meter = new_meter(state, self.budget, self.clock())
        poll = replace(self, meter=meter, exchanges={}, evidence=self.evidence and state.polled)
        return replace(poll, connections=MeteredSession(self.connections, meter, poll._note))

    def _note(self, url: str, response: Response) -> None:
        """Remember a response until the end of the poll if the settings want evidence."""
        if self.evidence:
            self.exchanges[url] = Exchange(url, response, self.clock())

    def _measured(self, outcome: PollResult) -> PollResult:
        used = Spending(cpu=sum(self.meter.seconds), bytes=self.meter.bytes, articles=len(outcome.articles))
        read_from = ((article.id, self._source_of(article)) for article in outcome.articles if not article.backfill)
        evidence = tuple((article, exchange) for article, exchange in read_from if exchange)
        return replace(outcome, used=used, evidence=evidence)

    def _source_of(self, article: Article) -> Exchange | None:
        """The response with the page of the article or of its live blog if it was read, else that with the feed."""
        page = self.exchanges.get(article.url) or self.exchanges.get(article.url.partition("#")[0])
        if page and page.response.status == HTTPStatus.OK:
            return page
        return next(iter(self.exchanges.values()), None)

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
            if not page or not (page.text or page.updates):
                continue
            try:
                latest = await self._elsewhere(partial(last, reading.article))
            except WorldError:
                return outcome  # the index is away at the moment: these pages stay due
            if latest and page.updates:
                since = datetime.fromtimestamp(reading.live, UTC)
                corrected += live_updates(latest, page, since, now, self.settings.article_characters)
            elif latest and (article := recheck.corrected(latest, page, state, now, self.settings.article_characters)):
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
        return await self._read_body(feed, state, response)

    def _failed(self, state: FeedState, wrong: str, response: FeedResponse | None) -> PollResult:
        updated = polling.failed(state, wrong, response, self.clock(), self.settings)
        return PollResult(updated, status=updated.status, error=updated.last_error)

    async def _read_body(self, feed: Feed, state: FeedState, response: FeedResponse) -> PollResult:
        now = self.clock()
        try:
            contents = await self._elsewhere(lambda: _contents(self.parser, feed, state, response))
            contents = self._by_owner(feed, contents)
        except InputError as error:
            updated = polling.failed(state, str(error), response, now, self.settings)
            if feed.links or feed.account:  # the page is no feed, so it cannot be read later either
                return PollResult(updated, status=response.status, error=updated.last_error)
            updated, dead = unreadable(updated, response.body, response.content_type, str(error), now)
            return PollResult(updated, status=response.status, error=updated.last_error, dead=(dead,) if dead else ())
        if contents.sitemaps and not contents.entries:
            try:
                contents = await self._listed(contents, response.url)
            except (InputError, WorldError) as error:
                return self._failed(state, str(error), response)
            response = replace(response, body=b"", etag="", last_modified="")  # the index may stay the same
        return await self._articles(_ReadBody(feed, state, response, contents, now))

    def _by_owner(self, feed: Feed, contents: ParsedFeed) -> ParsedFeed:
        """The posts of an account as statements of its owner; InputError if nobody of that id is tracked."""
        if not feed.account:
            return contents
        name = self.names(feed.account)
        if not name:
            raise InputError(f"{feed.url} is the account of {feed.account!r}, who is not tracked", step="parse")
        return replace(contents, entries=own_posts(feed, contents.entries, name))

    async def _listed(self, index: ParsedFeed, url: str) -> ParsedFeed:
        """The articles of the newest news sitemaps that the index at `url` lists."""
        sitemaps = list[ParsedFeed]()
        troubles: list[InputError | WorldError] = [InputError(f"{url} lists no news sitemap of its site", step="parse")]
        for sitemap in newest(index.sitemaps, url):
            try:
                sitemaps.append(await self._news_sitemap(sitemap.url))
            except (InputError, WorldError) as error:
                troubles.append(error)
        if not sitemaps:
            raise troubles[-1]
        entries = {entry.url: entry for contents in sitemaps for entry in contents.entries}
        return replace(sitemaps[0], entries=tuple(entries.values())[:_MOST_LISTED], sitemaps=())

    async def _news_sitemap(self, url: str) -> ParsedFeed:
        response = await self.connections.get(url, {"accept": _FEED_TYPES})
        if response.status != HTTPStatus.OK:
            raise WorldError(f"{url} answers {response.status}")
        content_type = response.headers.get("content-type", "")
        return await self._elsewhere(lambda: self.parser.feed(response.body, content_type, response.url))

    async def _articles(self, body: "_ReadBody") -> PollResult:
        news = await self._elsewhere(lambda: news_in(body.feed, body.state, body.contents, body.now))
        transcripts = await self._transcripts(body.feed, news)
        linked = (new.identified.entry for new in news if polling.wants_page(body.feed, new))
        pages = await self._pages().at([entry.url for entry in linked if entry.transcript not in transcripts])
        return await self._elsewhere(lambda: self._result(body, news, pages, transcripts))

    def _result(
        self,
        body: "_ReadBody",
        news: Sequence[NewItem],
        pages: Mapping[str, FeedItem],
        transcripts: Mapping[str, FeedItem],
    ) -> PollResult:
        """The articles of new items and the state after them; thousands of items take seconds."""
        feed, state, now, most = body.feed, body.state, body.now, self.settings.article_characters
        pages = without_known_pages(pages, state.blocks)
        addresses = own_addresses(state.known, [new.identified for new in news], pages)
        ids = {old: article_id(canonical_url=url) for old, url in addresses.items()}
        updated = polling.succeeded(state, body.response, body.contents, now, self.settings, ids=ids)
        if news and not updated.outlet:
            updated = replace(
                updated, outlet=outlet_of(pages) or source(replace(polling.described(feed, updated), source=""))
            )
        articles = [
            article(
                polling.described(feed, updated),
                at_own_address(_untitled(new.identified, pages) if feed.links else new.identified, addresses),
                now=now,
                most=most,
                page=transcripts.get(new.identified.entry.transcript) or pages.get(new.identified.entry.url),
                backfill=new.backfill,
            )
            for new in news
        ]
        articles = [article for article in articles if not polling.ignored(feed, article)]  # by a page's section
        updates = [
            update
            for article in articles
            if article.url in pages
            for update in live_updates(article, pages[article.url], EPOCH, now, most)
        ]
        cleaned, blocks = without_repeats(updated.blocks, articles, pages)
        updated = replace(updated, blocks=blocks, pages=read_pages(updated.pages, pages.values()))
        updated = recheck.noted(updated, cleaned, pages, self.settings.again)
        return PollResult(updated, (*cleaned, *updates), body.response.status)

    async def _transcripts(self, feed: Feed, news: Sequence[NewItem]) -> dict[str, FeedItem]:
        """The transcripts that items name, by their addresses, without those that cannot be read."""
        stated = {new.identified.entry.transcript for new in news if feed.full_text != "never"} - {""}
        transcripts = await replace(self._pages(), read=self._transcript).at(stated)
        return {url: entry for url, entry in transcripts.items() if entry.text}

    async def _transcript(self, body: bytes, content_type: str, url: str) -> FeedItem:
        if "html" in content_type:
            return await self._elsewhere(lambda: self.parser.page(body, content_type, url))
        return await self._elsewhere(lambda: self.parser.transcript(body, url))

    def _pages(self) -> Pages:
        return Pages(
            self.connections,
            self.robots,
            read=lambda body, content_type, url: self._elsewhere(lambda: self.parser.page(body, content_type, url)),
            rules=lambda body, url: self._elsewhere(lambda: self.parser.robots(body, url)),
            is_spent=self.meter.is_spent,
        )

    async def _elsewhere(self, parse: Callable[[], T]) -> T:
        """The result of a call in a thread, so that no feed delays the loop of all polls."""

        def measured() -> T:
            try:
                return parse()
            finally:
                self.meter.seconds.append(self.parser.cost())

        return await asyncio.get_running_loop().run_in_executor(self.threads, measured)


@dataclass(frozen=True, slots=True)
class _ReadBody:
    """A parsed body of a feed, with the feed's state before it."""

    feed: Feed
    state: FeedState
    response: FeedResponse
    contents: ParsedFeed
    now: datetime


def news_in(feed: Feed, state: FeedState, contents: ParsedFeed, now: datetime) -> list[NewItem]:
    """The new items of a body without those that the feed's rules leave out."""
    return [new for new in polling.fresh(state, contents, now) if not polling.ignored(feed, new.identified.entry)]


def _untitled(identified: IdentifiedItem, pages: Mapping[str, FeedItem]) -> IdentifiedItem:
    """The item without its link's text, which is seldom just the title, if the page has a title."""
    page = pages.get(identified.entry.url)
    return replace(identified, entry=replace(identified.entry, title="")) if page and page.title else identified


def _contents(parser: FeedParser, feed: Feed, state: FeedState, response: FeedResponse) -> ParsedFeed:
    """The items of the response: those of a feed, or the links of a page without one."""
    if feed.links:
        return parser.section(response.body, response.content_type, response.url, feed.links)
    return parser.feed(response.body, response.content_type, response.url, read_items(state.items))


def reread(
    feed: Feed, state: FeedState, body: bytes, content_type: str, parser: FeedParser, *, settings: Poll, now: datetime
) -> list[Article]:
    """The articles of a dead letter's body that have not arrived since; InputError if it still cannot be parsed.

    Linked pages are not fetched.
    """
    feed, url = polling.with_rules(feed, settings), state.location or state.url
    contents = _contents(
        parser, feed, replace(state, items=""), FeedResponse(status=200, url=url, body=body, content_type=content_type)
    )
    news = news_in(feed, state, contents, now)
    most, origin = settings.article_characters, polling.described(feed, state)
    return [article(origin, new.identified, now=now, most=most, backfill=new.backfill) for new in news]

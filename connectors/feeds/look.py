"""One look at one feed: fetched, read in another process, and made into articles."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Literal, TypeVar

from connectors.feeds import fetch
from connectors.feeds.pages import Pages
from connectors.feeds.workers import Parser
from connectors.http import Connections
from connectors.robots import Robots
from pipeline import again, polling
from pipeline.entries import Contents, article
from pipeline.errors import InputError, WorldError
from pipeline.model import Article, Feed, article_id
from pipeline.pages import at_own_address, own_addresses, without_repeats
from pipeline.polling import Answer
from pipeline.ports import Clock, Message
from pipeline.settings import Poll
from pipeline.unreadable import unreadable

T = TypeVar("T")
Result = Literal["changed", "unchanged", "failed", "pushed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a look came to: the feed as it is now, what is to be appended, and in `error` what went wrong or ''.

    `status` is what the server answered, 0 where nothing did; `dead` is the dead letter of a body that cannot be read.
    """

    feed: Feed
    articles: tuple[Article, ...] = ()
    status: int = 0
    error: str = ""
    dead: Message | None = None

    @property
    def result(self) -> Result:
        """What the look came to in one word."""
        if self.error:
            return "failed"
        return "changed" if self.articles else "unchanged"


@dataclass(frozen=True, slots=True)
class Look:
    """What it takes to look at feeds; `threads` wait for the parser's processes.

    `last` gives the last revision of an article that is on the record; without it, no page is read again.
    """

    connections: Connections
    parser: Parser
    threads: Executor
    settings: Poll
    clock: Clock
    robots: Robots = field(default_factory=Robots)
    last: Callable[[str], Article | None] | None = None

    async def at(self, feed: Feed) -> Outcome:
        """One look, and one at pages that may have been corrected.

        Trouble with the feed is in the outcome; WorldError is trouble with our own machine.
        """
        outcome = await self._look(feed)
        return outcome if outcome.error else await self._corrections(outcome)

    async def pushed(self, feed: Feed, answer: Answer) -> Outcome:
        """What the feed's hub has sent. What cannot be read is a dead letter, and no failure of the feed."""
        outcome = await self._read(feed, answer)
        if not outcome.error:
            return outcome
        return replace(outcome, feed=replace(feed, seen=outcome.feed.seen, push=replace(feed.push, proven=False)))

    async def _corrections(self, outcome: Outcome) -> Outcome:
        """The outcome with the articles whose pages, read again, have changed."""
        feed, now, last, times = outcome.feed, self.clock(), self.last, self.settings.again
        readings = again.due(feed, now) if last else []
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
            if known and (one := again.corrected(known, page, feed, now, self.settings.article_characters)):
                corrected.append(one)
        feed = again.done(feed, readings, pages, times, now)
        return replace(outcome, feed=feed, articles=(*outcome.articles, *corrected))

    async def _look(self, feed: Feed) -> Outcome:
        now = self.clock()
        try:
            answer = await fetch.look(self.connections, feed, now)
        except WorldError as error:
            return self._failed(feed, str(error), None)
        if answer.status == HTTPStatus.GONE and not feed.location:
            over = polling.gone(feed, self.clock())
            return Outcome(over, status=answer.status, error=over.last_error)
        if wrong := polling.trouble(feed, answer, now):
            return self._failed(feed, wrong, answer)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return Outcome(polling.succeeded(feed, answer, None, self.clock(), self.settings), status=answer.status)
        return await self._read(feed, answer)

    def _failed(self, feed: Feed, wrong: str, answer: Answer | None) -> Outcome:
        looked = polling.failed(feed, wrong, answer, self.clock(), self.settings)
        return Outcome(looked, status=looked.status, error=looked.last_error)

    async def _read(self, feed: Feed, answer: Answer) -> Outcome:
        now = self.clock()
        try:
            contents = await self._elsewhere(lambda: self.parser.feed(answer.body, answer.content_type, answer.url))
        except InputError as error:
            looked = polling.failed(feed, str(error), answer, now, self.settings)
            looked, dead = unreadable(looked, answer.body, answer.content_type, str(error), now)
            return Outcome(looked, status=answer.status, error=looked.last_error, dead=dead)
        return await self._articles(feed, answer, contents, now)

    async def _articles(self, feed: Feed, answer: Answer, contents: Contents, now: datetime) -> Outcome:
        news = polling.fresh(feed, contents, now)
        pages = await self._pages().at(one.found.entry.url for one in news if polling.wants_page(feed, one))
        addresses = own_addresses(feed, [one.found for one in news], pages)
        ids = {old: article_id(canonical_url=url) for old, url in addresses.items()}
        looked = polling.succeeded(feed, answer, contents, now, self.settings, ids=ids)
        articles = [
            article(
                looked,
                at_own_address(one.found, addresses),
                now=now,
                most=self.settings.article_characters,
                page=pages.get(one.found.entry.url),
                backfill=one.backfill,
            )
            for one in news
        ]
        cleaned, looked = without_repeats(looked, articles, pages)
        return Outcome(again.noted(looked, cleaned, pages, self.settings.again), cleaned, answer.status)

    def _pages(self) -> Pages:
        return Pages(
            self.connections,
            self.robots,
            read=lambda body, content_type, url: self._elsewhere(lambda: self.parser.page(body, content_type, url)),
            rules=lambda body, url: self._elsewhere(lambda: self.parser.robots(body, url)),
        )

    async def _elsewhere(self, parse: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, parse)


def reread(
    feed: Feed, body: bytes, content_type: str, parser: Parser, *, settings: Poll, now: datetime
) -> list[Article]:
    """The articles of a body that was a dead letter, those sent on since left out; InputError where it is still one.

    Pages that entries lead to are not fetched.
    """
    contents: Contents = parser.feed(body, content_type, feed.location or feed.url)
    news = polling.fresh(feed, contents, now)
    most = settings.article_characters
    return [article(feed, one.found, now=now, most=most, backfill=one.backfill) for one in news]

"""The poller: polls each feed when it is due, appends its new articles to the log, then saves the feed's state.

Delivery is at least once: a feed is saved after its articles are durable, so a crash in between sends them again, and
the pipeline drops the copies. After an error of the log or the desk (a full disk) nothing is marked as seen, and the
poller backs off.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import RLock
from typing import Any, Final

from connectors.feeds.parser import Parser
from connectors.http.client import HttpClient
from pipeline.codec import encode
from pipeline.errors import InputError, WorldError
from pipeline.feeds import schedule as pace
from pipeline.feeds import state as polling
from pipeline.feeds.fetch import FeedFetcher, PollOutcome, PollResult
from pipeline.feeds.health import notice
from pipeline.feeds.subscriptions import Subscriber
from pipeline.feeds.websub import asked, is_due
from pipeline.model import Alert, Article, Feed
from pipeline.ports import ARTICLES, DEAD_LETTERS, Assignment, Clock, Desk, Log, Message, SoleOwner
from pipeline.run.loop import RepeatedErrorLog
from pipeline.run.steps import arrived, refused
from pipeline.settings import Settings

_SHARE_OF_READING: Final = 10  # reading ten thousand feeds anew takes seconds: at most a tenth of the time goes into it

logger = logging.getLogger("onrecord.poll")


class FeedStore:
    """The desk's feeds as one poller knows them. Safe to use from several threads.

    `compare` is told the feeds before and after each time that they are read anew; `saved` is called after something
    was saved. `faulty` gives what is saved of a feed whose looks have learned something that cannot be saved.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        compare: Callable[[Mapping[str, Feed], Mapping[str, Feed]], None],
        saved: Callable[[], None],
        faulty: Callable[[Feed, str], Feed],
    ) -> None:
        self._desk = desk
        self._compare = compare
        self._saved = saved
        self._faulty = faulty
        self._saving = RLock()
        self._feeds: dict[str, Feed] = {}
        self._version = -1  # of the desk's feeds that `_feeds` are
        self._reading_due = 0.0  # monotonic time from which they may be read anew
        self._unsaved: dict[str, Feed] = {}

    def learned(self, feed: Feed) -> None:
        """Keep what a look has learned, until it is saved."""
        self._unsaved[feed.id] = feed

    def hurry(self) -> None:
        """Let the desk's feeds be read anew, where they have changed, however short ago that was."""
        self._reading_due = 0.0

    def save(self) -> list[Feed]:
        """All feeds, after saving what the looks have learned. One that was removed meanwhile stays so.

        None while somebody else's changes wait to be read: they must not be written over.
        """
        with self._saving:
            if not self._up_to_date():
                return []
            looked = dict(self._unsaved)
            changed = {key: self._savable(self._feeds[key], feed) for key, feed in looked.items() if key in self._feeds}
            if changed:
                self._desk.save(*changed.values())
                self._version += 1  # ours; if another came between, the number is not met and all are read again
                self._feeds |= changed
                self._saved()
            for key, feed in looked.items():
                if self._unsaved[key] is feed:
                    del self._unsaved[key]
            return [*self._feeds.values()]

    def _savable(self, known: Feed, looked: Feed) -> Feed:
        """The feed with what its look has learned; where that cannot be encoded, the feed alone has failed."""
        changed = polling.with_memory(known, looked)
        try:
            encode(changed)
        except ValueError as error:
            logger.exception("%s: what a look has learned cannot be saved", known.url)
            return self._faulty(known, f"{type(error).__name__}: {error}")
        return changed

    def _up_to_date(self) -> bool:
        """Whether the feeds are those of the desk. They are read anew where not, for at most a tenth of the time."""
        version = self._desk.version(Feed)
        if version == self._version:
            return True
        started = time.monotonic()
        if started < self._reading_due:
            return False
        before, self._feeds = self._feeds, {feed.id: feed for feed in self._desk.all(Feed)}
        self._compare(before, self._feeds)
        self._version = version
        ended = time.monotonic()
        self._reading_due = ended + _SHARE_OF_READING * (ended - started)
        return True


def send(log: Log, outcome: PollResult, clock: Clock) -> None:
    """Append its articles, and the body of a feed that could not be read to the dead letters."""
    if outcome.dead:
        log.append(DEAD_LETTERS, [outcome.dead])
    if outcome.articles:
        _append(log, [arrived(article) for article in outcome.articles], clock)


def _append(log: Log, messages: Sequence[Message], clock: Clock) -> None:
    """Append them; each that the log refuses as too large goes to the dead letters without its bytes."""
    try:
        log.append(ARTICLES, messages)
    except InputError as error:
        if len(messages) > 1:
            for message in messages:
                _append(log, [message], clock)
            return
        logger.warning("%s", error)
        log.append(DEAD_LETTERS, [refused(messages[0], ARTICLES, error, clock())])


_MOST_AT_ONCE = 100

_TICK = 0.5  # seconds

_LONGEST_PAUSE = 60.0

_HANDING_OVER = 15.0  # seconds that other pollers wait for the looks under way


class Poller:
    """Follows the feeds of a desk. Its methods may be called in any thread that runs no event loop.

    `count` is called with the outcome of each poll once its articles are in the log, `tell` with a notice of each feed
    that falls silent, fails or recovers. `last` is an argument of `FeedFetcher`. `share` assigns hosts to pollers where
    several pollers work side by side.
    """

    def __init__(
        self,
        desk: Desk,
        log: Log,
        outside: HttpClient,
        parser: Parser,
        *,
        settings: Settings,
        clock: Clock,
        count: Callable[[PollOutcome], object] = lambda _: None,
        tell: Callable[[Alert], object] = lambda _: None,
        last: Callable[[str], Article | None] | None = None,
        share: Assignment | None = None,
    ) -> None:
        self._desk = desk
        self._log = log
        self._outside = outside
        self._parser = parser
        self._settings = settings
        self._clock = clock
        self._count = count
        self._tell = tell
        self._last = last
        self._share = share or SoleOwner()
        self._under_way: dict[str, asyncio.Task[None]] = {}  # by host, as each is asked for one feed at a time
        self._trouble = RepeatedErrorLog("poller", logger)  # with log or desk
        self._subscriber = Subscriber(log, settings, clock)
        self._followed = FeedStore(
            desk, compare=self._subscriber.compare, saved=self._trouble.over, faulty=self._faulty
        )

    def check(self, feed: Feed) -> PollResult:
        """Look at one feed now, due or not, append and save; WorldError where log or desk cannot."""
        outcome = asyncio.run(self._once(feed))
        self._append(outcome)
        self._desk.save(outcome.feed)
        self._count(outcome.result)
        return outcome

    def run_forever(self, stop: threading.Event) -> None:
        """Look at every feed when it is due, until `stop` is set."""
        asyncio.run(self._run(stop))

    async def _once(self, feed: Feed) -> PollResult:
        async with self._looking() as look:
            return await look.at(feed)

    async def _run(self, stop: threading.Event) -> None:
        under_way = self._under_way
        async with self._looking() as look:
            while not stop.is_set():
                for feed, work in await self._due(look, under_way):
                    task = under_way[pace.host(feed)] = asyncio.create_task(work)
                    task.add_done_callback(partial(_over, under_way, pace.host(feed)))
                await asyncio.to_thread(stop.wait, self._pause())
            unfinished = tuple(under_way.values())
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        self._followed.hurry()
        with contextlib.suppress(WorldError):  # they are looked at again, that is all
            self._followed.save()

    @contextlib.asynccontextmanager
    async def _looking(self) -> AsyncIterator[FeedFetcher]:
        with ThreadPoolExecutor(self._parser.processes, thread_name_prefix="parse") as threads:
            async with self._outside.connections() as connections:
                yield FeedFetcher(connections, self._parser, threads, self._settings.poll, self._clock, last=self._last)

    async def _due(self, look: FeedFetcher, busy: Collection[str]) -> list[tuple[Feed, Coroutine[Any, Any, None]]]:
        """What is to be done now, one thing for a host that is not busy: pushes to read, hubs to ask, feeds to look at.

        One look alone, to try, while there is trouble with log or desk.
        """
        try:
            await asyncio.to_thread(self._share.renew, self._let_go)
            feeds = await asyncio.to_thread(self._followed.save)
            known = {feed.id: feed for feed in feeds}
            pushed = await asyncio.to_thread(self._subscriber.pushed, known, busy) if feeds else []
        except WorldError as error:
            self._trouble.met(error)
            return []
        mine = {feed.id: feed for feed in feeds if self._share.holds(pace.host(feed))}
        work: dict[str, tuple[Feed, Coroutine[Any, Any, None]]] = {}

        def take(some: Iterable[Feed], doing: Callable[[FeedFetcher, Feed], Coroutine[Any, Any, None]]) -> None:
            for feed in some:
                if (host := pace.host(feed)) not in busy and host not in work:
                    work[host] = (feed, self._alone(feed, doing(look, feed)))

        take(pushed, self._receive)
        take(self._subscriber.due(mine, {*busy, *work}), self._ask)
        take(self._subscriber.left(), self._leave)
        room = max(_MOST_AT_ONCE - len(busy), 0)
        due = pace.due(mine.values(), {*busy, *work}, self._clock())
        take(due[: min(room, 1) if self._trouble.failures else room], self._follow)
        return list(work.values())

    async def _alone(self, feed: Feed, work: Coroutine[Any, Any, None]) -> None:
        """Do what is due for the feed; a fault with it is its own failure, and reaches no other feed."""
        try:
            await work
        except WorldError as error:
            self._trouble.met(error)
        except Exception as error:
            logger.exception("%s: fault", feed.url)
            self._followed.learned(self._faulty(feed, f"{type(error).__name__}: {error}"))

    def _faulty(self, feed: Feed, wrong: str) -> Feed:
        """The feed after a fault of ours with it: neither it nor its hub is asked again at once."""
        now = self._clock()
        failed = polling.failed(feed, f"{feed.url} cannot be followed: {wrong}", None, now, self._settings.poll)
        return replace(failed, push=asked(feed.push, wrong, now)) if is_due(feed, now) else failed

    def _let_go(self) -> None:
        """Wait for the looks under way and save them, as others are about to follow their feeds."""
        until = time.monotonic() + _HANDING_OVER
        time.sleep(_TICK / 10)  # for a look that is just being started
        while self._under_way and time.monotonic() < until:
            time.sleep(_TICK / 10)
        self._followed.hurry()
        with contextlib.suppress(WorldError):  # they are looked at again, that is all
            self._followed.save()

    async def _follow(self, look: FeedFetcher, feed: Feed) -> None:
        try:
            outcome = await look.at(feed)
        except WorldError:
            raise
        except Exception as error:  # a fault of ours is a failure of this feed
            logger.exception("%s: fault while looking at it", feed.url)
            failed = self._faulty(feed, f"{type(error).__name__}: {error}")
            outcome = PollResult(failed, error=failed.last_error)
        await asyncio.to_thread(self._append, outcome)
        if outcome.error:
            logger.warning("%s", outcome.error)
        if turn := notice(feed, outcome.feed, self._clock()):
            logger.warning("%s", turn.statement.text)
            await asyncio.to_thread(self._tell, turn)  # where this fails, the feed is looked at again
        self._followed.learned(outcome.feed)
        self._count(outcome.result)

    async def _receive(self, look: FeedFetcher, feed: Feed) -> None:
        """Take in what was pushed for the feed."""
        try:
            outcome = await self._subscriber.receive(look, feed)
            await asyncio.to_thread(self._append, outcome)
        except WorldError:
            raise
        except Exception:  # a fault of ours with one push: a look will bring what it held
            logger.exception("%s: fault while reading what was pushed", feed.url)
            outcome = PollResult(feed)
        if outcome.error:
            logger.warning("%s", outcome.error)
        self._followed.learned(outcome.feed)
        self._subscriber.received(feed)
        if outcome.articles:
            self._count("pushed")

    async def _ask(self, look: FeedFetcher, feed: Feed) -> None:
        """Ask the feed's hub for a subscription."""
        subscribed = await self._subscriber.ask(look.connections, feed)
        if subscribed.push.error:
            logger.warning("%s: hub: %s", feed.url, subscribed.push.error)
        self._followed.learned(subscribed)

    async def _leave(self, look: FeedFetcher, feed: Feed) -> None:
        """Ask the hub to push no more; one that does not hear forgets it with its lease."""
        if error := await self._subscriber.leave(look.connections, feed):
            logger.warning("%s: hub: %s", feed.url, error)

    def _append(self, outcome: PollResult) -> None:
        send(self._log, outcome, self._clock)
        if outcome.articles:
            self._trouble.over()

    def _pause(self) -> float:
        return min(_TICK * 2.0 ** min(self._trouble.failures, 10), max(_TICK, _LONGEST_PAUSE))


def _over(under_way: dict[str, asyncio.Task[None]], host: str, _: asyncio.Task[None]) -> None:
    del under_way[host]

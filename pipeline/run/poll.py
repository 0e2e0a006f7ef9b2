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
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import RLock
from types import MappingProxyType
from typing import Any

from pipeline.codec import encode
from pipeline.errors import WorldError
from pipeline.feeds import schedule
from pipeline.feeds import state as polling
from pipeline.feeds.fetch import FeedFetcher, PollOutcome, PollResult
from pipeline.feeds.health import notice
from pipeline.feeds.outgoing import send
from pipeline.feeds.schedule import HostLedger, charged
from pipeline.feeds.subscriptions import Subscriber
from pipeline.feeds.websub import after_request, is_due
from pipeline.model import EPOCH, Actor, Alert, Article, Feed, FeedState
from pipeline.ports import Assignment, Clock, Desk, HttpClient, Log, Parser, Robots, SoleOwner
from pipeline.run.loop import RepeatedErrorLog
from pipeline.settings import Settings
from pipeline.sources import Evidence, Inbox

logger = logging.getLogger("onrecord.poll")


class StateStore:
    """The desk's feeds, and the states of feeds that one poller keeps and saves in batches. Safe for several threads.

    `removed` is called with the states of feeds that the user has removed, `saved` after every write to the desk.
    `faulty` returns the state to save instead of a state that cannot be encoded.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        removed: Callable[[Iterable[FeedState]], None],
        saved: Callable[[], None],
        faulty: Callable[[FeedState, str], FeedState],
    ) -> None:
        self._desk = desk
        self._removed = removed
        self._saved = saved
        self._faulty = faulty
        self._saving = RLock()
        self._version = -1  # the desk's version of the feeds in `feeds`
        self._states: dict[str, FeedState] = {}
        self._unsaved: dict[str, FeedState] = {}
        self.feeds: Mapping[str, Feed] = {}

    def learned(self, state: FeedState) -> None:
        """Keep the state after a poll until it is saved."""
        self._unsaved[state.id] = state

    def states(self) -> dict[str, FeedState]:
        """The latest state of every feed, saved or not."""
        unsaved = dict(self._unsaved)
        return self._states | {key: state for key, state in unsaved.items() if key in self._states}

    def save(self) -> None:
        """Save the states after polls, except of feeds that were removed meanwhile."""
        with self._saving:
            self._read_feeds()
            polled = dict(self._unsaved)
            changed = {key: self._savable(state) for key, state in polled.items() if key in self._states}
            if changed:
                self._desk.save(*changed.values())
                self._states |= changed
                self._saved()
            for key, state in polled.items():
                if self._unsaved[key] is state:
                    del self._unsaved[key]

    def is_current(self, state: FeedState) -> bool:
        """True if the desk still has this state; the later state of another poller replaces it here."""
        with self._saving:
            stored = self._stored(state.id)
            if stored == state:
                return True
            if state.id in self._states:
                self._states[state.id] = stored
            return False

    def _savable(self, state: FeedState) -> FeedState:
        """The state; if it cannot be encoded, the feed's last state with a failure, so that the others are saved."""
        try:
            encode(state)
        except ValueError as error:
            logger.exception("%s: its state cannot be saved", state.url)
            return self._faulty(self._states[state.id], f"{type(error).__name__}: {error}")
        return state

    def _read_feeds(self) -> None:
        """Read the feeds if the user has changed any, and the states of new feeds."""
        version = self._desk.version(Feed)
        if version == self._version:
            return
        feeds = {feed.id: feed for feed in self._desk.all(Feed)}
        if self._version == -1:
            stored = {state.id: state for state in self._desk.all(FeedState)}
            self._states = {key: stored.get(key) or FeedState(url=key) for key in feeds}
        else:
            self._removed([state for key, state in self._states.items() if key not in feeds])
            self._states = {key: self._states.get(key) or self._stored(key) for key in feeds}
        self.feeds, self._version = feeds, version

    def _stored(self, key: str) -> FeedState:
        return self._desk.find(FeedState, key) or FeedState(url=key)


_MOST_AT_ONCE = 100

_TICK = 0.5  # seconds

_LONGEST_PAUSE = 60.0

_HANDING_OVER = 15.0  # seconds that other pollers wait for the polls under way


class Poller:
    """Polls the feeds of a desk. Its methods may be called in any thread that runs no event loop.

    `count` is called with the outcome of each poll once its articles are in the log, `tell` with a notice about each
    feed that falls silent, fails or recovers. `robots` and `last` are for `FeedFetcher`. `quotes` counts the quotes in
    an article, for the feed's budget. `share` assigns hosts to pollers that work side by side. `inboxes` and `evidence`
    are for `FeedFetcher` and for storing what articles were read from.
    """

    def __init__(
        self,
        desk: Desk,
        log: Log,
        http: HttpClient,
        parser: Parser,
        robots: Callable[[], Robots],
        *,
        settings: Settings,
        clock: Clock,
        count: Callable[[PollOutcome], object] = lambda _: None,
        tell: Callable[[Alert], object] = lambda _: None,
        last: Callable[[str], Article | None] | None = None,
        quotes: Callable[[str], int] = lambda _: 0,
        share: Assignment | None = None,
        inboxes: Mapping[str, Inbox] = MappingProxyType({}),
        evidence: Evidence | None = None,
    ) -> None:
        self._desk = desk
        self._log = log
        self._http = http
        self._parser = parser
        self._robots = robots
        self._settings = settings
        self._clock = clock
        self._count = count
        self._tell = tell
        self._last = last
        self._quotes = quotes
        self._articles: dict[str, list[str]] = {}  # by feed, articles whose quotes were not counted yet
        self._ledger: HostLedger | None = None
        self._share = share or SoleOwner()
        self._inboxes = inboxes
        self._evidence = evidence
        self._under_way: dict[str, asyncio.Task[None]] = {}  # by host, because a host gets one request at a time
        self._trouble = RepeatedErrorLog("poller", logger)  # with log or desk
        self._subscriber = Subscriber(log, settings, clock)
        self._store = StateStore(
            desk, removed=self._subscriber.removed, saved=self._trouble.succeeded, faulty=self._faulty
        )

    def check(self, feed: Feed) -> PollResult:
        """Poll one feed now, due or not, append and save; WorldError if the log or the desk fails."""
        state = self._desk.find(FeedState, feed.id) or FeedState(url=feed.url)
        outcome = asyncio.run(self._once(feed, state))
        self._append(outcome)
        self._desk.save(outcome.state)
        self._count(outcome.result)
        return outcome

    def run_forever(self, stop: threading.Event) -> None:
        """Poll every feed when it is due, until `stop` is set."""
        asyncio.run(self._run(stop))

    async def _once(self, feed: Feed, state: FeedState) -> PollResult:
        async with self._looking() as look:
            return await look.at(feed, state)

    async def _run(self, stop: threading.Event) -> None:
        under_way = self._under_way
        async with self._looking() as look:
            while not stop.is_set():
                for host, work in await self._due(look, under_way):
                    task = under_way[host] = asyncio.create_task(work)
                    task.add_done_callback(partial(_over, under_way, host))
                await asyncio.to_thread(stop.wait, self._pause())
            unfinished = tuple(under_way.values())
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        with contextlib.suppress(WorldError):  # these feeds are polled again
            self._store.save()

    @contextlib.asynccontextmanager
    async def _looking(self) -> AsyncIterator[FeedFetcher]:
        with ThreadPoolExecutor(self._parser.processes, thread_name_prefix="parse") as threads:
            async with self._http.connections() as connections:
                yield FeedFetcher(
                    connections,
                    self._parser,
                    threads,
                    self._settings.poll,
                    self._clock,
                    self._robots(),
                    last=self._last,
                    budget=self._settings.budget,
                    inboxes=self._inboxes,
                    names=self._name,
                    evidence=self._evidence is not None,
                )

    async def _due(self, look: FeedFetcher, busy: Collection[str]) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """The work to start now, one task for each idle host: pushes, requests to hubs, polls.

        While the log or the desk fails, this is a single poll as another attempt.
        """
        try:
            await asyncio.to_thread(self._share.renew, self._let_go)
            await asyncio.to_thread(self._store.save)
            pushed = await asyncio.to_thread(self._subscriber.pushed, self._store.feeds)
        except WorldError as error:
            self._trouble.failed(error)
            return []
        states = self._store.states()  # not earlier: a poll may have ended while the others were saved
        followed = (state for key, state in states.items() if not self._store.feeds[key].paused)
        own_feeds = {state.id: state for state in followed if self._share.holds(schedule.host(state))}
        work: dict[str, Coroutine[Any, Any, None]] = {}

        def take(
            some: Iterable[FeedState], doing: Callable[[FeedFetcher, FeedState], Coroutine[Any, Any, None]]
        ) -> None:
            for state in some:
                if (host := schedule.host(state)) not in busy and host not in work:
                    work[host] = self._alone(state, doing(look, state))

        take((own_feeds[key] for key in pushed if key in own_feeds), self._receive)
        take(self._subscriber.due(own_feeds, {*busy, *work}), self._ask)
        take(self._subscriber.left(), self._leave)
        room = max(_MOST_AT_ONCE - len(busy), 0)
        requested = {key for key, state in own_feeds.items() if self._store.feeds[key].requested > state.granted}
        due = schedule.due(own_feeds.values(), {*busy, *work}, self._clock(), requested)
        take(due[: min(room, 1) if self._trouble.failures else room], self._follow)
        return list(work.items())

    async def _alone(self, state: FeedState, work: Coroutine[Any, Any, None]) -> None:
        """Do the work for one feed; a fault is a failure of this feed alone."""
        try:
            await work
        except WorldError as error:
            self._trouble.failed(error)
        except Exception as error:
            logger.exception("%s: fault", state.url)
            self._store.learned(self._faulty(state, f"{type(error).__name__}: {error}"))

    def _faulty(self, state: FeedState, wrong: str) -> FeedState:
        """The state after a fault of ours: neither the feed nor its hub gets another request at once."""
        now = self._clock()
        granted = max(state.granted, self._store.feeds[state.id].requested if state.id in self._store.feeds else EPOCH)
        failed = polling.failed(
            replace(state, granted=granted),
            f"{state.url} cannot be followed: {wrong}",
            None,
            now,
            self._settings.poll,
        )
        return replace(failed, push=after_request(state.push, wrong, now)) if is_due(state, now) else failed

    def _let_go(self) -> None:
        """Wait for the current polls and save their states, because other pollers take over the feeds."""
        until = time.monotonic() + _HANDING_OVER
        time.sleep(_TICK / 10)  # for a poll that is just being started
        while self._under_way and time.monotonic() < until:
            time.sleep(_TICK / 10)
        with contextlib.suppress(WorldError):  # these feeds are polled again
            self._store.save()

    async def _follow(self, look: FeedFetcher, state: FeedState) -> None:
        """Poll the feed, unless another poller has done so since this one read its state."""
        if not await asyncio.to_thread(self._store.is_current, state):
            return
        feed = self._store.feeds[state.id]
        state = replace(state, granted=feed.requested)
        try:
            outcome = await look.at(feed, state)
        except WorldError:
            raise
        except Exception as error:  # a fault of ours is a failure of this feed
            logger.exception("%s: fault while polling it", feed.url)
            failed = self._faulty(state, f"{type(error).__name__}: {error}")
            outcome = PollResult(failed, error=failed.last_error)
        await asyncio.to_thread(self._append, outcome)
        outcome = await asyncio.to_thread(self._charged, outcome)
        if outcome.error:
            logger.warning("%s", outcome.error)
        if turn := notice(polling.described(feed, outcome.state), state, outcome.state, self._clock()):
            logger.warning("%s", turn.statement.text)
            await asyncio.to_thread(self._tell, turn)  # if this fails, the feed is polled again
        self._store.learned(outcome.state)
        self._count(outcome.result)

    async def _receive(self, look: FeedFetcher, state: FeedState) -> None:
        """Read the feed's pushes."""
        feed = self._store.feeds[state.id]
        try:
            outcome = await self._subscriber.receive(look, feed, state)
            await asyncio.to_thread(self._append, outcome)
            outcome = await asyncio.to_thread(self._charged, outcome)
        except WorldError:
            raise
        except Exception:  # a fault of ours with a push: a poll will bring its items
            logger.exception("%s: fault while reading a push", feed.url)
            outcome = PollResult(state)
        if outcome.error:
            logger.warning("%s", outcome.error)
        self._store.learned(outcome.state)
        self._subscriber.received(feed.id)
        if outcome.articles:
            self._count("pushed")

    def _charged(self, outcome: PollResult) -> PollResult:
        """The outcome, with its use charged to the budgets of the feed and of its host.

        Quotes are counted at the next poll, because they are extracted after the articles are in the log.
        """
        now, feed = self._clock(), outcome.state.id
        quotes = sum(map(self._quotes, self._articles.get(feed, ())))
        self._articles[feed] = [article.id for article in outcome.articles]
        used = replace(outcome.used, articles=len(outcome.articles), quotes=quotes)
        self._ledger = self._ledger or HostLedger(self._store.states().values(), now)
        host_spent = self._ledger.charge(outcome.state, used, now)
        return replace(outcome, state=charged(outcome.state, used, host_spent, self._settings.budget, now))

    async def _ask(self, look: FeedFetcher, state: FeedState) -> None:
        """Ask the feed's hub for a subscription."""
        subscribed = await self._subscriber.ask(look.connections, state)
        if subscribed.push.error:
            logger.warning("%s: hub: %s", state.url, subscribed.push.error)
        self._store.learned(subscribed)

    async def _leave(self, look: FeedFetcher, state: FeedState) -> None:
        """Ask the hub to stop pushing; if the request fails, the lease ends by itself."""
        if error := await self._subscriber.leave(look.connections, state):
            logger.warning("%s: hub: %s", state.url, error)

    def _name(self, actor: str) -> str:
        actor_record = self._desk.find(Actor, actor)
        return actor_record.name if actor_record else ""

    def _append(self, outcome: PollResult) -> None:
        if self._evidence:
            for article_id, exchange in outcome.evidence:
                self._evidence.hold(article_id, exchange)
        send(self._log, outcome.articles, outcome.dead, self._clock)
        if outcome.articles:
            self._trouble.succeeded()

    def _pause(self) -> float:
        return min(_TICK * 2.0 ** min(self._trouble.failures, 10), max(_TICK, _LONGEST_PAUSE))


def _over(under_way: dict[str, asyncio.Task[None]], host: str, _: asyncio.Task[None]) -> None:
    del under_way[host]

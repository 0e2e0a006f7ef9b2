"""A poller on fakes, with the feed of a loopback server."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType

from connectors.feeds.parser import Parser
from connectors.http.client import HttpClient
from connectors.http.robots import CachedRobots
from pipeline.codec import decode
from pipeline.errors import WorldError
from pipeline.model import Article, Feed, FeedState
from pipeline.ports import ARTICLES, Message
from pipeline.run.poll import Poller
from pipeline.settings import Settings
from pipeline.settings.sections import Budget, Fetch, Poll, Web
from pipeline.sources import Inbox
from pipeline.testing import FakeClock, FakeDesk, FakeLog
from tests.connectors.loopback import Loopback

SETTINGS = Settings(
    fetch=Fetch(
        private_addresses=True,
        pause=timedelta(0),
        timeout=timedelta(seconds=2),
        bytes=2_000_000,
        compressed_bytes=1_000_000,
    ),
    poll=Poll(every=timedelta(minutes=5), longest=timedelta(hours=1)),
)
SUMMARY = {"content:encoded": "", "description": "Only a summary."}
PAGE = "".join(f"<p>Sentence {n} of a story that is longer than its summary was in the feed.</p>" for n in range(5))


class FullDisk(FakeLog):
    """A log that has no room until `full` is taken away."""

    full = True

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        if self.full:
            raise WorldError("disk is full")
        super().append(topic, messages)


class Desk:
    """A poller on fakes, with the feed of a loopback server."""

    def __init__(
        self,
        loopback: Loopback,
        parser: Parser,
        log: FakeLog | None = None,
        record: Callable[[str], Article | None] | None = None,
        *,
        fetch: Fetch = SETTINGS.fetch,
        web: Web = SETTINGS.web,
        budget: Budget = SETTINGS.budget,
        quotes: Callable[[str], int] = lambda _: 0,
        inboxes: Mapping[str, Inbox] = MappingProxyType({}),
        ignore: tuple[str, ...] = (),
    ) -> None:
        self.clock = FakeClock()
        self.desk = FakeDesk()
        self.log = log or FakeLog(self.clock)
        self.url = loopback.url("/feed")
        self.looks: list[str] = []
        self.notices: list[str] = []
        self.poller = Poller(
            self.desk,
            self.log,
            HttpClient(fetch),
            parser,
            CachedRobots,
            settings=SETTINGS.model_copy(
                update={"web": web, "budget": budget, "poll": SETTINGS.poll.model_copy(update={"ignore": ignore})}
            ),
            clock=self.clock,
            count=self.looks.append,
            tell=lambda notice: self.notices.append(notice.statement.text),
            last=record,
            quotes=quotes,
            inboxes=inboxes,
        )
        self.desk.save(Feed(url=self.url))

    def feed(self, url: str = "") -> Feed:
        return next(feed for feed in self.desk.all(Feed) if feed.url == (url or self.url))

    def state(self, url: str = "") -> FeedState:
        return self.desk.find(FeedState, url or self.url) or FeedState(url=url or self.url)

    def check(self) -> list[Article]:
        """Look once; the articles that this put on the log."""
        before = len(self.articles())
        self.poller.check(self.feed())
        return self.articles()[before:]

    def articles(self) -> list[Article]:
        return [decode(Article, record.value) for record in self.log.read(ARTICLES, "test", 10_000)]

    @contextmanager
    def running(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.poller.run_forever, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(10)
            assert not thread.is_alive()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)

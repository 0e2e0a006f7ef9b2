"""A feed with a hub: subscribed to, pushed, looked at seldom, and left; with real servers on every side."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.feeds.parser import Parser
from connectors.http.robots import CachedRobots
from pipeline.codec import decode
from pipeline.feeds.state import unsubscribe
from pipeline.model import Article, Feed, FeedState
from pipeline.ports import ARTICLES, DEAD_LETTERS
from pipeline.run import poll
from pipeline.run.poll import Poller
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.testing import FakeClock
from pipeline.web.serve import serve
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer
from tests.hub import Hub

pytestmark = pytest.mark.slow


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


class Job:
    """Pages and poller over one file, and a feed of a loopback server whose hub is there too."""

    def __init__(self, services: Services, clock: FakeClock, loopback: Loopback) -> None:
        self.services, self.clock, self.server = services, clock, loopback
        self.url = loopback.url("/feed")
        self.hub = Hub(loopback)
        self.services.desk.save(Feed(url=self.url))
        self.show(1)

    def show(self, *numbers: int) -> None:
        self.server.routes["/feed"] = answer(self.body(*numbers))

    def body(self, *numbers: int) -> str:
        links = f'<atom:link rel="hub" href="{self.hub.url}"/><atom:link rel="self" href="{self.url}"/>'
        return rss(*map(item, numbers), head=links).replace("<rss", '<rss xmlns:atom="http://www.w3.org/2005/Atom"')

    def state(self) -> FeedState:
        return self.services.desk.find(FeedState, self.url) or FeedState(url=self.url)

    def titles(self) -> list[str]:
        return [decode(Article, record.value).title for record in self.services.log.read(ARTICLES, "test", 100)]

    def looks(self) -> int:
        return self.server.paths().count("/feed")


@pytest.fixture
def job(tmp_path: Path, loopback: Loopback, parser: Parser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    monkeypatch.setattr(poll, "_TICK", 0.02)
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    settings = Settings.model_validate(
        {
            "file": tmp_path / "desk.sqlite",
            "fetch": {"private_addresses": True, "pause": 0},
            "web": {"port": port, "address": f"http://127.0.0.1:{port}", "secret": "s" * 32},
        }
    )
    clock, stop = FakeClock(), threading.Event()
    with closing(open_services(settings, clock=clock)) as services:
        created = Job(services, clock, loopback)
        poller = Poller(
            services.desk, services.log, services.http(), parser, CachedRobots, settings=settings, clock=clock
        )
        listening = threading.Event()
        threads = [
            threading.Thread(target=lambda: serve(services, stop, lambda _: listening.set())),
            threading.Thread(target=lambda: poller.run_forever(stop)),
        ]
        threads[0].start()
        assert listening.wait(15)
        threads[1].start()
        try:
            yield created
        finally:
            stop.set()
            for thread in threads:
                thread.join(15)


def test_a_feed_with_a_hub_is_pushed(job: Job) -> None:
    wait_for(lambda: job.hub.subscriptions)
    wait_for(lambda: job.state().push.until > job.clock.now)
    assert not job.state().push.proven

    assert job.hub.push(job.url, job.body(2, 1).encode()) == 202
    wait_for(lambda: job.titles() == ["Title 1", "Title 2"])
    wait_for(lambda: job.state().push.proven)
    assert job.hub.push(job.url, job.body(3).encode(), signed="sha256=" + "0" * 64) == 202
    assert job.hub.push(job.url, b"<html>no feed</html>") == 202
    wait_for(lambda: job.services.log.read(DEAD_LETTERS, "test", 10))
    assert job.hub.push(job.url, job.body(4, 2, 1).encode()) == 202
    wait_for(lambda: job.titles() == ["Title 1", "Title 2", "Title 4"])
    wait_for(lambda: job.state().push.proven)

    looks = job.looks()
    job.clock.move(timedelta(hours=1))
    time.sleep(0.2)
    assert job.looks() == looks
    job.show(5, 4, 2, 1)  # which the hub does not push
    job.clock.move(timedelta(hours=2))
    wait_for(lambda: "Title 5" in job.titles())
    wait_for(lambda: not job.state().push.proven)
    job.clock.move(timedelta(minutes=10))
    wait_for(lambda: job.looks() == looks + 2)


def test_a_subscription_is_renewed_and_ended(job: Job) -> None:
    wait_for(lambda: job.state().push.until > job.clock.now)
    until = job.state().push.until
    job.clock.move(timedelta(days=8))
    wait_for(lambda: job.state().push.until > until)
    unsubscribe(job.services.desk, job.url)
    wait_for(lambda: not job.hub.subscriptions)
    assert [requested["hub.mode"] for requested in job.hub.asked] == ["subscribe", "subscribe", "unsubscribe"]

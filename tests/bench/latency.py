"""From a feed to a webhook: how long an alert takes, with every part of the job at work in this process.

`python -m tests.bench.latency [--alerts 100] [--others 10]` serves a feed on loopback that brings one article with a
tracked speaker at a time, among others without, and receives signed webhooks. It prints the time from the last byte of
the feed to the webhook, which is ours to answer for, and from the publication, which the pause between looks adds to.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from statistics import quantiles

from pydantic import SecretStr
from standardwebhooks import Webhook as Signer

from pipeline.cli.run import workers
from pipeline.model import EPOCH, Actor, Feed, Watch
from pipeline.roles import Role
from pipeline.run.local import run
from pipeline.services import open_services
from pipeline.settings import Settings
from pipeline.settings.sections import Fetch, Poll
from pipeline.settings.sections import Webhook as WebhookSettings
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer, serving
from tests.gold import records

SECRET = "whsec_" + "A" * 32
EVERY = timedelta(seconds=0.5)  # between looks
CARRIED = 40  # newest articles that the feed carries
PATIENCE = 30.0  # seconds for one alert
LINK = "https://courier.example/"
THINGS = ("harbour", "bridge", "school", "ferry", "market", "library", "tunnel", "station", "theatre", "mill")
FATES = ("stays open", "is sold", "moves north", "needs a roof", "gets a second door", "belongs to everybody")


@dataclass
class Newsroom:
    """The outlet and the receiver, with when they saw each article: published, sent in full, told of."""

    texts: list[str]
    items: list[str] = field(default_factory=list)
    published: dict[str, float] = field(default_factory=dict)
    fetched: dict[str, float] = field(default_factory=dict)
    received: dict[str, float] = field(default_factory=dict)
    arrived: threading.Event = field(default_factory=threading.Event)

    def publish(self, number: int, others: int) -> None:
        """One article with news by the tracked speaker, and others."""
        for other in range(others):
            place = number * others + other
            self._add(f"other-{place}", self.texts[place % len(self.texts)])
        thing, fate = THINGS[number % len(THINGS)], FATES[number % len(FATES)]
        said = f"“The {thing} {fate}, and that is decision number {number},” Ada Lindqvist told reporters."
        self.arrived.clear()
        self._add(str(number), f"{self.texts[number % len(self.texts)]}\n\n{said}")
        self.published[f"{LINK}{number}"] = time.monotonic()

    def _add(self, name: str, text: str) -> None:
        paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
        content = {"content:encoded": f"<![CDATA[{paragraphs}]]>", "link": f"{LINK}{name}", "guid": name}
        self.items.insert(0, item(len(self.items), pubDate=formatdate(), **content))

    def feed(self, exchange: BaseHTTPRequestHandler) -> None:
        """The newest articles."""
        known = [*self.published]
        answer(rss(*self.items[:CARRIED]), content_type="application/rss+xml")(exchange)
        exchange.wfile.flush()
        for url in known:
            self.fetched.setdefault(url, time.monotonic())

    def hook(self, exchange: BaseHTTPRequestHandler, body: bytes) -> None:
        """The receiver, which trusts the signed alone."""
        Signer(SECRET).verify(body, dict(exchange.headers))
        self.received.setdefault(json.loads(body)["data"]["url"], time.monotonic())
        self.arrived.set()
        answer(status=204)(exchange)


def measure(alerts: int, others: int, folder: Path) -> None:
    """Publish, wait for the alert, and so on; print what it took."""
    room = Newsroom([record["text"] for record in records()])
    settings = Settings(
        file=folder / "bench.sqlite",
        fetch=Fetch(private_addresses=True, pause=timedelta(0)),
        poll=Poll(every=EVERY, least=EVERY),
        webhook=WebhookSettings(secret=SecretStr(SECRET)),
    )
    with serving() as server, closing(open_services(settings)) as services:
        server.routes["/feed"] = room.feed
        server.routes["/hook"] = lambda exchange: room.hook(exchange, server.requests[-1].body)
        services.desk.save(
            Feed(url=server.url("/feed")),
            Actor(id="ada-lindqvist", name="Ada Lindqvist"),
            Watch(
                id="ada",
                name="Ada",
                created=EPOCH,
                by=("ada-lindqvist",),
                least_confidence=0,
                deliver=(f"webhook:{server.url('/hook')}",),
            ),
        )
        stop = threading.Event()
        with workers(services, tuple(Role), None) as running:
            job = threading.Thread(target=run, args=(running, stop))
            job.start()
            try:
                follow(room, server, alerts, others)
            finally:
                stop.set()
                job.join()
    report(room, alerts, others)


def follow(room: Newsroom, server: Loopback, alerts: int, others: int) -> None:
    """The first look, which alerts nobody, and then one alert after the other."""
    wait_for(lambda: server.paths().count("/feed") > 1, "there was no first look")
    for number in range(alerts):
        room.publish(number, others)
        assert room.arrived.wait(PATIENCE), f"article {number} brought no alert"


def wait_for(condition: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.01)


def report(room: Newsroom, alerts: int, others: int) -> None:
    """Print the percentiles."""
    print(f"{alerts} alerts, each of one article among {others} others, all {len(room.received)} received and verified")
    for since, times in (("the last byte of the feed", room.fetched), ("publication", room.published)):
        took = [1000 * (at - times[url]) for url, at in room.received.items()]
        cuts = quantiles(took, n=100, method="inclusive")
        print(f"  from {since}: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, most {max(took):.0f} ms")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--alerts", type=int, default=100)
    arguments.add_argument("--others", type=int, default=10)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        measure(given.alerts, given.others, Path(temporary))

"""A desk under mixed load, a twentieth of it hostile, beside a quiet run of the same desk.

`python -m tests.faults.hostile_load [--minutes 60] [--quiet 10] [--feeds 20] [--rate 3]` starts `onrecord run` on a new
file, with feeds on loopback and a reader of pages and API. In the quiet run every feed and request is honest; in the
other, one feed in twenty answers with hostile bodies and one request in twenty is hostile. It prints for both runs the
median and the 99th percentile of: the time between two polls of an honest feed, an honest request, and the time from
the feed's answer to the webhook. Then it prints how memory grew, the answers of 500 and more, and what was lost. Every
ten minutes it prints the memory of the desk's own process and of those that parse and unpack.
"""

import argparse
import asyncio
import contextlib
import gzip
import http.client
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Final

from pipeline.model import EPOCH, Actor, Feed, Watch
from pipeline.model.query import Search
from pipeline.services import open_services
from pipeline.settings import load
from tests.connectors.feeds.sources import item, rss
from tests.faults import stream
from tests.faults.soak import Growth, memory
from tests.hostile import bodies

TOKEN: Final = "a token of the load test"
EVERY: Final = 10  # seconds between two polls of a feed
NEW_EVERY: Final = 30.0  # seconds between two articles of a feed
CARRIED: Final = 20  # newest articles in a feed
HOSTILE: Final = 20  # one feed and one request in so many
PATHS: Final = (
    "/",
    "/record?q=harbour",
    "/alerts",
    "/people",
    "/feeds",
    "/watches",
    "/api/v1/search?q=harbour&facets=true",
    "/api/v1/alerts",
    "/feeds/actors/ada-lindqvist.atom",
    "/readyz",
)
SUBJECTS: Final = ("harbour", "bridge", "school", "ferry", "market", "library", "tunnel", "station", "theatre", "mill")
FATES: Final = ("stays open", "is sold", "moves north", "needs a roof", "gets a second door", "belongs to everybody")
FILLER: Final = "<p>The council met on Monday and heard reports on the budget, the roads and the harbour.</p>" * 6
STEP: Final = 600.0  # seconds between two lines about the memory of each process
PLAIN: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/rss+xml\r\n"


@dataclass
class Outlets:
    """The feeds, each on a loopback address of its own, and what they saw of the poller."""

    feeds: int
    hostile: int
    port: int = 0
    begun: float = field(default_factory=time.monotonic)
    polls: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    served: dict[str, float] = field(default_factory=dict)
    attacks: Iterator[bytes] = field(default_factory=lambda: itertools.chain.from_iterable(iter(attacks, None)))
    attacked: int = 0
    closed: bool = False

    def url(self, feed: int) -> str:
        return f"http://127.0.1.{feed + 1}:{self.port}/feed"

    async def serve(self) -> None:
        """Listen on all addresses."""
        for feed in range(self.feeds + self.hostile):
            server = await asyncio.start_server(
                partial(self._exchange, feed),
                f"127.0.1.{feed + 1}",
                self.port,
            )
            self.port = server.sockets[0].getsockname()[1]

    async def _exchange(self, feed: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(feed, head.split()[1], writer)

    async def _answer(self, feed: int, path: bytes, writer: asyncio.StreamWriter) -> None:
        if path == b"/robots.txt":
            writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
        elif feed >= self.feeds:
            self.attacked += 1
            writer.write(next(self.attacks))
            await writer.drain()
            await asyncio.sleep(random.choice((0, 0, 0, 40)))
            writer.close()
        else:
            self.polls[feed].append(time.monotonic())
            body, links = self._feed(feed)
            writer.write(PLAIN + b"content-length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
            for link in links if not self.closed else ():
                self.served.setdefault(link, time.monotonic())

    def _feed(self, feed: int) -> tuple[bytes, list[str]]:
        count = 1 + int((time.monotonic() - self.begun) / NEW_EVERY)
        numbers = range(max(0, count - CARRIED), count)
        items, links = [], []
        for number in reversed(numbers):
            link, subject = f"https://outlet-{feed}.example/{number}", SUBJECTS[(number + feed) % len(SUBJECTS)]
            said = f"“The {subject} {FATES[number % len(FATES)]}, as decision {feed * 1_000 + number} says,” "
            text = f"<p>{said}Ada Lindqvist told reporters.</p>{FILLER}"
            content = {"link": link, "guid": f"{feed}-{number}", "content:encoded": f"<![CDATA[{text}]]>"}
            items.append(item(number, title=f"Report {number} of outlet {feed}", pubDate=formatdate(), **content))
            links.append(link)
        return rss(*items).encode(), links


def attacks() -> Iterator[bytes]:
    """Answers that are meant to harm the poller."""
    nothing = gzip.compress(b"")
    packed = gzip.compress(b"\0" * 15_000_000)
    yield PLAIN + b"content-encoding: gzip, gzip, gzip, gzip\r\ncontent-length: %d\r\n\r\n" % len(nothing) + nothing
    yield PLAIN + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed) + packed
    yield (
        PLAIN + b"content-encoding: zstd\r\ncontent-length: 3000\r\n\r\n" + b"\x28\xb5\x2f\xfd\x00\x00\x01\0\0\0" * 300
    )
    yield PLAIN + b"content-length: 999999999\r\n\r\n<rss>"
    yield PLAIN + b"x: y\r\n" * 5_000 + b"\r\n"
    yield b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffff\r\n"
    yield b"\0" * 100_000
    yield b""
    for target in (b"/feed", b"https://a..b/", b"http://[::1", b"http://xn--/", b"file:///etc/hostname", b"\xff\xfe"):
        yield b"HTTP/1.1 301 Moved\r\nlocation: %b\r\ncontent-length: 0\r\n\r\n" % target
    for url in ("https://a..b/", "https://xn--/", "http://169.254.169.254/latest", "javascript:alert(1)"):
        feed = rss(item(1, link=url, guid=url, **{"content:encoded": ""}), head=f"<link rel='hub' href='{url}'/>")
        yield plain(feed.encode(), b'link: <%b>; rel="hub"\r\n' % url.encode())
    yield from (plain(body.make()) for body in bodies() if body.task == "feed")


def plain(body: bytes, headers: bytes = b"") -> bytes:
    """The answer with this body."""
    return PLAIN + headers + b"content-length: %d\r\n\r\n" % len(body) + body


def requests() -> list[bytes]:
    """Requests that are meant to harm the pages."""
    bearer = f"authorization: Bearer {TOKEN}\r\n".encode()
    get, post = b"GET %b HTTP/1.1\r\nhost: localhost\r\n%b\r\n", b"POST %b HTTP/1.1\r\nhost: localhost\r\n%b\r\n"
    requested = b"/record?q=" + b"%28" * 900
    return [
        b"",
        b"\0" * 70_000,
        b"GET / HTTP/1.1\r\nhost: " + b"a" * 60_000,
        get % (b"/static/..%2f..%2fpyproject.toml", b""),
        get % (requested, bearer),
        get % (b"/record?q=%22%00%ff*", bearer),
        get % (b"/api/v1/search?cursor=" + b"A" * 3_000, bearer),
        get % (b"/api/v1/search?q=" + b"a*%20OR%20" * 250 + b"a", bearer),
        get % (b"/statement/%00", bearer),
        get % (b"/people/..%2f..", bearer),
        get % (b"/", b"authorization: Bearer wrong\r\n"),
        get % (b"/websub/e30/" + b"0" * 64, b""),
        post % (b"/websub/e30/" + b"0" * 64, b"content-length: 000000000000100000000\r\n"),
        post % (b"/api/v1/feeds", bearer + b"content-type: application/json\r\ncontent-length: 5\r\n") + b'{"a":',
        post % (b"/api/v1/feeds", bearer + b"content-length: 3\r\ncontent-length: 4\r\n") + b"abcd",
        post % (b"/api/v1/feeds", bearer + b"transfer-encoding: chunked\r\ncontent-length: 4\r\n") + b"0\r\n\r\n",
        post % (b"/feeds", bearer + b"origin: https://evil.example\r\nsec-fetch-site: cross-site\r\n"),
        post % (b"/login", b"origin: http://localhost\r\ncontent-length: 11\r\n") + b"token=wrong",
    ]


@dataclass
class Reader:
    """Somebody who reads pages, `rate` a second, one request in HOSTILE of which is hostile where they attack."""

    port: int
    rate: float
    attacks: bool
    seconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    attacked: int = 0

    def read(self, stop: threading.Event) -> None:
        """Send requests until `stop` is set."""
        hostile = itertools.cycle(requests())
        for number in itertools.count():
            if stop.wait(1 / self.rate):
                return
            if self.attacks and number % HOSTILE == 0:
                self.attacked += 1
                self._attack(next(hostile))
            else:
                self._ask(PATHS[number % len(PATHS)])

    def _ask(self, path: str) -> None:
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers={"authorization": f"Bearer {TOKEN}", "accept": "text/html"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                self.failures[f"{answer.status} of {path}"] += 1
        except OSError as error:
            self.failures[f"{type(error).__name__} of {path}"] += 1
        finally:
            connection.close()
        self.seconds.append(time.monotonic() - started)

    def _attack(self, request: bytes) -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=3) as line:
            line.sendall(request)
            status = line.recv(100).split(b" ")[1:2]
            if status and status[0] >= b"500":
                self.failures[f"{status[0].decode()} of {request[:60]!r}"] += 1


@dataclass
class Hook:
    """The receiver of alerts."""

    received: dict[str, float] = field(default_factory=dict)
    ids: Counter[str] = field(default_factory=Counter)
    port: int = 0

    async def serve(self) -> None:
        """Listen on loopback."""
        server = await asyncio.start_server(self._exchange, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        output = json.loads(await reader.readexactly(int(headers[b"content-length"])))
        self.received.setdefault(output["data"]["url"], time.monotonic())
        self.ids[headers[b"webhook-id"].decode()] += 1
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@contextlib.contextmanager
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread of its own."""
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever, daemon=True)
    thread.start()
    yield running
    running.call_soon_threadsafe(running.stop)
    thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def wait_for(port: int) -> None:
    """Wait until the pages answer."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.5)


def environment(file: Path, port: int) -> dict[str, str]:
    settings = {
        "FILE": str(file),
        "WEB__PORT": str(port),
        "WEB__TOKEN": TOKEN,
        "WEBHOOK__SECRET": "whsec_" + "A" * 32,
        "FETCH__PRIVATE_ADDRESSES": "true",
        "FETCH__TIMEOUT": "20s",
        "POLL__EVERY": f"{EVERY}s",
        "POLL__LEAST": f"{EVERY}s",
        "POLL__LONGEST": f"{EVERY}s",
    }
    return {f"ONRECORD_{name}": value for name, value in settings.items()}


@dataclass(frozen=True)
class Run:
    """The measurements of a run."""

    polls: list[float]
    requests: list[float]
    alerts: list[float]
    memory: Growth
    failures: Counter[str]
    attacks: int
    published: int
    lost: int
    undelivered: int
    twice: int


def measure(minutes: float, feeds: int, rate: float, *, hostile: bool, folder: Path) -> Run:
    """Let the desk work for so long, with attacks or without."""
    file, port, stop = folder / "desk.sqlite", free_port(), threading.Event()
    provided = environment(file, port)
    outlets, hook = Outlets(feeds, max(1, feeds // HOSTILE) if hostile else 0), Hook()
    with loop() as running:
        asyncio.run_coroutine_threadsafe(outlets.serve(), running).result()
        asyncio.run_coroutine_threadsafe(hook.serve(), running).result()
        services = open_services(load(None, {}, provided))
        target = f"webhook:http://127.0.0.1:{hook.port}/hook"
        services.desk.save(*(Feed(url=outlets.url(feed)) for feed in range(outlets.feeds + outlets.hostile)))
        services.desk.save(Actor(id="ada-lindqvist", name="Ada Lindqvist"))
        by = ("ada-lindqvist",)
        services.desk.save(Watch(id="ada", name="Ada", created=EPOCH, by=by, least_confidence=0, deliver=(target,)))
        services.close()
        reader = Reader(port, rate, hostile)
        with (folder / "log").open("wb") as log:
            job = subprocess.Popen(
                [Path(sys.executable).with_name("onrecord"), "run"],
                env={**os.environ, **provided},
                stdout=log,
                stderr=log,
            )
            wait_for(port)
            reading = threading.Thread(target=reader.read, args=(stop,))
            reading.start()
            growth = watch(job, minutes * 60)
            stop.set()
            reading.join()
            outlets.closed = True
            time.sleep(30)
            job.terminate()
            job.wait(60)
    return result(outlets, hook, reader, growth, provided)


def watch(job: "subprocess.Popen[bytes]", seconds: float) -> Growth:
    """Note the job's memory for so long; AssertionError where it ends."""
    growth, begun, printed = Growth(), time.monotonic(), -1
    while (now := time.monotonic() - begun) < seconds:
        assert job.poll() is None, "the job ended"
        if now // STEP > printed:
            printed = int(now // STEP)
            print_processes(now, job.pid)
        growth.seconds.append(now)
        growth.sizes.append(memory([job.pid]))
        time.sleep(5)
    return growth


def print_processes(seconds: float, pid: int) -> None:
    """Print the memory of the desk's process, and of each process below it."""
    below = " ".join(f"{memory([child]):.0f}" for child in stream.children(pid))
    own = memory([pid]) - sum(memory([child]) for child in stream.children(pid))
    print(f"         {seconds / 60:3.0f} min: desk {own:.0f} MB; parsers {below} MB", flush=True)


def result(outlets: Outlets, hook: Hook, reader: Reader, growth: Growth, variables: dict[str, str]) -> Run:
    """Return what was measured, and what the file lacks of it."""
    published = outlets.served
    services = open_services(load(None, {}, variables))
    indexed, cursor = set[str](), ""
    while True:
        page = services.index.search(Search(collection="articles", limit=100, cursor=cursor))
        indexed |= {hit.url for hit in page.hits}
        if not (cursor := page.cursor):
            break
    deliveries = services.outbox.listing(None, 1_000_000)
    services.close()
    intervals = [b - a for times in outlets.polls.values() for a, b in itertools.pairwise(times)]
    return Run(
        polls=intervals,
        requests=reader.seconds,
        alerts=[at - published[url] for url, at in hook.received.items() if url in published],
        memory=growth,
        failures=reader.failures,
        attacks=outlets.attacked + reader.attacked,
        published=len(published),
        lost=len(published.keys() - indexed),
        undelivered=len({delivery.id for delivery in deliveries} - hook.ids.keys()),
        twice=sum(count > 1 for count in hook.ids.values()),
    )


def print_run(name: str, run: Run) -> None:
    """Print the figures of a run."""

    def shares(values: list[float]) -> str:
        ordered = sorted(values) or [0.0]
        return f"{ordered[len(ordered) // 2]:7.2f} {ordered[int(len(ordered) * 0.99)]:7.2f}"

    print(f"{name:<8} poll {shares(run.polls)}  request {shares(run.requests)}  alert {shares(run.alerts)}  ", end="")
    print(f"({len(run.polls)} polls, {len(run.requests)} requests, {len(run.alerts)} alerts, {run.attacks} attacks)")
    print(
        f"         memory {run.memory.report()}, at most {max(run.memory.sizes):.0f} MB; {run.published} articles,",
        end="",
    )
    print(f" {run.lost} lost, {run.undelivered} not delivered, {run.twice} delivered twice; {dict(run.failures)}")
    sys.stdout.flush()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=60)
    arguments.add_argument("--quiet", type=float, default=10)
    arguments.add_argument("--feeds", type=int, default=20)
    arguments.add_argument("--rate", type=float, default=3)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for name, minutes, attacked in (("quiet", chosen.quiet, False), ("hostile", chosen.minutes, True)):
            folder = Path(scratch, name)
            folder.mkdir()
            print_run(name, measure(minutes, chosen.feeds, chosen.rate, hostile=attacked, folder=folder))

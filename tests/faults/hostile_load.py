"""A desk under mixed load, a twentieth of it hostile, beside a quiet run of the same desk.

`python -m tests.faults.hostile_load [--minutes 60] [--quiet 10] [--feeds 20] [--rate 3]` starts `onrecord run` on a new
file, with feeds on loopback and a reader of pages and API. In the quiet run every feed and request is honest; in the
other, one feed in twenty answers with hostile bodies and one request in twenty is hostile. It prints for both runs the
median and the 99th percentile of: the time between two polls of an honest feed, an honest request, and the time from
the feed's answer to the webhook. Then it prints how the memory of each kind of process grew, the answers of 500 and
more, and what was lost. Every ten minutes it prints the memory of each kind of process and the load of the machine.
"""

import argparse
import asyncio
import contextlib
import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline.model import EPOCH, Actor, Feed, Watch
from pipeline.model.query import Search
from pipeline.services import open_services
from pipeline.settings import load
from tests.faults import stream
from tests.faults.hostile_outlets import SPEAKERS, Outlets, requests
from tests.faults.soak import Growth, resident

TOKEN: Final = "a token of the load test"
EVERY: Final = 10  # seconds between two polls of a feed
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
STEP: Final = 600.0  # seconds between two lines about the memory of each process


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
        hostile = itertools.cycle(requests(TOKEN))
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
    memory: dict[str, Growth]
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
        actors = [Actor(id=name.lower().replace(" ", "-"), name=name) for name in SPEAKERS]
        by = tuple(actor.id for actor in actors)
        watch = Watch(id="all", name="All", created=EPOCH, by=by, least_confidence=0, deliver=(target,))
        services.desk.save(*actors, watch)
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
            growths = observe(job, minutes * 60)
            stop.set()
            reading.join()
            outlets.closed = True
            time.sleep(30)
            job.terminate()
            job.wait(60)
    return result(outlets, hook, reader, growths, provided)


def observe(job: "subprocess.Popen[bytes]", seconds: float) -> dict[str, Growth]:
    """Note the memory of each kind of process, and of all, for so long; AssertionError where the job ends."""
    growths, begun, printed = defaultdict[str, Growth](Growth), time.monotonic(), -1
    while (now := time.monotonic() - begun) < seconds:
        assert job.poll() is None, "the job ended"
        sizes = processes(job.pid)
        for kind in {*growths, *sizes, "all"}:
            growths[kind].seconds.append(now)
            growths[kind].sizes.append(sum(sizes.values()) if kind == "all" else sizes.get(kind, 0.0))
        if now // STEP > printed:
            printed = int(now // STEP)
            shown = ", ".join(f"{kind} {size:.0f} MB" for kind, size in sorted(sizes.items()))
            print(f"         {now / 60:3.0f} min: {shown}; load {os.getloadavg()[0]:.1f}", flush=True)
        time.sleep(5)
    return growths


def processes(desk: int) -> dict[str, float]:
    """Megabytes by kind of process: the desk's own, and by module those below it."""
    sizes = defaultdict[str, float](float)
    for pid in (desk, *stream.children(desk)):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            if not arguments[0]:
                continue  # it has ended, or is not there yet
            kind = (
                "desk" if pid == desk else arguments[arguments.index("-m") + 1] if "-m" in arguments else arguments[0]
            )
            sizes[kind] += resident(pid)
    return sizes


def result(outlets: Outlets, hook: Hook, reader: Reader, growths: dict[str, Growth], variables: dict[str, str]) -> Run:
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
        memory=growths,
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
    for kind, growth in sorted(run.memory.items()):
        print(f"         {kind:<28}{growth.report()}, at most {max(growth.sizes):.0f} MB")
    print(f"         {run.published} articles, {run.lost} lost, {run.undelivered} not delivered,", end="")
    print(f" {run.twice} delivered twice; {dict(run.failures)}")
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

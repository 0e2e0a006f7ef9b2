"""Ten thousand feeds: what it takes of a core and of memory to follow them every ten minutes, 5 % of them changed.

`python -m tests.bench.following [FOLDER] [--feeds 10000] [--seconds 60]` starts the real poller on a real file. Each
feed has a host of its own on loopback and the memory of a feed long followed. The feeds are due evenly over ten
minutes, of which so many seconds are run: shares are of that time as it is, nothing is scaled up. Starting is measured
by itself. The parser's processes are counted, the server's is not. With a FOLDER of real feeds (XML, perhaps gzipped),
each changed feed answers with one of them, whose items are unknown; without, with a feed of 30 entries of which one is
new.
"""

import argparse
import asyncio
import contextlib
import gzip
import multiprocessing
import resource
import tempfile
import threading
import time
from contextlib import closing
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from connectors.feeds.parser import Parser
from connectors.http.client import HttpClient
from connectors.http.robots import CachedRobots
from connectors.sqlite.database import open_file
from connectors.sqlite.desk import SqliteDesk
from connectors.sqlite.log import SqliteLog
from pipeline.model import Feed, FeedState, PublisherLimits, PublishingRate
from pipeline.run.poll import Poller
from pipeline.services import utc_now
from pipeline.settings import Settings
from pipeline.settings.sections import Fetch, Poll
from tests.connectors.feeds.sources import item, rss

EVERY = timedelta(minutes=10)
CHANGED = 0.05
ENTRIES = 30
PARAGRAPH = "<![CDATA[<p>The harbour will stay open, the mayor said on Monday, and the ferries with it.</p>]]>"
SETTINGS = Settings(fetch=Fetch(private_addresses=True), poll=Poll(every=EVERY, least=EVERY, most=EVERY))
_MEGA = 1_000_000


def serve(address: Connection, bodies: list[bytes]) -> None:
    """Answer 304, and for 5 % of the requests one of the bodies or a feed with one new entry, until killed."""
    chance = Random(7)

    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                changed = chance.random() < CHANGED
                body = chance.choice(bodies) if bodies else _changed(chance.randrange(10**6))
                writer.write(_answer(body) if changed else _UNCHANGED)

    async def run() -> None:
        server = await asyncio.start_server(exchange, "0.0.0.0", 0, backlog=1_000)
        address.send(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    asyncio.run(run())


_UNCHANGED = b'HTTP/1.1 304 Not Modified\r\netag: "1"\r\n\r\n'


def _changed(number: int) -> bytes:
    text = {"content:encoded": PARAGRAPH * 8}
    return rss(item(number, **text), *(item(n, **text) for n in range(1, ENTRIES))).encode()


def _answer(body: bytes) -> bytes:
    return b'HTTP/1.1 200 OK\r\netag: "1"\r\ncontent-length: %d\r\n\r\n%b' % (len(body), body)


def followed(url: str, number: int, count: int) -> FeedState:
    """The state of a feed after months; of `count` feeds, each is due at a time of its own."""
    return FeedState(
        url=url,
        etag='"1"',
        polled=True,
        last_success=utc_now(),
        next_check=utc_now() + EVERY * number / count,
        seen=f"{number:016x}" * 250,
        known=f"{number:064x}" * 230,
        asked=PublisherLimits(lifetime=300),
        rhythm=PublishingRate(
            moments=(1.234,) * 24, watched=(20.123,) * 24, lately=12.3, usually=123.4, until=utc_now()
        ),
    )


def measure(feeds: int, seconds: float, port: int) -> None:
    """Follow so many feeds for so long and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.sqlite"
        with closing(open_file(file)) as database:
            for start in range(0, feeds, 500):
                some = range(start, min(start + 500, feeds))
                hosts = (f"http://127.{1 + n // 62_500}.{n // 250 % 250}.{1 + n % 250}:{port}/feed" for n in some)
                states = [followed(url, n, feeds) for url, n in zip(hosts, some, strict=True)]
                SqliteDesk(database).save(*(Feed(url=state.url) for state in states), *states)
        counts: list[str] = []
        stop = threading.Event()
        began, used = time.perf_counter(), _used()
        with closing(open_file(file)) as database, Parser(SETTINGS.poll) as parser:
            poller = Poller(
                SqliteDesk(database),
                SqliteLog(database, utc_now),
                HttpClient(SETTINGS.fetch),
                parser,
                CachedRobots,
                settings=SETTINGS,
                clock=utc_now,
                count=counts.append,
            )
            thread = threading.Thread(target=poller.run_forever, args=(stop,))
            thread.start()
            while len(counts) < 20:
                time.sleep(0.1)
            started, at_start, first = time.perf_counter(), _used(), len(counts)
            time.sleep(seconds)
            looks, steady, length = len(counts) - first, _used(), time.perf_counter() - started
            stop.set()
            thread.join()
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        parsing = children.ru_utime + children.ru_stime
        kinds = {kind: counts.count(kind) for kind in sorted(set(counts))}
        print(f"{feeds:,} feeds; {looks / length:.1f} looks/s for {length:.0f} s, {kinds}")
        print(f"start                  {started - began:6.1f} s, {at_start - used:5.1f} s of CPU")
        print(f"following              {(steady - at_start) / length:6.1%} of a core")
        print(f"parsing, other process {parsing / length:6.1%} of a core, with its start")
        print(f"memory at most         {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEGA:6.0f} MB")


def _used() -> float:
    return time.process_time()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", type=Path)
    arguments.add_argument("--feeds", type=int, default=10_000)
    arguments.add_argument("--seconds", type=float, default=60)
    chosen = arguments.parse_args()
    here, there = multiprocessing.Pipe()
    files = sorted(chosen.folder.iterdir()) if chosen.folder else []
    real = [gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes() for file in files]
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there, real), daemon=True)
    server.start()
    try:
        measure(chosen.feeds, chosen.seconds, here.recv())
    finally:
        server.kill()
        server.join()

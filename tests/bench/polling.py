"""Polling: conditional looks that are answered 304 on loopback, and feeds parsed, beside plain feedparser.

`python -m tests.bench.polling [--seconds 3]` prints looks/s and feeds/s, the parser's processes included, and their
ratios to `feedparser.parse` of the same body in the same run. The feed is made here: 50 entries of full text.
"""

import argparse
import asyncio
import contextlib
import io
import multiprocessing
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

import feedparser

from connectors.feeds.parser import Parser
from connectors.http.client import HttpClient
from pipeline.feeds import fetch
from pipeline.model import FeedState
from pipeline.settings.sections import Fetch, Poll
from tests.connectors.feeds.sources import item, rss

URL = "https://courier.example/feed"
HOSTS = 20
NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\netag: "1"\r\n\r\n'
PARAGRAPH = (
    '&lt;p&gt;The harbour &lt;a href="/x"&gt;will stay open&lt;/a&gt;, the mayor said &amp;amp; smiled.&lt;/p&gt;'
)


def serve(addresses: Connection) -> None:
    """Answer everything 304 on many loopback addresses, in a process of its own, until killed."""

    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(NOT_MODIFIED)

    async def run() -> None:
        servers = [await asyncio.start_server(exchange, f"127.0.0.{host}", 0) for host in range(1, HOSTS + 1)]
        names = [server.sockets[0].getsockname() for server in servers]
        addresses.send([f"http://{host}:{port}/feed" for host, port in names])
        await asyncio.Event().wait()

    asyncio.run(run())


async def looks(urls: list[str], seconds: float) -> tuple[int, float]:
    """Look for a while at all hosts at once, one look at a time each; how many, and the CPU seconds they took us."""
    outside = HttpClient(Fetch(private_addresses=True, pause=timedelta(0)))
    count, end, used = 0, time.perf_counter() + seconds, time.process_time()

    async def follow(state: FeedState) -> None:
        nonlocal count
        while time.perf_counter() < end:
            answer = await fetch.look(connections, state, datetime.now(UTC))
            assert answer.status == 304
            count += 1

    async with outside.connections() as connections:
        await asyncio.gather(*(follow(FeedState(url=url, etag='"1"')) for url in urls))
    return count, time.process_time() - used


def rate(parse: Callable[[], object], seconds: float) -> float:
    """Calls a second, after one to warm up."""
    parse()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        parse()
        count += 1
    return count / (time.perf_counter() - started)


def measure(seconds: float) -> None:
    """Measure both and print them."""
    text = {"content:encoded": f"<![CDATA[{PARAGRAPH * 40}]]>"}
    body = rss(*(item(number, **text) for number in range(50))).encode()
    plain = rate(lambda: feedparser.parse(io.BytesIO(body)), seconds)
    with Parser(Poll(), processes=1) as parser:
        ours = rate(lambda: parser.feed(body, "application/rss+xml", URL), seconds)
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    count, used = asyncio.run(looks(here.recv(), seconds))
    server.kill()
    server.join()
    print(f"feedparser.parse       {plain:8.1f} feeds/s of {len(body):,} bytes and 50 entries")
    print(f"our parse, other proc. {ours:8.1f} feeds/s  {ours / plain:6.1f} x feedparser")
    print(f"conditional looks, 304 {count / used:8.0f} a CPU second {count / used / plain:6.0f} x feedparser")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=3)
    measure(arguments.parse_args().seconds)

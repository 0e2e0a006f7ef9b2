"""Honest and hostile feeds on loopback, and hostile requests, for the load that `tests.faults.hostile_load` brings."""

import asyncio
import contextlib
import gzip
import itertools
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from typing import Final

from tests.connectors.feeds.sources import item, rss
from tests.hostile import bodies

NEW_EVERY: Final = 30.0  # seconds between two articles of a feed
CARRIED: Final = 20  # newest articles in a feed
SPEAKERS: Final = tuple(
    f"{first} {last}" for first in ("Ada", "Boris", "Clara", "Dario") for last in ("Lindqvist", "Halvorsen")
)
SUBJECTS: Final = ("harbour", "bridge", "school", "ferry", "market", "library", "tunnel", "station", "theatre", "mill")
PLACES: Final = (
    "Norvik",
    "Ostby",
    "Lindal",
    "Sundvoll",
    "Hamre",
    "Tveit",
    "Granli",
    "Bjerke",
    "Fossum",
    "Askvik",
    "Egeland",
)
FATES: Final = (
    "stays open",
    "will be sold",
    "moves north",
    "needs a new roof",
    "gets a second door",
    "loses its licence",
    "closes for the winter",
)
FILLER: Final = "<p>The council met on Monday and heard reports on the budget, the roads and the harbour.</p>" * 6
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
            link = f"https://outlet-{feed}.example/{number}"
            text = f"<p>{said(number * (self.feeds + self.hostile) + feed)}</p>{FILLER}"
            content = {"link": link, "guid": f"{feed}-{number}", "content:encoded": f"<![CDATA[{text}]]>"}
            items.append(item(number, title=f"Report {number} of outlet {feed}", pubDate=formatdate(), **content))
            links.append(link)
        return rss(*items).encode(), links


def said(number: int) -> str:
    """A statement that differs from those of all other numbers in subject, place, fate or speaker, up to 6,160."""
    rest, speaker = divmod(number, len(SPEAKERS))
    rest, subject = divmod(rest, len(SUBJECTS))
    rest, place = divmod(rest, len(PLACES))
    claim = f"The {SUBJECTS[subject]} of {PLACES[place]} {FATES[rest % len(FATES)]} in {2030 + rest // len(FATES)}"
    return f"“{claim},” {SPEAKERS[speaker]} told reporters."


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


def requests(token: str) -> list[bytes]:
    """Requests that are meant to harm the pages, some of them with the token."""
    bearer = f"authorization: Bearer {token}\r\n".encode()
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

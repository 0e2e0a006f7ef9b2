"""A server on loopback with the feeds and pages of the sample desk's outlets, as the story unfolds."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from xml.etree import ElementTree as Xml

from pipeline.model import content_id
from pipeline.sample import FeedFormat, Sample, SampleFeed, SampleItem

_ATOM: Final = "http://www.w3.org/2005/Atom"

_CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"

_CREATOR: Final = "{http://purl.org/dc/elements/1.1/}creator"

_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"

_REFUSAL: Final = b"<!doctype html><title>Subscribers only</title><p>Please subscribe to read on."


@dataclass(frozen=True, slots=True)
class _Answer:
    status: HTTPStatus
    content_type: str
    body: bytes


@contextmanager
def serving(sample: Sample, start: datetime, elapsed: Callable[[], timedelta]) -> Iterator[str]:
    """Serve the sample on a free loopback port during the block; yields the address without a trailing slash.

    Each feed is at `feed_url`, each page at the address of its entry. A feed answers 304 to its own ETag. The story
    starts at `start` (log time); `elapsed` says how far it is.
    """
    server = _Server(("127.0.0.1", 0), _Exchange)
    server.answer = lambda path: _answer(sample, server.address, path, start, elapsed())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="sample", daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def feed_url(address: str, feed: SampleFeed) -> str:
    """Return the address of the outlet's feed below the address of the server."""
    return f"{address}/{feed.id}/feed"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    answer: Callable[[str], _Answer]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore readers that hang up."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.answer(self.path)
        etag = f'"{content_id(answer.body.decode())}"'
        unchanged = answer.status == HTTPStatus.OK and self.headers.get("If-None-Match") == etag
        self.send_response(HTTPStatus.NOT_MODIFIED if unchanged else answer.status)
        self.send_header("ETag", etag)
        if not unchanged:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not unchanged:
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _answer(sample: Sample, address: str, path: str, start: datetime, elapsed: timedelta) -> _Answer:
    outlet, _, page = path.removeprefix("/").partition("/")
    for feed in sample.feeds:
        if feed.id != outlet:
            continue
        carried = sample.carried(feed.id, elapsed)
        if page == "feed":
            return _feed(feed, carried, address, start)
        for entry in carried:
            if entry.path == f"/{page}":
                return _page(feed, entry)
    return _Answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"Not here.\n")


def _page(feed: SampleFeed, entry: SampleItem) -> _Answer:
    if not entry.text:
        return _Answer(HTTPStatus.FORBIDDEN, "text/html; charset=utf-8", _REFUSAL)
    title, source = escape(entry.title), escape(feed.source)
    page = f"""<!doctype html>
<html lang="{feed.language}"><head><meta charset="utf-8"><title>{title} | {source}</title></head>
<body><header><a href="/{feed.id}/feed">{source}</a></header>
<main><article><h1>{title}</h1>
{entry.html}
</article></main></body></html>
"""
    return _Answer(HTTPStatus.OK, "text/html; charset=utf-8", page.encode())


def _feed(feed: SampleFeed, entries: tuple[SampleItem, ...], address: str, start: datetime) -> _Answer:
    write, content_type = _FORMATS[feed.format]
    return _Answer(HTTPStatus.OK, content_type, write(feed, entries, address, start))


def _link(feed: SampleFeed, entry: SampleItem, address: str) -> str:
    return f"{address}/{feed.id}{entry.path}"


def _rss(feed: SampleFeed, entries: tuple[SampleItem, ...], address: str, start: datetime) -> bytes:
    root = Xml.Element("rss", version="2.0")
    channel = Xml.SubElement(root, "channel")
    head = {"title": feed.title, "link": address, "description": feed.title, "language": feed.language}
    for name, text in head.items():
        _add(channel, name, text)
    for entry in entries:
        link = _link(feed, entry, address)
        element = _add(channel, "item")
        _add(element, "title", entry.title)
        _add(element, "link", link)
        _add(element, "guid", link, isPermaLink="true")
        _add(element, "pubDate", format_datetime(start + entry.published, usegmt=True))
        if entry.author:
            _add(element, _CREATOR, entry.author)
        if entry.summary:
            _add(element, "description", entry.summary)
        else:
            _add(element, f"{{{_CONTENT}}}encoded", entry.html)
    return _document(root)


def _atom(feed: SampleFeed, entries: tuple[SampleItem, ...], address: str, start: datetime) -> bytes:
    root = Xml.Element(f"{{{_ATOM}}}feed", {_LANGUAGE: feed.language})
    updated = start + max((entry.appears for entry in entries), default=timedelta(0))
    head = {"title": feed.title, "id": feed_url(address, feed), "updated": updated.isoformat()}
    for name, text in head.items():
        _add(root, f"{{{_ATOM}}}{name}", text)
    for entry in entries:
        link = _link(feed, entry, address)
        element = _add(root, f"{{{_ATOM}}}entry")
        _add(element, f"{{{_ATOM}}}title", entry.title)
        _add(element, f"{{{_ATOM}}}id", link)
        _add(element, f"{{{_ATOM}}}link", href=link)
        _add(element, f"{{{_ATOM}}}published", (start + entry.published).isoformat())
        _add(element, f"{{{_ATOM}}}updated", (start + entry.appears).isoformat())
        _add(_add(element, f"{{{_ATOM}}}author"), f"{{{_ATOM}}}name", entry.author or feed.source)
        part, text = ("summary", entry.summary) if entry.summary else ("content", entry.html)
        _add(element, f"{{{_ATOM}}}{part}", text, type="text" if entry.summary else "html")
    return _document(root)


def _add(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> Xml.Element:
    element = Xml.SubElement(parent, name, attributes)
    element.text = text or None
    return element


def _document(root: Xml.Element) -> bytes:
    document: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _json(feed: SampleFeed, entries: tuple[SampleItem, ...], address: str, start: datetime) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "language": feed.language,
        "feed_url": feed_url(address, feed),
        "items": [
            {
                "id": _link(feed, entry, address),
                "url": _link(feed, entry, address),
                "title": entry.title,
                "date_published": (start + entry.published).isoformat(),
                "authors": [{"name": entry.author or feed.source}],
                **({"summary": entry.summary} if entry.summary else {"content_html": entry.html}),
            }
            for entry in entries
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode()


_Writer = Callable[[SampleFeed, tuple[SampleItem, ...], str, datetime], bytes]

_FORMATS: Final[dict[FeedFormat, tuple[_Writer, str]]] = {
    "rss": (_rss, "application/rss+xml; charset=utf-8"),
    "atom": (_atom, "application/atom+xml; charset=utf-8"),
    "json": (_json, "application/feed+json; charset=utf-8"),
}

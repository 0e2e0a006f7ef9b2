"""Lists of feeds as OPML: listparser reads them in a process that can be killed; we write OPML 2.0."""

import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from connectors.feeds.parser import Parser
from connectors.pages.encoding import decode
from pipeline.errors import InputError
from pipeline.model import Feed, slug
from pipeline.text import clean

_MOST_BYTES = 20_000_000

_MOST_TAGS = 20  # of a feed


def read(path: Path, parser: Parser) -> list[Feed]:
    """Return the feeds in the file, in its order, each address once. Raises InputError if the file is not OPML."""
    try:
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(body) > _MOST_BYTES:
        raise InputError(f"{path} is larger than {_MOST_BYTES:,} bytes")
    return feeds(body, str(path), parser)


def feeds(body: bytes, name: str, parser: Parser) -> list[Feed]:
    """Return the feeds in the OPML called `name`; nested lists are joined. Raises InputError for anything but OPML."""
    return [Feed(url=url, title=title, tags=tags) for url, title, tags in parser.opml(body, name)]


def outlines(body: bytes, name: str) -> list[tuple[str, str, list[str]]]:
    """Return the address, title and tags of each feed in OPML; `Parser.opml` runs this in another process.

    Tags are the names of the lists around a feed, and its categories.
    """
    import listparser

    # The byte order mark makes lxml's HTML parser, which listparser uses, read it as UTF-8.
    parsed = listparser.parse(decode(body).encode("utf-8-sig", "replace"))
    if not parsed.version:
        raise InputError(f"{name} is not OPML", step="parse")
    addressed = [(clean(feed.url).replace("feed://", "http://", 1), feed) for feed in parsed.feeds]
    return list({url: (url, clean(feed.title), _tags(feed)) for url, feed in addressed if url}.values())


def _tags(feed: Any) -> list[str]:
    """The tags of a feed, each once: a path such as "/News/Local" is two."""
    paths = [*feed.get("tags", ()), *(name for path in feed.get("categories", ()) for name in path)]
    names = (" ".join(clean(part).split()) for path in paths for part in re.split(r"[/,]", path))
    return list(dict.fromkeys(name for name in names if slug(name)))[:_MOST_TAGS]


def write(feeds: Iterable[Feed], now: datetime) -> bytes:
    """Return the feeds as an OPML 2.0 document (https://opml.org/spec2.opml) created at `now`."""
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = "Feeds of On the Record"
    ElementTree.SubElement(head, "dateCreated").text = format_datetime(now, usegmt=True)
    body = ElementTree.SubElement(root, "body")
    for feed in feeds:
        title = clean(feed.title or feed.source or feed.url)
        outline = ElementTree.SubElement(body, "outline", type="rss", text=title, title=title, xmlUrl=clean(feed.url))
        if feed.tags:
            outline.set("category", ",".join(map(clean, feed.tags)))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))

"""What a sitemap lists (https://www.sitemaps.org/protocol.html): an index, a list of pages, or plain lines (expat).

Runs in a process that can be killed; see `workers`.
"""

import zlib
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from connectors.encoding import decode
from connectors.feeds.times import time
from pipeline.backfill import Listed, Listing
from pipeline.errors import InputError

_MOST_BYTES: Final = 52_428_800  # of one sitemap once unpacked, as the protocol says
_MOST_LISTED: Final = 50_000
_MOST_DEPTH: Final = 20
_MOST_TEXT: Final = 4_000  # characters of one element
_DATES: Final = ("lastmod", "news/publication_date")


@dataclass(slots=True)
class _Reading:
    """What was read so far, and of the element under way its path and the texts in it."""

    sitemaps: list[Listed] = field(default_factory=list)
    pages: list[Listed] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


def listing(body: bytes, content_type: str, url: str) -> Listing:
    """What the sitemap lists, up to 50,000 addresses; of one that is cut, what comes before. InputError for nothing."""
    source = decode(_unpacked(body, url), content_type)
    if "<" not in source[:2_000]:
        return Listing(pages=_lines(source, url))
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, _: _begin(reading, name)
    parser.EndElementHandler = lambda _: _end(reading)
    parser.CharacterDataHandler = lambda text: _add(reading, text)
    fault = "it lists nothing"
    try:
        parser.Parse(source.encode(), True)
    except expat.ExpatError as error:
        fault = str(error)
    if not reading.sitemaps and not reading.pages:
        raise InputError(f"{url} is no sitemap: {fault}", step="parse")
    return Listing(tuple(reading.sitemaps), tuple(reading.pages))


def _unpacked(body: bytes, url: str) -> bytes:
    """The body, which may be a gzip file whatever its headers say."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unpacking.decompress(body, _MOST_BYTES)
    except zlib.error as error:
        raise InputError(f"{url} is no gzip file: {error}", step="parse") from error
    if unpacking.unconsumed_tail:
        raise InputError(f"{url} has more than {_MOST_BYTES:,} bytes once unpacked", step="parse")
    return plain


def _lines(source: str, url: str) -> tuple[Listed, ...]:
    found = [line.strip() for line in source.splitlines()[:_MOST_LISTED]]
    pages = tuple(Listed(line) for line in found if line.startswith(("http://", "https://")))
    if not pages:
        raise InputError(f"{url} is no sitemap", step="parse")
    return pages


def _begin(reading: _Reading, name: str) -> None:
    if len(reading.path) >= _MOST_DEPTH:
        raise expat.ExpatError("nested too deeply")
    reading.path.append(name.rpartition(" ")[2])


def _add(reading: _Reading, text: str) -> None:
    key = "/".join(reading.path[2:])
    reading.texts[key] = (reading.texts.get(key, "") + text)[:_MOST_TEXT]


def _end(reading: _Reading) -> None:
    if len(reading.path) == 2:
        address = reading.texts.get("loc", "").strip()
        dates = [date for name in _DATES if (date := time(reading.texts.get(name, "")))]
        into = {"sitemap": reading.sitemaps, "url": reading.pages}.get(reading.path[1])
        if into is not None and address and len(into) < _MOST_LISTED:
            into.append(Listed(address, max(dates, default=None)))
        reading.texts = {}
    reading.path.pop()

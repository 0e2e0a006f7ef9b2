"""What a sitemap lists (https://www.sitemaps.org/protocol.html): an index, a list of pages, or plain lines.

Runs in a process that can be killed; see `workers`.
"""

import zlib
from collections.abc import Mapping
from typing import Final

from connectors.encoding import decode
from connectors.feeds.sitemap_elements import each
from connectors.feeds.times import time
from pipeline.backfill import Listed, Listing
from pipeline.errors import InputError

_MOST_BYTES: Final = 52_428_800  # of one sitemap once unpacked, as the protocol says
_MOST_LISTED: Final = 50_000
_MOST_TEXT: Final = 4_000  # characters of one element
_DATES: Final = ("lastmod", "news/publication_date")


def listing(body: bytes, content_type: str, url: str) -> Listing:
    """What the sitemap lists, up to 50,000 addresses; of one that is cut, what comes before. InputError for nothing."""
    source = decode(_unpacked(body, url), content_type)
    if "<" not in source[:2_000]:
        return Listing(pages=_lines(source, url))
    sitemaps, pages = list[Listed](), list[Listed]()
    rooms = {"sitemap": sitemaps, "url": pages}
    fault = each(source, lambda name, texts: _list(rooms.get(name), texts), most_text=_MOST_TEXT)
    if not sitemaps and not pages:
        raise InputError(f"{url} is no sitemap: {fault or 'it lists nothing'}", step="parse")
    return Listing(tuple(sitemaps), tuple(pages))


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


def _list(room: list[Listed] | None, texts: Mapping[str, str]) -> None:
    address = texts.get("loc", "").strip()
    if room is None or not address or len(room) >= _MOST_LISTED:
        return
    dates = [date for name in _DATES if (date := time(texts.get(name, "")))]
    room.append(Listed(address, max(dates, default=None)))

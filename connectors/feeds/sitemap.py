"""Sitemaps, and news sitemaps as feeds."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from xml.parsers import expat

from connectors.pages.encoding import decode
from pipeline.errors import InputError
from pipeline.model import Dated
from pipeline.model.feed import FeedItem, ParsedFeed, ParsedSitemap, SitemapEntry
from pipeline.text import clean
from pipeline.text.dates import time

_MOST_DEPTH: Final = 20


@dataclass(slots=True)
class _Reading:
    """The path of the current element, and the texts since the end of the last page, by their paths in it."""

    path: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


def each(source: str, handle: Callable[[str, Mapping[str, str]], None], *, most_text: int) -> str:
    """Call `handle` with the name of each child of the root and its texts by path, such as "news/title".

    A text has at most `most_text` characters. A fault ends the reading; return it, or ''.
    """
    reading = _Reading()

    def begin(name: str, _: object) -> None:
        if len(reading.path) >= _MOST_DEPTH:
            raise expat.ExpatError("nested too deeply")
        reading.path.append(name.rpartition(" ")[2])

    def add(text: str) -> None:
        key = "/".join(reading.path[2:])
        reading.texts[key] = (reading.texts.get(key, "") + text)[:most_text]

    def end(_: str) -> None:
        if len(reading.path) == 2:
            handle(reading.path[1], reading.texts)
            reading.texts = {}
        reading.path.pop()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, add
    try:
        parser.Parse(source.encode(), True)
    except expat.ExpatError as error:
        return str(error)
    return ""


_MOST_BYTES: Final = 52_428_800  # of one sitemap once unpacked, as the protocol says

_MOST_LISTED: Final = 50_000

_MOST_LISTED_TEXT: Final = 4_000  # characters of one element

_DATES: Final = ("lastmod", "news/publication_date")


def listing(body: bytes, content_type: str, url: str) -> ParsedSitemap:
    """The addresses in a sitemap, at most 50,000; of a truncated sitemap those before the end.

    InputError if there are none.
    """
    source = decode(unpacked(body, url), content_type)
    if "<" not in source[:2_000]:
        return ParsedSitemap(pages=_lines(source, url))
    sitemaps, pages = list[SitemapEntry](), list[SitemapEntry]()
    rooms = {"sitemap": sitemaps, "url": pages}
    fault = each(source, lambda name, texts: _list(rooms.get(name), texts), most_text=_MOST_LISTED_TEXT)
    if not sitemaps and not pages:
        raise InputError(f"{url} is no sitemap: {fault or 'it lists nothing'}", step="parse")
    return ParsedSitemap(tuple(sitemaps), tuple(pages))


def unpacked(body: bytes, url: str) -> bytes:
    """The body, unpacked if it is a gzip file, whatever its headers say."""
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


def _lines(source: str, url: str) -> tuple[SitemapEntry, ...]:
    lines = [line.strip() for line in source.splitlines()[:_MOST_LISTED]]
    pages = tuple(SitemapEntry(line) for line in lines if line.startswith(("http://", "https://")))
    if not pages:
        raise InputError(f"{url} is no sitemap", step="parse")
    return pages


def _list(room: list[SitemapEntry] | None, texts: Mapping[str, str]) -> None:
    address = texts.get("loc", "").strip()
    if room is None or not address or len(room) >= _MOST_LISTED:
        return
    dates = [date for name in _DATES if (date := time(texts.get(name, "")))]
    room.append(SitemapEntry(address, max(dates, default=None)))


_MOST_ENTRIES = 1_000  # as many as a news sitemap may hold

_MOST_TEXT = 10_000  # characters of one element


@dataclass(slots=True)
class _News:
    """The articles, the further sitemaps, and the publication's name and language, as far as they were read."""

    entries: list[FeedItem] = field(default_factory=list)
    sitemaps: list[SitemapEntry] = field(default_factory=list)
    publication: str = ""
    language: str = ""


def is_sitemap(source: str) -> bool:
    """Return True for a sitemap and for an index of sitemaps."""
    return "<urlset" in source[:2_000] or "<sitemapindex" in source[:2_000]


def contents(source: str, url: str) -> ParsedFeed:
    """The articles of the news sitemap at `url`, or the sitemaps of an index; InputError if there are none."""
    news = _News()
    fault = each(source, lambda name, texts: _add(news, name, texts), most_text=_MOST_TEXT)
    if not news.entries and not news.sitemaps:
        reason = f"is a sitemap that cannot be read: {fault}" if fault else "is a sitemap without news"
        raise InputError(f"{url} {reason}", step="parse")
    return ParsedFeed(news.publication, news.language, tuple(news.entries), sitemaps=tuple(news.sitemaps))


def _add(news: _News, name: str, raw: Mapping[str, str]) -> None:
    if name == "sitemap":
        _list(news.sitemaps, raw)
        return
    if len(news.entries) >= _MOST_ENTRIES:
        return
    texts = {key: " ".join(clean(text).split()) for key, text in raw.items()}
    news.publication = news.publication or texts.get("news/publication/name", "")
    news.language = news.language or texts.get("news/publication/language", "")
    if texts.get("news/title"):
        news.entries.append(_entry(texts))


def _entry(texts: dict[str, str]) -> FeedItem:
    stated = texts.get("news/publication_date", "")
    published = time(stated)
    address = texts.get("loc", "")
    return FeedItem(
        url=address if address.lower().startswith(("http://", "https://")) else "",
        title=" ".join(clean(unescape(texts["news/title"])).split()),  # publishers escape titles twice
        whole=False,
        published=published,
        marks=("bad-date",) if stated and not published else (),
        dates=(Dated("published", published, "feed"),) if published else (),
    )

"""A news sitemap as entries, which many publishers have where they have no feed (expat).

Source: https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap. Other sitemaps are no feeds:
they hold a site's whole past, without titles.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from connectors.feeds.times import time
from pipeline.entries import Contents, Entry
from pipeline.errors import InputError
from pipeline.model import Dated
from pipeline.text import clean

_MOST_ENTRIES = 1_000  # as many as a news sitemap may hold
_MOST_DEPTH = 20
_MOST_TEXT = 10_000  # characters of one element


@dataclass(slots=True)
class _Reading:
    """What was read so far: finished entries, and the texts of the one under way by the names of their elements."""

    entries: list[Entry] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    publication: str = ""
    language: str = ""


def is_sitemap(source: str) -> bool:
    """Whether the source is a sitemap, or an index of them."""
    return "<urlset" in source[:2_000] or "<sitemapindex" in source[:2_000]


def contents(source: str, url: str) -> Contents:
    """The articles of the news sitemap at `url`, in its order; InputError where it holds none that can be read."""
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, _: _begin(reading, name)
    parser.EndElementHandler = lambda _: _end(reading)
    parser.CharacterDataHandler = lambda text: _add(reading, text)
    fault = ""
    try:
        parser.Parse(source.encode(), True)
    except expat.ExpatError as error:
        fault = str(error)
    if not reading.entries:
        reason = f"is a sitemap that cannot be read: {fault}" if fault else "is a sitemap without news"
        raise InputError(f"{url} {reason}", step="parse")
    return Contents(reading.publication, reading.language, tuple(reading.entries))


def _begin(reading: _Reading, name: str) -> None:
    if len(reading.path) >= _MOST_DEPTH:
        raise expat.ExpatError("nested too deeply")
    reading.path.append(name.rpartition(" ")[2])


def _add(reading: _Reading, text: str) -> None:
    key = "/".join(reading.path[2:])
    reading.texts[key] = (reading.texts.get(key, "") + text)[:_MOST_TEXT]


def _end(reading: _Reading) -> None:
    if len(reading.path) == 2 and len(reading.entries) < _MOST_ENTRIES:
        texts = {key: " ".join(clean(text).split()) for key, text in reading.texts.items()}
        reading.publication = reading.publication or texts.get("news/publication/name", "")
        reading.language = reading.language or texts.get("news/publication/language", "")
        if texts.get("news/title"):
            reading.entries.append(_entry(texts))
        reading.texts = {}
    reading.path.pop()


def _entry(texts: dict[str, str]) -> Entry:
    given = texts.get("news/publication_date", "")
    published = time(given)
    address = texts.get("loc", "")
    return Entry(
        url=address if address.lower().startswith(("http://", "https://")) else "",
        title=texts["news/title"],
        whole=False,
        published=published,
        marks=("bad-date",) if given and not published else (),
        dates=(Dated("published", published, "feed"),) if published else (),
    )

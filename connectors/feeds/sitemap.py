"""A news sitemap as entries, which many publishers have where they have no feed.

Source: https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap. Other sitemaps are no feeds:
they hold a site's whole past, without titles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.feeds.sitemap_elements import each
from connectors.feeds.times import time
from pipeline.entries import Contents, Entry
from pipeline.errors import InputError
from pipeline.model import Dated
from pipeline.text import clean

_MOST_ENTRIES = 1_000  # as many as a news sitemap may hold
_MOST_TEXT = 10_000  # characters of one element


@dataclass(slots=True)
class _News:
    """What was read so far."""

    entries: list[Entry] = field(default_factory=list)
    publication: str = ""
    language: str = ""


def is_sitemap(source: str) -> bool:
    """Whether the source is a sitemap, or an index of them."""
    return "<urlset" in source[:2_000] or "<sitemapindex" in source[:2_000]


def contents(source: str, url: str) -> Contents:
    """The articles of the news sitemap at `url`, in its order; InputError where it holds none that can be read."""
    news = _News()
    fault = each(source, lambda _, texts: _add(news, texts), most_text=_MOST_TEXT)
    if not news.entries:
        reason = f"is a sitemap that cannot be read: {fault}" if fault else "is a sitemap without news"
        raise InputError(f"{url} {reason}", step="parse")
    return Contents(news.publication, news.language, tuple(news.entries))


def _add(news: _News, raw: Mapping[str, str]) -> None:
    if len(news.entries) >= _MOST_ENTRIES:
        return
    texts = {key: " ".join(clean(text).split()) for key, text in raw.items()}
    news.publication = news.publication or texts.get("news/publication/name", "")
    news.language = news.language or texts.get("news/publication/language", "")
    if texts.get("news/title"):
        news.entries.append(_entry(texts))


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

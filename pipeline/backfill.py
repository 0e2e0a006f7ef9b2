"""The decisions of reading a site's past by its sitemaps: which of what they list is wanted."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pipeline.addresses import canonical, is_front, site
from pipeline.entries import Entry, Identified, article, published
from pipeline.model import Article, Feed, Time, article_id

MOST_SITEMAPS: Final = 50_000  # of one site: as many as an index may list
DEEPEST: Final = 3  # sitemaps in indexes in indexes


@dataclass(frozen=True, slots=True)
class Listed:
    """An address that a sitemap lists, and when what is there was changed last."""

    url: str
    changed: Time | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a sitemap lists: further sitemaps, and pages."""

    sitemaps: tuple[Listed, ...] = ()
    pages: tuple[Listed, ...] = ()


def wanted(listed: Iterable[Listed], home: str, since: datetime, known: Container[str]) -> list[Listed]:
    """What may hold articles since then, the latest first: of the site at `home`, each once, and no front page.

    What has no date may be of any. `known` are addresses that were met before.
    """
    found = {
        one.url: one
        for one in listed
        if one.url not in known
        and canonical(one.url)
        and site(one.url) == site(home)
        and not (one.changed and one.changed < since)
        and not is_front(one.url)
    }
    return sorted(found.values(), key=lambda one: one.changed or since, reverse=True)


def by_address(url: str) -> str:
    """The id that the article at this address has, unless its page gives another as its own."""
    return article_id(canonical_url=canonical(url))


def of_page(origin: Feed, url: str, page: Entry, *, since: datetime, now: datetime, most: int) -> Article | None:
    """The article on a page, which alerts nobody; None where the page has none, or an older one."""
    date = published(page, now)
    if not page.text or (date and date < since):
        return None
    address = canonical(page.url) or canonical(url)
    found = Identified(replace(page, url=url), article_id(canonical_url=address), address)
    return article(origin, found, now=now, most=most, backfill=True)

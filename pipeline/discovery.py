"""Which of the feeds that a web page names is the one to follow."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

USUAL_PLACES: Final = ("/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/rss")  # for sites that name none
_ASIDE: Final = ("comment", "kommentar", "podcast", "oembed", "wp-json")


@dataclass(frozen=True, slots=True)
class Link:
    """A link that a page has to a feed, with the name that it gives it."""

    url: str
    title: str = ""


def ranked(links: Iterable[Link], page: str) -> list[Link]:
    """The links, each address once and the page itself left out: the likeliest feed of its articles first.

    Feeds of comments and the like come last, those of other sites after those of the page's own, and otherwise the
    page's own order holds, in which the main feed comes first.
    """
    once: dict[str, Link] = {}
    for link in links:
        if link.url.startswith(("http://", "https://")) and link.url != page:
            once.setdefault(link.url, link)
    return sorted(once.values(), key=lambda link: (_aside(link), _site(link.url) != _site(page)))


def _aside(link: Link) -> bool:
    words = f"{urlsplit(link.url).path} {urlsplit(link.url).query} {link.title}".casefold()
    return any(word in words for word in _ASIDE)


def _site(url: str) -> str:
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])

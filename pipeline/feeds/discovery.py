"""Discovery of the feed behind an address, and of the links to articles on a page without a feed.

The feed is the address itself, a feed that its page names, or one at a usual path.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.errors import InputError, WorldError
from pipeline.feeds.pages import Pages
from pipeline.model.feed import FeedItem, FeedLink, LinkRule, ParsedFeed, RobotsRules
from pipeline.ports import FeedParser, HttpClient, HttpSession, PageParser, Parser, Robots
from pipeline.text.http import joined, split

USUAL_PLACES: Final = ("/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/rss")  # for sites that name no feed

_ASIDE: Final = ("comment", "kommentar", "podcast", "oembed", "wp-json")


def ranked(links: Iterable[FeedLink], page: str) -> list[FeedLink]:
    """The distinct links to feeds without the page itself, the likeliest feed of its articles first.

    Feeds of comments and the like come last, and feeds of other sites after those of the page's site. Otherwise the
    page's order counts, in which the main feed is usually the first.
    """
    once: dict[str, FeedLink] = {}
    for link in links:
        if link.url.startswith(("http://", "https://")) and link.url != page:
            once.setdefault(link.url, link)
    return sorted(once.values(), key=lambda link: (_aside(link), _site(link.url) != _site(page)))


def _aside(link: FeedLink) -> bool:
    words = f"{split(link.url).path} {split(link.url).query} {link.title}".casefold()
    return any(word in words for word in _ASIDE)


def _site(url: str) -> str:
    return ".".join((split(url).hostname or "").split(".")[-2:])


_TYPES = "text/html, application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5"

_MOST_TRIED = 3

_GONE: Final = (404, 410)  # answers that will be the same at a later poll


@dataclass(frozen=True, slots=True)
class Discovery:
    """The discovered feed, with its title and number of items, and the other feeds that the page names."""

    url: str
    title: str
    entries: int
    others: tuple[FeedLink, ...] = ()


def discover(http: HttpClient, parser: FeedParser, url: str) -> Discovery:
    """The feed at `url`, or the feed of the site there.

    InputError if there is none, WorldError if nobody responds. Do not call it in a thread that runs an event loop.
    """
    return asyncio.run(_discover(http, parser, url))


async def _discover(http: HttpClient, parser: FeedParser, url: str) -> Discovery:
    async with http.connections() as connections:
        response = await connections.get(url, {"accept": _TYPES})
        if response.status in _GONE:
            raise InputError(f"{url} answers {response.status}", step="discover")
        if response.status != 200:
            raise WorldError(f"{url} answers {response.status}")
        content_type = response.headers.get("content-type", "")
        try:
            return _discovery(url, parser.feed(response.body, content_type, response.url))
        except InputError as error:
            reason = error
        declared = ranked(
            (FeedLink(*link) for link in parser.links(response.body, content_type, response.url)), response.url
        )
        usual = [] if declared or split(response.url).path.strip("/") else USUAL_PLACES
        tried = [link.url for link in declared[:_MOST_TRIED]] or [joined(response.url, place) for place in usual]
        for candidate in tried:
            if contents := await _feed(connections, parser, candidate):
                return _discovery(candidate, contents, [link for link in declared if link.url != candidate])
    raise InputError(f"{reason}; nor does it name a feed that can be read", step="discover")


def _discovery(url: str, contents: ParsedFeed, others: Sequence[FeedLink] = ()) -> Discovery:
    return Discovery(url, contents.title, len(contents.entries), tuple(others))


async def _feed(connections: HttpSession, parser: FeedParser, url: str) -> ParsedFeed | None:
    """The contents of the feed at `url`, None if there is no feed."""
    try:
        response = await connections.get(url, {"accept": _TYPES})
        return parser.feed(response.body, response.headers.get("content-type", ""), response.url)
    except (WorldError, InputError):
        return None


_TRIED: Final = 3  # links of a rule


def preview(http: HttpClient, parser: Parser, robots: Robots, url: str, selector: str = "") -> list[LinkRule]:
    """The links that the selector finds on the page at `url`, or else those of proposed selectors, the likeliest first.

    InputError if there are none, or if the first links lead to no articles or all to the same page. WorldError if
    nobody responds. Do not call it in a thread that runs an event loop.
    """
    return asyncio.run(_preview(http, parser, robots, url, selector))


async def _preview(http: HttpClient, parser: Parser, robots: Robots, url: str, selector: str) -> list[LinkRule]:
    async with http.connections() as connections:
        response = await connections.get(url, {"accept": _TYPES})
        if response.status != 200:
            raise WorldError(f"{url} answers {response.status}")
        body, content_type = response.body, response.headers.get("content-type", "")
        if selector:
            entries = parser.section(body, content_type, response.url, selector).entries
            rules = [LinkRule(selector, entries)]
        else:
            rules = parser.link_rules(body, content_type, response.url)
        if not rules:
            raise InputError(f"{url} has no list of links that look like articles", step="discover")
        pages = _pages(connections, parser, robots)
        leading = [rule for rule in rules if await _leads_to_articles(pages, rule)]
    if not leading:
        raise InputError(f"{url}: its links lead to no articles, or all to the same page", step="discover")
    return leading


def _pages(connections: HttpSession, parser: PageParser, robots: Robots) -> Pages:
    async def read(body: bytes, content_type: str, url: str) -> FeedItem:
        return parser.page(body, content_type, url)

    async def rules(body: bytes, url: str) -> RobotsRules:
        return parser.robots(body, url)

    return Pages(connections, robots, read=read, rules=rules)


async def _leads_to_articles(pages: Pages, rule: LinkRule) -> bool:
    """Return True if one of the first links leads to an article, or if none of them can be read at the moment."""
    articles = await pages.at(entry.url for entry in rule.items[:_TRIED])
    return not articles or any("unread" not in page.marks for page in articles.values())

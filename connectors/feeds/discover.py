"""The feed behind an address that somebody gives: it is one, or the page there names one, or it is at a usual place."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from connectors.feeds.workers import Parser
from connectors.http import Connections, Outside
from pipeline.discovery import USUAL_PLACES, Link, ranked
from pipeline.entries import Contents
from pipeline.errors import InputError, WorldError

_TYPES = "text/html, application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5"
_MOST_TRIED = 3


@dataclass(frozen=True, slots=True)
class Discovery:
    """The feed found, with its title and number of entries, and the others that the page names."""

    url: str
    title: str
    entries: int
    others: tuple[Link, ...] = ()


def discover(outside: Outside, parser: Parser, url: str) -> Discovery:
    """The feed at `url`, or of the site that is there.

    InputError where there is none, WorldError where nothing is known, as nobody answers. Not to be called in a thread
    that runs an event loop.
    """
    return asyncio.run(_discover(outside, parser, url))


async def _discover(outside: Outside, parser: Parser, url: str) -> Discovery:
    async with outside.connections() as connections:
        response = await connections.get(url, {"accept": _TYPES})
        if response.status != 200:
            raise WorldError(f"{url} answers {response.status}")
        content_type = response.headers.get("content-type", "")
        try:
            return _found(url, parser.feed(response.body, content_type, response.url))
        except InputError as error:
            reason = error
        named = ranked((Link(*one) for one in parser.links(response.body, content_type, response.url)), response.url)
        usual = [] if named or urlsplit(response.url).path.strip("/") else USUAL_PLACES
        tried = [link.url for link in named[:_MOST_TRIED]] or [urljoin(response.url, place) for place in usual]
        for candidate in tried:
            if contents := await _feed(connections, parser, candidate):
                return _found(candidate, contents, [link for link in named if link.url != candidate])
    raise InputError(f"{reason}; nor does it name a feed that can be read", step="discover")


def _found(url: str, contents: Contents, others: Sequence[Link] = ()) -> Discovery:
    return Discovery(url, contents.title, len(contents.entries), tuple(others))


async def _feed(connections: Connections, parser: Parser, url: str) -> Contents | None:
    """What the feed at `url` holds, None where there is none."""
    try:
        response = await connections.get(url, {"accept": _TYPES})
        return parser.feed(response.body, response.headers.get("content-type", ""), response.url)
    except (WorldError, InputError):
        return None

"""One look at a feed, or at a page that it leads to, over the guarded way out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from connectors.http import Connections
from pipeline.errors import WorldError
from pipeline.headers import lifetime, retry_after
from pipeline.model import Feed
from pipeline.polling import Answer, conditions

_FEED_TYPES = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"
_PAGE_TYPES = "text/html, application/xhtml+xml, */*;q=0.5"


async def look(connections: Connections, feed: Feed, now: datetime) -> Answer:
    """What the feed's server says, of any status, asked only for what has changed; WorldError where it says nothing."""
    headers = {"accept": _FEED_TYPES} | conditions(feed)
    response = await connections.get(feed.location or feed.url, headers)
    told: Mapping[str, str] = response.headers
    return Answer(
        status=response.status,
        url=response.url,
        body=response.body,
        content_type=told.get("content-type", ""),
        etag=told.get("etag", ""),
        last_modified=told.get("last-modified", ""),
        moved=response.moved,
        retry_after=retry_after(told.get("retry-after", ""), now),
        lifetime=lifetime(told, now),
    )


async def page(connections: Connections, url: str) -> tuple[bytes, str, str]:
    """A page's body, content type and final address.

    WorldError for any answer but a page, with a `retry_after` where the host is asked too much.
    """
    response = await connections.get(url, {"accept": _PAGE_TYPES})
    if response.status != 200:
        busy = response.status in (429, 503)
        raise WorldError(f"{url} answers {response.status}", retry_after=timedelta(0) if busy else None)
    return response.body, response.headers.get("content-type", ""), response.url

"""One look at a feed over the guarded way out."""

from collections.abc import Mapping
from datetime import datetime

from connectors.http import Connections
from pipeline.headers import lifetime, links, retry_after
from pipeline.model import Feed
from pipeline.polling import Answer, conditions

_FEED_TYPES = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"


async def look(connections: Connections, feed: Feed, now: datetime) -> Answer:
    """What the feed's server says, of any status, asked only for what has changed; WorldError where it says nothing."""
    headers = {"accept": _FEED_TYPES} | conditions(feed, now)
    response = await connections.get(feed.location or feed.url, headers)
    told: Mapping[str, str] = response.headers
    named = links(told.get("link", ""))
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
        hub=named.get("hub", ""),
        topic=named.get("self", ""),
    )

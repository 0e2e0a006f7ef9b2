"""The feeds that a web page names: `<link rel="alternate">` (RSS autodiscovery, WHATWG HTML 4.6.7), else plain links.

Runs in a process that can be killed; see `workers`.
"""

import re

from connectors.pages.encoding import decode
from connectors.pages.html import attributes
from pipeline.locators import joined
from pipeline.text import clean

_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")

_LIKE_A_FEED = re.compile(r"(/feed/?|/rss/?|[./](rss|atom|rdf)(\.xml)?|/feed\.(xml|json))(\?[^#]*)?$", re.IGNORECASE)

_MOST = 100


def links(body: bytes, content_type: str, url: str) -> list[tuple[str, str]]:
    """Address and title of each feed that the page at `url` names, in its order."""
    html = decode(body, content_type)
    base = next((one["href"] for one in attributes(html, "base") if one.get("href")), "")
    named = [
        one
        for one in attributes(html, "link")
        if "alternate" in one.get("rel", "").lower().split() and one.get("type", "").lower().strip() in _TYPES
    ]
    found = named or [one for one in attributes(html, "a") if _LIKE_A_FEED.search(one.get("href", ""))]
    base = joined(url, base) or url
    addresses = ((joined(base, one.get("href", "").strip()), one.get("title", "")) for one in found[:_MOST])
    return [(address, " ".join(clean(title).split())) for address, title in addresses if address]

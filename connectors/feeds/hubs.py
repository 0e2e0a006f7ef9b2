"""The hub and topic that a feed's source names by links (W3C WebSub, 4), read by pattern."""

import re
from html import unescape

_LINK = re.compile(r"<(?:[\w-]{1,20}:)?link\s([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]{1,20})\s{0,9}=\s{0,9}(?:"([^"]{0,4000})"|'([^']{0,4000})')""")


def hub_and_topic(channel: str) -> tuple[str, str]:
    """The addresses of the first hub and of the topic, '' for what is not named. `channel` is without its entries."""
    found: dict[str, str] = {}
    for link in _LINK.finditer(channel[:200_000]):
        told = {name.lower(): unescape(double or single) for name, double, single in _ATTRIBUTE.findall(link[1])}
        for relation in told.get("rel", "").lower().split():
            found.setdefault(relation, told.get("href", "").strip())
    return found.get("hub", ""), found.get("self", "")

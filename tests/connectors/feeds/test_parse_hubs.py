"""The hub and topic of a feed, whatever makes it."""

import json

import pytest

from connectors.feeds.parse import contents, hub_and_topic
from tests.connectors.feeds.sources import item, rss

HUB, TOPIC = "https://hub.example/?a=1&b=2", "https://courier.example/feed"
LINKS = f"""<atom:link rel="self" href='{TOPIC}' type="application/rss+xml"/><atom:link href="{HUB}" rel="hub"/>"""
ATOM = (
    f'<feed xmlns="http://www.w3.org/2005/Atom"><title>C</title><link rel="self" href="{TOPIC}"/>'
    f'<link rel="hub" href="{HUB.replace("&", "&amp;")}"/><entry><title>x</title>'
    '<link rel="hub" href="/no"/></entry></feed>'
)
JSON = {
    "title": "C",
    "items": [{"id": "1"}],
    "feed_url": TOPIC,
    "hubs": [{"type": "rssCloud"}, {"type": "WebSub", "url": HUB}],
}


@pytest.mark.parametrize(
    "source",
    [
        rss(item(1), head=LINKS.replace("&", "&amp;")).replace("<rss", '<rss xmlns:atom="http://www.w3.org/2005/Atom"'),
        rss("<item><title>x</b></title></item>", head=LINKS),
        ATOM,
        json.dumps(JSON),
    ],
)
def test_a_feed_names_its_hub_and_topic(source: str) -> None:
    found = contents(source.encode(), "", TOPIC)
    assert (found.hub, found.topic) == (HUB, TOPIC)


@pytest.mark.parametrize(
    "source",
    ["", "<link>https://x.example/</link>", '<link rel="alternate" href="/">', "<link rel=hub", "<link " + "a" * 9_000],
)
def test_links_that_name_no_hub(source: str) -> None:
    assert hub_and_topic(source) == ("", "")


def test_hostile_links_take_no_time() -> None:
    assert hub_and_topic("<link " * 100_000) == ("", "")
    assert hub_and_topic(("<link " + "rel='" * 700 + ">") * 50) == ("", "")

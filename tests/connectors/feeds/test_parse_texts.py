"""Texts in feeds, as publishing systems and careless editors write them, and the text that remains."""

from datetime import UTC, datetime
from html import escape

import pytest

from connectors.feeds.parse import contents
from pipeline.model.feed import FeedItem
from tests.connectors.feeds.sources import item, rss


def entry(source: str) -> FeedItem:
    (one,) = contents(rss(source).encode(), "application/rss+xml", "https://courier.example/feed.xml").entries
    return one


@pytest.mark.parametrize(
    "added",
    [
        "<p>The post <a href='https://courier.example/1'>Harbour</a> appeared first on <a href='/'>Us</a>.</p>",
        "<figure><img src='a'><figcaption>The pier. Photo: Bo Ek</figcaption></figure>",
        "<blockquote>“The harbour stays open”</blockquote>",
        "<div class='feedflare'><a href='/~ff/1'><img src='b'></a> <a href='/~ff/2'>Share</a></div>",
    ],
)
def test_what_publishing_systems_add_to_a_text_is_left_out(added: str) -> None:
    told = "“The harbour stays open,” said Ada Lindqvist of the council."
    assert entry(item(1, **{"content:encoded": escape(f"{added}<p>{told}</p>{added}")})).text == told


def test_a_link_to_the_article_itself_ends_a_summary_in_any_language() -> None:
    one = entry(
        item(1, **{"content:encoded": escape("<p>It begins.</p><a href='https://courier.example/1'>Lees meer</a>")})
    )
    assert not one.whole


def test_dates_of_local_time_and_bylines() -> None:
    one = entry(item(1, pubDate="Mo, 02 Mrz 2026 12:00:00 CET", **{"dc:creator": "By Ada Lindqvist"}))
    assert (one.published, one.authors) == (datetime(2026, 3, 2, 11, tzinfo=UTC), ("Ada Lindqvist",))

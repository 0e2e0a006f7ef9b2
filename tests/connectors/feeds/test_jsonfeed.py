"""JSON Feeds become entries; wrong fields count as missing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.feeds.parse import contents
from pipeline.errors import InputError
from pipeline.model import Dated
from pipeline.model.feed import FeedItem, ParsedFeed

URL = "https://courier.example/feed.json"
WHOLE = {
    "id": "1",
    "url": "/harbour",
    "title": "Harbour  stays\nopen",
    "content_html": "<p>One.</p><p>Two.</p>",
    "date_published": "2026-03-02T12:00:00+01:00",
    "authors": [{"name": "Ada"}, {"name": "Ada"}, {}],
}


def parse(*items: Any, **feed: Any) -> ParsedFeed:
    source = {"version": "https://jsonfeed.org/version/1.1", "title": "Courier", "items": items} | feed
    return contents(json.dumps(source).encode(), "application/feed+json", URL)


def test_a_whole_item() -> None:
    feed = parse(WHOLE, language="en")
    assert (feed.title, feed.language) == ("Courier", "en")
    assert feed.entries == (
        FeedItem(
            url="https://courier.example/harbour",
            guid="1",
            title="Harbour stays open",
            text="One.\n\nTwo.",
            published=datetime(2026, 3, 2, 11, tzinfo=UTC),
            authors=("Ada",),
            dates=(Dated("published", datetime(2026, 3, 2, 11, tzinfo=UTC), "feed"),),
        ),
    )


def test_a_summary_is_distinguished_from_a_whole_text() -> None:
    (one,) = parse({"id": "1", "summary": "Short."}).entries
    assert (one.text, one.whole) == ("Short.", False)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 7, "url": 7, "title": [], "content_html": None, "authors": "Ada", "author": 3},
        {"url": "http://[::1", "date_published": "yesterday"},
        {"url": "javascript:alert(1)", "date_published": "9999-99-99"},
        {"authors": [None, 3, {"name": {}}], "content_text": {"a": 1}},
    ],
)
def test_wrong_fields_count_as_missing(changes: dict[str, Any]) -> None:
    first, last = parse(changes, WHOLE).entries
    assert first.url == ""
    assert last.title == "Harbour stays open"


def test_malformed_items_are_passed_over() -> None:
    assert len(parse(WHOLE, 3, None, "x").entries) == 1


def test_lone_surrogates_and_controls_are_taken_out() -> None:
    source = b'{"items": [{"id": "1", "title": "a\\u0000b\\u202ec\\ud800", "content_text": "x"}]}'
    assert contents(source, "", URL).entries[0].title == "abc"


@pytest.mark.parametrize("source", [b'{"items": [', b'{"items": {}}', b'{"title": "x"}', b'{"a":' * 100_000])
def test_malformed_json_feeds_are_refused(source: bytes) -> None:
    with pytest.raises(InputError, match=f"^{URL} is "):
        contents(source, "", URL)

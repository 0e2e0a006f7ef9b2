"""Items that were read before: their texts are not converted again, and the poll decides as if they were."""

from dataclasses import replace

import pytest

from connectors.feeds.parse import contents
from pipeline.feeds import state as polling
from pipeline.ingest.identity import read_items
from pipeline.model import FeedState
from pipeline.model.feed import FeedResponse, ParsedFeed
from pipeline.settings.sections import Poll
from tests.connectors.feeds.sources import item, rss
from tests.examples import NOON

URL = "https://courier.example/feed"
LONG = "The council voted to keep the harbour open through the winter, and the ferries will sail as before. " * 4
UNTITLED = {"title": "", "guid": "same", "link": "https://courier.example/live"}

POLLS = {
    "an item more": [rss(item(1), item(2)), rss(item(3), item(1), item(2))],
    "another text": [rss(item(1), item(2)), rss(item(1), item(2, **{"content:encoded": "Another text."}))],
    "another title": [rss(item(1), item(2)), rss(item(1, title="Another"), item(2))],
    "another link": [rss(item(1, **{"content:encoded": LONG})), rss(item(1, link="https://courier.example/b"))],
    "a text that moves to another item": [
        rss(item(1, **{"content:encoded": LONG})),
        rss(item(2, **{"content:encoded": LONG}), item(1, **{"content:encoded": LONG})),
    ],
    "a guid and link that two items share": [
        rss(item(1, guid="live", link="https://courier.example/live")),
        rss(
            item(1, guid="live", link="https://courier.example/live"),
            item(2, guid="live", link="https://courier.example/live"),
        ),
    ],
    "untitled items that share all else": [
        rss(*(item(n, **UNTITLED) for n in (1, 2, 3))),
        rss(*(item(n, **UNTITLED) for n in (2, 3, 4))),
    ],
    "an item that comes back": [rss(item(1), item(2)), rss(item(2)), rss(item(1), item(2))],
    "a feed that becomes unreadable for the fast parser": [rss(item(1)), rss(item(1), item(2)).replace("</title>", "</b></title>")],
}  # fmt: skip
# ruff: noqa: E501 - a case a line reads as the table that it is


@pytest.mark.parametrize("name", POLLS)
def test_a_poll_decides_alike_whether_texts_are_read_again_or_not(name: str) -> None:
    again = once = FeedState(url=URL)
    for body in POLLS[name]:
        parsed, whole = contents(body.encode(), "", URL, read_items(once.items)), contents(body.encode(), "", URL)
        forgetful = replace(again, items="")
        assert news(once, parsed) == news(forgetful, whole)
        once, again = after(once, body, parsed), after(forgetful, body, whole)
        assert once == again


def test_only_the_texts_of_new_and_changed_items_are_converted() -> None:
    first = rss(item(1), item(2))
    state = after(FeedState(url=URL), first, contents(first.encode(), "", URL))
    later = rss(item(3), item(1, title="Another title"), item(2))
    parsed = contents(later.encode(), "", URL, read_items(state.items))
    assert [entry.text for entry in parsed.entries] == ["Text of number 3.", "Text of number 1.", ""]


def test_the_same_of_a_json_feed() -> None:
    body = b'{"items": [{"id": "1", "content_text": "One."}, {"id": "2", "content_text": "Two."}]}'
    state = after(FeedState(url=URL), body.decode(), contents(body, "", URL))
    parsed = contents(body.replace(b"Two", b"Three"), "", URL, read_items(state.items))
    assert [entry.text for entry in parsed.entries] == ["", "Three."]


def test_a_body_of_many_items_is_remembered_within_bounds() -> None:
    body = rss(*map(item, range(1_200)))
    assert len(read_items(after(FeedState(url=URL), body, contents(body.encode(), "", URL)).items)) == 1_000


def test_a_truncated_memory_of_items_is_harmless() -> None:
    body = rss(item(1), item(2))
    state = after(FeedState(url=URL), body, contents(body.encode(), "", URL))
    cut = read_items(state.items[:-3])
    assert list(cut) == list(read_items(state.items))[:1]


def news(state: FeedState, parsed: ParsedFeed) -> list[tuple[str, str, str]]:
    found = polling.fresh(state, parsed, NOON)
    return [(new.digest, new.identified.article_id, new.identified.entry.text) for new in found]


def after(state: FeedState, body: str, parsed: ParsedFeed) -> FeedState:
    response = FeedResponse(status=200, url=URL, body=body.encode())
    return polling.succeeded(state, response, parsed, NOON, Poll())

"""A page says which article it is, within reason."""

import pytest

from pipeline.ingest.identity import recognised
from pipeline.ingest.items import at_own_address, own_addresses
from pipeline.model import FeedState, article_id
from pipeline.model.feed import FeedItem, IdentifiedItem

FEED = FeedState(url="https://courier.example/feed")
STORY = "https://courier.example/story"
ENTRY = FeedItem(url="https://courier.example/go?to=1", guid="1", title="One", text="A text.")


def found(*entries: FeedItem, feed: FeedState = FEED) -> tuple[IdentifiedItem, ...]:
    return recognised(feed, entries).identified


def test_a_new_article_takes_its_page_s_own_address() -> None:
    (one,) = found(ENTRY)
    addresses = own_addresses("", [one], {ENTRY.url: FeedItem(url=STORY)})
    assert addresses == {one.article_id: STORY}
    moved = at_own_address(one, addresses)
    assert (moved.article_id, moved.canonical_url) == (article_id(canonical_url=STORY), STORY)


@pytest.mark.parametrize("page", [FeedItem(), FeedItem(url="https://courier.example/go?to=1")])
def test_a_page_that_adds_nothing(page: FeedItem) -> None:
    (one,) = found(ENTRY)
    assert own_addresses("", [one], {ENTRY.url: page}) == {}
    assert at_own_address(one, {}) is one


def test_a_canonical_address_on_two_pages_is_ignored() -> None:
    other = FeedItem(url="https://courier.example/go?to=2", guid="2", title="Two", text="Another.")
    pages = {ENTRY.url: FeedItem(url=STORY), other.url: FeedItem(url=STORY)}
    assert own_addresses("", found(ENTRY, other), pages) == {}
    third = FeedItem(url=STORY, guid="3", title="Three", text="A third.")
    assert own_addresses("", found(ENTRY, third), {ENTRY.url: FeedItem(url=STORY)}) == {}


def test_an_article_that_was_met_before_keeps_its_id() -> None:
    existing = FeedState(url=FEED.url, known=recognised(FEED, [ENTRY]).known)
    assert own_addresses(existing.known, found(ENTRY, feed=existing), {ENTRY.url: FeedItem(url=STORY)}) == {}


def test_an_article_known_by_its_guid_keeps_it() -> None:
    feed = FeedState(url=FEED.url, identity="guid")
    assert own_addresses(feed.known, found(ENTRY, feed=feed), {ENTRY.url: FeedItem(url=STORY)}) == {}

"""A backfill reads the pages of a sitemap that may be articles of the site since the day."""

from datetime import timedelta

import pytest

from pipeline.feeds.backfill import by_address, of_page, wanted
from pipeline.model import Dated, Feed
from pipeline.model.feed import FeedItem, SitemapEntry
from tests.examples import NOON, article

HOME = "https://www.courier.example/"
DAY = timedelta(days=1)


def chosen(*listed: SitemapEntry) -> list[str]:
    return [one.url for one in wanted(listed, HOME, NOON - DAY, {"https://courier.example/known"})]


def test_the_latest_come_first_and_those_without_a_date_last() -> None:
    dated = [SitemapEntry(f"https://courier.example/{n}", NOON + n * timedelta(hours=1)) for n in range(3)]
    undated = SitemapEntry("https://courier.example/x")
    assert chosen(undated, *dated) == [f"https://courier.example/{n}" for n in (2, 1, 0)] + [undated.url]


@pytest.mark.parametrize(
    "listed",
    [
        SitemapEntry("https://courier.example/known"),
        SitemapEntry("https://courier.example/1", NOON - 2 * DAY),
        SitemapEntry("https://elsewhere.example/1", NOON),
        SitemapEntry("https://courier.example/", NOON),
        SitemapEntry("javascript:alert(1)", NOON),
        SitemapEntry("http://[", NOON),
        SitemapEntry("", NOON),
    ],
)
def test_unwanted_items_of_a_backfill(listed: SitemapEntry) -> None:
    assert chosen(listed) == []


def test_an_address_counts_once() -> None:
    one = SitemapEntry("https://news.courier.example/1", NOON)
    assert chosen(one, one) == [one.url]


def made(page: FeedItem) -> str:
    result = of_page(Feed(url=HOME), "https://courier.example/1", page, since=NOON - DAY, now=NOON, most=100)
    return result.id if result else ""


def test_the_article_of_a_page() -> None:
    page = FeedItem(title="T", text="Text.", published=NOON)
    assert made(page) == by_address("https://courier.example/1") == article("https://courier.example/1").id
    own = FeedItem(title="T", text="Text.", url="https://courier.example/own")
    assert made(own) == by_address("https://courier.example/own")
    old = NOON - 2 * DAY
    assert made(FeedItem(title="T", text="Text.", dates=(Dated("published", old, "json-ld"),))) == ""
    assert made(FeedItem(title="T", whole=False, marks=("paywall",))) == ""

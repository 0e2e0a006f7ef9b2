"""Pages of new articles are read again some times, and what they correct is a revision."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.feeds import recheck
from pipeline.model import Article, FeedState
from pipeline.model.feed import FeedItem
from tests import examples
from tests.examples import NOON

HOUR = timedelta(hours=1)
TEXT = "The harbour will stay open, the mayor said.\n\nHe named 140 ships and thanked the crews of all of them."
ARTICLE = examples.article(text=TEXT)
PAGE = FeedItem(text=TEXT, validators=('"1"', "Mon"))
FEED = recheck.noted(FeedState(url="https://courier.example/feed"), [ARTICLE], {ARTICLE.url: PAGE}, 3)


def read_at(*hours: float) -> list[float]:
    """The hours, of these at which the feed is looked at, at which the page is read again."""
    feed, read = FEED, []
    for hour in hours:
        now = NOON + hour * HOUR
        if readings := recheck.due(feed, now):
            read.append(hour)
            feed = recheck.done(feed, readings, {}, 3, now)
    assert feed.again == "" or hours[-1] < 24
    return read


def test_a_page_is_read_again_ever_more_seldom() -> None:
    assert read_at(0.5, 1, 1.5, 2, 5, 6, 7, 12, 24, 25, 80, 200) == [1, 6, 24]
    assert read_at(7, 8, 23, 30, 90) == [7, 30]
    assert read_at(100, 200) == [100]


@pytest.mark.parametrize(
    ("article", "page"),
    [
        (replace(ARTICLE, backfill=True), PAGE),
        (ARTICLE, FeedItem(whole=False, marks=("paywall",))),
        (ARTICLE, replace(PAGE, whole=False)),
        (replace(ARTICLE, url="https://courier.example/other"), PAGE),
    ],
)
def test_pages_that_are_not_read_again(article: Article, page: FeedItem) -> None:
    feed = FeedState(url="https://courier.example/feed")
    assert recheck.noted(feed, [article], {ARTICLE.url: page}, 3) == feed
    assert recheck.noted(FEED, [ARTICLE], {ARTICLE.url: PAGE}, 0).again == ""


def test_what_is_remembered_is_bounded() -> None:
    feed = FeedState(url="https://courier.example/feed")
    articles = [examples.article(f"https://courier.example/{number}") for number in range(80)]
    feed = recheck.noted(feed, articles, {one.url: PAGE for one in articles}, 3)
    read: list[str] = []
    while readings := recheck.due(feed, NOON + HOUR):
        assert len(readings) <= 5
        read += [reading.url for reading in readings]
        feed = recheck.done(feed, readings, {}, 1, NOON + HOUR)
    assert read == [one.url for one in articles[-50:]]


def test_validators_are_those_of_the_last_reading() -> None:
    (reading,) = recheck.due(FEED, NOON + HOUR)
    assert reading.conditions == {"if-none-match": '"1"', "if-modified-since": "Mon"}
    changed = FeedItem(text="x", validators=('"2"', ""))
    feed = recheck.done(FEED, [reading], {ARTICLE.url: changed}, 3, NOON + HOUR)
    (reading,) = recheck.due(feed, NOON + 6 * HOUR)
    assert reading.conditions["if-none-match"] == '"2"'


def corrected(page: FeedItem) -> Article | None:
    return recheck.corrected(ARTICLE, page, FEED, NOON + HOUR, 1_000)


def test_a_corrected_page_is_a_revision() -> None:
    result = corrected(replace(PAGE, text=TEXT.replace("140", "40"), url=ARTICLE.url))
    assert result
    assert (result.id, result.text, result.title) == (ARTICLE.id, TEXT.replace("140", "40"), ARTICLE.title)
    assert (result.first_seen, result.published) == (NOON + HOUR, ARTICLE.published)


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        replace(PAGE, text=f"{TEXT}\n\n12 comments"),
        replace(PAGE, text=""),
        replace(PAGE, text=TEXT.replace("140", "40"), whole=False, marks=("paywall",)),
        replace(PAGE, text="The harbour will stay open"),
        replace(PAGE, text="Something else stands here now, of about the same length as before, on other things."),
        replace(PAGE, text=TEXT.replace("140", "40"), url="https://courier.example/live"),
    ],
)
def test_changes_that_are_no_correction(page: FeedItem) -> None:
    assert corrected(page) is None


def test_a_page_that_an_older_version_noted_is_no_live_blog() -> None:
    (page,) = json.loads(FEED.again)
    del page["live"]
    older = replace(FEED, again=json.dumps([page]))
    assert recheck.due(older, NOON + HOUR / 2) == []
    assert [reading.url for reading in recheck.due(older, NOON + HOUR)] == [ARTICLE.url]


def test_a_live_blog_is_read_at_each_poll_until_a_day_after_its_last_update() -> None:
    blog = replace(PAGE, updates=(FeedItem(text="It rains.", published=NOON),))
    state = recheck.noted(FeedState(url="https://courier.example/feed"), [ARTICLE], {ARTICLE.url: blog}, 3)
    for hours, goes_on in ((0.1, True), (23.9, True), (24, False)):
        now = NOON + hours * HOUR
        (page,) = recheck.due(state, now)
        assert bool(recheck.done(state, [page], {}, 3, now).again) == goes_on

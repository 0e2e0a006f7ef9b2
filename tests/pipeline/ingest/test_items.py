"""Entries become articles with a steady identity and honest marks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.ingest.identity import recognised
from pipeline.ingest.items import article, cut, outlet_of, source
from pipeline.model import Article, Feed
from pipeline.model.feed import FeedItem
from tests import examples
from tests.examples import NOON

FEED = examples.feed(url="https://courier.example/feed", source="Courier", language="en")
STATE = examples.feed_state(FEED.url)
WHOLE = FeedItem(url="https://courier.example/1", guid="1", title="One", text="Text.", published=NOON)


def ids(*entries: FeedItem) -> list[str]:
    return [result.article_id for result in recognised(STATE, entries).identified]


def made(entry: FeedItem, most: int = 1_000, page: FeedItem | None = None) -> Article:
    (result,) = recognised(STATE, [entry]).identified
    return article(FEED, result, now=NOON, most=most, page=page, backfill=False)


def test_a_whole_entry_has_no_marks() -> None:
    one = made(WHOLE)
    assert (one.title, one.text, one.url, one.guid) == ("One", "Text.", "https://courier.example/1", "1")
    assert (one.source, one.feed, one.published, one.first_seen) == ("Courier", FEED.url, NOON, NOON)
    assert one.marks == ()


def test_identity_survives_headline_guid_and_tracking() -> None:
    changed = FeedItem(url="http://courier.example/1/?utm_source=rss", guid="other", title="Uno", text="Changed.")
    assert ids(WHOLE) == ids(changed)


def test_without_an_address_the_guid_is_the_identity_and_without_both_the_content() -> None:
    assert ids(FeedItem(guid="1", title="A")) == ids(FeedItem(guid="1", title="B"))
    assert ids(FeedItem(guid="1", title="A")) != ids(FeedItem(guid="2", title="A"))
    assert ids(FeedItem(title="A", text="x")) == ids(FeedItem(title="A", text="x", published=NOON))
    assert ids(FeedItem(title="A", text="x")) != ids(FeedItem(title="A", text="y"))


def test_one_guid_for_all_merges_nothing() -> None:
    linked = [FeedItem(url=f"https://courier.example/{n}", guid="same", title=f"T{n}") for n in range(5)]
    bare = [FeedItem(guid="same", title=f"T{n}") for n in range(5)]
    assert len(set(ids(*linked))) == 5
    assert len(set(ids(*bare))) == 5


def test_one_address_for_all_merges_nothing() -> None:
    entries = [FeedItem(url="https://courier.example/", guid=f"g{n}", title=f"T{n}") for n in range(5)]
    assert len(set(ids(*entries))) == 5


def test_an_entry_listed_twice_stays_one_article() -> None:
    assert len(set(ids(WHOLE, WHOLE, WHOLE))) == 1


def test_an_entry_with_nothing_in_it_is_left_out() -> None:
    assert recognised(STATE, [FeedItem(), FeedItem(guid="only")]).identified == ()


@pytest.mark.parametrize(
    ("entry", "marks"),
    [
        (FeedItem(guid="1", title="A", text="x", published=NOON), ("no-link",)),
        (FeedItem(url="https://a.example/", title="A", text="x", published=NOON), ("no-guid",)),
        (FeedItem(url="https://a.example/", guid="1", text="x", published=NOON), ("no-title",)),
        (FeedItem(url="https://a.example/", guid="1", title="A", text="x"), ("no-date",)),
        (FeedItem(url="https://a.example/", guid="1", title="A", text="x", marks=("bad-date",)), ("bad-date",)),
        (FeedItem(url="https://a.example/", guid="1", title="A", whole=False, published=NOON), ("title-only",)),
        (
            FeedItem(url="https://a.example/", guid="1", title="A", text="x", whole=False, published=NOON),
            ("summary-only",),
        ),
        (
            FeedItem(url="https://news.google.com/rss/articles/CBMiWk", guid="1", title="A", text="x", published=NOON),
            ("unresolved-link",),
        ),
        (FeedItem(text="x"), ("no-link", "no-guid", "no-title", "no-date")),
    ],
)
def test_marks_say_what_is_missing(entry: FeedItem, marks: tuple[str, ...]) -> None:
    assert made(entry).marks == marks


@pytest.mark.parametrize(
    "date", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC), NOON + timedelta(days=2)]
)
def test_impossible_dates_are_ignored(date: datetime) -> None:
    one = made(FeedItem(url="https://a.example/", guid="1", title="A", text="x", published=date))
    assert (one.published, one.marks) == (None, ("bad-date",))


def test_a_page_takes_the_place_of_a_summary() -> None:
    summary = FeedItem(url="https://a.example/", guid="1", title="A", text="Short.", whole=False, published=NOON)
    assert (
        made(summary, page=FeedItem(text="The whole story.")).text,
        made(summary, page=FeedItem(text="The whole story.")).marks,
    ) == (
        "The whole story.",
        (),
    )
    assert (made(summary, page=FeedItem(text="No.")).text, made(summary, page=FeedItem(text="No.")).marks) == (
        "Short.",
        ("summary-only",),
    )


@pytest.mark.parametrize(
    ("entry", "page", "expected"),
    [
        (("Courier", "Ada Lindqvist"), (), ("Ada Lindqvist",)),
        (("Courier staff",), ("Ada Lindqvist",), ("Ada Lindqvist",)),
        (("Reuters",), ("courier.example",), ()),
        (("Bo Ek",), ("Ada Lindqvist",), ("Bo Ek",)),
    ],
)
def test_authors_are_people(entry: tuple[str, ...], page: tuple[str, ...], expected: tuple[str, ...]) -> None:
    read = made(replace(WHOLE, authors=entry), page=FeedItem(text="No.", authors=page))
    assert (read.authors, read.agency) == (expected, "Reuters" if entry == ("Reuters",) else "")


def test_the_language_is_that_of_the_text() -> None:
    german = FeedItem(
        title="Hafen", text="Der Hafen bleibt offen, sagte die Bürgermeisterin am Montag nach der Sitzung."
    )
    assert made(german).language == "de"
    assert made(FeedItem(title="A", text="x")).language == "en"


def test_long_fields_are_cut_and_marked() -> None:
    long = made(FeedItem(url="https://a.example/", guid="1", title="A", text="word " * 1000, published=NOON))
    assert len(long.text) <= 1_000
    assert long.text.endswith("word")
    assert long.marks == ("truncated",)
    title = made(FeedItem(url="https://a.example/", guid="1", title="a" * 5_000, text="x", published=NOON))
    assert (len(title.title), title.marks) == (1_000, ("truncated",))
    address = made(FeedItem(url="https://a.example/" + "a" * 10_000, guid="1", title="A", text="x", published=NOON))
    assert (address.url, address.marks) == ("", ("no-link",))


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [("one two", 7, "one two"), ("one two", 6, "one"), ("one\ntwo", 6, "one"), ("abcdef", 3, "abc"), ("", 1, "")],
)
def test_cut(text: str, most: int, expected: str) -> None:
    assert cut(text, most) == expected


@pytest.mark.parametrize(
    ("feed", "name"),
    [
        (Feed(url="https://courier.example/feed", source="My name", title="The Courier"), "My name"),
        (Feed(url="https://courier.example/feed", title="The Harbour Paper"), "The Harbour Paper"),
        (Feed(url="https://www.courier.example/world", title="World – The Courier"), "The Courier"),
        (Feed(url="https://feeds.courier.example/a", title="Courier | Sport"), "Courier"),
        (Feed(url="https://paper.example/a", title="World - Latest"), "World - Latest"),
        (Feed(url="https://courier.example/feed"), "courier.example"),
        (Feed(url="file:///srv/press%20releases"), "press releases"),
        (Feed(url="https://rss.courier.example/a", title="The Courier > World > Europe"), "The Courier"),
        (Feed(url="https://news.courier.example/a", title="World News | The Courier"), "The Courier"),
        (Feed(url="https://courier.example/a", title="Courier Sport | The Courier"), "The Courier"),
        (Feed(url="https://www.co.example.uk/a", title="Example – Latest"), "Example"),
        (Feed(url="https://courier.example/a", title="The Courier - RSS Feed"), "The Courier"),
        (Feed(url="https://courier.example/a", title="RSS 2.0"), "courier.example"),
        (Feed(url="https://paper.example/a", title="The Feedback Quarterly"), "The Feedback Quarterly"),
    ],
)
def test_the_outlet_is_called_as_its_feed_is(feed: Feed, name: str) -> None:
    assert source(feed) == name


def page_of(site: str, text: str = "A text.") -> FeedItem:
    return FeedItem(site=site, text=text)


@pytest.mark.parametrize(
    ("sites", "name"),
    [
        (["The Courier", "The Courier", "Harbour Weekly"], "The Courier"),
        (["The Courier", "Harbour Weekly"], ""),
        (["", "", "The Courier"], ""),
        (["courier.example", "courier.example"], ""),
        (["The Courier | News and weather"], "The Courier"),
        (["A name " * 10], ""),
        ([], ""),
    ],
)
def test_the_outlet_is_called_as_most_of_its_pages_say(sites: list[str], name: str) -> None:
    pages = {f"https://www.courier.example/{number}": page_of(site) for number, site in enumerate(sites)}
    assert outlet_of(pages) == name
    assert outlet_of({**pages, "https://www.courier.example/closed": page_of("Log in", text="")}) == name

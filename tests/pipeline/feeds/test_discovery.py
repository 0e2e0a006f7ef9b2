"""Discovery chooses the feed of a page's articles among the feeds that the page names."""

from pipeline.feeds.discovery import ranked
from pipeline.model.feed import FeedLink

PAGE = "https://www.courier.example/"


def test_the_first_of_the_site_is_the_likeliest_and_comments_are_the_last() -> None:
    links = [
        FeedLink("https://www.courier.example/comments/feed", "Comments"),
        FeedLink("https://hub.example/courier"),
        FeedLink("https://www.courier.example/feed", "News"),
        FeedLink("https://feeds.courier.example/sport", "Sport"),
        FeedLink("https://www.courier.example/feed", "Again"),
    ]
    assert [link.url for link in ranked(links, PAGE)] == [
        "https://www.courier.example/feed",
        "https://feeds.courier.example/sport",
        "https://hub.example/courier",
        "https://www.courier.example/comments/feed",
    ]
    assert ranked(links, PAGE)[0].title == "News"


def test_malformed_links_and_the_page_itself_are_left_out() -> None:
    assert ranked([FeedLink("javascript:alert(1)"), FeedLink("feed:x"), FeedLink(""), FeedLink(PAGE)], PAGE) == []


def test_an_address_without_a_host_is_no_reason_to_fail() -> None:
    links = [FeedLink("https:///feed"), FeedLink("https://www.courier.example/feed")]
    assert [link.url for link in ranked(links, PAGE)] == ["https://www.courier.example/feed", "https:///feed"]

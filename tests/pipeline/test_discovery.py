"""Of the feeds that a page names, the one of its articles is taken."""

from pipeline.discovery import Link, ranked

PAGE = "https://www.courier.example/"


def test_the_first_of_the_site_is_the_likeliest_and_comments_are_the_last() -> None:
    links = [
        Link("https://www.courier.example/comments/feed", "Comments"),
        Link("https://hub.example/courier"),
        Link("https://www.courier.example/feed", "News"),
        Link("https://feeds.courier.example/sport", "Sport"),
        Link("https://www.courier.example/feed", "Again"),
    ]
    assert [link.url for link in ranked(links, PAGE)] == [
        "https://www.courier.example/feed",
        "https://feeds.courier.example/sport",
        "https://hub.example/courier",
        "https://www.courier.example/comments/feed",
    ]
    assert ranked(links, PAGE)[0].title == "News"


def test_what_is_no_address_and_the_page_itself_are_left_out() -> None:
    assert ranked([Link("javascript:alert(1)"), Link("feed:x"), Link(""), Link(PAGE)], PAGE) == []

"""All addresses of one article have one canonical form, and those of two articles have two."""

import base64

import pytest

from pipeline.ingest.urls import canonical, host, is_front, named_by_page


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/a/b?id=7&page=2",
        "http://news.example/a/b?id=7&page=2",
        " https://NEWS.example:443/a//b/?page=2&id=7#comments ",
        "https://news.example/a/b?id=7&page=2&utm_source=rss&fbclid=x&_ga=1.2&at_medium=RSS",
        "https://news.example/a/b?id=7&amp;page=2&from=rss&source=rss----9f3",
    ],
)
def test_addresses_of_one_article(url: str) -> None:
    assert canonical(url) == "https://news.example/a/b?id=7&page=2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/story?cid=1", "https://news.example/story?cid=2"),
        ("https://news.example/story?eid=1", "https://news.example/story?eid=2"),
        ("https://news.example/?p=1", "https://news.example/?p=2"),
        ("https://news.example/#!/1", "https://news.example/#!/2"),
        ("https://news.example:8080/1", "https://news.example:8081/1"),
        ("https://news.example/Story", "https://news.example/story"),
        ("https://a.news.example/1", "https://b.news.example/1"),
    ],
)
def test_addresses_of_two_articles(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("url", ["https://news.example", "http://bücher.example/ä b?ö=1", "https://news.example/a?b"])
def test_the_canonical_form_is_its_own(url: str) -> None:
    assert canonical(canonical(url)) == canonical(url) != ""


@pytest.mark.parametrize(
    "url",
    ["", "news", "mailto:desk@news.example", "http://", "http://[::1", "https://u:p@news.example/", "https://x/\ud800"],
)
def test_a_malformed_address_has_no_canonical_form(url: str) -> None:
    assert canonical(url) == ""


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://www.news.example:8443/feed", "news.example"), ("http://[::1", ""), ("file:///feed.xml", "")],
)
def test_host(url: str, expected: str) -> None:
    assert host(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://www.news.example/a/story",
        "https://m.news.example/a/story",
        "https://mobile.news.example/a/story/",
        "https://amp.news.example/a/story",
        "https://www.news.example/amp/a/story",
        "https://www.news.example/a/story/amp/",
        "https://www.news.example/a/story.amp",
        "https://www.news.example/a/story?amp=1",
        "https://www.news.example/a/story?outputType=amp",
        "https://www-news-example.cdn.ampproject.org/c/s/www.news.example/a/story/amp",
        "https://www-news-example.cdn.ampproject.org/v/s/m.news.example/a/story?amp=1",
        "https://www.google.com/amp/s/amp.news.example/a/story",
        "https://www.google.com/url?rct=j&sa=t&url=https://www.news.example/a/story&ct=ga",
        "https://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fnews.example%2fa%2fstory&c=1",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fnews.example%2Fa%2Fstory%3Ffbclid%3D1",
    ],
)
def test_other_forms_of_one_article(url: str) -> None:
    assert canonical(url) == "https://news.example/a/story"


def google_news(address: str) -> str:
    size = len(address)
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    inner = b"\x08\x13\x22" + length + address.encode() + b"\xd2\x01\x04https"
    return f"https://news.google.com/rss/articles/{base64.urlsafe_b64encode(inner).decode().rstrip('=')}?oc=5"


@pytest.mark.parametrize("path", ["/a/story", "/a/" + "story" * 40])
def test_google_news_names_the_article(path: str) -> None:
    assert canonical(google_news(f"https://www.news.example{path}")) == f"https://news.example{path}"


def test_an_undecodable_google_news_link_is_unchanged() -> None:
    url = "https://news.google.com/rss/articles/CBMiAAAAQVVfeXFMAAAAAAAAAAAAAAAAAAAA"
    assert canonical(url) == url


def test_circular_canonical_addresses_are_ignored() -> None:
    url = "https://google.com/url?url=https://google.com/url%3Furl=https://google.com/url%253Furl=https://a.example/"
    assert canonical(url) in ("", "https://a.example/")
    assert canonical("https://m.example/1") == "https://m.example/1"


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        ("https://www.news.example/a/story", "https://news.example/a/story"),
        ("https://politics.news.example/story", "https://politics.news.example/story"),
        ("https://www.news.example/", ""),
        ("https://www.news.example/a", ""),
        ("https://other.example/a/story", ""),
        ("javascript:1", ""),
        ("", ""),
    ],
)
def test_a_page_may_name_its_own_address_within_its_site(claimed: str, expected: str) -> None:
    assert named_by_page(claimed, "https://news.example/a/story?x=1") == expected


@pytest.mark.parametrize(
    ("url", "front"),
    [
        ("https://www.news.example/?utm_source=x", True),
        ("https://news.example/?p=1", False),
        ("https://news.example/1", False),
    ],
)
def test_a_front_page(url: str, front: bool) -> None:
    assert is_front(url) is front

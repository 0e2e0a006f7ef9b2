"""All addresses of one article have one canonical form, and those of two articles have two."""

import pytest

from pipeline.addresses import canonical, host


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
def test_what_is_no_address_has_no_canonical_form(url: str) -> None:
    assert canonical(url) == ""


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://www.news.example:8443/feed", "news.example"), ("http://[::1", ""), ("file:///feed.xml", "")],
)
def test_host(url: str, expected: str) -> None:
    assert host(url) == expected

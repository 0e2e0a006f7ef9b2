"""News sitemaps are feeds of articles without text; other sitemaps are none."""

from datetime import UTC, datetime

import pytest

from connectors.feeds.parse import contents
from pipeline.errors import InputError
from pipeline.model.feed import ParsedFeed

URL = "https://courier.example/news-sitemap.xml"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
)


def page(number: int, date: str = "2026-03-02T12:00:00+01:00", title: str = "Harbour &amp; sea") -> str:
    return (
        f"<url><loc>\n https://courier.example/{number} </loc><news:news><news:publication><news:name>The Courier"
        f"</news:name><news:language>en</news:language></news:publication><news:publication_date>{date}"
        f"</news:publication_date><news:title>{title}</news:title></news:news></url>"
    )


def read(*urls: str, end: str = "</urlset>") -> ParsedFeed:
    return contents(f"{HEAD}{''.join(urls)}{end}".encode(), "application/xml", URL)


def test_articles_are_entries_whose_text_is_on_their_pages() -> None:
    found = read(page(1), page(2))
    assert (found.title, found.language, len(found.entries)) == ("The Courier", "en", 2)
    entry = found.entries[0]
    assert (entry.url, entry.title, entry.text) == ("https://courier.example/1", "Harbour & sea", "")
    assert (entry.published, entry.whole) == (datetime(2026, 3, 2, 11, tzinfo=UTC), False)
    assert [(one.kind, one.origin) for one in entry.dates] == [("published", "feed")]


def test_a_title_that_is_escaped_twice_is_read() -> None:
    (entry,) = read(page(1, title="<![CDATA[Harbour &amp; sea &#8211; a quarrel]]>")).entries
    assert entry.title == "Harbour & sea – a quarrel"


def test_pages_without_news_are_left_out_and_odd_dates_are_marked() -> None:
    found = read("<url><loc>https://courier.example/about</loc></url>", page(1, date="yesterday"), page(2, date=""))
    assert [entry.marks for entry in found.entries] == [("bad-date",), ()]


def test_a_truncated_sitemap_gives_its_whole_entries() -> None:
    assert len(read(page(1), page(2), "<url><loc>https://cour", end="").entries) == 2


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (f"{HEAD}<url><loc>https://courier.example/</loc></url></urlset>", "is a sitemap without news"),
        ("<sitemapindex><sitemap><loc></loc></sitemap></sitemapindex>", "is a sitemap without news"),
        (f"{HEAD}<url>", "is a sitemap that cannot be read: no element found"),
        (f"{HEAD}{'<a>' * 100_000}", "is a sitemap that cannot be read: nested too deeply"),
    ],
)
def test_sitemaps_without_news(source: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        contents(source.encode(), "text/xml", URL)


@pytest.mark.slow
def test_many_articles_are_cut_short() -> None:
    assert len(read(*map(page, range(3_000))).entries) == 1_000


def test_an_address_that_is_none_is_left_out() -> None:
    assert read(page(1).replace("https://courier.example", "javascript:x")).entries[0].url == ""

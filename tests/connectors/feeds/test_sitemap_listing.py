"""Sitemaps of every make list their pages with their dates, and hostile ones come to an end."""

import gzip
from datetime import UTC, datetime

import pytest

from connectors.feeds.parser import Parser
from connectors.feeds.sitemap import listing
from pipeline.errors import InputError
from pipeline.model.feed import ParsedSitemap, SitemapEntry

URL = "https://courier.example/sitemap.xml"
DAY = datetime(2026, 3, 2, tzinfo=UTC)


def urlset(*urls: str) -> str:
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(urls)}</urlset>'


def url(number: int, more: str = "<lastmod>2026-03-02</lastmod>") -> str:
    return f"<url>\n<loc> https://courier.example/{number}?a=1&amp;b=2 </loc>{more}</url>"


PAGE = SitemapEntry("https://courier.example/1?a=1&b=2", DAY)


def read(source: str | bytes) -> ParsedSitemap:
    return listing(source.encode() if isinstance(source, str) else source, "application/xml", URL)


def test_pages_with_their_dates() -> None:
    assert read(urlset(url(1))).pages == (PAGE,)
    assert read(urlset(url(1, ""), url(1, "<lastmod>soon</lastmod>"))).pages == (SitemapEntry(PAGE.url),) * 2


def test_the_date_of_news() -> None:
    news = (
        '<n:news xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><n:publication_date>2026-03-02T00:00:00Z'
        "</n:publication_date></n:news>"
    )
    assert read(urlset(url(1, news))).pages == (PAGE,)


def test_an_index_and_a_list_of_lines() -> None:
    index = urlset("<sitemap><loc>https://courier.example/a.xml</loc><lastmod>2026-03-02</lastmod></sitemap>")
    assert read(index.replace("urlset", "sitemapindex")).sitemaps == (
        SitemapEntry("https://courier.example/a.xml", DAY),
    )
    assert read("https://courier.example/1\r\nnonsense\nhttps://courier.example/2\n").pages == (
        SitemapEntry("https://courier.example/1"),
        SitemapEntry("https://courier.example/2"),
    )


def test_a_whole_and_a_truncated_gzip_file() -> None:
    assert read(gzip.compress(urlset(url(1)).encode())).pages == (PAGE,)
    assert read(urlset(url(1), url(2))[:-60]).pages == (PAGE,)


@pytest.mark.parametrize(
    "source", ["", "nonsense", "<html></html>", urlset(), "<urlset><url>", b"\x1f\x8bnonsense", "<a>" * 100_000]
)
def test_malformed_sitemaps_are_refused(source: str | bytes) -> None:
    with pytest.raises(InputError, match=rf"^{URL} is no (sitemap|gzip file)"):
        read(source)


@pytest.mark.slow
def test_a_bomb_is_not_unpacked_whole(parser: Parser) -> None:
    with pytest.raises(InputError, match="more than 52,428,800 bytes once unpacked"):
        parser.listing(gzip.compress(bytes(80_000_000), 1), "", URL)


@pytest.mark.slow
def test_entries_beyond_the_limit_of_a_sitemap_are_ignored(parser: Parser) -> None:
    assert len(parser.listing(urlset(*map(url, range(60_000))).encode(), "", URL).pages) == 50_000

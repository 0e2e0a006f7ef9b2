"""A site's address is enough: its feed is found, read, and named; a page without one is told from a site away."""

from datetime import timedelta

import pytest

from connectors.feeds.parser import Parser
from connectors.http.client import HttpClient
from connectors.pages.fulltext import links
from pipeline.errors import InputError, OnRecordError, WorldError
from pipeline.feeds.discovery import Discovery, discover
from pipeline.settings.sections import Fetch
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer

OUTSIDE = HttpClient(Fetch(private_addresses=True, pause=timedelta(0), timeout=timedelta(seconds=5)))
RSS = 'rel="alternate" type="application/rss+xml"'


def found(loopback: Loopback, parser: Parser, path: str = "/") -> Discovery:
    return discover(OUTSIDE, parser, loopback.url(path))


def test_a_feed_is_itself(loopback: Loopback, parser: Parser) -> None:
    loopback.routes["/feed"] = answer(rss(item(1)))
    assert found(loopback, parser, "/feed") == Discovery(loopback.url("/feed"), "The Courier", 1)


def test_a_site_names_its_feed_and_others(loopback: Loopback, parser: Parser) -> None:
    page = f'<head><link {RSS} href="/comments" title="Comments"><link {RSS} href="news.xml" title=" News\n1"></head>'
    loopback.routes |= {"/": answer(page), "/news.xml": answer(rss(item(1), item(2)))}
    discovery = found(loopback, parser)
    assert (discovery.url, discovery.title, discovery.entries) == (loopback.url("/news.xml"), "The Courier", 2)
    assert [other.title for other in discovery.others] == ["Comments"]


def test_a_linked_address_without_a_feed_is_passed_over(loopback: Loopback, parser: Parser) -> None:
    page = f'<link {RSS} href="/dead"><link {RSS} href="/page"><link {RSS} href="/feed">'
    loopback.routes |= {"/": answer(page), "/page": answer("<html></html>"), "/feed": answer(rss(item(1)))}
    assert found(loopback, parser).url == loopback.url("/feed")


def test_a_feed_that_is_not_linked_is_found_at_a_usual_path(loopback: Loopback, parser: Parser) -> None:
    loopback.routes |= {"/": answer("<html><p>News</p></html>"), "/rss.xml": answer(rss(item(1)))}
    assert found(loopback, parser).url == loopback.url("/rss.xml")


def test_a_page_without_a_feed(loopback: Loopback, parser: Parser) -> None:
    loopback.routes["/about"] = answer("<html><p>About</p></html>")
    with pytest.raises(InputError, match=r"/about is a web page, not a feed; nor does it name a feed"):
        found(loopback, parser, "/about")
    assert loopback.paths() == ["/about"]


@pytest.mark.parametrize(("status", "error"), [(503, WorldError), (404, InputError), (410, InputError)])
def test_an_unreachable_or_removed_site(
    loopback: Loopback, parser: Parser, status: int, error: type[OnRecordError]
) -> None:
    loopback.routes["/"] = answer(status=status)
    with pytest.raises(error, match=f"answers {status}"):
        found(loopback, parser)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f'<LINK {RSS} HREF="/a">', ["https://x.example/a"]),
        ('<link rel="Alternate home" type="APPLICATION/ATOM+XML" href="a">', ["https://x.example/p/a"]),
        (f'<base href="https://y.example/b/"><link {RSS} href="a">', ["https://y.example/b/a"]),
        (f'<link {RSS} href=""><link {RSS}>', ["https://x.example/p/", "https://x.example/p/"]),
        (f'<link {RSS} href="http://[">', []),
        ('<link rel="alternate" hreflang="fr" href="/fr">', []),
        ('<a href="/news/rss">RSS</a><a href="/about">x</a>', ["https://x.example/news/rss"]),
        (f'<a href="/rss.xml">RSS</a><link {RSS} href="/main">', ["https://x.example/main"]),
        ("", []),
    ],
)
def test_links(html: str, expected: list[str]) -> None:
    assert [url for url, _ in links(html.encode(), "text/html", "https://x.example/p/")] == expected


@pytest.mark.slow
def test_many_links_are_cut_short() -> None:
    html = f'<link {RSS} href="/a">' * 50_000
    assert len(links(html.encode(), "text/html", "https://x.example/")) == 100

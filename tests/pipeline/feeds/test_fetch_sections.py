"""Sources without a feed are polled: pages of links, and indexes of news sitemaps."""

import gzip
from dataclasses import replace

import pytest

from connectors.feeds.parser import Parser
from connectors.http.client import HttpClient
from connectors.http.robots import CachedRobots
from pipeline.errors import InputError
from pipeline.feeds.discovery import preview
from pipeline.feeds.health import health
from tests.connectors.loopback import Loopback, Route, answer
from tests.pipeline.feeds.desk import PAGE, SETTINGS, Desk

TITLES = {"/news/harbour-2026": "Harbour stays open all winter", "/news/flour-2026": "Bakers meet about the flour"}
FERRY = {"/news/ferry-2026": "The ferry is repaired at last"}


def section(titles: dict[str, str], tag: str = "h3") -> str:
    links = "".join(f'<{tag}><a href="{path}">{title}, with a teaser</a></{tag}>' for path, title in titles.items())
    return f"<html><head><title>The Courier</title></head><body>{links}</body></html>"


def pages(titles: dict[str, str], text: str = "") -> dict[str, Route]:
    shell = "<html><head><title>{0}</title></head><body><article><h1>{0}</h1>{1}</article></body></html>"
    return {
        path: answer(shell.format(title, text or PAGE.replace("story", title)), content_type="text/html")
        for path, title in titles.items()
    }


def follow_links(desk: Desk, loopback: Loopback, titles: dict[str, str]) -> None:
    loopback.routes |= {"/feed": answer(section(titles), content_type="text/html"), **pages(titles)}
    desk.desk.save(replace(desk.feed(), links="h3 a"))


def test_linked_pages_are_articles_with_their_own_titles(desk: Desk, loopback: Loopback) -> None:
    follow_links(desk, loopback, TITLES)
    assert {article.title: article.backfill for article in desk.check()} == dict.fromkeys(TITLES.values(), True)
    follow_links(desk, loopback, FERRY | TITLES)
    (ferry,) = desk.check()
    assert (ferry.title, ferry.backfill) == ("The ferry is repaired at last", False)
    assert "Sentence 4" in ferry.text


def test_changed_markup_shows_in_health_and_the_rule_stays(desk: Desk, loopback: Loopback) -> None:
    follow_links(desk, loopback, TITLES)
    desk.check()
    loopback.routes["/feed"] = answer(section(FERRY | TITLES, tag="h4"), content_type="text/html")
    assert desk.check() == []
    assert "has no link at 'h3 a': if its markup has changed, choose" in health(desk.state(), desk.clock()).text
    assert desk.feed().links == "h3 a"
    follow_links(desk, loopback, FERRY | TITLES)
    assert [article.title for article in desk.check()] == list(FERRY.values())


def test_a_site_that_serves_one_page_everywhere_has_no_articles(desk: Desk, loopback: Loopback) -> None:
    follow_links(desk, loopback, FERRY | TITLES)
    loopback.routes |= pages(FERRY | TITLES, text=PAGE)
    assert {article.marks for article in desk.check()} == {("unread", "same-page", "no-guid", "no-date", "title-only")}


def test_a_preview_shows_the_links_and_refuses_a_site_of_one_page(loopback: Loopback, parser: Parser) -> None:
    follow = FERRY | TITLES
    http, url = HttpClient(SETTINGS.fetch), loopback.url("/region")
    loopback.routes |= {"/region": answer(section(follow)), **pages(follow)}
    (rule, *_) = preview(http, parser, CachedRobots(), url)
    assert [item.url for item in rule.items] == [loopback.url(path) for path in follow]
    assert [rule.selector for rule in preview(http, parser, CachedRobots(), url, "h3")] == ["h3"]
    loopback.routes |= pages(follow, text=PAGE)
    with pytest.raises(InputError, match="its links lead to no articles, or all to the same page"):
        preview(http, parser, CachedRobots(), url)
    loopback.routes["/region"] = answer("<html><body><p>Nothing.</p></body></html>")
    with pytest.raises(InputError, match="has no list of links that look like articles"):
        preview(http, parser, CachedRobots(), url)


def news_sitemap(loopback: Loopback, *numbers: int) -> str:
    news = "http://www.google.com/schemas/sitemap-news/0.9"
    entries = "".join(
        f"<url><loc>{loopback.url(f'/{n}')}</loc><news:news><news:title>Title {n}</news:title>"
        "<news:publication_date>2026-03-02T10:00:00Z</news:publication_date></news:news></url>"
        for n in numbers
    )
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="{news}">{entries}</urlset>'


def index(loopback: Loopback, **days: str) -> str:
    listed = "".join(
        f"<sitemap><loc>{loopback.url(f'/{name}.xml')}</loc><lastmod>{day}</lastmod></sitemap>"
        for name, day in days.items()
    )
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'


def test_an_index_is_followed_to_its_newest_news_sitemaps(desk: Desk, loopback: Loopback) -> None:
    days = {"a": "2026-02-25", "b": "2026-03-01", "c": "2026-02-28", "d": "2026-02-27", "news": "2026-01-01"}
    loopback.routes |= {
        "/feed": answer(index(loopback, **days)),
        "/b.xml": answer(gzip.compress(news_sitemap(loopback, 1).encode())),
        "/news.xml": answer(news_sitemap(loopback, 1, 2)),
    }
    assert sorted(article.title for article in desk.check()) == ["Title 1", "Title 2"]
    assert [path for path in loopback.paths() if path.endswith(".xml")] == ["/news.xml", "/b.xml", "/c.xml"]
    loopback.routes["/news.xml"] = answer(news_sitemap(loopback, 1, 2, 3))
    assert [article.title for article in desk.check()] == ["Title 3"]


def test_an_index_without_news_is_a_failure_of_the_feed(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(index(loopback, a="2026-02-25"))
    assert desk.check() == []
    assert desk.state().last_error == f"{loopback.url('/a.xml')} answers 404"

"""Live blogs: each update is an article with its own time, new ones are read at the next polls."""

import json
from datetime import datetime, timedelta

import pytest

from connectors.feeds.parser import Parser
from connectors.pages.fulltext import page
from pipeline.ingest.posts import live_updates
from pipeline.model import EPOCH, Article
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer
from tests.examples import NOON, article
from tests.pipeline.feeds.desk import SUMMARY, Desk

LEAD = "The storm has reached the coast, and we report what happens there all day long."


def update(number: int, time: datetime) -> dict[str, object]:
    words = f"“We close quay number {number},” harbour master Ada Lindqvist said in the morning."
    address = f"#update-{number}"
    return {
        "@type": "BlogPosting",
        "@id": address,
        "headline": f"Quay {number}",
        "articleBody": words,
        "datePublished": time.isoformat(),
        "author": {"@type": "Person", "name": "Bo Ek"},
    }


def blog(*updates: dict[str, object]) -> str:
    stated = {"@type": "LiveBlogPosting", "headline": "Storm", "description": LEAD, "liveBlogUpdate": list(updates)}
    shown = "".join(f"<p>{each['articleBody']}</p>" for each in updates)
    return (
        f'<html><head><title>Storm</title><script type="application/ld+json">{json.dumps(stated)}</script></head>'
        f"<body><article><h1>Storm</h1><p>{LEAD}</p>{shown}</article></body></html>"
    )


@pytest.fixture
def desk(loopback: Loopback, parser: Parser) -> Desk:
    """A desk whose record is its log."""
    created = Desk(loopback, parser, record=lambda key: next((a for a in created.articles() if a.id == key), None))
    return created


def live(articles: list[Article]) -> list[tuple[str, datetime | None]]:
    return [(article.title, article.published) for article in articles if article.marks == ("live",)]


def hours(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def test_the_page_has_its_updates_and_only_its_standfirst() -> None:
    read = page(blog(update(2, hours(-1)), update(1, hours(-2))).encode(), "text/html", "https://courier.example/storm")
    assert (read.title, read.text, read.marks, read.whole) == ("Storm", LEAD, ("live",), False)
    assert [(u.title, u.published, u.authors, u.url) for u in read.updates] == [
        (f"Quay {n}", hours(n - 3), ("Bo Ek",), f"https://courier.example/storm#update-{n}") for n in (1, 2)
    ]


def test_updates_without_text_or_time_and_other_shapes_are_left_out() -> None:
    shapes = ({**update(1, NOON), "datePublished": "soon"}, {**update(2, NOON), "articleBody": ""}, update(3, NOON))
    read = page(blog(*shapes).encode(), "text/html", "https://courier.example/storm")
    assert [each.title for each in read.updates] == ["Quay 3"]
    odd = blog(update(1, NOON)).replace('"liveBlogUpdate": [', '"liveBlogUpdate": ["nonsense", ')
    assert [each.title for each in page(odd.encode(), "text/html", "https://courier.example/storm").updates] == [
        "Quay 1"
    ]


def test_each_update_is_an_article_once(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1)))
    desk.check()
    storm = item(2, **{**SUMMARY, "title": "Storm", "link": loopback.url("/storm")})
    loopback.routes |= {
        "/feed": answer(rss(item(1), storm)),
        "/storm": answer(blog(update(1, hours(-2)), update(2, hours(-1))), content_type="text/html"),
    }
    first = desk.check()
    assert live(first) == [("Quay 1", hours(-2)), ("Quay 2", hours(-1))]
    quays = [article for article in first if article.marks == ("live",)]
    assert (quays[0].url, quays[0].feed) == (loopback.url("/storm#update-1"), desk.url)
    assert len({article.id for article in first}) == 3
    desk.clock.move(timedelta(minutes=10))
    loopback.routes["/storm"] = answer(
        blog(update(1, hours(-2)), update(2, hours(-1)), update(3, hours(0.1)), update(4, hours(5))),
        content_type="text/html",
    )
    assert live(desk.check()) == [("Quay 3", hours(0.1))]
    assert live(desk.check()) == []
    desk.clock.move(timedelta(hours=6))
    assert live(desk.check()) == [("Quay 4", hours(5))]


def test_what_is_added_to_a_live_blog_of_the_first_poll_is_news(desk: Desk, loopback: Loopback) -> None:
    storm = item(1, **{**SUMMARY, "link": loopback.url("/storm")})
    loopback.routes |= {
        "/feed": answer(rss(storm)),
        "/storm": answer(blog(update(1, hours(-2))), content_type="text/html"),
    }
    assert {article.backfill for article in desk.check()} == {True}
    desk.clock.move(timedelta(minutes=10))
    loopback.routes["/storm"] = answer(blog(update(1, hours(-2)), update(2, hours(0.1))), content_type="text/html")
    assert [(article.title, article.backfill) for article in desk.check()] == [("Quay 2", False)]


def test_a_live_blog_that_is_over_is_no_longer_read(desk: Desk, loopback: Loopback) -> None:
    storm = item(2, **{**SUMMARY, "link": loopback.url("/storm")})
    loopback.routes |= {
        "/feed": answer(rss(storm)),
        "/storm": answer(blog(update(1, hours(-2))), content_type="text/html"),
    }
    desk.check()
    desk.clock.move(timedelta(hours=30))
    desk.check()
    assert desk.state().again == ""


@pytest.mark.parametrize("address", ["https://elsewhere.example/login", "javascript:alert(1)", "//elsewhere.example/x"])
def test_an_update_links_to_its_own_site(address: str) -> None:
    storm = "https://courier.example/storm"
    read = page(blog({**update(1, NOON), "@id": address}).encode(), "text/html", storm)
    (news,) = live_updates(article(storm), read, EPOCH, hours(1), 1_000)
    assert news.url == storm


def test_updates_without_end_come_to_the_newest_500() -> None:
    updates = [update(number, hours(-number / 100)) for number in range(900)]
    read = page(blog(*updates).encode(), "text/html", "https://courier.example/storm")
    assert len(read.updates) == 500
    assert (read.updates[-1].title, read.updates[0].title) == ("Quay 0", "Quay 499")


def test_an_update_takes_the_place_of_no_other_article(desk: Desk, loopback: Loopback) -> None:
    """A live blog that names the address of another article of its site gives that article no new text."""
    known = item(1, link=loopback.url("/news"))
    storm = item(2, **{**SUMMARY, "title": "Storm", "link": loopback.url("/storm")})
    planted = {**update(1, hours(-1)), "@id": loopback.url("/news"), "url": loopback.url("/news")}
    loopback.routes |= {
        "/feed": answer(rss(known, storm)),
        "/storm": answer(blog(planted), content_type="text/html"),
    }
    desk.check()
    articles = desk.articles()
    assert len({article.id for article in articles}) == len(articles)
    assert not any("quay number 1" in each.text for each in articles if each.marks != ("live",))

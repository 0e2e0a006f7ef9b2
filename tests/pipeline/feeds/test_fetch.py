"""One look at a feed: each article once, and what the feed remembers."""

import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from connectors.feeds.parser import Parser
from pipeline.errors import InputError
from pipeline.feeds import state
from pipeline.feeds.fetch import reread
from pipeline.ingest.identity import recognised
from pipeline.model.feed import ParsedFeed
from pipeline.ports import ARTICLES, DEAD_LETTERS
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer
from tests.pipeline.feeds.desk import SETTINGS, Desk


def test_the_first_look_is_a_backfill_and_the_next_article_is_news(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(2), item(1)))
    assert [(article.title, article.backfill) for article in desk.check()] == [("Title 1", True), ("Title 2", True)]
    assert desk.check() == []
    loopback.routes["/feed"] = answer(rss(item(3), item(2), item(1)))
    (news,) = desk.check()
    assert (news.title, news.text, news.backfill, news.marks) == ("Title 3", "Text of number 3.", False, ())
    assert (news.source, news.feed, news.first_seen) == ("The Courier", desk.url, desk.clock.now)
    assert [record.key for record in desk.log.read(ARTICLES, "test", 10)] == [article.id for article in desk.articles()]


def test_the_outcome_of_each_poll_is_counted(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1)))
    desk.check()
    desk.check()
    loopback.routes["/feed"] = answer(status=500)
    desk.check()
    assert desk.looks == ["changed", "unchanged", "failed"]


def test_validators_go_back_byte_for_byte(desk: Desk, loopback: Loopback) -> None:
    etag = 'W/"ü  x"'.encode().decode("latin-1")
    loopback.routes["/feed"] = answer(rss(item(1)), etag=etag, last_modified="Mon, 2 Mar 26 1:00:00 gmt")
    desk.check()
    loopback.routes["/feed"] = answer(status=304)
    assert desk.check() == []
    sent = loopback.requests[-1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == (etag, "Mon, 2 Mar 26 1:00:00 gmt")
    assert desk.state().failures == 0
    assert timedelta(minutes=5) <= desk.state().next_check - desk.clock.now < timedelta(minutes=6)


def test_a_permanently_moved_feed_keeps_its_identity(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(status=301, location="/new")
    loopback.routes["/new"] = answer(rss(item(1, link="", guid="g")))
    first = desk.check()
    assert desk.check() == []
    assert loopback.paths() == ["/feed", "/new", "/new"]
    loopback.routes |= {"/new": answer(status=404), "/feed": answer(rss(item(1, link="", guid="g"), item(2)))}
    assert desk.check() == []
    assert [article.title for article in desk.check()] == ["Title 2"]
    assert first[0].feed == desk.url


def test_failures_back_off_and_retry_after_is_honoured(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(status=500)
    outcome = desk.poller.check(desk.feed())
    assert (outcome.status, outcome.error) == (500, f"{desk.url} answers 500 Internal Server Error")
    loopback.routes["/feed"] = answer(status=503, retry_after="7200")
    desk.check()
    assert desk.state().failures == 2
    assert timedelta(hours=2) <= desk.state().next_check - desk.clock.now < timedelta(hours=2.2)
    loopback.routes["/feed"] = answer(rss(item(1)))
    assert [article.backfill for article in desk.check()] == [True]
    assert (desk.state().failures, desk.state().last_error) == (0, "")


def test_entries_that_lack_everything_get_in_marked(desk: Desk, loopback: Loopback) -> None:
    bare = {"link": "", "guid": "", "pubDate": ""}
    loopback.routes["/feed"] = answer(
        rss(
            item(1, **bare),
            item(2, **bare | {"title": ""}),
            item(3, **bare | {"content:encoded": ""}),
            item(4, pubDate="yesterday"),
            item(5, pubDate="Thu, 01 Jan 1970 00:00:00 GMT"),
            item(6, pubDate="Thu, 01 Jan 2099 00:00:00 GMT"),
        )
    )
    result = {article.title: article.marks for article in desk.check()}
    assert result == {
        "Title 1": ("no-link", "no-guid", "no-date"),
        "": ("no-link", "no-guid", "no-title", "no-date"),
        "Title 3": ("no-link", "no-guid", "no-date", "title-only"),
        "Title 4": ("bad-date",),
        "Title 5": ("bad-date",),
        "Title 6": ("bad-date",),
    }
    assert desk.check() == []


def test_a_body_that_cannot_be_read_is_a_dead_letter_once_and_can_be_read_again(
    desk: Desk, loopback: Loopback, parser: Parser
) -> None:
    page = b"<html><body>Please accept \xff our cookies</body></html>"
    loopback.routes["/feed"] = answer(page, etag="e", content_type="text/html")
    assert desk.check() == desk.check() == []
    (letter,) = desk.log.read(DEAD_LETTERS, "test", 10)
    assert (letter.value, letter.key, letter.headers["topic"]) == (page, desk.url, "feed-bodies")
    assert letter.headers["error"] == desk.state().last_error == f"{desk.url} is a web page, not a feed"
    assert (desk.state().failures, desk.state().etag, desk.state().polled) == (2, "", False)
    with pytest.raises(InputError, match="is a web page"):
        reread(desk.feed(), desk.state(), letter.value, "text/html", parser, settings=SETTINGS.poll, now=desk.clock.now)
    now = desk.clock.now
    again = reread(desk.feed(), desk.state(), rss(item(1)).encode(), "", parser, settings=SETTINGS.poll, now=now)
    assert [(article.title, article.backfill) for article in again] == [("Title 1", True)]


def test_a_crash_before_saving_sends_the_articles_again(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1)))
    state = desk.state()
    desk.check()
    desk.desk.save(state)
    desk.check()
    first, again = desk.articles()
    assert (first.id, first.digest) == (again.id, again.digest)


def test_an_unchanged_body_is_not_parsed(desk: Desk, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    loopback.routes["/feed"] = answer(rss(item(1)))
    assert len(desk.check()) == 1
    parsed: list[bytes] = []
    read = Parser.feed

    def noted(parser: Parser, body: bytes, content_type: str, url: str, known: Iterable[str] = ()) -> ParsedFeed:
        parsed.append(body)
        return read(parser, body, content_type, url, known)

    monkeypatch.setattr(Parser, "feed", noted)
    assert desk.check() == []
    assert parsed == []
    loopback.routes["/feed"] = answer(rss(item(1), item(2)))
    assert [article.title for article in desk.check()] == ["Title 2"]
    assert len(parsed) == 1


def test_processing_the_entries_of_a_feed_delays_no_other(
    desk: Desk, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of entries take seconds to compare: not in the thread whose loop polls all feeds."""
    threads = []

    def watched(*arguments: Any, **named: Any) -> Any:
        threads.append(threading.get_ident())
        return recognised(*arguments, **named)

    monkeypatch.setattr(state, "recognised", watched)
    loopback.routes["/feed"] = answer(rss(item(1)))
    (article,) = desk.check()
    assert article.title == "Title 1"
    assert len(threads) == 2
    assert threading.get_ident() not in threads

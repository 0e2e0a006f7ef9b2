"""Feeds are followed: each article once, each failure its own feed's, nothing marked as seen that is not in the log."""

import gzip
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from connectors.feeds import poll
from connectors.feeds.look import reread
from connectors.feeds.poll import Poller
from connectors.feeds.workers import Parser
from connectors.http import Outside
from pipeline.codec import decode
from pipeline.entries import Contents
from pipeline.errors import InputError, WorldError
from pipeline.model import Article, Feed, article_id
from pipeline.ports import ARTICLES, DEAD_LETTERS, Message
from pipeline.settings import Fetch, Poll, Settings
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer, stream
from tests.fakes import FakeClock, FakeDesk, FakeLog

SETTINGS = Settings(
    fetch=Fetch(
        private_addresses=True,
        pause=timedelta(0),
        timeout=timedelta(seconds=2),
        bytes=2_000_000,
        compressed_bytes=1_000_000,
    ),
    poll=Poll(every=timedelta(minutes=5), longest=timedelta(hours=1)),
)
SUMMARY = {"content:encoded": "", "description": "Only a summary."}
PAGE = "".join(f"<p>Sentence {n} of a story that is longer than its summary was in the feed.</p>" for n in range(5))


class FullDisk(FakeLog):
    """A log that has no room until `full` is taken away."""

    full = True

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        if self.full:
            raise WorldError("disk is full")
        super().append(topic, messages)


class Desk:
    """A poller on fakes, with the feed of a loopback server."""

    def __init__(self, loopback: Loopback, parser: Parser, log: FakeLog | None = None) -> None:
        self.clock = FakeClock()
        self.desk = FakeDesk()
        self.log = log or FakeLog(self.clock)
        self.url = loopback.url("/feed")
        self.looks: list[str] = []
        self.poller = Poller(
            self.desk,
            self.log,
            Outside(SETTINGS.fetch),
            parser,
            settings=SETTINGS,
            clock=self.clock,
            count=self.looks.append,
        )
        self.desk.save(Feed(url=self.url))

    def feed(self, url: str = "") -> Feed:
        return next(feed for feed in self.desk.all(Feed) if feed.url == (url or self.url))

    def check(self) -> list[Article]:
        """Look once; the articles that this put on the log."""
        before = len(self.articles())
        self.poller.check(self.feed())
        return self.articles()[before:]

    def articles(self) -> list[Article]:
        return [decode(Article, record.value) for record in self.log.read(ARTICLES, "test", 10_000)]

    @contextmanager
    def running(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.poller.run_forever, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def desk(loopback: Loopback, parser: Parser) -> Desk:
    return Desk(loopback, parser)


@pytest.fixture(autouse=True)
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "_TICK", 0.02)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def test_the_first_look_is_a_backfill_and_the_next_article_is_news(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(2), item(1)))
    assert [(one.title, one.backfill) for one in desk.check()] == [("Title 1", True), ("Title 2", True)]
    assert desk.check() == []
    loopback.routes["/feed"] = answer(rss(item(3), item(2), item(1)))
    (news,) = desk.check()
    assert (news.title, news.text, news.backfill, news.marks) == ("Title 3", "Text of number 3.", False, ())
    assert (news.source, news.feed, news.first_seen) == ("127.0.0.1", desk.url, desk.clock.now)
    assert [record.key for record in desk.log.read(ARTICLES, "test", 10)] == [one.id for one in desk.articles()]


def test_what_each_look_came_to_is_counted(desk: Desk, loopback: Loopback) -> None:
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
    assert desk.feed().failures == 0
    assert timedelta(minutes=5) <= desk.feed().next_check - desk.clock.now < timedelta(minutes=6)


def test_a_feed_that_moves_for_good_is_looked_for_there_and_stays_itself(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(status=301, location="/new")
    loopback.routes["/new"] = answer(rss(item(1, link="", guid="g")))
    first = desk.check()
    assert desk.check() == []
    assert loopback.paths() == ["/feed", "/new", "/new"]
    loopback.routes |= {"/new": answer(status=404), "/feed": answer(rss(item(1, link="", guid="g"), item(2)))}
    assert desk.check() == []
    assert [one.title for one in desk.check()] == ["Title 2"]
    assert first[0].feed == desk.url


def test_a_feed_that_is_gone_stays_gone(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(status=410)
    desk.check()
    assert desk.feed().gone
    with desk.running():
        time.sleep(0.1)
    assert len(loopback.requests) == 1


def test_failures_back_off_and_retry_after_is_honoured(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(status=500)
    outcome = desk.poller.check(desk.feed())
    assert (outcome.status, outcome.error) == (500, f"{desk.url} answers 500 Internal Server Error")
    loopback.routes["/feed"] = answer(status=503, retry_after="7200")
    desk.check()
    assert desk.feed().failures == 2
    assert timedelta(hours=2) <= desk.feed().next_check - desk.clock.now < timedelta(hours=2.2)
    loopback.routes["/feed"] = answer(rss(item(1)))
    assert [one.backfill for one in desk.check()] == [True]
    assert (desk.feed().failures, desk.feed().last_error) == (0, "")


def test_the_page_is_read_where_the_feed_has_a_summary_alone(desk: Desk, loopback: Loopback) -> None:
    links = {name: loopback.url(f"/{name}") for name in ("open", "closed", "empty")}
    loopback.routes["/feed"] = answer(rss(*(item(1, title=n, link=link, **SUMMARY) for n, link in links.items())))
    loopback.routes["/open"] = answer(f"<html><body><article>{PAGE}</article></body></html>")
    loopback.routes["/closed"] = answer(status=403)
    loopback.routes["/empty"] = answer("<html></html>")
    found = {one.title: one for one in desk.check()}
    assert found["open"].text.startswith("Sentence 0 of a story")
    assert found["open"].text.count("\n\n") == 4
    assert found["open"].marks == ()
    for name, marks in (("closed", ("paywall", "summary-only")), ("empty", ("summary-only",))):
        assert (found[name].text, found[name].marks) == ("Only a summary.", marks)


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
    found = {one.title: one.marks for one in desk.check()}
    assert found == {
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
    assert letter.headers["error"] == desk.feed().last_error == f"{desk.url} is a web page, not a feed"
    assert (desk.feed().failures, desk.feed().etag, desk.feed().polled) == (2, "", False)
    with pytest.raises(InputError, match="is a web page"):
        reread(desk.feed(), letter.value, "text/html", parser, settings=SETTINGS.poll, now=desk.clock.now)
    again = reread(desk.feed(), rss(item(1)).encode(), "", parser, settings=SETTINGS.poll, now=desk.clock.now)
    assert [(one.title, one.backfill) for one in again] == [("Title 1", True)]


def test_bad_feeds_stay_bad_feeds_and_the_others_go_on(desk: Desk, loopback: Loopback) -> None:
    hostile = {
        "/bomb": (answer(gzip.compress(bytes(10_000_000)), content_encoding="gzip"), "more than 2,000,000 bytes"),
        "/endless": (stream(itertools.repeat(b"<item>" * 10_000)), "more than 1,000,000 bytes"),
        "/loop": (answer(status=302, location="/loop"), "redirects in a circle"),
        "/html": (answer("<html></html>"), "is a web page, not a feed"),
        "/missing": (answer(status=404), "answers 404 Not Found"),
    }
    for path, (route, _) in hostile.items():
        loopback.routes[path] = route
        desk.desk.save(Feed(url=loopback.url(path)))
    desk.desk.save(
        Feed(url="http://away.invalid/"), Feed(url="file:///etc/passwd"), Feed(url="http://u:secret@x.example/")
    )
    loopback.routes["/feed"] = answer(rss(item(1)))
    with desk.running():
        wait_for(lambda: all(feed.last_error or feed.polled for feed in desk.desk.all(Feed)))
    for path, (_, error) in hostile.items():
        assert error in desk.feed(loopback.url(path)).last_error
    assert [one.title for one in desk.articles()] == ["Title 1"]
    assert all("secret" not in feed.last_error for feed in desk.desk.all(Feed))


@pytest.mark.slow
def test_a_feed_that_never_ends_does_not_hold_up_another_host(loopback: Loopback, parser: Parser) -> None:
    def drip() -> Iterator[bytes]:
        while True:
            time.sleep(0.05)
            yield b" "

    desk = Desk(loopback, parser)
    slow = loopback.url("/slow").replace("127.0.0.1", "localhost")
    loopback.routes |= {"/slow": stream(drip()), "/feed": answer(rss(item(1)))}
    desk.desk.save(Feed(url=slow))
    started = time.monotonic()
    with desk.running():
        wait_for(lambda: desk.feed().polled)
        assert time.monotonic() - started < 2
        wait_for(lambda: desk.feed(slow).last_error)
    assert "did not answer in full within 2 s" in desk.feed(slow).last_error


def test_the_poller_follows_what_changes_and_stops_at_once(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1)))
    with desk.running():
        wait_for(lambda: desk.feed().polled)
        loopback.routes["/feed"] = answer(rss(item(2), item(1)))
        desk.clock.move(timedelta(minutes=6))
        wait_for(lambda: len(desk.articles()) == 2)
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 2
    assert [one.backfill for one in desk.articles()] == [True, False]


def test_a_feed_that_is_removed_or_changed_during_a_look(desk: Desk, loopback: Loopback) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def route(exchange: BaseHTTPRequestHandler) -> None:
        asked.set()
        go_on.wait(5)
        answer(rss(item(1)))(exchange)

    loopback.routes |= {"/feed": route, "/other": route}
    other = loopback.url("/other").replace("127.0.0.1", "localhost")
    desk.desk.save(Feed(url=other))
    with desk.running():
        wait_for(lambda: len(loopback.requests) == 2)
        desk.desk.remove(Feed, other)
        desk.desk.save(Feed(url=desk.url, source="New name"))
        go_on.set()
        wait_for(lambda: desk.feed().polled)
    assert [feed.url for feed in desk.desk.all(Feed)] == [desk.url]
    assert desk.feed().source == "New name"


def test_what_the_poller_saves_itself_is_not_read_again(
    desk: Desk, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[type] = []
    read = desk.desk.all

    def counted(noun: type[Feed]) -> list[Feed]:
        reads.append(noun)
        return read(noun)

    monkeypatch.setattr(desk.desk, "all", counted)
    loopback.routes["/feed"] = answer(rss(item(1)))
    with desk.running():
        wait_for(lambda: read(Feed)[0].polled)
        desk.clock.move(timedelta(hours=1))
        wait_for(lambda: len(loopback.requests) == 2)
        assert len(reads) == 1
        desk.desk.save(Feed(url=loopback.url("/other")))
        wait_for(lambda: "/other" in loopback.paths())
    assert len(reads) == 2


def test_reading_many_feeds_holds_up_no_look(desk: Desk, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    read = desk.desk.all

    def slow(noun: type[Feed]) -> list[Feed]:
        time.sleep(0.5)
        return read(noun)

    monkeypatch.setattr(desk.desk, "all", slow)
    loopback.routes |= {"/feed": answer(rss(item(1))), "/other": answer(rss(item(2)))}
    desk.desk.save(Feed(url=loopback.url("/other")))
    started = time.monotonic()
    with desk.running():
        wait_for(lambda: all(feed.polled for feed in read(Feed)))
    assert time.monotonic() - started < 4


def test_a_slow_host_holds_up_its_own_feeds_alone(desk: Desk, loopback: Loopback) -> None:
    go_on = threading.Event()

    def hang(_: BaseHTTPRequestHandler) -> None:
        go_on.wait(5)

    loopback.routes["/feed"] = answer(rss(item(1)))
    slow = [f"/slow/{number}" for number in range(300)]
    loopback.routes |= dict.fromkeys(slow, hang)
    desk.desk.save(*(Feed(url=loopback.url(path).replace("127.0.0.1", "localhost")) for path in slow))
    with desk.running():
        wait_for(lambda: desk.feed().polled)
        go_on.set()
    assert sum(path.startswith("/slow") for path in loopback.paths()) <= 2


def test_a_host_that_is_asked_too_much_is_asked_for_no_further_page(desk: Desk, loopback: Loopback) -> None:
    pages = {f"/{number}": loopback.url(f"/{number}") for number in range(4)}
    entries = (item(1, title=path, link=link, **SUMMARY) for path, link in pages.items())
    loopback.routes["/feed"] = answer(rss(*entries))
    loopback.routes |= dict.fromkeys(pages, answer(status=429))
    assert [one.marks for one in desk.check()] == [("summary-only",)] * 4
    assert loopback.paths() == ["/feed", "/robots.txt", "/3"]


def test_feeds_of_a_host_that_asks_to_be_left_alone_wait_also_after_a_restart(
    desk: Desk, loopback: Loopback, parser: Parser
) -> None:
    loopback.routes["/feed"] = answer(status=429, retry_after="3600")
    desk.check()
    desk.desk.save(Feed(url=loopback.url("/other")))
    restarted = Desk(loopback, parser)
    restarted.desk.save(*desk.desk.all(Feed))
    with restarted.running():
        time.sleep(0.1)
        assert loopback.paths() == ["/feed"]
        restarted.clock.move(timedelta(hours=2))
        wait_for(lambda: len(loopback.requests) == 3)


def test_a_full_disk_marks_nothing_as_seen(loopback: Loopback, parser: Parser) -> None:
    log = FullDisk(FakeClock())
    desk = Desk(loopback, parser, log)
    loopback.routes["/feed"] = answer(rss(item(1)))
    with pytest.raises(WorldError, match="disk is full"):
        desk.check()
    with desk.running():
        wait_for(lambda: len(loopback.requests) > 1)
        assert desk.feed() == Feed(url=desk.url)
        log.full = False
        wait_for(lambda: desk.feed().polled)
    assert [one.title for one in desk.articles()] == ["Title 1"]


def test_a_crash_before_saving_sends_the_articles_again(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1)))
    feed = desk.feed()
    desk.check()
    desk.desk.save(feed)
    desk.check()
    first, again = desk.articles()
    assert (first.id, first.digest) == (again.id, again.digest)


def test_a_fault_of_ours_with_one_feed_stops_no_other(
    desk: Desk, loopback: Loopback, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = parser.feed

    def faulty(body: bytes, content_type: str, url: str) -> Contents:
        if url.endswith("/feed"):
            raise RuntimeError("a fault")
        return read(body, content_type, url)

    monkeypatch.setattr(parser, "feed", faulty)
    loopback.routes |= {"/feed": answer(rss(item(1))), "/other": answer(rss(item(2)))}
    desk.desk.save(Feed(url=loopback.url("/other")))
    with desk.running():
        wait_for(lambda: desk.feed().last_error and desk.feed(loopback.url("/other")).polled)
    assert desk.feed().last_error == f"{desk.url} cannot be followed: RuntimeError: a fault"


def test_a_page_that_robots_may_not_read_is_not_asked_for(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/robots.txt"] = answer("User-agent: *\nDisallow: /1")
    loopback.routes["/feed"] = answer(rss(item(1, link=loopback.url("/1"), **SUMMARY)))
    (one,) = desk.check()
    assert (one.text, one.marks) == ("Only a summary.", ("robots", "summary-only"))
    assert loopback.paths() == ["/feed", "/robots.txt"]


def test_the_address_that_a_page_gives_as_its_own_is_the_article(desk: Desk, loopback: Loopback) -> None:
    feed = rss(item(1, link=loopback.url("/go?to=1"), **SUMMARY))
    loopback.routes["/feed"] = answer(feed)
    loopback.routes["/go?to=1"] = answer(status=302, location="/story-1")
    own = loopback.url("/own-1")
    loopback.routes["/story-1"] = answer(
        f'<html><head><link rel="canonical" href="{own}"></head><article>{PAGE}</article>'
    )
    (one,) = desk.check()
    assert one.canonical_url == own.replace("http:", "https:")
    assert one.id == article_id(canonical_url=one.canonical_url)
    assert desk.check() == []
    loopback.routes["/feed"] = answer(feed.replace("Title 1", "Another title"))
    (revised,) = desk.check()
    assert revised.id == one.id


def test_blocks_that_the_pages_of_a_source_repeat_are_left_out(desk: Desk, loopback: Loopback) -> None:
    box = "<p>“We shall never close,” says the mayor in the interview of the week, out now.</p>"
    loopback.routes["/feed"] = answer(rss(*(item(n, link=loopback.url(f"/{n}"), **SUMMARY) for n in range(4))))
    for n in range(4):
        loopback.routes[f"/{n}"] = answer(
            f"<html><article>{PAGE.replace('Sentence', f'In story {n}, sentence')}{box}</article>"
        )
    found = desk.check()
    assert len(found) == 4
    assert all("sentence 4" in one.text and "interview" not in one.text for one in found)


def test_a_page_that_leads_to_the_front_page_is_no_article(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1, link=loopback.url("/1"), **SUMMARY)))
    loopback.routes["/1"] = answer(status=302, location="/")
    loopback.routes["/"] = answer(f"<html><article>{PAGE}</article>")
    assert [one.marks for one in desk.check()] == [("summary-only",)]

"""Feeds are followed: each when it is due, each failure its own, nothing marked as seen that is not in the log."""

import gzip
import itertools
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.feeds.parser import Parser
from pipeline.errors import WorldError
from pipeline.feeds import state as polling
from pipeline.feeds.state import unsubscribe
from pipeline.model import Feed, FeedState, WebSubSubscription
from pipeline.model.feed import ParsedFeed
from pipeline.ports import DeskRecord, Noun
from pipeline.run import poll
from pipeline.settings.sections import Web
from pipeline.testing import FakeClock
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer, stream
from tests.examples import NOON
from tests.pipeline.feeds.desk import SETTINGS, Desk, FullDisk, wait_for

pytestmark = pytest.mark.usefixtures("quick_ticks")


def test_a_feed_that_answers_gone_is_not_polled_again(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(status=410)
    desk.check()
    assert desk.state().gone
    with desk.running():
        time.sleep(0.1)
    assert len(loopback.requests) == 1


def test_a_paused_feed_is_not_polled(desk: Desk, loopback: Loopback) -> None:
    loopback.routes |= {"/feed": answer(rss(item(1))), "/other": answer(rss(item(2)))}
    other = Feed(url=loopback.url("/other"))
    desk.desk.save(replace(desk.feed(), paused=True), other)
    with desk.running():
        wait_for(lambda: desk.state(other.url).polled)
        desk.desk.save(replace(other, paused=True), replace(desk.feed(), paused=False))
        wait_for(lambda: desk.state().polled)
    assert loopback.paths() == ["/other", "/feed"]


def test_a_feed_is_polled_at_once_when_the_user_asks(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1)))
    with desk.running():
        wait_for(lambda: desk.state().polled)
        requested = desk.clock() + timedelta(minutes=1)
        desk.desk.save(replace(desk.feed(), requested=requested))
        wait_for(lambda: desk.state().granted == requested)
        time.sleep(0.1)  # five ticks, in which a request that is granted would be granted again
    assert loopback.paths() == ["/feed", "/feed"]


def test_a_request_for_a_failing_feed_causes_a_single_poll(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(status=503)
    desk.desk.save(replace(desk.feed(), requested=desk.clock()))
    with desk.running():
        wait_for(lambda: desk.state().failures == 1)
        time.sleep(0.1)
    assert loopback.paths() == ["/feed"]


def test_rules_of_the_settings_hold_for_each_feed(loopback: Loopback, parser: Parser) -> None:
    desk = Desk(loopback, parser, ignore=("title:horoscope",))
    stars, town = item(1, title="Your horoscope"), item(2, title="The town")
    loopback.routes["/feed"] = answer(rss(stars, town, item(3)))
    desk.desk.save(replace(desk.feed(), ignore=("title:town",)))
    assert [article.title for article in desk.check()] == ["Title 3"]


def test_bad_feeds_do_not_stop_the_others(desk: Desk, loopback: Loopback) -> None:
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
        wait_for(lambda: len(desk.desk.all(FeedState)) == len(desk.desk.all(Feed)))
    for path, (_, error) in hostile.items():
        assert error in desk.state(loopback.url(path)).last_error
    assert [one.title for one in desk.articles()] == ["Title 1"]
    assert all("secret" not in feed.last_error for feed in desk.desk.all(FeedState))


def drip(end: threading.Event) -> Iterator[bytes]:
    while not end.wait(0.05):
        yield b" "


@pytest.mark.slow
def test_a_feed_that_never_ends_does_not_hold_up_another_host(loopback: Loopback, parser: Parser) -> None:
    looked = threading.Event()
    desk = Desk(loopback, parser, fetch=SETTINGS.fetch.model_copy(update={"timeout": timedelta(minutes=1)}))
    slow = loopback.url("/slow").replace("127.0.0.1", "localhost")
    loopback.routes |= {"/slow": stream(drip(looked)), "/feed": answer(rss(item(1)))}
    desk.desk.save(Feed(url=slow))
    with desk.running():
        wait_for(lambda: "/slow" in loopback.paths())
        wait_for(lambda: desk.state().polled)
        assert not desk.state(slow).last_error
        looked.set()
        wait_for(lambda: desk.state(slow).last_error)


@pytest.mark.slow
def test_reading_an_endless_feed_stops(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = stream(drip(threading.Event()))
    desk.check()
    assert "did not answer in full within 2 s" in desk.state().last_error


def test_the_poller_follows_what_changes_and_stops_at_once(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1)))
    with desk.running():
        wait_for(lambda: desk.state().polled)
        loopback.routes["/feed"] = answer(rss(item(2), item(1)))
        desk.clock.move(timedelta(minutes=6))
        wait_for(lambda: len(desk.articles()) == 2)
    assert [one.backfill for one in desk.articles()] == [True, False]


def test_a_feed_removed_or_changed_during_a_poll(desk: Desk, loopback: Loopback) -> None:
    requested, go_on = threading.Event(), threading.Event()

    def route(exchange: BaseHTTPRequestHandler) -> None:
        requested.set()
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
        wait_for(lambda: desk.state().polled)
    assert [state.url for state in desk.desk.all(FeedState)] == [desk.url]
    assert desk.feed().source == "New name"


def test_what_the_poller_saves_itself_is_not_read_again(
    desk: Desk, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[type] = []
    read = desk.desk.all

    def counted(noun: type[Noun]) -> list[Noun]:
        reads.append(noun)
        return read(noun)

    monkeypatch.setattr(desk.desk, "all", counted)
    loopback.routes["/feed"] = answer(rss(item(1)))
    with desk.running():
        wait_for(lambda: desk.state().polled)
        desk.clock.move(timedelta(hours=1))
        wait_for(lambda: len(loopback.requests) == 2)
        assert reads == [Feed, FeedState]
        desk.desk.save(Feed(url=loopback.url("/other")))
        wait_for(lambda: "/other" in loopback.paths())
    assert reads == [Feed, FeedState, Feed]


def test_a_feed_that_another_poller_has_polled_is_polled_when_it_is_due_again(desk: Desk, loopback: Loopback) -> None:
    """The assignment has changed hands, and this poller still holds the state that it read at its start."""
    loopback.routes["/feed"] = answer(rss(item(1)))
    with desk.running():
        wait_for(lambda: desk.state().polled)
        desk.clock.move(timedelta(hours=1))
        later = replace(desk.state(), etag='"other"', next_check=desk.clock.now + timedelta(hours=5))
        desk.desk.save(later)
        time.sleep(0.2)
        assert desk.state() == later
        polls = len(loopback.requests)
        desk.clock.move(timedelta(hours=6))
        wait_for(lambda: desk.state() != later)
    assert loopback.requests[polls].headers["if-none-match"] == '"other"'


def test_a_poll_that_ends_while_other_states_are_saved_is_not_repeated(
    desk: Desk, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving, go_on = threading.Event(), threading.Event()
    save = desk.desk.save

    def slow(*things: DeskRecord) -> None:
        saving.set()
        go_on.wait(5)
        save(*things)

    def during_the_save(exchange: BaseHTTPRequestHandler) -> None:
        saving.wait(5)
        answer(rss(item(2)))(exchange)

    loopback.routes |= {"/feed": answer(rss(item(1))), "/other": during_the_save}
    desk.desk.save(Feed(url=loopback.url("/other").replace("127.0.0.1", "localhost")))
    monkeypatch.setattr(desk.desk, "save", slow)
    with desk.running():
        wait_for(lambda: len(desk.looks) == 2)
        go_on.set()
        wait_for(lambda: len(desk.desk.all(FeedState)) == 2)
    assert sorted(loopback.paths()) == ["/feed", "/other"]


def test_a_feed_that_is_removed_and_followed_again_starts_afresh(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1)))
    with desk.running():
        wait_for(lambda: desk.state().polled)
        unsubscribe(desk.desk, desk.url)
        time.sleep(0.1)
        assert desk.desk.all(FeedState) == []
        desk.desk.save(Feed(url=desk.url))
        wait_for(lambda: desk.state().polled)
    assert [one.backfill for one in desk.articles()] == [True, True]


def test_polls_read_the_feeds_only_once(desk: Desk, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    read, nouns = desk.desk.all, list[type]()

    def counted(noun: type[Noun]) -> list[Noun]:
        nouns.append(noun)
        return read(noun)

    monkeypatch.setattr(desk.desk, "all", counted)
    loopback.routes |= {"/feed": answer(rss(item(1))), "/other": answer(rss(item(2)))}
    desk.desk.save(Feed(url=loopback.url("/other")))
    with desk.running():
        wait_for(lambda: [state.polled for state in read(FeedState)] == [True, True])
    assert nouns == [Feed, FeedState]


def test_a_slow_host_delays_its_own_feeds_only(desk: Desk, loopback: Loopback) -> None:
    go_on = threading.Event()

    def hang(_: BaseHTTPRequestHandler) -> None:
        go_on.wait(5)

    loopback.routes["/feed"] = answer(rss(item(1)))
    slow = [f"/slow/{number}" for number in range(300)]
    loopback.routes |= dict.fromkeys(slow, hang)
    desk.desk.save(*(Feed(url=loopback.url(path).replace("127.0.0.1", "localhost")) for path in slow))
    with desk.running():
        wait_for(lambda: desk.state().polled)
        go_on.set()
    assert sum(path.startswith("/slow") for path in loopback.paths()) <= 2


def test_the_wait_that_a_host_requests_outlives_a_restart(desk: Desk, loopback: Loopback, parser: Parser) -> None:
    loopback.routes["/feed"] = answer(status=429, retry_after="3600")
    desk.check()
    desk.desk.save(Feed(url=loopback.url("/other")))
    restarted = Desk(loopback, parser)
    restarted.desk.save(*desk.desk.all(Feed), *desk.desk.all(FeedState))
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
        assert desk.desk.all(FeedState) == []
        log.full = False
        wait_for(lambda: desk.state().polled)
    assert [one.title for one in desk.articles()] == ["Title 1"]


def test_an_exception_in_a_poll_stops_no_other_feed(
    desk: Desk, loopback: Loopback, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = parser.feed

    def faulty(body: bytes, content_type: str, url: str, known: Iterable[str] = ()) -> ParsedFeed:
        if url.endswith("/feed"):
            raise RuntimeError("a fault")
        return read(body, content_type, url, known)

    monkeypatch.setattr(parser, "feed", faulty)
    loopback.routes |= {"/feed": answer(rss(item(1))), "/other": answer(rss(item(2)))}
    desk.desk.save(Feed(url=loopback.url("/other")))
    with desk.running():
        wait_for(lambda: desk.state().last_error and desk.state(loopback.url("/other")).polled)
    assert desk.state().last_error == f"{desk.url} cannot be followed: RuntimeError: a fault"


def failed(desk: Desk, times: int) -> bool:
    return desk.state().failures == times


def test_a_failing_feed_gives_one_notice_and_one_when_it_recovers(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(status=500)
    with desk.running():
        for failures in range(1, 6):
            wait_for(partial(failed, desk, failures))
            desk.clock.move(timedelta(hours=2))
        loopback.routes["/feed"] = answer(rss(item(1)))
        wait_for(lambda: desk.state().polled)
        desk.clock.move(timedelta(hours=2))
        wait_for(lambda: not desk.state().warning)
    assert desk.notices == [
        f"{desk.url} fails: {desk.url} answers 500 Internal Server Error",
        f"The Courier ({desk.url}) is well again, no longer failing",
    ]


BAD_HUBS = ["https://a..b/", "https://xn--/", f"https://{'a' * 70}.example/"]


def test_a_malformed_hub_address_delays_no_other_hub(loopback: Loopback, parser: Parser) -> None:
    """Two hubs are asked at once, so that two that never end would take both places."""
    web = Web(address="https://desk.example", secret=SecretStr("s" * 32))
    desk = Desk(loopback, parser, web=web)
    loopback.routes["/hub"] = answer(status=202)
    feeds = [f"http://127.0.0.{number}:{loopback.address.partition(':')[2]}/feed" for number in range(2, 5)]
    desk.desk.save(*(Feed(url=url) for url in feeds))
    desk.desk.save(*(subscribed(url, bad) for url, bad in zip(feeds, BAD_HUBS, strict=True)))
    desk.desk.save(subscribed(desk.url, loopback.url("/hub")))
    with desk.running():
        wait_for(lambda: "/hub" in loopback.paths())
        wait_for(lambda: all(desk.state(url).push.error for url in feeds))
        time.sleep(0.2)
    assert all(desk.state(url).push.tries == 1 for url in feeds)


def subscribed(url: str, hub: str) -> FeedState:
    return FeedState(
        url=url,
        next_check=NOON + timedelta(days=1),
        push=WebSubSubscription(hub=hub, topic="https://courier.example/feed"),
    )


def test_an_exception_in_a_poll_is_a_failure_of_its_feed_only(
    desk: Desk, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is raised over a feed, in whatever part of the poller, and even if it can never be saved."""
    other = loopback.url("/other").replace("127.0.0.1", "localhost")
    loopback.routes |= {"/feed": answer(rss(item(1))), "/other": answer(rss(item(2)))}
    desk.desk.save(Feed(url=other))
    noticed = polling.succeeded

    def unsavable(state: FeedState, *others: Any, **more: Any) -> FeedState:
        read = noticed(state, *others, **more)
        return replace(read, title="half a pair: \ud800") if state.url == other else read

    monkeypatch.setattr(polling, "succeeded", unsavable)
    with desk.running():
        wait_for(lambda: desk.state().polled)
        wait_for(lambda: desk.state(other).last_error)
    assert "cannot be followed" in desk.state(other).last_error
    assert desk.state(other).next_check > desk.clock.now
    assert loopback.paths().count("/other") == 1


def test_an_exception_while_saving_a_state_is_a_failure_of_its_feed_only(
    desk: Desk, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = loopback.url("/other").replace("127.0.0.1", "localhost")
    loopback.routes |= {"/feed": answer(rss(item(1))), "/other": answer(rss(item(2)))}
    desk.desk.save(Feed(url=other))

    def broken(before: Feed, *_: Any) -> None:
        if before.url == other:
            raise KeyError("a mistake of ours")

    monkeypatch.setattr(poll, "notice", broken)
    with desk.running():
        wait_for(lambda: desk.state().polled)
        wait_for(lambda: desk.state(other).last_error)
        time.sleep(0.2)
    assert "KeyError" in desk.state(other).last_error
    assert loopback.paths().count("/other") == 1


@pytest.mark.slow
def test_a_body_that_is_slow_to_decode_delays_no_other_feed(loopback: Loopback, parser: Parser) -> None:
    """Empty frames cost a decoder seconds; the neighbour is looked at meanwhile."""
    fetch = SETTINGS.fetch.model_copy(update={"compressed_bytes": 10_000_000})
    desk = Desk(loopback, parser, fetch=fetch)
    hostile = loopback.url("/hostile").replace("127.0.0.1", "localhost")
    frames = b"\x50\x2a\x4d\x18\0\0\0\0" * 1_200_000
    loopback.routes["/hostile"] = answer(frames, content_encoding="zstd")
    loopback.routes["/feed"] = answer(gzip.compress(rss(item(1)).encode()), content_encoding="gzip")
    desk.desk.save(Feed(url=hostile))
    with desk.running():
        wait_for(lambda: desk.state().polled)
        assert not desk.state(hostile).last_error
        wait_for(lambda: desk.state(hostile).last_error)
    assert "s of CPU to unpack" in desk.state(hostile).last_error

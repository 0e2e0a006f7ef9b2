"""New items of a feed, backfills, and the time of the next poll."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.feeds import state as polling
from pipeline.feeds.outgoing import unreadable
from pipeline.model import EPOCH, Feed, FeedState, PublisherLimits, PublishingRate, WebSubSubscription
from pipeline.model.feed import FeedItem, FeedResponse, ParsedFeed
from pipeline.settings.sections import Poll
from tests.examples import NOON

POLL = Poll(every=timedelta(minutes=5), longest=timedelta(hours=1))
URL = "https://courier.example/feed"
FEED = Feed(url=URL)
POLLED = FeedState(url=URL, polled=True)
OLD = NOON - timedelta(days=20)


def entries(*numbers: int, **changes: Any) -> list[FeedItem]:
    plain = (
        FeedItem(url=f"https://courier.example/{n}", guid=str(n), title=f"Title {n}", text="Text.", published=NOON)
        for n in numbers
    )
    return [replace(entry, **changes) for entry in plain]


def contents(*listed: FeedItem) -> ParsedFeed:
    return ParsedFeed("The Courier", "en", listed)


def answer(status: int = 200, **told: Any) -> FeedResponse:
    return replace(FeedResponse(status=status, url=URL, body=b"body"), **told)


def looked(feed: FeedState, *listed: FeedItem) -> tuple[FeedState, list[str], list[bool]]:
    """The feed after a look, the titles sent on and whether each is a backfill."""
    news = polling.fresh(feed, contents(*listed), NOON)
    after = polling.succeeded(feed, answer(), contents(*listed), NOON, POLL)
    return after, [one.identified.entry.title for one in news], [one.backfill for one in news]


def test_a_first_body_is_a_backfill_and_the_next_entry_is_news() -> None:
    feed, titles, backfill = looked(FeedState(url=URL), *entries(2, 1))
    assert (titles, backfill) == (["Title 1", "Title 2"], [True, True])
    feed, titles, backfill = looked(feed, *entries(3, 2, 1))
    assert (titles, backfill) == (["Title 3"], [False])
    assert looked(feed, *entries(3, 2, 1))[1] == []


def test_entries_are_sent_on_oldest_first() -> None:
    later, earlier = entries(1, published=NOON), entries(2, published=OLD)
    assert looked(POLLED, *later, *earlier)[1] == ["Title 2", "Title 1"]
    undated = entries(3, 2, 1, published=None)
    assert looked(POLLED, *undated)[1] == ["Title 1", "Title 2", "Title 3"]


def test_a_changed_entry_is_sent_on_again_and_a_changed_guid_or_date_is_not() -> None:
    feed = looked(POLLED, *entries(1))[0]
    assert looked(feed, *entries(1, guid="new", published=OLD))[1] == []
    assert looked(feed, *entries(1, text="Corrected."))[1] == ["Title 1"]


def test_an_archive_listed_again_is_a_backfill_and_news_beside_it_is_not() -> None:
    archive = entries(*range(10), published=OLD)
    _, titles, backfill = looked(POLLED, *entries(99), *archive)
    assert titles[-1] == "Title 99"
    assert backfill == [True] * 10 + [False]


def test_an_entry_is_old_after_two_weeks() -> None:
    two_weeks = timedelta(days=14)
    assert looked(POLLED, *entries(*range(10), published=NOON - two_weeks))[2] == [False] * 10
    assert looked(POLLED, *entries(*range(10), published=NOON - two_weeks - timedelta(seconds=1)))[2] == [True] * 10


def test_a_few_late_articles_are_news() -> None:
    assert looked(POLLED, *entries(*range(9), published=OLD))[2] == [False] * 9


def test_entries_with_dates_that_cannot_be_true_are_no_archive() -> None:
    never_set = entries(*range(12), published=NOON.replace(year=1970))
    assert looked(POLLED, *never_set)[2] == [False] * 12


@pytest.mark.slow
def test_memory_is_bounded_and_keeps_what_is_there() -> None:
    feed = looked(POLLED, *entries(*range(300)))[0]
    feed = looked(feed, *entries(*range(300, 600)))[0]
    assert len(feed.seen) == 600 * 16
    feed = looked(feed, *entries(*range(600, 610)))[0]
    assert len(feed.seen) == 250 * 16
    large = looked(POLLED, *entries(*range(3_000)))[0]
    assert looked(large, *entries(*range(3_000)))[1] == []


def test_the_state_after_a_success() -> None:
    feed = replace(POLLED, failures=3, last_error="away", etag="old")
    after = polling.succeeded(
        feed, answer(etag='W/"a"', last_modified="then", moved="https://new.example/"), contents(), NOON, POLL
    )
    assert (after.etag, after.last_modified, after.location) == ('W/"a"', "then", "https://new.example/")
    assert (after.failures, after.last_error, after.last_success) == (0, "", NOON)
    assert (after.title, after.language, after.status) == ("The Courier", "en", 200)
    assert after.id == feed.id
    assert polling.conditions(after, NOON) == {"if-none-match": 'W/"a"', "if-modified-since": "then"}


def test_an_unchanged_feed_keeps_its_memory() -> None:
    feed = replace(POLLED, etag="e", seen="a" * 16)
    after = polling.succeeded(feed, answer(304), None, NOON, POLL)
    assert (after.etag, after.seen, after.status) == ("e", "a" * 16, 304)


def test_the_state_after_a_failure() -> None:
    feed = polling.failed(POLLED, "away", None, NOON, POLL)
    feed = polling.failed(feed, "busy", answer(500), NOON, POLL)
    assert (feed.failures, feed.last_error, feed.status) == (2, "busy", 500)
    assert feed.next_check > NOON
    assert feed.asked.held == EPOCH


@pytest.mark.parametrize(
    ("told", "held"),
    [
        (answer(429), POLL.every),
        (answer(429, retry_after=timedelta(minutes=30)), timedelta(minutes=30)),
        (answer(503, retry_after=timedelta(minutes=30)), timedelta(minutes=30)),
        (answer(503, retry_after=timedelta(days=3)), POLL.longest),
        (answer(503), None),
        (answer(404, retry_after=timedelta(hours=1)), None),
    ],
)
def test_after_too_many_requests_no_feed_of_the_server_is_polled(told: FeedResponse, held: timedelta | None) -> None:
    feed = polling.failed(replace(POLLED, failures=5), "busy", told, NOON, POLL)
    assert feed.asked.held == (NOON + held if held else EPOCH)
    assert feed.next_check >= NOON + (told.retry_after or POLL.longest)
    assert polling.succeeded(feed, answer(), contents(), NOON, POLL).asked.held == EPOCH


def test_publisher_limits_outlive_an_unchanged_body() -> None:
    body = replace(contents(), asked=PublisherLimits(pause=3600, hours=(3,)))
    feed = polling.succeeded(POLLED, answer(lifetime=timedelta(minutes=9)), body, NOON, POLL)
    assert feed.asked == PublisherLimits(pause=3600, hours=(3,), lifetime=540)
    feed = polling.succeeded(replace(feed, etag="e"), answer(304), None, NOON, POLL)
    assert feed.asked == PublisherLimits(pause=3600, hours=(3,))


def test_a_silent_feed_gets_an_unconditional_poll_a_day_and_wrong_validators_are_dropped() -> None:
    silent = replace(
        POLLED, etag="e", warning="silent", rhythm=PublishingRate(news=NOON - timedelta(days=9), until=NOON)
    )
    hours = [NOON.replace(hour=hour) for hour in range(24)]
    (own,) = [hour for hour in hours if not polling.conditions(silent, hour)]
    body = contents(*entries(1))
    honest = polling.succeeded(silent, answer(etag="f"), body, own, POLL)
    assert polling.conditions(honest, own) == {"if-none-match": "f"}
    assert not polling.succeeded(silent, answer(etag="e"), contents(), own, POLL).stuck
    caught = polling.succeeded(silent, answer(etag="e"), body, own, POLL)
    assert caught.stuck
    assert [hour for hour in hours if polling.conditions(caught, hour)] == []
    assert polling.succeeded(caught, answer(etag="g"), contents(*entries(2)), own, POLL).stuck
    requested = polling.succeeded(replace(silent, warning=""), answer(etag="e"), body, own, POLL)
    assert not requested.stuck, "a server that sends it whole all the same keeps nothing back"


def test_a_first_body_starts_the_publishing_rate_and_later_bodies_continue_it() -> None:
    old = [replace(entry, published=NOON - timedelta(hours=n)) for n, entry in enumerate(entries(*range(5)))]
    feed = looked(FeedState(url=URL), *old)[0]
    assert (feed.rhythm.news, feed.rhythm.usually) == (NOON, 5)
    feed = polling.succeeded(feed, answer(), contents(*old, *entries(9)), NOON + timedelta(hours=1), POLL)
    assert feed.rhythm.news == NOON + timedelta(hours=1)
    assert 5.9 < feed.rhythm.usually < 6


def test_a_new_location_that_fails_is_forgotten() -> None:
    moved = replace(POLLED, location="https://new.example/", etag="of the new")
    after = polling.failed(moved, "away", None, NOON, POLL)
    assert (after.location, after.etag) == ("", "")


def test_a_removed_feed_is_not_polled_again() -> None:
    after = polling.gone(POLLED, NOON)
    assert (after.gone, after.last_error) == (True, "410 Gone since 2026-03-02")


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        (answer(200), ""),
        (answer(404), f"{URL} answers 404 Not Found"),
        (answer(799), f"{URL} answers 799"),
        (answer(304), f"{URL} answers 304 Not Modified"),
        (replace(answer(200), body=b" \n"), f"{URL} answers 200 with an empty body"),
    ],
)
def test_errors_of_answers(told: FeedResponse, wrong: str) -> None:
    assert polling.trouble(POLLED, told, NOON) == wrong
    assert polling.trouble(replace(POLLED, etag="e"), answer(304), NOON) == ""


def test_a_body_that_cannot_be_read_is_a_dead_letter_once() -> None:
    feed, letter = unreadable(POLLED, b"\xff<", "text/xml", "is no feed", NOON)
    assert letter
    assert (letter.key, letter.value) == (URL, b"\xff<")
    assert letter.headers == {
        "step": "parse",
        "error": "is no feed",
        "topic": "feed-bodies",
        "feed": URL,
        "content-type": "text/xml",
        "time": "2026-03-02T12:00:00+00:00",
    }
    feed, again = unreadable(feed, b"\xff<", "text/xml", "is no feed", NOON)
    assert again is None
    assert unreadable(feed, b"other", "", "is no feed", NOON)[1]


def test_pages_are_read_for_summaries_alone() -> None:
    (summary,) = polling.fresh(POLLED, contents(*entries(1, whole=False)), NOON)
    (whole,) = polling.fresh(POLLED, contents(*entries(1)), NOON)
    (bare,) = polling.fresh(POLLED, contents(*entries(1, whole=False, url="")), NOON)
    assert polling.wants_page(FEED, summary)
    assert not polling.wants_page(FEED, whole)
    assert not polling.wants_page(FEED, bare)
    assert not polling.wants_page(replace(FEED, full_text="never"), summary)
    assert polling.wants_page(replace(FEED, full_text="always"), whole)


SPORT = FeedItem(
    url="https://courier.example/video/1", title="Live: Héctor wins", authors=("The Press Office",), section="Sport"
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("section:sport", True),
        ("section:spo", False),
        ("title:hector WINS", True),
        ("title:live hector", True),
        ("title:ive", False),
        ("title:wins hector", False),
        ("author:press office", True),
        ("author:Office Press", False),
        ("link:/VIDEO/", True),
        ("link:/audio/", False),
        ("title:", False),
        ("colour:red", False),
    ],
)
def test_a_rule_leaves_out_items_that_meet_it(rule: str, expected: bool) -> None:
    assert polling.ignored(replace(FEED, ignore=("link:/nowhere/", rule)), SPORT) == expected


def test_the_user_s_title_and_language_come_before_those_that_the_feed_declares() -> None:
    state = polling.succeeded(POLLED, answer(), contents(), NOON, POLL)
    assert polling.described(FEED, state) == Feed(url=URL, title="The Courier", language="en")
    own = Feed(url=URL, source="courier", title="My Courier", language="de", full_text="never")
    assert polling.described(own, state) == own


@pytest.mark.parametrize("later", [ParsedFeed("", "", ()), ParsedFeed("The Courier, 3 March", "de", ())])
def test_the_first_title_and_language_that_a_feed_declares_stay(later: ParsedFeed) -> None:
    state = polling.succeeded(POLLED, answer(), contents(), NOON, POLL)
    after = polling.succeeded(state, answer(), later, NOON, POLL)
    assert (after.title, after.language) == ("The Courier", "en")


def test_a_feed_names_its_hub_in_its_body_or_better_in_its_headers() -> None:
    named = replace(contents(*entries(1)), hub="https://hub.example/", topic=URL)
    feed = polling.succeeded(POLLED, answer(), named, NOON, POLL)
    assert (feed.push.hub, feed.push.topic) == ("https://hub.example/", URL)
    output = answer(hub="https://other.example/", topic="https://courier.example/all")
    feed = polling.succeeded(POLLED, output, named, NOON, POLL)
    assert (feed.push.hub, feed.push.topic) == ("https://other.example/", "https://courier.example/all")
    assert polling.succeeded(feed, answer(304), None, NOON, POLL).push == feed.push


def test_a_push_adds_entries_and_changes_no_other_state() -> None:
    held = WebSubSubscription(hub="https://hub.example/", topic=URL, until=NOON + timedelta(days=1))
    named = replace(contents(*entries(1)), hub=held.hub, topic=URL)
    before = polling.succeeded(replace(POLLED, push=held), answer(etag="e"), named, NOON, POLL)
    pushed = polling.succeeded(before, answer(pushed=True), contents(*entries(2)), NOON, POLL)
    assert (pushed.etag, pushed.push) == ("e", replace(held, proven=True))
    assert polling.fresh(pushed, contents(*entries(2, 1)), NOON) == []
    assert pushed.next_check - NOON >= timedelta(hours=2)
    unchanged = polling.succeeded(pushed, answer(304), None, NOON, POLL)
    assert unchanged.next_check - NOON >= timedelta(hours=2)
    more = replace(contents(*entries(3, 2, 1)), hub=held.hub, topic=URL)
    assert not polling.succeeded(pushed, answer(), more, NOON, POLL).push.proven


def test_a_push_does_not_shorten_the_pause_that_a_publisher_requests() -> None:
    held = WebSubSubscription(hub="https://hub.example/", topic=URL, until=NOON + timedelta(days=9), proven=True)
    busy = polling.failed(replace(POLLED, push=held), "busy", answer(503, retry_after=timedelta(days=3)), NOON, POLL)
    pushed = polling.succeeded(busy, answer(pushed=True), contents(*entries(2)), NOON + timedelta(hours=1), POLL)
    assert pushed.next_check == busy.next_check >= NOON + timedelta(days=3)
    assert pushed.asked.held == busy.asked.held


def test_a_subscription_that_has_ended_is_not_relied_on() -> None:
    over = WebSubSubscription(hub="https://hub.example/", topic=URL, until=NOON, proven=True)
    looked_at = polling.succeeded(replace(POLLED, push=over), answer(304), None, NOON, POLL)
    assert looked_at.next_check - NOON < timedelta(hours=2)


HEAD = (
    b"<rss><channel><title>T</title><lastBuildDate>%s</lastBuildDate><item><title>One</title>%s</item></channel></rss>"
)


def test_the_same_body_brings_nothing_new_whenever_it_was_written() -> None:
    state = polling.succeeded(FeedState(url=URL), answer(body=HEAD % (b"noon", b"")), contents(), NOON, Poll())
    assert polling.is_unchanged(state, answer(body=HEAD % (b"six", b"")))
    assert not polling.is_unchanged(state, answer(body=HEAD % (b"six", b"<pubDate>six</pubDate>")))
    assert not polling.is_unchanged(state, answer(body=HEAD % (b"noon", b""), pushed=True))
    assert not polling.is_unchanged(replace(state, polled=False), answer(body=HEAD % (b"noon", b"")))
    assert polling.is_unchanged(FeedState(url=URL), answer(status=304, body=b""))


def test_validators_of_the_same_body_are_remembered() -> None:
    state = polling.succeeded(FeedState(url=URL), answer(etag="a"), contents(), NOON, Poll())
    assert polling.succeeded(state, answer(etag="b"), None, NOON, Poll()).etag == "b"
    assert polling.succeeded(state, answer(status=304), None, NOON, Poll()).etag == "a"


def test_a_pushed_body_is_not_the_last_body_of_the_feed() -> None:
    state = polling.succeeded(FeedState(url=URL), answer(body=b"whole"), contents(), NOON, Poll())
    pushed = polling.succeeded(state, answer(body=b"part", pushed=True), contents(*entries(1)), NOON, Poll())
    assert polling.is_unchanged(pushed, answer(body=b"whole"))


def test_the_error_of_a_feed_is_cut_after_500_characters() -> None:
    assert polling.failed(POLLED, "x" * 501, None, NOON, POLL).last_error == "x" * 500

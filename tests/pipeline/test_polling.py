"""What is new in a feed, what is a backfill, and when it is looked at again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline import polling
from pipeline.entries import Contents, Entry
from pipeline.model import Feed
from pipeline.polling import Answer
from pipeline.settings import Poll
from tests.examples import NOON

POLL = Poll(every=timedelta(minutes=5), longest=timedelta(hours=1))
URL = "https://courier.example/feed"
POLLED = Feed(url=URL, polled=True)
OLD = NOON - timedelta(days=20)


def entries(*numbers: int, **changes: Any) -> list[Entry]:
    plain = (
        Entry(url=f"https://courier.example/{n}", guid=str(n), title=f"Title {n}", text="Text.", published=NOON)
        for n in numbers
    )
    return [replace(entry, **changes) for entry in plain]


def contents(*listed: Entry) -> Contents:
    return Contents("The Courier", "en", listed)


def answer(status: int = 200, **told: Any) -> Answer:
    return replace(Answer(status=status, url=URL, body=b"body"), **told)


def looked(feed: Feed, *listed: Entry) -> tuple[Feed, list[str], list[bool]]:
    """The feed after a look, the titles sent on and whether each is a backfill."""
    news = polling.fresh(feed, contents(*listed), NOON)
    after = polling.succeeded(feed, answer(), contents(*listed), NOON, POLL)
    return after, [one.found.entry.title for one in news], [one.backfill for one in news]


def test_a_first_body_is_a_backfill_and_the_next_entry_is_news() -> None:
    feed, titles, backfill = looked(Feed(url=URL), *entries(2, 1))
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


def test_an_archive_announced_anew_is_a_backfill_and_fresh_news_beside_it_is_not() -> None:
    archive = entries(*range(10), published=OLD)
    _, titles, backfill = looked(POLLED, *entries(99), *archive)
    assert titles[-1] == "Title 99"
    assert backfill == [True] * 10 + [False]


def test_a_few_late_articles_are_news() -> None:
    assert looked(POLLED, *entries(*range(9), published=OLD))[2] == [False] * 9


def test_entries_with_dates_that_cannot_be_true_are_no_archive() -> None:
    never_set = entries(*range(12), published=NOON.replace(year=1970))
    assert looked(POLLED, *never_set)[2] == [False] * 12


def test_memory_is_bounded_and_keeps_what_is_there() -> None:
    feed = looked(POLLED, *entries(*range(700)))[0]
    feed = looked(feed, *entries(*range(700, 1_400)))[0]
    assert len(feed.seen) == 1_400
    feed = looked(feed, *entries(*range(1_400, 1_410)))[0]
    assert len(feed.seen) == 1_000
    large = looked(POLLED, *entries(*range(3_000)))[0]
    assert looked(large, *entries(*range(3_000)))[1] == []


def test_what_a_success_remembers() -> None:
    feed = replace(POLLED, failures=3, last_error="away", etag="old")
    after = polling.succeeded(
        feed, answer(etag='W/"a"', last_modified="then", moved="https://new.example/"), contents(), NOON, POLL
    )
    assert (after.etag, after.last_modified, after.location) == ('W/"a"', "then", "https://new.example/")
    assert (after.failures, after.last_error, after.last_success) == (0, "", NOON)
    assert (after.next_check, after.title, after.language) == (NOON + POLL.every, "The Courier", "en")
    assert after.id == feed.id
    assert polling.conditions(after) == {"if-none-match": 'W/"a"', "if-modified-since": "then"}


def test_an_unchanged_feed_keeps_its_memory() -> None:
    feed = replace(POLLED, etag="e", seen=("a",))
    after = polling.succeeded(feed, answer(304), None, NOON, POLL)
    assert (after.etag, after.seen, after.next_check) == ("e", ("a",), NOON + POLL.every)


def test_failures_double_the_pause_up_to_the_longest() -> None:
    feed, pauses = POLLED, []
    for _ in range(6):
        feed = polling.failed(feed, "away", None, NOON, POLL)
        pauses.append((feed.next_check - NOON) / timedelta(minutes=1))
    assert pauses == [5, 10, 20, 40, 60, 60]
    assert (feed.failures, feed.last_error) == (6, "away")
    polling.failed(replace(feed, failures=10_000), "away", None, NOON, POLL)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (timedelta(seconds=1), POLL.every),
        (timedelta(hours=3), timedelta(hours=3)),
        (timedelta(days=900), timedelta(days=7)),
    ],
)
def test_a_server_gets_the_pause_it_asks_for(asked: timedelta, given: timedelta) -> None:
    assert polling.failed(POLLED, "busy", asked, NOON, POLL).next_check == NOON + given


def test_a_new_location_that_fails_is_forgotten() -> None:
    moved = replace(POLLED, location="https://new.example/", etag="of the new")
    after = polling.failed(moved, "away", None, NOON, POLL)
    assert (after.location, after.etag) == ("", "")


def test_a_feed_that_is_gone_is_not_looked_at_again() -> None:
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
def test_what_is_wrong_with_an_answer(told: Answer, wrong: str) -> None:
    assert polling.trouble(POLLED, told) == wrong
    assert polling.trouble(replace(POLLED, etag="e"), answer(304)) == ""


def test_a_body_that_cannot_be_read_is_a_dead_letter_once() -> None:
    feed, letter = polling.unreadable(POLLED, b"\xff<", "text/xml", "is no feed", NOON)
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
    feed, again = polling.unreadable(feed, b"\xff<", "text/xml", "is no feed", NOON)
    assert again is None
    assert polling.unreadable(feed, b"other", "", "is no feed", NOON)[1]


def test_pages_are_read_for_summaries_alone() -> None:
    (summary,) = polling.fresh(POLLED, contents(*entries(1, whole=False)), NOON)
    (whole,) = polling.fresh(POLLED, contents(*entries(1)), NOON)
    (bare,) = polling.fresh(POLLED, contents(*entries(1, whole=False, url="")), NOON)
    assert polling.wants_page(POLLED, summary)
    assert not polling.wants_page(POLLED, whole)
    assert not polling.wants_page(POLLED, bare)
    assert not polling.wants_page(replace(POLLED, full_text=False), summary)


def test_what_the_user_changed_during_a_look_is_kept() -> None:
    changed = replace(POLLED, source="New name", full_text=False)
    merged = polling.with_memory(changed, replace(POLLED, etag="e"))
    assert (merged.source, merged.full_text, merged.etag) == ("New name", False, "e")

"""Dead letters from the command line."""

import json
from pathlib import Path

import pytest

from pipeline.codec import encode
from pipeline.feeds.outgoing import dead_letter
from pipeline.ports import ARTICLES, DEAD_LETTERS, Message
from tests import examples
from tests.pipeline.cli.conftest import RECORD, Onrecord, articles, opened


def test_an_unreadable_record_is_stored_listed_and_retried(onrecord: Onrecord, file: Path) -> None:
    bad = b'{"text": \x1b[31m'
    done = onrecord("ingest", "-", stdin=json.dumps(RECORD).encode() + b"\n" + bad + b"\n")
    assert done.code == 65
    assert "1 article read: 1 indexed" in done.err
    assert "1 could not be read: `onrecord dead-letters list` shows them" in done.err
    (row,) = onrecord("dead-letters", "list").rows
    assert row[0] == "dead-letters/0/0"
    assert row[2:4] == ["files", "ingest"]
    (told,) = json.loads(onrecord("dead-letters", "list", "--json").out)
    assert (told["id"], told["bytes"]) == ("dead-letters/0/0", len(bad) + 1)
    assert "\x1b" not in onrecord("dead-letters", "show", "0").out
    assert onrecord("dead-letters", "show", "dead-letters/0/0", "--raw").out == bad.decode() + "\n"
    assert json.loads(onrecord("dead-letters", "show", "0", "--json").out)["text"] == bad.decode() + "\n"
    retried = onrecord("dead-letters", "retry")
    assert retried.err == "1 retried; 1 dead letter left\n"
    assert [row[0] for row in onrecord("dead-letters", "list").rows] == ["dead-letters/0/1"]


def test_an_article_that_failed_is_processed_by_a_retry(onrecord: Onrecord, file: Path) -> None:
    article = examples.article(text="“We will not close the harbour,” Ada Lindqvist told reporters.")
    about = {"step": "extract", "error": "ValueError: full moon", "topic": ARTICLES, "origin": "articles/0/7"}
    with opened(file) as services:
        services.log.append(DEAD_LETTERS, [Message(article.id, encode(article), {**about, "kept": "yes"})])
    done = onrecord("dead-letters", "retry")
    assert done.err.startswith("1 retried: 1 indexed")
    assert done.err.endswith("; 0 dead letters left\n")
    empty = onrecord("dead-letters", "list")
    assert (empty.out, empty.err) == ("", "No dead letters\n")
    with opened(file) as services:
        (record,) = services.log.read(ARTICLES, "anew", 10)
        assert dict(record.headers) == {"kept": "yes"}


@pytest.mark.slow
def test_a_feed_s_body_is_parsed_again(onrecord: Onrecord, file: Path) -> None:
    body = (
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": '
        b'[{"id": "1", "url": "https://wire.example/1", "title": "One", "content_text": "One and two."}]}'
    )
    url = "https://wire.example/feed"
    feed, state = examples.feed(url), examples.feed_state(url)
    with opened(file) as services:
        services.desk.save(feed)
        services.log.append(DEAD_LETTERS, [dead_letter(state, body, "application/json", "no room", examples.NOON)])
        services.log.append(DEAD_LETTERS, [dead_letter(state, b"<rss", "text/xml", "cut", examples.NOON)])
        services.log.append(DEAD_LETTERS, [Message("k", b"?", {"topic": "elsewhere"})])
    done = onrecord("dead-letters", "retry", "--limit", "2")
    assert done.err == "2 retried: 1 indexed; 2 dead letters left\n"
    assert [row[2] for row in onrecord("dead-letters", "list").rows] == ["elsewhere", "feed-bodies"]
    assert onrecord("dead-letters", "retry").err == "2 retried; 2 dead letters left\n"
    assert "'elsewhere' and cannot be retried" in onrecord("dead-letters", "list").out
    assert articles(file) == 1


def test_one_dead_letter_is_retried_or_discarded_by_its_id(onrecord: Onrecord, file: Path) -> None:
    with opened(file) as services:
        services.log.append(DEAD_LETTERS, [Message(key, b"?", {"topic": "elsewhere"}) for key in "abc"])
    assert onrecord("dead-letters", "discard", "1").err == "1 discarded; 2 dead letters left\n"
    assert [each["key"] for each in json.loads(onrecord("dead-letters", "list", "--json").out)] == ["c", "a"]
    assert onrecord("dead-letters", "retry", "dead-letters/0/2").err == "1 retried; 2 dead letters left\n"
    assert [each["key"] for each in json.loads(onrecord("dead-letters", "list", "--json").out)] == ["a", "c"]
    assert onrecord("dead-letters", "discard", "1").code == 2


def test_an_unknown_dead_letter_is_refused(onrecord: Onrecord, filled: Path) -> None:
    done = onrecord("dead-letters", "show", "7")
    assert (done.code, done.err) == (
        2,
        "onrecord: dead letter '7' does not exist; `onrecord dead-letters list` shows the ids\n",
    )

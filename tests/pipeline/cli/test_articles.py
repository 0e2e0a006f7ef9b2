"""Articles from files to search, statements and the dead letters, through the whole pipeline."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.codec import encode
from pipeline.model import Article
from pipeline.ports import ARTICLES, DEAD_LETTERS, Message, Search
from pipeline.unreadable import dead_letter
from tests import examples
from tests.pipeline.cli.conftest import Onrecord, opened

STORY = """Harbour stays open

“We will not close the harbour,” Ada Lindqvist told reporters on Monday.
"""
HOLDER = """
import sys
from pathlib import Path
from connectors.lock import job_lock
with job_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
RECORD = {"title": "Port", "text": "“The port is ours,” Ada Lindqvist said.", "url": "https://wire.example/port"}


@pytest.fixture
def story(tmp_path: Path) -> Path:
    place = tmp_path / "story.txt"
    place.write_text(STORY)
    return place


def articles(file: Path) -> int:
    with opened(file) as app:
        return app.index.search(Search(collection="articles")).total


def test_a_folder_is_read_remembered_and_searchable(onrecord: Onrecord, story: Path, file: Path) -> None:
    folder = story.parent / "folder"
    folder.mkdir()
    story.rename(folder / "story.txt")
    (folder / "more.jsonl").write_text(json.dumps(RECORD) + "\n")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    done = onrecord("ingest", folder)
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("2 articles read: 2 indexed, ")
    found = onrecord("search", "harbour")
    assert [(row[1], row[3]) for row in found.rows] == [("Ada Lindqvist", "folder")]
    again = onrecord("ingest", folder)
    assert (again.code, again.err) == (0, "2 articles read: 2 duplicate\n")
    assert articles(file) == 2


def test_a_backfill_alerts_nobody_and_live_does(onrecord: Onrecord, story: Path, file: Path) -> None:
    onrecord("actors", "add", "Ada Lindqvist")
    onrecord("watches", "add", "Ada", "--by", "ada-lindqvist")
    onrecord("ingest", story)
    assert onrecord("alerts", "list").rows == []
    done = onrecord("ingest", "--live", "-", stdin=json.dumps(RECORD))
    assert "1 alerts" in done.err
    assert [row[7] for row in onrecord("alerts", "list").rows] == ["Ada Lindqvist"]


@pytest.mark.parametrize(
    "content",
    [
        STORY,
        f"<html><title>Harbour</title><p>{STORY}</p></html>",
        json.dumps(RECORD),
        json.dumps(RECORD, indent=2),
        json.dumps([RECORD, RECORD | {"url": "https://wire.example/2"}]),
        json.dumps(RECORD) + "\n\n" + json.dumps(RECORD | {"url": "https://wire.example/2"}),
    ],
    ids=["text", "html", "object", "indented", "list", "lines"],
)
def test_standard_input_may_be_any_kind(onrecord: Onrecord, file: Path, content: str) -> None:
    assert onrecord("ingest", "-", stdin=content).code == 0
    assert articles(file) == (2 if content.count("wire.example/2") else 1)


def test_a_path_that_is_not_there_stops_before_anything_is_read(onrecord: Onrecord, story: Path, file: Path) -> None:
    done = onrecord("ingest", story, story.with_name("none.txt"))
    assert (done.code, done.err) == (2, f"onrecord: path {story.with_name('none.txt')} does not exist\n")
    assert not file.exists()


def test_what_cannot_be_read_is_kept_shown_and_retried(onrecord: Onrecord, file: Path) -> None:
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
    assert retried.err == "1 tried again; 1 dead letter left\n"
    assert [row[0] for row in onrecord("dead-letters", "list").rows] == ["dead-letters/0/1"]


def test_an_article_that_failed_is_processed_by_a_retry(onrecord: Onrecord, file: Path) -> None:
    article = examples.article(text="“We will not close the harbour,” Ada Lindqvist told reporters.")
    about = {"step": "extract", "error": "ValueError: full moon", "topic": ARTICLES, "origin": "articles/0/7"}
    with opened(file) as app:
        app.log.append(DEAD_LETTERS, [Message(article.id, encode(article), {**about, "kept": "yes"})])
    done = onrecord("dead-letters", "retry")
    assert done.err.startswith("1 tried again: 1 indexed")
    assert done.err.endswith("; 0 dead letters left\n")
    empty = onrecord("dead-letters", "list")
    assert (empty.out, empty.err) == ("", "No dead letters\n")
    with opened(file) as app:
        (record,) = app.log.read(ARTICLES, "anew", 10)
        assert dict(record.headers) == {"kept": "yes"}


@pytest.mark.slow
def test_a_feed_s_body_is_parsed_again(onrecord: Onrecord, file: Path) -> None:
    body = (
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": '
        b'[{"id": "1", "url": "https://wire.example/1", "title": "One", "content_text": "One and two."}]}'
    )
    feed = examples.feed("https://wire.example/feed")
    with opened(file) as app:
        app.desk.save(feed)
        app.log.append(DEAD_LETTERS, [dead_letter(feed, body, "application/json", "no room", examples.NOON)])
        app.log.append(DEAD_LETTERS, [dead_letter(feed, b"<rss", "text/xml", "cut", examples.NOON)])
        app.log.append(DEAD_LETTERS, [Message("k", b"?", {"topic": "elsewhere"})])
    done = onrecord("dead-letters", "retry", "--limit", "2")
    assert done.err == "2 tried again: 1 indexed; 2 dead letters left\n"
    assert [row[2] for row in onrecord("dead-letters", "list").rows] == ["elsewhere", "feed-bodies"]
    assert onrecord("dead-letters", "retry").err == "2 tried again; 2 dead letters left\n"
    assert "'elsewhere' and cannot be tried again" in onrecord("dead-letters", "list").out
    assert articles(file) == 1


def test_a_dead_letter_that_is_not_there(onrecord: Onrecord, filled: Path) -> None:
    done = onrecord("dead-letters", "show", "7")
    assert (done.code, done.err) == (
        2,
        "onrecord: dead letter '7' is not there; `onrecord dead-letters list` shows the ids\n",
    )


@pytest.mark.slow
def test_a_running_job_is_left_to_do_the_work(onrecord: Onrecord, story: Path, file: Path) -> None:
    with opened(file):
        pass
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        done = onrecord("ingest", story)
        busy = onrecord("run", "--no-web")
        holder.communicate(b"")
    assert (done.code, done.err) == (0, "1 article read, to be processed by the job that is running\n")
    assert busy.code == 69
    assert f"already being worked on by the process with pid {holder.pid}" in busy.err
    assert articles(file) == 0


def test_explain_stores_nothing(onrecord: Onrecord, story: Path, file: Path) -> None:
    done = onrecord("explain", story)
    assert done.code == 0
    assert "Ada Lindqvist" in done.out
    (document,) = json.loads(onrecord("explain", story, "--json").out)
    text = document["article"]["text"]
    assert document["quotes"]
    assert all(text[quote["start"] : quote["end"]] == quote["text"] for quote in document["quotes"])
    page = onrecord("explain", "-", "--html", stdin=STORY)
    assert page.out.lower().startswith("<!doctype html>")
    assert not file.exists()


def test_explain_knows_the_desk_s_actors(onrecord: Onrecord, filled: Path) -> None:
    done = onrecord("explain", "-", "--json", stdin="“We will not close it,” Lindqvist told reporters.")
    (document,) = json.loads(done.out)
    assert {quote["speaker_id"] for quote in document["quotes"]} == {"ada-lindqvist"}


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        (("none.txt",), "", 65, "none.txt cannot be read: No such file or directory"),
        (("-",), "", 65, "is empty"),
        (("-", "--json", "--html"), "x", 2, "--html and --json exclude one another"),
    ],
)
def test_explain_refuses(onrecord: Onrecord, arguments: tuple[str, ...], stdin: str, code: int, message: str) -> None:
    done = onrecord("explain", *arguments, stdin=stdin)
    assert (done.code, done.out) == (code, "")
    assert message in done.err


def test_search_in_its_forms(onrecord: Onrecord, filled: Path) -> None:
    line = onrecord("search", "harbour")
    assert line.rows == [
        [
            "2026-03-02T12:00:00+00:00",
            "Ada Lindqvist",
            "The harbour will stay open",
            "courier.example",
            "https://courier.example/harbour",
            "indirect",
            "0.9",
            "1",
            line.rows[0][-1],
        ]
    ]
    page = json.loads(onrecord("search", "harbour", "--json", "--facets", "--days").out)
    assert (page["total"], len(page["hits"])) == (1, 1)
    assert ["courier.example", 1] in page["facets"]["source"]
    (hit,) = (json.loads(text) for text in onrecord("search", "--jsonl").out.splitlines())
    assert hit == page["hits"][0] | {"highlights": []}
    (row,) = csv.DictReader(io.StringIO(onrecord("search", "harbour", "--csv").out))
    assert row["text"] == "The harbour will stay open"
    assert ["source", "courier.example", "1"] in onrecord("search", "--facets").rows
    assert onrecord("search", "--days").rows == [["day", page["days"][0][0], "1"]]
    assert onrecord("search", "harbour", "--in", "articles").rows[0][2] == "Harbour stays open"
    nothing = onrecord("search", "speaker:nobody")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "Nothing found\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("harbour", "AND"), "  harbour AND\n"),
        (("--json", "--csv"), "--json, --csv and --jsonl exclude one another"),
        (("--in", "letters"), "Invalid value for '--in'"),
        (("--limit", "0"), "Invalid value for '--limit'"),
        (("--cursor", "nonsense"), "cursor"),
    ],
)
def test_wrong_searches(onrecord: Onrecord, filled: Path, arguments: tuple[str, ...], message: str) -> None:
    done = onrecord("search", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_pages_follow_one_another(onrecord: Onrecord, file: Path) -> None:
    with opened(file) as app:
        articles: list[Article] = [examples.article(f"https://courier.example/{number}") for number in range(5)]
        app.index.add([examples.document(article) for article in articles])
    seen, arguments = [], ["search", "--in", "articles", "--limit", "2"]
    for left in (3, 1, 0):
        done = onrecord(*arguments)
        seen += [row[-1] for row in done.rows]
        assert done.err.startswith("2 of 5; go on with --cursor ") is bool(left)
        arguments[5:] = ["--cursor", done.err.split()[-1]] if left else []
    assert len(seen) == len(set(seen)) == 5


def test_statements_with_their_reports(onrecord: Onrecord, filled: Path) -> None:
    ((*_, statement),) = onrecord("statements", "list").rows
    (report,) = onrecord("statements", "show", statement).rows
    assert report[1:6] == ["new", "courier.example", "indirect", "The harbour will stay open", "0.9"]
    assert report[-2:] == ["independent", "1"]
    (told,) = json.loads(onrecord("statements", "show", statement, "--json").out)
    assert told["statement"]["id"] == statement
    linked = json.loads(onrecord("statements", "show", statement, "--jsonld").out)
    assert linked["@type"] == "Quotation"
    assert linked["isBasedOn"][0]["selector"][0]["suffix"].startswith(", Mayor Ada")
    assert linked["spokenByCharacter"]["@type"] == "Person"
    assert json.loads(onrecord("statements", "list", "--json").out)["total"] == 1
    assert onrecord("statements", "show", "none").code == 2

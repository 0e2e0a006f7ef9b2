"""Bad input and a bad world, met by the whole job: one clear line, the rest goes on, and nothing is lost."""

import json
import logging
import os
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.sqlite import database
from connectors.sqlite.migrations import VERSION
from pipeline import settings
from pipeline.cli import main
from pipeline.model.query import Search
from pipeline.ports import DEAD_LETTERS
from pipeline.run.metrics import REDRIVE
from tests import examples
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import answer, serving
from tests.pipeline.cli.conftest import Done, Onrecord, articles, opened

PATIENCE = 30  # seconds


def run_until(onrecord: Onrecord, condition: Callable[[], object]) -> Done:
    """`onrecord run`, asked to stop once the condition holds; how it ended."""
    before, came_to_pass = signal.getsignal(signal.SIGTERM), threading.Event()

    def wait() -> None:
        end = time.monotonic() + PATIENCE
        while signal.getsignal(signal.SIGTERM) is before:
            time.sleep(0.01)
        while time.monotonic() < end and not came_to_pass.is_set():
            if condition():
                came_to_pass.set()
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    waiting = threading.Thread(target=wait)
    waiting.start()
    done = onrecord("run", "--no-web")
    waiting.join()
    assert came_to_pass.is_set(), done.err
    return done


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """Yield what our loggers have said so far."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    listener = Listener()
    logging.getLogger("onrecord").addHandler(listener)
    yield said
    logging.getLogger("onrecord").removeHandler(listener)


class Disk:
    """The room that SQLite has for the file of the next App that is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
        """`left` is in pages; whoever opens the file afterwards has all the room."""
        self._writer: sqlite3.Connection | None = None
        tune = database._tune

        def tuned(connection: sqlite3.Connection) -> None:
            tune(connection)
            if self._writer is None:
                self._writer = connection
                (pages,) = connection.execute("PRAGMA page_count").fetchone()
                connection.execute(f"PRAGMA max_page_count = {pages + left}")

        monkeypatch.setattr(database, "_tune", tuned)

    def free(self) -> None:
        """There is room again."""
        assert self._writer
        self._writer.execute("PRAGMA max_page_count = 1000000")


@pytest.mark.slow
def test_the_job_waits_for_room_on_a_full_disk_and_loses_nothing(
    onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch, warnings: list[str]
) -> None:
    monkeypatch.setenv("ONRECORD_FETCH__PRIVATE_ADDRESSES", "true")
    long = "The harbour stays open, and the ferries sail. " * 400
    with serving() as server:
        server.routes["/feed"] = answer(
            rss(*(item(n, **{"content:encoded": f"{long} Number {n}."}) for n in range(30)))
        )
        onrecord("feeds", "add", server.url("/feed"))
        disk = Disk(monkeypatch, left=20)

        def all_there() -> bool:
            if not any("the disk is full" in line for line in warnings):
                return False
            disk.free()
            return articles(file) == 30

        done = run_until(onrecord, all_there)
    assert (done.code, done.out) == (0, "")
    assert f"poller: {file} cannot grow, the disk is full" in done.err
    with opened(file) as services:
        assert services.log.lag(DEAD_LETTERS, REDRIVE) == 0


@pytest.mark.slow
def test_a_full_disk_stops_an_ingest_with_one_line(
    onrecord: Onrecord, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tmp_path / "story.txt"
    story.write_text("The harbour stays open, and the ferries sail. " * 10_000)
    onrecord("actors", "add", "Ada Lindqvist")
    Disk(monkeypatch, left=10)
    full = onrecord("ingest", story)
    assert (full.code, full.out) == (69, "")
    assert full.err.startswith(f"onrecord: {file} cannot grow, the disk is full")
    assert full.err.count("\n") == 1
    assert onrecord("ingest", story).code == 0
    assert articles(file) == 1


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A desk in a folder that everybody may look into, which nobody may write; root becomes nobody meanwhile."""
    user, folder = os.geteuid(), Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    path = folder / "desk.sqlite"
    with opened(path):
        pass
    path.chmod(0o444)
    if user == 0:
        os.seteuid(65534)
    yield path
    os.seteuid(user)
    shutil.rmtree(folder)


@pytest.mark.usefixtures("onrecord")
def test_the_job_refuses_a_read_only_file(
    read_only: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(settings, "DEFAULT_FILE", read_only.with_name("none.toml"))
    content = read_only.read_bytes()
    assert main(["--file", str(read_only), "run"]) == 78
    assert capsys.readouterr().err == f"onrecord: file: {read_only} is read-only\n"
    assert read_only.read_bytes() == content


def test_the_job_refuses_a_file_of_a_newer_version(onrecord: Onrecord, filled: Path) -> None:
    newer = sqlite3.connect(filled)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    done = onrecord("run")
    assert (done.code, done.out) == (78, "")
    assert done.err == f"onrecord: file: {filled} has version 99, this onrecord reads up to {VERSION}: update it\n"


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("poll.evry = '5m'", "poll.evry is not a setting (in {config}); did you mean poll.every?"),
        ("[web]\nport = 'high'", "web.port = 'high' (from {config}) should be a valid integer"),
        ("[poll]\nevery = 'often'", "poll.every = 'often' (from {config})"),
        ("poll = 5", "poll is "),
        ("[poll", "config: {config} is not TOML: "),
    ],
)
def test_the_job_refuses_a_wrong_setting(
    onrecord: Onrecord, file: Path, setting: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    onrecord("actors", "add", "Ada Lindqvist")
    config = file.with_name("onrecord.toml")
    config.write_text(setting)
    assert main(["--config", str(config), "--file", str(file), "run"]) == 78
    told = capsys.readouterr().err
    assert told.startswith(f"onrecord: {line.format(config=config)}"), told
    assert told.count("\n") == 1


HOSTILE = {
    "url": "https://courier.example/harbour",
    "title": "Har\x00bour\ud800 \u202estays open",
    "text": "“We \u202ewill n\x00ot close it\ud800, ever\u2066,” Ada Lind\x00qvist told reporters on Monday.\x1b[31m",
    "source": "cou\x00rier.example\ud800",
    "authors": ["A\u202eB\ud800"],
}


def test_invalid_characters_are_removed_from_articles(onrecord: Onrecord, file: Path) -> None:
    onrecord("actors", "add", "Ada Lindqvist")
    onrecord("watches", "add", "Ada", "--by", "ada-lindqvist", "--deliver", "stdout:json", "--least-confidence", "0")
    read = onrecord("ingest", "--live", "-", stdin=json.dumps(HOSTILE))
    assert (read.code, "1 indexed" in read.err) == (0, True), read.err

    def delivered() -> bool:
        with opened(file) as services:
            return bool(services.outbox.listing("done"))

    alert = json.loads(run_until(onrecord, delivered).out)["alert"]
    assert alert["statement"]["text"] == "We will not close it, ever"
    with opened(file) as services:
        (document,) = services.index.documents(alert["statement"]["first"]["article"]["id"])
    text = document.article.text
    assert document.article.title == "Harbour stays open"
    assert all(text[quote.start : quote.end] == quote.text for quote in document.quotes)
    shown = (*(onrecord(*command).out for command in COMMANDS), json.dumps(alert, ensure_ascii=False), text)
    assert not set("\x00\ud800\u202e\u2066\x1b") & set("".join(shown))
    assert all(shown)


COMMANDS = (
    ("search", "close"),
    ("search", "close", "--csv"),
    ("search", "--in", "articles", "harbour", "--json"),
    ("statements", "list"),
    ("alerts", "list", "--json"),
)


@pytest.mark.slow
def test_a_text_of_ten_megabytes_is_cut_marked_and_read(onrecord: Onrecord, file: Path) -> None:
    text = "“We will not close it,” Ada Lindqvist said. " + "The harbour stays open. " * 420_000
    done = onrecord("ingest", "-", stdin=json.dumps({"url": "https://courier.example/long", "text": text}))
    assert done.code == 0
    with opened(file) as services:
        (hit,) = services.index.search(Search(collection="articles")).hits
        (document,) = services.index.documents(hit.article_id)
    assert 499_000 < len(document.article.text) <= 500_000
    assert "truncated" in document.article.marks
    assert [quote.speaker_name for quote in document.quotes][:1] == ["Ada Lindqvist"]


@pytest.mark.slow
def test_an_unreadable_feed_and_article_become_dead_letters_with_their_bytes(
    onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_FETCH__PRIVATE_ADDRESSES", "true")
    with serving() as server:
        server.routes["/bad"] = answer(b"\x00\x01\x02", content_type="application/rss+xml")
        server.routes["/good"] = answer(rss(item(1)))
        with opened(file) as services:
            services.desk.save(examples.feed(server.url("/bad")), examples.feed(server.url("/good")))
        done = run_until(onrecord, lambda: articles(file) == 1 and dead(file))
    assert done.code == 0
    assert "/bad" in done.err
    (row,) = onrecord("dead-letters", "list").rows
    assert row[2] == "feed-bodies"
    assert onrecord("dead-letters", "show", row[0], "--raw").out == "\x00\x01\x02"


def dead(file: Path) -> int:
    with opened(file) as services:
        return services.log.lag(DEAD_LETTERS, REDRIVE)

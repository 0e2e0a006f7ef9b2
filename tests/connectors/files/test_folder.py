"""A watched folder: files are read once, when they are no longer written, and again when they change."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.feeds.parser import Parser
from connectors.files.folder import WatchedFolder
from pipeline.errors import WorldError
from pipeline.model import Feed
from pipeline.ports import DEAD_LETTERS
from pipeline.settings.sections import Poll
from pipeline.sources import Arrivals
from tests.connectors.loopback import Loopback
from tests.pipeline.feeds.desk import Desk

SAID = "“The harbour stays open,” said Ada Lindqvist."
SOON = timedelta(seconds=10)


def read(folder: Path, parser: Parser, cursor: str = "", *, after: timedelta = SOON, first: bool = False) -> Arrivals:
    return WatchedFolder(Poll(), parser, lambda: datetime.now(UTC) + after).read(
        Feed(url=folder.as_uri()), cursor, first=first
    )


def test_new_files_are_articles_once(tmp_path: Path, parser: Parser) -> None:
    (tmp_path / "one.txt").write_text(f"Harbour stays open\n\n{SAID}\n")
    first = read(tmp_path, parser, first=True)
    (article,) = first.articles
    assert (article.title, article.text, article.source) == ("Harbour stays open", SAID, tmp_path.name)
    assert (article.feed, article.backfill) == (tmp_path.as_uri(), True)
    time.sleep(0.01)
    (tmp_path / "two.txt").write_text(f"Harbour closes\n\n{SAID}\n")
    second = read(tmp_path, parser, first.cursor)
    assert [(article.title, article.backfill) for article in second.articles] == [("Harbour closes", False)]
    assert read(tmp_path, parser, second.cursor) == Arrivals((), (), second.cursor)


def test_a_file_that_is_still_written_waits(tmp_path: Path, parser: Parser) -> None:
    (tmp_path / "one.txt").write_text(f"Harbour stays open\n\n{SAID}\n")
    assert read(tmp_path, parser, after=timedelta(0)) == Arrivals((), (), "")


def test_an_old_file_that_is_moved_here_is_new(tmp_path: Path, parser: Parser) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    old = tmp_path / "old.txt"
    old.write_text(f"Harbour stays open\n\n{SAID}\n")
    os.utime(old, (1_000_000_000, 1_000_000_000))
    (folder / "first.txt").write_text(f"Bread\n\n{SAID}\n")
    cursor = read(folder, parser).cursor
    time.sleep(0.01)
    old.rename(folder / "old.txt")
    assert [article.title for article in read(folder, parser, cursor).articles] == ["Harbour stays open"]


def test_what_cannot_be_read_is_named_once(tmp_path: Path, parser: Parser) -> None:
    (tmp_path / "release.docx").write_bytes(b"PK")
    (tmp_path / "noise.txt").write_bytes(bytes(range(32)) * 100)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    arrivals = read(tmp_path, parser)
    assert sorted(str(failure).removeprefix(f"{tmp_path}/").split(" (")[0] for failure in arrivals.failures) == [
        "noise.txt is not text",
        "release.docx is not a file of a known kind",
    ]
    assert read(tmp_path, parser, arrivals.cursor).failures == ()


def test_many_articles_come_in_parts(tmp_path: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.files.folder._MOST_AT_ONCE", 1)
    monkeypatch.setattr("connectors.files.folder._MOST_IN_FILE", 2)
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"text": "One {name}"}}\n{{"text": "Two"}}\n{{"text": "Three"}}\n')
        time.sleep(0.01)
    first = read(tmp_path, parser)
    assert ([article.text for article in first.articles], first.more) == (["One a", "Two"], True)
    assert "a.jsonl has more than 2 articles: use `onrecord ingest`" in str(first.failures[0])
    assert [article.text for article in read(tmp_path, parser, first.cursor).articles] == ["One b", "Two"]


def test_a_folder_that_is_not_there_is_trouble(tmp_path: Path, parser: Parser) -> None:
    with pytest.raises(WorldError, match="gone is not a folder that can be read"):
        read(tmp_path / "gone", parser)


def test_a_folder_is_polled_as_a_feed(tmp_path: Path, parser: Parser, loopback: Loopback) -> None:
    watched = WatchedFolder(Poll(), parser, lambda: datetime.now(UTC) + SOON)
    desk = Desk(loopback, parser, inboxes={"file": watched})
    feed = Feed(url=tmp_path.as_uri(), ignore=("title:bread",))
    (tmp_path / "one.txt").write_text(f"Harbour stays open\n\n{SAID}\n")
    (tmp_path / "two.txt").write_text(f"Bread is dear\n\n{SAID}\n")
    (tmp_path / "noise.txt").write_bytes(bytes(range(32)) * 100)
    outcome = desk.poller.check(feed)
    assert ([article.title for article in outcome.articles], outcome.state.polled) == (["Harbour stays open"], True)
    (dead,) = desk.log.read(DEAD_LETTERS, "test", 10)
    assert (dead.headers["topic"], dead.value) == ("files", bytes(range(32)) * 100)
    (tmp_path / "two.txt").unlink()
    assert desk.poller.check(feed).articles == ()
    tmp_path.rename(tmp_path.with_name("moved"))
    assert "is not a folder that can be read" in desk.poller.check(feed).error

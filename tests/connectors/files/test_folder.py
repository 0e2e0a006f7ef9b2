"""A watched folder: files are read once, when they are no longer written, and again when they change."""

import gzip
import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.feeds.parser import Parser
from connectors.files.folder import WatchedFolder, _changed
from pipeline.codec import encode
from pipeline.errors import WorldError
from pipeline.feeds.outgoing import file_dead_letter
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


def test_an_article_without_a_title_has_the_name_of_its_file(tmp_path: Path, parser: Parser) -> None:
    (tmp_path / "harbour-note.txt").write_text(SAID)
    (article,) = read(tmp_path, parser).articles
    assert (article.title, article.text) == ("harbour-note.txt", SAID)


@pytest.mark.parametrize(
    ("name", "same"), [("one.txt", True), ("one.html", True), ("one.srt", True), ("addressed.html", False)]
)
def test_a_changed_file_is_a_revision_of_its_article(tmp_path: Path, parser: Parser, name: str, same: bool) -> None:
    def text(page: str, said: str) -> str:
        if name.endswith(".srt"):
            return f"1\n00:00:01,000 --> 00:00:09,000\nADA LINDQVIST: {said}\n"
        address = f'<link rel="canonical" href="https://courier.example/{page}">' if name == "addressed.html" else ""
        return (
            f"<html><head>{address}</head><body><p>{said}</p></body></html>"
            if "html" in name
            else f"Harbour\n\n{said}\n"
        )

    (tmp_path / name).write_text(text("a", SAID))
    first = read(tmp_path, parser)
    time.sleep(0.01)
    (tmp_path / name).write_text(text("b", SAID.replace("harbour", "old harbour")))
    second = read(tmp_path, parser, first.cursor)
    (before,), (after,) = first.articles, second.articles
    assert before.text != after.text
    assert (before.id == after.id) is same


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


def test_an_unreadable_file_is_named_once(tmp_path: Path, parser: Parser) -> None:
    (tmp_path / "release.doc").write_bytes(b"PK")
    (tmp_path / "noise.txt").write_bytes(bytes(range(32)) * 100)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    arrivals = read(tmp_path, parser)
    assert sorted(str(failure).removeprefix(f"{tmp_path}/").split(" (")[0] for failure in arrivals.failures) == [
        "noise.txt is not text",
        "release.doc is not a file of a known kind",
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


def test_a_missing_folder_is_a_world_error(tmp_path: Path, parser: Parser) -> None:
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


def failures(arrivals: Arrivals, folder: Path) -> list[str]:
    return sorted(str(failure).removeprefix(f"{folder}/") for failure in arrivals.failures)


def test_a_link_is_not_followed_out_of_the_folder(tmp_path: Path, parser: Parser) -> None:
    watched, secret = tmp_path / "watched", tmp_path / "onrecord.txt"
    secret.write_text("The token is blue.")
    (watched / "sub").mkdir(parents=True)
    (watched / "linked.txt").symlink_to(secret)
    (watched / "sub" / "folder").symlink_to(tmp_path)
    (watched / "dangling.txt").symlink_to(tmp_path / "nothing")
    arrivals = read(watched, parser)
    assert arrivals.articles == ()
    assert failures(arrivals, watched) == ["linked.txt is a link: put the file itself into the folder"]
    assert read(watched, parser, arrivals.cursor).failures == ()


def test_pipes_sockets_and_folders_named_like_files_are_ignored(tmp_path: Path, parser: Parser) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.txt"))
        assert read(tmp_path, parser) == Arrivals((), (), "")


@pytest.mark.slow
def test_a_huge_sparse_file_costs_its_start(tmp_path: Path, parser: Parser) -> None:
    for name in ("a.txt", "b.json", "c.pdf", "d.warc"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(10_000_000_000)
    arrivals = read(tmp_path, parser)
    assert arrivals.articles == ()
    assert [failure.split()[0] for failure in failures(arrivals, tmp_path)] == ["a.txt", "b.json", "c.pdf", "d.warc"]


@pytest.mark.parametrize("content", [b"\n" * 100_000, b" " * 100_000_000, b'{"text": "A ferry."}\n' + b"\n" * 100_000])
def test_reading_of_an_endless_line_stops(
    tmp_path: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr("connectors.files.folder._MOST_BYTES", 50_000_000)
    (tmp_path / "lines.jsonl.gz").write_bytes(gzip.compress(content, 1))
    arrivals = read(tmp_path, parser)
    assert "lines.jsonl.gz cannot be read: it is longer than 50,000,000 bytes" in failures(arrivals, tmp_path)[-1]


def test_odd_names_affect_their_file_only(tmp_path: Path, parser: Parser) -> None:
    words = (b"two\nlines.txt", b"\xff\xfe.txt", b"\x1b[31mred.html", b"'; DROP TABLE.txt")
    for name in (*words, b"\xff.pdf", b"\xfe.txt"):
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_text(SAID if name in words else "\x01\x02\x03")
    arrivals = read(tmp_path, parser)
    assert {article.text for article in arrivals.articles} == {SAID}
    assert len(arrivals.articles) + len(arrivals.failures) == 6
    for article in arrivals.articles:
        encode(article)
    for failure in arrivals.failures:
        assert file_dead_letter(failure, datetime.now(UTC)).headers["error"].encode()


def test_files_with_the_same_time_are_read_together(
    tmp_path: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.files.folder._MOST_AT_ONCE", 1)
    files = [tmp_path / f"{name}.txt" for name in "abc"]
    for file in files:
        file.write_text(f"{file.stem}: {SAID}")
    monkeypatch.setattr("connectors.files.folder._changed", lambda *_: [(5, files[0]), (5, files[1]), (6, files[2])])
    first = read(tmp_path, parser)
    assert (len(first.articles), first.cursor, first.more) == (2, "5", True)


def test_the_parses_of_a_folder_count_for_its_budget(tmp_path: Path, parser: Parser) -> None:
    (tmp_path / "a.html").write_text(f"<h1>Harbour</h1><p>{SAID}</p>" + "<p>The council met.</p>" * 5_000)
    assert read(tmp_path, parser).cpu > 0


def swapped(monkeypatch: pytest.MonkeyPatch, swap: Callable[[], None]) -> None:
    """Swap something after the folder was listed and before its files are opened."""

    def listed(folder: Path, since: int, until: float) -> list[tuple[int, Path]]:
        files = _changed(folder, since, until)
        swap()
        return files

    monkeypatch.setattr("connectors.files.folder._changed", listed)
    monkeypatch.setattr(Path, "is_symlink", lambda _: False)  # and after the check for links


@pytest.mark.parametrize("name", ["report.txt", "report.json", "report.jsonl", "report.jsonl.gz", "report.warc"])
def test_a_link_in_the_place_of_a_listed_file_is_not_followed(
    tmp_path: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    watched, secret = tmp_path / "watched", tmp_path / name
    watched.mkdir()
    secret.write_text('{"text": "The token is blue."}\n')
    file = watched / name
    file.write_text(SAID)

    def swap() -> None:
        file.unlink()
        file.symlink_to(secret)

    swapped(monkeypatch, swap)
    arrivals = read(watched, parser)
    assert arrivals.articles == ()
    assert [failure.startswith(f"{name} cannot be read") for failure in failures(arrivals, watched)] == [True]


def test_a_link_in_the_place_of_a_listed_folder_is_not_followed(
    tmp_path: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, private = tmp_path / "watched", tmp_path / "private"
    (watched / "sub").mkdir(parents=True)
    private.mkdir()
    (private / "one.txt").write_text("The token is blue.")
    (watched / "sub" / "one.txt").write_text(SAID)

    def swap() -> None:
        (watched / "sub").rename(watched / "away")
        (watched / "sub").symlink_to(private)

    swapped(monkeypatch, swap)
    arrivals = read(watched, parser)
    assert (arrivals.articles, len(arrivals.failures)) == ((), 1)


def test_a_pipe_in_the_place_of_a_listed_file_holds_nobody_up(
    tmp_path: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "one.txt"
    file.write_text(SAID)

    def swap() -> None:
        file.unlink()
        os.mkfifo(file)

    swapped(monkeypatch, swap)
    assert failures(read(tmp_path, parser), tmp_path) == ["one.txt cannot be read: it is no ordinary file"]

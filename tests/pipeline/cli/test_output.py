"""Output on a terminal: tables, marks, and no control sequences from articles."""

import fcntl
import io
import json
import os
import pty
import subprocess
import sys
import termios
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.cli import output
from pipeline.cli.output import guarded
from tests import examples
from tests.pipeline.cli.conftest import Onrecord, opened

HOSTILE = "Harbour \x1b[31m\x1b]0;owned\x07\x9b2J\u202estays\r\nopen"
CLI = "import sys; from pipeline.cli import main; sys.exit(main())"


def steers(text: str) -> bool:
    """Return whether a terminal would do more than show it, our own bold and faint apart."""
    plain = text.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "")
    return any((ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0 or c == "\u202e" for c in plain)


@pytest.fixture
def hostile(file: Path) -> Path:
    """A desk where every text that came from outside tries to steer the terminal."""
    article = replace(examples.article(), title=HOSTILE, source=HOSTILE, url=f"https://courier.example/{HOSTILE}")
    report = examples.report(article, speaker_name=HOSTILE)
    decision = examples.decision(report, how=HOSTILE)
    alert = replace(examples.alert(examples.statement(report)), watch_name=HOSTILE, why=HOSTILE)
    with opened(file) as services:
        services.index.add([replace(examples.document(article), quotes=(report.quote,)), decision])
        services.desk.save(
            examples.actor(HOSTILE),
            examples.watch(name=HOSTILE),
            examples.feed(),
            examples.feed_state(last_error=HOSTILE, failures=1),
        )
        services.outbox.put([examples.delivery(alert, last_error=HOSTILE)])
    return file


LISTS = (
    *(("search",), ("search", "--in", "articles"), ("search", "--facets"), ("statements", "list"), ("alerts", "list")),
    *(("feeds", "list"), ("actors", "list"), ("watches", "list"), ("watches", "preview", "harbour"), ("doctor",)),
    ("statements", "show", examples.statement().id),
)


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("arguments", LISTS, ids=" ".join)
def test_output_has_no_control_characters_or_line_breaks(onrecord: Onrecord, arguments: tuple[str, ...]) -> None:
    for form in ([], ["--json"]):
        done = onrecord(*arguments, *form)
        assert done.out
        assert not steers(done.out), repr(done.out)
        assert not steers(done.err), repr(done.err)
    rows = onrecord(*arguments).rows
    assert len({len(row) for row in rows}) == 1 or arguments == ("doctor",)


@pytest.mark.usefixtures("hostile", "on_terminal")
@pytest.mark.parametrize("arguments", LISTS, ids=" ".join)
def test_coloured_output_has_no_control_characters_of_texts(onrecord: Onrecord, arguments: tuple[str, ...]) -> None:
    done = onrecord(*arguments)
    assert "Harbour" in done.out or arguments == ("doctor",)
    assert not steers(done.out), repr(done.out)


@pytest.mark.usefixtures("filled", "on_terminal")
def test_matches_and_names_stand_out(onrecord: Onrecord, monkeypatch: pytest.MonkeyPatch) -> None:
    done = onrecord("search", "harbour")
    assert "\x1b[1mAda Lindqvist\x1b[0m" in done.out
    assert "The \x1b[1mharbour\x1b[0m will stay open" in done.out
    assert "\x1b[1mharbour\x1b[0m" in onrecord("search", "harbour", "--in", "articles").out.lower()
    assert "\x1b[1mAda Lindqvist\x1b[0m said: The harbour" in onrecord("alerts", "list").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in onrecord("search", "harbour").out


@pytest.mark.usefixtures("filled", "on_terminal")
def test_lists_are_tables_with_headings(onrecord: Onrecord) -> None:
    heading, row = onrecord("actors", "list").out.splitlines()
    assert heading.split()[:3] == ["id", "name", "kind"]
    assert row.split()[:3] == ["ada-lindqvist", "Ada", "Lindqvist"]


def test_json_of_hostile_text_is_the_same_text(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"title": HOSTILE + "\ud800 “Grüße”"}
    output.put_json(value)
    written = capsys.readouterr().out
    assert json.loads(written) == value
    assert "“Grüße”" in written
    assert not steers(written)


def test_marks_keep_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "coloured", lambda: True)
    assert output.marked("one two\n three", [(0, 3), (9, 14)]) == "\x1b[1mone\x1b[0m two \x1b[1mthree\x1b[0m"
    monkeypatch.setattr(output, "coloured", lambda: False)
    assert output.marked("one two\n three", [(0, 3), (9, 14)]) == "one two three"


def test_no_progress_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with output.progress("articles", 10_000) as advance:
        advance(5_000)
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_a_real_terminal_shows_a_bar_and_a_table(tmp_path: Path) -> None:
    records = "\n".join(json.dumps({"text": f"Number {n}.", "url": f"https://a.example/{n}"}) for n in range(250))
    (tmp_path / "many.jsonl").write_text(records)
    shown = in_terminal("--file", str(tmp_path / "desk.sqlite"), "ingest", str(tmp_path / "many.jsonl"))
    assert "250 of 250 articles" in shown
    assert "250 articles read: 250 indexed" in shown
    assert "\x1b[2m" in in_terminal("--file", str(tmp_path / "desk.sqlite"), "search", "--in", "articles")


def in_terminal(*arguments: str) -> str:
    """Return what a terminal of 100 columns gets to see."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, b"\x32\x00\x64\x00\x00\x00\x00\x00")
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-c", CLI, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ):
        os.close(theirs)
        shown = bytearray()
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # how Linux says that nobody holds the other end any more
            pass
    os.close(ours)
    return shown.decode()


@pytest.mark.parametrize(("number", "told"), [(0, "0 watches"), (1, "1 watch"), (2_000, "2,000 watches")])
def test_amounts(number: int, told: str) -> None:
    assert output.amount(number, "watch", "watches") == told


def test_short_columns_are_not_cut_and_empty_ones_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    output.put_table(("address", "role", "seen"), [("https://courier.example/" + "a" * 60, "", examples.NOON)], "none")
    shown = capsys.readouterr().out
    assert "2026-03-02 12:00" in shown
    assert "role" not in shown


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_encoding_without_some_characters_gets_escapes_that_json_knows(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    monkeypatch.setattr("sys.stdout", stream)
    said = {"text": "“Żółw” — 🚢 é"}
    assert guarded(lambda: output.put_json(said)) == 0
    assert json.loads(raw.getvalue().decode(encoding)) == said


def test_a_message_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(write=written.append, flush=lambda: None))
    output.say("Open the door")
    assert written == ["Open the door\n"]

"""Whatever happens, a user gets an exit code and a line, and `--help` is there at once."""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from pipeline import __version__
from pipeline.cli import main, output
from pipeline.errors import InputError, QueryError, SettingsError, UsageError, WorldError
from tests.pipeline.cli.conftest import Onrecord

COMMANDS = (
    *("run", "try", "ingest", "explain", "search", "statements", "feeds", "actors", "watches", "alerts"),
    *("dead-letters", "index", "config", "doctor"),
)
HEAVY = (
    *("fastapi", "feedparser", "httpx2", "jinja2", "luqum", "pydantic", "pydantic_settings", "rich", "sqlite3"),
    *("trafilatura", "uvicorn"),
)
CLI = "import sys; from pipeline.cli import main; sys.exit(main())"


def process(*arguments: str, script: str = CLI) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, check=False, timeout=30)


def test_help_loads_nothing_heavy() -> None:
    script = f"import atexit, sys; atexit.register(lambda: print([m for m in {HEAVY!r} if m in sys.modules])); {CLI}"
    done = process("--help", script=script)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[-1] == "[]"


def test_a_value_that_is_not_offered_is_refused_in_plain_words() -> None:
    done = process("watches", "add", "Velde", "--tempo", "never")
    assert done.returncode == 2
    assert "Invalid value for '--tempo': 'never' is not one of 'instant', 'grouped'" in done.stderr.decode()


def test_a_command_looks_for_no_plug_ins_of_pydantic(tmp_path: Path) -> None:
    look = "import importlib.metadata as m; m.distributions = None; "
    done = process("--file", str(tmp_path / "desk.sqlite"), "config", "show", script=f"{look}{CLI}")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        *(("feeds", "list"), ("actors", "list"), ("groups", "list"), ("watches", "list"), ("alerts", "list")),
        *(("mutes", "list"), ("statements", "show", "none"), ("search", "word"), ("today",), ("audit",)),
        ("config", "show"),
    ],
)
def test_a_command_imports_only_what_it_uses(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """No list needs the network, a parser of pages or of feeds, pages of the desk, or extraction."""
    place = str(tmp_path / "desk.sqlite")
    process("--file", place, "actors", "add", "Nora Velde")
    unused = (
        *("apache_beam", "asyncio", "babel", "courlan", "fastapi", "feedparser", "httpx2", "jinja2", "lxml"),
        *("numpy", "onnxruntime", "rich", "ssl", "trafilatura", "uvicorn"),
    )
    script = f"import atexit, sys; atexit.register(lambda: print([m for m in {unused!r} if m in sys.modules])); {CLI}"
    done = process("--file", place, *arguments, script=script)
    assert done.stdout.decode().splitlines()[-1] == "[]"


def test_help_names_every_command_and_exit_code(onrecord: Onrecord) -> None:
    done = onrecord("--help")
    assert done.code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in done.out
    for code in (0, 1, 2, output.UNAVAILABLE, output.INTERNAL, output.UNREAD, 65, 78, 130):
        assert f"\n    {code} " in done.out
    assert onrecord("-h").out == done.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(onrecord: Onrecord, command: str) -> None:
    done = onrecord(command, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: onrecord {command}")


def test_version(onrecord: Onrecord) -> None:
    assert onrecord("--version").out == f"onrecord {__version__}\n"


def test_a_wrong_command_is_answered_with_a_near_one(onrecord: Onrecord) -> None:
    done = onrecord("serch")
    assert (done.code, done.out) == (2, "")
    assert "Did you mean 'search'" in done.err


def test_completion_is_offered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("_ONRECORD_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "onrecord sea")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert main([]) == 0
    assert capsys.readouterr().out.split() == ["search"]


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("actor 'x' is not there"), 2, "onrecord: actor 'x' is not there"),
        (QueryError("this is out of place", "a OR", 2), 2, "onrecord: this is out of place\n  a OR\n    ^"),
        (InputError("a.txt is empty"), 65, "onrecord: a.txt is empty"),
        (WorldError("desk is locked"), 69, "onrecord: desk is locked"),
        (SettingsError("web.port = 'x'"), 78, "onrecord: web.port = 'x'"),
        (PermissionError(13, "Permission denied", "/secret"), 69, "onrecord: /secret: Permission denied"),
        (OSError(28, "No space left on device"), 69, "onrecord: standard output: No space left on device"),
        (UsageError("name \x1b[31m\u202eis\x07"), 2, "onrecord: name [31mis"),
    ],
)
def test_errors_are_one_line_and_a_code(
    capsys: pytest.CaptureFixture[str], error: Exception, code: int, line: str
) -> None:
    def fail() -> None:
        raise error

    assert output.guarded(fail) == code
    streams = capsys.readouterr()
    assert streams.err == f"{line}\n"
    assert streams.out == ""


def test_an_internal_error_is_one_line_with_the_details_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise KeyError("speaker")

    assert output.guarded(fail) == output.guarded(fail) == 70
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("onrecord: internal error, KeyError: 'speaker'; details are in ")
    details = Path(first.rpartition(" ")[2])
    assert details.read_text().startswith("Traceback")
    details.unlink()
    Path(second.rpartition(" ")[2]).unlink(missing_ok=True)


def test_interruption_is_quiet(monkeypatch: pytest.MonkeyPatch, onrecord: Onrecord) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.cli.config.chosen", interrupted)
    done = onrecord("config", "show")
    assert (done.code, done.out, done.err.strip()) == (130, "", "")


def test_leaving_by_typer_keeps_the_code() -> None:
    def leave() -> None:
        raise SystemExit(7)

    assert output.guarded(leave) == 7
    assert typer.Exit(3).exit_code == 3


@pytest.mark.slow
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe_is_no_error(unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", CLI, "config", "example"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        check=False,
        timeout=30,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_behind_a_redirection_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    with contextlib.redirect_stdout(Full()):
        assert output.guarded(lambda: None) == 69
    assert capsys.readouterr().err == "onrecord: standard output: No space left on device\n"


def test_reading_commands_create_no_desk(onrecord: Onrecord, file: Path) -> None:
    for arguments in (("search",), ("feeds", "list"), ("alerts", "list"), ("statements", "list"), ("actors", "export")):
        done = onrecord(*arguments)
        assert (done.code, done.out) == (2, "")
        assert f"file: {file} does not exist yet" in done.err
    assert not file.exists()


def test_a_file_of_another_program_is_refused(onrecord: Onrecord, file: Path) -> None:
    file.write_text("a shopping list\n" * 100)
    done = onrecord("search")
    assert done.code == 78
    assert done.err.startswith(f"onrecord: file: {file} ")
    assert file.read_text().startswith("a shopping list")


def test_a_wrong_setting_stops_every_command(onrecord: Onrecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONRECORD_POLL__EVRY", "5m")
    done = onrecord("search")
    assert done.code == 78
    assert done.err == "onrecord: ONRECORD_POLL__EVRY is not a setting; did you mean ONRECORD_POLL__EVERY?\n"


def test_the_default_file_gets_its_folder(
    file: Path, onrecord: Onrecord, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(file.parent / "home"))
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: file.parent / "home" / name)
    assert main(["actors", "add", "Ada Lindqvist"]) == 0
    assert (file.parent / "home" / "onrecord" / "onrecord.sqlite").exists()
    capsys.readouterr()
    assert main(["actors", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "ada-lindqvist"

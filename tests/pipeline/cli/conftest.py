"""The command line as a user meets it: arguments in, exit code and two streams out, on a file of its own."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import settings
from pipeline.cli import main
from pipeline.model.query import Search
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from tests import examples

RECORD = {"title": "Port", "text": "“The port is ours,” Ada Lindqvist said.", "url": "https://wire.example/port"}
STORY = """Harbour stays open

“We will not close the harbour,” Ada Lindqvist told reporters on Monday.
"""


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of a command."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.out.splitlines()]


Onrecord = Callable[..., Done]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desk.sqlite"


@pytest.fixture
def onrecord(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Onrecord:
    """Runs a command on the test's own file, without the settings of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("ONRECORD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "DEFAULT_FILE", file.with_name("none.toml"))

    def run(*arguments: object, stdin: str | bytes = b"") -> Done:
        given = io.TextIOWrapper(io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin))
        monkeypatch.setattr("sys.stdin", given)
        capsys.readouterr()
        code = main(["--file", str(file), *map(str, arguments)])
        streams = capsys.readouterr()
        assert "Traceback" not in streams.err
        return Done(code, streams.out, streams.err)

    return run


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output looks like a terminal of 100 columns with colours."""
    for module in ("alerts", "articles", "feeds", "search"):
        monkeypatch.setattr(f"pipeline.cli.{module}.on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    # Last: a module that is imported while this is patched would keep the patch.
    monkeypatch.setattr("pipeline.cli.output.on_terminal", lambda: True)


@contextmanager
def opened(file: Path) -> Iterator[Services]:
    """The doors of the file, for a test to fill or look at."""
    with closing(open_services(Settings(file=file))) as services:
        yield services


@pytest.fixture
def filled(file: Path) -> Path:
    """The file with one article, its quote, the statement, an alert for it, and a desk that asked for it."""
    with opened(file) as services:
        services.index.add([examples.document(), examples.decision()])
        services.desk.save(examples.actor(), examples.watch(), examples.feed())
        services.outbox.put([examples.delivery()])
    return file


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """A file with an article."""
    place = tmp_path / "story.txt"
    place.write_text(STORY)
    return place


def articles(file: Path) -> int:
    """Return how many articles are in the index."""
    with opened(file) as services:
        return services.index.search(Search(collection="articles")).total

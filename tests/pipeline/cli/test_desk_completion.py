"""A shell completes ids of the desk."""

from pathlib import Path

import pytest

from pipeline.model import Group, Mute
from tests import examples
from tests.pipeline.cli.conftest import Onrecord, opened

FEED = "https://courier.example/feed"


@pytest.fixture
def complete(onrecord: Onrecord, monkeypatch: pytest.MonkeyPatch) -> "Complete":
    return Complete(onrecord, monkeypatch)


class Complete:
    """Completes a line as the script of fish does."""

    def __init__(self, onrecord: Onrecord, monkeypatch: pytest.MonkeyPatch) -> None:
        self._onrecord, self._monkeypatch = onrecord, monkeypatch

    def __call__(self, file: Path, line: str) -> list[str]:
        self._monkeypatch.setenv("_ONRECORD_COMPLETE", "complete_fish")
        self._monkeypatch.setenv("_TYPER_COMPLETE_ARGS", f"onrecord --file {file} {line}")
        self._monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        done = self._onrecord()
        return [row.split("\t")[0] for row in done.out.splitlines() if row]


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("actors remove ", "ada-lindqvist"),
        ("watches remove har", "harbour"),
        ("watches add Port --by ", "ada-lindqvist"),
        ("watches add Port --about coun", "council"),
        ("groups remove ", "council"),
        ("feeds remove https", FEED),
        ("feeds change ", FEED),
        ("mutes remove ", "actor:ada-lindqvist"),
    ],
)
def test_ids_of_the_desk_are_completed(filled: Path, complete: Complete, line: str, completed: str) -> None:
    with opened(filled) as services:
        services.desk.save(examples.feed(FEED), Group(id="council", name="Council", members=("ada-lindqvist",)))
        services.desk.save(Mute(kind="actor", thing="ada-lindqvist", name="Ada Lindqvist"))
    assert completed in complete(filled, line)


@pytest.mark.parametrize("line", ["articles show ", "statements show ", "alerts ack "])
def test_the_newest_of_long_lists_are_completed(filled: Path, complete: Complete, line: str) -> None:
    ids = complete(filled, line)
    assert ids
    assert complete(filled, f"{line}{ids[0][:5]}")[0] == ids[0]
    assert complete(filled, f"{line}zzz") == []


def test_without_a_desk_nothing_is_completed(file: Path, complete: Complete) -> None:
    assert complete(file, "actors remove ") == []
    assert not file.exists()

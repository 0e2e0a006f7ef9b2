"""`onrecord explain` from the command line."""

import json
from pathlib import Path

import pytest

from tests.pipeline.cli.conftest import STORY, Onrecord


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


def test_explain_uses_the_actors_of_the_desk(onrecord: Onrecord, filled: Path) -> None:
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
def test_explain_refuses_unreadable_files(
    onrecord: Onrecord, arguments: tuple[str, ...], stdin: str, code: int, message: str
) -> None:
    done = onrecord("explain", *arguments, stdin=stdin)
    assert (done.code, done.out) == (code, "")
    assert message in done.err

"""`onrecord export`: folders that grow run by run."""

import csv
import json
from pathlib import Path

import pytest

from tests import examples
from tests.pipeline.cli.conftest import Onrecord, opened


def count(folder: Path, name: str) -> int:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return len(list(csv.DictReader(file)))


def test_a_second_run_writes_only_what_has_arrived(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    first = onrecord("export", folder)
    assert (first.code, first.out) == (0, "")
    assert "articles 1, quotes 1, mentions 1, statements 1, reports 1" in first.err
    assert "# Data dictionary" in (folder / "README.md").read_text()
    assert not list(folder.glob("*.unfinished"))
    assert not (folder / "articles-0002.csv").exists()
    with opened(filled) as services:
        services.index.add([examples.document(examples.article("https://courier.example/other"))])
    assert "articles 1, quotes 1, mentions 1" in onrecord("export", folder).err
    assert (count(folder, "articles-0001.csv"), count(folder, "articles-0002.csv")) == (1, 1)
    assert not (folder / "statements-0002.csv").exists()
    assert "articles" not in onrecord("export", folder).err
    assert json.loads((folder / "cursor.json").read_text())["part"] == 3


def test_an_interrupted_run_is_repeated(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "cursor.json").write_text('{"format": "jsonl"}')  # of a run that wrote no further cursor
    (tmp_path / "out" / "articles-0001.jsonl").write_text("{}\n")
    assert "articles 1" in onrecord("export", tmp_path / "out", "--format", "jsonl").err
    assert [file.name for file in (tmp_path / "out").glob("articles*")] == ["articles-0001.jsonl"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "sqlite"])
def test_exports_contain_no_targets(onrecord: Onrecord, filled: Path, tmp_path: Path, form: str) -> None:
    with opened(filled) as services:
        services.outbox.put([examples.delivery(target="webhook:https://hooks.example/secret")])
    assert "alerts 1" in onrecord("export", tmp_path / "out", "--format", form).err
    assert all(b"hooks.example" not in file.read_bytes() for file in (tmp_path / "out").iterdir())


def test_impossible_exports_are_refused(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    assert "needs a folder" in onrecord("export").err
    assert "'xml' is unknown" in onrecord("export", tmp_path / "out", "--format", "xml").err
    onrecord("export", tmp_path / "out")
    assert "choose another folder for jsonl" in onrecord("export", tmp_path / "out", "--format", "jsonl").err
    (tmp_path / "out" / "cursor.json").write_text("[]")
    assert "is no cursor" in onrecord("export", tmp_path / "out").err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    assert "full has other files and no export" in onrecord("export", tmp_path / "full").err
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["notes.txt"]
    (tmp_path / "file").write_text("")
    done = onrecord("export", tmp_path / "file")
    assert (done.code, "cannot be written" in done.err) == (69, True)


def test_the_dictionary_is_printed_without_a_folder(onrecord: Onrecord) -> None:
    assert "| `confidence` | number |" in onrecord("export", "--dictionary").out


def test_an_export_into_a_folder_writable_by_others_is_refused(
    onrecord: Onrecord, filled: Path, tmp_path: Path
) -> None:
    theirs, victim = tmp_path / "theirs", tmp_path / "victim"
    victim.write_text("mine")
    theirs.mkdir()
    theirs.chmod(0o777)
    (theirs / "articles-0001.csv.unfinished").symlink_to(victim)
    done = onrecord("export", theirs)
    assert (done.code, "can be written by others" in done.err) == (2, True)
    assert victim.read_text() == "mine"


def test_an_export_is_readable_by_its_owner_only(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    assert onrecord("export", tmp_path / "out").code == 0
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0

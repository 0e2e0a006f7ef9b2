"""A backup holds one state of the desk, also while it is written to, and comes back whole; or it is no backup."""

import sqlite3
import stat
import threading
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.ports import ARTICLES, Message
from tests.pipeline.cli.conftest import Onrecord, opened


def test_a_restored_desk_equals_the_backed_up_one(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    found = onrecord("search", "").out
    watches = onrecord("watches", "list").out
    done = onrecord("backup", tmp_path / "copy")
    assert (done.code, "verified" in done.err) == (0, True)
    for file in filled.parent.glob(f"{filled.name}*"):
        file.unlink()
    assert onrecord("restore", tmp_path / "copy").code == 0
    assert found
    assert onrecord("search", "").out == found
    assert onrecord("watches", "list").out == watches


def test_a_backup_and_a_restored_file_leave_no_temporary_files(
    onrecord: Onrecord, filled: Path, tmp_path: Path
) -> None:
    onrecord("backup", tmp_path / "copy")
    assert sorted(file.name for file in (tmp_path / "copy").iterdir()) == ["onrecord.sqlite", "onrecord.toml"]
    for file in filled.parent.glob(f"{filled.name}*"):
        file.unlink()
    onrecord("restore", tmp_path / "copy")
    assert list(filled.parent.glob("*.unfinished*")) == []
    assert sorted(file.name for file in (tmp_path / "copy").iterdir()) == ["onrecord.sqlite", "onrecord.toml"]


def test_a_backup_is_readable_by_its_owner_only(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    onrecord("backup", tmp_path / "copy")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "copy" / "onrecord.sqlite").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "copy" / "onrecord.toml").stat().st_mode) == 0o600
    filled.unlink()
    onrecord("restore", tmp_path / "copy")
    assert stat.S_IMODE(filled.stat().st_mode) == 0o600


def test_settings_are_stored_without_secrets(
    onrecord: Onrecord, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_WEB__TOKEN", "open sesame, please")
    monkeypatch.setenv("ONRECORD_FETCH__CONTACT", 'desk "x"\\@example.org')
    monkeypatch.setenv("ONRECORD_POLL__EVERY", "2m")
    onrecord("backup", tmp_path / "copy")
    text = (tmp_path / "copy" / "onrecord.toml").read_text()
    assert "sesame" not in text
    assert "token is a secret" in text
    read = tomllib.loads(text)
    assert (read["file"], read["fetch"]["contact"], read["poll"]["every"]) == (
        str(filled),
        'desk "x"\\@example.org',
        "2m",
    )
    again = onrecord("--config", tmp_path / "copy" / "onrecord.toml", "config", "show")
    assert again.code == 0


def test_a_backup_during_writes_has_a_consistent_state(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    """Each batch of two is in it whole or not at all, and the writer goes on."""
    stop, written = threading.Event(), 0
    with opened(filled) as services:

        def write() -> None:
            nonlocal written
            while not stop.is_set():
                services.log.append(
                    ARTICLES, [Message(f"{written}", bytes(5_000)), Message(f"{written}", bytes(5_000))]
                )
                written += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            while written < 20:
                pass
            done = onrecord("backup", tmp_path / "copy")
            then = written
            while written < then + 20:
                pass
        finally:
            stop.set()
            writer.join()
    assert done.code == 0
    for file in filled.parent.glob(f"{filled.name}*"):
        file.unlink()
    onrecord("restore", tmp_path / "copy")
    with opened(filled) as services:
        keys = [record.key for record in services.log.read(ARTICLES, "count", 100_000) if record.key.isdigit()]
    assert len(keys) >= 40
    assert sorted(keys[::2]) == sorted(keys[1::2])


def test_an_existing_file_is_not_overwritten(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    onrecord("backup", tmp_path / "copy")
    before = filled.read_bytes()
    done = onrecord("restore", tmp_path / "copy")
    assert (done.code, "move it away" in done.err) == (2, True)
    assert filled.read_bytes() == before
    assert onrecord("backup", tmp_path / "copy").code == 2


def test_a_damaged_backup_restores_nothing(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    onrecord("backup", tmp_path / "copy")
    filled.unlink()
    copy = tmp_path / "copy" / "onrecord.sqlite"
    whole = bytearray(copy.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 40_000] = b"x" * 40_000
    copy.write_bytes(whole)
    done = onrecord("restore", tmp_path / "copy")
    assert (done.code, "no backup to be used" in done.err) == (65, True)
    assert not filled.exists()
    copy.write_bytes(b"")
    assert onrecord("restore", tmp_path / "copy").code == 65
    copy.unlink()
    assert onrecord("restore", tmp_path / "copy").code == 2
    assert not [file for file in filled.parent.iterdir() if file.name.endswith(".unfinished")]


def test_a_cluster_is_not_backed_up_by_this_command(
    onrecord: Onrecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_PROFILE", "cluster")
    assert onrecord("backup", tmp_path / "copy").code == 2


def test_a_backup_needs_a_desk(onrecord: Onrecord, file: Path, tmp_path: Path) -> None:
    assert onrecord("backup", tmp_path / "copy").code == 2
    assert not (tmp_path / "copy").exists()


def test_a_backup_into_a_folder_writable_by_others_is_refused(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    done = onrecord("backup", tmp_path / "shared")
    assert (done.code, "can be written by others" in done.err) == (2, True)
    assert list((tmp_path / "shared").iterdir()) == []


@pytest.mark.parametrize(
    "code",
    ["CREATE TRIGGER t AFTER INSERT ON desk BEGIN DELETE FROM desk; END", "CREATE VIEW v AS SELECT body FROM desk"],
)
def test_a_backup_with_code_in_it_restores_nothing(onrecord: Onrecord, filled: Path, tmp_path: Path, code: str) -> None:
    onrecord("backup", tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy" / "onrecord.sqlite")) as copy:
        copy.execute(code)
        copy.commit()
    filled.unlink()
    done = onrecord("restore", tmp_path / "copy")
    assert (done.code, "trigger or a view" in done.err) == (65, True)
    assert not filled.exists()

"""Backups of the SQLite file while it is in use, each verified before it counts, and their restoration."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from connectors.sqlite.database import APPLICATION
from pipeline.errors import InputError, UsageError, WorldError

NAME: Final = "onrecord.sqlite"  # of the file in a backup's folder


def back_up(file: Path, folder: Path) -> Path:
    """Copy the committed state of the file into a new folder, and verify the copy; its path.

    Readers and writers of the file go on meanwhile. UsageError where the folder has files in it, WorldError where the
    copy cannot be made or is damaged; a copy that is not verified is removed.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"folder {folder} is not empty: a backup takes a new one")
    except OSError as error:
        raise WorldError(f"folder {folder} cannot be used: {error.strerror}") from error
    _copy(file, folder / NAME)
    return folder / NAME


def restore(folder: Path, file: Path) -> None:
    """Make the file anew from the backup in the folder, after verifying it.

    UsageError where the file is there already or the folder holds no backup, InputError where the backup is damaged.
    """
    backup = folder / NAME
    if not backup.is_file():
        raise UsageError(f"folder {folder} holds no backup: {backup} is not there")
    if file.exists():
        raise UsageError(f"file: {file} is there: move it away, with those that begin with its name")
    if trouble := _trouble(backup):
        raise InputError(f"{backup} is no backup to be used: {trouble}")
    _copy(backup, file)


def _copy(source: Path, target: Path) -> None:
    """Copy one state of the source, verify it, and give it its name."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(0o600)
        with (
            closing(sqlite3.connect(_read_only(source), uri=True)) as opened,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            opened.backup(copy)  # all pages in one step, so that no writer makes it begin again
        if trouble := _trouble(unfinished):
            raise WorldError(f"copy of {source} is damaged: {trouble}")
        unfinished.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise WorldError(f"{source} cannot be copied to {target}: {error}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _trouble(file: Path) -> str:
    """What is wrong with a copy, '' for nothing."""
    try:
        with closing(sqlite3.connect(_read_only(file), uri=True)) as opened:
            (application,) = opened.execute("PRAGMA application_id").fetchone()
            (found,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    if application != APPLICATION:
        return "it is a file of another program"
    return "" if found == "ok" else str(found)


def _read_only(file: Path) -> str:
    return f"{file.absolute().as_uri()}?mode=ro"

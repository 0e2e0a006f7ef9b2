"""The SQLite file that log, index, desk and outbox share: opened with checks and changed in transactions; backups."""

import logging
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from queue import Empty, Full, LifoQueue
from typing import Final

from connectors.sqlite.migrations import STEPS, Step
from pipeline.errors import InputError, SettingsError, UsageError, WorldError

Connection = sqlite3.Connection

APPLICATION = 0x4F4E5243  # "ONRC" in the file's header, which distinguishes our files from those of other programs

_CACHE_KIB: Final = 8_192  # of pages in memory, for each connection; the system keeps the others in its own cache

_MOST_IDLE: Final = 4  # readers that wait for work; more come and go with a burst of requests

_MAGIC = b"SQLite format 3\x00"

# Meaning of SQLite's primary result codes (sqlite.org/rescode.html) for a user. Other codes are our own mistakes.
_PASSING = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written",
}

_LASTING = {
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOLFS: "is too large for this file system",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database",
    sqlite3.SQLITE_PERM: "may not be accessed",
    sqlite3.SQLITE_READONLY: "is read-only",
}

_TROUBLE = _PASSING | _LASTING

_log = logging.getLogger("onrecord.sqlite")


def number_of(inserted: sqlite3.Cursor) -> int:
    """The number of an inserted row. (RETURNING gives the same number but took longer than the insert.)"""
    if inserted.lastrowid is None:
        raise AssertionError("no row was inserted")
    return inserted.lastrowid


class Database:
    """The open file: any number of readers beside one writer, from any thread.

    Both blocks raise WorldError when the file is damaged, full, gone, or locked by another process for longer than the
    patience it was opened with.
    """

    def __init__(self, path: Path, patience: timedelta, writer: Connection) -> None:
        self.path = path
        self._patience = patience
        self._writer = writer
        self._turn = threading.Lock()
        self._readers: LifoQueue[Connection] = LifoQueue(_MOST_IDLE)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees a fixed state of the file, whatever is written meanwhile."""
        with _explained(self.path):
            try:
                connection = self._readers.get_nowait()
            except Empty:
                connection = _connect(self.path, self._patience)
            try:
                with _transaction(connection, "BEGIN"):
                    yield connection
            finally:
                self._give_back(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection that commits at the end of the block, or rolls back if it raises. Do not nest blocks."""
        with self._turn, _explained(self.path), _transaction(self._writer, "BEGIN IMMEDIATE"):
            yield self._writer

    def _give_back(self, connection: Connection) -> None:
        try:
            self._readers.put_nowait(connection)
        except Full:
            connection.close()

    def close(self) -> None:
        """Close the file; the last process to close it folds the write-ahead log back into it."""
        while not self._readers.empty():
            self._readers.get_nowait().close()
        with self._turn:
            self._writer.close()


def open_file(path: Path, patience: timedelta = timedelta(seconds=10), *, steps: Sequence[Step] = STEPS) -> Database:
    """Open the file. Create the tables of a new or empty file, and migrate a file of an older version by the `steps`.

    A new file is readable by its owner alone, because it may hold secrets. Before a migration, the file is copied to
    `PATH.version-N`. `patience` limits the wait for a lock of another process. SettingsError for a file that this
    version cannot use (missing directory, read-only, no database, another program's, newer version), which stays as it
    was. WorldError for a lock or a full disk.
    """
    _check_place(path)
    with _explained(path, opening=True):
        _make(path)
        connection = _connect(path, patience)
        try:
            _check_owner(connection, path, 1 + len(steps))
            _tune(connection)
            _create(connection, 1 + len(steps))
            _migrate(connection, path, steps)
        except BaseException:
            connection.close()
            raise
    return Database(path, patience, connection)


def _check_place(path: Path) -> None:
    if not path.parent.is_dir():
        raise SettingsError(f"file: {path} cannot be created: the directory {path.parent} does not exist")
    _check_access(path.parent)
    if not path.exists():
        return
    if not path.is_file():
        raise SettingsError(f"file: {path} is {'a directory' if path.is_dir() else 'not an ordinary file'}")
    _check_access(path)
    # SQLite itself takes a short file for an empty database, and would overwrite it.
    with path.open("rb") as opened:
        if opened.read(len(_MAGIC)) not in (b"", _MAGIC):
            raise SettingsError(f"file: {path} is not an SQLite database")


def _make(path: Path) -> None:
    """Create an empty file unless there is one. SQLite gives the files beside it the same permissions."""
    with suppress(OSError):  # SQLite meets the same error and explains it
        path.resolve().touch(0o600, exist_ok=False)  # also behind a link to a missing file


def _check_access(place: Path) -> None:
    if not os.access(place, os.R_OK, effective_ids=True):
        raise SettingsError(f"file: {place} may not be read")
    if not os.access(place, os.W_OK, effective_ids=True):
        raise SettingsError(f"file: {place} is read-only")


def _connect(path: Path, patience: timedelta) -> Connection:
    connection = sqlite3.connect(path, timeout=patience.total_seconds(), isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _check_owner(connection: Connection, path: Path, latest: int) -> None:
    version = _version(connection)
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    # Read last: a process that makes the tables at this moment has set it by the time they are seen.
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION and (tables or version):
        raise SettingsError(f"file: {path} is an SQLite database of another program")
    if version > latest:
        raise SettingsError(f"file: {path} has version {version}, this onrecord reads up to {latest}: update it")


def _tune(connection: Connection) -> None:
    """Set how the writer writes.

    The write-ahead log lets readers work beside the writer. Every commit is flushed to the disk (`FULL`), because the
    log promises that appended records survive a power loss. A flush takes between half a millisecond and some
    milliseconds, and there are a few commits a second.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages, 16 MB: pages often changed are copied less often
    connection.execute("PRAGMA journal_size_limit = 67108864")  # bytes: a burst's log is cut back afterwards


def _create(connection: Connection, latest: int) -> None:
    """Create the tables of an empty file."""
    if _version(connection):
        return
    with _transaction(connection, "BEGIN IMMEDIATE"):
        if _version(connection):  # another process was faster
            return
        for statement in files(__package__).joinpath("schema.sql").read_text("utf-8").split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {latest}")


def _migrate(connection: Connection, path: Path, steps: Sequence[Step]) -> None:
    """Bring a file of an older version to the latest, all steps or none, after a backup."""
    latest = 1 + len(steps)
    if _version(connection) == latest:
        return
    with _transaction(connection, "BEGIN IMMEDIATE"):
        version = _version(connection)
        if version == latest:  # another process was faster
            return
        backup = _back_up(path, version)
        for step in steps[version - 1 :]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {latest}")
    _log.warning("%s was migrated from version %d to %d; its backup is %s", path, version, latest, backup)


def _back_up(path: Path, version: int) -> Path:
    """Copy the committed state of the file, whose one writer is the caller, to a file beside it."""
    backup = path.with_name(f"{path.name}.version-{version}")
    unfinished = path.with_name(f"{backup.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(0o600)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
            source.backup(target)
        unfinished.replace(backup)
    except OSError as error:
        raise WorldError(f"{path} cannot be backed up to {backup}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return backup


def _version(connection: Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


@contextmanager
def _transaction(connection: Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # SQLite has rolled back by itself after some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def _explained(path: Path, *, opening: bool = False) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = error.sqlite_errorcode & 0xFF
        if code not in _TROUBLE:
            raise
        message = f"{path} {_TROUBLE[code]} ({error})"
        raise (SettingsError(f"file: {message}") if opening and code in _LASTING else WorldError(message)) from error
    except UnicodeEncodeError as error:
        raise UsageError(f"{error.object!r} is not valid text, it holds half a surrogate pair") from error


NAME: Final = "onrecord.sqlite"  # of the file in a backup's folder


def back_up(file: Path, folder: Path) -> Path:
    """Copy the committed state of the file into a new folder, and verify the copy; its path.

    Readers and writers of the file go on meanwhile. UsageError if the folder has files in it or others can write to it,
    WorldError if the copy cannot be made or is damaged; a copy that fails verification is removed.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"folder {folder} is not empty; name a new folder for each backup")
        status = folder.stat()
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or status.st_uid != os.geteuid():
            raise UsageError(f"folder {folder} can be written by others, who could put a link in a file's place")
    except OSError as error:
        raise WorldError(f"folder {folder} cannot be used: {error.strerror}") from error
    _copy(file, folder / NAME)
    return folder / NAME


def restore(folder: Path, file: Path) -> None:
    """Restore the file from the backup in the folder, after verifying it.

    UsageError if the file exists already or the folder holds no backup, InputError if the backup is damaged.
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
            copy.execute("PRAGMA journal_mode = DELETE")  # a file alone: readers of a copy leave nothing beside it
        if trouble := _trouble(unfinished):
            raise WorldError(f"copy of {source} is damaged: {trouble}")
        unfinished.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise WorldError(f"{source} cannot be copied to {target}: {error}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


# What SQLite would execute of a file when we write to it.
_CODE: Final = "SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view')"


def _trouble(file: Path) -> str:
    """Return what is wrong with a copy, or '' if it is whole."""
    try:
        with closing(sqlite3.connect(_read_only(file), uri=True)) as opened:
            (application,) = opened.execute("PRAGMA application_id").fetchone()
            (verdict,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
            (code,) = opened.execute(_CODE).fetchone()
    except sqlite3.Error as error:
        return str(error)
    if application != APPLICATION:
        return "it is a file of another program"
    if code:
        return "it has a trigger or a view, which we never make"
    return "" if verdict == "ok" else str(verdict)


def _read_only(file: Path) -> str:
    return f"{file.absolute().as_uri()}?mode=ro"

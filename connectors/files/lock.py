"""The job lock: one `onrecord run` at a time on a file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import WorldError


@contextmanager
def job_lock(path: Path) -> Iterator[None]:
    """Hold the lock of the file (`FILE.lock`, which names our pid) for the length of the block.

    WorldError naming the holder's pid where another process has it. The system lets go of the lock when this process
    ends, however it ends; child processes do not inherit it (fcntl(2), record locks).
    """
    place = path.with_name(path.name + ".lock")
    try:
        handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise WorldError(f"{place} cannot be made: {error.strerror}") from error
    try:
        _take(handle, path)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _take(handle: int, path: Path) -> None:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise WorldError(f"{path} is already being worked on by the process with pid {holder}") from error

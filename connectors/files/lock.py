"""The job lock: at most one `onrecord run` on a file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import WorldError


@contextmanager
def job_lock(path: Path) -> Iterator[None]:
    """Hold the lock of the file (`FILE.lock`, which contains our pid) during the block.

    Raises WorldError with the pid of another process that holds the lock. The system releases the lock when this
    process ends in any way; child processes do not inherit it (fcntl(2), record locks).
    """
    lock = path.with_name(path.name + ".lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise WorldError(f"{lock} cannot be created: {error.strerror}") from error
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
        raise WorldError(f"{path} is already in use by the process with pid {holder}") from error

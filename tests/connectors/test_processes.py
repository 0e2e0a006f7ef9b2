"""The lock of a job, held by one process at a time, and the heaps of a process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.processes import job_lock
from pipeline.errors import WorldError

HOLDER = """
import sys
from pathlib import Path
from connectors.processes import job_lock
with job_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with job_lock(tmp_path / "a.sqlite"):
            assert (tmp_path / "a.sqlite.lock").read_text() == f"{os.getpid()}\n"


def test_the_lock_is_let_go_when_the_job_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), job_lock(tmp_path / "a.sqlite"):
        raise ZeroDivisionError
    with job_lock(tmp_path / "a.sqlite"):
        pass


def test_a_lock_that_cannot_be_created_names_its_path(tmp_path: Path) -> None:
    with (
        pytest.raises(WorldError, match=r"missing/a\.sqlite\.lock cannot be created"),
        job_lock(tmp_path / "missing/a.sqlite"),
    ):
        pass


@pytest.mark.slow
def test_a_second_process_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(WorldError, match=f"{path} is already in use by the process with pid {holder.pid}$"),
            job_lock(path),
        ):
            pass
        holder.kill()
        holder.wait()
        with job_lock(path):
            pass


LARGE_BLOCKS = """
import ctypes
from connectors.processes import bound_heaps

class Heaps(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena free fast mapped bytes a b c d top".split()]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Heaps
bound_heaps()
block = bytearray(20_000_000)
del block
block = bytearray(20_000_000)
print(mallinfo().bytes)
"""


def test_large_blocks_are_returned_to_the_system() -> None:
    mapped = subprocess.run([sys.executable, "-c", LARGE_BLOCKS], capture_output=True, check=True, text=True).stdout
    assert int(mapped) >= 20_000_000

"""Processes that work on hostile input: limited in time and memory, without our secrets, killed beyond a limit.

A process reads tasks from standard input and writes answers to standard output, each a frame of four bytes of length
and as many bytes, until its input ends. Its first frame is `READY`.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from pipeline.errors import WorldError

OUT_OF_MEMORY: Final = 71  # exit code; EX_OSERR, sysexits.h

READY: Final = b"ready"

PARSE_CPU_SECONDS: Final = 2.0  # that a parse may use, however long it has to wait for them

_OUT_OF_CPU: Final = getattr(signal, "SIGPROF", -1)

_START_SECONDS: Final = 60  # on a machine that is busy with other things

_MOST_TASKS: Final = 1_000  # of one process: parsers in C leak

_MOST_IDLE_MEGABYTES: Final = 300  # of a process that waits: caches and broken heaps keep what a task took

# No other variable is passed on, because nobody can list the names of all secrets.
_PASSED_ON: Final = frozenset(
    ["HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "VIRTUAL_ENV"]
)

_PASSED_ON_PREFIXES: Final = ("LC_", "PYTHON")


def environment() -> dict[str, str]:
    """The variables of our environment that such a process needs: none that may hold a secret or a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _PASSED_ON or name.upper().startswith(_PASSED_ON_PREFIXES)
    }


# glibc's M_ARENA_MAX, M_MMAP_THRESHOLD and M_TRIM_THRESHOLD (mallopt(3)).
_HEAP_OPTIONS: Final = {-8: 2, -3: 1_000_000, -1: 10_000_000}


def bound_heaps() -> None:
    """Return large blocks to the system once they are free; effective with glibc alone.

    By default, glibc has a heap for each of many threads and, once a body of megabytes was freed, keeps room for others
    in all of them, so that memory grows by hundreds of megabytes under hostile feeds.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library
        libc = ctypes.CDLL(None)
        for option, value in _HEAP_OPTIONS.items():
            libc.mallopt(option, value)


def read(stream: BinaryIO) -> bytes | None:
    """Read the next frame, None at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    size = struct.unpack(">I", head)[0]
    frame = stream.read(size)
    return frame if len(frame) == size else None


def write(stream: BinaryIO, frame: bytes) -> None:
    """Send a frame."""
    stream.write(struct.pack(">I", len(frame)))
    stream.write(frame)
    stream.flush()


def answers() -> BinaryIO:
    """The stream for this process's answers; what a library prints from now on goes to standard error."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream


def limit_memory(megabytes: int) -> None:
    """Limit the memory of this process; beyond the limit, it meets a MemoryError."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has this limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000, megabytes * 1_000_000))


def limit_growth(megabytes: int) -> None:
    """Limit what this process may take beyond the memory that it has now, within `limit_memory`; 0 lifts the limit."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # Linux alone says how much it has (proc(5), statm)
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        size = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        limit = size + megabytes * 1_000_000 if megabytes else most
        resource.setrlimit(resource.RLIMIT_AS, (min(limit, most) if most >= 0 else limit, most))


def limit_time(cpu: float, real: float) -> None:
    """End this process by a signal after so many seconds; 0 takes a limit away."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, cpu)
        signal.setitimer(signal.ITIMER_REAL, real)


@dataclass(frozen=True, slots=True)
class Work:
    """The module that a process runs, and its limits: `module` gets `seconds` and `megabytes` as arguments.

    `cpu` is the CPU time of a task, which `module` itself sets; `verb` is what a task does, for messages.
    """

    module: str
    seconds: float
    cpu: float
    megabytes: int
    verb: str


class EndedError(Exception):
    """The process ended over a task; the text says why, and follows the name of the input."""


class Pool:
    """A limited number of processes, started on demand and reused; safe to share between threads."""

    def __init__(self, work: Work, processes: int) -> None:
        self._work = work
        self._room = threading.Semaphore(processes)
        self._turn = threading.Lock()  # for `_idle` and `_closed`
        self._idle: list[_Process] = []
        self._closed = False

    def ask(self, *frames: bytes) -> bytes:
        """The answer to a task; EndedError if the process dies of it, WorldError if none can be started."""
        with self._room:
            process = self._idle_process() or _Process(self._work)
            answer = process.ask(frames)
            if answer is None:
                raise EndedError(process.end())
            with self._turn:
                reusable = process.tasks < _MOST_TASKS and not self._closed and not process.has_grown()
                if reusable:
                    self._idle.append(process)
            if not reusable:
                process.end()
            return answer

    def pids(self) -> list[int]:
        """The processes that wait for work, for measuring them."""
        return [process.pid for process in self._idle]

    def close(self) -> None:
        """End the processes: the idle ones now, the others with their task."""
        with self._turn:
            self._closed = True
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def _idle_process(self) -> "_Process | None":
        while True:
            with self._turn:
                process = self._idle.pop() if self._idle else None
            if process is None or process.alive():
                return process
            process.end()


class _Process:
    """One process; used by one thread at a time."""

    def __init__(self, work: Work) -> None:
        self.tasks = 0
        self._work = work
        self._late = False
        command = [sys.executable, "-P", "-m", work.module, str(work.seconds), str(work.megabytes)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our module, two numbers
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,  # Ctrl-C reaches us alone, and we decide how a task ends
            )
        except OSError as error:
            raise WorldError(f"process to {work.verb} does not start: {error}") from error
        self._tasks = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)
        if self._timed(_START_SECONDS, lambda: read(self._answers)) != READY:
            raise WorldError(f"process to {work.verb} does not start: it {self.end()}")

    def ask(self, frames: Sequence[bytes]) -> bytes | None:
        """The answer, None where the process died over it."""
        self.tasks += 1
        return self._timed(self._work.seconds, lambda: self._exchange(frames))

    @property
    def pid(self) -> int:
        """The process as the system knows it."""
        return self._process.pid

    def has_grown(self) -> bool:
        """Return whether the process keeps so much memory that another should take its place; Linux alone tells."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        except (OSError, IndexError):
            return False
        return pages * os.sysconf("SC_PAGE_SIZE") > _MOST_IDLE_MEGABYTES * 1_000_000

    def alive(self) -> bool:
        """Return whether the process has not died while it was idle."""
        return self._process.poll() is None

    def end(self) -> str:
        """Kill the process and return the reason for its missing answer."""
        with contextlib.suppress(OSError):  # unwritten bytes have no reader any more
            self._tasks.close()
        code = self._exit_code()
        self._answers.close()
        if self._late:
            return f"takes more than {self._work.seconds:g} s to {self._work.verb}"
        if code == -_OUT_OF_CPU:
            return f"takes more than {self._work.cpu:g} s of CPU to {self._work.verb}"
        if code == OUT_OF_MEMORY:
            return f"takes more than {self._work.megabytes} MB to {self._work.verb}"
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"crashes the process that should {self._work.verb} it: {reason}"

    def _exit_code(self) -> int:
        try:
            return self._process.wait(0.5)  # it has died, or ends by itself now that its tasks do
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._process.wait()

    def _exchange(self, frames: Sequence[bytes]) -> bytes | None:
        for frame in frames:
            write(self._tasks, frame)
        return read(self._answers)

    def _timed(self, seconds: float, action: Callable[[], bytes | None]) -> bytes | None:
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            return action()
        except OSError:  # the pipe of a process that died
            return None
        finally:
            timer.cancel()

    def _expire(self) -> None:
        self._late = True
        self._process.kill()


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

"""Parsing of hostile input in processes that are limited in time and memory, killed where they go over, and reused."""

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, BinaryIO, Self, cast

import orjson
from pydantic import TypeAdapter

from connectors.feeds.worker import CPU_SECONDS, OUT_OF_MEMORY, read, write
from connectors.http.robots import Rules
from pipeline.errors import InputError, WorldError
from pipeline.model.feed_item import FeedItem, ParsedFeed, ParsedSitemap
from pipeline.settings.sections import Poll

_START_SECONDS = 60  # on a machine that is busy with other things

_OUT_OF_CPU = getattr(signal, "SIGPROF", -1)

_MOST_TASKS = 1_000  # of one process: parsers in C leak


class Parser:
    """Parses in other processes; safe to share between threads, of which as many wait as there are no processes for.

    Each call takes at most `parse_seconds` and `parse_megabytes` of the settings: InputError where it needs more, where
    the process dies of it, and where the input is wrong. WorldError where no process can be started. As a context
    manager, it ends its processes on leaving.
    """

    def __init__(self, limits: Poll, processes: int = 2) -> None:
        self.processes = processes
        self._limits = limits
        self._room = threading.Semaphore(processes)
        self._idle: list[_Process] = []

    def feed(self, body: bytes, content_type: str, url: str) -> ParsedFeed:
        """The entries in the body of the feed at `url`."""
        contents: ParsedFeed = _of(ParsedFeed).validate_python(self._run("feed", body, content_type, url))
        return contents

    def page(self, body: bytes, content_type: str, url: str) -> FeedItem:
        """The article on the web page at `url`, with what the page says of it."""
        entry: FeedItem = _of(FeedItem).validate_python(self._run("page", body, content_type, url))
        return entry

    def robots(self, body: bytes, url: str) -> Rules:
        """What the robots.txt says of fetching the page at `url`."""
        rules: Rules = _of(Rules).validate_python(self._run("robots", body, "", url))
        return rules

    def listing(self, body: bytes, content_type: str, url: str) -> ParsedSitemap:
        """What the sitemap at `url` lists."""
        listing: ParsedSitemap = _of(ParsedSitemap).validate_python(self._run("listing", body, content_type, url))
        return listing

    def document(self, body: bytes, content_type: str, url: str) -> FeedItem:
        """The article on the web page at `url`, with its title, date and authors."""
        entry: FeedItem = _of(FeedItem).validate_python(self._run("document", body, content_type, url))
        return entry

    def opml(self, body: bytes, url: str) -> list[tuple[str, str]]:
        """The address and title of each feed that the OPML from `url` lists."""
        return [(str(address), str(title)) for address, title in self._run("opml", body, "", url)]

    def pids(self) -> list[int]:
        """The processes that wait for work, for measuring them."""
        return [process.pid for process in self._idle]

    def links(self, body: bytes, content_type: str, url: str) -> list[tuple[str, str]]:
        """The address and title of each feed that the web page at `url` names."""
        return [(str(address), str(title)) for address, title in self._run("links", body, content_type, url)]

    def close(self) -> None:
        """End the processes; a later call starts new ones."""
        while self._idle:
            self._idle.pop().end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, task: str, body: bytes, content_type: str, url: str) -> Any:
        request = orjson.dumps({"task": task, "content_type": content_type, "url": url})
        with self._room:
            answer = orjson.loads(self._ask(request, body, url))
        if "error" in answer:
            raise InputError(answer["error"], step="parse")
        return answer["value"]

    def _ask(self, request: bytes, body: bytes, url: str) -> bytes:
        process = self._idle_process() or _Process(self._limits)
        answer = process.ask(request, body)
        if answer is None:
            raise InputError(f"{url} {process.end()}", step="parse")
        if process.tasks < _MOST_TASKS:
            self._idle.append(process)
        else:
            process.end()
        return answer

    def _idle_process(self) -> "_Process | None":
        while self._idle:
            process = self._idle.pop()
            if process.alive():
                return process
            process.end()
        return None


class _Process:
    """One worker process; used by one thread at a time."""

    def __init__(self, limits: Poll) -> None:
        self.tasks = 0
        self._limits = limits
        self._late = False
        command = [sys.executable, "-P", "-m", "connectors.feeds.worker"]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our module, two numbers
                [*command, str(limits.parse_seconds), str(limits.parse_megabytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches us alone, and we decide how a parse ends
            )
        except OSError as error:
            raise WorldError(f"parser process does not start: {error}") from error
        self._tasks = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)
        if self._timed(_START_SECONDS, lambda: read(self._answers)) != b"ready":
            raise WorldError(f"parser process does not start: it {self.end()}")

    def ask(self, request: bytes, body: bytes) -> bytes | None:
        """The answer, None where the process died over it."""
        self.tasks += 1
        return self._timed(self._limits.parse_seconds, lambda: self._exchange(request, body))

    @property
    def pid(self) -> int:
        """The process as the system knows it."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether the process has not died while it was idle."""
        return self._process.poll() is None

    def end(self) -> str:
        """Kill the process; why it answered nothing."""
        with contextlib.suppress(OSError):  # what was not written yet has no reader any more
            self._tasks.close()
        code = self._exit_code()
        self._answers.close()
        if self._late:
            return f"takes more than {self._limits.parse_seconds:g} s to parse"
        if code == -_OUT_OF_CPU:
            return f"takes more than {CPU_SECONDS:g} s of CPU to parse"
        if code == OUT_OF_MEMORY:
            return f"takes more than {self._limits.parse_megabytes} MB to parse"
        return f"breaks the parser: {f'signal {-code}' if code < 0 else f'exit code {code}'}"

    def _exit_code(self) -> int:
        try:
            return self._process.wait(0.5)  # it has died, or ends by itself now that its tasks do
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._process.wait()

    def _exchange(self, request: bytes, body: bytes) -> bytes | None:
        write(self._tasks, request)
        write(self._tasks, body)
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


@cache
def _of(noun: type) -> TypeAdapter[Any]:
    return TypeAdapter(noun)

"""Hostile bodies and files, and what they cost: `python -m tests.bench.hostile` prints a line for each.

CPU seconds and memory are those of the process that parses or unpacks the body, memory beyond what the process had
before. Of a file they are those of all processes that read it. `!` marks more than 2 s or 150 MB, an answer of more
than a line, and a good feed that is not read afterwards; then the exit code is 1.
"""

import argparse
import asyncio
import gzip
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from connectors.feeds.parser import ImportKind, Parser
from connectors.http.unpacking import Unpacker
from pipeline.errors import InputError, WorldError
from pipeline.settings.sections import Fetch, Poll
from tests.connectors.feeds.sources import ENTRY, rss
from tests.hostile import bodies
from tests.hostile.body import Hostile, Task
from tests.hostile.markup import STORY
from tests.warc import page

URL = "https://courier.example/x"
GOOD = rss(ENTRY).encode()
GOOD_FILES = {
    "a.warc.gz": gzip.compress(page(URL, "200 OK", STORY % ("", ""))),
    "a.jsonl.gz": gzip.compress(b'{"text": "The harbour stays open."}'),
}
MOST_SECONDS = 2.2  # two, and what the system's clock of 10 ms and the end of a process take
MOST_MEGABYTES = 150
TICK = 0.005
CODINGS = ("gzip", "deflate", "br", "zstd")
IMPORTED = ("message", "subtitles", "debate", "pdf")


def outcome(parser: Parser, task: Task, body: bytes) -> str:
    """Return what came of a body, in a few words."""
    readers: dict[Task, Callable[[], str]] = {
        "feed": lambda: f"{len(parser.feed(body, '', URL).entries):,} entries",
        "page": lambda: f"{len(parser.page(body, 'text/html', URL).text):,} characters",
        "document": lambda: f"{len(parser.document(body, 'text/html', URL).text):,} characters",
        "links": lambda: f"{len(parser.links(body, 'text/html', URL)):,} links",
        "section": lambda: f"{len(parser.section(body, 'text/html', URL, 'a').entries):,} links",
        "link_rules": lambda: f"{len(parser.link_rules(body, 'text/html', URL)):,} rules",
        "opml": lambda: f"{len(parser.opml(body, URL)):,} feeds",
        "robots": lambda: "allowed" if parser.robots(body, URL).allowed else "forbidden",
        "listing": lambda: f"{len(parser.listing(body, '', URL).pages):,} pages",
        "records": lambda: f"{len(parser.records(body, URL)):,} fields or articles",
        "people": lambda: f"{len(parser.people(body.decode('utf-8', 'surrogateescape'), URL).actors):,} people",
    }
    try:
        if task in IMPORTED:
            return f"{len(parser.imported(cast(ImportKind, task), body, URL).text):,} characters"
        return readers[task]()
    except InputError as error:
        return str(error).removeprefix(URL).strip()


def unpacked(unpacker: Unpacker, coding: Task, body: bytes) -> str:
    """Return what came of unpacking a body, in a few words."""
    try:
        plain = asyncio.run(unpacker.unpack(body, coding, Fetch().bytes, URL))
    except WorldError as error:
        return str(error).removeprefix(URL).strip()
    return f"{len(plain):,} bytes"


class Watch:
    """Looks at a process from time to time: the CPU seconds that it used, and the most megabytes it had."""

    def __init__(self, process: int) -> None:
        self._folder = Path(f"/proc/{process}")
        self.seconds = self.megabytes = 0.0
        self.look()

    def look(self) -> bool:
        """Return whether it is still there."""
        try:
            fields = (self._folder / "stat").read_text("ascii").rpartition(")")[2].split()
            status = (self._folder / "status").read_text("ascii")
        except OSError:
            return False
        self.seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        if "VmHWM:" in status:
            self.megabytes = int(status.partition("VmHWM:")[2].split()[0]) / 1e3
        return True


@contextmanager
def watching(process: int) -> Iterator[Watch]:
    """Look at the process until the block ends."""
    watch, stop = Watch(process), threading.Event()

    def look() -> None:
        while watch.look() and not stop.wait(TICK):
            pass

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
        watch.look()


@dataclass(frozen=True)
class Measured:
    """The outcome of a body, its CPU seconds and megabytes, and whether a good body is read afterwards."""

    outcome_text: str
    seconds: float
    megabytes: float
    well: bool

    @property
    def over(self) -> bool:
        """Return whether it cost too much, or harmed."""
        costs = self.seconds > MOST_SECONDS or self.megabytes > MOST_MEGABYTES
        return costs or not self.well or "\n" in self.outcome_text or len(self.outcome_text) > 600


class Probe:
    """Parses and unpacks hostile bodies, each in a process that has read a good one of the same kind before."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._parser = self._stack.enter_context(Parser(Poll(parse_seconds=60), processes=1))  # CPU alone counts
        self._unpacker = Unpacker()
        self._stack.callback(self._unpacker.close)

    def __enter__(self) -> "Probe":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def measure(self, hostile: Hostile) -> Measured:
        """Return what a body costs."""
        body = hostile.make()
        if hostile.task in CODINGS:
            return self._unpack(hostile.task, body)
        outcome(self._parser, "feed", GOOD)
        outcome(self._parser, hostile.task, b"<p>x</p>")  # loads what it takes
        (process,) = self._parser.pids()
        outcome_text, seconds, megabytes = measured(process, lambda: outcome(self._parser, hostile.task, body))
        return Measured(outcome_text, seconds, megabytes, outcome(self._parser, "feed", GOOD) == "1 entries")

    def _unpack(self, coding: Task, body: bytes) -> Measured:
        good = gzip.compress(GOOD)
        pool = self._unpacker.pool_of(body)
        if not pool.pids():
            unpacked(self._unpacker, "gzip", b"x" * len(body))
        (process,) = pool.pids()
        outcome_text, seconds, megabytes = measured(process, lambda: unpacked(self._unpacker, coding, body))
        well = unpacked(self._unpacker, "gzip", good) == f"{len(GOOD):,} bytes"
        return Measured(outcome_text, seconds, megabytes, well)


def measured(process: int, action: Callable[[], str]) -> tuple[str, float, float]:
    """The answer of the action, and what it cost the process."""
    Path(f"/proc/{process}/clear_refs").write_text("5", "ascii")  # the peak begins with what there is (proc(5))
    before = Watch(process)
    with watching(process) as watch:
        outcome_text = action()
    return outcome_text, watch.seconds - before.seconds, watch.megabytes - before.megabytes


def measure_files() -> Iterator[tuple[str, Measured]]:
    """The same of files that are read, each by processes of its own.

    They are made by another: what this one has had in memory would count as the peak of those that it starts.
    """
    with TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "tests.hostile.files", folder], check=True)
        for place in sorted(Path(folder).iterdir()):
            (bad,) = (file for file in place.iterdir() if file.name != "name")
            good = place / f"good-{bad.name}"
            good.write_bytes(GOOD_FILES[bad.name])
            command = [sys.executable, "-m", "tests.bench.hostile_file", str(good), str(bad)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            outcome_text, seconds, megabytes = (done.stdout.rstrip("\n") or f"{done.stderr}\t0\t0").split("\t")
            cost = Measured(outcome_text, float(seconds), float(megabytes), not done.returncode)
            yield (place / "name").read_text("utf-8"), cost


def shown(name: str, measured: Measured) -> bool:
    """Print a line; whether it is over."""
    mark = "!" if measured.over else " "
    print(
        f"{mark} {measured.seconds:5.2f} s {measured.megabytes:5.0f} MB  {name:60} {measured.outcome_text:.90}",
        flush=True,
    )
    return measured.over


def main(part: str) -> int:
    """Measure those with `part` in task or name, and print them; 1 where one is over."""
    started = time.monotonic()
    over = [] if part else [shown(name, cost) for name, cost in measure_files()]
    with Probe() as probe:
        chosen = (each for each in bodies() if part in f"{each.task}: {each.name}")
        over += [shown(f"{each.task}: {each.name}", probe.measure(each)) for each in chosen]
    print(f"{len(over)} bodies and files, {sum(over)} over, {time.monotonic() - started:.0f} s")
    return min(sum(over), 1)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("part", nargs="?", default="")
    sys.exit(main(arguments.parse_args().part))

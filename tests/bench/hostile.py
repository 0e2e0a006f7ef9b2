"""Hostile bodies and files, and what they cost: `python -m tests.bench.hostile` prints a line for each.

CPU seconds are those of the worker process that parses the body, a new one for each; the peak of its resident memory is
told beyond what it has before. Of a file they are those of all processes that read it. `!` marks more than 2 s or
150 MB, an answer of more than a line, and a good feed that is not read afterwards; then the exit code is 1.
"""

import gzip
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.feeds.parser import Parser
from pipeline.errors import InputError
from pipeline.settings.sections import Poll
from tests.connectors.feeds.sources import ENTRY, rss
from tests.hostile import STORY, Task, bodies
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


def outcome(parser: Parser, task: Task, body: bytes) -> str:
    """What came of a body, in a few words."""
    readers: dict[Task, Callable[[], str]] = {
        "feed": lambda: f"{len(parser.feed(body, '', URL).entries):,} entries",
        "page": lambda: f"{len(parser.page(body, 'text/html', URL).text):,} characters",
        "opml": lambda: f"{len(parser.opml(body, URL)):,} feeds",
        "robots": lambda: "allowed" if parser.robots(body, URL).allowed else "forbidden",
    }
    try:
        return readers[task]()
    except InputError as error:
        return str(error).removeprefix(URL).strip()


class Watch:
    """Looks at a process from time to time: the CPU seconds that it used, and the most megabytes it had."""

    def __init__(self, process: int) -> None:
        self._folder = Path(f"/proc/{process}")
        self.seconds = self.megabytes = 0.0
        self.look()

    def look(self) -> bool:
        """Whether it is still there."""
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


Measured = tuple[str, float, float, bool]


def measure(task: Task, body: bytes) -> Measured:
    """What came of a body, CPU seconds, megabytes, and whether a good feed is read afterwards."""
    with Parser(Poll(), processes=1) as parser:
        outcome(parser, "feed", GOOD)
        outcome(parser, task, b"<p>x</p>")  # loads what it takes
        (process,) = parser.pids()
        before = Watch(process)
        with watching(process) as watch:
            told = outcome(parser, task, body)
        well = outcome(parser, "feed", GOOD) == "1 entries"
        return told, watch.seconds - before.seconds, watch.megabytes - before.megabytes, well


def measure_files() -> Iterator[tuple[str, int, Measured]]:
    """The same of files that are read, each by processes of its own.

    They are made by another: what this one has had in memory would count as the peak of those that it starts.
    """
    with TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "tests.hostile", folder], check=True)
        for place in sorted(Path(folder).iterdir()):
            (bad,) = (file for file in place.iterdir() if file.name != "name")
            good = place / f"good-{bad.name}"
            good.write_bytes(GOOD_FILES[bad.name])
            command = [sys.executable, "-m", "tests.bench.hostile_file", str(good), str(bad)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            told, seconds, megabytes = (done.stdout.rstrip("\n") or f"{done.stderr}\t0\t0").split("\t")
            measured = (told, float(seconds), float(megabytes), not done.returncode)
            yield (place / "name").read_text("utf-8"), bad.stat().st_size, measured


def shown(name: str, size: int, measured: Measured) -> bool:
    """Print a line; whether it is over."""
    told, seconds, megabytes, well = measured
    over = seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES or not well or "\n" in told
    mark = "!" if over else " "
    print(f"{mark} {name:36} {size / 1e3:9,.0f} kB {seconds:5.2f} s {megabytes:5.0f} MB  {told:.70}", flush=True)
    return over


def main() -> int:
    """Measure all and print them; 1 where one is over."""
    started = time.monotonic()
    over = [shown(*one) for one in measure_files()]
    over += [shown(name, len(body), measure(task, body)) for name, task, body in bodies()]
    print(f"{len(over)} bodies and files, {sum(over)} over, {time.monotonic() - started:.0f} s")
    return min(sum(over), 1)


if __name__ == "__main__":
    sys.exit(main())

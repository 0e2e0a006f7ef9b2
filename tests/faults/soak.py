"""Lets a cluster work for long, and prints what grows.

`python -m tests.faults.soak [--minutes 20] [--idle 5] [--rate 20] [--compressed]`, with servers of its own that
`deploy/services/services.py start` started and their addresses in the environment, prints by how much an hour the
memory of each role, that of Flink and the size of the checkpoints grow: first of a cluster that has nothing to do,
where all growth is the runner's, which keeps something of each of its calls; then of one at work, which keeps
statements and the names of articles, as it has to. The output shows their share.

`--compressed` stands for days in minutes: checkpoints come every `--checkpoint` seconds, first while nothing arrives,
then while articles that are all duplicates arrive as fast as the job takes them. Each checkpoint and each record passes
through the same steps of Flink and Beam as in a slow run; what depends on time itself, such as idle connections, does
not show. The output has medians of each third of a phase, and says for how many hours and records it stands.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression, median
from typing import Final
from urllib.parse import urlsplit

from pipeline.feeds import outgoing
from pipeline.ports import ARTICLES, DECISIONS
from pipeline.roles import Role
from pipeline.services import Services
from tests.faults import stream
from tests.faults.cluster import LOOK, Cluster, at_work, is_settled, wait_until

ROLES: Final = (Role.JOB, Role.DELIVERER, Role.WEB, Role.POLLER)
EVERY: Final = 2.0  # seconds between two looks
SAMPLES: Final = 60  # of a phase
WARMING: Final = 0.3  # of the time, in which caches fill
PAGE: Final = 1 << 12
NAMED: Final = 160  # bytes that are kept of an article: its id, a digest, its place in the log and its time
MEGA: Final = 1_000_000
ORDINARY: Final = 10.0  # seconds between two checkpoints by default
KNOWN: Final = 500  # articles that arrive again and again
AHEAD: Final = 20_000  # duplicates on the log before the job, at most


@dataclass
class Growth:
    """Sizes and the times of their measurement."""

    seconds: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)

    def an_hour(self) -> float:
        """Megabytes an hour by least squares, after the warm-up."""
        first = int(len(self.seconds) * WARMING)
        return 3600 * linear_regression(self.seconds[first:], self.sizes[first:]).slope

    def report(self) -> str:
        """The size at the end and the growth."""
        return f"{self.sizes[-1]:8.1f} MB, {self.an_hour():+9.1f} MB/h"


def memory(pids: Iterable[int]) -> float:
    """Megabytes that these processes and all below them have in memory."""
    every = {each for pid in pids for each in (pid, *stream.children(pid))}
    return sum(map(resident, every))


def resident(pid: int) -> float:
    """Megabytes that a process has in memory; 0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / MEGA
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def checkpoint(folder: Path) -> float:
    """Megabytes of the latest checkpoint that is whole."""
    whole = [each.parent for each in folder.glob("*/chk-*/_metadata")]
    latest = max(whole, key=lambda each: int(each.name.removeprefix("chk-")), default=None)
    return sum(_size(file) for file in latest.iterdir()) / MEGA if latest else 0.0


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # a newer one has come
        return 0


def look(cluster: Cluster, growths: dict[str, Growth], seconds: float) -> None:
    """Note for so long how large everything is."""
    begun = time.monotonic()
    folder = Path(urlsplit(cluster.services.settings.job.checkpoints).path)
    while (now := time.monotonic() - begun) < seconds:
        sizes = {f"role {role}": memory([running.process.pid]) for role, running in cluster.running.items()}
        sizes |= {"Flink's JVM": memory([stream.server_pid("flink")]), "checkpoint": checkpoint(folder)}
        for name, size in sizes.items():
            growth = growths.setdefault(name, Growth())
            growth.seconds.append(now)
            growth.sizes.append(size)
        time.sleep(EVERY)


def descriptors(pids: Iterable[int]) -> int:
    """Return how many files and sockets these processes and all below them have open."""
    count = 0
    for process in {each for pid in pids for each in (pid, *stream.children(pid))}:
        with suppress(FileNotFoundError, ProcessLookupError):
            count += sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())
    return count


def files(folder: Path) -> int:
    """Return how many files the folder with checkpoints has."""
    return sum(len(names) for _, _, names in os.walk(folder))


def checkpoints(folder: Path) -> int:
    """Return the number of the latest checkpoint."""
    return max((int(each.name.removeprefix("chk-")) for each in folder.glob("*/chk-*")), default=0)


def sample(cluster: Cluster) -> dict[str, float]:
    """Return the sizes that must not follow the number of checkpoints or of records."""
    folder = Path(urlsplit(cluster.services.settings.job.checkpoints).path)
    job, flink = cluster.running[Role.JOB].process.pid, stream.server_pid("flink")
    return {
        "checkpoint, kB": checkpoint(folder) * 1000,
        "files of checkpoints": files(folder),
        "descriptors of the job": descriptors([job]),
        "descriptors of Flink": descriptors([flink]),
        "memory of the job, MB": memory([job]),
        "memory of Flink, MB": memory([flink]),
    }


def compressed(minutes: float, idle: float, every: float) -> None:
    """Print how sizes change while nothing but checkpoints happens, and while only duplicates arrive."""
    with at_work(1, 0, (Role.JOB, Role.DELIVERER), workers=2, checkpoint=every) as cluster:
        services = cluster.services
        folder = Path(urlsplit(services.settings.job.checkpoints).path)
        cluster.sender.send(KNOWN - 1)
        wait_until(lambda: is_settled(cluster), cluster)
        first = checkpoints(folder)
        compare("idle", cluster, idle, lambda: time.sleep(EVERY))
        last = checkpoints(folder)
        print(f"  {last - first} checkpoints, as in {(last - first) * ORDINARY / 3600:.1f} hours", flush=True)
        repeated = [outgoing.arrived(article) for article in stream.articles(range(KNOWN))]
        sent = 0

        def repeat() -> None:
            nonlocal sent
            services.log.append(ARTICLES, repeated)
            sent += len(repeated)
            while services.log.lag(ARTICLES, "extract") > AHEAD:
                time.sleep(LOOK)

        compare("duplicates", cluster, minutes, repeat)
        wait_until(lambda: is_settled(cluster), cluster)
        print(f"  {sent:,} records in {minutes:.0f} minutes, {checkpoints(folder) - last} checkpoints", flush=True)


def compare(phase: str, cluster: Cluster, minutes: float, work: Callable[[], None]) -> None:
    """Do the work for so many minutes, and print the sizes in the first, second and third part of that time."""
    begun, samples = time.monotonic(), list[dict[str, float]]()
    while time.monotonic() - begun < minutes * 60:
        due = begun + len(samples) * minutes * 60 / SAMPLES
        if time.monotonic() >= due:
            samples.append(sample(cluster))
        work()
    third = len(samples) // 3
    print(f"{phase}, {minutes:.0f} minutes: medians of each third", flush=True)
    for name in samples[0]:
        parts = (samples[start : start + third] for start in (0, third, 2 * third))
        sizes = (median(each[name] for each in part) for part in parts)
        print(f"  {name:<24}" + "".join(f"{size:12,.1f}" for size in sizes), flush=True)


def kept(services: Services) -> tuple[int, int]:
    """Return how many decisions there are, and how many bytes they have."""
    count, size = 0, 0
    while records := services.log.read(DECISIONS, "onlooker", 1000):
        count += len(records)
        size += sum(len(record.value) for record in records)
        services.log.commit("onlooker", records)
    return count, size


def tell(phase: str, growths: dict[str, Growth]) -> None:
    """Print a line for each thing that was looked at."""
    print(phase, flush=True)
    for name, growth in growths.items():
        print(f"  {name:<16}{growth.report()}", flush=True)


def soak(minutes: float, idle: float, rate: float) -> None:
    """Print what grows, of a cluster that is idle for so many minutes, and then at work for so many."""
    with at_work(rate, 0, ROLES) as cluster:
        wait_until(lambda: is_settled(cluster), cluster)
        resting, working = dict[str, Growth](), dict[str, Growth]()
        look(cluster, resting, idle * 60)
        tell(f"idle for {idle:.0f} minutes", resting)
        kept(cluster.services)
        first = cluster.sender.sent
        cluster.sender.start()
        look(cluster, working, minutes * 60)
        cluster.sender.stop()
        articles = cluster.sender.sent - first
        tell(f"{articles} articles in {minutes:.0f} minutes", working)
        wait_until(lambda: is_settled(cluster), cluster)
        decisions, size = kept(cluster.services)
        an_hour = (size + articles * NAMED) / MEGA * 60 / minutes
        print(f"  kept for later: {decisions} decisions, the names of {articles} articles, {an_hour:+.1f} MB/h")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=20)
    arguments.add_argument("--idle", type=float, default=5, help="minutes without an article, before")
    arguments.add_argument("--rate", type=float, default=20)
    arguments.add_argument("--compressed", action="store_true", help="checkpoints and duplicates alone, many of both")
    arguments.add_argument("--checkpoint", type=float, default=0.2, help="seconds between two checkpoints, compressed")
    given = arguments.parse_args()
    if given.compressed:
        compressed(given.minutes, given.idle, given.checkpoint)
    else:
        soak(given.minutes, given.idle, given.rate)

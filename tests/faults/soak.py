"""Lets a cluster work for long, and prints what grows.

`python -m tests.faults.soak [--minutes 20] [--idle 5] [--rate 20]`, with servers of its own that
`deploy/services/services.py start` started and their addresses in the environment, prints by how much an hour the
memory of each role, that of Flink and the size of the checkpoints grow: first of a cluster that has nothing to do,
where all growth is the runner's, which keeps something of each of its calls; then of one at work, which keeps
statements and the names of articles, as it has to. The output shows their share.
"""

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression
from typing import Final
from urllib.parse import urlsplit

from pipeline.ports import DECISIONS
from pipeline.roles import Role
from pipeline.services import Services
from tests.faults import stream
from tests.faults.cluster import Cluster, at_work, is_settled, wait_until

ROLES: Final = (Role.JOB, Role.DELIVERER, Role.WEB, Role.POLLER)
EVERY: Final = 2.0  # seconds between two looks
WARMING: Final = 0.3  # of the time, in which caches fill
PAGE: Final = 1 << 12
NAMED: Final = 160  # bytes that are kept of an article: its id, a digest, its place in the log and its time
MEGA: Final = 1_000_000


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
    given = arguments.parse_args()
    soak(given.minutes, given.idle, given.rate)

"""A stream of articles into a cluster on the test servers, and what has come of it.

Every tenth article brings news by somebody who is watched; the others say what the gold articles say, under addresses
and with a last line of their own: one with all the words of another that its feed shows no more is taken for that one.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.feeds import outgoing
from pipeline.model import EPOCH, Actor, Article, Watch, article_id
from pipeline.ports import ARTICLES, DECISIONS, DOCUMENTS, QUOTES
from pipeline.roles import Role
from pipeline.services import Services, open_services
from pipeline.settings import Settings, load
from tests import gold, servers
from tests.brokers import services
from tests.faults.roles import Running, on_flink

NEWS_EVERY = 10
POLL_SECONDS = 3
TRIES = 3  # at a server that does not answer yet
SPEAKERS = tuple(
    f"{first} {last}" for first in ("Ada", "Boris", "Clara", "Dario") for last in ("Lindqvist", "Halvorsen")
)
THINGS = ("harbour", "bridge", "school", "ferry", "market", "library", "tunnel", "station", "theatre", "mill")
FATES = ("stays open", "is sold", "moves north", "needs a roof", "gets a second door", "belongs to everybody")
_GROUPS = ((ARTICLES, "extract"), (DOCUMENTS, "index"), (QUOTES, "remember"), (DECISIONS, "index"))


def address(number: int) -> str:
    """Return where the article of this number is."""
    return f"https://courier.example/{number}"


def is_news(number: int) -> bool:
    """Return whether the article of this number has news by somebody who is watched."""
    return number % NEWS_EVERY == 0


def articles(numbers: Iterable[int]) -> Iterator[Article]:
    """The articles of these numbers, which are seen now."""
    for number in numbers:
        title, text = _gold()[number % len(_gold())]
        text += f"\n\n{_said(number // NEWS_EVERY) if is_news(number) else f'This is report {number} of the year.'}"
        url, now = address(number), datetime.now(UTC)
        yield Article(
            id=article_id(canonical_url=url),
            source="courier.example",
            title=title,
            text=text,
            first_seen=now,
            fetched=now,
            url=url,
            canonical_url=url,
            language="en",
        )


@cache
def _gold() -> list[tuple[str, str]]:
    return [(record["title"], record["text"]) for record in gold.records()]


def _said(number: int) -> str:
    thing, fate = THINGS[number % len(THINGS)], FATES[number // len(THINGS) % len(FATES)]
    speaker = SPEAKERS[number % len(SPEAKERS)]
    return f"“The {thing} {fate}, and that is decision number {number},” {speaker} told reporters."


def orders(target: str = "stdout") -> list[Actor | Watch]:
    """The speakers of the news, and one watch on all that they say, which tells this target."""
    actors = [Actor(id=name.lower().replace(" ", "-"), name=name) for name in SPEAKERS]
    ids = tuple(actor.id for actor in actors)
    return [*actors, Watch(id="all", name="All", created=EPOCH, by=ids, least_confidence=0, deliver=(target,))]


def append(services: Services, numbers: Iterable[int]) -> None:
    """Put the articles of these numbers on the log."""
    services.log.append(ARTICLES, [outgoing.arrived(article) for article in articles(numbers)])


def lag(services: Services) -> int:
    """Records that the job has still to work off, as far as committed offsets tell."""
    return sum(services.log.lag(topic, group) for topic, group in _GROUPS)


def wait_until_settled(services: Services, seconds: float) -> None:
    """Return once all is in the index; AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while left := lag(services):
        assert time.monotonic() < end, f"{left} records were not worked off in {seconds:.0f} s"
        time.sleep(0.2)


@contextmanager
def cluster(
    partitions: int = 2, target: str = "stdout", workers: int = 1, checkpoint: float = 10
) -> Iterator[Services]:
    """Yield the services of a cluster with its own topics and indices, and a desk whose watch alerts the target.

    `checkpoint` are the seconds between two checkpoints.
    """
    elastic = servers.elasticsearch()
    job, artifacts = os.environ["TEST_FLINK"].split(",")
    values: dict[str, object] = {
        "profile": "cluster",
        "kafka.brokers": os.environ["TEST_KAFKA"],
        "kafka.prefix": elastic.prefix,
        "kafka.partitions": partitions,
        "elasticsearch.url": elastic.url,
        "elasticsearch.prefix": elastic.prefix,
        "elasticsearch.replicas": 0,
        "job.endpoint": job,
        "job.parallelism": workers,
        "job.processes": workers,
        "job.expansion_endpoint": os.environ["TEST_EXPANSION"],
        "job.artifact_endpoint": artifacts,
        "job.checkpoint": timedelta(seconds=checkpoint),
        "job.checkpoints": f"{servers.checkpoints()}/{elastic.prefix}",
    }
    services = open_services(load(None, values))
    services.desk.save(*orders(target))
    try:
        yield services
    finally:
        services.close()
        servers.forget(elastic)
        shutil.rmtree(
            urlsplit(services.settings.job.checkpoints).path, ignore_errors=True
        )  # the job may still write there


def role(settings: Settings, name: Role) -> Running:
    """A role in a process of its own; a poller looks every POLL_SECONDS."""
    often = dict.fromkeys(("POLL__EVERY", "POLL__LEAST", "POLL__MOST"), f"{POLL_SECONDS}s")
    return on_flink(settings, name, **often)


def job(settings: Settings) -> Running:
    """The role `job` in a process of its own."""
    return role(settings, Role.JOB)


def children(pid: int) -> list[int]:
    """The processes that this one started, and those that they did."""
    parents = {int(path.parent.name): _stat(path) for path in Path("/proc").glob("[0-9]*/stat")}
    mine = [child for child, fields in parents.items() if fields and int(fields[1]) == pid]
    return [*mine, *(grandchild for child in mine for grandchild in children(child))]


def cpu_seconds(*pids: int) -> float:
    """Return what these processes and all below them have used of the processors."""
    every = [each for pid in pids for each in (pid, *children(pid))]
    ticks = os.sysconf("SC_CLK_TCK")
    return sum((int(f[11]) + int(f[12])) / ticks for each in every if (f := _stat(Path(f"/proc/{each}/stat"))))


def _stat(path: Path) -> list[str]:
    """The fields after the process's name; none where it has ended."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def server_pid(name: str) -> int:
    """The process of a server that the script for services started."""
    return int((server_folder(name) / "pid").read_text())


def server_folder(name: str) -> Path:
    """The folder with the data of a server that the script for services started."""
    return Path(services().cache() / "run" / name)


def server(action: str, name: str) -> None:
    """Start or stop a server that the script for services started; it keeps its address, and may be slow to answer."""
    environment = {key: value for key, value in os.environ.items() if key != services().SERVERS[name].variable}
    command = [sys.executable, str(services().__file__), action, name]
    for _ in range(TRIES):
        if subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL).returncode == 0:
            return
    raise AssertionError(f"{name} did not {action}")

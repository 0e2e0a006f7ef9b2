"""The kill matrix: kills, stops and starves parts of a cluster at work, and counts what is lost or comes twice.

`python -m tests.faults.cluster [FAULT …] [--strikes 5] [--rate 20] [--away 120] [--workers 2]` needs servers of its own
that `deploy/services/services.py start` started, and their addresses in the environment. Each fault strikes one cluster
several times while articles arrive. For each fault it prints how many articles, alerts and deliveries were lost, came
twice under different ids, or became dead letters.

The fault `disk` fills the disk of Elasticsearch until writes fail. It needs a small disk under its data:
`mount -t tmpfs -o size=1500m,uid=65534 tmpfs /var/cache/onrecord/run/elasticsearch` before the server is started.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from pipeline.codec import decode
from pipeline.errors import WorldError
from pipeline.model import Alert, article_id
from pipeline.model.query import Search
from pipeline.ports import ALERTS, DEAD_LETTERS, Record
from pipeline.roles import Role
from pipeline.services import Services
from tests.faults import stream
from tests.faults.outlet import Newsroom, Outlet, newsroom, outlet
from tests.faults.roles import Running
from tests.faults.sender import Sender

PATIENCE: Final = 600.0  # seconds in which the cluster recovers, or finishes the backlog
REST: Final = 5.0  # seconds between its recovery and the next strike
LOOK: Final = 0.5  # seconds between two checks
REFRESHED: Final = 2.0  # seconds after which a search finds what the index has
SUSPENDED: Final = 60.0  # seconds
SMALL_DISK: Final = 4_000_000_000  # bytes, so that nobody's whole disk is filled


@dataclass
class Cluster:
    """A cluster at work: its services, the processes of its roles, the sender of articles, the receiver of alerts."""

    services: Services
    running: dict[Role, Running]
    sender: Sender
    newsroom: Newsroom
    away: float  # seconds that Elasticsearch is away
    delivered_meanwhile: int = 0

    def restart(self, role: Role) -> None:
        """Kill the process with the role and all its children, and start another with the role."""
        below = stream.children(self.running[role].process.pid)
        self.running[role].end()
        for pid in below:
            with suppress(ProcessLookupError):  # it ends by itself when it sees that it is alone
                os.kill(pid, signal.SIGKILL)
        self.running[role] = stream.role(self.services.settings, role)


def kill_worker(cluster: Cluster) -> None:
    """Kill the process in which the steps run; its parent, the role `job`, starts another."""
    workers = stream.children(cluster.running[Role.JOB].process.pid)
    assert workers, "the steps have no process of their own"
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


def kill_process(cluster: Cluster) -> None:
    """Kill a Python worker of Flink, which continues from its checkpoint with another."""
    (submitter,) = [pid for pid in stream.children(cluster.running[Role.JOB].process.pid) if stream.children(pid)]
    os.kill(stream.children(submitter)[-1], signal.SIGKILL)


def kill_flink(cluster: Cluster) -> None:
    """Kill the job server with Flink inside it, which starts again without any state."""
    os.killpg(stream.server_pid("flink"), signal.SIGKILL)
    time.sleep(1)
    stream.server("start", "flink")


def restart_kafka(cluster: Cluster) -> None:
    """Stop and start the only broker."""
    stream.server("stop", "kafka")
    stream.server("start", "kafka")


def stop_elasticsearch(cluster: Cluster) -> None:
    """Stop Elasticsearch for a while, in which alerts go on."""
    stream.server("stop", "elasticsearch")
    before = cluster.newsroom.received
    time.sleep(cluster.away)
    cluster.delivered_meanwhile += cluster.newsroom.received - before
    stream.server("start", "elasticsearch")


def suspend(server: str, _: Cluster) -> None:
    """Stop a server's processes by SIGSTOP for a minute: connections stay open and nobody answers."""
    group = stream.server_pid(server)
    os.killpg(group, signal.SIGSTOP)
    try:
        time.sleep(SUSPENDED)
    finally:
        os.killpg(group, signal.SIGCONT)


def fill_disk(cluster: Cluster) -> None:
    """Fill the disk of Elasticsearch for a while, so that its writes fail, and empty it again."""
    folder = stream.server_folder("elasticsearch")
    disk = shutil.disk_usage(folder)
    assert disk.total < SMALL_DISK, f"{folder} is on a disk of {disk.total:,} bytes; mount a small one there"
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):  # until the disk is full
            while True:
                file.write(bytes(1 << 16))
        time.sleep(cluster.away)
    finally:
        ballast.unlink()


FAULTS: Final[dict[str, Callable[[Cluster], None]]] = {
    "worker": kill_worker,
    "process": kill_process,
    "flink": kill_flink,
    "kafka": restart_kafka,
    "elasticsearch": stop_elasticsearch,
    "poller": lambda cluster: cluster.restart(Role.POLLER),
    "deliverer": lambda cluster: cluster.restart(Role.DELIVERER),
    "job": lambda cluster: cluster.restart(Role.JOB),
    "pages": lambda cluster: cluster.restart(Role.WEB),
    **{f"suspended {name}": partial(suspend, name) for name in ("kafka", "elasticsearch", "flink")},
    "disk": fill_disk,
}
"""The faults by name; "job" kills the whole role, which starts again without a savepoint."""


@contextmanager
def at_work(
    rate: float, away: float, roles: tuple[Role, ...], workers: int = 1, checkpoint: float = 10
) -> Iterator[Cluster]:
    """Yield a cluster that has delivered the alert of its first article; a poller reads the articles from feeds."""
    with ExitStack() as held:
        desk = held.enter_context(newsroom())
        services = held.enter_context(stream.cluster(target=desk.target, workers=workers, checkpoint=checkpoint))
        publisher = held.enter_context(outlet()) if Role.POLLER in roles else None
        if publisher:
            services.desk.save(*publisher.feeds())
        running = {role: stream.role(services.settings, role) for role in roles}
        cluster = Cluster(services, running, Sender(_send(services, publisher), rate), desk, away)
        try:
            if publisher:
                publisher.wait_for_a_look()
            cluster.sender.send(1)
            wait_until(lambda: has_come(cluster, 0), cluster)
            yield cluster
        finally:
            cluster.sender.stop()
            for each in cluster.running.values():
                each.end()


def _send(services: Services, publisher: Outlet | None) -> Callable[[range], None]:
    if publisher:
        return lambda numbers: publisher.publish(stream.articles(numbers))
    return lambda numbers: stream.append(services, numbers)


def strike(fault: str, strikes: int, rate: float, away: float, workers: int) -> bool:
    """Strike a cluster several times while articles arrive; print the counts and return whether nothing is wrong."""
    extra = {"poller": (Role.POLLER,), "pages": (Role.WEB,)}.get(fault, ())
    with at_work(rate, away, (Role.JOB, Role.DELIVERER, *extra), workers) as cluster:
        cluster.sender.start()
        print(f"{fault}: recovered after", end="", flush=True)
        for _ in range(strikes):
            time.sleep(REST)
            begun = time.monotonic()
            FAULTS[fault](cluster)
            news = next(number for number in range(cluster.sender.sent, sys.maxsize) if stream.is_news(number))
            wait_until(partial(has_come, cluster, news), cluster)
            print(f" {time.monotonic() - begun:.0f} s", end="", flush=True)
        cluster.sender.stop()
        print(flush=True)
        wait_until(lambda: is_settled(cluster), cluster)
        if fault == "elasticsearch":
            print(f"  delivered meanwhile: {cluster.delivered_meanwhile} alerts", flush=True)
        time.sleep(REFRESHED)
        return count(cluster)


def wait_until(met: Callable[[], bool], cluster: Cluster) -> None:
    """Wait until the condition is met; after PATIENCE print the processes' messages and raise AssertionError."""
    end = time.monotonic() + PATIENCE
    while not met():
        if time.monotonic() > end:
            for role, running in cluster.running.items():
                print(f"messages of {role}:", *running.output()[-20:], sep="\n  ", file=sys.stderr)
            raise AssertionError(f"{stream.lag(cluster.services)} records are left after {PATIENCE:.0f} s")
        time.sleep(LOOK)


def has_come(cluster: Cluster, number: int) -> bool:
    """Return whether the article of this number, which has news, is in the index and its alert is delivered."""
    url = stream.address(number)
    with suppress(WorldError):
        return url in cluster.newsroom.ids and bool(cluster.services.index.documents(article_id(canonical_url=url)))
    return False


def is_settled(cluster: Cluster) -> bool:
    """Return whether nothing is under way any more."""
    services = cluster.services
    with suppress(WorldError):
        news = stream.address((cluster.sender.sent - 1) // stream.NEWS_EVERY * stream.NEWS_EVERY)
        on_its_way = news not in cluster.newsroom.ids or stream.lag(services) or services.log.lag(ALERTS, "post")
        return not on_its_way and not services.outbox.listing("pending", 1)
    return False


def count(cluster: Cluster) -> bool:
    """Print what is lost, there twice, or a dead letter; return whether there is none of that."""
    services, urls = cluster.services, [stream.address(number) for number in range(cluster.sender.sent)]
    lost = sum(not services.index.documents(article_id(canonical_url=url)) for url in urls)
    extra = services.index.search(Search(collection="articles")).total - (len(urls) - lost)
    news = [url for number, url in enumerate(urls) if stream.is_news(number)]
    alerts, records = _alerts(services)
    output = cluster.newsroom.ids
    silent, again = _wrong(news, alerts)
    lost_alerts, twice = _wrong(news, output)
    repeated = cluster.newsroom.received - sum(map(len, output.values()))
    print(f"  {len(urls)} articles: {lost} lost, {extra} indexed twice")
    print(f"  {len(news)} alerts: {silent} lost, {again} under a second id; {records} on the log again as they were")
    print(
        f"  {len(news)} deliveries: {lost_alerts} lost, {twice} under a second id; {repeated} again under their id",
        flush=True,
    )
    dead = sum(1 for _ in _records(services, DEAD_LETTERS))
    print(f"  {dead} dead letters", flush=True)
    return not any((lost, extra, silent, again, lost_alerts, twice, dead))


def _wrong(news: list[str], ids: dict[str, set[str]]) -> tuple[int, int]:
    """Return how many addresses have no id, and how many ids the addresses have beyond one each."""
    return sum(not ids.get(url) for url in news), sum(len(result) - 1 for result in ids.values() if result)


def _alerts(services: Services) -> tuple[dict[str, set[str]], int]:
    """Return the ids of alerts by the address of their article, and the number of repeated records."""
    ids, records = dict[str, set[str]](), 0
    for records, record in enumerate(_records(services, ALERTS), 1):  # noqa: B007 - the count is the result
        alert = decode(Alert, record.value)
        ids.setdefault(alert.statement.first.article.url, set()).add(alert.id)
    return ids, records - sum(map(len, ids.values()))


def _records(services: Services, topic: str) -> Iterator[Record]:
    while some := services.log.read(topic, "onlooker", 1000):
        yield from some
        services.log.commit("onlooker", some)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("faults", nargs="*", choices=[[], *FAULTS], metavar="FAULT", help=", ".join(FAULTS))
    arguments.add_argument("--strikes", type=int, default=5)
    arguments.add_argument("--rate", type=float, default=20)
    arguments.add_argument("--away", type=float, default=120, help="seconds that Elasticsearch is away")
    arguments.add_argument("--workers", type=int, default=2, help="Python worker processes of the job")
    options = arguments.parse_args()
    sound = [
        strike(name, options.strikes, options.rate, options.away, options.workers) for name in options.faults or FAULTS
    ]
    sys.exit(not all(sound))

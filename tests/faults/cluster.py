"""Kills and takes away parts of a cluster at work, and compares what came of a stream of articles with what was sent.

`python -m tests.faults.cluster [FAULT …] [--strikes 5] [--rate 20] [--away 120]`, with servers of its own that
`deploy/services/services.py start` started and their addresses in the environment, prints for each fault, which strikes
one cluster again and again, how many articles, alerts and deliveries were lost or came twice under different ids.
"""

import argparse
import os
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
from pipeline.ports import ALERTS
from pipeline.run.loop import Role
from pipeline.services import Services
from tests.faults import stream
from tests.faults.outlet import Newsroom, Outlet, newsroom, outlet
from tests.faults.roles import Running
from tests.faults.sender import Sender

PATIENCE: Final = 600.0  # seconds until the cluster has come back, or worked off all
REST: Final = 5.0  # seconds from its having come back to the next strike
LOOK: Final = 0.5  # seconds between two looks at whether it has
REFRESHED: Final = 2.0  # seconds after which what was put into the index is found


@dataclass
class Cluster:
    """A cluster at work: its doors, the processes of its roles, and who sends articles and is told of alerts."""

    services: Services
    running: dict[Role, Running]
    sender: Sender
    newsroom: Newsroom
    away: float  # seconds that Elasticsearch is away
    told_meanwhile: int = 0

    def begin_anew(self, role: Role) -> None:
        """Kill the process with the role, and all below it, and let another have it."""
        below = stream.children(self.running[role].process.pid)
        self.running[role].end()
        for pid in below:
            with suppress(ProcessLookupError):  # it ends by itself when it sees that it is alone
                os.kill(pid, signal.SIGKILL)
        self.running[role] = stream.role(self.services.settings, role)


def kill_worker(cluster: Cluster) -> None:
    """The process that the steps work in; who has the role begins another."""
    workers = stream.children(cluster.running[Role.JOB].process.pid)
    assert workers, "the steps work in no process of their own"
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


def kill_process(cluster: Cluster) -> None:
    """One of the Python workers that Flink calls; Flink goes on from its checkpoint, with another."""
    (submitter,) = [pid for pid in stream.children(cluster.running[Role.JOB].process.pid) if stream.children(pid)]
    os.kill(stream.children(submitter)[-1], signal.SIGKILL)


def kill_flink(cluster: Cluster) -> None:
    """The job server with Flink inside it, which comes back without any state."""
    os.killpg(stream.server_pid("flink"), signal.SIGKILL)
    time.sleep(1)
    stream.server("start", "flink")


def restart_kafka(cluster: Cluster) -> None:
    """The one broker."""
    stream.server("stop", "kafka")
    stream.server("start", "kafka")


def stop_elasticsearch(cluster: Cluster) -> None:
    """Away for a while, in which alerts go on."""
    stream.server("stop", "elasticsearch")
    before = cluster.newsroom.told
    time.sleep(cluster.away)
    cluster.told_meanwhile += cluster.newsroom.told - before
    stream.server("start", "elasticsearch")


FAULTS: Final[dict[str, Callable[[Cluster], None]]] = {
    "worker": kill_worker,
    "process": kill_process,
    "flink": kill_flink,
    "kafka": restart_kafka,
    "elasticsearch": stop_elasticsearch,
    "poller": lambda cluster: cluster.begin_anew(Role.POLLER),
    "deliverer": lambda cluster: cluster.begin_anew(Role.DELIVERER),
    "anew": lambda cluster: cluster.begin_anew(Role.JOB),
}
"""What strikes; "anew" is the whole job, begun without a savepoint."""


@contextmanager
def at_work(rate: float, away: float, roles: tuple[Role, ...]) -> Iterator[Cluster]:
    """A cluster that has told of its first article; where there is a poller, it is fed by feeds."""
    with ExitStack() as held:
        desk = held.enter_context(newsroom())
        services = held.enter_context(stream.cluster(target=desk.target))
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


def suffer(fault: str, strikes: int, rate: float, away: float) -> bool:
    """Print what came of the articles that were sent while the fault struck; whether all was well."""
    roles = (Role.JOB, Role.DELIVERER, *((Role.POLLER,) if fault == "poller" else ()))
    with at_work(rate, away, roles) as cluster:
        cluster.sender.start()
        print(f"{fault}: all as before after", end="", flush=True)
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
            print(f"  told of meanwhile: {cluster.told_meanwhile} alerts", flush=True)
        time.sleep(REFRESHED)
        return count(cluster)


def wait_until(met: Callable[[], bool], cluster: Cluster) -> None:
    """Return once it is so; what the processes have said, and AssertionError, after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while not met():
        if time.monotonic() > end:
            for role, running in cluster.running.items():
                print(f"{role} says:", *running.told()[-20:], sep="\n  ", file=sys.stderr)
            raise AssertionError(f"{stream.lag(cluster.services)} records are not worked off after {PATIENCE:.0f} s")
        time.sleep(LOOK)


def has_come(cluster: Cluster, number: int) -> bool:
    """Whether the article of this number, which brings news, is in the index and told of."""
    url = stream.address(number)
    with suppress(WorldError):
        return url in cluster.newsroom.ids and bool(cluster.services.index.documents(article_id(canonical_url=url)))
    return False


def is_settled(cluster: Cluster) -> bool:
    """Whether nothing is under way any more."""
    services = cluster.services
    with suppress(WorldError):
        news = stream.address((cluster.sender.sent - 1) // stream.NEWS_EVERY * stream.NEWS_EVERY)
        on_its_way = news not in cluster.newsroom.ids or stream.lag(services) or services.log.lag(ALERTS, "post")
        return not on_its_way and not services.outbox.listing("pending", 1)
    return False


def count(cluster: Cluster) -> bool:
    """Print what is missing, and what is there more often than it should be; whether there is neither."""
    services, urls = cluster.services, [stream.address(number) for number in range(cluster.sender.sent)]
    lost = sum(not services.index.documents(article_id(canonical_url=url)) for url in urls)
    extra = services.index.search(Search(collection="articles")).total - (len(urls) - lost)
    news = [url for number, url in enumerate(urls) if stream.is_news(number)]
    alerts, records = _alerts(services)
    told = cluster.newsroom.ids
    silent, again = _wrong(news, alerts)
    untold, twice = _wrong(news, told)
    repeated = cluster.newsroom.told - sum(map(len, told.values()))
    print(f"  {len(urls)} articles: {lost} lost, {extra} indexed twice")
    print(f"  {len(news)} alerts: {silent} lost, {again} under a second id; {records} on the log again as they were")
    print(
        f"  {len(news)} deliveries: {untold} lost, {twice} under a second id; {repeated} again under their id",
        flush=True,
    )
    return not any((lost, extra, silent, again, untold, twice))


def _wrong(news: list[str], ids: dict[str, set[str]]) -> tuple[int, int]:
    """How many of the addresses have no id, and how many ids there are more than one for each."""
    return sum(not ids.get(url) for url in news), sum(len(found) - 1 for found in ids.values() if found)


def _alerts(services: Services) -> tuple[dict[str, set[str]], int]:
    """The ids of alerts by the article that they are of, and how many are on the log more than once."""
    ids, records = dict[str, set[str]](), 0
    while some := services.log.read(ALERTS, "onlooker", 1000):
        for record in some:
            alert = decode(Alert, record.value)
            ids.setdefault(alert.statement.first.article.url, set()).add(alert.id)
        records += len(some)
        services.log.commit("onlooker", some)
    return ids, records - sum(map(len, ids.values()))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("faults", nargs="*", choices=[[], *FAULTS], metavar="FAULT", help=", ".join(FAULTS))
    arguments.add_argument("--strikes", type=int, default=5)
    arguments.add_argument("--rate", type=float, default=20)
    arguments.add_argument("--away", type=float, default=120, help="seconds that Elasticsearch is away")
    given = arguments.parse_args()
    well = [suffer(name, given.strikes, given.rate, given.away) for name in given.faults or FAULTS]
    sys.exit(not all(well))

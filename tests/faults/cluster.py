"""Kills and takes away parts of a cluster at work, and compares what came of a stream of articles with what was sent.

`python -m tests.faults.cluster [FAULT …] [--times 1] [--rate 20] [--seconds 60]`, with servers of its own that
`deploy/services/services.py start` started and their addresses in the environment, prints for each fault how many
articles and alerts were lost or came twice under different ids.
"""

import argparse
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pipeline.app import App
from pipeline.codec import decode
from pipeline.errors import WorldError
from pipeline.model import Alert
from pipeline.ports import ALERTS, Search
from tests.faults import stream
from tests.faults.roles import Running

PATIENCE: Final = 400.0  # seconds until all is worked off
AWAY_SECONDS: Final = 20.0
TICK: Final = 0.1  # seconds between appends


@dataclass
class Cluster:
    """A cluster at work: its doors, and the process with the role of the job."""

    app: App
    running: Running


def kill_worker(cluster: Cluster) -> None:
    """The process that the steps work in; who has the role begins another."""
    workers = stream.children(cluster.running.process.pid)
    assert workers, "the steps work in no process of their own"
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


def kill_flink(cluster: Cluster) -> None:
    """The job server, which comes back without any state."""
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
    time.sleep(AWAY_SECONDS)
    stream.server("start", "elasticsearch")


def begin_anew(cluster: Cluster) -> None:
    """The whole job, killed and begun without a savepoint."""
    below = stream.children(cluster.running.process.pid)
    cluster.running.end()
    for pid in below:
        with suppress(ProcessLookupError):  # it ends by itself when it sees that it is alone
            os.kill(pid, signal.SIGKILL)
    cluster.running = stream.job(cluster.app.settings)


FAULTS: Final[dict[str, Callable[[Cluster], None]]] = {
    "worker": kill_worker,
    "flink": kill_flink,
    "kafka": restart_kafka,
    "elasticsearch": stop_elasticsearch,
    "anew": begin_anew,
}


def publish(app: App, seconds: int, rate: int, stop: threading.Event) -> None:
    """So many articles a second; one that the log does not take is sent again, as a poller does."""
    begun, sent = time.monotonic(), 0
    while sent < seconds * rate and not stop.wait(TICK):
        due = min(int((time.monotonic() - begun) * rate), seconds * rate)
        with suppress(WorldError):
            stream.append(app, range(sent + 1, due + 1))
            sent = due


def suffer(fault: str, seconds: int, rate: int) -> None:
    """Print what came of the articles, in the midst of which the fault struck."""
    with stream.cluster() as app:
        cluster, stop = Cluster(app, stream.job(app.settings)), threading.Event()
        sender = threading.Thread(target=publish, args=(app, seconds, rate, stop))
        try:
            stream.append(app, [0])
            stream.wait_until_settled(app, PATIENCE)
            sender.start()
            time.sleep(seconds / 3)
            FAULTS[fault](cluster)
            sender.join()
            stream.wait_until_settled(app, PATIENCE)
        finally:
            stop.set()
            cluster.running.end()
        count(app, fault, seconds * rate + 1)


def count(app: App, fault: str, sent: int) -> None:
    """Print what is missing, and what is there more often than it should be."""
    urls = [article.id for article in stream.articles(range(sent))]
    lost = sum(not app.archive.documents(article) for article in urls)
    extra = app.index.search(Search(collection="articles")).total - (sent - lost)
    ids = dict[str, set[str]]()
    records = 0
    while some := app.log.read(ALERTS, "onlooker", 1000):
        for record in some:
            alert = decode(Alert, record.value)
            ids.setdefault(alert.statement.first.article.url, set()).add(alert.id)
        records += len(some)
        app.log.commit("onlooker", some)
    wanted = [stream.address(number) for number in range(sent) if stream.is_news(number)]
    silent = sum(url not in ids for url in wanted)
    again = sum(len(found) - 1 for found in ids.values())
    print(
        f"{fault}: {sent} articles, {lost} lost, {extra} indexed twice; {len(wanted)} alerts, {silent} lost,"
        f" {again} under a second id, {records - sum(map(len, ids.values()))} on the log again under the same id",
        flush=True,
    )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("faults", nargs="*", choices=[[], *FAULTS], metavar="FAULT", help=", ".join(FAULTS))
    arguments.add_argument("--times", type=int, default=1)
    arguments.add_argument("--rate", type=int, default=20)
    arguments.add_argument("--seconds", type=int, default=60)
    given = arguments.parse_args()
    for name in given.faults or FAULTS:
        for _ in range(given.times):
            suffer(name, given.seconds, given.rate)

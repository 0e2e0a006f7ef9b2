"""The job on Kafka, Flink and Elasticsearch: how long an alert takes, and how much it works off beside one machine.

`python -m tests.bench.cluster [--seconds 60] [--rate 50] [--articles 1000] [--warm 3000] [--workers 1]`, with the
servers that `deploy/services/services.py start` started and their addresses in the environment, prints the time from
before the append of an article to a reader's having its alert; and articles a second of wall and of processor time, of
a backlog with and without 1 % of messages that hold no article, and of the one-machine runner on the same articles.
Before, so many articles go through that Java has compiled what servers use all the time, as those that run for days
have.
"""

import argparse
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

from pipeline.codec import decode
from pipeline.model import Alert
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, Message
from pipeline.run import local
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from tests.faults import stream
from tests.faults.roles import Running

PATIENCE = 300.0  # seconds for a backlog
POISON_EVERY = 100
TICK = 0.02  # seconds between appends
FIRST = 10  # articles, in which the models are built


def seen(services: Services, alerts: dict[str, float], stop: threading.Event) -> None:
    """Note when the alert of each article can first be read."""
    while not stop.is_set():
        records = services.log.read(ALERTS, "onlooker", 500)
        now = time.monotonic()
        for record in records:
            alerts.setdefault(decode(Alert, record.value).statement.first.article.url, now)
        if records:
            services.log.commit("onlooker", records)


def latency(services: Services, start: int, seconds: int, rate: int) -> int:
    """Print how long alerts take while so many articles a second arrive; the number after the last."""
    sent, alerts, stop = dict[str, float](), dict[str, float](), threading.Event()
    onlooker = threading.Thread(target=seen, args=(services, alerts, stop))
    onlooker.start()
    numbers, begun = range(start, start + seconds * rate), time.monotonic()
    while len(sent) < len(numbers):
        time.sleep(TICK)
        due = range(start + len(sent), start + min(int((time.monotonic() - begun) * rate), len(numbers)))
        sent.update({stream.address(number): time.monotonic() for number in due})
        stream.append(services, due)
    late = time.monotonic() - begun - seconds
    wanted = [stream.address(number) for number in numbers if stream.is_news(number)]
    wait(lambda: all(url in alerts for url in wanted))
    stop.set()
    onlooker.join()
    took = [alerts[url] - sent[url] for url in wanted]
    cuts = quantiles(took, n=100)
    print(f"{rate} articles/s for {seconds} s (the last {max(late, 0):.1f} s late), {len(took)} alerts", flush=True)
    print(f"  append to alert: p50 {cuts[49]:.2f} s, p95 {cuts[94]:.2f} s, p99 {cuts[98]:.2f} s", flush=True)
    return numbers.stop


def wait(met: Callable[[], bool]) -> None:
    """Wait for what is bound to happen."""
    end = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def backlog(services: Services, running: Running, start: int, count: int, poison: int) -> None:
    """Print how fast so many articles at once are worked off, with so many messages among them that hold none."""
    bad = [Message(f"poison {start + number}", b"\xff no article") for number in range(poison)]
    servers = stream.server_pid("flink")
    used, begun = stream.cpu_seconds(running.process.pid), time.monotonic()
    flink = stream.cpu_seconds(servers)
    step = max(count // max(poison, 1), 1) if poison else count
    for number in range(start, start + count, step):
        stream.append(services, range(number, min(number + step, start + count)))
        if bad:
            services.log.append(ARTICLES, [bad.pop()])
    stream.wait_until_settled(services, PATIENCE)
    wall = time.monotonic() - begun
    used, flink = stream.cpu_seconds(running.process.pid) - used, stream.cpu_seconds(servers) - flink
    print(f"backlog of {count} articles, {poison} messages that hold none: {count / wall:.0f} articles/s", flush=True)
    print(f"  {count / used:.1f} articles per second of the workers' CPUs, {count / (used + flink):.1f} with Flink")


def poisoned(services: Services) -> Counter[str]:
    """Return how often each message that holds no article is in the dead letters."""
    letters = Counter[str]()
    while records := services.log.read(DEAD_LETTERS, "onlooker", 1000):
        letters.update(record.key for record in records)
        services.log.commit("onlooker", records)
    return letters


def alone(folder: Path, start: int, count: int) -> None:
    """Print how fast one machine works off the same."""
    services = open_services(Settings(file=folder / "bench.sqlite"))
    services.desk.save(*stream.orders())
    stream.append(services, range(min(count, 50)))
    local.drain(services)  # the models are built
    stream.append(services, range(start, start + count))
    begun, used = time.monotonic(), time.process_time()
    local.drain(services)
    wall, used = time.monotonic() - begun, time.process_time() - used
    services.close()
    print(
        f"one machine, the same articles: {count / wall:.0f} articles/s, {count / used:.1f} per second of its processor"
    )


def measure(seconds: int, rate: int, count: int, warm: int, workers: int) -> None:
    """Print all figures of so many worker processes."""
    with stream.cluster(workers=workers) as services:
        running = stream.job(services.settings)
        try:
            for first, end in ((0, FIRST), (FIRST, FIRST + warm)):
                stream.append(services, range(first, end))
                stream.wait_until_settled(services, PATIENCE)
            start = latency(services, FIRST + warm, seconds, rate)
            stream.wait_until_settled(services, PATIENCE)
            backlog(services, running, start, count, 0)
            backlog(services, running, start + count, count, count // POISON_EVERY)
            letters = poisoned(services)
            twice = sum(number > 1 for number in letters.values())
            print(f"  {len(letters)} of {count // POISON_EVERY} in the dead letters, {twice} of them more than once")
            running.stop()
        finally:
            running.end()
    with tempfile.TemporaryDirectory() as scratch:
        alone(Path(scratch), start, count)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--rate", type=int, default=50)
    arguments.add_argument("--articles", type=int, default=1000)
    arguments.add_argument("--warm", type=int, default=3000)
    arguments.add_argument("--workers", type=int, default=1, help="Python worker processes of the job")
    given = arguments.parse_args()
    measure(given.seconds, given.rate, given.articles, given.warm, given.workers)

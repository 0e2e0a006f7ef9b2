"""The cluster that a day of news needs: a simulation from unit costs, and a check of it against a real run.

`python -m tests.bench.scale --articles 1000000` goes through a day minute by minute, with a night, two peaks and a
burst, and prints the cores that keep up, the backlog of fewer cores, and what a year takes of disks, state, partitions
and shards. The costs of Beam, Flink, Kafka and Elasticsearch are those that `tests.bench.cluster` measured on two
cores. `--measure FILE` measures the steps and the sizes of messages on this machine, from articles in JSON Lines.

`python -m tests.bench.scale --check FILE` sends these articles to the steps of one process at random times of a short
day, and prints how long they waited beside what the simulation of the same arrivals says.
"""

import argparse
import math
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Final

from connectors.files.reader import articles
from pipeline.codec import encode
from pipeline.feeds.outgoing import arrived
from pipeline.model import Article
from pipeline.ports import ARTICLES, DECISIONS, DOCUMENTS, QUOTES, Message
from pipeline.run.local import Pipeline
from pipeline.run.steps import decided, documented, keyed, reports
from pipeline.services import Services, open_services
from pipeline.settings import Settings

_MINUTES: Final = 1_440

_TOGETHER: Final = 100  # messages in a compressed batch of Kafka

_SHARD: Final = 30e9  # bytes of a primary shard at which the index rolls over

_USE: Final = 0.6  # of a core that is planned for, so that a lost machine does not start a backlog


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of an article: milliseconds of a core by role, bytes by store, and memory."""

    steps: float = 5.0  # extraction and decisions, which one machine has too
    worker: float = 8.0  # what the worker adds to them
    flink: float = 3.0
    elasticsearch: float = 3.0
    indexer: float = 2.0
    kafka: float = 1.0
    article: float = 2_400.0  # bytes on the log, compressed
    document: float = 4_400.0
    quotes: float = 2_600.0
    decisions: float = 4_600.0
    index: float = 35_000.0  # bytes in the index, without replicas
    claims: float = 9.0
    claim: float = 400.0  # bytes of the job's state
    days: float = 90.0  # of memory

    @property
    def milliseconds(self) -> float:
        """Milliseconds of one core, in all roles together."""
        return self.steps + self.worker + self.flink + self.elasticsearch + self.indexer + self.kafka

    @property
    def log(self) -> float:
        """Bytes on all topics."""
        return self.article + self.document + self.quotes + self.decisions


def shape(minute: int) -> float:
    """Return the share of the busiest hour that this minute of the day has: few at night, peaks at 9 and at 17."""
    hour = minute / 60
    peaks = math.exp(-(((hour - 9) / 2.5) ** 2)) + 0.9 * math.exp(-(((hour - 17) / 2.5) ** 2))
    return 0.12 + 0.88 * min(peaks, 1.0)


def day(total: int, burst: float = 3.0) -> list[float]:
    """Return the articles of each minute; for ten minutes at noon, an event brings `burst` times as many."""
    shares = [shape(minute) * (burst if 720 <= minute < 730 else 1.0) for minute in range(_MINUTES)]
    return [total * share / sum(shares) for share in shares]


def backlogs(arrivals: Sequence[float], a_minute: float) -> list[float]:
    """Return the articles that wait at the end of each minute if so many can be processed in one."""
    return list(accumulate(arrivals, lambda waiting, new: max(0.0, waiting + new - a_minute), initial=0.0))[1:]


def cores(arrivals: Sequence[float], milliseconds: float, longest_wait: float) -> int:
    """Return the least number of cores with which no article waits longer than so many minutes."""
    number = 1
    while True:
        a_minute = number * 60_000 / milliseconds
        if max(backlogs(arrivals, a_minute)) <= longest_wait * a_minute:
            return number
        number += 1


def waits(arrivals: Sequence[float], services: Sequence[float]) -> Iterator[float]:
    """Yield how long each of these articles takes from its arrival, at one process that takes them in order."""
    free = 0.0
    for arrival, service in zip(arrivals, services, strict=True):
        free = max(free, arrival) + service
        yield free - arrival


def plan(total: int, costs: Costs) -> list[str]:
    """Return what so many articles a day need, a line each."""
    arrivals = day(total)
    busiest = max(arrivals) / 60
    ordinary = sorted(arrivals)[-20] / 60
    planned = math.ceil(ordinary * costs.milliseconds / 1000 / _USE)
    least = cores(arrivals, costs.milliseconds, 1.0)
    behind = backlogs(arrivals, 0.8 * ordinary * 60)
    claims = total * costs.claims * costs.days
    processes = math.ceil(ordinary * (costs.steps + costs.worker) / 1000 / _USE)
    return [
        f"articles a second: {total / 86_400:.1f} in the mean, {ordinary:.1f} in the peaks, {busiest:.1f} in a burst",
        f"cores in all roles: {least} without waiting for more than a minute, {planned} at {_USE:.0%} of each",
        *(
            f"  {name}: {ordinary * getattr(costs, name) / 1000 / _USE:.1f}"
            for name in ("steps", "worker", "flink", "elasticsearch", "indexer", "kafka")
        ),
        f"with a fifth less than the peaks need: {max(behind):,.0f} articles wait at most,"
        f" for {sum(each > 0 for each in behind)} minutes of the day",
        f"Python processes, slots of Flink, and partitions at least: {processes}",
        f"log, each copy: {total * costs.log / 1e9:,.1f} GB a day, {total * costs.log * 30 / 1e12:,.2f} TB in 30 days",
        f"index, each copy: {total * costs.index / 1e9:,.1f} GB a day, {total * costs.index * 365 / 1e12:,.1f} TB a"
        f" year; {math.ceil(total * costs.index * 30 / _SHARD)} shards a month",
        f"remembered: {claims / 1e6:,.0f} million claims, {claims * costs.claim / 1e9:,.0f} GB of the job's state",
    ]


def measured(path: Path, costs: Costs) -> Costs:
    """Return the costs with the steps and the sizes of messages of these articles; the first fifth loads the code."""
    with tempfile.TemporaryDirectory() as folder:
        services, batch = _opened(Path(folder)), _articles(path)
        pipeline, first = Pipeline(services), len(batch) // 5
        for article in batch[:first]:
            _processed(services, pipeline, article)
        started = time.process_time()
        _send(services, batch[first:])
        while pipeline.step():
            pass
        milliseconds = (time.process_time() - started) * 1000 / (len(batch) - first)
        print(f"one machine: {milliseconds:.1f} ms of CPU an article, {len(batch)} articles")
        documents = [document for article in batch for document in services.index.documents(article.id)[:1]]
        messages = {
            ARTICLES: [arrived(article) for article in batch],
            DOCUMENTS: [documented(document) for document in documents],
            QUOTES: [keyed(report) for document in documents for report in reports(document)],
        }
        ids = [quote.id for document in documents for quote in document.quotes]
        messages[DECISIONS] = [decided(decision) for decision in services.index.verdicts(ids).values()]
        services.close()
    sizes = {topic: _compressed(some) / len(batch) for topic, some in messages.items()}
    for topic, size in sizes.items():
        print(f"{topic}: {size:,.0f} bytes an article on the log, {len(messages[topic]) / len(batch):.1f} messages")
    return replace(
        costs,
        steps=milliseconds,
        article=sizes[ARTICLES],
        document=sizes[DOCUMENTS],
        quotes=sizes[QUOTES],
        decisions=sizes[DECISIONS],
        claims=len(messages[DECISIONS]) / len(batch) * 1.3,
    )


def check(path: Path, use: float, count: int) -> None:
    """Print the times from arrival to decision of a real run beside those of the simulation."""
    chance = random.Random(3)
    with tempfile.TemporaryDirectory() as folder:
        services, batch = _opened(Path(folder)), _articles(path)[: 2 * count]
        pipeline, half = Pipeline(services), len(batch) // 2
        took = [_processed(services, pipeline, article) for article in batch[:half]]  # also what the first calls load
        took = took[len(took) // 5 :]
        service = sum(took) / len(took)
        gaps = [chance.expovariate(use / service) for _ in batch[half:]]
        arrivals = list(accumulate(gaps))
        real, start = [], time.monotonic()
        for article, arrival in zip(batch[half:], arrivals, strict=True):
            time.sleep(max(0.0, start + arrival - time.monotonic()))
            _processed(services, pipeline, article)
            real.append(time.monotonic() - start - arrival)
        services.close()
    simulated = list(waits(arrivals, chance.choices(took, k=len(arrivals))))
    print(f"{len(real)} articles at {use:.0%} of one process, {service * 1000:.1f} ms each")
    for name, values in (("real", real), ("simulated", simulated)):
        ordered = sorted(values)
        middle, most = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
        mean = sum(values) / len(values)
        print(f"{name:9} p50 {middle * 1000:7.1f} ms  p95 {most * 1000:7.1f} ms  mean {mean * 1000:7.1f} ms")


def _processed(services: Services, pipeline: Pipeline, article: Article) -> float:
    started = time.monotonic()
    _send(services, [article])
    while pipeline.step():
        pass
    return time.monotonic() - started


def _opened(folder: Path) -> Services:
    return open_services(Settings(file=folder / "bench.sqlite"))


def _articles(path: Path) -> list[Article]:
    from pipeline.services import utc_now

    return [article for article in articles(path, utc_now, backfill=True) if isinstance(article, Article)]


def _send(services: Services, batch: Sequence[Article]) -> None:
    services.log.append(ARTICLES, [Message(article.id, encode(article)) for article in batch])


def _compressed(messages: Sequence[Message]) -> int:
    """Return the bytes of these messages in batches, as the producer compresses them; needs the extra `cluster`."""
    import zstandard

    batches = (messages[start : start + _TOGETHER] for start in range(0, len(messages), _TOGETHER))
    return sum(len(zstandard.compress(b"".join(message.value for message in batch))) for batch in batches)


def main() -> None:
    """Print the plan or the check."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.scale", description="Plan a cluster for a day of news."
    )
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000_000, 10_000_000], help="a day")
    parser.add_argument("--measure", type=Path, metavar="FILE", help="take sizes of messages from these articles")
    parser.add_argument("--check", type=Path, metavar="FILE", help="compare with a real run of these articles")
    parser.add_argument("--use", type=float, default=0.6, help="of the process in the check")
    parser.add_argument("--count", type=int, default=200, help="articles of the check")
    chosen = parser.parse_args()
    if chosen.check:
        check(chosen.check, chosen.use, chosen.count)
        return
    costs = measured(chosen.measure, Costs()) if chosen.measure else Costs()
    for total in chosen.articles:
        print(f"{total:,} articles a day", *plan(total, costs), sep="\n  ")


if __name__ == "__main__":
    main()

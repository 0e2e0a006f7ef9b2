"""Adding to Elasticsearch, and searching it: `python -m tests.bench.indexing [--quotes N] [--rounds N]`.

Needs a server's address in TEST_ELASTICSEARCH. Batch by batch, first one and then the other by turns: our `add`, from
the nouns on, and the client's own `helpers.bulk` of the very records that `add` stores, made before the clock starts.
On a busy machine, CPU time tells more than documents a second; that of the server is known if
`deploy/services/services.py` started it. Then the queries of tests/bench/search.py are asked.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import NamedTuple

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from connectors.elasticsearch import store
from connectors.elasticsearch.client import connect
from connectors.elasticsearch.index import ElasticsearchIndex
from pipeline.model import Decision, Document
from pipeline.model.values import microseconds
from pipeline.settings.servers import Elasticsearch as Settings
from tests import servers
from tests.bench.search import QUOTES_PER_ARTICLE, ask, decisions, documents
from tests.examples import NOON
from tests.faults import stream

BATCH = 250  # articles

Batch = tuple[list[Document], list[Decision]]


def batches(articles: Iterator[Document]) -> Iterator[Batch]:
    while added := list(islice(articles, BATCH)):
        yield added, [decision for document in added for decision in decisions(document)]


def records(prefix: str, batch: Batch) -> list[store.Action]:
    """All that `add` stores of a batch."""
    now = microseconds(NOON)
    added, decided = batch
    return [
        *(store.stored_document(each, f"{prefix}documents", now) for each in added),
        *(store.found_article(each, f"{prefix}articles", now) for each in added),
        *(record for each in added for record in store.found_quotes(each, f"{prefix}quotes", now)),
        *(store.stored_decision(each, f"{prefix}decisions", now) for each in decided),
        *(store.found_statement(each, f"{prefix}statements", now) for each in decided),
    ]


class Spent(NamedTuple):
    """Seconds of time, of this process's CPU and of the server's."""

    time: float
    cpu: float
    server: float

    def since(self, before: "Spent") -> "Spent":
        return Spent(*(now - then for now, then in zip(self, before, strict=True)))


def spent() -> Spent:
    """What was spent so far."""
    server = 0.0
    with suppress(FileNotFoundError):
        server = stream.cpu_seconds(stream.server_pid("elasticsearch"))
    return Spent(time.perf_counter(), time.process_time(), server)


def cost_of(call: Callable[[], None]) -> Spent:
    """What the call costs."""
    before = spent()
    call()
    return spent().since(before)


def add(index: ElasticsearchIndex, batch: Batch) -> None:
    added, decided = batch
    index.add(added)
    index.add(decided)


def bulk_all(client: Elasticsearch, prepared: Sequence[store.Action]) -> None:
    bulk(client, prepared)


def opened(settings: Settings) -> ElasticsearchIndex:
    """The index with nothing in it."""
    index = ElasticsearchIndex(settings, lambda: datetime.now(UTC))
    index.add([])
    return index


def compare(chance: random.Random, rounds: int) -> None:
    """Print the rates of both, by turns, each on indices of its own."""
    settings, others = servers.elasticsearch(), servers.elasticsearch()
    ours: list[Spent] = []
    theirs: list[Spent] = []
    with closing(opened(settings)) as index, closing(opened(others)), closing(connect(others)) as client:
        for number, batch in enumerate(batches(documents(chance, rounds * BATCH))):
            turns = [
                (ours, partial(add, index, batch)),
                (theirs, partial(bulk_all, client, records(others.prefix, batch))),
            ]
            for taken, call in turns if number % 2 else reversed(turns):
                taken.append(cost_of(call))
    count = rounds * BATCH
    print(f"{count} documents of 300 words and {QUOTES_PER_ARTICLE} quotes, with decisions, in batches of {BATCH}")
    for name, taken in (("our add", ours), ("helpers.bulk", theirs)):
        seconds, cpu, server = (sum(column) for column in zip(*taken, strict=True))
        print(
            f"{name:<12} {count / seconds:6.0f} documents/s,"
            f" CPU of a document: {cpu / count * 1000:.2f} ms here, {server / count * 1000:.2f} ms of the server"
        )
    ratios = sorted(raw.time / own.time for own, raw in zip(ours, theirs, strict=True))
    print(f"ratio of the median round {ratios[rounds // 2]:.2f}")
    for given_up in (settings, others):
        servers.forget(given_up)


def search(chance: random.Random, quotes: int) -> None:
    """Print how long searches take among so many quotes."""
    settings = servers.elasticsearch()
    with closing(opened(settings)) as index:
        for batch in batches(documents(chance, quotes // QUOTES_PER_ARTICLE)):
            add(index, batch)
        ask(index, chance)
    servers.forget(settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quotes", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    chance = random.Random(1)
    compare(chance, given.rounds)
    if given.quotes:
        search(chance, given.quotes)


if __name__ == "__main__":
    main()

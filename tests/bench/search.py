"""Search on the SQLite index among many quotes: `python -m tests.bench.search [--quotes N]`.

The words are invented and drawn as English draws its own: the word of rank n about 1/n as often as the first (Zipf).
Boolean queries join words of rank 50 (the first are no words to search by: "the", "of") to 5,000, fields and dates.
"""

import argparse
import random
import tempfile
import time
from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import accumulate, groupby, pairwise
from pathlib import Path

from connectors.sqlite.database import open_file
from connectors.sqlite.index import SqliteIndex
from pipeline.model import Decision, Document, Report
from pipeline.model.query import Order, Search
from pipeline.ports import Index
from pipeline.search.query import parse
from tests import examples
from tests.examples import NOON

VOCABULARY = 30_000
QUOTES_PER_ARTICLE = 4
BATCH = 100
QUERIES = 200

_WEIGHTS = list(accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))


def word(rank: int) -> str:
    """The word of this rank, three syllables of seventy."""
    number = rank * 48_271 % 70**3  # a prime: neighbours in rank share no beginning
    syllables = (number // 70**2, number // 70 % 70, number % 70)
    return "".join("bdfgklmnprstvz"[syllable // 5] + "aeiou"[syllable % 5] for syllable in syllables)


def text(chance: random.Random, length: int) -> str:
    """So many words, each as often as its rank has it."""
    return " ".join(word(bisect(_WEIGHTS, chance.random() * _WEIGHTS[-1])) for _ in range(length))


def documents(chance: random.Random, count: int) -> Iterator[Document]:
    """Articles of 300 words with four quotes of 25 words each, a minute apart."""
    for number in range(count):
        body = text(chance, 300)
        starts = [0]
        for _ in range(QUOTES_PER_ARTICLE):
            starts.append(body.index(" ", starts[-1] + 170) + 1)
        article = examples.article(
            f"https://courier.example/{number}",
            text=body,
            title=text(chance, 8),
            source=f"outlet{min(int(chance.paretovariate(0.8)), 400)}.example",
            language=chance.choice(["en"] * 8 + ["sv", "de"]),
            first_seen=NOON + number * timedelta(minutes=1),
            published=NOON + number * timedelta(minutes=1) - timedelta(minutes=chance.randrange(600)),
        )
        quotes = []
        for start, end in pairwise(starts):
            speaker = min(int(chance.paretovariate(0.7)), 20_000)
            quotes.append(
                examples.quote(
                    article,
                    body[start : end - 1],
                    kind=chance.choice(["direct", "indirect", "mixed"]),
                    speaker_name=f"First{speaker % 500} Last{speaker}",
                    speaker_id=f"first{speaker % 500}-last{speaker}",
                )
            )
        yield Document(article=article, quotes=tuple(quotes))


def decisions(document: Document) -> Iterator[Decision]:
    """Every quote is a new statement."""
    reference = examples.reference(document.article)
    for quote in document.quotes:
        yield examples.decision(Report(quote, reference))


def boolean(chance: random.Random) -> str:
    """A query of the kinds that people ask."""
    first, second, third = (word(int(50 * 100 ** chance.random())) for _ in range(3))
    speaker, outlet = f"speaker:last{chance.randrange(1, 30)}", f"source:outlet{chance.randrange(1, 9)}.example"
    date = (NOON + timedelta(days=chance.randrange(17))).date()
    return chance.choice(
        [
            f"{first} AND {second}",
            f"{first} OR {second}",
            f"({first} OR {second}) {third}",
            f"{first} NOT {second}",
            f"{first} {speaker}",
            f"{speaker} NOT {second}",
            f"({first} OR {second}) {outlet} kind:direct",
            f'"{first} {second}" OR {third[:4]}*',
            f"{first} after:{date}",
            f"{first} lang:sv before:{date}",
        ]
    )


def measure(label: str, calls: list[Callable[[], object]]) -> None:
    """Print the median and the 95th percentile of the calls' times, each call made once."""
    taken = []
    for call in calls:
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    print(f"{label:44} p50 {taken[len(taken) // 2]:7.2f} ms   p95 {taken[len(taken) * 95 // 100]:7.2f} ms")


def fill(index: Index, chance: random.Random, articles: int) -> None:
    """Add the documents and decisions, and print how fast that went, the making of them left out."""
    seconds = {"documents": 0.0, "decisions": 0.0}
    for _, batch in groupby(enumerate(documents(chance, articles)), lambda numbered: numbered[0] // BATCH):
        added = [document for _, document in batch]
        decided = [decision for document in added for decision in decisions(document)]
        start = time.perf_counter()
        index.add(added)
        between = time.perf_counter()
        index.add(decided)
        seconds["documents"] += between - start
        seconds["decisions"] += time.perf_counter() - between
    print(
        f"{articles} documents of 300 words and 4 quotes, {articles / seconds['documents']:.0f}/s, batches of {BATCH}"
    )
    print(f"{articles * 4} decisions, {articles * 4 / seconds['decisions']:.0f}/s, batches of {4 * BATCH}")


def search(index: Index, query: str, order: Order, facets: bool = False) -> Callable[[], object]:
    asked = Search(query=parse(query), order=order, facets=facets)
    return lambda: index.search(asked)


def ask(index: Index, chance: random.Random) -> None:
    """Print how long searches of the quotes take."""
    queries = [boolean(chance) for _ in range(QUERIES)]
    found = sorted(index.search(Search(query=parse(query), limit=0)).total for query in queries)
    print(f"{QUERIES} boolean queries find {found[QUERIES // 2]} quotes (median), {found[-1]} at the most")
    measure("boolean, facets, newest first", [search(index, query, "newest", True) for query in queries])
    measure("boolean, facets, by relevance", [search(index, query, "relevance", True) for query in queries])
    measure("boolean, newest first", [search(index, query, "newest") for query in queries])
    measure("boolean, by relevance", [search(index, query, "relevance") for query in queries])
    frequent = [word(rank) for rank in range(50)]
    measure("each of the 50 most frequent words, newest", [search(index, query, "newest") for query in frequent])
    measure("the same with facets", [search(index, query, "newest", True) for query in frequent])
    measure("everything, newest first", [search(index, "", "newest")] * QUERIES)
    measure("everything with facets", [search(index, "", "newest", True)] * 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quotes", type=int, default=100_000)
    count = parser.parse_args().quotes
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "onrecord.sqlite"
        database = open_file(path)
        index = SqliteIndex(database)
        fill(index, chance, count // QUOTES_PER_ARTICLE)
        print(f"{path.stat().st_size / 1e6:.0f} MB")
        ask(index, chance)
        database.close()


if __name__ == "__main__":
    main()

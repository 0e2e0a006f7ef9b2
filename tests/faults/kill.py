"""Kills a job at random moments, starts it again, and compares the end with that of a job left alone.

`python -m tests.faults.kill FILE [--kills 50]` does so over the articles of a JSON Lines file and prints what it found.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.files.reader import articles
from pipeline.codec import encode
from pipeline.model import EPOCH, Article, Watch
from pipeline.model.query import Search
from pipeline.ports import ARTICLES, Message, Revision
from pipeline.services import open_services, utc_now
from pipeline.settings import Settings

ALL = 1_000_000
EVERYTHING_SAID = Watch(
    id="all", name="All", created=EPOCH, query="kind:direct OR kind:indirect OR kind:mixed", least_confidence=0
)


@dataclass(frozen=True)
class Outcome:
    """The outcome of a job, as far as it must not depend on the number of kills."""

    revisions: dict[str, tuple[Revision, ...]]
    searchable: int
    verdicts: dict[str, tuple[str, str]]
    deliveries: dict[str, str]
    received: frozenset[str]


def prepare(file: Path, published: Iterable[Article]) -> int:
    """Put the articles on the log of a new file, with one watch on everything said; how many there were."""
    services = open_services(Settings(file=file))
    services.desk.save(EVERYTHING_SAID)
    messages = [Message(article.id, encode(article)) for article in published]
    services.log.append(ARTICLES, messages)
    services.close()
    return len(messages)


def start(file: Path) -> "subprocess.Popen[str]":
    """A job on the file that has begun to work."""
    command = [sys.executable, "-m", "tests.faults.job", str(file), str(received(file))]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert job.stdout is not None
    assert job.stdout.readline() == "working\n"
    return job


def received(file: Path) -> Path:
    """Return where the job of this file writes down what its receiver accepted."""
    return file.with_suffix(".received")


def run(file: Path, pauses: Sequence[float] = ()) -> tuple[int, float]:
    """Kill the job after each pause in turn, then let it finish.

    Gives how many kills met it at work, and the seconds of the last run.
    """
    kills = 0
    for pause in pauses:
        with start(file) as job:
            time.sleep(pause)
            kills += job.poll() is None
            job.send_signal(signal.SIGKILL)
    started = time.monotonic()
    with start(file) as job:
        assert job.wait(timeout=900) == 0
    return kills, time.monotonic() - started


def outcome(file: Path) -> Outcome:
    """Return what the job left in its file and with the receiver."""
    services = open_services(Settings(file=file))
    keys = list(dict.fromkeys(record.key for record in services.log.read(ARTICLES, "nobody", ALL)))
    quotes = [quote.id for key in keys for document in services.index.documents(key) for quote in document.quotes]
    result = Outcome(
        revisions=services.index.revisions(keys),
        searchable=services.index.search(Search(collection="articles")).total,
        verdicts={
            key: (existing.verdict, existing.statement.id) for key, existing in services.index.verdicts(quotes).items()
        },
        deliveries={delivery.id: delivery.state for delivery in services.outbox.listing(most=ALL)},
        received=frozenset(received(file).read_text(encoding="utf-8").splitlines()),
    )
    services.close()
    return result


def compare(published: Iterable[Article], folder: Path, kills: int, chance: random.Random) -> None:
    """Run the articles twice, once with kills, and print what differs; AssertionError if anything does."""
    alone, killed = folder / "alone.sqlite", folder / "killed.sqlite"
    count = prepare(alone, published)
    shutil.copy(alone, killed)
    _, seconds = run(alone)
    pauses = [chance.uniform(0, 2 * seconds / max(kills, 1)) for _ in range(kills)]
    at_work, _ = run(killed, pauses)
    expected, result = outcome(alone), outcome(killed)
    lost = len(expected.revisions.keys() - result.revisions.keys())
    twice = result.searchable - expected.searchable
    other = len(result.deliveries.keys() ^ expected.deliveries.keys())
    print(f"{count} articles, {len(expected.deliveries)} alerts, {at_work} of {kills} kills met the job at work")
    print(f"{lost} articles lost, {twice} indexed twice, {other} alerts lost or under another id")
    assert expected == result


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--kills", type=int, default=50)
    given = arguments.parse_args()
    news = [article for article in articles(given.file, utc_now, backfill=False) if isinstance(article, Article)]
    with tempfile.TemporaryDirectory() as scratch:
        compare(news, Path(scratch), given.kills, random.Random())

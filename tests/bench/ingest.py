"""Whole path on one machine: articles of a JSON Lines file to log, extraction, statements and index, in one process.

`python -m tests.bench.ingest FILE` prints articles/s, the share of each step and the peak memory.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from connectors.files.reader import articles
from pipeline.codec import encode
from pipeline.errors import InputError
from pipeline.ports import ARTICLES, Message
from pipeline.run.local import Pipeline
from pipeline.services import Services, open_services
from pipeline.settings import Settings


def append(services: Services, path: Path) -> int:
    """Put every article of the file on the log; their number."""
    messages = []
    for article in articles(path, services.clock, backfill=True):
        if isinstance(article, InputError):
            raise article
        messages.append(Message(article.id, encode(article)))
    services.log.append(ARTICLES, messages)
    return len(messages)


def measure(path: Path, folder: Path) -> None:
    """Run the whole path once and print what it took."""
    services = open_services(Settings(file=folder / "bench.sqlite"))
    started = time.perf_counter()
    appended = append(services, path)
    seconds = defaultdict(float, append=time.perf_counter() - started)
    pipeline = Pipeline(services)
    total: Counter[str] = Counter()
    begun = time.perf_counter()
    while True:
        done: Counter[str] = Counter()
        for step in (pipeline.extract, pipeline.remember, pipeline.post):
            before = time.perf_counter()
            done += step()
            seconds[step.__name__] += time.perf_counter() - before
        if not done:
            break
        total += done
    wall = time.perf_counter() - begun
    services.close()
    print(f"{appended} articles, {appended / (time.perf_counter() - started):.0f} articles/s end to end")
    for name, took in seconds.items():
        print(f"  {name:9} {took:6.2f} s  {took / (wall + seconds['append']):5.0%}")
    print("  " + ", ".join(f"{count} {outcome}" for outcome, count in total.items()))
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("file", type=Path)
    with tempfile.TemporaryDirectory() as scratch:
        measure(arguments.parse_args().file, Path(scratch))

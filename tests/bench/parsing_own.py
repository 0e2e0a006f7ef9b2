"""feedparser's own test inputs, read by us: `python -m tests.bench.parsing_own [--show 20]`.

Fetches feedparser's source distribution by pip, of the version that is installed, and reads each of its documents by
feedparser as it comes and by us. Prints how many give the same entries with the same fields, what differs most, and the
CPU time of all of them. A document that is no feed for us must have no entry with a title or a text for feedparser.
"""

import argparse
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from connectors.feeds.parse import contents
from pipeline.errors import InputError
from pipeline.model.feed import FeedItem
from tests.bench.parsing import URL, as_we_read, theirs


def documents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The documents of feedparser's tests of parsing, by name."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-binary",
        ":all:",
        "--no-deps",
        "-d",
        str(folder),
    ]
    subprocess.run([*command, f"feedparser=={version('feedparser')}"], check=True)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as packed:
        for member in packed:
            name = member.name.partition("/tests/")[2]
            file = packed.extractfile(member) if member.isfile() else None
            if file and name.startswith(("wellformed/", "illformed/", "encoding/")) and name.endswith(".xml"):
                yield name, file.read()


def differing(parsed: Any, ours: tuple[FeedItem, ...]) -> str:
    """The first field that differs, '' where none does."""
    if len(parsed.entries) != len(ours):
        return f"{len(parsed.entries)} entries, {len(ours)} here"
    for raw, entry in zip(parsed.entries, ours, strict=True):
        for name, value, found in as_we_read(raw, entry):
            if found != value:
                return f"{name}: {value!r:.70}, {found!r:.70} here"
    return ""


def main(show: int) -> None:
    """Read all and print what came of it."""
    outcomes: Counter[str] = Counter()
    shown, spent, total = [], [0.0, 0.0], 0
    with tempfile.TemporaryDirectory() as folder:
        for name, body in documents(Path(folder)):
            total += 1
            started = time.process_time()
            parsed = theirs(body)
            between = time.process_time()
            try:
                wrong = differing(parsed, contents(body, "", URL).entries)
            except InputError as error:
                told = any(raw.get("title") or raw.get("summary") or raw.get("content") for raw in parsed.entries)
                wrong = f"refused: {str(error).removeprefix(URL)}" if told else ""
            spent = [spent[0] + between - started, spent[1] + time.process_time() - between]
            outcomes[wrong.partition(":")[0] or "the same"] += 1
            shown += [f"{name}: {wrong}"] if wrong else []
    print("\n".join(shown[:show]))
    print(f"{total:,} documents: " + ", ".join(f"{count:,} {kind}" for kind, count in outcomes.most_common()))
    print(f"CPU: feedparser {spent[0]:.1f} s, here {spent[1]:.1f} s, {spent[0] / spent[1]:.1f} x")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--show", type=int, default=20)
    main(arguments.parse_args().show)

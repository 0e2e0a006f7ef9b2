"""The cost of reading one file: `python -m tests.bench.hostile_file GOOD FILE` reads a good file first.

Prints, tab-separated, what came of the file, its CPU seconds, and the megabytes that it took beyond the good one, of
this process and of those that it starts, whichever took more.
"""

import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from connectors.files.reader import articles


def outcome(path: Path) -> str:
    """Return what came of it, in a few words."""
    found = list(articles(path, lambda: datetime.now(UTC)))
    errors = [str(one).replace(str(path), "it") for one in found if isinstance(one, Exception)]
    return f"{len(found) - len(errors)} articles" + "".join(f"; {error}" for error in errors)


def used() -> tuple[float, float]:
    """CPU seconds and the most megabytes so far."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both), max(one.ru_maxrss for one in both) / 1e3


if __name__ == "__main__":
    outcome(Path(sys.argv[1]))
    seconds, megabytes = used()
    told = outcome(Path(sys.argv[2]))
    later, most = used()
    print(f"{told}\t{later - seconds:.2f}\t{most - megabytes:.0f}")

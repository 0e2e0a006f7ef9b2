"""What the steps of this process have counted, until somebody takes it."""

from collections import Counter
from threading import Lock

_lock = Lock()
_counted: Counter[str] = Counter()


def count(**counts: int) -> None:
    """Count these, under the names that `pipeline.metrics` knows."""
    with _lock:
        _counted.update(counts)


def taken() -> Counter[str]:
    """All that was counted since this was asked last."""
    with _lock:
        counts = Counter(_counted)
        _counted.clear()
    return counts

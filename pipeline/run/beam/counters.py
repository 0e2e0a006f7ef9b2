"""What the steps have counted: for the runner, and of this process until somebody takes it."""

from collections import Counter
from functools import cache
from threading import Lock
from typing import Any, Final

from apache_beam.metrics import Metrics

NAMESPACE: Final = "onrecord"
"""Of our counters, at the runner."""

_lock = Lock()

_counted: Counter[str] = Counter()


def count(**counts: int) -> None:
    """Add to counters of the runner and of this process's /metrics; `pipeline.run.metrics` defines their names."""
    tell_runner(**counts)
    with _lock:
        _counted.update(counts)


def tell_runner(**counts: int) -> None:
    """Count these for the runner alone."""
    for name, number in counts.items():
        _counter(name).inc(number)


@cache
def _counter(name: str) -> Any:
    return Metrics.counter(NAMESPACE, name)


def taken() -> Counter[str]:
    """All that `count` was given since this was asked last."""
    with _lock:
        counts = Counter(_counted)
        _counted.clear()
    return counts

"""Counters of the steps: for the runner, and for this process until they are collected."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any, Final

from apache_beam.metrics import Metrics

NAMESPACE: Final = "onrecord"
"""The namespace of our counters at the runner."""

_lock = Lock()

_counted: Counter[str] = Counter()


def count(**counts: int) -> None:
    """Add to counters of the runner and of this process's /metrics; `pipeline.run.metrics` defines their names."""
    tell_runner(**counts)
    collect(counts)


def collect(counts: Mapping[str, int]) -> None:
    """Add to counters of this process's /metrics, on behalf of a worker process."""
    with _lock:
        _counted.update(counts)


def tell_runner(**counts: int) -> None:
    """Add to counters of the runner alone."""
    for name, number in counts.items():
        _counter(name).inc(number)


@cache
def _counter(name: str) -> Any:
    return Metrics.counter(NAMESPACE, name)


def taken() -> Counter[str]:
    """Return and reset the counts since the last call."""
    with _lock:
        counts = Counter(_counted)
        _counted.clear()
    return counts

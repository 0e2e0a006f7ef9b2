"""The metrics of this process, for Prometheus.

Counters start at zero for every known outcome, so that a rate over them never has a gap. The client library is imported
on the first count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, DECISIONS, DOCUMENTS, QUOTES, Backlog

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Timed = Literal["alert", "delivery"]

Counted = Literal[
    "articles",
    "quotes",
    "statements",
    "alerts",
    "deliveries",
    "polls",
    "unreadable",
    "job_starts",
    "memories",
    "memories_from_index",
    "memory_milliseconds",
]

# Counters: the label ('' for none), the values that start at zero, the help text.
_COUNTERS: Final[dict[Counted, tuple[str, tuple[str, ...], str]]] = {
    "articles": ("outcome", ("indexed", "duplicate", "dead-lettered"), "Articles taken from the log, by outcome"),
    "quotes": ("", (), "Quotes found in articles"),
    "statements": ("verdict", ("new", "repeated", "changed", "corrected"), "Reports of statements, by verdict"),
    "alerts": ("", (), "Alerts raised by watches"),
    "deliveries": ("outcome", ("done", "retried", "failed"), "Attempts to deliver an alert, by outcome"),
    "polls": ("outcome", ("changed", "unchanged", "failed", "pushed"), "Polls of feeds and pushes, by outcome"),
    "unreadable": ("topic", (QUOTES, ALERTS), "Log records other than articles that ended in the dead letters"),
    "job_starts": ("", (), "Starts of the job on Flink by this process; each after the first is a restart"),
    "memories": ("", (), "Memories of speakers that workers built from stored decisions"),
    "memories_from_index": ("", (), "Those of them that workers built from the index, as a new job does"),
    "memory_milliseconds": ("", (), "Milliseconds in which workers built the memories of speakers"),
}

# Durations: the help text. The buckets reach from a tenth of a second, across what we promise, to an outage.
_TIMES: Final[dict[Timed, str]] = {
    "alert": "Seconds from first seeing an article to its alert in the outbox",
    "delivery": "Seconds from the scheduled time of a delivery to its acceptance",
}

_BUCKETS: Final = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800, 7200)

# The counts that the steps return, as counters and label values.
_STEPS: Final[dict[str, tuple[Counted, str]]] = {
    "indexed": ("articles", "indexed"),
    "duplicate": ("articles", "duplicate"),
    "dead-lettered": ("articles", "dead-lettered"),
    "quotes": ("quotes", ""),
    "new": ("statements", "new"),
    "repeated": ("statements", "repeated"),
    "changed": ("statements", "changed"),
    "corrected": ("statements", "corrected"),
    "alerts": ("alerts", ""),
    "dead-lettered quotes": ("unreadable", QUOTES),
    "dead-lettered alerts": ("unreadable", ALERTS),
    "job starts": ("job_starts", ""),
    "memories": ("memories", ""),
    "memories from index": ("memories_from_index", ""),
    "memory milliseconds": ("memory_milliseconds", ""),
}

REDRIVE: Final = "redrive"  # the group that retries dead letters

GROUPS: Final = ((ARTICLES, "extract"), (QUOTES, "remember"), (ALERTS, "post"))

INDEXING: Final = ((DOCUMENTS, "index"), (DECISIONS, "index"))
"""Topics that `indexer` reads in a cluster; one machine has none of them."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """A registry with its counters and gauges; safe to use from several threads."""

    registry: "CollectorRegistry"
    counters: Mapping[Counted, "Counter"]
    times: Mapping[Timed, "Histogram"]
    lag: "Gauge"
    feeds: "Gauge"
    snapshot_age: "Gauge"
    index_bytes: "Gauge"

    def count(self, counted: Counted, label: str = "", amount: int = 1) -> None:
        """Add to a counter; `label` is its outcome, verdict or topic, if it has one."""
        counter = self.counters[counted]
        (counter.labels(label) if _COUNTERS[counted][0] else counter).inc(amount)

    def count_steps(self, counts: Mapping[str, int]) -> None:
        """Add the counts of a round of steps; ignore names without a counter."""
        for name, amount in counts.items():
            if name in _STEPS:
                self.count(*_STEPS[name], amount)

    def time(self, timed: Timed, took: timedelta) -> None:
        """Add a duration; a negative duration, after the clock was set back, counts as zero."""
        self.times[timed].observe(max(took.total_seconds(), 0.0))

    def measure(self, backlog: Backlog, feeds: Mapping[str, int]) -> None:
        """Set the gauges: the lag of each step, the number of waiting dead letters, and the feeds by health."""
        for topic, group in (*GROUPS, *INDEXING, (DEAD_LETTERS, REDRIVE)):
            self.lag.labels(topic, group).set(backlog.lag(topic, group))
        for health, amount in feeds.items():
            self.feeds.labels(health).set(amount)

    def measure_index(self, size: int, snapshot_age: timedelta | None) -> None:
        """Set the gauges of a cluster's index; without snapshots, their age stays at zero."""
        self.index_bytes.set(size)
        if snapshot_age is not None:
            self.snapshot_age.set(snapshot_age.total_seconds())

    def exposition(self) -> bytes:
        """Return all metrics in the text format of `CONTENT_TYPE`."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)


CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def new_metrics() -> Metrics:
    """Return a new registry with every counter at zero, and this process's memory, CPU and open files."""
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    counters: dict[Counted, Counter] = {}
    for name, (label, values, text) in _COUNTERS.items():
        counters[name] = Counter(f"onrecord_{name}", text, [label] if label else [], registry=registry)
        for value in values:
            counters[name].labels(value)
    times = {
        name: Histogram(f"onrecord_{name}_seconds", text, buckets=_BUCKETS, registry=registry)
        for name, text in _TIMES.items()
    }
    lag = Gauge("onrecord_lag_records", "Records that a step has not read yet", ["topic", "group"], registry=registry)
    feeds = Gauge("onrecord_feeds", "Feeds, by health", ["health"], registry=registry)
    snapshot_age = Gauge(
        "onrecord_snapshot_age_seconds", "Age of the latest complete snapshot of the index", registry=registry
    )
    index_bytes = Gauge(
        "onrecord_index_bytes", "Bytes of the primary shards of all generations of the index", registry=registry
    )
    return Metrics(registry, counters, times, lag, feeds, snapshot_age, index_bytes)


@cache
def metrics() -> Metrics:
    """Return the registry of this process."""
    return new_metrics()

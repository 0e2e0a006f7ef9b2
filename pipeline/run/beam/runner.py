"""Run a Beam pipeline to its end on a named runner, and collect the counters of its steps."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr
from functools import cache
from io import StringIO
from threading import Lock
from typing import Any, Final

import apache_beam as beam
from apache_beam.metrics import Metrics, MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState, create_runner

from pipeline.errors import UsageError, WorldError

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


Build = Callable[[beam.Pipeline], None]
"""Adds steps to a pipeline."""


def run(runner: str, options: Sequence[str], build: Build) -> Counter[str]:
    """Run the steps that `build` adds, to their end, and return the counts by outcome.

    `options` are Beam's, as "--name=value". UsageError for a runner that Beam does not know and an option that is
    wrong, WorldError where the run fails.
    """
    try:
        create_runner(runner)
    except (ValueError, ImportError) as error:
        raise UsageError(f"runner {runner!r} is unknown to Beam: {error}") from error
    pipeline = beam.Pipeline(options=_understood([f"--runner={runner}", *options]))
    build(pipeline)
    try:
        result = pipeline.run()
        state = result.wait_until_finish()
    except Exception as error:  # gRPC, the runner and remote steps raise errors without a common class
        raise WorldError(f"the run on {runner} failed: {_reason(error)}") from error
    if state != PipelineState.DONE:
        raise WorldError(f"the run on {runner} ended as {state}")
    counters = result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))["counters"]
    counts: Counter[str] = Counter()
    for counter in counters:
        counts[counter.key.metric.name] += counter.result
    return counts


def _understood(options: Sequence[str]) -> PipelineOptions:
    with redirect_stderr(StringIO()) as messages:
        try:
            parsed = PipelineOptions(list(options))
            parsed.get_all_options()
        except SystemExit as error:  # Beam's parser exits like a command line
            raise UsageError(f"--beam: {messages.getvalue().splitlines()[-1].rpartition('error: ')[2]}") from error
    return parsed


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:500] if lines else type(error).__name__

"""Work on what is in the log, where no `onrecord run` is doing so already."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from pipeline.errors import WorldError

if TYPE_CHECKING:
    from pipeline.services import Services

Progress = Callable[[int], None]


def process(services: "Services", progress: Progress = lambda _: None) -> Counter[str] | None:
    """Process all that is in the log; the counts by outcome, or None where a running job, or a cluster's, will do it.

    `progress` is told the number of articles done, batch by batch.
    """
    from connectors.files.lock import job_lock
    from pipeline.run.local import drain

    if services.servers:
        return None
    with ExitStack() as held:
        try:
            held.enter_context(job_lock(services.settings.file))
        except WorldError:
            return None
        return drain(services, lambda done: progress(articles(done)))


def articles(counts: Mapping[str, int]) -> int:
    """How many articles ended in one of their three outcomes."""
    return sum(counts.get(outcome, 0) for outcome in ("indexed", "duplicate", "dead-lettered"))


def told(done: Mapping[str, int] | None) -> str:
    """The counts in words, to go on after a number of articles."""
    if done is None:
        return ", to be processed by the job that is running"
    outcomes = ("indexed", "duplicate", "dead-lettered", "quotes", "new", "repeated", "changed", "corrected", "alerts")
    counts = [f"{done[outcome]:,} {outcome}" for outcome in outcomes if done.get(outcome)]
    return f": {', '.join(counts)}" if counts else ""

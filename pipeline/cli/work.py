"""The workers of one process by its roles, and the work of commands on the log."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from pipeline.cli.output import amount
from pipeline.errors import WorldError
from pipeline.run.loop import Role

if TYPE_CHECKING:
    from connectors.feeds.parser import Parser
    from pipeline.alerts.deliver import Deliverer
    from pipeline.feeds.poll import Poller
    from pipeline.model import Alert
    from pipeline.services import Services

Worker = Callable[[threading.Event], None]

Listening = Callable[[str], None]


@contextmanager
def workers(services: "Services", roles: Collection[Role], listening: Listening | None) -> Iterator[dict[str, Worker]]:
    """Yield the workers of these roles by name; what they use is closed after the block.

    `listening` is called with the address of the pages or, without the role `web`, of the health checks; with None
    nothing is served.
    """
    from connectors.feeds.parser import Parser

    running: dict[str, Worker] = {}
    if Role.JOB in roles:
        running["job"] = _job(services)
        if services.log_retention:
            running["retention"] = _retention(services)
    if Role.DELIVERER in roles:
        running["deliverer"] = _deliverer(services).run
        if services.servers:  # on one machine the job plans deliveries itself
            running["planner"] = _planner(services)
    if listening:
        running["web"] = _web(services, roles, listening)
    if Role.POLLER not in roles:
        yield running
        return
    with Parser(services.settings.poll) as parser:
        yield {"poller": _poller(services, parser).run_forever, **running}


def _poller(services: "Services", parser: "Parser") -> "Poller":
    from connectors.http.robots import CachedRobots
    from pipeline.feeds.poll import Poller
    from pipeline.ingest.revisions import last_revision
    from pipeline.run.metrics import metrics

    return Poller(
        services.desk,
        services.log,
        services.http,
        parser,
        CachedRobots,
        settings=services.settings,
        clock=services.clock,
        count=partial(metrics().count, "polls"),
        tell=_notice_sender(services),
        last=partial(last_revision, services.index),
        share=services.assignment(Role.POLLER),
    )


def _notice_sender(services: "Services") -> Callable[["Alert"], object]:
    """Return a function that puts notices about feeds into the outbox. Raises SettingsError for a wrong target."""
    from pipeline.feeds.health import deliveries

    targets = services.settings.poll.tell.split()
    for target in targets:
        services.notifier(target)
    return lambda notice: services.outbox.put(deliveries(notice, targets))


def _job(services: "Services") -> Worker:
    if services.servers and services.settings.job.runner == "flink":
        from pipeline.run.beam.supervisor import keep_running

        return partial(keep_running, services)
    from pipeline.run.local import LeaderElection, Pipeline

    return LeaderElection(services).run if services.servers else Pipeline(services).run


def _retention(services: "Services") -> Worker:
    from pipeline.run.loop import keep

    return partial(keep, services)


def _deliverer(services: "Services") -> "Deliverer":
    from pipeline.alerts.deliver import Deliverer
    from pipeline.run.metrics import metrics

    count, took = partial(metrics().count, "deliveries"), partial(metrics().time, "delivery")
    share = services.assignment(Role.DELIVERER)
    return Deliverer(services.outbox, services.notifier, services.clock, random.random, count, took=took, share=share)


def _planner(services: "Services") -> Worker:
    from pipeline.alerts.planner import DeliveryPlanner

    return DeliveryPlanner(services).run


def _web(services: "Services", roles: Collection[Role], listening: Listening) -> Worker:
    from pipeline.web.serve import serve

    return lambda stop: serve(services, stop, listening, roles)


def process(services: "Services", progress: Callable[[int], None] = lambda _: None) -> Counter[str] | None:
    """Process the log and return the counts by outcome; None if a running job or a cluster will process it.

    `progress` is called with the number of articles processed, batch by batch.
    """
    from connectors.processes import job_lock
    from pipeline.run.local import drain

    if services.servers:
        return None
    with ExitStack() as lock:
        try:
            lock.enter_context(job_lock(services.settings.file))
        except WorldError:
            return None
        return drain(services, lambda done: progress(articles(done)))


def articles(counts: Mapping[str, int]) -> int:
    """Return the number of articles that reached one of the three outcomes."""
    return sum(counts.get(outcome, 0) for outcome in ("indexed", "duplicate", "dead-lettered"))


def outcome(done: Mapping[str, int] | None) -> str:
    """Return the counts in words, to follow a number of articles."""
    if done is None:
        return ", left to the running job"
    names = ("indexed", "duplicate", "dead-lettered", "quotes", "new", "repeated", "changed", "corrected", "alerts")
    counts = [_count(done[name], name) for name in names if done.get(name)]
    return f": {', '.join(counts)}" if counts else ""


def _count(number: int, name: str) -> str:
    return amount(number, name.removesuffix("s")) if name in ("quotes", "alerts") else f"{number:,} {name}"

"""What runs side by side in one process, by the roles it has."""

import random
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from pipeline.run.roles import Role

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
    """What is to be run, by name, for the length of the block.

    `listening` is told the address of the pages, or of a process without that role, of its health; None: neither.
    """
    from connectors.feeds.parser import Parser

    running: dict[str, Worker] = {}
    if Role.JOB in roles:
        running["job"] = _job(services)
        if services.log_retention:
            running["keeping"] = _keeping(services)
    if Role.DELIVERER in roles:
        running["deliverer"] = _deliverer(services).run
        if services.servers:  # on one machine, posting is the job's last step
            running["posting"] = _posting(services)
    if listening:
        running["web"] = _web(services, roles, listening)
    if Role.POLLER not in roles:
        yield running
        return
    with Parser(services.settings.poll) as parser:
        yield {"poller": _poller(services, parser).run_forever, **running}


def _poller(services: "Services", parser: "Parser") -> "Poller":
    from pipeline.feeds.poll import Poller
    from pipeline.ingest.revisions import last_revision
    from pipeline.run.metrics import metrics

    return Poller(
        services.desk,
        services.log,
        services.http,
        parser,
        settings=services.settings,
        clock=services.clock,
        count=partial(metrics().count, "polls"),
        tell=_teller(services),
        last=partial(last_revision, services.index),
        share=services.assignment(Role.POLLER),
    )


def _teller(services: "Services") -> Callable[["Alert"], object]:
    """What puts notices of feeds into the outbox; SettingsError for a target that is none."""
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


def _keeping(services: "Services") -> Worker:
    from pipeline.run.retention import keep

    return partial(keep, services)


def _deliverer(services: "Services") -> "Deliverer":
    from pipeline.alerts.deliver import Deliverer
    from pipeline.run.metrics import metrics

    count, took = partial(metrics().count, "deliveries"), partial(metrics().time, "delivery")
    share = services.assignment(Role.DELIVERER)
    return Deliverer(services.outbox, services.notifier, services.clock, random.random, count, took=took, share=share)


def _posting(services: "Services") -> Worker:
    from pipeline.alerts.planner import DeliveryPlanner

    return DeliveryPlanner(services).run


def _web(services: "Services", roles: Collection[Role], listening: Listening) -> Worker:
    from pipeline.web.serve import serve

    return lambda stop: serve(services, stop, listening, roles)

"""What runs side by side in one process, by the roles it has."""

import random
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from pipeline.roles import Role

if TYPE_CHECKING:
    from connectors.feeds.poll import Poller
    from connectors.feeds.workers import Parser
    from pipeline.app import App
    from pipeline.deliver import Deliverer
    from pipeline.model import Alert

Worker = Callable[[threading.Event], None]
Listening = Callable[[str], None]


@contextmanager
def workers(app: "App", roles: Collection[Role], listening: Listening | None) -> Iterator[dict[str, Worker]]:
    """What is to be run, by name, for the length of the block.

    `listening` is told the address of the pages, or of a process without that role, of its health; None: neither.
    """
    from connectors.feeds.workers import Parser

    running: dict[str, Worker] = {}
    if Role.JOB in roles:
        running["job"] = _job(app)
        if app.trim:
            running["keeping"] = _keeping(app)
    if Role.DELIVERER in roles:
        running["deliverer"] = _deliverer(app).run
        if app.servers:  # on one machine, posting is the job's last step
            running["posting"] = _posting(app)
    if listening:
        running["web"] = _web(app, roles, listening)
    if Role.POLLER not in roles:
        yield running
        return
    with Parser(app.settings.poll) as parser:
        yield {"poller": _poller(app, parser).run_forever, **running}


def _poller(app: "App", parser: "Parser") -> "Poller":
    from connectors.feeds.poll import Poller
    from pipeline.articles import last_revision
    from pipeline.metrics import metrics

    return Poller(
        app.desk,
        app.log,
        app.outside,
        parser,
        settings=app.settings,
        clock=app.clock,
        count=partial(metrics().count, "polls"),
        tell=_teller(app),
        last=partial(last_revision, app.archive),
        share=app.share(Role.POLLER),
    )


def _teller(app: "App") -> Callable[["Alert"], object]:
    """What puts notices of feeds into the outbox; SettingsError for a target that is none."""
    from pipeline.notices import deliveries

    targets = app.settings.poll.tell.split()
    for target in targets:
        app.notifier(target)
    return lambda notice: app.outbox.put(deliveries(notice, targets))


def _job(app: "App") -> Worker:
    if app.servers and app.settings.job.runner == "flink":
        from pipeline.beam.supervisor import keep_running

        return partial(keep_running, app)
    from pipeline.local import Pipeline, Standby

    return Standby(app).run if app.servers else Pipeline(app).run


def _keeping(app: "App") -> Worker:
    from pipeline.keeping import keep

    return partial(keep, app)


def _deliverer(app: "App") -> "Deliverer":
    from pipeline.deliver import Deliverer
    from pipeline.metrics import metrics

    count, took = partial(metrics().count, "deliveries"), partial(metrics().time, "delivery")
    share = app.share(Role.DELIVERER)
    return Deliverer(app.outbox, app.notifier, app.clock, random.random, count, took=took, share=share)


def _posting(app: "App") -> Worker:
    from pipeline.posting import Poster

    return Poster(app).run


def _web(app: "App", roles: Collection[Role], listening: Listening) -> Worker:
    from pipeline.web.serve import serve

    return lambda stop: serve(app, stop, listening, roles)

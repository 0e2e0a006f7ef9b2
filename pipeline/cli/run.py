"""`onrecord run`: the main job."""

import logging
import random
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import opened
from pipeline.cli.guard import written
from pipeline.cli.output import amount, one_line, say
from pipeline.model import Actor, Feed, Watch

if TYPE_CHECKING:
    from connectors.feeds.workers import Parser
    from pipeline.app import App

Worker = Callable[[threading.Event], None]


def run(
    ctx: typer.Context,
    web: Annotated[bool, typer.Option("--web/--no-web", help="Whether to serve the pages and the API.")] = True,
) -> None:
    """Follow the feeds, find who says what, and deliver alerts, until Ctrl-C or SIGTERM.

    Alerts of watches that deliver to stdout are printed on standard output; what else happens, on standard error.
    """
    from connectors.feeds.workers import Parser
    from connectors.lock import job_lock

    with (
        stopped_by_signals() as stop,
        opened(ctx, new=True) as app,
        job_lock(app.settings.file),
        Parser(app.settings.poll) as parser,
    ):
        say(standing(app))
        listening = (lambda address: say(f"Look at {address}")) if web else None
        work(workers(app, parser, listening), stop)
    say("Stopped; nothing is lost")


def standing(app: "App") -> str:
    """What the job works with, and what is missing."""
    feeds, actors, watches = len(app.desk.all(Feed)), len(app.desk.all(Actor)), len(app.desk.all(Watch))
    desk = f"{amount(actors, 'actor')}, {amount(watches, 'watch', 'watches')}"
    lines = [f"Following {amount(feeds, 'feed')}; {desk}; all in {app.settings.file}"]
    if not feeds:
        lines.append("There are no feeds yet: onrecord feeds add URL")
    if not watches:
        lines.append("There are no watches yet, so nobody is told: onrecord watches add TITLE --by NAME")
    return "\n".join(lines)


def workers(app: "App", parser: "Parser", listening: Callable[[str], None] | None) -> dict[str, Worker]:
    """What runs side by side, by name; the pages too where somebody wants to know their address."""
    from connectors.feeds.poll import Poller
    from pipeline.articles import last_revision
    from pipeline.deliver import Deliverer
    from pipeline.local import Pipeline
    from pipeline.metrics import metrics
    from pipeline.web.serve import serve

    looks, tries = partial(metrics().count, "polls"), partial(metrics().count, "deliveries")
    poller = Poller(
        app.desk,
        app.log,
        app.outside,
        parser,
        settings=app.settings,
        clock=app.clock,
        count=looks,
        last=partial(last_revision, app.archive),
    )
    deliverer = Deliverer(app.outbox, app.notifier, app.clock, random.random, tries)
    running: dict[str, Worker] = {
        "poller": poller.run_forever,
        "pipeline": Pipeline(app).run,
        "deliverer": deliverer.run,
    }
    if listening:
        running["web"] = lambda stop: serve(app, stop, listening)
    return running


def work(running: Mapping[str, Worker], stop: threading.Event) -> None:
    """Run them until `stop` is set; what our loggers say goes to standard error."""
    from pipeline.local import run as run_all

    with _told_on_stderr():
        run_all(running, stop)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """What Ctrl-C or SIGTERM sets for the length of the block; a second one ends the process as it would without."""
    stop = threading.Event()

    def ask_to_stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, before[signal.Signals(number)])
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Line(logging.Formatter):
    """One line for each message; tracebacks go into a file."""

    def format(self, record: logging.LogRecord) -> str:
        line = one_line(record.getMessage())
        if record.exc_info and record.exc_info[1]:
            line += f"; details are in {written(record.exc_info[1])}"
        return f"{self.formatTime(record, '%H:%M:%S')} {line}"


@contextmanager
def _told_on_stderr() -> Iterator[None]:
    """Messages of our loggers on standard error for the length of the block."""
    logger = logging.getLogger("onrecord")
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = True

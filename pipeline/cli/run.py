"""`onrecord run`: the main job."""

import logging
import signal
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import chosen, opened
from pipeline.cli.guard import written
from pipeline.cli.output import amount, one_line, say
from pipeline.cli.workers import Worker, workers
from pipeline.errors import UsageError
from pipeline.model import Actor, Feed, Watch
from pipeline.run.roles import Role

if TYPE_CHECKING:
    from pipeline.services import Services


def run(
    ctx: typer.Context,
    role: Annotated[
        list[Role] | None,
        typer.Option(help="What this process of a cluster does; several may be given. All by default."),
    ] = None,
    web: Annotated[
        bool, typer.Option("--web/--no-web", help="Whether to serve the pages and the API, or a role's health.")
    ] = True,
) -> None:
    """Follow the feeds, find who says what, and deliver alerts, until Ctrl-C or SIGTERM.

    Alerts of watches that deliver to stdout are printed on standard output; what else happens, on standard error.
    """
    roles = frozenset(role or Role)
    if role and chosen(ctx).settings().profile == "embedded":
        raise UsageError("--role is for the profile 'cluster'; on one machine, one process does everything")
    with stopped_by_signals() as stop, opened(ctx, new=True) as services, _locked(services):
        say(standing(services, roles))
        listening = (lambda address: say(f"Look at {address}")) if web else None
        with workers(services, roles, listening) as running:
            work(running, stop)
    say("Stopped; nothing is lost")


def _locked(services: "Services") -> AbstractContextManager[None]:
    """No second job on the file, where there is one."""
    from connectors.files.lock import job_lock

    return nullcontext() if services.servers else job_lock(services.settings.file)


def standing(services: "Services", roles: Collection[Role]) -> str:
    """What the job works with, and what is missing."""
    if services.servers:
        settings = services.settings
        servers = f"Kafka at {', '.join(settings.kafka.brokers)}, Elasticsearch at {settings.elasticsearch.url}"
        return f"At work as {', '.join(sorted(roles))}; {servers}"
    feeds, actors, watches = len(services.desk.all(Feed)), len(services.desk.all(Actor)), len(services.desk.all(Watch))
    desk = f"{amount(actors, 'actor')}, {amount(watches, 'watch', 'watches')}"
    lines = [f"Following {amount(feeds, 'feed')}; {desk}; all in {services.settings.file}"]
    if not feeds:
        lines.append("There are no feeds yet: onrecord feeds add URL")
    if not watches:
        lines.append("There are no watches yet, so nobody is told: onrecord watches add TITLE --by NAME")
    return "\n".join(lines)


def work(running: Mapping[str, Worker], stop: threading.Event) -> None:
    """Run them until `stop` is set; what our loggers say goes to standard error."""
    from pipeline.run.local import run as run_all

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

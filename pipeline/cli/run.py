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
from pipeline.cli.work import Worker, workers
from pipeline.errors import UsageError
from pipeline.model import Actor, Feed, Watch
from pipeline.run.loop import Role

if TYPE_CHECKING:
    from pipeline.services import Services


def run(
    ctx: typer.Context,
    role: Annotated[
        list[Role] | None,
        typer.Option(help="A role of this process in a cluster; repeatable. All roles by default."),
    ] = None,
    web: Annotated[
        bool, typer.Option("--web/--no-web", help="Serve the pages and the API, or the health checks of a role.")
    ] = True,
) -> None:
    """Follow the feeds, extract who says what, and deliver alerts, until Ctrl-C or SIGTERM.

    Watches that deliver to stdout print their alerts on standard output; messages go to standard error.
    """
    roles = frozenset(role or Role)
    if role and chosen(ctx).settings().profile == "embedded":
        raise UsageError("--role needs the profile 'cluster'; on one machine, one process has all roles")
    with stopped_by_signals() as stop, opened(ctx, new=True) as services, _locked(services):
        say(opening(services, roles))
        listening = (lambda address: say(f"Open {address}")) if web else None
        with workers(services, roles, listening) as running:
            work(running, stop)
    say("Stopped; nothing is lost")


def _locked(services: "Services") -> AbstractContextManager[None]:
    """Lock the file against a second job; a cluster has no file."""
    from connectors.processes import job_lock

    return nullcontext() if services.servers else job_lock(services.settings.file)


def opening(services: "Services", roles: Collection[Role]) -> str:
    """Return what the job works with, and what is missing."""
    if services.servers:
        settings = services.settings
        servers = f"Kafka at {', '.join(settings.kafka.brokers)}, Elasticsearch at {settings.elasticsearch.url}"
        return f"Running as {', '.join(sorted(roles))}; {servers}"
    feeds, actors, watches = len(services.desk.all(Feed)), len(services.desk.all(Actor)), len(services.desk.all(Watch))
    desk = f"{amount(actors, 'actor')}, {amount(watches, 'watch', 'watches')}"
    lines = [f"Following {amount(feeds, 'feed')}; {desk}; file {services.settings.file}"]
    if not feeds:
        lines.append("There are no feeds yet: onrecord feeds add URL")
    if not watches:
        lines.append("There are no watches yet, so nobody is alerted: onrecord watches add TITLE --by NAME")
    return "\n".join(lines)


def work(running: Mapping[str, Worker], stop: threading.Event) -> None:
    """Run the workers until `stop` is set; log messages go to standard error."""
    from pipeline.run.local import run as run_all

    with _logging_to_stderr():
        run_all(running, stop)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C or SIGTERM sets; a second signal ends the process at once."""
    stop = threading.Event()

    def request_stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, before[signal.Signals(number)])
        stop.set()

    before = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Line(logging.Formatter):
    """Formats a message as one line; tracebacks go into a file."""

    def format(self, record: logging.LogRecord) -> str:
        line = one_line(record.getMessage())
        if record.exc_info and record.exc_info[1]:
            line += f"; details are in {written(record.exc_info[1])}"
        return f"{self.formatTime(record, '%H:%M:%S')} {line}"


@contextmanager
def _logging_to_stderr() -> Iterator[None]:
    """Write the messages of our loggers to standard error during the block."""
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

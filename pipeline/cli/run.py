"""`onrecord run` and `onrecord mcp`, and the workers of each role."""

import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import chosen, opened
from pipeline.cli.output import amount, say, written
from pipeline.errors import UsageError, WorldError
from pipeline.model import Actor, Change, Feed, Watch
from pipeline.roles import Role, needs
from pipeline.run.logs import Style, logging_to_stderr
from pipeline.run.loop import stopped_by_signals, watch_servers
from pipeline.run.traces import traced, tracing

if TYPE_CHECKING:
    from connectors.feeds.parser import Parser
    from pipeline.model import Alert
    from pipeline.run.deliver import Deliverer
    from pipeline.run.poll import Poller
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
    from pipeline.run.evidence import EvidenceKeeper

    running: dict[str, Worker] = {}
    if Role.JOB in roles:
        running |= _job(services)
        running |= _upkeep(services)
    if Role.DELIVERER in roles:
        running["deliverer"] = _deliverer(services).run
        if services.servers:  # on one machine the job plans deliveries itself
            running["planner"] = _planner(services)
    if services.servers:
        checks = {name: check for name, check in services.servers.items() if name in needs(roles)}
        running["servers"] = partial(watch_servers, checks)
    if listening:
        running["web"] = _web(services, roles, listening)
    if Role.POLLER not in roles:
        yield running
        return
    if services.evidence:
        running["evidence"] = EvidenceKeeper(services, services.evidence).run
    with Parser(services.settings.poll) as parser:
        yield {"poller": _poller(services, parser).run_forever, **running}


def _poller(services: "Services", parser: "Parser") -> "Poller":
    from connectors.http.robots import CachedRobots
    from pipeline.ingest.revisions import last_revision
    from pipeline.run.metrics import metrics
    from pipeline.run.poll import Poller
    from pipeline.services import inboxes

    return Poller(
        services.desk,
        services.log,
        services.http(),
        parser,
        CachedRobots,
        settings=services.settings,
        clock=services.clock,
        count=partial(metrics().count, "polls"),
        tell=_notice_sender(services),
        last=partial(last_revision, services.index),
        quotes=lambda article: sum(len(document.quotes) for document in services.index.documents(article)[-1:]),
        share=services.assignment(Role.POLLER),
        inboxes=inboxes(services.settings, parser, services.clock),
        evidence=services.evidence,
    )


def _notice_sender(services: "Services") -> Callable[["Alert"], object]:
    """Return a function that puts notices about feeds into the outbox. Raises SettingsError for a wrong target."""
    from pipeline.feeds.health import deliveries

    targets = services.settings.poll.tell.split()
    for target in targets:
        services.notifier(target)
    return lambda notice: services.outbox.put(deliveries(notice, targets))


def _job(services: "Services") -> dict[str, Worker]:
    if services.servers and services.settings.job.runner == "flink":
        from pipeline.ports import DECISIONS, DOCUMENTS
        from pipeline.run.beam.supervisor import keep_running
        from pipeline.run.indexer import Indexer

        indexers = {f"index of {topic}": Indexer(services, topic).run for topic in (DOCUMENTS, DECISIONS)}
        return {"job": partial(keep_running, services), **indexers}
    from pipeline.run.local import LeaderElection, Pipeline

    if services.servers:
        return {"job": LeaderElection(services).run}
    if services.translator or services.reviewer:  # a slow service delays alerts, and no articles
        return {"job": Pipeline(services, plans_deliveries=False).run, "posting": _planner(services)}
    _check_brief(services)
    return {"job": Pipeline(services).run}


def _check_brief(services: "Services") -> None:
    """UsageError or SettingsError if a brief cannot be mailed."""
    for address in services.settings.brief.to:
        services.notifier(f"email:{address}")


def _upkeep(services: "Services") -> dict[str, Worker]:
    from pipeline.run.local import trim_until
    from pipeline.run.loop import keep_up
    from pipeline.run.metrics import metrics

    running: dict[str, Worker] = {}
    if services.log_retention:
        running["retention"] = partial(trim_until, services)
    if services.index_upkeep:
        running["upkeep of the index"] = partial(keep_up, partial(services.index_upkeep, metrics().measure_index))
    return running


def _deliverer(services: "Services") -> "Deliverer":
    from pipeline.run.deliver import Deliverer
    from pipeline.run.metrics import metrics

    count, took = partial(metrics().count, "deliveries"), partial(metrics().time, "delivery")
    share = services.assignment(Role.DELIVERER)
    notifier = traced(services.notifier)
    return Deliverer(services.outbox, notifier, services.clock, random.random, count, took=took, share=share)


def _planner(services: "Services") -> Worker:
    from pipeline.run.deliver import DeliveryPlanner

    _check_brief(services)

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
    from connectors.processes import bound_heaps

    bound_heaps()
    roles = frozenset(role or Role)
    if role and chosen(ctx).settings().profile == "embedded":
        raise UsageError("--role needs the profile 'cluster'; on one machine, one process has all roles")
    with stopped_by_signals() as stop, opened(ctx, new=True) as services, _locked(services):
        say(opening(services, roles))
        note_settings(services, roles)
        listening = (lambda address: say(f"Open {address}")) if web else None
        with (
            tracing(services.settings.traces, ",".join(sorted(roles))),
            workers(services, roles, listening) as running,
        ):
            work(running, stop, services.settings.logs)
    say("Stopped; nothing is lost")


def _locked(services: "Services") -> AbstractContextManager[None]:
    """Lock the file against a second job; a cluster has no file."""
    from connectors.processes import job_lock

    return nullcontext() if services.servers else job_lock(services.settings.file)


def note_settings(services: "Services", roles: Collection[Role]) -> None:
    """Write the settings that have changed since the last run to the audit log.

    In a cluster only a process with the pages does so, which alone may write that topic.
    """
    from pipeline.cli.config import without_secrets
    from pipeline.desk import SETTINGS, changed_settings

    if Role.WEB not in roles:
        return
    name, who = f"of {', '.join(sorted(roles))}", f"a start on {socket.gethostname()}"
    if fields := changed_settings(services.desk.all(Change), without_secrets(services.settings), name):
        now = services.clock()
        services.desk.save(Change(at=now, who=who, noun=SETTINGS, record=name, action="changed", fields=fields))


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


def work(running: Mapping[str, Worker], stop: threading.Event, style: Style) -> None:
    """Run the workers until `stop` is set; log messages of this style go to standard error."""
    from pipeline.run.local import run as run_all

    with logging_to_stderr(style, written):
        run_all(running, stop)


def mcp(
    ctx: typer.Context,
    writes: Annotated[bool, typer.Option("--writes", help="Let the assistant add watches.")] = False,
) -> None:
    """Serve search, statements, articles, actors, alerts and watches to an assistant on standard input and output."""
    try:
        from pipeline.web.assistants import server
    except ModuleNotFoundError as error:
        raise UsageError("onrecord mcp needs the extra `mcp`: pip install 'onrecord[mcp]'") from error
    with opened(ctx) as services:
        server(services, writes=writes).run("stdio")

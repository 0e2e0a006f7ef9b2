"""`onrecord doctor` and `onrecord audit`: check the desk and say what to do, and who changed it."""

import os
import platform
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer

from pipeline import __version__
from pipeline.cli.desk import chosen, opened
from pipeline.cli.output import Json, amount, one_line, put, put_json, put_table
from pipeline.errors import OnRecordError, WorldError
from pipeline.model import Actor, Change, ChangedField, Group, PushSubscription, Watch
from pipeline.ports import DEAD_LETTERS
from pipeline.roles import KAFKA, Role, port_of
from pipeline.run.metrics import GROUPS, INDEXING, REDRIVE
from pipeline.text import spelled
from pipeline.text.targets import shown_delivery

if TYPE_CHECKING:
    from pipeline.services import Services
    from pipeline.settings import Settings

_LEAST_FREE: Final = 500_000_000  # bytes; a busy day of 5,000 articles takes a little less

_MOST_LAG: Final = 1_000  # records; about ten seconds of work

_MOST_NAMED: Final = 10  # feeds

_NEARLY_FULL: Final = 0.95  # of the folder of evidence; held files make room earlier


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check: its subject, whether it passed, and what is wrong or should be done."""

    subject: str
    ok: bool
    text: str


def doctor(ctx: typer.Context, as_json: Json = False) -> None:
    """Check settings, file or servers, disk, job, feeds, deliveries, services and ports; exit code 1 if one is bad."""
    findings = list(_findings(ctx))
    if as_json:
        put_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            put(f"{'ok  ' if finding.ok else 'look'}  {finding.subject:<12} {one_line(finding.text)}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def _findings(ctx: typer.Context) -> Iterator[Finding]:
    yield Finding("version", True, f"On the Record {__version__}, Python {platform.python_version()}")
    try:
        settings = chosen(ctx).settings()
    except OnRecordError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, f"from {chosen(ctx).config_file() or 'no file'}; `onrecord config show` shows them")
    one_machine = settings.profile == "embedded"
    if one_machine:
        yield _disk(settings)
    try:
        with opened(ctx) as services:
            for check in (*((_file, _job) if one_machine else (_servers, _cluster_job)), *_ON_THE_DESK):
                yield from check(services)
    except OnRecordError as error:
        yield Finding("file" if one_machine else "cluster", False, str(error))


def _disk(settings: "Settings") -> Finding:
    folder = settings.file.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:,.1f} GB free at {folder}"
    return Finding("disk", free >= _LEAST_FREE, text if free >= _LEAST_FREE else f"{text}: make room")


def _file(services: "Services") -> Iterator[Finding]:
    file = services.settings.file
    unwritable = [str(path) for path in (file, file.parent) if not os.access(path, os.W_OK)]
    if os.name == "posix" and (mode := file.stat().st_mode & 0o077):
        yield Finding("file", False, f"{file} can be read by others (mode {mode:03o} for them): chmod 600 {file}")
    retention = services.settings.keep.log
    log = f"log retention {spelled(retention)}" if retention else "log retention unlimited"
    size = f"{file}, {file.stat().st_size / 1e6:,.1f} MB; {log}"
    yield Finding("file", not unwritable, f"{' and '.join(unwritable)} cannot be written" if unwritable else size)


def _servers(services: "Services") -> Iterator[Finding]:
    """Check the servers of the cluster. Without Kafka nothing else can be checked, so its error is raised."""
    errors = {name: _trouble(check) for name, check in services.servers.items()}
    for name, error in errors.items():
        yield Finding(name, not error, str(error) if error else "answers")
    if error := errors[KAFKA]:
        raise error


def _cluster_job(services: "Services") -> Iterator[Finding]:
    waiting, most = _backlog(services)
    yield Finding("backlog", most < _MOST_LAG, f"{waiting} to process")


def _backlog(services: "Services") -> tuple[str, int]:
    """Return the backlog in words, and its longest queue."""
    lags = {topic: services.log.lag(topic, group) for topic, group in (*GROUPS, *INDEXING)}
    return ", ".join(f"{lag:,} {topic}" for topic, lag in lags.items() if lag) or "nothing", max(lags.values())


def _job(services: "Services") -> Iterator[Finding]:
    """Check whether a job is running, its backlog, and its port."""
    from connectors.processes import job_lock

    running = ""
    with ExitStack() as lock:
        try:
            lock.enter_context(job_lock(services.settings.file))
        except WorldError as error:
            running = str(error)
    waiting, most = _backlog(services)
    if running:
        yield Finding("job", True, f"`onrecord run` is running: {running}")
        yield Finding("backlog", most < _MOST_LAG, f"{waiting} to process")
    else:
        yield Finding("job", not most, f"no `onrecord run` is running; {waiting} to process")
    yield _port(services.settings, running=bool(running))


def _port(settings: "Settings", *, running: bool) -> Finding:
    host = settings.web.host
    port = port_of([*Role]) if settings.web.port is None else settings.web.port
    address = f"http://{host}:{port}"
    if not port:
        return Finding("port", True, "the job chooses a free port")
    taken = answers(host, port)
    if running:
        return Finding("port", taken, address if taken else f"{address} does not answer, or the job serves no pages")
    return Finding("port", not taken, f"web.port {port} is taken by another program" if taken else f"{port} is free")


def answers(host: str, port: int) -> bool:
    """Return whether a server listens on the port."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _dead_letters(services: "Services") -> Iterator[Finding]:
    waiting = services.log.lag(DEAD_LETTERS, REDRIVE)
    yield Finding(
        "dead letters", not waiting, f"{waiting:,}; `onrecord dead-letters list` shows them" if waiting else "none"
    )


def _feeds(services: "Services") -> Iterator[Finding]:
    from pipeline.feeds.health import health
    from pipeline.feeds.state import subscriptions

    feeds = [health(state, services.clock()) for _, state in subscriptions(services.desk)]
    unhealthy = [feed for feed in feeds if feed.condition not in ("new", "healthy")]
    new = sum(feed.condition == "new" for feed in feeds)
    condition = f"{len(unhealthy):,} failing, silent, flooding, waiting or gone" if unhealthy else "none in trouble"
    unread = f", {new:,} not read yet: `onrecord run` reads them" if new else ""
    yield Finding(
        "feeds", bool(feeds), f"{len(feeds):,}, {condition}{unread}" if feeds else "none: onrecord feeds add URL"
    )
    for feed in unhealthy[:_MOST_NAMED]:
        state = f"failed {feed.failures} times in a row" if feed.failures else f"is {feed.condition}"
        yield Finding("feed", False, f"{feed.url} {state}: {feed.text}")
    for target in services.settings.poll.tell.split():
        if error := _trouble(services.notifier, target):
            yield Finding("feeds", False, f"poll.tell: {error}")
    for address in services.settings.brief.to:
        if error := _trouble(services.notifier, f"email:{address}"):
            yield Finding("brief", False, f"brief.to: {error}")


def _watches(services: "Services") -> Iterator[Finding]:
    from pipeline.alerts.match import check

    actors, groups, watches = services.desk.all(Actor), services.desk.all(Group), services.desk.all(Watch)
    text = f"{len(watches):,}; {amount(len(actors), 'actor')}"
    yield Finding("watches", bool(watches), text if watches else "none: onrecord watches add TITLE --by NAME")
    for watch in watches:
        targets = (_trouble(services.notifier, target) for target in watch.deliver)
        trouble = [_trouble(check, watch, actors, groups), *targets]
        yield from (Finding("watch", False, f"{watch.id}: {error}") for error in trouble if error)


def _evidence(services: "Services") -> Iterator[Finding]:
    if services.evidence is None:
        return
    stored, most = services.evidence.usage()
    text = f"{stored / 1e6:,.1f} of {most / 1e6:,.1f} MB (evidence.bytes)"
    full = stored >= _NEARLY_FULL * most
    advice = ": raise evidence.bytes or shorten evidence.keep, or new evidence is not stored" if full else ""
    yield Finding("evidence", not full, text + advice)


def _plug_ins(_: "Services") -> Iterator[Finding]:
    from connectors import notify
    from connectors.files import reader, tables
    from pipeline import languages
    from pipeline.plug_ins import GROUPS, load

    for group in (notify.plug_ins(), reader.added(), languages.added(), tables.added()):
        for name, point in sorted(group.items()):
            error = _trouble(load, point)
            origin = f"{GROUPS[point.group]} {name!r} from {point.value}"
            yield Finding("plug-in", error is None, str(error) if error else origin)


def _optional_services(services: "Services") -> Iterator[Finding]:
    """Check the services that the settings name: the translator by a translation, the others by a connection."""
    settings = services.settings
    yield from _browsers(services)
    if services.translator:
        error = _trouble(services.translator.translate, "Good morning", "en", settings.translate.timeout)
        yield Finding("translator", not error, str(error) if error else f"{settings.translate.service} translates")
    named = (
        ("reviewer", settings.review.address),
        ("collector", settings.traces),
        ("login provider", settings.oidc.issuer),
    )
    for subject, address in named:
        if address:
            yield _answering(subject, address)


def _browsers(services: "Services") -> Iterator[Finding]:
    """Count the browsers that get alerts, and name the users whom a watch alerts in none."""
    subscribed = [browser.user for browser in services.desk.all(PushSubscription)]
    if services.settings.push.key:
        error = _trouble(services.notifier, "push:anybody")
        text = f"{amount(len(subscribed), 'browser')} of {amount(len(set(subscribed)), 'user')}"
        yield Finding("push", error is None, str(error) if error else text)
    for watch in services.desk.all(Watch):
        for target in watch.deliver:
            name, _, user = target.partition(":")
            if name == "push" and user not in subscribed:
                yield Finding("watch", False, f"{watch.id}: {user} has no browser that takes alerts; see /account")


def _answering(subject: str, address: str) -> Finding:
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    answering = answers(parts.hostname or "", port)
    return Finding(subject, answering, address if answering else f"{address} does not answer")


def _trouble(check: Callable[..., object], *arguments: object) -> OnRecordError | None:
    """Run the check and return its error, if any."""
    try:
        check(*arguments)
    except OnRecordError as error:
        return error
    return None


def _deliveries(services: "Services") -> Iterator[Finding]:
    failed = len(services.outbox.listing("failed", 1000))
    retried = [d for d in services.outbox.listing("pending", 1000) if d.attempts]
    text = f"{failed:,} failed: `onrecord alerts list --state failed`, `onrecord alerts retry --failed`"
    yield Finding("deliveries", not failed, text if failed else "none failed")
    if retried:
        last = shown_delivery(retried[0])
        yield Finding(
            "deliveries", False, f"{len(retried):,} waiting for a retry, such as {last.target}: {last.last_error}"
        )


_ON_THE_DESK: Final = (_dead_letters, _feeds, _watches, _deliveries, _evidence, _optional_services, _plug_ins)


def audit(
    ctx: typer.Context,
    record: Annotated[str, typer.Argument(help="The id of a record, or its type, such as watch.")] = "",
    by: Annotated[
        str, typer.Option(metavar="NAME", help="Only changes by this user, or whose origin has these words.")
    ] = "",
    most: Annotated[int, typer.Option(min=1, help="Maximum number of changes to list.")] = 100,
    as_json: Json = False,
) -> None:
    """List who changed which feed, actor, group, watch, mute, note, user, session, token or setting, the newest first.

    Secrets in targets and settings are masked.
    """
    from pipeline.codec import plain
    from pipeline.desk import matching

    with opened(ctx) as services:
        changes = matching(services.desk.all(Change), record=record, who=by)
    newest = changes[: -most - 1 : -1]
    if as_json:
        return put_json([plain(change) for change in newest])
    return put_table(
        ("time", "who", "action", "what", "fields"),
        [(c.at, c.who, c.action, f"{c.noun} {c.record}", tuple(map(_field, c.fields))) for c in newest],
        "No changes yet",
    )


def _field(field: ChangedField) -> str:
    return f"{field.name}: {' → '.join(part for part in (field.before, field.after) if part)}"

"""The pages about the desk itself: the state of the machine, dead letters, the audit log, the API and the guide."""

import platform
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from pipeline import __version__
from pipeline.desk import matching
from pipeline.errors import OnRecordError
from pipeline.feeds.health import health
from pipeline.feeds.state import subscriptions
from pipeline.ingest.urls import host
from pipeline.model import Change
from pipeline.model.query import Search
from pipeline.ports import ARTICLES, DEAD_LETTERS
from pipeline.roles import Role
from pipeline.run.metrics import GROUPS, INDEXING, REDRIVE
from pipeline.services import Services
from pipeline.text.targets import shown_delivery
from pipeline.web import alerts
from pipeline.web.dependencies import Form, OpenServices, back
from pipeline.web.pages.sources import name_of
from pipeline.web.render import page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

LEAST_BYTES_FREE: Final = 100_000_000

_READERS: Final = {"post": Role.DELIVERER, "redrive": Role.WEB}

_TROUBLES: Final = 10  # of each kind

_MOST_FAILED: Final = 1_000  # deliveries that are counted

_LATE: Final = timedelta(minutes=15)  # a site that is asked rarely delays its feeds by some minutes

_MOST_CHANGES: Final = 500  # on the page of the audit log


@dataclass(frozen=True, slots=True)
class Queue:
    """A topic of the log with the role that reads it, and how many records wait for that role."""

    topic: str
    role: Role
    waiting: int


@dataclass(frozen=True, slots=True)
class Late:
    """The overdue work of a role, which perhaps does not run: how much of it, and since when the first is due."""

    role: Role
    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong: its name, what went wrong when, and the page that shows more of it."""

    name: str
    text: str
    time: datetime | None
    address: str


def readiness(services: Services) -> dict[str, str]:
    """Return what each dependency is: "ok", or what is wrong with it."""
    if services.servers:
        return {name: _check(ask) for name, ask in services.servers.items()}
    return {
        "log": _check(lambda: services.log.lag(ARTICLES, "extract")),
        "index": _check(lambda: services.index.search(Search(limit=1))),
        "disk": _disk(services),
    }


def _check(ask: Callable[[], object]) -> str:
    try:
        ask()
    except OnRecordError as error:
        return str(error)
    return "ok"


def _disk(services: Services) -> str:
    folder = services.settings.file.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return f"{folder}: {error.strerror}"
    if free >= LEAST_BYTES_FREE:
        return "ok"
    return f"{folder}: {free // 1_000_000} MB are free, at least {LEAST_BYTES_FREE // 1_000_000} MB are needed"


@router.get("/system")
def system(services: OpenServices, request: Request) -> Response:
    """Return the state of the machine: its queues, its servers or file, its last errors and its versions."""
    queues = _queues(services)
    free, size = _space(services)
    read = [state.last_success for _, state in subscriptions(services.desk) if state.last_success]
    return page(
        request,
        "system.html",
        rows=queues,
        queues=queues,
        failed=len(services.outbox.listing("failed", _MOST_FAILED)),
        most_failed=_MOST_FAILED,
        free=free,
        size=size,
        evidence=services.evidence.usage() if services.evidence else None,
        checks=readiness(services),
        roles=[_late_feeds(services), _late_deliveries(services)],
        last_poll=max(read, default=None),
        troubles=sorted(_troubles(services), key=lambda trouble: str(trouble.time or ""), reverse=True),
        versions={
            "On the Record": __version__,
            "Python": platform.python_version(),
            "profile": services.settings.profile,
        },
    )


def _space(services: Services) -> tuple[int | None, int | None]:
    """The bytes free beside the file, and those of the file; None in a cluster, and where there is no file any more."""
    file = services.settings.file
    if services.servers or not file.exists():
        return None, None
    return shutil.disk_usage(file.parent).free, file.stat().st_size


def _queues(services: Services) -> list[Queue]:
    groups = (*GROUPS, *(INDEXING if services.servers else ()), (DEAD_LETTERS, REDRIVE))
    return [Queue(topic, _READERS.get(group, Role.JOB), services.log.lag(topic, group)) for topic, group in groups]


def _late_feeds(services: Services) -> Late:
    """The feeds that the poller should have read."""
    due = (
        state.next_check
        for feed, state in subscriptions(services.desk)
        if state.polled and not (feed.paused or state.gone)
    )
    return _late(Role.POLLER, due, services.clock())


def _late_deliveries(services: Services) -> Late:
    """The newest deliveries that the deliverer should have sent."""
    pending = services.outbox.listing("pending", _MOST_FAILED)
    return _late(Role.DELIVERER, (max(each.planned, each.next_try) for each in pending), services.clock())


def _late(role: Role, due: Iterable[datetime], now: datetime) -> Late:
    overdue = [time for time in due if time < now - _LATE]
    return Late(role, len(overdue), min(overdue, default=None))


def _troubles(services: Services) -> Iterator[Trouble]:
    """The feeds that cannot be read, the newest failed deliveries, and the oldest dead letters."""
    now = services.clock()
    ill = ((feed, state) for feed, state in subscriptions(services.desk) if state.failures)
    for feed, state in islice(ill, _TROUBLES):
        name = name_of(feed, state) or host(feed.url)
        yield Trouble(name, health(state, now).text, state.last_success, f"/feeds?sick=1&find={feed.url}")
    for delivery in map(shown_delivery, services.outbox.listing("failed", _TROUBLES)):
        yield Trouble(delivery.target, delivery.last_error, delivery.alert.created, "/alerts?view=failed")
    for letter in alerts.dead_letters(services, _TROUBLES):
        yield Trouble(letter.key or letter.origin, letter.error, letter.time, "/dead-letters")


@router.get("/dead-letters")
def failures(services: OpenServices, request: Request) -> Response:
    """Return what could not be processed."""
    total = services.log.lag(DEAD_LETTERS, REDRIVE)
    letters = alerts.dead_letters(services, 100)
    return page(request, "dead-letters.html", rows=letters, letters=letters, total=total)


@router.post("/dead-letters")
def change_dead_letters(services: OpenServices, form: Form) -> Response:
    """Try a dead letter again, or the oldest ones; or discard a dead letter."""
    if "retry" in form:
        alerts.retry_dead_letter(services, form["retry"])
    elif "discard" in form:
        alerts.discard_dead_letter(services, form["discard"])
    else:
        alerts.retry_dead_letters(services)
    return back("/dead-letters")


@router.get("/audit")
def audit(services: OpenServices, request: Request, record: str = "", who: str = "") -> Response:
    """The audit log, of all records and users or of those that the address names."""
    changes = matching(services.desk.all(Change), record=record.strip(), who=who.strip())
    newest = changes[: -_MOST_CHANGES - 1 : -1]
    return page(request, "audit.html", rows=newest, changes=newest, total=len(changes), record=record, who=who)


@router.get("/api")
def api(request: Request) -> Response:
    """Return what the API offers, from its own description."""
    return page(request, "api.html", description=request.app.openapi())


@router.get("/help")
def guide(request: Request) -> Response:
    """Return what the words mean, and how to do the usual things."""
    return page(request, "help.html")

"""The composition root: the one place where doors are chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from connectors import notify
from connectors.desk.sqlite import SqliteDesk
from connectors.http import Outside
from connectors.index.sqlite import SqliteIndex
from connectors.log.sqlite import SqliteLog
from connectors.outbox.sqlite import SqliteOutbox
from connectors.reread import rereader
from connectors.sqlite import open_file
from pipeline.model import Article
from pipeline.ports import (
    Archive,
    Backlog,
    Clock,
    Deliveries,
    Desk,
    Dispatch,
    Index,
    Log,
    Memory,
    Notifier,
    Record,
    Share,
    Trim,
)
from pipeline.roles import Role
from pipeline.settings import Settings
from pipeline.shares import Alone


@dataclass(frozen=True, slots=True)
class App:
    """The settings with every door opened; safe to use from several threads.

    `share` is what a process has of the work of a role. `servers` are those of a cluster by name, each with what raises
    where it cannot be worked with. `trim` is None where servers keep the log.
    """

    settings: Settings
    clock: Clock
    outside: Outside
    log: Log
    backlog: Backlog
    index: Index
    archive: Archive
    memory: Memory
    desk: Desk
    outbox: Dispatch
    deliveries: Deliveries
    notifier: Callable[[str], Notifier]
    reread: Callable[[Record], list[Article]]
    close: Callable[[], None]
    share: Callable[[Role], Share] = lambda role: Alone()
    servers: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    trim: Trim | None = None


def utc_now() -> datetime:
    """The Clock of the real world."""
    return datetime.now(UTC)


def open_app(settings: Settings, *, clock: Clock = utc_now) -> App:
    """Open the file of the settings, making it where it is new; in the cluster profile, the servers' doors.

    SettingsError where the file cannot be ours, WorldError where it is locked or the disk is full.
    """
    if settings.profile == "cluster":
        from pipeline.cluster import open_cluster

        return open_cluster(settings, clock)
    database = open_file(settings.file)
    outside = Outside(settings.fetch)
    log = SqliteLog(database, clock)
    index = SqliteIndex(database)
    desk = SqliteDesk(database)
    outbox = SqliteOutbox(database)
    return App(
        settings=settings,
        clock=clock,
        outside=outside,
        log=log,
        backlog=log,
        index=index,
        archive=index,
        memory=index,
        desk=desk,
        outbox=outbox,
        deliveries=outbox,
        notifier=cache(lambda target: notify.notifier(target, settings, outside)),
        reread=rereader(desk, clock, settings.poll),
        close=database.close,
        trim=log.trim,
    )

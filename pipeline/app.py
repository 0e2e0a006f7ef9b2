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
from pipeline.open_doors import OpenDoors
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
    """The settings with every door opened (see `OpenDoors`); safe to use from several threads."""

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
    outside = Outside(settings.fetch)
    doors = _doors(settings, clock)
    return App(
        settings=settings,
        clock=clock,
        outside=outside,
        log=doors.log,
        backlog=doors.log,
        index=doors.index,
        archive=doors.index,
        memory=doors.index,
        desk=doors.desk,
        outbox=doors.outbox,
        deliveries=doors.outbox,
        notifier=cache(lambda target: notify.notifier(target, settings, outside)),
        reread=rereader(doors.desk, clock, settings.poll),
        close=doors.close,
        share=doors.share,
        servers=doors.servers,
        trim=doors.trim,
    )


def _doors(settings: Settings, clock: Clock) -> OpenDoors:
    if settings.profile == "cluster":
        from pipeline.cluster import open_cluster

        return open_cluster(settings, clock)
    database = open_file(settings.file)
    log = SqliteLog(database, clock)
    return OpenDoors(
        log=log,
        index=SqliteIndex(database),
        desk=SqliteDesk(database),
        outbox=SqliteOutbox(database),
        close=database.close,
        trim=log.trim,
    )

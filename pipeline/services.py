"""The composition root: `open_services` chooses the adapters of a profile and opens them as one `Services`."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

from connectors import notify
from connectors.elasticsearch.index import ElasticsearchIndex
from connectors.http.client import HttpClient
from connectors.kafka.assignment import KafkaAssignment
from connectors.kafka.cluster import Cluster
from connectors.kafka.desk import KafkaDesk
from connectors.kafka.log import KafkaLog
from connectors.kafka.outbox import KafkaOutbox
from connectors.sqlite.database import open_file
from connectors.sqlite.desk import SqliteDesk
from connectors.sqlite.index import SqliteIndex
from connectors.sqlite.log import SqliteLog
from connectors.sqlite.outbox import SqliteOutbox
from pipeline.alerts.retry import receiver_key
from pipeline.errors import WorldError
from pipeline.model import Article
from pipeline.ports import (
    ALERTS,
    ARTICLES,
    Archive,
    Assignment,
    Backlog,
    Clock,
    Deliveries,
    Desk,
    Index,
    Log,
    LogRetention,
    Memory,
    Notifier,
    OutboxStore,
    Record,
    Search,
    SoleOwner,
)
from pipeline.run.redrive import rereader
from pipeline.run.roles import ELASTICSEARCH, FLINK, KAFKA, Role
from pipeline.settings import Settings


class MeasuredLog(Log, Backlog, Protocol):
    """A log that can say how far its readers are."""


class RememberingIndex(Index, Archive, Memory, Protocol):
    """An index that can be asked for whole records and for what it remembers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What a profile opens; safe to use from several threads.

    `share` is what a process has of the work of a role. `servers` are those of a cluster by name, each with what raises
    where it cannot be worked with. `trim` is None where servers keep the log.
    """

    log: MeasuredLog
    index: RememberingIndex
    desk: Desk
    outbox: OutboxStore
    close: Callable[[], None]
    share: Callable[[Role], Assignment] = lambda role: SoleOwner()
    servers: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    trim: LogRetention | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """The settings with every door opened (see `Stores`); safe to use from several threads."""

    settings: Settings
    clock: Clock
    outside: HttpClient
    log: Log
    backlog: Backlog
    index: Index
    archive: Archive
    memory: Memory
    desk: Desk
    outbox: OutboxStore
    deliveries: Deliveries
    notifier: Callable[[str], Notifier]
    reread: Callable[[Record], list[Article]]
    close: Callable[[], None]
    share: Callable[[Role], Assignment] = lambda role: SoleOwner()
    servers: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    trim: LogRetention | None = None


def utc_now() -> datetime:
    """The Clock of the real world."""
    return datetime.now(UTC)


def open_services(settings: Settings, *, clock: Clock = utc_now) -> Services:
    """Open the file of the settings, making it where it is new; in the cluster profile, the servers' doors.

    SettingsError where the file cannot be ours, WorldError where it is locked or the disk is full.
    """
    outside = HttpClient(settings.fetch)
    doors = _doors(settings, clock)
    return Services(
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


def _doors(settings: Settings, clock: Clock) -> Stores:
    if settings.profile == "cluster":
        return open_cluster(settings, clock)
    database = open_file(settings.file)
    log = SqliteLog(database, clock)
    return Stores(
        log=log,
        index=SqliteIndex(database),
        desk=SqliteDesk(database),
        outbox=SqliteOutbox(database),
        close=database.close,
        trim=log.trim,
    )


# What several processes read side by side; as other groups one process reads at a time.
_DIVIDED = ("post", "poll")


def open_cluster(settings: Settings, clock: Clock) -> Stores:
    """The doors, none of which connects before it is used; SettingsError for a file that is not there."""
    cluster = Cluster(settings.kafka)
    log = KafkaLog(cluster, clock, _DIVIDED)
    index = ElasticsearchIndex(settings.elasticsearch, clock)
    desk = KafkaDesk(cluster)
    # There are as many parts in the work of a role as this topic has partitions.
    shares = {
        role: KafkaAssignment(cluster, topic, role)
        for role, topic in ((Role.POLLER, ARTICLES), (Role.JOB, ARTICLES), (Role.DELIVERER, ALERTS))
    }
    outbox = KafkaOutbox(cluster, clock, lambda target: shares[Role.DELIVERER].holds(receiver_key(target)))

    def close() -> None:
        for share in shares.values():
            share.close()
        log.close()
        desk.close()
        outbox.close()
        index.close()
        cluster.close()

    return Stores(
        log=log,
        index=index,
        desk=desk,
        outbox=outbox,
        close=close,
        share=lambda role: shares[role],
        servers={
            KAFKA: cluster.check,
            ELASTICSEARCH: lambda: index.search(Search(limit=1)),
            **({FLINK: _answers("job.endpoint", settings.job.endpoint)} if settings.job.runner == "flink" else {}),
        },
    )


def _answers(key: str, address: str) -> Callable[[], None]:
    """What raises WorldError where nobody listens at the address, which is that of a setting."""
    host, _, port = address.rpartition(":")

    def check() -> None:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=3).close()
        except OSError as error:
            raise WorldError(f"nobody answers at {address} ({key}): {error.strerror or error}") from error

    return check

"""The composition root: `open_services` chooses the adapters of a profile and opens them as one `Services`."""

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from pipeline.desk import audited
from pipeline.errors import SettingsError, WorldError
from pipeline.ports import (
    ALERTS,
    ARTICLES,
    Archive,
    Assignment,
    Backlog,
    Clock,
    Desk,
    IdentityProvider,
    Index,
    Log,
    LogRetention,
    Memory,
    Notifier,
    OutboxStore,
    Reviewer,
    SoleOwner,
    Translator,
)
from pipeline.roles import ELASTICSEARCH, FLINK, KAFKA, Role
from pipeline.settings import Settings
from pipeline.settings.servers import Job
from pipeline.sources import Evidence, Inbox

if TYPE_CHECKING:
    from connectors.feeds.parser import Parser
    from connectors.http.client import HttpClient
    from connectors.kafka.cluster import Cluster
    from pipeline.search.stories import Subjects

# Consumer groups whose partitions several processes share; every other group has one reader at a time.
_SHARED_GROUPS: Final = ("post", "poll", "index", "evidence")

# A role's work is divided into as many parts as its topic has partitions.
_DIVIDED: Final = {Role.POLLER: ARTICLES, Role.JOB: ARTICLES, Role.DELIVERER: ALERTS}

_CONNECT_SECONDS: Final = 3


class MeasuredLog(Log, Backlog, Protocol):
    """A log that also reports the lag of its readers."""


@runtime_checkable
class Rewindable(Protocol):
    """A log whose groups can go back."""

    def rewind(self, topic: str, group: str, time: datetime) -> None:
        """Move a group without running readers to the first records appended at or after this time, never forward."""


class CompleteIndex(Index, Archive, Memory, Protocol):
    """An index that answers searches, returns whole records, and returns what a speaker was reported to have said."""


IndexGauge = Callable[[int, timedelta | None], object]
"""Takes the bytes of a cluster's indices and the age of their latest complete snapshot, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The settings and every open adapter of a process; safe to use from several threads.

    `http` returns the process's HTTP client, whose libraries are imported at the first call. `subjects` remembers what
    articles are about.
    `assignment` is a process's share in the work of a role. `servers` maps the name of a cluster's server to a check
    that raises WorldError while the server cannot be used. `log_retention` deletes old records; it is None where
    servers do so. `index_upkeep` does what is due for the indices of a cluster, measures them, and returns a line
    for each thing it did. `evidence`
    stores what articles were read from; it is None if the settings keep none. `translator` and `reviewer` are None if
    the settings name no such service. `identity` returns the provider at which users sign in, or None; its
    libraries are imported at the first call. `kafka` is the cluster's client, None in the embedded profile.
    """

    settings: Settings
    clock: Clock
    http: "Callable[[], HttpClient]"
    log: MeasuredLog
    index: CompleteIndex
    subjects: "Subjects"
    desk: Desk
    outbox: OutboxStore
    notifier: Callable[[str], Notifier]
    close: Callable[[], None]
    assignment: Callable[[Role], Assignment] = lambda role: SoleOwner()
    servers: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    log_retention: LogRetention | None = None
    index_upkeep: Callable[[IndexGauge], Sequence[str]] | None = None
    evidence: Evidence | None = None
    translator: Translator | None = None
    reviewer: Reviewer | None = None
    identity: Callable[[], IdentityProvider | None] = lambda: None
    kafka: "Cluster | None" = None


def utc_now() -> datetime:
    """The Clock of the real world."""
    return datetime.now(UTC)


def open_services(settings: Settings, *, clock: Clock = utc_now) -> Services:
    """Open the SQLite file of the settings, or the adapters of a cluster, none of which connects before its first use.

    SettingsError for a file that cannot be opened or is missing, WorldError if it is locked or the disk is full.
    """
    return _cluster(settings, clock) if settings.profile == "cluster" else _embedded(settings, clock)


def _embedded(settings: Settings, clock: Clock) -> Services:
    from connectors.sqlite.database import open_file
    from connectors.sqlite.desk import SqliteDesk, SqliteOutbox
    from connectors.sqlite.index import SqliteIndex
    from connectors.sqlite.log import SqliteLog
    from pipeline.search.stories import subjects

    http, database = cache(partial(_http, settings)), open_file(settings.file)
    log, desk, index = SqliteLog(database, clock), SqliteDesk(database), SqliteIndex(database)
    return Services(
        settings=settings,
        clock=clock,
        http=http,
        log=log,
        index=index,
        subjects=subjects(index.documents),
        desk=desk,
        outbox=SqliteOutbox(database),
        notifier=cache(partial(_notifier, settings, http, desk, clock)),
        close=database.close,
        log_retention=log.trim,
        evidence=_evidence(settings),
        translator=_translator(settings),
        reviewer=_reviewer(settings),
        identity=cache(partial(_identity, settings)),
    )


def _http(settings: Settings) -> "HttpClient":
    from connectors.http.client import HttpClient

    return HttpClient(settings.fetch)


def _notifier(settings: Settings, http: "Callable[[], HttpClient]", desk: Desk, clock: Clock, target: str) -> Notifier:
    from connectors import notify

    return notify.notifier(target, settings, http(), audited(desk, "delivery", clock))


def _translator(settings: Settings) -> Translator | None:
    if not settings.translate.service:
        return None
    from connectors import advice

    return advice.translator(settings)


def _reviewer(settings: Settings) -> Reviewer | None:
    if not settings.review.address:
        return None
    from connectors import advice

    return advice.reviewer(settings)


def _identity(settings: Settings) -> IdentityProvider | None:
    """The OpenID Connect provider of the settings. SettingsError if a setting or the extra is missing."""
    if not settings.oidc.issuer:
        return None
    try:
        from connectors import oidc
    except ModuleNotFoundError as error:
        raise SettingsError("oidc.issuer needs the extra `oidc`: pip install 'onrecord[oidc]'") from error
    return oidc.provider(settings)


def _evidence(settings: Settings) -> Evidence | None:
    """The evidence in the folder of the settings; None if they keep none."""
    if not settings.evidence.keep:
        return None
    from connectors.files.evidence import WarcEvidence

    folder = settings.evidence.folder
    place = Path(folder).expanduser() if folder else settings.file.parent / "evidence"
    return WarcEvidence(place, settings.evidence.keep, settings.evidence.bytes)


def inboxes(settings: Settings, parser: "Parser", clock: Clock) -> dict[str, Inbox]:
    """The readers of addresses that are not of HTTP, by scheme."""
    from connectors.feeds.mailbox import ImapMailbox
    from connectors.files.folder import WatchedFolder

    mailbox = ImapMailbox(settings.fetch, settings.poll, parser, clock)
    return {"imap": mailbox, "imaps": mailbox, "file": WatchedFolder(settings.poll, parser, clock)}


def _cluster(settings: Settings, clock: Clock) -> Services:
    from connectors.elasticsearch.index import ElasticsearchIndex
    from connectors.elasticsearch.lifecycle import upkeep
    from connectors.kafka.cluster import Cluster
    from connectors.kafka.desk import KafkaDesk, KafkaOutbox
    from connectors.kafka.log import KafkaLog
    from connectors.kafka.member import KafkaAssignment
    from pipeline.search.stories import subjects
    from pipeline.text.targets import receiver_key

    http, cluster = cache(partial(_http, settings)), Cluster(settings.kafka)
    log, desk = KafkaLog(cluster, clock, _SHARED_GROUPS), KafkaDesk(cluster)
    index = ElasticsearchIndex(settings.elasticsearch, clock)
    assignments = {role: KafkaAssignment(cluster, topic, role) for role, topic in _DIVIDED.items()}
    outbox = KafkaOutbox(cluster, clock, lambda target: assignments[Role.DELIVERER].holds(receiver_key(target)))

    def close() -> None:
        for part in assignments.values():
            part.close()
        for adapter in (log, desk, outbox, index, cluster):
            adapter.close()

    return Services(
        settings=settings,
        clock=clock,
        http=http,
        log=log,
        index=index,
        subjects=subjects(index.documents),
        desk=desk,
        outbox=outbox,
        notifier=cache(partial(_notifier, settings, http, desk, clock)),
        close=close,
        assignment=lambda role: assignments[role],
        servers={
            KAFKA: cluster.check,
            ELASTICSEARCH: index.check,
            **({FLINK: partial(_check_flink, settings.job)} if settings.job.runner == "flink" else {}),
        },
        index_upkeep=partial(upkeep, settings.elasticsearch, clock),
        evidence=_evidence(settings),
        translator=_translator(settings),
        reviewer=_reviewer(settings),
        identity=cache(partial(_identity, settings)),
        kafka=cluster,
    )


def _check_flink(job: Job) -> None:
    """Raise WorldError unless all servers that start a job accept connections."""
    for key in ("endpoint", "artifact_endpoint", "expansion_endpoint"):
        address: str = getattr(job, key)
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
        except OSError as error:
            raise WorldError(f"nobody answers at {address} (job.{key}): {error.strerror or error}") from error

"""The life of the indices: rollover by age and size, retention, snapshots and their restore.

Everything is done through the interfaces that every server has, so that neither index lifecycle management nor snapshot
lifecycle management is needed. Several processes may do the same work at the same time: names come from the time, and
whoever is second finds the work done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from connectors.elasticsearch.client import (
    BadRequestError,
    Elasticsearch,
    NotFoundError,
    connect,
    explained,
    is_its_own,
    reason,
)
from connectors.elasticsearch.store import (
    COLLECTIONS,
    STORED,
    Known,
    create,
    generation_alias,
    known_indices,
    starts_of,
    to_the_minute,
)
from pipeline.errors import SettingsError, UsageError
from pipeline.model import EPOCH
from pipeline.ports import Clock
from pipeline.settings.servers import Elasticsearch as Settings

# Time between the creation of a generation and its start. Every writer looks for new generations each minute; until
# the start, those that know of it and those that do not write to the same index.
NOTICE: Final = timedelta(minutes=10)

_NAME: Final = "%Y%m%dt%H%M"

_EXISTS: Final = "invalid_snapshot_name_exception"

_LONGEST_SECONDS: Final = 6 * 3600.0  # for a restore


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation with its number of documents and decisions and the size of its primary shards in bytes."""

    start: datetime
    records: int
    size: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of the repository; `state` is Elasticsearch's word, "SUCCESS" for one that can be restored."""

    name: str
    state: str
    started: datetime
    indices: tuple[str, ...]


def generations(settings: Settings) -> list[Generation]:
    """Return the generations, oldest first."""
    client = connect(settings)
    try:
        with explained(settings.url):
            return [_generation(client, settings, start) for start in starts_of(known_indices(client, settings))]
    finally:
        client.close()


def _generation(client: Elasticsearch, settings: Settings, start: datetime) -> Generation:
    names = [generation_alias(settings, collection, start) for collection in COLLECTIONS]
    stored = [generation_alias(settings, collection, start) for collection in STORED]
    client.indices.refresh(index=stored)
    records = client.count(index=stored)["count"]
    size = client.indices.stats(index=names, metric="store")["_all"]["primaries"]["store"]["size_in_bytes"]
    return Generation(start, records, size)


def upkeep(settings: Settings, clock: Clock) -> list[str]:
    """Roll over, delete and take snapshots as far as they are due; return what was done, a line each."""
    client = connect(settings)
    try:
        with explained(settings.url):
            now = clock()
            done = [f"new indices from {start:%Y-%m-%d %H:%M} UTC on" for start in roll_over(client, settings, now)]
            done += [f"deleted the index {name}: older than elasticsearch.keep" for name in drop(client, settings, now)]
            if settings.repository:
                done += _snapshots_due(client, settings, now)
            return done
    finally:
        client.close()


def roll_over(client: Elasticsearch, settings: Settings, now: datetime) -> list[datetime]:
    """Create the next generation if the latest one is too old or too large; return its start."""
    known = known_indices(client, settings)
    starts = starts_of(known)
    if not starts or starts[-1] > now:
        return []
    latest = [each for each in known if each.start == starts[-1]]
    is_old = now - starts[-1] >= settings.rollover_age and _generation(client, settings, starts[-1]).records
    if not is_old and _largest_shard(client, latest) < settings.rollover_bytes:
        return []
    create(client, settings, "documents", to_the_minute(now + NOTICE) + timedelta(minutes=1))
    start = starts_of(known_indices(client, settings))[-1]  # that of another process, if it was faster
    existing = {(each.collection, each.start) for each in known_indices(client, settings)}
    for collection in COLLECTIONS:
        if (collection, start) not in existing:
            create(client, settings, collection, start)
    return [start]


def _largest_shard(client: Elasticsearch, latest: Sequence[Known]) -> float:
    """Return the size of a primary shard of the largest of these indices, in bytes."""
    names = [each.name for each in latest]
    stats = client.indices.stats(index=names, metric="store")["indices"]
    shapes = client.indices.get_settings(index=names, name="index.number_of_shards", flat_settings=True).body
    sizes = {name: float(stats[name]["primaries"]["store"]["size_in_bytes"]) for name in names}
    return max(sizes[name] / int(shapes[name]["settings"]["index.number_of_shards"]) for name in names)


def drop(client: Elasticsearch, settings: Settings, now: datetime) -> list[str]:
    """Delete the indices whose entries are all older than `elasticsearch.keep`; return their names."""
    if not settings.keep:
        return []
    known = known_indices(client, settings)
    starts = starts_of(known)
    old = {start for start, end in pairwise(starts) if end < now - settings.keep}
    # The leader of a generation goes last, so that an interrupted deletion is continued.
    names = [each.name for each in known if each.start in old and each.collection != "documents"]
    names += [each.name for each in known if each.start in old and each.collection == "documents"]
    for name in names:
        client.indices.delete(index=name, ignore_unavailable=True)
    return names


def snapshots(settings: Settings) -> list[Snapshot]:
    """Return our snapshots in the repository of the settings, oldest first."""
    client = connect(settings)
    try:
        with explained(settings.url):
            return _snapshots(client, settings)
    finally:
        client.close()


def _snapshots(client: Elasticsearch, settings: Settings) -> list[Snapshot]:
    try:
        answer = client.snapshot.get(repository=_repository(settings), snapshot=f"{settings.prefix}*")
    except NotFoundError as error:
        if not is_its_own(error):
            raise
        raise SettingsError(f"elasticsearch.repository = {settings.repository!r}: {reason(error)}") from error
    listed = [_snapshot(each) for each in answer["snapshots"] if _is_ours(settings, each["snapshot"])]
    return sorted(listed, key=lambda each: each.name)


def _repository(settings: Settings) -> str:
    if not settings.repository:
        raise SettingsError("elasticsearch.repository is not set, so there are no snapshots")
    return settings.repository


def _snapshot(answer: dict[str, Any]) -> Snapshot:
    started = EPOCH + timedelta(milliseconds=answer["start_time_in_millis"])
    return Snapshot(answer["snapshot"], answer["state"], started, tuple(answer["indices"]))


def _is_ours(settings: Settings, name: str) -> bool:
    """Return whether the name is of this prefix, not of a longer one."""
    try:
        datetime.strptime(name.removeprefix(settings.prefix), _NAME).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def take_snapshot(settings: Settings, now: datetime) -> Snapshot:
    """Take a snapshot and return it when it is complete."""
    client = connect(settings)
    try:
        with explained(settings.url):
            _create_snapshot(client.options(request_timeout=_LONGEST_SECONDS), settings, now, wait=True)
            name = f"{settings.prefix}{now:{_NAME}}"
            return next(each for each in _snapshots(client, settings) if each.name == name)
    finally:
        client.close()


def _create_snapshot(client: Elasticsearch, settings: Settings, time: datetime, *, wait: bool) -> None:
    """Start a snapshot that is named by this time; do nothing if there is one of this name."""
    try:
        client.snapshot.create(
            repository=_repository(settings),
            snapshot=f"{settings.prefix}{time:{_NAME}}",
            indices=[settings.prefix + collection for collection in COLLECTIONS],
            include_global_state=False,
            wait_for_completion=wait,
        )
    except BadRequestError as error:
        if not reason(error).startswith(_EXISTS):
            raise


def _snapshots_due(client: Elasticsearch, settings: Settings, now: datetime) -> list[str]:
    """Start the snapshot of this period unless there is one, and delete the oldest ones."""
    period = settings.snapshot_every
    name = EPOCH + (now - EPOCH) // period * period
    listed, done = _snapshots(client, settings), []
    if f"{settings.prefix}{name:{_NAME}}" not in {each.name for each in listed}:
        _create_snapshot(client, settings, name, wait=False)
        done.append(f"started the snapshot {settings.prefix}{name:{_NAME}}")
    complete = [each.name for each in listed if each.state == "SUCCESS"]
    for old in complete[: -settings.snapshots] if settings.snapshots else ():
        client.snapshot.delete(repository=settings.repository, snapshot=old)
        done.append(f"deleted the snapshot {old}")
    return done


def restore(settings: Settings, name: str = "") -> Snapshot:
    """Restore the snapshot of this name, or the latest complete one, into a cluster without our indices.

    Empty indices, which other processes create as soon as there are none, are deleted first. Raises UsageError if an
    index has entries, or if there is no such snapshot.
    """
    client = connect(settings)
    try:
        with explained(settings.url):
            snapshot = _chosen(_snapshots(client, settings), name)
            _clear(client, settings)
            client.options(request_timeout=_LONGEST_SECONDS).snapshot.restore(
                repository=settings.repository,
                snapshot=snapshot.name,
                include_global_state=False,
                wait_for_completion=True,
            )
            return snapshot
    finally:
        client.close()


def _chosen(listed: Sequence[Snapshot], name: str) -> Snapshot:
    complete = [each for each in listed if each.state == "SUCCESS" and name in ("", each.name)]
    if not complete:
        wanted = f"snapshot {name!r}" if name else "complete snapshot"
        raise UsageError(f"there is no {wanted}; `onrecord index snapshots` lists them")
    return complete[-1]


def _clear(client: Elasticsearch, settings: Settings) -> None:
    """Delete our empty indices."""
    names = [each.name for each in known_indices(client, settings)]
    if not names:
        return
    client.indices.refresh(index=names)
    if count := client.count(index=names)["count"]:
        raise UsageError(
            f"elasticsearch.prefix = {settings.prefix!r}: the index has {count:,} records; a restore needs an empty one"
        )
    client.indices.delete(index=names)

"""The upkeep of the indices, their rebuild, snapshots and restore.

Everything is done through the interfaces that every server has, so that neither index lifecycle management nor snapshot
lifecycle management is needed. Several processes may do the same work at the same time: names come from the time, and
whoever is second finds the work done.

A rebuild adds every stored document and decision to new indices by the code that adds incoming ones, so the mapping and
the analysis of words may both have changed. Searches go on meanwhile. Writers wait, and try again by themselves, while
the last few entries are added and the aliases are moved.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from connectors.elasticsearch.client import (
    BadRequestError,
    Elasticsearch,
    NotFoundError,
    connect,
    explained,
    is_its_own,
    reason,
    scan,
)
from connectors.elasticsearch.generations import (
    COLLECTIONS,
    STORED,
    KnownIndex,
    body,
    drop,
    generation_alias,
    known_indices,
    next_number,
    numbered,
    roll_over,
    size_of,
    starts_of,
    to_the_minute,
)
from connectors.elasticsearch.index import ElasticsearchIndex
from pipeline.codec import decode
from pipeline.errors import SettingsError, UsageError, WorldError
from pipeline.model import EPOCH, Decision, Document
from pipeline.model.values import microseconds
from pipeline.ports import Clock
from pipeline.settings.servers import Elasticsearch as Settings

_NAME: Final = "%Y%m%dt%H%M"

_EXISTS: Final = "invalid_snapshot_name_exception"

_LONGEST_SECONDS: Final = 6 * 3600.0  # for a restore


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of the repository; `state` is Elasticsearch's word, "SUCCESS" for one that can be restored."""

    name: str
    state: str
    started: datetime
    indices: tuple[str, ...]


def upkeep(
    settings: Settings, clock: Clock, measure: Callable[[int, timedelta | None], object] = lambda size, age: None
) -> list[str]:
    """Roll over, delete and take snapshots as far as they are due; return what was done, a line each.

    `measure` is called with the bytes of the indices and the age of the latest complete snapshot, if there is one.
    """
    client = connect(settings)
    try:
        with explained(settings.url):
            now = clock()
            done = [f"new indices from {start:%Y-%m-%d %H:%M} UTC on" for start in roll_over(client, settings, now)]
            done += [f"deleted the index {name}: older than elasticsearch.keep" for name in drop(client, settings, now)]
            times = []
            if settings.repository:
                done += _snapshots_due(client, settings, now)
                times = [snapshot.started for snapshot in _snapshots(client, settings) if snapshot.state == "SUCCESS"]
            measure(size_of(client, settings), now - max(times) if times else None)
            return done
    finally:
        client.close()


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
    listed = [_snapshot(fields) for fields in answer["snapshots"] if _is_ours(settings, fields["snapshot"])]
    return sorted(listed, key=lambda snapshot: snapshot.name)


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
            return next(snapshot for snapshot in _snapshots(client, settings) if snapshot.name == name)
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
    if f"{settings.prefix}{name:{_NAME}}" not in {snapshot.name for snapshot in listed}:
        _create_snapshot(client, settings, name, wait=False)
        done.append(f"started the snapshot {settings.prefix}{name:{_NAME}}")
    complete = [snapshot.name for snapshot in listed if snapshot.state == "SUCCESS"]
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
    complete = [snapshot for snapshot in listed if snapshot.state == "SUCCESS" and name in ("", snapshot.name)]
    if not complete:
        description = f"snapshot {name!r}" if name else "complete snapshot"
        raise UsageError(f"there is no {description}; `onrecord index snapshots` lists them")
    return complete[-1]


def _clear(client: Elasticsearch, settings: Settings) -> None:
    """Delete our empty indices."""
    names = [index.name for index in known_indices(client, settings)]
    if not names:
        return
    client.indices.refresh(index=names)
    if count := client.count(index=names)["count"]:
        raise UsageError(
            f"elasticsearch.prefix = {settings.prefix!r}: the index has {count:,} records; a restore needs an empty one"
        )
    client.indices.delete(index=names)


_BATCH: Final = 500  # entries per request

_SKEW: Final = 60_000_000  # microseconds by which the clock of a writer may be behind ours

_NOUNS: Final[Mapping[str, type[Document] | type[Decision]]] = {"documents": Document, "decisions": Decision}


def rebuild(settings: Settings, clock: Clock, progress: Callable[[int], None] = lambda _: None) -> int:
    """Rebuild every index and return the number of documents and decisions.

    `progress` is called with the number of entries added, batch by batch. After an interruption the old indices are
    intact, and the function can be called again. Of two parallel calls the later one continues and the other fails.
    Raises UsageError if there is no index, and WorldError if the server is away or the new index differs from the old.
    """
    client = connect(settings)
    later = settings.model_copy(update={"prefix": f"{settings.prefix}next-"})
    index = ElasticsearchIndex(later, clock)
    try:
        with explained(settings.url):
            _delete_unfinished(client, later)
            _create_new(client, settings, later)
            since = 0
            for _ in range(2):  # entries that arrive during the long first pass are added in the short second pass
                start = microseconds(clock()) - _SKEW
                _add_records(client, settings, index, since, progress)
                since = start
            with _without_writes(client, settings):
                _create_new(client, settings, later)  # for a generation that began meanwhile
                _add_records(client, settings, index, since, progress)
                count = _checked_count(client, settings, later)
                _move(client, settings, later)
            return count
    finally:
        index.close()
        client.close()


def _indices_in_use(client: Elasticsearch, settings: Settings) -> list[KnownIndex]:
    """Return the indices in use."""
    indices = known_indices(client, settings)
    for collection in COLLECTIONS:
        name = settings.prefix + collection
        members = [index for index in indices if index.collection == collection]
        if not members or any(index.version is None or index.name == name for index in members):
            raise UsageError(
                f"elasticsearch.prefix = {settings.prefix!r}: {name!r} should be indices of On the Record behind an"
                f" alias, and is {', '.join(index.name for index in members) or 'not there'}"
            )
    return indices


def _delete_unfinished(client: Elasticsearch, later: Settings) -> None:
    """Delete the indices of an interrupted rebuild."""
    for unfinished in known_indices(client, later):
        client.indices.delete(index=unfinished.name)


def _create_new(client: Elasticsearch, settings: Settings, later: Settings) -> None:
    """Create an empty index with the next number, and with its own aliases, for each old index that has none yet.

    The indices of a release without generations become the generation that began when they were created.
    """
    old_indices = _indices_in_use(client, settings)
    first_start = next(iter(starts_of(old_indices)), to_the_minute(min(index.created for index in old_indices)))
    existing = {(index.collection, index.start) for index in known_indices(client, later)}
    for old_index in old_indices:
        start = old_index.start or first_start
        if (old_index.collection, start) in existing:
            continue
        name = settings.prefix + old_index.collection
        aliases = {later.prefix + old_index.collection, generation_alias(later, old_index.collection, start)}
        client.indices.create(
            index=numbered(name, next_number(client, name)),
            aliases={alias: {} for alias in aliases},
            **body(settings, old_index.collection),
        )


def _add_records(
    client: Elasticsearch, settings: Settings, index: ElasticsearchIndex, since: int, progress: Callable[[int], None]
) -> None:
    """Add the records stored at or after `since`."""
    for collection, noun in _NOUNS.items():
        client.indices.refresh(index=settings.prefix + collection)
        records = _stored(client, settings.prefix + collection, since)
        while batch := list(islice(records, _BATCH)):
            index.take([(decode(noun, record["body"]), record["added"]) for record in batch])
            progress(len(batch))


def _stored(client: Elasticsearch, name: str, since: int) -> Iterator[dict[str, Any]]:
    """Yield the records of an index as it was at the start."""
    query = {"query": {"range": {"added": {"gte": since}}}, "_source": ["body", "added"]}
    return (hit["_source"] for hit in scan(client, query=query, index=name, size=_BATCH))


@contextmanager
def _without_writes(client: Elasticsearch, settings: Settings) -> Iterator[None]:
    """Block writes to the old indices during the block, also by writers that started earlier."""
    names = [settings.prefix + collection for collection in COLLECTIONS]
    client.indices.add_block(index=names, block="write")
    try:
        yield
    finally:
        # After the move of the aliases these are the new indices, which have no write block: removing it does no harm.
        client.indices.put_settings(index=names, settings={"index.blocks.write": None})


def _checked_count(client: Elasticsearch, settings: Settings, later: Settings) -> int:
    """Return the number of entries in the new indices, after a check against the old ones."""
    client.indices.refresh(
        index=[later.prefix + collection for collection in COLLECTIONS]
    )  # so that searches see all entries
    total = 0
    for collection in STORED:
        old_name, new_name = settings.prefix + collection, later.prefix + collection
        client.indices.refresh(index=old_name)
        was, now = client.count(index=old_name)["count"], client.count(index=new_name)["count"]
        if was != now:
            raise WorldError(
                f"Elasticsearch at {settings.url}: {new_name!r} has {now} entries and {old_name!r} has {was}; is the"
                f" clock of a writer more than {_SKEW // 1_000_000} s behind? Nothing was changed"
            )
        total += now
    return total


def _move(client: Elasticsearch, settings: Settings, later: Settings) -> None:
    """Replace the old indices by the new ones, all at the same moment."""
    actions: list[dict[str, Any]] = [
        {"remove_index": {"index": index.name}} for index in known_indices(client, settings)
    ]
    for new_index in known_indices(client, later):
        if new_index.start is None:
            raise WorldError(f"Elasticsearch at {settings.url}: the index {new_index.name!r} has lost its alias")
        for prefix in (settings, later):
            names = (
                prefix.prefix + new_index.collection,
                generation_alias(prefix, new_index.collection, new_index.start),
            )
            kind = "add" if prefix is settings else "remove"
            actions += [{kind: {"index": new_index.name, "alias": alias}} for alias in names]
    client.indices.update_aliases(actions=actions)

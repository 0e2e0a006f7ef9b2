"""The indices of one prefix on Elasticsearch: names, generations, mappings, rollover and retention.

A generation is one index of each collection for the entries first seen in a span of time. An alias with the name of a
collection covers its indices of all generations, for searches; an alias of each index names the start of its
generation, for writes. The time of first sight is part of the log, so a repeated write reaches the same index, and ids
stay unique without a look into the other generations.

Each index has a number in its name, so that it can be rebuilt while it is in use. The mappings are in mapping.json.
They are sent with each index rather than as a template, so that an API key for one prefix is enough; templates of the
operator for that prefix may add settings.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final

from connectors.elasticsearch.client import BadRequestError, Elasticsearch, connect, explained, reason
from pipeline.errors import SettingsError, WorldError
from pipeline.model import EPOCH
from pipeline.settings.servers import Elasticsearch as Settings

SEARCHED: Final = ("articles", "quotes", "statements")

STORED: Final = ("documents", "decisions")

COLLECTIONS: Final = (*SEARCHED, *STORED)

_NO_ROOM: Final = "validation_exception"  # the response of a cluster that has reached its limit of shards

VERSION: Final = 4  # of the mappings and of the word splitting; indices of another version need a rebuild


_LEADER: Final = "documents"  # its index is the first to be created and the last to be deleted of a generation

# Time between the creation of a generation and its start. Every writer looks for new generations each minute; until
# the start, those that know of it and those that do not write to the same index.
NOTICE: Final = timedelta(minutes=10)

_START: Final = "%Y%m%dt%H%M"  # names of indices and aliases are in lower case

_NUMBERED: Final = re.compile(r".*-\d{6,}")

_TAKEN: Final = "resource_already_exists_exception"

_POLICY: Final = "index.lifecycle.name"


def numbered(name: str, number: int) -> str:
    """Return the name of the index with this number behind the alias."""
    return f"{name}-{number:06}"


def to_the_minute(time: datetime) -> datetime:
    """Return the last minute that a generation can start at, in UTC."""
    return time.astimezone(UTC).replace(second=0, microsecond=0)


def generation_alias(settings: Settings, collection: str, start: datetime) -> str:
    """Return the alias of the collection's index in the generation with this start."""
    return f"{settings.prefix}{collection}-from-{start:{_START}}"


def body(settings: Settings, collection: str) -> dict[str, Any]:
    """Return the settings and mappings of an index of the collection."""
    shapes = _shapes()
    return {
        "settings": {
            **shapes["settings"],
            "index.number_of_shards": settings.shards,
            "index.number_of_replicas": settings.replicas,
            **({_POLICY: settings.lifecycle} if settings.lifecycle else {}),
        },
        "mappings": {
            **shapes["searched" if collection in SEARCHED else collection],
            "_meta": {"onrecord": VERSION},
        },
    }


@dataclass(frozen=True, slots=True)
class KnownIndex:
    """An index of the prefix; `start` is that of its generation, `version` is None if the index is not ours."""

    name: str
    collection: str
    start: datetime | None
    version: int | None
    created: datetime


def known_indices(client: Elasticsearch, settings: Settings) -> list[KnownIndex]:
    """Return the indices behind the aliases of the prefix, those of a collection in the order of their generations."""
    names = [settings.prefix + collection for collection in COLLECTIONS]
    answer = client.indices.get(
        index=names, features=["aliases", "mappings", "settings"], ignore_unavailable=True, flat_settings=True
    ).body
    indices = [_known_index(settings, index, properties) for index, properties in answer.items()]
    return sorted(indices, key=lambda index: (index.collection, index.start or EPOCH, index.name))


def _known_index(settings: Settings, index: str, properties: Mapping[str, Any]) -> KnownIndex:
    aliases = (*properties.get("aliases", ()), index)
    collection = next(name for name in COLLECTIONS if settings.prefix + name in aliases)
    mark = f"{settings.prefix}{collection}-from-"
    start = next((alias.removeprefix(mark) for alias in aliases if alias.startswith(mark)), "")
    return KnownIndex(
        index,
        collection,
        datetime.strptime(start, _START).replace(tzinfo=UTC) if start else None,
        properties.get("mappings", {}).get("_meta", {}).get("onrecord"),
        EPOCH + timedelta(milliseconds=int(properties["settings"]["index.creation_date"])),
    )


def starts_of(indices: Iterable[KnownIndex]) -> tuple[datetime, ...]:
    """Return the starts of the generations, oldest first."""
    return tuple(index.start for index in indices if index.collection == _LEADER and index.start)


def make_missing(client: Elasticsearch, settings: Settings, now: datetime) -> tuple[datetime, ...]:
    """Create the missing indices of every generation, and return the starts of the generations, oldest first.

    The first generation starts now. Raises SettingsError for an index that is not ours or has another version,
    WorldError if there is no room.
    """
    indices = known_indices(client, settings)
    for existing_index in indices:
        if existing_index.version != VERSION:
            raise SettingsError(
                f"elasticsearch.prefix = {settings.prefix!r}: the index {existing_index.name!r}"
                f" {_version_fault(existing_index.version)}"
            )
    if any(existing_index.start is None for existing_index in indices):
        indices = _name_generation(client, settings, indices)
    if not starts_of(indices):
        create(client, settings, _LEADER, to_the_minute(now))
        indices = known_indices(client, settings)
    existing = {(index.collection, index.start) for index in indices}
    for start in starts_of(indices):
        for collection in COLLECTIONS:
            if (collection, start) not in existing:
                create(client, settings, collection, start)
    return starts_of(indices)


def _name_generation(client: Elasticsearch, settings: Settings, indices: Sequence[KnownIndex]) -> list[KnownIndex]:
    """Give indices of a release without generations the alias of the oldest, which starts with the oldest index."""
    start = next(iter(starts_of(indices)), to_the_minute(min(index.created for index in indices)))
    for index in indices:
        if index.start is None:
            client.indices.put_alias(index=index.name, name=generation_alias(settings, index.collection, start))
    return known_indices(client, settings)


def next_number(client: Elasticsearch, name: str) -> int:
    """Return the number after those of all indices of this name, whether they are in use or not."""
    names = client.indices.get(index=f"{name}-*", features=["aliases"]).body
    numbers = [int(index.removeprefix(f"{name}-")) for index in names if _NUMBERED.fullmatch(index)]
    return max(numbers, default=0) + 1


def create(client: Elasticsearch, settings: Settings, collection: str, start: datetime) -> None:
    """Create the collection's index of a generation unless another process is faster."""
    name, fault = settings.prefix + collection, "it is gone at once"
    index = numbered(name, next_number(client, name))
    aliases: dict[str, Any] = {name: {}, generation_alias(settings, collection, start): {}}
    try:
        client.indices.create(index=index, aliases=aliases, **body(settings, collection))
    except BadRequestError as error:
        fault = reason(error)
    if any(existing.name == index for existing in known_indices(client, settings)):
        return
    if fault.startswith(_NO_ROOM):
        raise WorldError(
            f"Elasticsearch at {settings.url} has no room for the index {name!r} with elasticsearch.shards ="
            f" {settings.shards} and elasticsearch.replicas = {settings.replicas}: {fault}"
        )
    if fault.startswith(_TAKEN):  # by a rebuild; the next attempt takes the next number
        raise WorldError(f"Elasticsearch at {settings.url} has an index {index!r} already: {fault}")
    if _POLICY in fault:
        raise SettingsError(f"elasticsearch.lifecycle = {settings.lifecycle!r} is not known at {settings.url}: {fault}")
    raise SettingsError(f"elasticsearch.prefix: the index {name!r} cannot be created at {settings.url}: {fault}")


def _version_fault(version: int | None) -> str:
    if version is None:
        return "is not of On the Record; choose another prefix"
    return f"has version {version}, but this program needs {VERSION}; run `onrecord index rebuild`"


@cache
def _shapes() -> dict[str, Any]:
    shapes: dict[str, Any] = json.loads(files(__package__).joinpath("mapping.json").read_text("utf-8"))
    return shapes


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation with its number of documents and decisions and the size of its primary shards in bytes."""

    start: datetime
    records: int
    size: int


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
    return Generation(start, records, _bytes(client.indices.stats(index=names, metric="store")["_all"]))


def size_of(client: Elasticsearch, settings: Settings) -> int:
    """Return the bytes of the primary shards of all generations."""
    names = [index.name for index in known_indices(client, settings)]
    if not names:
        return 0
    return _bytes(client.indices.stats(index=names, metric="store")["_all"])


def _bytes(stats: Mapping[str, Any]) -> int:
    """Return the bytes of the primary shards in these statistics; shards that no node has are missing there."""
    return int(stats.get("primaries", {}).get("store", {}).get("size_in_bytes", 0))


def roll_over(client: Elasticsearch, settings: Settings, now: datetime) -> list[datetime]:
    """Create the next generation if the latest one is too old or too large; return its start."""
    indices = known_indices(client, settings)
    starts = starts_of(indices)
    if not starts or starts[-1] > now:
        return []
    latest = [index for index in indices if index.start == starts[-1]]
    is_old = now - starts[-1] >= settings.rollover_age and _generation(client, settings, starts[-1]).records
    if not is_old and _largest_shard(client, latest) < settings.rollover_bytes:
        return []
    create(client, settings, _LEADER, to_the_minute(now + NOTICE) + timedelta(minutes=1))
    start = starts_of(known_indices(client, settings))[-1]  # that of another process, if it was faster
    existing = {(index.collection, index.start) for index in known_indices(client, settings)}
    for collection in COLLECTIONS:
        if (collection, start) not in existing:
            create(client, settings, collection, start)
    return [start]


def _largest_shard(client: Elasticsearch, indices: Sequence[KnownIndex]) -> float:
    """Return the size of a primary shard of the largest of these indices, in bytes."""
    names = [index.name for index in indices]
    stats = client.indices.stats(index=names, metric="store")["indices"]
    shapes = client.indices.get_settings(index=names, name="index.number_of_shards", flat_settings=True).body
    sizes = {name: _bytes(stats.get(name, {})) for name in names}
    return max(sizes[name] / int(shapes[name]["settings"]["index.number_of_shards"]) for name in names)


def drop(client: Elasticsearch, settings: Settings, now: datetime) -> list[str]:
    """Delete the indices whose entries are all older than `elasticsearch.keep`; return their names."""
    if not settings.keep:
        return []
    indices = known_indices(client, settings)
    starts = starts_of(indices)
    old = {start for start, end in pairwise(starts) if end < now - settings.keep}
    # The leader of a generation goes last, so that an interrupted deletion is continued.
    names = [index.name for index in indices if index.start in old and index.collection != _LEADER]
    names += [index.name for index in indices if index.start in old and index.collection == _LEADER]
    for name in names:
        client.indices.delete(index=name, ignore_unavailable=True)
    return names

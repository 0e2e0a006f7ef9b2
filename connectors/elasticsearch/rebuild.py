"""Rebuild the indices of Elasticsearch while they are in use.

What is stored whole is added to new indices by the same code that adds what comes in, so that shapes and the way words
are cut may both have changed. Searches go on all the while. Writers are held up (they try again by themselves) while
the last few entries are added and the aliases are moved.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from connectors.elasticsearch.client import Elasticsearch, connect, explained, scan
from connectors.elasticsearch.index import ElasticsearchIndex
from connectors.elasticsearch.store import COLLECTIONS, STORED, body, numbered, versions
from pipeline.codec import decode
from pipeline.errors import UsageError, WorldError
from pipeline.model import Decision, Document
from pipeline.model.values import microseconds
from pipeline.ports import Clock
from pipeline.settings.servers import Elasticsearch as Settings

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
            old = {collection: _behind(client, settings, collection) for collection in COLLECTIONS}
            new = _new_indices(client, settings, later, old)
            since = 0
            for _ in range(2):  # entries that arrive during the long first pass are added in the short second pass
                begun = microseconds(clock()) - _SKEW
                _add(client, settings, index, since, progress)
                since = begun
            with _held(client, settings):
                _add(client, settings, index, since, progress)
                count = _counted(client, settings, later)
                _move(client, settings, later, old, new)
            return count
    finally:
        index.close()
        client.close()


def _behind(client: Elasticsearch, settings: Settings, collection: str) -> str:
    """Return the index of the collection."""
    name = settings.prefix + collection
    indices = versions(client, name)
    if len(indices) != 1 or None in indices.values() or name in indices:
        raise UsageError(
            f"elasticsearch.prefix = {settings.prefix!r}: {name!r} should be one index of On the Record behind an"
            f" alias, and is {', '.join(indices) or 'not there'}"
        )
    (index,) = indices
    return index


def _new_indices(client: Elasticsearch, settings: Settings, later: Settings, old: Mapping[str, str]) -> dict[str, str]:
    """Create empty indices with the next numbers and their own aliases; delete those of an interrupted rebuild."""
    new = {}
    for collection, index in old.items():
        alias = later.prefix + collection
        for left in versions(client, alias):
            client.indices.delete(index=left)
        name = settings.prefix + collection
        new[collection] = numbered(name, int(index.removeprefix(f"{name}-")) + 1)
        client.indices.create(index=new[collection], aliases={alias: {}}, **body(settings, collection))
    return new


def _add(
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
    wanted = {"query": {"range": {"added": {"gte": since}}}, "_source": ["body", "added"]}
    return (hit["_source"] for hit in scan(client, query=wanted, index=name, size=_BATCH))


@contextmanager
def _held(client: Elasticsearch, settings: Settings) -> Iterator[None]:
    """Block writes to the old indices during the block, also by writers that started earlier."""
    names = [settings.prefix + collection for collection in COLLECTIONS]
    client.indices.add_block(index=names, block="write")
    try:
        yield
    finally:
        # After the move of the aliases these are the new indices, which have no write block: removing it does no harm.
        client.indices.put_settings(index=names, settings={"index.blocks.write": None})


def _counted(client: Elasticsearch, settings: Settings, later: Settings) -> int:
    """Return the number of entries in the new indices, after a check against the old ones."""
    client.indices.refresh(
        index=[later.prefix + collection for collection in COLLECTIONS]
    )  # so that searches see all entries
    total = 0
    for collection in STORED:
        before, after = settings.prefix + collection, later.prefix + collection
        client.indices.refresh(index=before)
        was, now = client.count(index=before)["count"], client.count(index=after)["count"]
        if was != now:
            raise WorldError(
                f"Elasticsearch at {settings.url}: {after!r} has {now} entries and {before!r} {was}; is the clock of a"
                f" writer more than {_SKEW // 1_000_000} s behind? Nothing was changed"
            )
        total += now
    return total


def _move(
    client: Elasticsearch, settings: Settings, later: Settings, old: Mapping[str, str], new: Mapping[str, str]
) -> None:
    """Replace the old indices by the new ones, all at the same moment."""
    actions: list[dict[str, Any]] = []
    for collection in COLLECTIONS:
        actions += [
            {"remove_index": {"index": old[collection]}},
            {"add": {"index": new[collection], "alias": settings.prefix + collection}},
            {"remove": {"index": new[collection], "alias": later.prefix + collection}},
        ]
    client.indices.update_aliases(actions=actions)

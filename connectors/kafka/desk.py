"""The desk on Kafka."""

import logging
from typing import Any, Final, Generic
from uuid import uuid4

from connectors.kafka.cluster import Cluster, Row
from connectors.kafka.table import Change, Table
from pipeline.codec import decode, encode
from pipeline.errors import InputError
from pipeline.model import Actor, Feed, Group, Mark, Mute, Session, Watch
from pipeline.ports import DeskRecord, Noun

TOPICS: Final[dict[type, str]] = {
    Feed: "feeds",
    Actor: "actors",
    Group: "groups",
    Watch: "watches",
    Mute: "mutes",
    Mark: "marks",
    Session: "sessions",
}

_CALL: Final = "call"  # header: which call of save or remove it comes from

logger = logging.getLogger("onrecord.kafka")


class KafkaDesk:
    """Desk on compacted topics, one a noun, which each process that asks for it reads and keeps in memory.

    A call is one transaction. Every answer comes after reading what is committed, whoever wrote it. Versions are of
    this process: compaction forgets how often things changed before it began.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._shelves: dict[type, _Shelf[Any]] = {noun: _Shelf(cluster, noun) for noun in TOPICS}

    def save(self, *things: DeskRecord) -> None:
        """See Desk. InputError for a thing larger than `kafka.message_bytes`."""
        last = {(type(thing), thing.id): thing for thing in things}
        self._write([(noun, Row(key, encode(thing))) for (noun, key), thing in last.items()])

    def remove(self, noun: type[DeskRecord], thing_id: str) -> bool:
        """See Desk."""
        there = self._shelves[noun].has(thing_id)
        if there:
            self._write([(noun, Row(thing_id, None))])
        return there

    def all(self, noun: type[Noun]) -> list[Noun]:
        """See Desk."""
        shelf: _Shelf[Noun] = self._shelves[noun]
        return shelf.all()

    def version(self, noun: type[DeskRecord]) -> int:
        """See Desk: the number of changes that this process has met."""
        return self._shelves[noun].version()

    def close(self) -> None:
        """Let go of the connections."""
        for shelf in self._shelves.values():
            shelf.table.close()

    def _write(self, rows: list[tuple[type, Row]]) -> None:
        if not rows:
            return
        call = {_CALL: uuid4().hex}
        nouns = {noun for noun, _ in rows}
        for noun in nouns:
            self._shelves[noun].table.ensure()
        places = self._cluster.append_whole([(TOPICS[noun], Row(row.key, row.value, call)) for noun, row in rows])
        for noun in nouns:
            self._shelves[noun].table.see(places)


class _Shelf(Generic[Noun]):
    """All things of one noun."""

    def __init__(self, cluster: Cluster, noun: type[Noun]) -> None:
        self._noun: type[Noun] = noun
        self._things: dict[str, Noun] = {}
        self._calls = 0
        self._last_call = ""
        self.table = Table(cluster, TOPICS[noun], self._apply, self._reset)

    def all(self) -> list[Noun]:
        with self.table.turn:
            self.table.refresh()
            return [self._things[key] for key in sorted(self._things)]

    def has(self, thing_id: str) -> bool:
        with self.table.turn:
            self.table.refresh()
            return thing_id in self._things

    def version(self) -> int:
        with self.table.turn:
            self.table.refresh()
            return self._calls

    def _apply(self, change: Change) -> None:
        call = change.headers.get(_CALL, "")
        self._calls += call != self._last_call or not call
        self._last_call = call
        if change.value is None:
            self._things.pop(change.key, None)
            return
        try:
            self._things[change.key] = decode(self._noun, change.value)
        except InputError as error:
            logger.warning("%s %r of the desk is left as it was: %s", self._noun.__name__, change.key, error)

    def _reset(self) -> None:
        self._things.clear()
        self._calls += 1

"""The desk on Kafka."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Generic
from uuid import uuid4

from connectors.kafka.cluster import Cluster, Row
from connectors.kafka.table import Change, Table
from pipeline import model
from pipeline.codec import decode, encode, state_in_feed
from pipeline.errors import InputError
from pipeline.model import Actor, Feed, FeedState, Group, Mark, Mute, Session, Watch
from pipeline.ports import DeskRecord, Noun

TOPICS: Final[dict[type, str]] = {
    Feed: "feeds",
    FeedState: "feed-states",
    Actor: "actors",
    Group: "groups",
    Watch: "watches",
    Mute: "mutes",
    Mark: "marks",
    Session: "sessions",
    model.Change: "changes",
}

_AT_ONCE: Final = 500  # records per transaction, which brokers end after ten seconds

_CALL: Final = "call"  # header: the call of save or remove that wrote the record

logger = logging.getLogger("onrecord.kafka")


class KafkaDesk:
    """The `Desk` on compacted topics, one for each noun; each process has a copy in memory.

    A call is one transaction; one with more than _AT_ONCE records is several, so an import that fails is repeated.
    Every answer includes all that was committed before the call. Versions count the changes that this process has read,
    because compaction removes older ones.

    Older versions stored the state of a feed inside the feed's record. Such a state is read as long as the feed has no
    state of its own, and is stored as one when the feed's record is replaced.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._old_states = OldStates()
        self._shelves: dict[type, _Shelf[Any]] = {noun: _Shelf(cluster, noun) for noun in TOPICS if noun is not Feed}
        self._shelves[Feed] = _Shelf(cluster, Feed, self._old_states.apply, self._old_states.clear)

    def save(self, *things: DeskRecord) -> None:
        """As in `Desk`. Raises InputError for a record larger than `kafka.message_bytes`."""
        last = {(type(thing), thing.id): thing for thing in things}
        for noun, key in list(last):
            if noun is Feed and (state := self._old_state(key)):
                last.setdefault((FeedState, key), state)
        self._write([(noun, Row(key, encode(thing))) for (noun, key), thing in last.items()])

    def remove(self, noun: type[DeskRecord], thing_id: str) -> bool:
        """As in `Desk`."""
        there = self._shelves[noun].find(thing_id) is not None
        if there:
            self._write([(noun, Row(thing_id, None))])
        return there

    def find(self, noun: type[Noun], thing_id: str) -> Noun | None:
        """As in `Desk`."""
        shelf: _Shelf[Noun] = self._shelves[noun]
        if noun is FeedState and (old := self._old_state(thing_id)):
            return old if isinstance(old, noun) else None
        return shelf.find(thing_id)

    def all(self, noun: type[Noun]) -> list[Noun]:
        """As in `Desk`."""
        shelf: _Shelf[Noun] = self._shelves[noun]
        stored: list[Any] = shelf.all()
        if noun is FeedState:
            self._shelves[Feed].all()
            ids = {state.id for state in stored}
            stored += [state for state in self._old_states.states.values() if state.id not in ids]
            stored.sort(key=_id)
        return stored

    def version(self, noun: type[DeskRecord]) -> int:
        """Return the number of changes that this process has read."""
        return self._shelves[noun].version()

    def close(self) -> None:
        """Close the connections."""
        for shelf in self._shelves.values():
            shelf.table.close()

    def _old_state(self, feed_id: str) -> FeedState | None:
        """The state inside the record of a feed that has no state of its own."""
        self._shelves[Feed].find(feed_id)
        old = self._old_states.states.get(feed_id)
        return old if old and self._shelves[FeedState].find(feed_id) is None else None

    def _write(self, rows: list[tuple[type, Row]]) -> None:
        if not rows:
            return
        call = {_CALL: uuid4().hex}
        nouns = {noun for noun, _ in rows}
        for noun in nouns:
            self._shelves[noun].table.ensure()
        written = [(TOPICS[noun], Row(row.key, row.value, call)) for noun, row in rows]
        for start in range(0, len(written), _AT_ONCE):
            places = self._cluster.append_whole(written[start : start + _AT_ONCE])
            for noun in nouns:
                self._shelves[noun].table.see(places)


def _id(record: DeskRecord) -> str:
    return record.id


class OldStates:
    """The states of feeds that older versions stored inside the feeds' records, by the id of the feed."""

    def __init__(self) -> None:
        self.states: dict[str, FeedState] = {}

    def apply(self, change: Change) -> None:
        """Note the state in a record of the topic of feeds; forget it once the record has none any more."""
        state = None
        if change.value is not None:
            with suppress(InputError):  # the shelf warns of a record that cannot be read
                state = state_in_feed(change.value)
        if state:
            self.states[change.key] = state
        else:
            self.states.pop(change.key, None)

    def clear(self) -> None:
        """Forget all states."""
        self.states.clear()


class _Shelf(Generic[Noun]):
    """All records of one noun; `also` and `cleared` are called for every change and reset of the topic, too."""

    def __init__(
        self,
        cluster: Cluster,
        noun: type[Noun],
        also: Callable[[Change], None] = lambda _: None,
        cleared: Callable[[], None] = lambda: None,
    ) -> None:
        self._noun: type[Noun] = noun
        self._also = also
        self._cleared = cleared
        self._things: dict[str, Noun] = {}
        self._calls = 0
        self._last_call = ""
        self.table = Table(cluster, TOPICS[noun], self._apply, self._reset)

    def all(self) -> list[Noun]:
        with self.table.turn:
            self.table.refresh()
            return [self._things[key] for key in sorted(self._things)]

    def find(self, thing_id: str) -> Noun | None:
        with self.table.turn:
            self.table.refresh()
            return self._things.get(thing_id)

    def version(self) -> int:
        with self.table.turn:
            self.table.refresh()
            return self._calls

    def _apply(self, change: Change) -> None:
        call = change.headers.get(_CALL, "")
        self._calls += call != self._last_call or not call
        self._last_call = call
        self._also(change)
        if change.value is None:
            self._things.pop(change.key, None)
            return
        try:
            self._things[change.key] = decode(self._noun, change.value)
        except InputError as error:
            logger.warning("%s %r of the desk is left as it was: %s", self._noun.__name__, change.key, error)

    def _reset(self) -> None:
        self._things.clear()
        self._cleared()
        self._calls += 1

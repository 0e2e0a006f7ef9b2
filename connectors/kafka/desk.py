"""The desk and the outbox on Kafka: tables in compacted topics."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest, nsmallest
from typing import Any, Final, Generic, cast
from uuid import uuid4

from connectors.kafka.cluster import COMPACTED, Cluster, Row
from connectors.kafka.table import Table, TableChange
from pipeline.codec import decode, encode, state_in_feed
from pipeline.errors import InputError, UsageError
from pipeline.model import (
    EPOCH,
    Actor,
    ApiToken,
    Delivery,
    DeliveryState,
    Feed,
    FeedState,
    Group,
    LastUse,
    Mark,
    Mute,
    PushSubscription,
    Session,
    Triage,
    User,
    Watch,
)
from pipeline.model.desk import Change
from pipeline.ports import Clock, DeskRecord, Noun

TOPICS: Final[dict[type, str]] = {
    Feed: "feeds",
    FeedState: "feed-states",
    Actor: "actors",
    Group: "groups",
    Watch: "watches",
    Mute: "mutes",
    Mark: "marks",
    Triage: "triage",
    User: "users",
    Session: "sessions",
    ApiToken: "tokens",
    LastUse: "last-uses",
    PushSubscription: "push-subscriptions",
    Change: "changes",
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

    def save(self, *records: DeskRecord) -> None:
        """See `Desk`. Raises InputError for a record larger than `kafka.message_bytes`."""
        latest = {(type(record), record.id): record for record in records}
        for noun, key in list(latest):
            if noun is Feed and (state := self._old_state(key)):
                latest.setdefault((FeedState, key), state)
        self._write([(noun, Row(key, encode(record))) for (noun, key), record in latest.items()])

    def remove(self, noun: type[DeskRecord], record_id: str) -> bool:
        """See `Desk`."""
        exists = self._shelves[noun].find(record_id) is not None
        if exists:
            self._write([(noun, Row(record_id, None))])
        return exists

    def find(self, noun: type[Noun], record_id: str) -> Noun | None:
        """See `Desk`."""
        shelf: _Shelf[Noun] = self._shelves[noun]
        if noun is FeedState and (old := self._old_state(record_id)):
            return old if isinstance(old, noun) else None
        return shelf.find(record_id)

    def all(self, noun: type[Noun]) -> list[Noun]:
        """See `Desk`."""
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
        marked = [(TOPICS[noun], Row(row.key, row.value, call)) for noun, row in rows]
        for start in range(0, len(marked), _AT_ONCE):
            places = self._cluster.append_whole(marked[start : start + _AT_ONCE])
            for noun in nouns:
                self._shelves[noun].table.see(places)


def _id(record: DeskRecord) -> str:
    return record.id


class OldStates:
    """The states of feeds that older versions stored inside the feeds' records, by the id of the feed."""

    def __init__(self) -> None:
        self.states: dict[str, FeedState] = {}

    def apply(self, change: TableChange) -> None:
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
        also: Callable[[TableChange], None] = lambda _: None,
        cleared: Callable[[], None] = lambda: None,
    ) -> None:
        self._noun: type[Noun] = noun
        self._also = also
        self._cleared = cleared
        self._records: dict[str, Noun] = {}
        self._calls = 0
        self._last_call = ""
        self.table = Table(cluster, TOPICS[noun], self._apply, self._reset)

    def all(self) -> list[Noun]:
        with self.table.turn:
            self.table.refresh()
            return [self._records[key] for key in sorted(self._records)]

    def find(self, record_id: str) -> Noun | None:
        with self.table.turn:
            self.table.refresh()
            return self._records.get(record_id)

    def version(self) -> int:
        with self.table.turn:
            self.table.refresh()
            return self._calls

    def _apply(self, change: TableChange) -> None:
        call = change.headers.get(_CALL, "")
        self._calls += call != self._last_call or not call
        self._last_call = call
        self._also(change)
        if change.value is None:
            self._records.pop(change.key, None)
            return
        try:
            self._records[change.key] = decode(self._noun, change.value)
        except InputError as error:
            logger.warning("%s %r of the desk is left as it was: %s", self._noun.__name__, change.key, error)

    def _reset(self) -> None:
        self._records.clear()
        self._cleared()
        self._calls += 1


DELIVERIES: Final = "deliveries"

RETENTION: Final = timedelta(days=90)  # longer than any retry, and than people look back

_CONFIGS: Final = {
    **COMPACTED,
    "cleanup.policy": "compact,delete",
    "retention.ms": str(RETENTION // timedelta(milliseconds=1)),
    "segment.ms": str(timedelta(days=1) // timedelta(milliseconds=1)),
}

_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _StoredDelivery:
    """A delivery in memory; a pending delivery has its `body`, any other is read again at `offset`."""

    created: int
    number: int
    state: DeliveryState
    next_try: int
    target: str
    offset: int
    body: bytes = b""

    @property
    def place(self) -> tuple[int, int]:
        return self.created, self.number


class KafkaOutbox:
    """The `Outbox` and `Deliveries` on a compacted topic, which each process reads.

    `due` returns only deliveries whose target `is_own`; other processes send the rest. Deliveries are deleted after
    RETENTION. Deliveries of older alerts are not put, because they may have been sent and deleted.
    """

    def __init__(self, cluster: Cluster, clock: Clock, is_own: Callable[[str], bool] = lambda target: True) -> None:
        self._cluster = cluster
        self._clock = clock
        self._is_own = is_own
        self._all: dict[str, _StoredDelivery] = {}
        self._pending: dict[str, _StoredDelivery] = {}
        self._table = Table(cluster, DELIVERIES, self._apply, self._reset, _CONFIGS)

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """See `Outbox`."""
        oldest = self._clock() - RETENTION
        with self._table.turn:
            self._table.refresh()
            unknown = {delivery.id: delivery for delivery in reversed(deliveries) if delivery.id not in self._all}
            fresh = [delivery for delivery in reversed(unknown.values()) if delivery.alert.created > oldest]
            if late := len(unknown) - len(fresh):
                logger.warning("deliveries of alerts that are older than %d days: %d left out", RETENTION.days, late)
            self._write([_row(delivery) for delivery in fresh])

    def due(self, now: datetime, most: int) -> list[Delivery]:
        """See `Outbox`."""
        moment = _microseconds(now)
        with self._table.turn:
            self._table.refresh()
            due = (
                stored for stored in self._pending.values() if stored.next_try <= moment and self._is_own(stored.target)
            )
            earliest = nsmallest(most, due, key=lambda stored: stored.place)
        return [decode(Delivery, stored.body) for stored in earliest]

    def update(self, delivery: Delivery) -> None:
        """See `Outbox`. Raises UsageError for a delivery that was never put."""
        self._write([_row(delivery, self._stored(delivery.id).number)])

    def find(self, delivery_id: str) -> Delivery | None:
        """See `Deliveries`."""
        with self._table.turn:
            self._table.refresh()
            stored = self._all.get(delivery_id)
            return next(iter(self._whole([stored])), None) if stored else None

    def listing(self, state: DeliveryState | None = None, most: int = 100, before: str = "") -> list[Delivery]:
        """See `Deliveries`. Raises UsageError for an unknown `before`."""
        with self._table.turn:
            self._table.refresh()
            end = self._stored(before).place if before else (2**63, 0)
            matching = (stored for stored in self._all.values() if state in (None, stored.state) and stored.place < end)
            return self._whole(nlargest(most, matching, key=lambda stored: stored.place))

    def close(self) -> None:
        """Close the connection."""
        self._table.close()

    def _stored(self, delivery_id: str) -> _StoredDelivery:
        with self._table.turn:
            if delivery_id not in self._all:
                self._table.refresh()
            if delivery_id not in self._all:
                raise UsageError(f"delivery {delivery_id!r} is not in the outbox")
            return self._all[delivery_id]

    def _whole(self, deliveries: Iterable[_StoredDelivery]) -> list[Delivery]:
        """Return the deliveries that were not deleted meanwhile."""
        present = list(deliveries)
        bodies = {stored.offset: stored.body for stored in present if stored.body}
        bodies |= self._table.look_up([stored.offset for stored in present if not stored.body])
        return [decode(Delivery, bodies[stored.offset]) for stored in present if stored.offset in bodies]

    def _write(self, rows: Sequence[Row]) -> None:
        if rows:
            self._table.ensure()
            self._table.see(self._cluster.append(DELIVERIES, rows))

    def _apply(self, change: TableChange) -> None:
        if change.value is None or ("number" not in change.headers and change.key in self._all):
            return  # two processes put it at once: the first counts
        try:
            stored = _from(change)
        except (KeyError, ValueError) as error:
            logger.warning("%s/0/%d is no delivery: %r is missing or wrong", DELIVERIES, change.offset, error.args[0])
            return
        self._all[change.key] = stored
        if stored.state == "pending":
            self._pending[change.key] = stored
        else:
            self._pending.pop(change.key, None)

    def _reset(self) -> None:
        self._all.clear()
        self._pending.clear()


def _row(delivery: Delivery, number: int | None = None) -> Row:
    """Return the delivery for memory; `number` is the offset at which it was first put."""
    headers = {
        "state": delivery.state,
        "created": str(_microseconds(delivery.alert.created)),
        "next-try": str(_microseconds(delivery.next_try)),
        "target": delivery.target,
    }
    return Row(delivery.id, encode(delivery), headers if number is None else {**headers, "number": str(number)})


def _from(change: TableChange) -> _StoredDelivery:
    headers: Mapping[str, str] = change.headers
    pending = headers["state"] == "pending"
    return _StoredDelivery(
        created=int(headers["created"]),
        number=int(headers.get("number", change.offset)),
        state=cast(DeliveryState, headers["state"]),
        next_try=int(headers["next-try"]),
        target=headers["target"] if pending else "",
        offset=change.offset,
        body=(change.value or b"") if pending else b"",
    )


def _microseconds(time: datetime) -> int:
    return (time - EPOCH) // _MICROSECOND

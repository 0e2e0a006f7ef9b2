"""The outbox on Kafka."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest, nsmallest
from typing import Final, cast

from connectors.kafka.cluster import COMPACTED, Cluster, Row
from connectors.kafka.table import Change, Table
from pipeline.codec import decode, encode
from pipeline.errors import UsageError
from pipeline.model import EPOCH, Delivery, DeliveryState
from pipeline.ports import Clock

DELIVERIES: Final = "deliveries"

RETENTION: Final = timedelta(days=90)  # longer than any retry, and than people look back

_CONFIGS: Final = {
    **COMPACTED,
    "cleanup.policy": "compact,delete",
    "retention.ms": str(RETENTION // timedelta(milliseconds=1)),
    "segment.ms": str(timedelta(days=1) // timedelta(milliseconds=1)),
}

_MICROSECOND: Final = timedelta(microseconds=1)

logger = logging.getLogger("onrecord.kafka")


@dataclass(frozen=True, slots=True)
class _Known:
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

    `due` returns only deliveries whose target is `mine`; other processes send the rest. Deliveries are deleted after
    RETENTION. Deliveries of older alerts are not put, because they may have been sent and deleted.
    """

    def __init__(self, cluster: Cluster, clock: Clock, mine: Callable[[str], bool] = lambda target: True) -> None:
        self._cluster = cluster
        self._clock = clock
        self._mine = mine
        self._all: dict[str, _Known] = {}
        self._pending: dict[str, _Known] = {}
        self._table = Table(cluster, DELIVERIES, self._apply, self._reset, _CONFIGS)

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """As in `Outbox`."""
        oldest = self._clock() - RETENTION
        with self._table.turn:
            self._table.refresh()
            unknown = {each.id: each for each in reversed(deliveries) if each.id not in self._all}
            fresh = [each for each in reversed(unknown.values()) if each.alert.created > oldest]
            if late := len(unknown) - len(fresh):
                logger.warning("deliveries of alerts that are older than %d days: %d left out", RETENTION.days, late)
            self._write([_row(each) for each in fresh])

    def due(self, now: datetime, most: int) -> list[Delivery]:
        """As in `Outbox`."""
        moment = _microseconds(now)
        with self._table.turn:
            self._table.refresh()
            due = (known for known in self._pending.values() if known.next_try <= moment and self._mine(known.target))
            first = nsmallest(most, due, key=lambda known: known.place)
        return [decode(Delivery, known.body) for known in first]

    def update(self, delivery: Delivery) -> None:
        """As in `Outbox`. Raises UsageError for a delivery that was never put."""
        self._write([_row(delivery, self._known(delivery.id).number)])

    def find(self, delivery_id: str) -> Delivery | None:
        """As in `Deliveries`."""
        with self._table.turn:
            self._table.refresh()
            known = self._all.get(delivery_id)
            return next(iter(self._whole([known])), None) if known else None

    def listing(self, state: DeliveryState | None = None, most: int = 100, before: str = "") -> list[Delivery]:
        """As in `Deliveries`. Raises UsageError for an unknown `before`."""
        with self._table.turn:
            self._table.refresh()
            end = self._known(before).place if before else (2**63, 0)
            wanted = (known for known in self._all.values() if state in (None, known.state) and known.place < end)
            return self._whole(nlargest(most, wanted, key=lambda known: known.place))

    def close(self) -> None:
        """Close the connection."""
        self._table.close()

    def _known(self, delivery_id: str) -> _Known:
        with self._table.turn:
            if delivery_id not in self._all:
                self._table.refresh()
            if delivery_id not in self._all:
                raise UsageError(f"delivery {delivery_id!r} is not in the outbox")
            return self._all[delivery_id]

    def _whole(self, wanted: Iterable[_Known]) -> list[Delivery]:
        """Return the deliveries that were not deleted meanwhile."""
        kept = list(wanted)
        bodies = {known.offset: known.body for known in kept if known.body}
        bodies |= self._table.look_up([known.offset for known in kept if not known.body])
        return [decode(Delivery, bodies[known.offset]) for known in kept if known.offset in bodies]

    def _write(self, rows: Sequence[Row]) -> None:
        if rows:
            self._table.ensure()
            self._table.see(self._cluster.append(DELIVERIES, rows))

    def _apply(self, change: Change) -> None:
        if change.value is None or ("number" not in change.headers and change.key in self._all):
            return  # two processes put it at once: the first counts
        try:
            known = _from(change)
        except (KeyError, ValueError) as error:
            logger.warning("%s/0/%d is no delivery: %r is missing or wrong", DELIVERIES, change.offset, error.args[0])
            return
        self._all[change.key] = known
        if known.state == "pending":
            self._pending[change.key] = known
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


def _from(change: Change) -> _Known:
    headers: Mapping[str, str] = change.headers
    pending = headers["state"] == "pending"
    return _Known(
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

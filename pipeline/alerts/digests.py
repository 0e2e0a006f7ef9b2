"""Digests: join the deliveries that wait for one target into one delivery that lists all of them.

A crash anywhere loses nothing and sends nothing twice. First each delivery is marked with the id of its digest, then
the digest is put into the outbox, then each delivery gets the state `joined`. A marked delivery whose digest is missing
after a crash joins another digest. A digest thus keeps its id and its members on every attempt.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from pipeline.alerts import schedule
from pipeline.model import Delivery
from pipeline.ports import OutboxStore


def join(outbox: OutboxStore, due: Iterable[Delivery], now: datetime) -> None:
    """Join the grouped deliveries among the due ones, by target; a single delivery is sent by itself."""
    waiting: defaultdict[str, list[Delivery]] = defaultdict(list)
    for delivery in due:
        if delivery.grouped and not _has_joined(outbox, delivery):
            waiting[delivery.target].append(delivery)
    for deliveries in waiting.values():
        for members in _chunks(deliveries):
            _join(outbox, members, now)


def _has_joined(outbox: OutboxStore, delivery: Delivery) -> bool:
    """Return whether a digest from before a crash lists the delivery; if so, record that it has joined."""
    digest = outbox.find(delivery.digest) if delivery.digest else None
    if digest is None or delivery.id not in digest.parts:
        return False
    outbox.update(replace(delivery, state="joined"))
    return True


def _join(outbox: OutboxStore, members: Sequence[Delivery], now: datetime) -> None:
    if len(members) == 1:
        outbox.update(replace(members[0], grouped=False))
        return
    digest = schedule.digest(members, now)
    marked = [replace(member, digest=digest.id) for member in members]
    for member in marked:
        outbox.update(member)
    outbox.put([digest])
    for member in marked:
        outbox.update(replace(member, state="joined"))


def _chunks(deliveries: Iterable[Delivery]) -> Iterator[tuple[Delivery, ...]]:
    remaining = iter(deliveries)
    while chunk := tuple(islice(remaining, schedule.MOST_TOGETHER)):
        yield chunk

"""Digests: deliveries that wait for one target, joined into one that tells of all of them.

A crash anywhere leaves nothing out and tells nothing twice: each is first marked with the digest it will join, then the
digest is put, then it has joined. What is found marked has its digest, or had none yet and joins another. So a digest
keeps its id and its parts on every try, as any delivery does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from pipeline.alerts import schedule as plans
from pipeline.model import Delivery
from pipeline.ports import OutboxStore


def join(outbox: OutboxStore, due: Iterable[Delivery], now: datetime) -> None:
    """Join what is `grouped` among these due deliveries, by target; what is alone goes on its own."""
    waiting: defaultdict[str, list[Delivery]] = defaultdict(list)
    for delivery in due:
        if delivery.grouped and not _has_joined(outbox, delivery):
            waiting[delivery.target].append(delivery)
    for of_target in waiting.values():
        for members in _handfuls(of_target):
            _join(outbox, members, now)


def _has_joined(outbox: OutboxStore, delivery: Delivery) -> bool:
    """Whether a digest tells of it that was made before a crash; then it is written down."""
    digest = outbox.find(delivery.digest) if delivery.digest else None
    if digest is None or delivery.id not in digest.parts:
        return False
    outbox.update(replace(delivery, state="joined"))
    return True


def _join(outbox: OutboxStore, members: Sequence[Delivery], now: datetime) -> None:
    if len(members) == 1:
        outbox.update(replace(members[0], grouped=False))
        return
    digest = plans.digest(members, now)
    marked = [replace(member, digest=digest.id) for member in members]
    for member in marked:
        outbox.update(member)
    outbox.put([digest])
    for member in marked:
        outbox.update(replace(member, state="joined"))


def _handfuls(deliveries: Iterable[Delivery]) -> Iterator[tuple[Delivery, ...]]:
    left = iter(deliveries)
    while handful := tuple(islice(left, plans.MOST_TOGETHER)):
        yield handful

"""What people make of alerts: muted from now on, or marked as wrong, which is kept as labelled data."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from pipeline.alerts.schedule import muted
from pipeline.codec import plain
from pipeline.errors import UsageError
from pipeline.model import Alert, Delivery, DeliveryState, Label, Mark, Mute
from pipeline.ports import Archive, Clock, Deliveries, Desk, OutboxStore

_PAGE: Final = 200


def mute(desk: Desk, outbox: OutboxStore, wanted: Mute) -> int:
    """Tell nobody of it from now on, nor of what waits to be told; how many deliveries that waited are muted."""
    desk.save(wanted)
    silent = {wanted.id: wanted}
    count = 0
    for known in every_delivery(outbox, "pending"):
        if all(muted(alert.statement, silent, alert.created) for alert in known.alerts):
            outbox.update(replace(known, state="muted"))
            count += 1
    return count


def mark(desk: Desk, delivery: Delivery, label: Label, note: str, clock: Clock) -> Mark:
    """Keep what is wrong with what the delivery tells; UsageError where it tells of several statements."""
    alert = _one(delivery)
    made = Mark(label=label, alert=alert, time=clock(), note=" ".join(note.split()))
    desk.save(made)
    return made


def labelled(desk: Desk, archive: Archive) -> Iterator[dict[str, Any]]:
    """The marks with the text that each quote stands in, as its article had it then; "" where that is gone."""
    for made in desk.all(Mark):
        article = made.alert.statement.first.article
        texts = {each.article.revision: each.article.text for each in archive.documents(article.id)}
        yield {**plain(made), "text": texts.get(article.revision, "")}


def every_delivery(deliveries: Deliveries, state: DeliveryState | None = None, before: str = "") -> Iterator[Delivery]:
    """All deliveries in that state, newest alert first, read some at a time."""
    while page := deliveries.listing(state, _PAGE, before):
        yield from page
        before = page[-1].id


def _one(delivery: Delivery) -> Alert:
    statements = {alert.statement.id for alert in delivery.alerts}
    if len(statements) > 1:
        raise UsageError(f"delivery {delivery.id!r} tells of {len(statements)} statements; mark one of its parts")
    return delivery.alert

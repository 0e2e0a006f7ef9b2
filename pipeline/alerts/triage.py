"""Triage of alerts: mute a speaker or a statement, or mark an alert as wrong or missing, as labelled data."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from pipeline.alerts.schedule import muted
from pipeline.codec import plain
from pipeline.errors import UsageError
from pipeline.model import Alert, Decision, Delivery, DeliveryState, Label, Mark, Mute
from pipeline.ports import Archive, Clock, Deliveries, Desk, OutboxStore

_PAGE: Final = 200


def mute(desk: Desk, outbox: OutboxStore, wanted: Mute) -> int:
    """Save the mute and apply it to pending deliveries; return the number of deliveries muted."""
    desk.save(wanted)
    count = 0
    for delivery in every_delivery(outbox, "pending"):
        if all(muted(alert.statement, {wanted.id: wanted}, alert.created) for alert in delivery.alerts):
            outbox.update(replace(delivery, state="muted"))
            count += 1
    return count


def mark(desk: Desk, delivery: Delivery, label: Label, note: str, clock: Clock) -> Mark:
    """Save what is wrong with the alert of the delivery.

    Raises UsageError for a digest of several statements, and for "missed", which is about a report without an alert.
    """
    if label == "missed":
        raise UsageError("an alert that was sent was not missed; mark a report on its statement's page")
    saved = Mark(label=label, alert=_only_alert(delivery), time=clock(), note=" ".join(note.split()))
    desk.save(saved)
    return saved


def missed(desk: Desk, decisions: Iterable[Decision], quote: str, note: str, clock: Clock) -> Mark:
    """Save that the decision about this quote missed a new claim. `decisions` are those of one statement.

    Raises UsageError if no such decision calls the quote repeated.
    """
    decision = next((each for each in decisions if each.report.quote.id == quote and each.verdict == "repeated"), None)
    if decision is None:
        raise UsageError(f"quote {quote!r} is no repeat of this statement; only a repeat can hide a new claim")
    saved = Mark(label="missed", decision=decision, time=clock(), note=" ".join(note.split()))
    desk.save(saved)
    return saved


def labelled(desk: Desk, archive: Archive) -> Iterator[dict[str, Any]]:
    """Yield each mark with the text of its article in the revision of the quote; "" if that revision is gone."""
    for saved in desk.all(Mark):
        article = saved.report.article
        texts = {document.article.revision: document.article.text for document in archive.documents(article.id)}
        yield {**plain(saved), "text": texts.get(article.revision, "")}


def every_delivery(deliveries: Deliveries, state: DeliveryState | None = None, before: str = "") -> Iterator[Delivery]:
    """Yield all deliveries in that state, newest alert first, page by page."""
    while page := deliveries.listing(state, _PAGE, before):
        yield from page
        before = page[-1].id


def _only_alert(delivery: Delivery) -> Alert:
    statements = {alert.statement.id for alert in delivery.alerts}
    if len(statements) > 1:
        raise UsageError(f"delivery {delivery.id!r} has {len(statements)} statements; mark one of its parts")
    return delivery.alert

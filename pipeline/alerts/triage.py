"""Triage of alerts: mutes, marks of wrong and missed alerts, and the confidence that watches should require.

The marks are labelled data. Calibration fits the least confidence of watches to the alerts that a desk has judged: an
alert counts as judged once it is acknowledged or marked. It is wrong if it is marked as a wrong speaker or as no
statement. Whether an alert is new says nothing about the confidence in its speaker, so "not-new" marks do not count.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import Any, Final

from pipeline.alerts.schedule import muted
from pipeline.codec import plain
from pipeline.errors import UsageError
from pipeline.model import Alert, Decision, Delivery, DeliveryState, Label, Mark, Mute, Watch
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


def mark(desk: Desk, delivery: Delivery, label: Label, note: str, clock: Clock, *, by: str = "") -> Mark:
    """Save what is wrong with the alert of the delivery; `by` is the user's name.

    Raises UsageError for a digest of several statements, and for "missed", which is about a report without an alert.
    """
    if label == "missed":
        raise UsageError("an alert that was sent was not missed; mark a report on its statement's page")
    saved = Mark(label=label, alert=_only_alert(delivery), time=clock(), note=" ".join(note.split()), by=by)
    desk.save(saved)
    return saved


def misread(desk: Desk) -> frozenset[str]:
    """The ids of the statements whose alert is marked as having another speaker, or no statement."""
    wrong = [mark.alert for mark in desk.all(Mark) if mark.label in ("wrong-speaker", "not-a-statement")]
    return frozenset(alert.statement.id for alert in wrong if alert)


def missed(desk: Desk, decisions: Iterable[Decision], quote: str, note: str, clock: Clock, *, by: str = "") -> Mark:
    """Save that the decision about this quote missed a new claim. `decisions` are those of one statement.

    Raises UsageError if no such decision calls the quote repeated.
    """
    decision = next(
        (
            candidate
            for candidate in decisions
            if candidate.report.quote.id == quote and candidate.verdict == "repeated"
        ),
        None,
    )
    if decision is None:
        raise UsageError(f"quote {quote!r} is no repeat of this statement; only a repeat can hide a new claim")
    saved = Mark(label="missed", decision=decision, time=clock(), note=" ".join(note.split()), by=by)
    desk.save(saved)
    return saved


def labelled(desk: Desk, archive: Archive) -> Iterator[dict[str, Any]]:
    """Yield each mark with the text of its article in the revision of the quote; "" if that revision is gone."""
    for saved in desk.all(Mark):
        article = saved.report.article
        texts = {document.article.revision: document.article.text for document in archive.documents(article.id)}
        yield {**plain(saved), "text": texts.get(article.revision, "")}


def every_delivery(deliveries: Deliveries, state: DeliveryState | None = None, cursor: str = "") -> Iterator[Delivery]:
    """Yield all deliveries in that state, newest alert first, page by page."""
    while page := deliveries.listing(state, _PAGE, cursor):
        yield from page
        cursor = page[-1].id


def _only_alert(delivery: Delivery) -> Alert:
    statements = {alert.statement.id for alert in delivery.alerts}
    if len(statements) > 1:
        raise UsageError(f"delivery {delivery.id!r} has {len(statements)} statements; mark one of its parts")
    return delivery.alert


LEAST_JUDGED: Final = 20
"""Judged alerts below which no threshold is fitted: with fewer, one mark moves the share by more than 5 %."""

_WRONG: Final[frozenset[Label]] = frozenset({"wrong-speaker", "not-a-statement"})


@dataclass(frozen=True, slots=True)
class Threshold:
    """The judged alerts with at least this confidence in [0, 1]: their number, and how many of them are right."""

    confidence: float
    alerts: int
    right: int

    @property
    def precision(self) -> float:
        """Share of right alerts, in [0, 1]."""
        return self.right / self.alerts


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds from the highest to the lowest, the fitted one, and the watches that it changes, before and after.

    `fitted` is None if no threshold reaches the precision.
    """

    thresholds: tuple[Threshold, ...]
    fitted: Threshold | None
    changes: tuple[tuple[Watch, Watch], ...]


def calibrate(desk: Desk, deliveries: Iterable[Delivery], precision: float) -> Calibration:
    """Fit the least confidence at which the share of right alerts reaches `precision`, in [0, 1].

    Raises UsageError if fewer than LEAST_JUDGED alerts are judged.
    """
    judged = _judged(deliveries, desk.all(Mark))
    if len(judged) < LEAST_JUDGED:
        needs = f"calibration needs {LEAST_JUDGED} judged alerts and has {len(judged)}"
        raise UsageError(f"{needs}: acknowledge right ones (`alerts ack`) and mark wrong ones (`alerts mark`)")
    thresholds = _thresholds(judged)
    enough = [
        threshold for threshold in thresholds if threshold.alerts >= LEAST_JUDGED and threshold.precision >= precision
    ]
    fitted = enough[-1] if enough else None
    watches = desk.all(Watch) if fitted else []
    changed = [(watch, replace(watch, least_confidence=fitted.confidence)) for watch in watches if fitted]
    return Calibration(thresholds, fitted, tuple((before, after) for before, after in changed if before != after))


def apply(desk: Desk, calibration: Calibration) -> None:
    """Save the watches that the calibration changes."""
    desk.save(*(after for _, after in calibration.changes))


def _judged(deliveries: Iterable[Delivery], marks: Iterable[Mark]) -> list[tuple[float, bool]]:
    """Return the confidence of each judged statement and whether its alert is right, highest confidence first."""
    wrong = {mark.report.quote.id for mark in marks if mark.label in _WRONG}
    judged: dict[str, tuple[float, bool]] = {}
    for delivery in deliveries:
        for alert in filter(_is_news, delivery.alerts):
            quote = alert.statement.first.quote
            if delivery.acknowledged or quote.id in wrong:
                judged[quote.id] = (quote.confidence, quote.id not in wrong)
    return sorted(judged.values(), reverse=True)


def _is_news(alert: Alert) -> bool:
    return alert.kind == "news"


def _thresholds(judged: Sequence[tuple[float, bool]]) -> tuple[Threshold, ...]:
    """Return a threshold for each confidence, rounded down to hundredths, highest first."""
    thresholds: dict[float, Threshold] = {}
    right = 0
    for count, (confidence, is_right) in enumerate(judged, 1):
        right += is_right
        step = floor(confidence * 100) / 100
        thresholds[step] = Threshold(step, count, right)
    return tuple(thresholds.values())

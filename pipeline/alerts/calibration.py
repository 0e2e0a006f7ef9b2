"""Calibration: fit the least confidence of watches to the alerts that a desk has judged.

An alert counts as judged once it is acknowledged or marked. It is wrong if it is marked as a wrong speaker or as no
statement. Whether an alert is new says nothing about the confidence in its speaker, so "not-new" marks do not count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import Final

from pipeline.errors import UsageError
from pipeline.model import Alert, Delivery, Label, Mark, Watch
from pipeline.ports import Desk

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
        needs = f"calibration needs {LEAST_JUDGED} judged alerts, not {len(judged)}"
        raise UsageError(f"{needs}: acknowledge right alerts and mark wrong ones")
    thresholds = _thresholds(judged)
    enough = [each for each in thresholds if each.alerts >= LEAST_JUDGED and each.precision >= precision]
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

"""A desk's marks decide how sure of the speaker its watches must be."""

from dataclasses import replace

import pytest

from pipeline.alerts.triage import LEAST_JUDGED, Threshold, apply, calibrate, mark
from pipeline.errors import UsageError
from pipeline.model import Delivery, Label, Watch
from pipeline.testing import FakeClock, FakeDesk
from tests import examples


def delivery(number: int, confidence: float, **changes: object) -> Delivery:
    """An acknowledged alert about a statement of its own."""
    report = examples.report(id=f"quote-{number:03}", confidence=confidence)
    return examples.delivery(examples.alert(examples.statement(report)), **{"acknowledged": True} | changes)


def surely(count: int = LEAST_JUDGED) -> list[Delivery]:
    """Alerts with a confidence of 0.9, all right."""
    return [delivery(number, 0.9) for number in range(count)]


def desk_with(wrong: list[Delivery], label: Label = "wrong-speaker") -> FakeDesk:
    """A desk with one watch, on which these alerts are marked."""
    desk = FakeDesk()
    desk.save(examples.watch())
    for each in wrong:
        mark(desk, each, label, "", FakeClock())
    return desk


@pytest.mark.parametrize("label", ["wrong-speaker", "not-a-statement"])
def test_wrong_alerts_raise_the_least_confidence(label: Label) -> None:
    doubtful = [delivery(100 + number, 0.604) for number in range(5)]
    desk = desk_with(doubtful, label)
    calibration = calibrate(desk, [*doubtful, *surely()], 0.95)
    assert calibration.thresholds == (Threshold(0.9, 20, 20), Threshold(0.6, 25, 20))
    assert calibration.fitted == calibration.thresholds[0]
    (before, after) = calibration.changes[0]
    assert (before.least_confidence, after.least_confidence) == (0.5, 0.9)
    assert desk.all(Watch) == [before]
    apply(desk, calibration)
    assert desk.all(Watch) == [after]


def test_the_lowest_confidence_that_is_right_often_enough_is_taken() -> None:
    doubtful = [delivery(100 + number, 0.6) for number in range(5)]
    fitted = calibrate(desk_with(doubtful[:1]), [*surely(), *doubtful], 0.95).fitted
    assert fitted == Threshold(0.6, 25, 24)


def test_a_mark_of_newness_says_nothing_about_the_speaker() -> None:
    existing = surely()
    fitted = calibrate(desk_with(existing, "not-new"), existing, 1).fitted
    assert fitted == Threshold(0.9, 20, 20)


def test_an_unjudged_alert_does_not_count() -> None:
    open_alert = delivery(100, 0.3, acknowledged=False)
    assert calibrate(desk_with([]), [open_alert, *surely()], 0.95).thresholds == (Threshold(0.9, 20, 20),)


def test_a_marked_alert_is_judged_before_it_is_acknowledged() -> None:
    marked = delivery(100, 0.3, acknowledged=False)
    assert calibrate(desk_with([marked]), [marked, *surely()], 0.95).thresholds[-1] == Threshold(0.3, 21, 20)


def test_a_correction_is_no_judgement_of_the_speaker() -> None:
    alert = replace(delivery(100, 0.3).alert, kind="correction")
    correction = examples.delivery(alert, acknowledged=True)
    assert len(calibrate(desk_with([]), [correction, *surely()], 0.95).thresholds) == 1


def test_without_a_good_threshold_the_watches_stay() -> None:
    wrong = surely()
    calibration = calibrate(desk_with(wrong[:10]), wrong, 0.95)
    assert (calibration.fitted, calibration.changes) == (None, ())


def test_few_right_alerts_are_no_threshold() -> None:
    rare = delivery(100, 0.99)
    wrong = [delivery(200 + number, 0.5) for number in range(LEAST_JUDGED)]
    assert calibrate(desk_with(wrong), [rare, *wrong], 0.95).fitted is None


def test_a_desk_with_few_judged_alerts_is_refused() -> None:
    with pytest.raises(UsageError, match="needs 20 judged alerts and has 19"):
        calibrate(desk_with([]), surely(LEAST_JUDGED - 1), 0.95)

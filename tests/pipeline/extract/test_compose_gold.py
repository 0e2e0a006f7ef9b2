"""Floors under the figures on the project's own gold set, so that no change lowers them unseen."""

import pytest

from pipeline.model.desk import LEAST_CONFIDENCE
from tests import gold
from tests.bench import extraction, scoring

pytestmark = pytest.mark.slow

Pair = tuple[list[dict[str, object]], list[dict[str, object]]]


@pytest.fixture(scope="module")
def measured() -> Pair:
    records = gold.records()
    predictions, _ = extraction.run(records)
    return records, predictions


def test_quotes_and_speakers(measured: Pair) -> None:
    quoted, speech = (scoring.score(*measured, subset) for subset in ("quoted", "speech"))
    assert quoted["e2e_F1"] >= 86
    assert speech["e2e_F1"] >= 83
    assert speech["e2e_P"] >= 91
    assert speech["named_F1"] >= 81


def test_the_default_of_a_watch_keeps_its_promise(measured: Pair) -> None:
    promise = extraction.at_threshold(*measured, LEAST_CONFIDENCE)
    assert promise.right >= 0.95
    assert promise.kept >= 0.78

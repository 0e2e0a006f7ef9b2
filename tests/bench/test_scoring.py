"""The scorer on one small article whose figures are counted by hand."""

from typing import Any

import pytest

from tests.bench.naming import heads, is_proper, name_right
from tests.bench.scoring import inside_marks, score

TEXT = "Mara Dovic said the harbour was open. “It is late,” he said."


def quote(content: str, speaker: str | None, name: str | None = None, kind: str = "indirect") -> dict[str, Any]:
    start = TEXT.index(content)
    found: dict[str, Any] = {"start": start, "end": start + len(content), "type": kind, "speaker_text": speaker}
    if speaker is not None:
        at = TEXT.index(speaker)
        found |= {"speaker_start": at, "speaker_end": at + len(speaker)}
    return found | ({"speaker_name": name} if name else {})


def figures(*predicted: dict[str, Any], subset: str = "all") -> dict[str, float]:
    gold = [quote("the harbour was open", "Mara Dovic", "Mara Dovic"), quote("It is late", "he", kind="direct")]
    return score([{"id": "a", "text": TEXT, "quotes": gold}], [{"id": "a", "quotes": list(predicted)}], subset)


def test_all_right() -> None:
    found = figures(quote("the harbour was open", "Mara Dovic", "Mara Dovic"), quote("It is late", "he"))
    assert (found["e2e_F1"], found["exact_F1"], found["named_F1"]) == (100, 100, 100)


def test_wrong_speaker_costs_the_speaker_alone() -> None:
    found = figures(quote("the harbour was open", "he"), quote("It is late", "he"))
    assert (found["iou_F1"], found["e2e_P"], found["named_R"]) == (100, 50, 0)


def test_half_a_span_is_enough_and_less_is_not() -> None:
    assert figures(quote("harbour was", "Mara Dovic"))["iou_R"] == 50
    assert figures(quote("the", "Mara Dovic"))["iou_R"] == 0


def test_what_is_outside_the_subset_counts_nothing() -> None:
    found = figures(quote("the harbour was open", "Mara Dovic"), quote("It is late", "he"), subset="direct")
    assert (found["gold"], found["pred"], found["e2e_F1"]) == (1, 1, 100)


def test_marks_are_read_line_by_line() -> None:
    assert bytes(inside_marks("a “b\nc” \"d\" ''e''")) == bytes([0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0])


def test_a_low_mark_closes_with_the_mark_that_opens_quotations_elsewhere() -> None:
    assert bytes(inside_marks("„a“ b “c”")) == bytes([0, 1, 0, 0, 0, 0, 0, 1, 0])


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("Peter Holm, a spokesman for Mara Dovic", ["holm", "spokesman"]),
        ("who", []),
        ("the mayor of Easton", ["mayor"]),
    ],
)
def test_heads(phrase: str, expected: list[str]) -> None:
    assert heads(phrase) == expected


@pytest.mark.parametrize(
    ("gold", "predicted", "right"),
    [("Mara Dovic", "Dovic", True), ("Mara Dovic", "Ms. Dovic", True), ("Mara Dovic", "Peter Holm", False)],
)
def test_names(gold: str, predicted: str, right: bool) -> None:
    assert name_right(gold, predicted) is right


def test_proper_phrases() -> None:
    assert is_proper("Mara Dovic")
    assert not is_proper("the mayor")

"""A verdict on a claim is explained by what it was compared with and the slots that decided."""

from pipeline.model import ClaimVerdict, SlotDifference
from pipeline.text.messages import comparison, difference, differences


def test_a_comparison_has_the_known_words_and_the_slots() -> None:
    changed = ClaimVerdict(
        text="It may cost nine million",
        verdict="changed",
        statement="s2",
        known="It costs six million.",
        differences=(SlotDifference("certainty", "", "may"), SlotDifference("number", "six million", "nine million")),
        certainty=0.9,
    )
    assert list(comparison(changed)) == [
        "changed (90% sure): It may cost nine million",
        "compared with s2: It costs six million.",
        "certainty: “may” put in; number: “six million” became “nine million”",
    ]
    assert list(comparison(ClaimVerdict(text="It is late.", verdict="new"))) == ["new (100% sure): It is late."]


def test_a_difference_says_what_was_left_out() -> None:
    assert difference(SlotDifference("condition", "if it rains", "")) == "condition: “if it rains” left out"
    assert differences(()) == "other words in the same place"

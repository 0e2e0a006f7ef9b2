"""Reports without a reporting verb: by a noun and its owner, or by a phrase."""

import pytest

from tests.pipeline.extract.reading import quotes, said


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Mara Dovic’s latest warning that the quay is unsafe came late.", "that the quay is unsafe came late"),
        ("Mara Dovic’s answer was that the quay is unsafe.", "that the quay is unsafe"),
        ("Mara Dovic’s message: the quay is unsafe.", "the quay is unsafe"),
        ("Mara Dovic’s advice: “Stay away from the quay.”", "Stay away from the quay."),
        ("There was a warning from Mara Dovic that the quay is unsafe.", "that the quay is unsafe"),
        ("“Stay away from the quay,” was the advice of Mara Dovic, the mayor.", "Stay away from the quay"),
        ("In Mara Dovic’s view, the quay is unsafe.", "the quay is unsafe"),
        ("The quay, in harbour boss Mara Dovic’s words, is unsafe.", "The quay is unsafe"),
        ("The quay is unsafe, by Mara Dovic’s own reckoning.", "The quay is unsafe"),
        ("By Mara Dovic’s account the quay is unsafe.", "the quay is unsafe"),
    ],
)
def test_owner_of_a_noun_speaks(text: str, content: str) -> None:
    assert said(text) == {("Mara Dovic", content)}


@pytest.mark.parametrize(
    "text",
    [
        "Mara Dovic had money in her account.",
        "The boat was in Mara Dovic’s view of the sea.",
        "Mara Dovic’s warning was ignored.",
        "Mara Dovic’s message: none.",
        "There was a warning from above that day.",
    ],
)
def test_what_is_no_report_by_a_noun(text: str) -> None:
    assert quotes(text) == ()

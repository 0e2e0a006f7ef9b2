"""The kind of source of a quote."""

import pytest

from tests.pipeline.extract.reading import only, quotes

SAID = "“It is late,”"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"{SAID} Vera Kolb said.", "named"),
        (f"{SAID} said Mayor Vera Kolb.", "official"),
        (f"{SAID} said Vera Kolb, the harbour minister.", "official"),
        (f"{SAID} the governor said.", "official"),
        (f"{SAID} said Vera Kolb, a spokeswoman for the mill.", "spokesperson"),
        (f"{SAID} a spokesman for the mill said.", "spokesperson"),
        (f"{SAID} said Vera Kolb, 41.", "interviewee"),
        (f"{SAID} a neighbour said.", "interviewee"),
        (f"{SAID} the report said.", "document"),
        (f"{SAID} a survey of shops by the council said.", "document"),
        (f"{SAID} officials said.", "anonymous"),
        (f"{SAID} a person close to the board said.", "anonymous"),
        (f"{SAID} a farmer said.", "anonymous"),
        (f"{SAID} critics said.", "collective"),
        (f"{SAID} the Harbour Board said.", "collective"),
        (f"{SAID} Vera Kolb and Rolf Ek said.", "collective"),
        (f"{SAID} she said.", ""),
    ],
)
def test_kind(text: str, kind: str) -> None:
    assert only(text).source_kind == kind


def test_a_pronoun_has_the_kind_of_its_person() -> None:
    assert quotes(f"Mayor Vera Kolb sat down. {SAID} she said.")[-1].source_kind == "official"

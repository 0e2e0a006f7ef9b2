"""Aliases that are common words, too, name their actor only where a name is meant."""

import pytest

from pipeline.model import Actor
from tests.pipeline.extract.reading import read

MAY = Actor(id="mara-may", name="Mara May", aliases=("May",))
TRUMP = Actor(id="ivo-trump", name="Ivo Trump", aliases=("Trump",))


def named(text: str) -> list[str]:
    """Return what of the text names an actor."""
    return [mention.text for mention in read(text, [MAY, TRUMP]).mentions if mention.actor]


@pytest.mark.parametrize(
    "text",
    [
        "In May the harbour opened.",
        "The ferry left on 3 May 2026 and came back on May 5.",
        "“The quay opens in late May,” Bo Ek said.",
        "By May, Bo Ek said, the quay will be open.",
        "It was the Trump card of the council, and a trump card it stayed.",
    ],
)
def test_a_common_word_names_nobody(text: str) -> None:
    assert named(text) == []
    assert all(quote.about == () for quote in read(text, [MAY, TRUMP]).quotes)


def test_a_common_word_is_a_name_where_the_text_has_it_in_full() -> None:
    text = "Mara May came at noon. “We pay for the quay,” May said. Nobody had asked May."
    assert named(text) == ["Mara May", "May", "May"]
    assert [quote.speaker_id for quote in read(text, [MAY, TRUMP]).quotes] == ["mara-may"]


def test_an_alias_that_is_no_common_word_needs_no_full_name() -> None:
    assert named("Trump came at noon.") == ["Trump"]

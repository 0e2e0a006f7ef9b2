"""Texts that no editor would print: nothing raises, offsets hold, time grows with length alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Actor
from tests.examples import growth
from tests.pipeline.extract.reading import read

SENTENCE = "“The harbour stays open,” said Mara Dovic, who added that Peter Holm’s plan was ‘a toy’. "
WORDS = "said that she , . ? : – ( ) “ ” ‘ ’ ' « » according to told who and the U.S. Mr. 's المرفأ 港口"
PIECES = st.sampled_from([*WORDS.split(), "Mara Dovic", '"', "\n", "\n\n", "\ud800"])


def check(text: str, language: str = "en") -> None:
    document = read(text, [Actor(id="q1", name="Mara Dovic", aliases=("Dovic",))], language)
    for quote in document.quotes:
        assert text[quote.start : quote.end] == quote.text
        spans = [link.span for link in quote.chain] + [s for s in (quote.cue, quote.speaker) if s]
        assert all(text[span.start : span.end] == span.text for span in spans)
        assert all(quote.start <= a < b <= quote.end for a, b in quote.fragments)
        assert 0 <= quote.confidence <= 1
    assert all(text[m.start : m.end] == m.text for m in document.mentions)


@given(st.lists(PIECES, max_size=60), st.sampled_from([" ", ""]))
@settings(max_examples=50)
def test_any_heap_of_words_and_marks(pieces: list[str], between: str) -> None:
    check(between.join(pieces))


@given(st.text(max_size=200), st.sampled_from(["en", "sv", ""]))
@settings(max_examples=40)
def test_any_text(text: str, language: str) -> None:
    check(text, language)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "said",
        "“",
        "”“”“",
        "MARA DOVIC SAID THE HARBOUR WAS OPEN. “WE STAY,” SHE SAID.",
        "| Port | Tonnes |\n|---|---|\n| Easton | 12 |\n* said\n* told",
        "def said(x):\n    return {'told': \"x\"}  # said: 'no'\n",
        "وقال الوزير «المرفأ مفتوح» يوم الاثنين",
        "部長は「港は開いている」と述べた。",
        "Mara Dovic said \ud83d that it was \udc00 late.",
    ],
    ids=["empty", "word", "mark", "turned", "capitals", "table", "code", "right-to-left", "japanese", "surrogates"],
)
def test_named_oddities(text: str) -> None:
    check(text)


UNITS = {
    "news": SENTENCE,
    "no sentence end": "word ",
    "curly": "“",
    "straight": '"',
    "single": "'",
    "open": "‘a ",
    "commas": "Mara Dovic, ",
    "cues": "said ",
    "relatives": "who said, ",
    "nested": "Mara Dovic said ",
    "names": "A B ",
    "brackets": "(",
    "roles": "The harbour stays open, the boss said. Mara Dovic sat there. ",
    "open paragraphs": "\n“x",
}


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_time_grows_with_length_alone(unit: str) -> None:
    assert growth(lambda size: read((unit * (size // len(unit) + 1))[:size]), 4_000) < 32


@pytest.mark.slow
def test_two_megabytes() -> None:
    check(SENTENCE * (2_000_000 // len(SENTENCE)))

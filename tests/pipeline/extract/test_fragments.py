"""Quotes that are statements, and fragments of speech that are none."""

import pytest

from tests.pipeline.extract.reading import only, quotes


@pytest.mark.parametrize(
    "text",
    [
        "Mara Dovic said that the harbour would stay open.",
        "Mara Dovic said the harbour would stay open.",
        "Mara Dovic vowed to keep the harbour open.",
        "Mara Dovic called for an early vote.",
        "Mara Dovic demanded the return of the two cranes.",
        "Mara Dovic accused the board of hiding the bill.",
        "Mara Dovic warned of a long and hungry winter.",
        "Mara Dovic ruled out a second term.",
        "Mara Dovic described the harbour as a graveyard for boats.",
        "Mara Dovic called the plan a bad joke.",
        "Mara Dovic asked whether the harbour would stay open.",
        "“Not at all,” Mara Dovic said.",
        "“They sank it,” Mara Dovic said.",
        "“Shame on them,” Mara Dovic said.",
        "Mara Dovic shouted “Thieves!”",
        "Mara Dovic said that “The Long Road” was a dull film.",
    ],
)
def test_statement(text: str) -> None:
    assert only(text).statement


@pytest.mark.parametrize(
    "text",
    [
        "Mara Dovic announced her wedding.",
        "Mara Dovic denied responsibility for it.",
        "Mara Dovic stressed the importance of sleep.",
        "Mara Dovic described the storm that covered the quay.",
        "Mara Dovic dismissed rumours of a quarrel.",
        "Mara Dovic explained how the lock works.",
        "Boats lay idle in what Mara Dovic called “a sad little harbour”.",
        "They wrote to the captain whom Mara Dovic had vowed to sue.",
        "Mara Dovic bought a tool that she called “quiet mode”.",
        "Mara Dovic wrote “Songs of the Quay” in her youth.",
        "Mara Dovic read “The Tide and the Town” to the class.",
        "Mara Dovic answered “Question 7” on the form.",
        "“Murray v Easton,” Mara Dovic wrote.",
        "Mara Dovic complained of “cold feet”.",
    ],
)
def test_fragment(text: str) -> None:
    assert not only(text).statement


def test_a_turn_of_a_transcript_is_a_statement() -> None:
    found = quotes("MARA DOVIC, MAYOR: Good evening to you.\n\nPER OSTERMAN, HOST: A warm welcome.\n\nDOVIC: Thanks.")
    assert [quote.statement for quote in found] == [True, True, True]

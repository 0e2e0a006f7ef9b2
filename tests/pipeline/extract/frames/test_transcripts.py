"""Speakers in transcripts, interviews, lists and headlines, where only a colon marks them."""

import pytest

from tests.pipeline.extract.reading import quotes, said

_INTRODUCTION = "Mara Dovic kept the harbour for thirty years. She spoke to us before she left."


def test_answers_are_the_person_introduced() -> None:
    text = f"{_INTRODUCTION}\n\nQ: Is it late?\n\nA: It is. I waited.\n\nQ: For whom?\n\nA: The ferry."
    assert [(q.speaker_name, q.content, q.modality) for q in quotes(text)] == [
        ("", "Is it late?", "asked"),
        ("Mara Dovic", "It is. I waited.", "asserted"),
        ("", "For whom?", "asked"),
        ("Mara Dovic", "The ferry.", "asserted"),
    ]
    assert [link.rule for link in quotes(text)[1].chain] == ["answer", "name"]


def test_answers_are_nobody_where_two_are_introduced() -> None:
    text = f"{_INTRODUCTION} Peter Holm came too.\n\nQ: Is it late?\n\nA: It is.\n\nQ: Why?\n\nA: Ice."
    assert not [quote for quote in quotes(text) if quote.speaker_name]


def test_members_of_a_parliament() -> None:
    text = (
        "Mr. Peter Holm (Easton South) (Ind.): I beg to move that it be read again. The canals are a disgrace.\n\n"
        "Ms Ada Brandt (Norwick): Will he give way?\n\nMr. Holm: I will not.\n\n"
        "The Minister for Waterways (Mara Dovic): Not a penny was spent."
    )
    assert [(q.speaker_name, q.content, q.modality) for q in quotes(text)] == [
        ("Peter Holm", "I beg to move that it be read again. The canals are a disgrace.", "asserted"),
        ("Ada Brandt", "Will he give way?", "asked"),
        ("Peter Holm", "I will not.", "asserted"),
        ("Mara Dovic", "Not a penny was spent.", "asserted"),
    ]


def test_surname_in_capitals_after_the_full_name() -> None:
    text = "HOST: Welcome.\n\nMARA DOVIC: Thank you.\n\nHOST: Was it late?\n\nDOVIC: It was."
    assert [q.content for q in quotes(text) if q.speaker_name == "MARA DOVIC"] == ["Thank you.", "It was."]


@pytest.mark.parametrize("point", ["", "• ", "– "])
def test_phrase_before_a_quotation_in_a_list(point: str) -> None:
    text = f"It was a long day.\n\n{point}Union leader Mara Dovic: “We got nothing at all.”"
    assert said(text) == {("Mara Dovic", "We got nothing at all.")}


@pytest.mark.parametrize(
    ("headline", "claimed"),
    [
        ("Dovic: no ferry before spring", "no ferry before spring"),
        ("Dovic: we will sail in spring", "we will sail in spring"),
        ("Dovic: the woman who waits", ""),
        ("Dovic: what happens next", ""),
        ("Easton: we will miss it", ""),
    ],
)
def test_headline(headline: str, claimed: str) -> None:
    text = f"{headline}\n\nMinister Mara Dovic left Easton. Dovic looked tired."
    assert said(text) == ({("Mara Dovic", claimed)} if claimed else set())


@pytest.mark.parametrize("speaker", ["union", "watchdog report", "Dovic"])
def test_headline_that_ends_with_who_says_so(speaker: str) -> None:
    (quote,) = quotes(f"Ferry will stay in port until spring, says {speaker}\n\nMara Dovic left.")
    assert quote.speaker is not None
    assert (quote.speaker.text, quote.content) == (speaker, "Ferry will stay in port until spring")


def test_facts_with_colons_are_no_turns() -> None:
    assert not quotes("Name: Mara Dovic\n\nAge: 41\n\nLives: Easton\n\nWhere: Town Hall\n\nWhen: Friday at noon")

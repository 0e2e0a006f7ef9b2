"""The text decides its language, and what a feed declares where the text is too short."""

import pytest

from pipeline.ingest.items import language
from tests import gold_languages


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The harbour will stay open, the mayor said on Monday after a long meeting.", "en"),
        ("Der Hafen bleibt offen, sagte die Bürgermeisterin am Montag nach langer Sitzung.", "de"),
        ("Le port restera ouvert, a déclaré lundi la maire après une longue réunion.", "fr"),
        ("Гавань останется открытой, заявила мэр в понедельник после долгого заседания.", "ru"),
        ("THE HARBOUR WILL STAY OPEN, THE MAYOR SAID ON MONDAY AFTER A LONG MEETING.", "en"),
    ],
)
def test_the_text_decides(text: str, expected: str) -> None:
    assert language(text, "xx") == expected


@pytest.mark.parametrize("code", gold_languages.codes())
def test_articles_of_every_language(code: str) -> None:
    near = {"no": "da"}.get(code, "")  # which share most words in writing
    assert {language(record["text"], "") for record in gold_languages.records(code)} <= {code, "", near}
    assert language(" ".join(record["text"] for record in gold_languages.records(code))) == code


def test_boilerplate_of_another_language_decides_nothing() -> None:
    text = " ".join(record["text"] for record in gold_languages.records("de"))
    assert language("Subscribe to our newsletter and never miss a story. " * 10 + text, "en") == "de"


def test_a_short_text_has_to_be_clear() -> None:
    assert language("Wir haben keine Angst vor ihnen.") == "de"
    assert language("Europa 2026 Radio Oslo", "sv") == "sv"


@pytest.mark.parametrize("declared", ["nb-NO", "nn"])
def test_written_standards_of_norwegian_are_norwegian(declared: str) -> None:
    assert language("Ja.", declared) == "no"


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [("Open.", "en_GB", "en"), ("1234 " * 500, "DE", "de"), ("", "", ""), ("Open.", "klingon!", ""), ("", "☃", "")],
)
def test_a_text_without_evidence(text: str, declared: str, expected: str) -> None:
    assert language(text, declared) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("राज्यपाल ने इस्तीफ़ा दिया", "hi"),  # vowel signs are letters
        ("다리는 아직 닫혀 있다", "ko"),  # a wide character is a syllable
        ("The ferry is back in port", "en"),  # a function word confirms the likeliest language
        ("Sugovor brate idemo", ""),
    ],
)
def test_short_texts(text: str, expected: str) -> None:
    assert language(text) == expected

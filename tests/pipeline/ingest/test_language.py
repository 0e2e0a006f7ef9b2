"""The text decides its language, and what a feed declares where the text is too short."""

import pytest

from pipeline.ingest.language import language


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


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [("Open.", "en_GB", "en"), ("1234 " * 500, "DE", "de"), ("", "", ""), ("Open.", "klingon!", ""), ("", "☃", "")],
)
def test_a_text_that_does_not_tell(text: str, declared: str, expected: str) -> None:
    assert language(text, declared) == expected

"""The agency that an article is from."""

import pytest

from pipeline.ingest.agencies import agency

STORY = "The council decided on Monday to keep the harbour open.\n\n“It will,” said the mayor."


@pytest.mark.parametrize(
    ("authors", "text", "credit", "expected"),
    [
        (["Reuters"], STORY, "", "Reuters"),
        (["By The Associated Press"], STORY, "", "AP"),
        (["Ada Lindqvist, AFP"], STORY, "", "AFP"),
        (["dpa/Ada Lindqvist"], STORY, "", "dpa"),
        ([], f"NORDHAVEN (Reuters) - {STORY}", "", "Reuters"),
        ([], f"NORDHAVEN, Norland (AP) — {STORY}", "", "AP"),
        ([], f"Nordhafen (dpa/lno) - {STORY}", "", "dpa"),
        ([], f"{STORY}\n\n© 2026 AFP", "", "AFP"),
        ([], f"{STORY}\n\nSource: Reuters", "", "Reuters"),
        ([], f"{STORY}\n\ndpa", "", "dpa"),
        ([], STORY, "AFP", "AFP"),
        (["Ada Lindqvist"], STORY, "The Courier", ""),
        (["Ada Reuters-Holm"], STORY, "", ""),
        ([], f"Reuters was sold, (AP) said. {STORY}", "", ""),
        ([], "", "", ""),
    ],
)
def test_agencies(authors: list[str], text: str, credit: str, expected: str) -> None:
    assert agency(authors, text, credit) == expected

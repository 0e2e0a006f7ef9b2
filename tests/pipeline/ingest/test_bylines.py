"""Names in bylines."""

import pytest

from pipeline.ingest.agencies import byline


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Ada Lindqvist", "Ada Lindqvist"),
        ("By ADA LINDQVIST ada@courier.example", "ADA LINDQVIST"),
        ("Story by Ada Lindqvist", "Ada Lindqvist"),
        ("Von Ada Lindqvist", "Ada Lindqvist"),
        ("ada@courier.example (Ada Lindqvist)", "Ada Lindqvist"),
        ("Ada Lindqvist (@ada)", "Ada Lindqvist"),
        ("Bya Nilsen", "Bya Nilsen"),
        ("Ursula von Ek", "Ursula von Ek"),
        ("ada@courier.example", ""),
        ("By", "By"),
        ("", ""),
    ],
)
def test_the_name_alone(given: str, name: str) -> None:
    assert byline(given) == name

"""Names in bylines."""

import pytest

from pipeline.ingest.agencies import byline, bylines, without_date


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Ada Lindqvist", "Ada Lindqvist"),
        ("By ADA LINDQVIST ada@courier.example", "ADA LINDQVIST"),
        ("Story by Ada Lindqvist", "Ada Lindqvist"),
        ("Von Ada Lindqvist", "Ada Lindqvist"),
        ("ada@courier.example (Ada Lindqvist)", "Ada Lindqvist"),
        ("Ada Lindqvist (@ada)", "Ada Lindqvist"),
        ("Ada Lindqvist (ada@courier.example)", "Ada Lindqvist"),
        ("(Ada Lindqvist), ", "Ada Lindqvist"),
        ("The desk (Ada Lindqvist)", "The desk (Ada Lindqvist)"),
        ("Ada Lindqvist (the desk", "Ada Lindqvist (the desk"),
        ("Bya Nilsen", "Bya Nilsen"),
        ("Ursula von Ek", "Ursula von Ek"),
        ("ada@courier.example", ""),
        ("Ada Lindqvist https://courier.example/ada", "Ada Lindqvist"),
        ("By", "By"),
        ("", ""),
    ],
)
def test_the_name_alone(given: str, name: str) -> None:
    assert byline(given) == name


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By Ada Lindqvist, Bo Ek and Eva van der Moe", ["Ada Lindqvist", "Bo Ek", "Eva van der Moe"]),
        ("Ada Lindqvist og Bo Ek", ["Ada Lindqvist", "Bo Ek"]),
        ("Autorin Ada Lindqvist", ["Ada Lindqvist"]),
        ("Ada Lindqvist, professor of the law of harbours at a university in the north", ["Ada Lindqvist"]),
        ("Ada Lindqvist | Politics editor", ["Ada Lindqvist"]),
        ("News and views", ["News and views"]),
        ("https://courier.example/authors/ada", []),
        ("admin", []),
        ("105092", []),
    ],
)
def test_names_of_a_line(line: str, names: list[str]) -> None:
    assert bylines(line) == names


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Ada Lindqvist December", "Ada Lindqvist"),
        ("Ada Lindqvist mars 3 2026", "Ada Lindqvist"),
        ("Ada May", "Ada May"),
        ("Ada May Lindqvist", "Ada May Lindqvist"),
        ("December", "December"),
    ],
)
def test_the_date_after_a_name_is_left_out(line: str, name: str) -> None:
    assert without_date(line) == name

"""Names in bylines."""

import pytest

from pipeline.ingest.agencies import byline, bylines, people, without_date


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
        ("von Ek", "von Ek"),
        ("by ada lindqvist", "ada lindqvist"),
        ("كتب: أحمد منصور", "أحمد منصور"),
        ("作者：林太郎", "林太郎"),
        ("文 太郎", "文 太郎"),
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
        ("Ada Lindqvist - Chief Correspondent", ["Ada Lindqvist"]),
        ("Ada Lindqvist / AFP", ["Ada Lindqvist", "AFP"]),
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


@pytest.mark.parametrize(
    ("name", "is_person"),
    [
        ("Ada Lindqvist", True),
        ("Ada Courier", True),
        ("Ada Desk", True),
        ("X", True),
        ("A", True),
        ("A Redação", False),
        ("Harbour Courier", False),
        ("Reuters", False),
        ("The Harbour Courier", False),
        ("Harbour Courier newsroom", False),
        ("harbourcourier.example", False),
        ("Staff reporter", False),
        ("La rédaction", False),
        ("みなと新聞社", False),
        ("林 太郎", True),
    ],
)
def test_people_among_authors(name: str, is_person: bool) -> None:
    outlet = "みなと新聞" if name.startswith("みなと") else "Harbour Courier"
    assert people([name], outlet, "harbourcourier.example") == ((name,) if is_person else ())

"""Words are explained by the same words, by like ones and by those that machines misread."""

import pytest

from pipeline.statements.reading import reading
from pipeline.statements.similarity import compare, explained


def test_a_misread_word_is_explained_by_the_word_that_was_printed() -> None:
    assert min(explained(reading("We sold the Iand."), reading("We sold the land."))) >= 0.95
    assert min(explained(reading("We sold the barn."), reading("We sold the land."))) < 0.6


def numbers(known: str, new: str) -> list[tuple[str, str]]:
    """The numbers that differ: the known one and the new one."""
    found = compare(reading(known), reading(new)).differences
    return [(each.before, each.after) for each in found if each.slot == "number"]


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("The truce lasts three days.", "The truce lasts 72 hours."),
        ("We have two months left.", "We have sixty days left."),
        ("You get it within a week.", "You get it within seven days."),
        ("I would not sell for 40 million or for 80.", "I would not sell for 40 or for 80 million."),
        ("Two thirds of the boats are old.", "Two out of three of the boats are old."),
    ],
)
def test_a_number_in_another_form_is_the_same(known: str, new: str) -> None:
    assert numbers(known, new) == numbers(new, known) == []


@pytest.mark.parametrize(
    ("known", "new", "differ"),
    [
        ("The truce lasts three days.", "The truce lasts three weeks.", ("three days", "three weeks")),
        ("The town owes 40 million.", "The town owes 40 billion.", ("40 million", "40 billion")),
        ("Two thirds of the boats are old.", "Two out of five of the boats are old.", ("Two thirds", "Two")),
    ],
)
def test_another_number_differs(known: str, new: str, differ: tuple[str, str]) -> None:
    assert numbers(known, new) == [differ]


@pytest.mark.parametrize(
    ("language", "text", "shared"),
    [
        ("ru", "Мы не продадим верфь в Сандвике.", 1),
        ("fr", "Nous ne vendrons pas le chantier de Sandvik.", 1),
        ("de", "Wir verkaufen die Werft in Sandvik nicht.", 1),
        ("fr", "Nous ne vendrons pas le chantier de Karlby.", 0),
    ],
)
def test_a_name_is_known_in_another_spelling_and_script(language: str, text: str, shared: int) -> None:
    figures = compare(reading("We will not sell the yard in Sandvik."), reading(text, language)).figures
    assert figures["names shared"] == shared
    assert figures["names alone known"] == 1 - shared


def test_a_term_that_only_one_text_has_is_a_difference() -> None:
    known, new = reading("The bridge stays closed."), reading("The bridge stays closed until the thaw.")
    assert [each.mark for each in compare(known, new).differences] == ["+until"]
    assert [each.mark for each in compare(new, known).differences] == ["-until"]


def test_not_until_is_not_before() -> None:
    known, new = reading("It will not open until Easter."), reading("It will not open before Easter.")
    assert compare(known, new).differences == ()


def test_a_relative_clause_between_commas_restricts_nothing() -> None:
    known = reading("The farmer, who signed in May, will get the money for his barn and his fences in spring.")
    new = reading("The farmer will get the money for his barn and his fences in spring.")
    assert not [each for each in compare(known, new).differences if each.mark == "restriction"]


def test_another_person_is_no_change_in_reported_speech() -> None:
    known = reading("We paid for the new roof of the school with our savings.")
    new = reading("They paid for the new roof of the school with their savings.", is_reported=True)
    assert not [each for each in compare(known, new).differences if each.mark == "agent"]

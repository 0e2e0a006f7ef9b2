"""Words are explained by the same words, by like ones and by those that machines misread."""

from dataclasses import replace

import pytest

from pipeline.statements import similarity
from pipeline.statements.differences import Difference
from pipeline.statements.reading import reading
from pipeline.statements.similarity import LEAST_REPEATED, compare, explained, judge


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


def test_nothing_has_changed_where_no_slot_differs() -> None:
    known = reading("Fares on the trams will go up by twelve per cent in September.")
    retold = judge(known, reading("From September a tram ride will cost twelve per cent more."))
    halved = judge(known, reading("From September a tram ride will cost six per cent more."))
    assert (retold.relation, halved.relation) == ("repeated", "changed")
    assert retold.certainty < LEAST_REPEATED


@pytest.mark.parametrize(
    ("chance", "language", "differs", "relation"),
    [
        *((0.39, "en", False, "changed"), (0.41, "en", False, "repeated")),
        *((0.49, "de", False, "changed"), (0.51, "de", False, "repeated")),
        *((0.59, "en", True, "changed"), (0.61, "en", True, "repeated")),
        *((0.69, "de", True, "changed"), (0.71, "de", True, "repeated")),
    ],
)
def test_a_repeat_needs_more_proof_across_languages_and_where_a_slot_differs(
    monkeypatch: pytest.MonkeyPatch, chance: float, language: str, *, differs: bool, relation: str
) -> None:
    chances = {"repeated": chance, "changed": 1 - chance, "new": 0.0}
    monkeypatch.setattr(similarity, "probabilities", lambda _: chances)
    found = (Difference("place", "here", "there"),) if differs else ()
    monkeypatch.setattr(similarity, "compare", lambda *pair: replace(compare(*pair), differences=found))
    texts = {"en": "The tram will stop running next May.", "de": "Die Straßenbahn fährt ab Mai nicht mehr."}
    known = reading("From May the tram will run no more.")
    assert judge(known, reading(texts[language], language)).relation == relation


def test_a_claim_that_nothing_explains_keeps_a_text_new() -> None:
    known = (
        "that the state would pay for replacing the Sandersund Bridge with ferries, hours after her government shut it"
    )
    new = reading("He closed the bridge. That is what I want a transport minister for.")
    assert judge(reading(known, is_reported=True), new).relation == "new"


@pytest.mark.parametrize(
    ("known", "new", "mark", "before", "after"),
    [
        (
            "A litre costs us 40 cents and the dairies pay us 31 cents for it.",
            "A litre costs us 31 cents and the dairies pay us 40 cents for it.",
            *("exchanged", "40", "31"),
        ),
        (
            "The guard fired once when the man ran to the gate.",
            "The guard fired twice when the man ran to the gate.",
            *("count", "once", "twice"),
        ),
        (
            "The bridge will open to lorries in the next month.",
            "The bridge will open to lorries in the next week.",
            *("span", "30 days", "7 days"),
        ),
        (
            "We paid for the new roof of the school with our savings.",
            "The bishop paid for the new roof of the school with our savings.",
            *("agent", "we", "bishop"),
        ),
        (
            "Every farmer who signed will get the money for his barn and his fences in spring.",
            "Every farmer will get the money for his barn and his fences in spring.",
            *("restriction", "who signed", ""),
        ),
    ],
)
def test_a_small_word_changes_a_statement_that_is_else_the_same(
    known: str, new: str, mark: str, before: str, after: str
) -> None:
    found = judge(reading(known), reading(new))
    assert found.relation == "changed"
    assert [each[1:] for each in found.differences if each.mark == mark] == [(before, after, mark)]


def test_a_relative_clause_between_commas_restricts_nothing() -> None:
    known = reading("The farmer, who signed in May, will get the money for his barn and his fences in spring.")
    new = reading("The farmer will get the money for his barn and his fences in spring.")
    assert not [each for each in compare(known, new).differences if each.mark == "restriction"]


def test_another_person_is_no_change_in_reported_speech() -> None:
    known = reading("We paid for the new roof of the school with our savings.")
    new = reading("They paid for the new roof of the school with their savings.", is_reported=True)
    assert not [each for each in compare(known, new).differences if each.mark == "agent"]


def test_unless_is_not_if() -> None:
    known = reading("We will raise the rates on Thursday if inflation is above six per cent.")
    assert judge(
        known, reading("We will raise the rates on Thursday unless inflation is above six per cent.")
    ).relation == ("changed")

"""The measure of names of people."""

from tests import gold
from tests.bench import names
from tests.bench.names import Found
from tests.bench.people import forms, people, places


def test_every_gold_article_says_who_is_in_it() -> None:
    assert set(people()) == {path.stem for path in gold.paths()}


def test_every_person_listed_is_named_in_the_article() -> None:
    listed = people()
    for article in gold.records():
        who, others = listed[article["id"]]
        named = {article["text"][a:b] for a, b in places(article["text"], who, others)}
        assert [name for name in who if not forms(name) & named] == [], article["id"]


def test_a_name_is_found_by_each_of_its_parts_but_not_within_another_word() -> None:
    text = "Ida van Loon spoke. Van Loon sat. Ida-May left Loon Street."
    found = [text[a:b] for a, b in places(text, ["Ida van Loon"], ["Loon Street"])]
    assert found == ["Ida van Loon", "Van Loon"]


def test_titles_and_possessives_are_no_part_of_a_name() -> None:
    text = "President Ida Loon's plan"
    assert text[slice(*names.core(text, (0, 20)))] == "Ida Loon"


def test_a_name_counts_once_and_a_place_counts_against_precision() -> None:
    text = "Ida Loon met Ida Loon in Port Sarn."
    record = {"text": text, "people": [(0, 8), (13, 21)]}
    found = [Found((0, 8), person=True), Found((25, 34), person=True), Found((17, 21), person=False)]
    counted = names.count(record, found)
    assert counted == {"gold": 2, "found": 2, "exact": 1, "head": 1, "untyped": 2}
    assert names.f1(1, 2, 2) == (50.0, 50.0, 50.0)


def test_an_error_says_its_class() -> None:
    text = "Skipper Ida Loon met Bo in Port Sarn."
    record = {"text": text, "people": [(8, 16), (21, 23)]}
    found = [Found((0, 16), person=True), Found((27, 36), person=True)]
    assert [sort for sort, _ in names.errors(record, found)] == ["bounds", "not found", "no person's name"]

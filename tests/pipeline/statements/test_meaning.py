"""Meaning finds what words do not, and is not needed."""

from collections.abc import Iterator
from unicodedata import normalize

import pytest

from pipeline.statements import meaning
from pipeline.statements.judgement import judge
from pipeline.statements.reading import READINGS, reading


@pytest.fixture
def no_encoder() -> Iterator[None]:
    meaning.forget(for_good=True)
    READINGS.clear()
    yield
    meaning.forget()
    READINGS.clear()


def test_a_translation_is_nearer_than_another_claim() -> None:
    known = "The lighthouse will be sold in the spring."
    same, other = "Der Leuchtturm wird im Frühjahr verkauft.", "Die Preise für Brot sind gestiegen."
    near, far = meaning.products(meaning.matrix([known]), meaning.matrix([same, other]))[0]
    assert near > 0.5 > far


def test_vectors_are_whole_numbers_of_a_byte() -> None:
    assert meaning.matrix(["The lighthouse will be sold."]).dtype == "int8"


def test_a_text_that_grows_when_it_is_spelled_out_costs_no_more_than_another() -> None:
    ligatures = "\ufdfa" * 1_000  # eighteen characters each
    spelled = normalize("NFKC", ligatures)
    assert (meaning.matrix([ligatures]) == meaning.matrix([spelled[:1_000]])).all()


def test_without_an_encoder_words_decide(no_encoder: None) -> None:
    known = reading("The lighthouse will be sold in the spring.")
    assert known.vectors is None
    assert judge(known, reading("The lighthouse will be sold in the spring!")).relation == "repeated"
    assert judge(known, reading("The lighthouse will not be sold in the spring.")).relation == "changed"
    assert judge(known, reading("My brother has bought nine goats.")).relation == "new"


def test_a_text_that_is_no_unicode_has_a_vector() -> None:
    assert meaning.matrix(["\ud800"]).shape == (1, 512)

"""Words are explained by the same words, by like ones and by those that machines misread."""

from pipeline.statements.reading import reading
from pipeline.statements.similarity import explained


def test_a_misread_word_is_explained_by_the_word_that_was_printed() -> None:
    assert min(explained(reading("We sold the Iand."), reading("We sold the land."))) >= 0.95
    assert min(explained(reading("We sold the barn."), reading("We sold the land."))) < 0.6

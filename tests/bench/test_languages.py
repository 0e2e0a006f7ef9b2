"""The benchmark of language identification: its own texts, and floors under our figures on them."""

import pytest

from pipeline.ingest.items import language
from tests.bench.languages import KINDS, TEXTS, accuracy, confusions, texts

CHOSEN = texts(TEXTS)


def test_texts_in_every_language_and_kind() -> None:
    assert len({text.code for text in CHOSEN}) == 19
    assert {text.kind for text in CHOSEN} == set(KINDS)


def test_sentences_are_identified_and_short_texts_are_not_misidentified() -> None:
    assert accuracy([text for text in CHOSEN if text.kind != "short"], language) >= 0.95
    wrong = {pair: n for pair, n in confusions(CHOSEN, language).items() if pair[1]}
    assert sum(wrong.values()) <= 1


def test_accuracy_counts_right_answers() -> None:
    english = sum(text.code == "en" for text in CHOSEN)
    assert accuracy(CHOSEN, lambda words: "en") == pytest.approx(english / len(CHOSEN))

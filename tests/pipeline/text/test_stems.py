"""Stems: inflected forms of a word have the same stem, and words of another language or script have none."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.text.stems import stem, stems, stems_of, untagged


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", "resign Resigned resigns resigning resignation"),
        ("de-AT", "Haushalt HAUSHALTS Haushalte"),
        ("de", "Haus Häuser Häusern"),
        ("fr", "ministre ministres"),
        ("es", "elección elecciones"),
        ("ru", "отставка отставке отставку отставкой"),
        ("ru", "новый новая новые"),
        ("pl", "dymisja dymisji dymisję"),
        ("nb-NO", "båten båter"),
        ("nn", "båten båter"),
        ("tr", "İstifa istifalar"),
        ("ar", "حكومة الحكومة"),
        ("el", "κυβέρνηση κυβερνήσεις"),
    ],
)
def test_forms_of_a_word_have_the_same_stem(language: str, forms: str) -> None:
    assert len({stem(form, language) for form in forms.split()} - {""}) == 1
    assert all(stem(form, language) in stems_of(form) for form in forms.split())


def test_marks_that_stand_apart_from_their_letter_change_no_stem() -> None:
    assert stem("отста\u0301вка", "ru") == stem("отставка", "ru")
    assert stem("e\u0301lections", "fr") == stem("élections", "fr")


def test_a_text_has_each_stem_once_in_the_order_of_the_words() -> None:
    assert stems("Ferries, a FERRY: the port’s ferry-boats", "en") == (
        "en_ferri", "en_a", "en_the", "en_port", "en_s", "en_boat",
    )  # fmt: skip


@pytest.mark.parametrize("language", ["", "uk", "ja", "zh-Hans", "xx", "nonsense"])
def test_a_language_without_rules_has_no_stems(language: str) -> None:
    assert stems("Відставка 辞任 resigned", language) == ()
    assert stem("resigned", language) == ""


def test_a_language_stems_only_the_words_of_its_script() -> None:
    assert stems("Порты Boeing 747 a_b x2", "ru") == ("ru_порт",)
    assert not any(each.startswith("ru_") for each in stems_of("resigned"))
    assert {each[:3] for each in stems_of("порты")} == {"ru_", "sr_"}


@pytest.mark.parametrize("word", ["", "747", "x2", "a_b", "state-owned", "辞任", "🙂", "ﷺ", "a" * 61])
def test_only_single_words_have_stems(word: str) -> None:
    assert stems_of(word) == ()
    assert stem(word, "en") == ""


def test_the_longest_word_has_a_stem() -> None:
    assert stem("a" * 60, "en") == "en_" + "a" * 60


def test_a_stem_is_a_single_word_without_accents() -> None:
    assert stem("élections", "fr") == "fr_elect"
    assert untagged("fr_elect") == "elect"


@pytest.mark.slow
def test_every_character_gives_a_stem_without_blanks_or_none() -> None:
    for code in range(sys.maxunicode + 1):
        for each in stems_of(chr(code)) if chr(code).isalpha() else ():
            assert len(each.split()) == 1


def test_threads_stem_side_by_side() -> None:
    def work(worker: int) -> set[str]:
        return {stem(f"harbour{'abcdefgh'[worker]}{'xyz'[n % 3]}ing", "en") for n in range(300)}

    with ThreadPoolExecutor(8) as pool:
        assert [len(each) for each in pool.map(work, range(8))] == [3] * 8


def test_the_stems_that_indexes_hold_are_still_these() -> None:
    """If this fails, indexes hold other stems: add a migration and raise VERSION of Elasticsearch's generations."""
    assert [stem(*each) for each in (("resignation", "en"), ("Häusern", "de"), ("отставкой", "ru"))] == [
        "en_resign", "de_haus", "ru_отставк",
    ]  # fmt: skip

"""Words for comparing: what of a text they keep, and where in it they stand."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import TextCache, clean, fold, word_spans, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Harbour’s “open”.", ("the", "harbour", "s", "open")),
        ("Café CAFÉ cafe\u0301", ("cafe", "cafe", "cafe")),
        ("Straße ﬁne ½ ℌ", ("strasse", "fine", "1", "2", "h")),
        ("İzmir ΣΑΣ Ёлка", ("izmir", "σασ", "елка")),
        ("a_b c-d 3.5", ("a_b", "c", "d", "3", "5")),
        ("\x1c—🙂\u200b", ()),
        ("東京タワーは333 m", ("東", "京", "タ", "ワ", "ー", "は", "333", "m")),
        ("한국어 สวน", (fold("한국어"), "ส", "ว", "น")),
        ("", ()),
    ],
)
def test_words(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == expected


@given(st.text())
def test_words_are_the_runs_of_letters_of_the_folded_text(text: str) -> None:
    assert "".join(words(text)) == "".join(re.findall(r"\w+", fold(text)))


@given(st.text(alphabet=st.characters(max_codepoint=0xDFF)))
def test_words_of_scripts_with_spaces_are_whole_runs(text: str) -> None:
    assert words(text) == tuple(re.findall(r"\w+", fold(text)))


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_word_spans_are_the_same_words_in_order(text: str) -> None:
    spans = word_spans(text)
    assert tuple(word for word, _, _ in spans) == words(text)
    for word, start, end in spans:
        assert 0 <= start < end <= len(text)
        assert word in fold(text[start:end])
    assert [start for _, start, _ in spans] == sorted(start for _, start, _ in spans)


@given(st.text())
def test_clean_text_has_no_controls_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in cleaned)
    assert clean(cleaned) == cleaned


def test_a_cache_of_texts_is_bounded_by_their_characters() -> None:
    cache = TextCache[int](10_000)
    for size in (100, 5_000, 100, 5_000, 100):
        cache.get(("x" * size,), lambda: 1)
    assert cache.size <= 10_000
    assert cache.get(("x" * 100,), lambda: 2) == 1
    for number in range(1_000):
        cache.get((f"{number}",), lambda: 3)
    assert cache.size <= 10_000
    assert cache.get(("x" * 5_000,), lambda: 4) == 4

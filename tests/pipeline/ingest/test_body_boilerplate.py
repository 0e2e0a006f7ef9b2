"""Blocks that the pages of a source repeat are removed; a block of a single article never is."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.body import Text, without

BOX = "Sign up for our newsletter"
TEASER = "“We shall never close,” the mayor said: read the interview"


def page(number: int, *extra: str, page: bool = True) -> Text:
    own = [f"What happened in story {number} is told at some length in paragraph {n}." for n in range(4)]
    return Text(article=f"a{number}", text="\n\n".join([*own, *extra]), page=page)


def test_a_block_of_three_pages_is_taken_out_of_all() -> None:
    texts, _ = without([page(n, BOX, TEASER) for n in range(3)], "")
    assert texts == [page(n).text for n in range(3)]


def test_a_block_of_two_pages_stays() -> None:
    pages = [page(n, BOX) for n in range(2)]
    assert without(pages, "")[0] == [one.text for one in pages]


def test_the_memory_of_blocks_lasts_between_polls() -> None:
    existing = ""
    outcomes = []
    for number in range(4):
        (text,), existing = without([page(number, TEASER)], existing)
        outcomes.append(TEASER in text)
    assert outcomes == [True, True, False, False]


def test_the_same_article_again_is_no_repetition() -> None:
    existing = ""
    for _ in range(5):
        (text,), existing = without([page(1, BOX)], existing)
        assert text == page(1, BOX).text


def test_a_block_twice_in_one_article_counts_once() -> None:
    texts, _ = without([page(1, BOX, BOX, BOX), page(2, BOX)], "")
    assert texts[0] == page(1, BOX, BOX, BOX).text


def test_a_text_that_a_feed_carries_needs_more() -> None:
    texts, existing = without([page(n, BOX, page=False) for n in range(3)], "")
    assert all(BOX in text for text in texts)
    assert BOX not in without([page(3, BOX, page=False)], existing)[0][0]


def test_an_article_under_many_ids_stays_whole() -> None:
    copies = [Text(article=f"a{n}", text=page(1).text, page=True) for n in range(5)]
    assert without(copies, "")[0] == [page(1).text] * 5


def test_memory_is_bounded_and_keeps_what_is_repeated() -> None:
    existing = without([page(n, BOX) for n in range(3)], "")[1]
    for number in range(3, 300):
        existing = without([page(number)], existing)[1]
    assert len(existing) <= 500 * 13
    assert BOX not in without([page(999, BOX)], existing)[0][0]


@given(st.lists(st.text(alphabet="ab\n é", max_size=60), max_size=8), st.text(max_size=100))
def test_trimmed_texts_are_parts_of_the_text_and_single_articles_stay_whole(texts: list[str], known: str) -> None:
    retained, after = without([Text(article=str(n), text=text, page=True) for n, text in enumerate(texts)], known)
    assert len(retained) == len(texts)
    for text, left in zip(texts, retained, strict=True):
        assert set(left.split("\n\n")) <= set(text.split("\n\n")) | {""}
    assert without([], after)[1] == after

"""Marks say what stands where, and lose nothing of the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Document, Mention, Quote, quote_id
from pipeline.web.explain import Piece, paragraphs
from tests import examples
from tests.examples import growth


def document(text: str, *spans: tuple[int, int]) -> Document:
    article = examples.article(text=text)
    quotes = tuple(
        Quote(
            id=quote_id(article.id, "", start, end, text[start:end]),
            start=start,
            end=end,
            text=text[start:end],
            kind="direct",
            fragments=((start, end),),
        )
        for start, end in spans
    )
    return Document(article=article, quotes=quotes)


def pieces(of: Document) -> list[Piece]:
    return [piece for runs in paragraphs(of) for run in runs for piece in run.pieces]


def test_a_quote_is_a_run_of_its_own() -> None:
    shown = paragraphs(examples.document())
    assert [(run.quote, "".join(piece.text for piece in run.pieces)) for run in shown[0]] == [
        (1, "The harbour will stay open"),
        (0, ", Mayor Ada Lindqvist said on Monday."),
    ]


def test_cue_speaker_and_mention_are_marked() -> None:
    marked = {piece.text: piece.marks for piece in pieces(examples.document()) if piece.marks}
    assert marked == {"Ada Lindqvist": ("speaker", "person"), "said": ("cue",)}


def test_an_attribution_inside_a_quote_is_marked_aside() -> None:
    text = "“We sail,” she said, “tonight.”"
    quote = examples.quote(examples.article(text=text), text, fragments=((1, 9), (22, 29)))
    asides = [p.text for p in pieces(Document(article=examples.article(text=text), quotes=(quote,))) if p.marks]
    assert asides == ["” she said, “"]


def test_quotes_within_quotes_are_distinguished() -> None:
    found = pieces(document("a b c d", (0, 7), (2, 3)))
    assert [(piece.text, piece.quotes, piece.ending) for piece in found] == [
        ("a ", (1,), ()),
        ("b", (1, 2), (2,)),
        (" c d", (1,), (1,)),
    ]


def test_crossing_quotes_both_show_to_their_ends() -> None:
    found = pieces(document("a b c d", (0, 5), (2, 7)))
    assert [(piece.text, piece.quotes) for piece in found] == [("a ", (1,)), ("b c", (1, 2)), (" d", (2,))]


def test_a_quote_over_paragraphs_ends_in_the_last() -> None:
    found = pieces(document("one\n\ntwo", (0, 8)))
    assert [(piece.text, piece.ending) for piece in found] == [("one", ()), ("two", (1,))]


def test_paragraphs_are_lines_where_no_line_is_blank() -> None:
    assert len(paragraphs(document("one\ntwo"))) == 2
    assert len(paragraphs(document("one\ntwo\n\nthree"))) == 2


def test_the_name_behind_a_short_mention_is_known() -> None:
    mention = Mention(start=0, end=9, text="Lindqvist", kind="person", name="Ada Lindqvist")
    found = pieces(Document(article=examples.article(text="Lindqvist left."), mentions=(mention,)))
    assert found[0].name == "Ada Lindqvist"


texts = st.text(alphabet="ab \n“”", max_size=40)


@given(texts.flatmap(lambda text: st.tuples(st.just(text), st.lists(st.tuples(*[st.integers(0, len(text))] * 2)))))
def test_only_white_space_is_lost(case: tuple[str, list[tuple[int, int]]]) -> None:
    text, bounds = case
    spans = sorted((min(pair), max(pair)) for pair in bounds if pair[0] != pair[1])
    found = pieces(document(text, *spans))
    assert "".join("".join(piece.text for piece in found).split()) == "".join(text.split())
    endings = [number for piece in found for number in piece.ending]
    assert len(endings) == len(set(endings))
    assert set(endings) >= {n for n, (start, end) in enumerate(spans, 1) if text[start:end].strip()}


@pytest.mark.slow
def test_many_quotes_and_much_white_space_take_linear_time() -> None:
    def cut(quotes: int) -> None:
        text = "“Yes,” " * quotes + " " * 40 * quotes + "\n" * 40 * quotes
        assert len(pieces(document(text, *((7 * n, 7 * n + 6) for n in range(quotes))))) == 2 * quotes - 1

    assert growth(cut, 625) < 32

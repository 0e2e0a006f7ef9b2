"""Texts that meet a query, and the places of the words."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.matching import article_subject, highlights, matches, quote_subject
from pipeline.search.query import parse
from pipeline.text import words
from tests import examples
from tests.examples import NOON

SUBJECT = quote_subject(
    examples.quote(about=("port-of-wester", "jonas-berg")), examples.article(language="en-GB", source="The Courier")
)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "harbour",
        '"the harbour will"',
        "HARB*",
        "harbour AND NOT ferry",
        "harbours",
        "stays",
        "ferry OR harbour",
        "speaker:lindqvist",
        'speaker:"Ada Lindqvist"',
        "speaker:ada-lindqvist",
        "about:berg",
        "about:jonas-b*",
        'source:"the courier"',
        "lang:en",
        "lang:en-gb",
        "kind:indirect",
        "after:2026-03-02T11:00",
        "before:2026-03-02T11:00:01",
        "NOT before:2026-03-02T11:00",
    ],
)
def test_quote_matches_query(query: str) -> None:
    assert matches(parse(query), SUBJECT)
    assert not query or not matches(parse(f"NOT ({query})"), SUBJECT)


@pytest.mark.parametrize(
    "query",
    [
        "harbou",
        '"harbours"',
        '"harbours will"',
        "harbours-will",
        "speaker:lindqvists",
        '"harbour the"',
        "lindqvist",
        "courier",
        "speaker:berg",
        'about:"wester jonas"',
        "source:courier",
        'source:"the courier extra"',
        "lang:sv",
        "kind:direct",
        "after:2026-03-02T11:00:01",
        "before:2026-03-02T11:00",
        "harbour ferry",
    ],
)
def test_quote_does_not_match_query(query: str) -> None:
    assert not matches(parse(query), SUBJECT)


def test_an_article_without_a_date_counts_by_first_seen() -> None:
    undated = quote_subject(examples.quote(), examples.article(published=None, first_seen=NOON + timedelta(days=1)))
    assert matches(parse("after:2026-03-03"), undated)


def test_an_unnamed_speaker_has_no_words() -> None:
    unnamed = quote_subject(examples.quote(speaker_name="", speaker_id=""), examples.article(language=""))
    assert (unnamed.speaker, unnamed.about, unnamed.lang) == ("", "", "")


def test_no_phrase_reaches_from_a_title_into_the_text() -> None:
    document = examples.document(examples.article(title="Port", text=examples.TEXT))
    subject = article_subject(document)
    assert matches(parse("port harbour"), subject)
    assert not matches(parse('"port the harbour"'), subject)
    assert matches(parse("kind:indirect speaker:ada"), subject)
    assert not matches(parse("speaker:ada"), article_subject(replace(document, quotes=())))


def lit(query: str, text: str, language: str = "") -> list[str]:
    return [text[start:end] for start, end in highlights(parse(query), text, language)]


def test_highlights() -> None:
    text = "The ferry, the Ferries: a ferry-boat. Café!"
    assert lit("", text) == []
    assert lit("ferry", text) == ["ferry", "ferry"]
    assert lit("ferr*", text) == ["ferry", "Ferries", "ferry"]
    assert lit('"the ferr*"', text) == []
    assert lit('"the ferry"', text) == ["The ferry"]
    assert lit("ferry-b* OR cafe", text) == ["ferry-boat", "Café"]
    assert lit("the OR ferry", text) == ["The", "ferry", "the", "ferry"]
    assert lit('"the ferry" OR "ferry the"', text) == ["The ferry, the"]
    assert lit("NOT ferry speaker:the", text) == []


def test_highlights_of_other_forms() -> None:
    text = "The ferry, the Ferries: a ferry-boat."
    assert lit("ferries", text, "en") == ["ferry", "Ferries", "ferry"]
    assert lit('"ferries"', text, "en") == ["Ferries"]
    assert lit("ferries", text, "uk") == ["Ferries"]
    assert lit("NOT ferries boats", text, "en") == ["boat"]
    assert lit("отставка", "Об отста\u0301вке и отставках", "ru") == ["отста\u0301вке", "отставках"]


@given(st.text(max_size=60), st.lists(st.sampled_from(["a", "b*", '"a b"', "c"]), min_size=1, max_size=4))
def test_highlights_are_in_order_apart_and_of_the_words(noise: str, terms: list[str]) -> None:
    text = f"a {noise} b a c b{noise}c a b"
    ranges = highlights(parse(" OR ".join(terms)), text, "")
    assert ranges
    assert all(start < end for start, end in ranges)
    assert all(end < start for (_, end), (start, _) in pairwise(ranges))
    assert all(words(text[start:end]) for start, end in ranges)

"""Quotation marks of all kinds, and what they do not mean."""

import pytest

from tests.pipeline.extract.reading import only, parts, quotes


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("“", "”"), ('"', '"'), ("„", "“"), ("«", "»"), ("« ", " »"), ("‘", "’"), ("'", "'"), ("``", "''"), ("''", "''")],
)
def test_every_kind_of_mark(opening: str, closing: str) -> None:
    quote = only(f"{opening}The harbour stays open this winter,{closing} said Mara Dovic.")
    assert quote.kind == "direct"
    assert quote.text == "The harbour stays open this winter"
    assert quote.speaker_name == "Mara Dovic"


def test_apostrophes_are_no_marks() -> None:
    quote = only("Mara Dovic said: ‘It’s the sailors’ harbour and we don’t sell it.’")
    assert quote.text == "It’s the sailors’ harbour and we don’t sell it."


def test_apostrophes_alone_make_no_quotation() -> None:
    assert not quotes("The sailors' union met the captains' club in the '90s. Mara Dovic's boat wasn't there.")


def test_interrupted_quotation_is_one_quote() -> None:
    text = "“The harbour,” said Mara Dovic, “stays open.”"
    assert parts(only(text), text) == ["The harbour", "stays open."]


def test_quotation_after_the_attribution_belongs_to_it() -> None:
    text = "“The harbour stays open,” Mara Dovic said on Monday. “We have no choice.”"
    assert parts(only(text), text) == ["The harbour stays open", "We have no choice."]


@pytest.mark.parametrize(
    "text",
    [
        "“The harbour stays open,” Mara Dovic told reporters in Easton D.C. “We have no choice in this matter.”",
        "“The harbour stays open,” Mara Dovic said, speaking of the winter, “and we have no choice in this matter.”",
        "“The harbour stays open,” Mara Dovic said. “We have no choice in this matter, none” at all.",
    ],
)
def test_quotation_goes_on_after_a_long_attribution(text: str) -> None:
    quote = only(text)
    assert parts(quote, text)[0] == "The harbour stays open"
    assert "have no choice in this matter" in parts(quote, text)[1]


def test_mark_right_after_a_colon_opens() -> None:
    text = 'Mara Dovic:"The harbour stays open. Who said it would not?"'
    assert only(text).text == "The harbour stays open. Who said it would not?"


def test_nested_quotation_stays_inside() -> None:
    quote = only("“He told us ‘never again’ and left,” said Mara Dovic.")
    assert quote.text == "He told us ‘never again’ and left"


def test_quotation_left_open_goes_on_in_the_next_paragraph() -> None:
    text = "Mara Dovic said: “The harbour stays open.\n\n“The ferry does too.”"
    assert parts(only(text), text) == ["The harbour stays open.", "The ferry does too."]


def test_unclosed_quotation_ends_with_its_paragraph() -> None:
    found = quotes("Mara Dovic said: “The harbour stays open.\n\nThe ferry left at noon, empty as ever.")
    assert [quote.text for quote in found] == ["The harbour stays open."]


def test_continuation_paragraph_has_the_same_speaker() -> None:
    text = "“The harbour stays open,” said Mara Dovic.\n\n“The ferry does too. We promise that.”"
    assert {quote.speaker_name for quote in quotes(text)} == {"Mara Dovic"}
    assert any("The ferry does too" in quote.text for quote in quotes(text))


def test_paragraph_after_narration_about_the_speaker_goes_on() -> None:
    text = "“It stays open,” said Mara Dovic.\n\n{} walked along the quay.\n\n“We have waited for this for years.”"
    assert quotes(text.format("She"))[-1].speaker_name == "Mara Dovic"
    assert len(quotes(text.format("A man"))) == 1


def test_scare_quotes_are_no_quotes() -> None:
    assert not quotes("The so-called “harbour tax” cost the town four million crowns last year.")


def test_titles_of_works_are_no_quotes() -> None:
    assert not quotes("Mara Dovic's novel “The Last Ferry” won the prize in June.")


def test_inches_open_no_quotation() -> None:
    assert not quotes('The plank was 6" wide and 12" long and it floated for an hour.')


def test_offsets_index_the_text() -> None:
    text = "In May, “The harbour,” said Mara Dovic, “stays open.” She added that nobody had asked."
    for quote in quotes(text):
        assert text[quote.start : quote.end] == quote.text
        for link in quote.chain:
            assert text[link.span.start : link.span.end] == link.span.text


def test_title_of_a_work_after_a_reporting_verb_is_no_quote() -> None:
    assert not quotes("Mara Dovic spoke on a show called “The Late Ferry Hour” for a while.")
    assert quotes("Mara Dovic shouted, “Open The Harbour Now!”")


def test_quotation_left_open_over_paragraphs_belongs_to_who_speaks_at_its_end() -> None:
    text = (
        "The meeting was long.\n\n“We kept the ferry for thirty years.\n\n"
        "“We painted her twice.\n\n“Nobody else would,” Mara Dovic said."
    )
    quote = only(text)
    assert quote.speaker_name == "Mara Dovic"
    assert parts(quote, text) == [
        "We kept the ferry for thirty years.",
        "We painted her twice.",
        "Nobody else would",
    ]


def test_a_closed_quotation_without_speaker_does_not_go_to_the_next_speaker() -> None:
    text = "The meeting was long.\n\n“We kept the ferry.”\n\n“Nobody else would,” Mara Dovic said."
    assert parts(quotes(text)[-1], text) == ["Nobody else would"]


def test_comma_outside_the_marks() -> None:
    quote = only('"The ferry was late", said Mara Dovic.')
    assert (quote.content, quote.kind) == ("The ferry was late", "direct")


def test_full_stop_outside_the_marks() -> None:
    quote = only("As Mara Dovic has pointed out, ‘a silent ferry is no ferry at all’.")
    assert (quote.text, quote.kind) == ("a silent ferry is no ferry at all", "direct")


def test_quotation_of_the_next_paragraph_is_a_quote_of_its_own_and_less_sure() -> None:
    text = "“Is the ferry to Easton late?” Mara Dovic asked.\n\n“It was late all week, and the week before.”"
    asked, answered = quotes(text)
    assert asked.text == "Is the ferry to Easton late?"
    assert [link.rule for link in answered.chain] == ["follows", "name"]
    assert answered.confidence <= 0.7


def test_signature_that_begins_with_what_its_bearer_is() -> None:
    assert only("“The ferry was late all week.” — local baker Mara Dovic").speaker_name == "Mara Dovic"
    assert not [q for q in quotes("“The ferry was late all week.” — seen from the Town Quay at noon") if q.speaker_name]


def test_quotation_after_a_colon_is_the_subjects() -> None:
    quote = only("Ferry captain Peter Holm isn't convinced: “There is always a fog in the early morning.”")
    assert (quote.speaker_name, [link.rule for link in quote.chain]) == ("Peter Holm", ["introduced", "name"])

"""The choice between two texts of an article, and parts that a page shows twice."""

import pytest

from pipeline.ingest.body import agreement, article_body, body, without_byline, without_headline, without_pulled

STORY = [
    f"Paragraph {number} says that “the harbour stays open”, as it has been for a hundred years and more."
    for number in range(5)
]
SHOWN = "\n\n".join(STORY)


@pytest.mark.parametrize("told", ["", "Paragraph 0", " ".join(STORY), SHOWN.replace("“", '"').replace("”", '"')])
def test_the_rendered_text_is_the_body(told: str) -> None:
    assert body(SHOWN, told) == SHOWN


def test_text_around_the_declared_body_is_removed() -> None:
    standfirst = "A standfirst of some length, which the publisher shows and does not state."
    between = "A heading between paragraphs"
    around = [standfirst, *STORY[:2], between, *STORY[2:]]
    shown = "\n\n".join(["Most read", *around, "Subscribe now"])
    assert body(shown, " ".join(STORY)) == "\n\n".join(around)
    assert body("\n\n".join(["Most read", *STORY]), " ".join(STORY)) == SHOWN


@pytest.mark.parametrize("shown", ["", "Something else is shown here.", SHOWN[:150], " ".join(STORY)])
def test_the_stated_text_is_used_if_the_page_does_not_show_it(shown: str) -> None:
    assert body(shown, SHOWN) == SHOWN


def test_a_quotation_that_is_pulled_out_counts_once() -> None:
    pulled, whole = "“The harbour stays open, as it has been”", "She said: “The harbour stays open, as it has been!”"
    text = f"{STORY[0]}\n\n{pulled}\n\n{whole}"
    assert without_pulled(text).count("as it has been”") == 0
    assert (
        without_pulled(f"{STORY[0]}\n\nThe harbour stays open, as it has been\n\n{STORY[1]}")
        == f"{STORY[0]}\n\n{STORY[1]}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No.\n\n“No.”\n\nShe said no.",
        "Thank you all very much.\n\nThank you all very much.",
        "The harbour stays open\n\nThe council has decided that the harbour stays open all winter.",
        "word " * 100_000,
    ],
)
def test_short_and_repeated_lines_stay(text: str) -> None:
    assert without_pulled(text) == text


@pytest.mark.parametrize("first", ["Ferry stays: a town is glad", "Harbour | Ferry stays – a town is glad!"])
def test_the_headline_is_no_part_of_the_text(first: str) -> None:
    assert without_headline(f"{first}\n\n{SHOWN}", ["Ferry stays: A town is glad"]) == SHOWN


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("Ferry stays: a town is glad", "Ferry stays: a town is glad"),
        (f"Town news: It is ours.\n\n{SHOWN}", "It is ours."),
        (f"{SHOWN}\n\nFerry stays: a town is glad", "Ferry stays: a town is glad"),
        (f"Ferry stays: a town is glad, the mayor said, and so am I.\n\n{SHOWN}", "Ferry stays: a town is glad"),
    ],
)
def test_a_paragraph_that_is_more_than_a_headline_stays(text: str, headline: str) -> None:
    assert without_headline(text, [headline]) == text


@pytest.mark.parametrize(
    "line",
    ["By Ada Lindqvist", "ADA LINDQVIST and Bo Ek", "Published on 3 March 2026 at 15:44", "2026年3月3日 01時28分"],
)
def test_lines_of_authors_and_dates_are_no_part_of_the_text(line: str) -> None:
    assert without_byline(f"{line}\n\n{SHOWN}", ["Ada Lindqvist", "Bo Ek"]) == SHOWN


def test_an_authors_portrait_is_no_part_of_the_text() -> None:
    portrait = "Ada Lindqvist is a reporter at the Courier's desk for harbours."
    assert without_byline(f"{SHOWN}\n\n{portrait}", ["Ada Lindqvist"]) == SHOWN


@pytest.mark.parametrize(
    "line",
    [
        "Ada Lindqvist won.",
        "The vote of 2026 and what it means for islands near and far",
        "Result: eleven to nine",
        "Ada, who lives there, is glad.",
    ],
)
def test_informative_lines_stay(line: str) -> None:
    text = f"{line}\n\n{SHOWN}\n\n{line}"
    assert without_byline(text, ["Ada Lindqvist", "Ada"]) == text


def test_a_standfirst_precedes_the_text_once() -> None:
    assert article_body(SHOWN, "", standfirst="A town is glad.") == f"A town is glad.\n\n{SHOWN}"
    assert article_body(SHOWN, "", standfirst=STORY[0].upper()) == SHOWN


def test_a_stated_summary_does_not_replace_the_text() -> None:
    summary = "A summary of it all, in other words than the article has, as sites write for machines. " * 4
    assert body("\n\n".join(STORY * 3), summary) == "\n\n".join(STORY * 3)


def test_texts_agree_by_runs_of_words() -> None:
    assert agreement(SHOWN, [SHOWN]) == 1
    assert agreement(SHOWN, [SHOWN, "quite another text that shares nothing"]) == 0.5
    assert agreement("", []) == 0

"""Which of two texts is the article's, and what of it is shown twice."""

import pytest

from pipeline.ingest.body import body, without_pulled

STORY = [
    f"Paragraph {number} says that “the harbour stays open”, as it has been for a hundred years and more."
    for number in range(5)
]
SHOWN = "\n\n".join(STORY)


@pytest.mark.parametrize("told", ["", "Paragraph 0", " ".join(STORY), SHOWN.replace("“", '"').replace("”", '"')])
def test_what_is_shown_is_the_text(told: str) -> None:
    assert body(SHOWN, told) == SHOWN


def test_what_the_told_text_does_not_know_goes() -> None:
    around = "\n\n".join(
        [
            "Most read",
            *STORY[:2],
            "More on this",
            "A long quotation that was embedded in the text, and that is not told again to anybody.",
            *STORY[2:],
            "Subscribe now",
        ]
    )
    kept = body(around, " ".join(STORY)).split("\n\n")
    assert kept == [
        *STORY[:2],
        "A long quotation that was embedded in the text, and that is not told again to anybody.",
        *STORY[2:],
    ]


@pytest.mark.parametrize("shown", ["", "Something else is shown here.", SHOWN[:150], " ".join(STORY)])
def test_the_told_text_is_taken_where_the_page_does_not_show_it(shown: str) -> None:
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
    ["", "No.\n\n“No.”\n\nShe said no.", "Thank you all very much.\n\nThank you all very much.", "word " * 100_000],
)
def test_what_is_short_or_merely_said_again_stays(text: str) -> None:
    assert without_pulled(text) == text

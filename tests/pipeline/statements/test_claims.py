"""A quote is split into its claims, and what only says that the speaker says it is none."""

import pytest

from pipeline.statements.reading import MOST_CLAIMS, split


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("The mill closes in May. I will not miss it.", ("The mill closes in May.", "I will not miss it.")),
        (
            "The mill closes, and forty people lose their jobs.",
            ("The mill closes", "and forty people lose their jobs."),
        ),
        ("If the river rises, we will leave the valley.", ("If the river rises, we will leave the valley.",)),
        ("As I said last week: the mill closes in May.", ("the mill closes in May.",)),
        ("I say this to the owners: the mill will not close.", ("I say this to the owners: the mill will not close.",)),
        ("Well, the mill will close in May.", ("the mill will close in May.",)),
        ("Mill will close in May, owner says", ("Mill will close in May",)),
        ("Owner: the mill will close", ("the mill will close",)),
        ("Yes. The mill closes in May.", ("Yes. The mill closes in May.",)),
        ("?!", ("?!",)),
    ],
)
def test_a_text_is_split_into_claims(text: str, claims: tuple[str, ...]) -> None:
    assert split(text) == claims


def test_a_long_text_has_a_bounded_number_of_claims() -> None:
    assert len(split("The mill closes in May. " * 500)) == MOST_CLAIMS

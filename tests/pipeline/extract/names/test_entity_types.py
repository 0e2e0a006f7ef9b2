"""Types of names, by their use in the article."""

import pytest

from tests.pipeline.extract.reading import read


def kinds(text: str) -> dict[str, str]:
    """The kind of each name."""
    return {mention.name: mention.kind for mention in read(text).mentions}


@pytest.mark.parametrize(
    "text",
    [
        "Ysolde Marn left. Marn had been ill.",
        "Ysolde Marn, 42, left the hall.",
        "They met Ysolde Marn, who was ill, on the quay.",
        "A vet named Ysolde Marn left the Amber Hall.",
        "The vote fell to council leader Ysolde Marn in the end.",
    ],
)
def test_a_name_used_like_a_persons_is_one(text: str) -> None:
    assert kinds(text)["Ysolde Marn"] == "person"


@pytest.mark.parametrize("text", ["His daughter Ysolde left.", "Ysolde, 42, left.", "They met her daughter, Ysolde."])
def test_so_is_a_first_name_by_itself(text: str) -> None:
    assert kinds(text)["Ysolde"] == "person"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ships wait in Umber Sarn for days.", "Umber Sarn"),
        ("They crossed the Sarn Ullo by night.", "Sarn Ullo"),
        (
            "Ullo Brask fell 3 percent. Ullo, which makes tin, gave no reason. Shares of Ullo Brask had risen.",
            "Ullo Brask",
        ),
        ("The coat was made of Sarn Ullo wool.", "Sarn Ullo"),
        ("The ferry left Port Ullo.", "Port Ullo"),
        ("The “Sarn Ullo” has run aground.", "Sarn Ullo"),
    ],
)
def test_a_name_used_like_a_places_or_a_firms_is_none(text: str, name: str) -> None:
    assert kinds(text)[name] != "person"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The case was put by Ysolde Marn KC, who sat down.", "Ysolde Marn"),
        ("The town has thanked Ysolde Marn Image: none", "Ysolde Marn"),
        ("At last Referee Ysolde Marn blew.", "Ysolde Marn"),
    ],
)
def test_honours_captions_and_callings_are_no_part_of_a_name(text: str, name: str) -> None:
    assert kinds(text)[name] == "person"


def test_one_first_name_does_not_make_a_firm_of_a_speaker_in_a_transcript() -> None:
    assert kinds("Ysolde Marn: Good morning.\n\nOla: Thank you, Ysolde.")["Ysolde Marn"] == "person"

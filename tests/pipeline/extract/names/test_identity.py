"""Names that are a tracked actor's, and never a namesake's."""

import pytest

from pipeline.model import Actor, Role
from tests.pipeline.extract.reading import read

OSTERMAN = Actor(
    id="lena-osterman",
    name="Lena Osterman",
    aliases=("Osterman", "Ms Osterman", "Harbour Minister Osterman", "the harbour minister", "the head of Port Sarn"),
)
TOLD = "“The quay is full,”"


def speakers(text: str, *actors: Actor, title: str = "") -> list[str]:
    """The ids of the speakers of the quotes of the text."""
    return [quote.speaker_id for quote in read(text, actors or (OSTERMAN,), title=title).quotes]


@pytest.mark.parametrize(
    "text",
    [
        f"{TOLD} Lena Osterman said.",
        f"{TOLD} Osterman said.",
        f"{TOLD} Ms Osterman said.",
        f"{TOLD} L. Osterman said.",
        f"{TOLD} Harbour Minister Osterman said.",
        f"Lena Osterman came late. {TOLD} Osterman said.",
        f"Osterman, a former harbour minister, came late. {TOLD} Osterman said.",
        f"Lena Osterman, an amateur diver, came to the ministry. {TOLD} the harbour minister said.",
        f"{TOLD} the head of Port Sarn said.",
        f"Lena Osterman came late. {TOLD} the harbour minister said.",
        f"The harbour minister, Lena Osterman, came late. {TOLD} Osterman said.",
    ],
)
def test_the_actor(text: str) -> None:
    assert speakers(text) == ["lena-osterman"]


@pytest.mark.parametrize(
    "text",
    [
        f"{TOLD} Rudi Osterman said.",
        f"Rudi Osterman, a beekeeper, came late. {TOLD} Osterman said.",
        f"{TOLD} said Rudi Osterman, who keeps bees. “It is noisy,” Osterman said.",
        f"{TOLD} Mr Osterman said.",
        f"{TOLD} R. Osterman said.",
        f"Osterman, a beekeeper from the hills, came late. {TOLD} Osterman said.",
        f"{TOLD} Judge Osterman said.",
        f"Lena Osterman, a beekeeper, came late. {TOLD} Osterman said.",
        f"{TOLD} the harbour minister said.",
        f"The harbour minister, Rudi Bek, met Lena Osterman. {TOLD} the harbour minister said.",
        f"Coach Anna Osterman praised Lena Osterman, her cousin. {TOLD} Osterman said.",
        f"Police met the harbour minister Rudi Bek. {TOLD} the harbour minister said.",
    ],
)
def test_a_namesake_or_a_stranger(text: str) -> None:
    assert "lena-osterman" not in speakers(text)


def test_a_given_name_in_the_headline_claims_the_surname() -> None:
    assert speakers(f"{TOLD} Osterman said.", title="Rolf Osterman keeps bees") == ["osterman"]
    assert speakers(f"{TOLD} Osterman said.", title="Lena Osterman steps down") == ["lena-osterman"]


def test_an_actor_without_roles_has_no_strangers() -> None:
    plain = Actor(id="lena-osterman", name="Lena Osterman", aliases=("Osterman",))
    assert speakers(f"Osterman, a beekeeper, came late. {TOLD} Osterman said.", plain) == ["lena-osterman"]


def test_a_place_of_the_name_is_nobody() -> None:
    hill = Actor(id="jo-texas", name="Jo Texas", aliases=("Texas",))
    assert speakers("Texas said that it would pay.", hill) == ["texas"]
    assert speakers("Jo Texas came. Texas said that it would pay.", hill) == ["jo-texas"]


JUDGE = Actor(id="ada-brandvold", name="Ada Brandvold", aliases=("Brandvold",), roles=(Role("Judge"),))
SAILOR = Actor(id="ulf-brandvold", name="Ulf Brandvold", aliases=("Brandvold",), roles=(Role("skipper of the Tern"),))


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        (f"{TOLD} Brandvold said.", "brandvold"),
        (f"Ulf Brandvold sat down. {TOLD} Brandvold said.", "ulf-brandvold"),
        (f"{TOLD} Judge Brandvold said.", "ada-brandvold"),
        (f"Brandvold, a skipper, sat down. {TOLD} Brandvold said.", "ulf-brandvold"),
        (f"{TOLD} Mrs Brandvold said.", "ada-brandvold"),
    ],
)
def test_two_actors_with_one_alias_are_told_apart_by_context(text: str, speaker: str) -> None:
    assert speakers(text, JUDGE, SAILOR) == [speaker]


def test_a_probable_actor_lowers_the_confidence() -> None:
    certain = read(f"Osterman, a harbour minister, sat down. {TOLD} Osterman said.", [OSTERMAN]).quotes[0]
    probable = read(f"Osterman, who was late, sat down. {TOLD} Osterman said.", [OSTERMAN]).quotes[0]
    assert (certain.speaker_id, probable.speaker_id) == ("lena-osterman", "lena-osterman")
    assert probable.confidence < certain.confidence

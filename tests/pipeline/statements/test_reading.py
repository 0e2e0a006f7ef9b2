"""A quote is split into its claims, and what only says that the speaker says it is none."""

import pytest

from pipeline.statements.claims import MOST_CLAIMS, is_empty, split
from pipeline.statements.reading import READINGS, reading


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
        ("In May. The mill closes then.", ("In May. The mill closes then.",)),
        ("?!", ("?!",)),
    ],
)
def test_a_text_is_split_into_claims(text: str, claims: tuple[str, ...]) -> None:
    assert split(text) == claims


def test_a_long_text_has_a_bounded_number_of_claims() -> None:
    assert len(split("The mill closes in May. " * 500)) == MOST_CLAIMS


@pytest.mark.parametrize(
    ("language", "text", "left"),
    [
        ("en", "The mill would close in May, the owner told reporters.", "The mill would close in May"),
        ("en", "The owner said that the mill would close in May.", "the mill would close in May."),
        ("en", "The mill is to close in May, according to its owner.", "The mill is to close in May"),
        ("de", "Die Mühle werde im Mai schließen, sagte der Besitzer.", "Die Mühle werde im Mai schließen"),
        ("fr", "Le patron a déclaré que le moulin fermerait.", "le moulin fermerait."),
        ("es", "Según el dueño, el molino cerrará en mayo.", "el molino cerrará en mayo."),
        ("it", "Il mulino chiuderà a maggio, ha detto il padrone.", "Il mulino chiuderà a maggio"),
        ("pt", "O dono disse que o moinho vai fechar.", "o moinho vai fechar."),
        ("nl", "De molen gaat in mei dicht, zei de eigenaar.", "De molen gaat in mei dicht"),
        ("pl", "Młyn zostanie zamknięty w maju - powiedział właściciel.", "Młyn zostanie zamknięty w maju"),
        ("ru", "Хозяин заявил, что мельница скоро закроется.", "мельница скоро закроется."),
        ("sv", "Kvarnen stänger i maj, säger ägaren.", "Kvarnen stänger i maj"),
        ("uk", "Власник заявив, що млин скоро закриють.", "млин скоро закриють."),
    ],
)
def test_reported_speech_is_read_without_who_said_it(language: str, text: str, left: str) -> None:
    assert split(text, language, is_reported=True) == (left,)


def test_an_attribution_is_no_longer_than_its_verb() -> None:
    text = "Carr set the vote for 9 May and said that one vote would suffice."
    assert split(text, is_reported=True) == (text,)


def test_an_answer_before_a_claim_and_a_sentence_that_only_repeats_are_left_out() -> None:
    assert split("No. The mill will not close.") == ("The mill will not close.",)
    assert split("Poco. El molino no cierra en mayo.", "es") == ("El molino no cierra en mayo.",)
    assert split("The mill will not close. As I told you all on Tuesday.") == ("The mill will not close.",)
    assert split("Never. Not I.") == ("Never. Not I.",)
    assert split("Yo no. El molino no cierra en mayo.", "es") == ("El molino no cierra en mayo.",)
    assert split("No, not now we have not. The mill stays open.") == (
        "No, not now we have not.",
        "The mill stays open.",
    )


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("It is.", "en", True),
        ("Next question.", "en", True),
        ("Next question, good people.", "en", False),
        ("Never.", "en", False),
        ("We won.", "en", False),
        ("At noon.", "en", False),
        ("Two.", "en", False),
        ("Good morning, Ada. Yes.", "en", True),
        ("I’m listening. Glad to be here, I think.", "en", False),
        ("Thank you for having me.", "en", True),
        ("Thank you for saving the bridge.", "en", False),
        ("Hello, we won.", "en", False),
        ("Guten Abend, Frau Keller.", "de", True),
        ("Bonjour, merci de m’accueillir.", "fr", True),
        ("Y así.", "es", True),
        ("Dimito.", "es", False),
    ],
)
def test_a_text_without_content_is_empty(text: str, language: str, *, expected: bool) -> None:
    assert is_empty(text, language) is expected


def test_a_direct_quote_keeps_what_it_says_about_the_words_of_others() -> None:
    text = "They offered us money, and my brother said no on the telephone."
    assert split(text) == ("They offered us money", "and my brother said no on the telephone.")
    assert split("The owner said that the mill would close in May.") == (
        "The owner said that the mill would close in May.",
    )


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "As I told the crew in March, the mill will close."),
        ("de", "Wie ich schon im März gesagt habe, the mill will close."),
        ("ru", "Как я говорил в марте, the mill will close."),
    ],
)
def test_a_clause_that_says_that_it_was_said_before_is_left_out(language: str, text: str) -> None:
    assert split(text, language)[0].strip() == "the mill will close."


@pytest.mark.slow
def test_readings_of_long_texts_make_room_for_no_others() -> None:
    for number in range(40):
        reading(f"Quote {number} says that " + "the harbour stays open and " * 200)
    assert READINGS.size <= 400_000


def test_an_editor_replaces_three_words_at_most_and_adds_more() -> None:
    assert "water" in reading("[The water board] will close the mill.").line
    assert "water" not in reading("[The old water board] will close the mill.").line


@pytest.mark.parametrize(
    ("text", "language", "is_refusal"),
    [
        ("You will understand that I can’t comment on that this morning.", "en", True),
        ("You’d have to ask the council.", "en", True),
        ("Dazu sage ich nichts.", "de", True),
        ("Pas de commentaire.", "fr", True),
        (
            "We can’t comment on the trial, but the factory will close in May and everybody loses their job.",
            "en",
            False,
        ),
    ],
)
def test_a_short_refusal_to_comment_says_nothing(text: str, language: str, *, is_refusal: bool) -> None:
    assert is_empty(text, language) is is_refusal

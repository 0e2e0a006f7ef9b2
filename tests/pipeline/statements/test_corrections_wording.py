"""Differences between two wordings of one statement: certainty, addressee, a "not", a number."""

import pytest

from pipeline.model import Quote
from pipeline.statements.corrections import Wording, changes, is_part, similarity, wording


def of(text: str, language: str = "en") -> Wording:
    return wording(
        Quote(id="", start=0, end=len(text), text=text, kind="direct", fragments=((0, len(text)),)), language
    )


@pytest.mark.parametrize(
    ("known", "new", "change"),
    [
        ("The crew survived the night on the reef.", "The crew may have survived the night.", ("", "may")),
        ("We are moving the mill.", "We are considering moving the mill.", ("", "considering")),
        ("I will stand for election.", "I am thinking of standing for election.", ("", "thinking of")),
        ("We suspect that the well is dry.", "We are certain that the well is dry.", ("suspect that", "")),
        ("The lake will freeze.", "The lake will perhaps freeze.", ("", "perhaps")),
        ("We agreed to meet the strikers.", "We refused to meet the strikers.", ("", "refused to")),
        ("The council voted for the quay.", "The council voted against the quay.", ("", "voted against")),
        ("We sent it to the press.", "We sent it to the police.", ("press", "police")),
        ("Rents have doubled since May.", "Rents have tripled since May.", ("doubled", "tripled")),
        ("A third of the fish is dead.", "Half of the fish is dead.", ("third", "Half")),
        ("He scored twice.", "He scored four times.", ("twice", "four")),
        ("Buses twelve, five and nine stop.", "Buses seventeen and nine stop.", ("twelve", "seventeen")),
        ("We lost two thousand five hundred trees.", "We lost 2,900 trees.", ("two thousand five hundred", "2,900")),
    ],
)
def test_a_difference_is_named(known: str, new: str, change: tuple[str, str]) -> None:
    assert changes(of(known), of(new)) == (change,)


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("It took two hundred and fifty volunteers.", "It took 250 volunteers."),
        ("Half a million people signed.", "500,000 people signed."),
        ("We need thirty-five crews.", "We need 35 crews."),
        ("Ninety-nine boats burned.", "99 boats burned."),
        ("Three dozen houses burned.", "36 houses burned."),
        ("We lost two thousand five hundred hectares.", "We lost 2,500 hectares."),
        ("We refuse to let the town decide.", "We will not let the town decide."),
        ("Perhaps we should ask why the alarm was off.", "We should ask why the alarm was off."),
        ("The suspect was seen twice near the station.", "the suspect had been seen twice near the station"),
        ("Mr Mueller never paid for the boats.", "Mr Müller never paid for the boats."),
        ("I told the committee that it is gone.", "It is gone."),
    ],
)
def test_a_difference_in_form_only_is_no_change(known: str, new: str) -> None:
    assert changes(of(known), of(new)) == ()


def test_a_not_that_only_moved_is_no_change() -> None:
    first = of("Divers proved it was not the crew but the pilot who failed in May.")
    second = of("Divers proved it was the pilot who failed in June, not the crew.")
    assert changes(first, second) == (("May", "June"),)
    assert changes(second, first) == (("June", "May"),)


def test_a_perhaps_that_only_moved_is_no_change() -> None:
    first = of("Divers proved it was perhaps the crew or the pilot who failed.")
    assert changes(first, of("Divers proved it was the pilot who failed or perhaps the crew.")) == ()


def test_the_last_of_several_words_for_not_is_named() -> None:
    denied, admitted = of("We never lied and will not pay."), of("We lied and will pay.")
    assert changes(denied, admitted) == (("not", ""),)
    assert changes(admitted, denied) == (("", "not"),)


@pytest.mark.parametrize(
    ("language", "known", "new", "change"),
    [
        ("de-AT", "Wir werden das Werk schließen.", "Wir werden das Werk nicht schließen.", ("", "nicht")),
        ("de", "Wir brauchen zwölf Lehrer.", "Wir brauchen zwanzig Lehrer.", ("zwölf", "zwanzig")),
        ("nl", "We missen zeventien boten.", "We missen negentig boten.", ("zeventien", "negentig")),
        ("fr", "Nous accepterons cette offre.", "Nous n'accepterons pas cette offre.", ("", "pas")),
        ("es", "La carretera estará abierta.", "La carretera no estará abierta.", ("", "no")),
        ("it", "Abbiamo trovato sette tombe.", "Abbiamo trovato dieci tombe.", ("sette", "dieci")),
        ("nl", "De brug blijft open.", "De brug blijft niet open.", ("", "niet")),
        ("pt", "Vamos aceitar a proposta.", "Não vamos aceitar a proposta.", ("", "Não")),
    ],
)
def test_other_languages_have_their_own_words_for_not_and_for_numbers(
    language: str, known: str, new: str, change: tuple[str, str]
) -> None:
    assert changes(of(known, language), of(new, language)) == (change,)


def test_words_of_other_languages_mean_nothing_in_english() -> None:
    assert changes(of("We saw it once in Lund."), of("We saw it twelve times in Lund.")) == ()


def test_a_wording_is_part_of_a_longer_one_or_the_whole_of_a_shorter_one() -> None:
    opening = "The dentist opens her clinic in Easton"
    short, long = of(f"{opening}."), of(f"{opening} after Lent, when painters have left the cellar and drains are dry.")
    there, back = similarity(long, short), similarity(short, long)
    assert there
    assert back
    assert (there.relation, back.relation) == ("part", "whole")
    assert there.score == back.score == 1


def test_two_words_are_too_few_for_a_part() -> None:
    longer = of("The mills close in May, and the weir will be drained.")
    assert not is_part(of("Mills close."), longer)
    assert is_part(of("Mills close, weir drained."), longer)


def test_a_word_that_stands_twice_counts_as_long_as_one_of_them_is_near() -> None:
    wanted, end = of("The dentist opens a clinic in Easton."), "was willing to open a clinic in Easton."
    near = "Dentist after dentist left because nobody in all those years"
    far = "The dentist left because nobody in all those long years of war, floods, strikes and fires"
    assert is_part(wanted, of(f"{near} {end}"))
    assert not is_part(wanted, of(f"{far} {end}"))


def test_common_words_beside_an_ellipsis_are_no_excerpt() -> None:
    cut = of("The ferry must go … at the end of the day we will see")
    other = of(
        "The orchestra paid its violinists and its trumpeters at the end of the day we will see the conductor about"
        " the remaining wages"
    )
    assert similarity(cut, other) is None
    assert similarity(other, cut) is None


def test_a_part_extends_over_no_more_than_its_share_of_places() -> None:
    part = of("Dentists welcome Easton clinics")
    near = of("Dentists, painters, bakers, farmers, brewers, tailors, sailors welcome Easton clinics")
    far = of("Dentists, painters, bakers, farmers, brewers, tailors, sailors, miners welcome Easton clinics")
    assert is_part(part, near)
    assert not is_part(part, far)

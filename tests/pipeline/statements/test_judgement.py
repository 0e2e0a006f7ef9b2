"""A reading beside a known one is repeated, changed or new: by what differs, how sure that is, and when it was said."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline.model import Modality
from pipeline.statements import judgement, meaning
from pipeline.statements.differences import Difference
from pipeline.statements.judgement import LEAST_REPEATED, Judgement, Relation, is_retelling, judge
from pipeline.statements.reading import reading
from pipeline.statements.similarity import compare


def test_nothing_has_changed_where_no_slot_differs() -> None:
    known = reading("Fares on the trams will go up by twelve per cent in September.")
    retold = judge(known, reading("From September a tram ride will cost twelve per cent more."))
    halved = judge(known, reading("From September a tram ride will cost six per cent more."))
    assert (retold.relation, halved.relation) == ("repeated", "changed")
    assert retold.certainty < LEAST_REPEATED


def test_the_same_words_are_repeated_for_certain() -> None:
    known = reading("From May the tram will run no more.")
    assert (judge(known, known).relation, judge(known, known).certainty) == ("repeated", 1.0)


@pytest.mark.parametrize(
    ("chance", "language", "differs", "relation"),
    [
        *((0.39, "en", False, "new"), (0.41, "en", False, "repeated")),
        *((0.39, "de", False, "new"), (0.41, "de", False, "repeated")),
        *((0.59, "en", True, "changed"), (0.61, "en", True, "repeated")),
        *((0.69, "de", True, "changed"), (0.71, "de", True, "repeated")),
    ],
)
def test_a_repeat_needs_more_proof_across_languages_and_where_a_slot_differs(
    monkeypatch: pytest.MonkeyPatch, chance: float, language: str, *, differs: bool, relation: str
) -> None:
    chances = {"repeated": chance, "changed": 1 - chance, "new": 0.0}
    monkeypatch.setattr(judgement, "probabilities", lambda _: chances)
    found = (Difference("place", "here", "there"),) if differs else ()
    monkeypatch.setattr(judgement, "compare", lambda *pair: replace(compare(*pair), differences=found))
    texts = {"en": "The tram will stop running next May.", "de": "Ab Mai bleiben die Trams im Depot."}
    known = reading("From May the tram will run no more.")
    assert judge(known, reading(texts[language], language)).relation == relation


@pytest.mark.parametrize(
    ("chance", "language", "new", "relation"),
    [
        (0.49, "en", "Passengers will lose their tram this spring.", "new"),
        (0.51, "en", "Passengers will lose their tram this spring.", "changed"),
        (0.49, "en", "From April the tram will run no more.", "changed"),
        (0.49, "de", "Die Straßenbahn fährt ab April nicht mehr.", "changed"),
    ],
)
def test_an_improbable_change_in_other_words_is_a_new_claim(
    monkeypatch: pytest.MonkeyPatch, chance: float, language: str, new: str, relation: str
) -> None:
    chances = {"repeated": 0.1, "changed": chance, "new": 0.9 - chance}
    monkeypatch.setattr(judgement, "probabilities", lambda _: chances)
    known = reading("From May the tram will run no more.")
    assert judge(known, reading(new, language)).relation == relation


@pytest.mark.parametrize(
    ("known", "new", "language", "relation"),
    [
        (
            "I have never held a licence for the quarry, and neither has my brother.",
            "Nunca he tenido una licencia de la cantera, y mi hermano tampoco.",
            *("es", "repeated"),
        ),
        (
            "We lost because we were slow and they were brave.",
            "Wir haben verloren, weil sie betrogen haben.",
            *("de", "new"),
        ),
    ],
)
def test_a_translation_changes_nothing_where_no_slot_differs_and_the_meaning_is_near(
    known: str, new: str, language: str, relation: str
) -> None:
    judged = judge(reading(known), reading(new, language))
    assert (judged.relation, judged.differences) == (relation, ())


@pytest.mark.parametrize(
    ("known", "stance", "new", "relation"),
    [
        ("that the ferry to the islands would close", "denied", "The ferry to the islands stays open.", "repeated"),
        (
            "The ferry to the islands will stay open.",
            "asserted",
            "The ferry to the islands will not close.",
            "repeated",
        ),
        (
            "What the paper wrote on Monday is not true.",
            "asserted",
            "What the paper wrote on Monday is false.",
            "repeated",
        ),
        ("The plant will close.", "asserted", "The plant will stay open.", "changed"),
        ("The ferry to the islands will not close.", "asserted", "The ferry to the islands will close.", "changed"),
        ("The tax on land will rise.", "asserted", "The tax on land will not fall.", "changed"),
    ],
)
def test_a_denied_opposite_says_the_same(known: str, stance: Modality, new: str, relation: str) -> None:
    assert judge(reading(known, "en", stance == "denied", stance), reading(new)).relation == relation


def test_a_claim_that_nothing_explains_keeps_a_text_new() -> None:
    known = (
        "that the state would pay for replacing the Sandersund Bridge with ferries, hours after her government shut it"
    )
    new = reading("He closed the bridge. That is what I want a transport minister for.")
    assert judge(reading(known, is_reported=True), new).relation == "new"


@pytest.mark.parametrize(
    ("known", "new", "mark", "before", "after"),
    [
        (
            "A litre costs us 40 cents and the dairies pay us 31 cents for it.",
            "A litre costs us 31 cents and the dairies pay us 40 cents for it.",
            *("exchanged", "40", "31"),
        ),
        (
            "The guard fired once when the man ran to the gate.",
            "The guard fired twice when the man ran to the gate.",
            *("count", "once", "twice"),
        ),
        (
            "The bridge will open to lorries in the next month.",
            "The bridge will open to lorries in the next week.",
            *("span", "30 days", "7 days"),
        ),
        (
            "Nobody in the town hall has asked the bishop about the bells.",
            "Nobody in the town hall has asked the bishop about the bells this month.",
            *("+span", "", "this month"),
        ),
        (
            "We have charged the skipper and both of his sons with theft.",
            "We have charged the skipper and both of his sons with robbery.",
            *("replaced", "theft", "robbery"),
        ),
        (
            "We paid for the new roof of the school with our savings.",
            "The bishop paid for the new roof of the school with our savings.",
            *("agent", "we", "bishop"),
        ),
        (
            "Every farmer who signed will get the money for his barn and his fences in spring.",
            "Every farmer will get the money for his barn and his fences in spring.",
            *("restriction", "who signed", ""),
        ),
    ],
)
def test_a_small_word_changes_a_statement_that_is_else_the_same(
    known: str, new: str, mark: str, before: str, after: str
) -> None:
    found = judge(reading(known), reading(new))
    assert found.relation == "changed"
    assert [each[1:] for each in found.differences if each.mark == mark] == [(before, after, mark)]


@pytest.mark.parametrize(
    ("new", "is_reported", "replaced"),
    [
        ("Nobody in the town hall has asked the bishop about the robbery since the flood.", False, True),
        ("No one in the town hall has asked the bishop about the robbery since the flood.", False, False),
        ("Nobody in the town hall has asked the bishop about the robbery since the flood.", True, False),
    ],
)
def test_a_like_word_is_another_only_where_direct_speech_differs_in_nothing_else(
    new: str, *, is_reported: bool, replaced: bool
) -> None:
    known = reading("Nobody in the town hall has asked the bishop about the theft since the flood.")
    judged = judge(known, reading(new, is_reported=is_reported))
    assert any(each.mark == "replaced" for each in judged.differences) is replaced


def test_unless_is_not_if() -> None:
    known = reading("We will raise the rates on Thursday if inflation is above six per cent.")
    assert judge(
        known, reading("We will raise the rates on Thursday unless inflation is above six per cent.")
    ).relation == ("changed")


@pytest.mark.parametrize(
    ("known", "stance", "language", "new"),
    [
        ("that she had promised to close the harbour", "denied", "es", "Nunca cerraremos el puerto."),
        ("I never promised to close the harbour.", "asserted", "en", "I will not close the harbour."),
        ("I never once solemnly promised to close the harbour.", "asserted", "en", "I never once closed the harbour."),
        ("Ich habe nie versprochen, den Hafen zu schließen.", "asserted", "de", "Ich werde den Hafen nicht schließen."),
    ],
)
def test_who_denies_a_promise_does_not_deny_the_deed(known: str, stance: Modality, language: str, new: str) -> None:
    denied = reading(known, "de" if known.startswith("Ich") else "en", is_reported=stance == "denied", stance=stance)
    for relation in (judge(denied, reading(new, language)), judge(reading(new, language), denied)):
        assert relation.relation != "repeated"
        assert "promise" in {each.mark for each in relation.differences}


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("I promise that no ward will be closed.", "No ward will be closed."),
        (
            "It is not true that we lost the keys, and I have promised a report.",
            "It is not true that we lost the keys.",
        ),
    ],
)
def test_a_promise_that_nobody_denies_is_no_difference(known: str, new: str) -> None:
    assert "promise" not in {each.mark for each in judge(reading(known), reading(new)).differences}


def test_all_in_the_place_of_a_count_of_a_part_is_another_quantifier() -> None:
    known = reading("Four of seven pumps failed last night, and two of them are beyond repair.")
    new = reading("Four of the seven pumps failed, and every one of the four is beyond repair.")
    assert ("quantifier", "two", "every") in [each[:3] for each in judge(known, new).differences]
    half = reading("Half of the seats in the hall belong to banks.")
    every = judge(half, reading("In the hall every other seat belongs to a bank."))
    assert "quantifier swapped" not in [each.mark for each in every.differences]


@pytest.mark.parametrize(
    ("whole", "explained", "is_reported", "relation"),
    [
        *((0.44, 0.69, True, "new"), (0.44, 0.71, True, "repeated"), (0.46, 0.66, True, "repeated")),
        *((0.49, 0.64, True, "new"), (0.49, 0.66, True, "repeated"), (0.51, 0.64, True, "repeated")),
        *((0.49, 0.79, False, "new"), (0.49, 0.81, False, "repeated"), (0.51, 0.79, False, "repeated")),
    ],
)
def test_words_explain_more_of_what_the_speaker_said_than_of_what_a_report_retells(
    monkeypatch: pytest.MonkeyPatch, whole: float, explained: float, *, is_reported: bool, relation: str
) -> None:
    figures = {"whole": whole, "least cover": explained}
    monkeypatch.setattr(judgement, "probabilities", lambda _: {"repeated": 0.9, "changed": 0.0, "new": 0.1})
    monkeypatch.setattr(
        judgement,
        "compare",
        lambda *pair: replace(compare(*pair), differences=(), figures=compare(*pair).figures | figures),
    )
    known = reading("From May the tram will run no more.")
    new = reading("The tram will stop running next May.", is_reported=is_reported)
    assert judge(known, new).relation == relation


WALL = "I will not pay for the wall, not with public money and not with anybody else's."


@pytest.mark.parametrize(
    ("known", "new", "is_part"),
    [
        (WALL, 'for the wall "not with public money", not with anyone\'s', True),
        (WALL, 'for the wall not with "public money", not with anyone\'s', False),
        (WALL, 'the drains of the market hall stank, "not with public money" and not in the evening', False),
        (WALL, 'for the wall not with public money, "not with anyone\'s"', False),
        (
            "Barn Cross will not shut, and I say so in order that the people there can sleep.",
            'that it would stay open, "in order that the people there can sleep"',
            True,
        ),
        (
            "The county has asked us for the rolls of nine farms, and we have refused.",
            'the bishop had asked for the rolls of nine farms, "and we have refused"',
            False,
        ),
        *(
            ("The bridge will be closed for the whole of March, and nobody asked us.", new, is_part)
            for new, is_part in (
                ('The bridge would stay shut "whole of March".', True),
                ('The bridge would stay shut "the whole" of March.', False),
            )
        ),
    ],
)
def test_a_report_that_quotes_a_part_and_retells_the_rest_repeats_the_known(
    monkeypatch: pytest.MonkeyPatch, known: str, new: str, *, is_part: bool
) -> None:
    monkeypatch.setattr(judgement, "probabilities", lambda _: {"repeated": 0.1, "changed": 0.8, "new": 0.1})
    assert (judge(reading(known), reading(new, is_reported=True)).relation == "repeated") is is_part


def test_the_known_words_without_their_negation_are_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgement, "probabilities", lambda _: {"repeated": 0.9, "changed": 0.1, "new": 0.0})
    known = reading("I will not sell the orchard to a builder, not for money and not for land.")
    assert judge(known, reading("She will sell land to the builder.", is_reported=True)).relation == "changed"
    whole = "I was not sacked by the council of the bank, I am on holiday by the sea in my brother's cottage."
    alone = judge(reading(whole), reading("I am on holiday by the sea"))
    assert alone.relation == "repeated"


@pytest.mark.parametrize(
    ("relation", "chances", "figures", "mark", "expected"),
    [  # chances: repeated, changed, new
        ("new", (0.2, 0.16, 0.64), {}, "", True),
        ("new", (0.2, 0.14, 0.66), {}, "", False),
        ("new", (0.2, 0.16, 0.64), {"whole": 0.39}, "", False),
        ("new", (0.46, 0.1, 0.44), {"whole": 0.34}, "", True),
        ("new", (0.44, 0.1, 0.46), {"whole": 0.34}, "", False),
        ("new", (0.46, 0.1, 0.44), {"whole": 0.32}, "", False),
        ("changed", (0.4, 0.3, 0.3), {}, "", True),
        ("changed", (0.3, 0.4, 0.3), {}, "", False),
        ("new", (0.2, 0.16, 0.64), {"names alone new": 1.0}, "", False),
        ("new", (0.2, 0.16, 0.64), {"near share": 0.51}, "", False),
        ("new", (0.2, 0.16, 0.64), {"crosses": 1.0}, "", True),
        ("new", (0.2, 0.16, 0.64), {}, "not0", True),
        ("new", (0.2, 0.16, 0.64), {}, "+date", False),
        ("new", (0.2, 0.16, 0.64), {}, "number", False),
    ],
)
def test_a_retelling_is_near_in_meaning_in_other_words(
    monkeypatch: pytest.MonkeyPatch,
    relation: Relation,
    chances: tuple[float, float, float],
    figures: dict[str, float],
    mark: str,
    *,
    expected: bool,
) -> None:
    comparison = compare(reading("The heating will be mended."), reading("Somebody repairs the radiators."))
    near = comparison.figures | {"whole": 0.41, "near share": 0.0, "names alone new": 0.0} | figures
    differing = (Difference("slot", "", "other", mark),) if mark else ()
    table = dict(zip(("repeated", "changed", "new"), chances, strict=True))
    monkeypatch.setattr(judgement, "probabilities", lambda _: table)
    judged = Judgement(relation, 0.5, replace(comparison, figures=near, differences=differing))
    assert is_retelling(judged) is expected


@pytest.fixture
def no_encoder() -> Iterator[None]:
    """Decisions are by words alone during the test."""
    meaning.forget(for_good=True)
    yield
    meaning.forget()


@pytest.mark.parametrize(
    ("new", "relation"),
    [
        ("The depot will be sold, and from May the tram will run no more.", "repeated"),
        ("From June the tram will run no more, and the depot will be sold.", "changed"),
        ("From May the tram might run no more, and the depot will be sold.", "changed"),
        ("From May the tram will run no more, and the depot will be sold by the town.", "changed"),
        ("Nobody pays taxes on a boat in Easton.", "new"),
    ],
)
@pytest.mark.usefixtures("no_encoder")
def test_without_an_encoder_words_and_slots_decide(new: str, relation: str) -> None:
    known = reading("From May the tram will run no more, and the depot will be sold.")
    assert judge(known, reading(new)).relation == relation


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("If they pay for the hedges, we'll plant hedges.", "If they pay for the hedges, we will plant hedges."),
        ("We'd lent it to the town, and the town broke it.", "We had lent it to the town, and the town broke it."),
        ("By Christmas every village will have fibre.", "By 25 December every village will have fibre."),
        ("New Year's Eve will see one man in each cell.", "By 31 December each cell will have one man in it."),
        ("We don't dig at night, don't dig on Sundays, don't dig now.", "We don't dig at night … don't dig now."),
        ("We don't dig at night … don't dig now.", "We don't dig at night, don't dig on Sundays, don't dig now."),
        ("The eels came from a man … and guests died.", "The eels came from a man known for years, and guests died."),
    ],
)  # fmt: skip
def test_contractions_feasts_and_gaps_are_no_differences(known: str, new: str) -> None:
    assert judge(reading(known), reading(new)).differences == ()


def test_another_day_is_no_feast() -> None:
    known, new = reading("By Christmas every village will have fibre."), reading("By 24 December every village will.")
    assert [each.mark for each in judge(known, new).differences] == ["+number", "+date"]


@pytest.mark.parametrize(
    ("known", "new", "relation"),
    [
        ("All our beds are full until autumn.", "Are all our beds really full until autumn?", "new"),
        ("Are all our beds really full until autumn?", "All our beds are full until autumn.", "new"),
        ("Lost your card? Your card is valid until May.", "Your card is valid until May.", "repeated"),
        (
            "No teacher will be dismissed for the strike.",
            "Not every teacher will be dismissed for the strike.",
            "changed",
        ),
        ("Nobody of the crew will sail in that storm.", "The crew need not sail in that storm.", "changed"),
    ],
)
def test_questions_partial_denials_and_permissions_are_other_claims(known: str, new: str, relation: str) -> None:
    assert judge(reading(known), reading(new)).relation == relation


@pytest.mark.parametrize(
    ("known", "new", "language"),
    [
        ("Sí, vamos a cerrar el puente en mayo.", "Yes, we will close the bridge in May.", "es"),
        ("In einem halben Jahr zahlen sie.", "In six months they pay.", "de"),
        ("Cena wzrośnie o sześć proc. w maju.", "The price will rise by six per cent in May.", "pl"),
        ("Ціна зросте на шість відсотків у травні.", "The price will rise by 6 per cent in May.", "uk"),
        ("Não vou a um terceiro mandato.", "I am not going for a third term.", "pt"),
        ("Wir können das Haus in fünf Minuten räumen.", "We can clear the house in five minutes.", "de"),
        ("No hay un solo indicio de fraude.", "There is no sign of fraud.", "es"),
        ("Нет ни одного признака обмана.", "There is no sign of fraud.", "ru"),
    ],
)
def test_a_translation_fills_the_same_slots(known: str, new: str, language: str) -> None:
    assert judge(reading(known, language), reading(new)).differences == ()


@pytest.mark.parametrize(
    ("known", "new", "mark"),
    [
        ("No train will move until Friday night.", "No freight train will move until Friday night.", "restriction"),
        ("Every primary school will close in May.", "Every school will close in May.", "restriction"),
        ("All the trains will stop in May.", "All trains will stop in May.", None),
        ("We found oil in every single sample.", "We found oil in every sample.", None),
        ("There was no warning light and no bell on it.", "On it there was no bell and no warning light.", None),
        ("All trains will stop in May.", "All old and rusty diesel trains will stop in May.", None),
    ],
)
def test_a_word_that_narrows_a_quantified_noun_changes_a_claim(known: str, new: str, mark: str | None) -> None:
    judged = judge(reading(known), reading(new))
    assert ("restriction" in [each.mark for each in judged.differences]) is bool(mark)
    assert judged.relation == "changed" or not mark


@pytest.mark.parametrize(
    ("known", "new", "language", "differs"),
    [
        ("Um elf Uhr abends schließen wir.", "We close at eleven at night.", "de", False),
        ("We close at eleven in the evening.", "We close at eleven at night.", "en", True),
    ],
)
def test_a_translation_may_take_the_evening_for_the_night(
    known: str, new: str, language: str, *, differs: bool
) -> None:
    marks = [each.mark for each in judge(reading(known, language), reading(new)).differences]
    assert ("date" in marks) is differs


@pytest.mark.parametrize(("before", "after", "expected"), [("not", "", False), ("", "not", True)])
def test_a_version_that_loses_a_denial_is_no_retelling(
    monkeypatch: pytest.MonkeyPatch, before: str, after: str, *, expected: bool
) -> None:
    comparison = compare(reading("The heating will be mended."), reading("Somebody repairs the radiators."))
    near = comparison.figures | {"whole": 0.5, "near share": 0.0, "names alone new": 0.0}
    differing = (Difference("negation", before, after, "not0"),)
    monkeypatch.setattr(judgement, "probabilities", lambda _: {"repeated": 0.4, "changed": 0.3, "new": 0.3})
    judged = Judgement("changed", 0.3, replace(comparison, figures=near, differences=differing))
    assert is_retelling(judged) is expected

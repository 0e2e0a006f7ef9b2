"""`remember`: same, changed or new, in any order and after any loss."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Decision, Document, Report, Span
from pipeline.statements import WINDOW, Memory, judgement, meaning, remember, warm, with_leads
from pipeline.statements import memory as memory_module
from pipeline.statements.reading import reading
from pipeline.statements.similarity import explained
from tests.bench.pairs import written
from tests.bench.statements import score, verdicts
from tests.examples import NOON, article, calls, growth, quote, reference, span

CLAIM = "We will not rebuild the old bridge before the winter sets in, and nobody will pay a toll on it."


def said(text: str, outlet: str = "courier", days: float = 0, **changes: Any) -> Report:
    """Ada Lindqvist's words as one outlet reports them, so many days after noon."""
    of = article(f"https://{outlet}.example/1", text or "-", first_seen=NOON + timedelta(days=days), source=outlet)
    return Report(replace(quote(of, of.text, kind="direct"), text=text, **changes), reference(of))


def decide(reports: Iterable[Report], memory: Memory | None = None) -> tuple[list[Decision], Memory]:
    """The decisions on these reports, in their order."""
    memory, decisions = memory or Memory(), []
    for offset, report in enumerate(reports):
        decision, memory = remember(memory, report, offset)
        decisions.append(decision)
    return decisions, memory


def verdict(known: str, new: str, **changes: Any) -> str:
    decisions, _ = decide([said(known), said(new, "gazette", **changes)])
    return decisions[-1].verdict


@pytest.mark.slow
def test_how_alike_two_wordings_are_does_not_hang_on_the_order_of_their_words() -> None:
    draw = random.Random(1)
    words = ["".join(draw.sample("bcdfgklmnoprtu", length)) for length in range(3, 11) for _ in range(5)]
    for _ in range(20):
        known, new = (" ".join(draw.sample(words, len(words))) for _ in range(2))
        decisions, _ = decide([said(known), said(new, "gazette")])
        assert "alike" not in decisions[-1].how  # they are as alike as can be


def retellings() -> list[Report]:
    """One statement as fifty outlets report it."""
    wordings = (
        CLAIM,
        CLAIM.upper(),
        CLAIM.replace(",", "").rstrip("."),
        "“We won’t rebuild the old bridge before the winter sets in and nobody will pay a toll on it!”",
        "We will not rebuild the old bridge … and nobody will pay a toll on it.",
        "We will not rebuild the old bridge before the winter sets in",
        "[The town] will not rebuild the old bridge before winter sets in, and nobody will pay a toll on it",
        "Before the winter sets in we will not rebuild the old bridge and nobody will pay a toll on it",
        "they would not rebuild the old bridge before the winter set in and nobody would pay a toll on it",
    )
    kinds = ("direct", "mixed", "direct", "mixed", "direct", "direct", "mixed", "direct", "indirect")
    return [said(wordings[n % len(wordings)], f"outlet-{n}", n / 100, kind=kinds[n % len(wordings)]) for n in range(50)]


@pytest.mark.parametrize("seed", range(20))
def test_fifty_outlets_report_one_statement_in_any_order_after_the_whole(seed: int) -> None:
    first, *later = retellings()
    random.Random(seed).shuffle(later)
    reports = [first, *later]
    decisions, _ = decide(reports)
    assert Counter(decision.verdict for decision in decisions) == {"new": 1, "repeated": 49}
    assert {decision.statement for decision in decisions} == {decisions[0].statement}
    assert decisions[0].statement.first == reports[0]


def test_a_replay_gives_the_same_decisions() -> None:
    reports = [*retellings(), said("The dam is safe."), said("The dam is not safe.", "gazette")]
    first, memory = decide(reports)
    again, after = decide(reports, memory)
    assert again == first
    assert after is memory
    assert decide(reports)[0] == first


@pytest.mark.parametrize("kept", [0, 1, 5, 30, 49])
def test_a_memory_warmed_from_what_was_written_down_goes_on_as_before(kept: int) -> None:
    reports = [*retellings(), said("The dam is safe."), said("The dam is not safe.", "gazette")]
    first, _ = decide(reports)
    memory = warm(first[:kept])
    again = []
    for offset, report in enumerate(reports[kept:], start=kept):
        decision, memory = remember(memory, report, offset)
        again.append(decision)
    assert again == first[kept:]


def test_the_first_report_is_new_again_where_its_own_decision_was_lost() -> None:
    first, *later = decide(retellings())[0]
    decision, _ = remember(warm(later), first.report, first.offset)
    assert (decision.verdict, decision.statement) == ("new", first.statement)


def test_a_quote_keeps_its_decision_whatever_was_said_after_it() -> None:
    decisions, memory = decide([said("The dam is safe."), said("The dam is not safe.", "gazette")])
    for before in decisions:
        assert remember(memory, before.report, 99)[0] == before


def test_a_memory_is_a_value() -> None:
    _, empty = decide([])
    _, one = decide([said(CLAIM)])
    decision, two = remember(one, said("The dam is safe.", "gazette"), 1)
    assert decision.verdict == "new"
    assert remember(one, said("The dam is safe.", "herald"), 1)[0].verdict == "new"
    assert remember(two, said("The dam is safe.", "herald"), 2)[0].verdict == "repeated"
    assert remember(empty, said(CLAIM, "herald"), 0)[0].verdict == "new"
    assert (empty.size, one.size, two.size) == (0, 1, 2)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), max_size=25))
def test_every_earlier_memory_still_answers_as_it_did(steps: list[tuple[int, int]]) -> None:
    texts = ("The dam is safe.", "The dam is not safe.", CLAIM, "We lost 12 boats.", "We lost 21 boats.", "Yes.", "No!")
    memories = [Memory()]
    answers = []
    for number, (which, text) in enumerate(steps):
        before = memories[which % len(memories)]
        asked = said(texts[text], f"outlet-{number}")
        decision, after = remember(before, asked, number)
        answers.append((before, asked, number, decision))
        memories.append(after)
    for before, asked, number, decision in answers:
        assert remember(before, asked, number)[0] == decision


@pytest.mark.parametrize(
    ("known", "new", "how"),
    [
        ("The dam is safe.", "The dam is not safe.", "negation: “not” put in"),
        ("We have no plans to close the ward.", "We have plans to close the ward.", "negation: “no” left out"),
        ("We lost 12 boats in the storm.", "We lost 21 boats in the storm.", "number: “12” became “21”"),
        ("It costs 2.5 million a year.", "It costs 3.5 million a year.", "number: “2.5 million” became “3.5 million”"),
        ("The ward will open again in June.", "The ward will open again in October.", "time: “June” became “October”"),
        (
            "The ferry will sail on the first of May.",
            "The ferry will sail on the first of June.",
            "time: “May” became “June”",
        ),
        (
            "The ferry will sail on March 3 at last.",
            "The ferry will sail on April 3 at last.",
            "time: “March” became “April”",
        ),
        ("We will sell the forest in spring.", "We might sell the forest in spring.", "certainty: “might” put in"),
        ("We will raise the fares in spring.", "We will lower the fares in spring.", "action: “raise” became “lower”"),
        (
            "We will sue Northwind for the oil in the bay.",
            "We will sue Haldor for the oil in the bay.",
            "wording: “Northwind” became “Haldor”",
        ),
    ],
)
def test_a_material_difference_makes_a_changed_statement(known: str, new: str, how: str) -> None:
    (first, second), _ = decide([said(known), said(new, "gazette")])
    assert second.verdict == "changed"
    assert second.statement.changed_from == first.statement.id
    assert second.how.endswith(f"changed: {how}")


def test_a_report_published_before_the_known_statement_is_an_earlier_version() -> None:
    known, earlier = (
        said("The bridge will cost 12 million crowns"),
        said("The bridge will cost 9 million crowns", "post"),
    )
    earlier = replace(earlier, article=replace(earlier.article, published=known.article.first_seen - timedelta(days=9)))
    (_, second), _ = decide([known, earlier])
    assert second.verdict == "changed"
    assert second.how.startswith("an earlier version of a known statement")
    assert second.how.index("9") < second.how.index("12")


@pytest.mark.parametrize(("outlet", "replaced"), [("courier", True), ("gazette", False)])
def test_a_revision_replaces_a_statement_that_its_article_was_the_first_to_report(
    outlet: str, *, replaced: bool
) -> None:
    reports = [said("The bridge will cost 12 million crowns.", name) for name in ("courier", "gazette")]
    first = next(report for report in reports if report.article.source == outlet)
    revised = replace(said("The bridge will cost 9 million crowns.", outlet, 1), replaces=first.quote.id)
    decisions, _ = decide([*reports, revised])
    statement = decisions[-1].replaces
    assert (statement is not None and statement.id == decisions[0].statement.id) is replaced


def test_a_changed_statement_is_repeated_like_any_other() -> None:
    decisions, _ = decide(
        [said("The dam is safe."), said("The dam is not safe."), said("The dam isn’t safe", "herald")]
    )
    assert [decision.verdict for decision in decisions] == ["new", "changed", "repeated"]
    assert decisions[2].statement == decisions[1].statement


@pytest.mark.parametrize(
    ("modality", "expected"),
    [("asserted", "repeated"), ("denied", "changed"), ("asked", "new"), ("hypothetical", "changed")],
)
def test_another_modality_makes_a_changed_statement(modality: str, expected: str) -> None:
    assert verdict("The valve was open.", "The valve was open", modality=modality) == expected


def test_a_denial_says_not() -> None:
    assert verdict("I did not take the money.", "he took the money", modality="denied", kind="indirect") == "repeated"


def test_known_statements_put_together_are_repeated() -> None:
    one, other = "Eight nurses were hired for the ward.", "The harbour ferry sails again on Friday morning."
    decisions, _ = decide([said(one), said(other, "gazette"), said(f"{other} {one}", "herald")])
    assert [decision.verdict for decision in decisions] == ["new", "new", "repeated"]


def test_a_new_claim_beside_a_known_one_is_new_and_remembered() -> None:
    known, fresh = "The kiosk on the pier stays open in February.", "I will hand in my badge on Tuesday."
    decisions, _ = decide(
        [said(known), said(f"{known} {fresh}", "gazette"), said(fresh, "herald"), said(known, "post")]
    )
    assert [decision.verdict for decision in decisions] == ["new", "new", "repeated", "repeated"]
    assert [claim.verdict for claim in decisions[1].claims] == ["repeated", "new"]
    assert decisions[1].claims[0].statement == decisions[0].statement.id
    assert [decision.statement for decision in decisions[2:]] == [decisions[1].statement, decisions[0].statement]


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("The clinic in Ostrevik will be sold before Whitsun.", "The library in Ostrevik will be sold before Whitsun."),
        ("I back the treasurer and his plan for the quay.", "I back the treasurer and his plan for the stadium."),
        ("The chairlift will run all summer.", "The chairlift will run until August."),
        ("We will rent the castle to a film crew.", "If the villagers agree, we will rent the castle to a film crew."),
        ("I will pay back the loan from the brewery.", "I refuse to pay back the loan from the brewery."),
        ("The brewery owes the parish nine thousand.", "The parish owes the brewery nine thousand."),
        ("We will meet the pilots about the rota.", "We will meet the pilots about the rota only after Lent."),
        (
            "The mill will be closed, and that is that.",
            "The mill will be closed, and sixty people will lose their jobs.",
        ),
    ],
)
def test_another_claim_in_nearly_the_same_words_is_not_repeated(known: str, new: str) -> None:
    assert verdict(known, new) != "repeated"


BRIDGE = "The bridge will be closed for six weeks, and buses will run every ten minutes. We ask everybody for patience."


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ([BRIDGE], "The bridge will be closed for eight weeks, and buses will run every ten minutes."),
        ([BRIDGE], "that buses would run every ten minutes and that the bridge would be shut for eight weeks"),
        (
            [
                "We have seen eleven cracks in the piers, and the repairs will take six weeks.",
                "Buses will run until then.",
            ],
            "Buses will run until then. The repairs to the piers will take eight weeks.",
        ),
        (
            ["that the bridge would be closed for six weeks while divers inspected it", "Buses will run until then."],
            "The bridge will be closed for eight weeks, and buses will run until then.",
        ),
    ],
)
def test_a_number_that_differs_in_one_claim_of_several_is_a_change(known: list[str], new: str) -> None:
    kinds = ["indirect" if text.startswith("that ") else "direct" for text in (*known, new)]
    reports = [
        said(text, f"outlet-{kind}-{len(text)}", kind=kind) for text, kind in zip((*known, new), kinds, strict=True)
    ]
    decision = decide(reports)[0][-1]
    assert (decision.verdict, decision.how) == (
        "changed",
        "a known statement, changed: number: “six weeks” became “eight weeks”",
    )
    assert sorted(claim.verdict for claim in decision.claims) == ["changed", "repeated"]


def test_a_claim_is_repeated_from_the_midst_of_a_long_statement() -> None:
    known = (
        "The harvest was the worst since my father's time. The mill in the valley has not run since August, and the"
        " baker buys his flour abroad. My neighbours speak of selling their land to the solar company from the city."
    )
    assert verdict(known, "The baker in the village buys his flour from abroad.") == "repeated"


def test_a_claim_in_other_words_than_a_part_of_a_long_statement_is_new() -> None:
    known = (
        "We will shut the smelter on 30 June, and not one of its 640 workers will be sacked. We have water for sixty"
        " days, and after that we will need ships to bring it."
    )
    assert verdict(known, "The first ship with water came in today.") == "new"


@pytest.mark.parametrize(
    ("language", "same", "other"),
    [
        ("de", "Wir werden die Brücke im Mai schließen.", "Wir werden die Brücke im Mai nicht schließen."),
        ("fr", "Nous fermerons le pont en mai.", "Nous fermerons le pont en juin."),
        ("es", "Cerraremos el puente en mayo.", "Quizá cerremos el puente en mayo."),
        ("ru", "Мы закроем мост в мае.", "Мы не закроем мост в мае."),
    ],
)
def test_a_claim_is_known_in_another_language_and_changed_where_a_slot_differs(
    language: str, same: str, other: str
) -> None:
    known = said("We will close the bridge in May.")
    for text, expected in ((same, "repeated"), (other, "changed")):
        report = said(text, "gazette")
        report = replace(report, article=replace(report.article, language=language))
        assert decide([known, report])[0][-1].verdict == expected


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("The lights in the choir were off for an hour.", "The 1ights in the choir were off for an hour."),
        ("The choir meets on the 14th in the old mill.", "The choir meets on the fourteenth in the old mill."),
    ],
)
def test_misread_letters_and_other_figures_change_nothing(known: str, new: str) -> None:
    assert verdict(known, new) == "repeated"


def test_a_fragment_that_is_no_statement_silences_nothing() -> None:
    fragment = said("the mill in Karlby has closed", kind="mixed", statement=False)
    decisions, _ = decide([fragment, said("The mill in Karlby has closed.", "gazette")])
    assert [decision.verdict for decision in decisions] == ["new", "new"]


@pytest.mark.parametrize(("confidence", "later"), [(0.49, "new"), (0.5, "repeated")])
def test_a_report_that_is_too_unsure_to_alert_silences_no_sure_one(confidence: float, later: str) -> None:
    decisions, _ = decide(
        [
            said(CLAIM, confidence=confidence),
            said(CLAIM, "herald", confidence=0.3),
            said(CLAIM, "gazette", confidence=0.9),
            said(CLAIM, "observer", confidence=0.3),
        ]
    )
    assert [decision.verdict for decision in decisions] == ["new", "repeated", later, "repeated"]


def test_much_that_is_unknown_around_a_known_part_is_new() -> None:
    part = "Eight nurses were hired."
    rest = "Our harbour was sold to strangers by a council that never asked the fishermen whose boats have to leave it."
    assert verdict(part, f"{part} {rest}") == "new"


def test_a_statement_is_remembered_for_the_window_after_its_latest_report() -> None:
    days = WINDOW / timedelta(days=1)
    times = (0, days - 1, 2 * days - 2, 3 * days)
    decisions, _ = decide([said(CLAIM, f"outlet-{day}", day) for day in times])
    assert [decision.verdict for decision in decisions] == ["new", "repeated", "repeated", "new"]


def test_a_clock_that_jumped_far_ahead_does_not_make_known_statements_new() -> None:
    decisions, _ = decide([said(CLAIM), said("The dam is safe.", days=20_000), said(CLAIM, "gazette", 1)])
    assert [decision.verdict for decision in decisions] == ["new", "new", "repeated"]


def test_a_possessor_in_front_is_no_change_of_direction() -> None:
    known, new = "The mill of Aldery will stay open through the spring.", "Aldery's mill is to remain open this spring."
    for first, second in ((known, new), (new, known)):
        assert "direction" not in decide([said(first), said(second)])[0][-1].how
    bought, sold = "The mill will sell the bakery.", "The bakery will sell the mill."
    assert "direction" in decide([said(bought), said(sold)])[0][-1].how


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("I told Minister Hanlon that the plan would fail.", "I told Minister Moran that the plan would fail."),
        ("I told Minister Brandt that the plan would fail.", "I told Minister Larsen that the plan would fail."),
    ],
)
def test_another_name_in_the_same_words_is_not_repeated(known: str, new: str) -> None:
    assert verdict(known, new) != "repeated"


def test_old_reports_are_forgotten_and_no_report_within_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "PRUNED_AT", 10)
    monkeypatch.setattr(memory_module, "_RECENT", 3)
    days = WINDOW / timedelta(days=1)
    old = [said(f"Boat number {n} sank off the northern pier.", f"outlet-{n}") for n in range(2, 10)]
    recent = [said(f"Crane number {n} fell on the southern quay.", f"outlet-{n}", days + 1) for n in range(2, 30)]
    decisions, memory = decide([*old, said(CLAIM, days=days), *recent, said(CLAIM, "gazette", days + 2)])
    assert [d.verdict for d in decisions if "bridge" in d.report.quote.text] == ["new", "repeated"]
    assert memory.size == len(decisions) - len(old)
    assert memory.decided(decisions[-2].report) == decisions[-2]


def test_a_clock_that_jumped_far_ahead_forgets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "PRUNED_AT", 10)
    others = [said(f"Boat number {n} sank off the northern pier.", f"outlet-{n}") for n in range(2, 30)]
    ahead = said("The dam is safe.", days=20_000)
    decisions, memory = decide([said(CLAIM), *others[:8], ahead, *others[8:], said(CLAIM, "gazette")])
    assert decisions[-1].verdict == "repeated"
    assert memory.size == len(decisions)


@pytest.mark.parametrize(
    "text", ["", "…", "“”", "?!", "[all of it an editor’s]", "\ud800", "مرحبا بكم", "1 2 3", "not"]
)
def test_words_without_content_are_the_same_only_if_equal(text: str) -> None:
    decisions, _ = decide([said(text), said(CLAIM, "gazette"), said(text, "herald")])
    assert [decision.verdict for decision in decisions] == ["new", "new", "repeated"]


@pytest.mark.slow
def test_work_grows_with_the_number_of_quotes_and_no_faster() -> None:
    chance = random.Random(4)
    lexicon = ["".join(chance.choices("abdeiklmnoprst", k=5)) for _ in range(40)]
    texts = [" ".join(chance.choices(lexicon, k=9)) for _ in range(840)]
    meaning.forget(for_good=True)
    try:
        _, memory = decide(said(text, f"outlet-{number}") for number, text in enumerate(texts[:400]))
        once = calls(lambda: decide([said(text, "one") for text in texts[400:420]], memory))
        _, larger = decide((said(text, f"outlet-{number}") for number, text in enumerate(texts[:820])))
        again = calls(lambda: decide([said(text, "one") for text in texts[820:]], larger))
    finally:
        meaning.forget()
    assert again < 1.3 * once


def test_work_grows_with_the_words_of_two_quotes_and_no_faster() -> None:
    chance = random.Random(5)
    known, new = (["".join(chance.choices("abdeiklmnoprst", k=6)) for _ in range(400)] for _ in range(2))

    def compared(start: int, end: int) -> int:
        return calls(lambda: explained(reading(" ".join(new[start:end])), reading(" ".join(known[start:end]))))

    meaning.forget(for_good=True)
    try:
        compared(360, 400)  # loads the language's tables
        assert compared(0, 240) < 2.5 * compared(240, 360)  # words that no cache knows
    finally:
        meaning.forget()


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["bridge winter toll ", "“", "[", "x", "… a "])
def test_long_and_odd_quotes_take_linear_time_at_most(unit: str) -> None:
    def repeat(length: int) -> None:
        text = unit * length
        decisions, _ = decide([said(CLAIM), said(text, "gazette"), said(text + "!", "herald")])
        assert decisions[-1].verdict == "repeated"

    assert growth(repeat, 2_000) < 32


@pytest.mark.slow
def test_handwritten_pairs_are_judged_right() -> None:
    figures = score(verdicts(written()))
    assert figures.precision >= 0.98
    assert figures.recall >= 0.89
    assert figures.changed >= 0.98


LEAD = "The old ice rink will be torn down in the spring, the mayor said."

QUOTE = "We will tear down the ice rink in the spring"


def extracted(
    text: str, below: str = QUOTE, above: str = "The old ice rink will be torn down in the spring", **changes: Any
) -> list[bool]:
    """Return whether the lead and the quote below it are statements, in an article of this text."""
    of = article(text=text)
    lead = quote(of, above)
    quotes = (lead, replace(quote(of, below, kind="direct"), **changes))
    return [each.statement for each in with_leads(Document(article=of, origin="articles/0/0", quotes=quotes)).quotes]


def test_a_lead_that_sums_up_the_quote_below_it_is_no_statement() -> None:
    assert extracted(f"{LEAD}\n\n“{QUOTE},” she said.") == [False, True]


def test_a_lead_that_says_something_else_than_the_quote_below_it_is_a_statement() -> None:
    assert extracted(f"{LEAD}\n\n“I am sorry,” she said.", "I am sorry") == [True, True]


@pytest.mark.parametrize(
    ("lead", "below", "is_statement"),
    [
        ("The town will shut the library on Elm Road in August", "The library has too few readers", True),
        ("The bus fare will go up to 4 euros", "The bus fare is the fairest way to pay for the buses", True),
        ("The bus fare will go up to 4 euros", "The bus fare has been the same for six years", True),
        ("The bus fare will go up to 4 euros", "We will raise the bus fare from 3 to 4 euros", False),
        ("The new tram will run in the autumn", "The tram will run from 9 October", False),
        ("The tram depot will be ready in three months", "The tram depot will be ready on 9 October", False),
        ("The tram will be repaired within weeks", "We will repair the tram within 20 days", False),
        ("The tram, which 900 people use, is safe", "The tram is safe, and it was safe all the time", False),
    ],
)
def test_a_lead_with_an_amount_or_a_time_that_no_quote_has_is_a_statement(
    lead: str, below: str, is_statement: bool
) -> None:
    assert extracted(f"{lead}, the mayor said.\n\n“{below},” she said.", below, lead) == [is_statement, True]


def test_a_figure_of_a_lead_may_be_quoted_further_below() -> None:
    lead, first, second = "The bus fare will go up to 4 euros", "The bus fare must go up", "It will be 4 euros"
    of = article(text=f"{lead}, the mayor said.\n\n“{first},” she said. “{second}.”")
    quotes = (quote(of, lead), quote(of, first, kind="direct"), quote(of, second, kind="direct"))
    done = with_leads(Document(article=of, origin="articles/0/0", quotes=quotes))
    assert [each.statement for each in done.quotes] == [False, True, True]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (f"{LEAD}\n\n“{QUOTE},” he said.", {"speaker_id": "bo-nyman"}),
        (f"{LEAD}\n\nThe rink has 900 members. “{QUOTE},” she said.", {}),
        (f"{LEAD} “{QUOTE},” she said.", {}),
        (f"{LEAD}\n\n{QUOTE}, she said.", {"kind": "indirect"}),
    ],
)
def test_a_lead_belongs_to_the_same_speakers_quote_at_the_start_of_the_second_paragraph(
    text: str, changes: dict[str, Any]
) -> None:
    assert extracted(text, **changes) == [True, True]


@pytest.mark.parametrize(
    ("lead", "below", "rest", "is_statement"),
    [
        ("The mayor will fly to Sund to bring home six sailors", "I will fly to Sund", "The six sailors rest.", False),
        ("The mayor will fly to Sund to bring home six sailors", "I will fly to Sund", "The sailors rest.", True),
        ("The fever of last month came from the well", "The fever came from the well", "It rained.", False),
        ("The fever will be gone from the well next month", "The fever came from the well", "It rained.", True),
    ],
)
def test_a_figure_of_the_story_and_a_time_in_the_past_add_nothing_to_a_lead(
    lead: str, below: str, rest: str, *, is_statement: bool
) -> None:
    text = f"{lead}, the mayor said.\n\n“{below},” she said.\n\n{rest}"
    assert extracted(text, below, lead) == [is_statement, True]


@pytest.mark.parametrize(
    ("before", "cue", "is_statement"),
    [
        ("Last month she ", "had denied", False),
        ("In January she ", "had told the council", False),
        ("For weeks she ", "had sworn", False),
        ("In the autumn she ", "had said", False),
        ("In March she ", "had said", True),
        ("On Sunday she ", "had said", True),
        ("Two days ago she ", "had said", True),
        ("Last month she ", "denied", True),
        ("It was quiet last month. She ", "had denied", True),
        ("She ", "had denied", True),
    ],
)
def test_what_was_said_long_before_is_background(before: str, cue: str, *, is_statement: bool) -> None:
    text = f"The bridge was shut. {before}{cue} that the bridge was old."
    of = article(text=text)
    reported = quote(of, "that the bridge was old", cue=span(text, cue))
    direct = replace(reported, kind="direct")
    later = replace(reported, cue=Span(len(text) - 1, len(text), "."))
    done = with_leads(Document(article=of, origin="articles/0/0", quotes=(reported, direct, later)))
    assert [each.statement for each in done.quotes] == [is_statement, True, True]


@pytest.mark.parametrize(
    ("language", "before", "is_statement"),
    [("de", "Im Januar hatte sie gesagt, ", False), ("pl", "W styczniu powiedziała, ", True)],
)
def test_background_is_known_where_the_language_has_a_past_perfect(
    language: str, before: str, *, is_statement: bool
) -> None:
    of = article(text=f"{before}die Brücke sei alt.", language=language)
    reported = quote(of, "die Brücke sei alt", cue=Span(0, len(before) - 2, before[:-2]))
    done = with_leads(Document(article=of, origin="articles/0/0", quotes=(reported,)))
    assert done.quotes[0].statement is is_statement


def test_a_quote_without_content_is_no_statement() -> None:
    of = article(text="“Next question.”")
    done = with_leads(Document(article=of, origin="articles/0/0", quotes=(quote(of, "Next question.", kind="direct"),)))
    assert not done.quotes[0].statement


@pytest.mark.parametrize(
    ("new", "days", "kind", "expected"),
    [
        ("The school's radiators are to be put right by his sibling", 2.9, "indirect", "repeated"),
        ("The school's radiators are to be put right by his sibling", 3.1, "indirect", "new"),
        ("The school's radiators are to be put right by his sibling", 2.9, "direct", "new"),
        ("Two of the school's radiators are to be put right by his sibling", 2.9, "indirect", "new"),
    ],
)
def test_a_report_of_these_days_retells_a_statement_from_which_no_slot_differs(
    monkeypatch: pytest.MonkeyPatch, new: str, days: float, kind: str, expected: str
) -> None:
    monkeypatch.setattr(judgement, "probabilities", lambda _: {"repeated": 0.2, "changed": 0.2, "new": 0.6})
    known = said("The heating in the school will be mended by my brother")
    report = said(new, "gazette", days, kind=kind)
    published = known.article.publication + timedelta(days=days)
    decisions, _ = decide([known, replace(report, article=replace(report.article, published=published))])
    assert decisions[-1].verdict == expected
    if expected == "repeated":
        assert decisions[-1].claims[0].statement == decisions[0].statement.id
        assert decisions[-1].how == "a known statement, retold"


def test_a_retelling_is_known_though_it_is_far_from_each_claim_alone() -> None:
    known = said("The choir will sing outdoors, and whoever comes may keep the blanket")
    retold = said(
        "concerts in the open air await the audience, who go home with a free rug", "gazette", kind="indirect"
    )
    decisions, _ = decide([known, retold])
    assert (decisions[-1].verdict, decisions[-1].how) == ("repeated", "a known statement, retold")


def test_a_near_copy_with_a_change_is_no_repeat_of_a_translation() -> None:
    known = said("We will close nine branches by the end of May")
    translated = said("Bis Ende Mai schließen wir neun Filialen", "kurier")
    translated = replace(translated, article=replace(translated.article, language="de"))
    changed = said("We will close up to nine branches by the end of May", "gazette")
    decisions, _ = decide([known, translated, changed])
    assert [each.verdict for each in decisions] == ["new", "repeated", "changed"]
    assert decisions[-1].statement.changed_from == decisions[0].statement.id

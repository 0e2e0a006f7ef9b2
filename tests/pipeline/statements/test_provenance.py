"""Copies of one text are told from independent reports, whatever the order in which they come."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerts.match import compile as compiled
from pipeline.model import ArticleRef, Correction, Decision, Report, Watch
from pipeline.statements import WINDOW, Memory, remember, warm
from pipeline.statements.provenance import (
    COPY,
    MOST_ORIGINS,
    Origin,
    Spread,
    independent_sources,
    shared,
    signature,
    sources,
    texts,
    traced,
)
from tests import examples

WIRE = """\
The council of Marrow Quay has shut the old ferry bridge for the whole winter, after the engineers had found rust in \
two of the eastern piers and one of the cables.

Traders at the market fear for their trade, and the bus company has put out a new timetable for the three lines that \
use the bridge. The first boats are due on the Friday after the fair.

The bridge was put up by the army in 1968, was meant to stand for ten years, and has had four rounds of repairs."""
OWN = """\
Anybody who wants to get from Marrow Quay to the islands has to take the long way round from now on. All the drivers \
we met on Tuesday had heard about the rust, but not one had seen the plan for the boats, and the harbour office could \
not say who was going to pay for it, how often they sail and how the islanders are to get to the new clinic."""


def reference(name: str, text: str = "", **changes: Any) -> ArticleRef:
    plain = examples.reference(examples.article(f"https://{name}.example/", source=f"{name}.example"))
    return replace(plain, sketch=signature(text), **changes)


def decisions_on(articles: list[ArticleRef]) -> list[Decision]:
    """The decisions on one statement that these articles report, in this order."""
    memory, decisions = Memory(), []
    for offset, article in enumerate(articles):
        quote = replace(examples.quote(), id=f"quote of {article.id}")
        decision, memory = remember(memory, replace(examples.report(), quote=quote, article=article), offset)
        decisions.append(decision)
    return decisions


def paragraphs(*which: int) -> str:
    parts = WIRE.split("\n\n")
    return "\n\n".join(parts[number] for number in which)


@pytest.mark.parametrize(
    "copy",
    [WIRE, paragraphs(0, 1), paragraphs(2, 0, 1), f"Rust shuts the bridge.\n\n{WIRE}", WIRE.replace("council", "town")],
    ids=["word for word", "cut", "re-ordered", "another headline", "edited"],
)
def test_a_copy_shares_the_passages_of_its_text(copy: str) -> None:
    assert shared(signature(WIRE), signature(copy)) > COPY > shared(signature(OWN), signature(copy))


def test_what_is_quoted_makes_no_copy() -> None:
    said = "“We have looked at all the piers and at the cables, and not one of the old bolts can be trusted any more.”"
    one, other = f"{paragraphs(0)} {said}", f"{OWN} {said}"
    quotes = [examples.quote(examples.article(text=text), said, kind="direct") for text in (one, other)]
    assert shared(signature(one, quotes[:1]), signature(other, quotes[1:])) == 0


@pytest.mark.parametrize("text", ["", "Short and sweet.", "橋が閉鎖された。" * 50, "the"])
def test_a_text_with_too_little_to_go_by_has_no_sketch(text: str) -> None:
    assert signature(text) == ""
    assert shared(signature(text), signature(text)) == 0


def test_half_a_surrogate_is_a_letter_like_others() -> None:
    text = "\ud800 the harbour and " * 9
    assert shared(signature(text), signature(text)) == 1


GOLDEN = "ANOdgoIaGPAnZu4r3uZs72D7powlP9q9958flZ-JjGfAT6OMwB8_ZNgy9z7KFqdHmKY1QTxCZJIwOaclKRxTeJcjQWei96h87O"


def test_sketches_are_the_same_on_every_machine() -> None:
    """They are kept for months; where this fails, a change of the library would make strangers of old copies."""
    assert signature(paragraphs(0)) == GOLDEN


@settings(max_examples=30)
@given(st.text(max_size=400), st.text(max_size=400))
def test_what_is_shared_is_a_share(one: str, other: str) -> None:
    assert 0 <= shared(signature(one), signature(other)) <= 1


def test_fifty_papers_that_print_one_text_are_one_source() -> None:
    decisions = decisions_on([reference(f"paper-{n}", paragraphs(*range(n % 2, 3))) for n in range(50)])
    assert {decision.sources for decision in decisions} == {1}
    first = decisions[0].report.article.id
    assert [decision.copy_of for decision in decisions] == [(), *[(first,)] * 49]


def test_articles_that_credit_one_agency_are_one_source_in_any_words() -> None:
    decisions = decisions_on([reference("courier", WIRE, agency="AFP"), reference("herald", OWN, agency="AFP")])
    assert [decision.sources for decision in decisions] == [1, 1]
    assert [decision.copy_of for decision in decisions] == [(), ()]


def test_two_articles_of_one_outlet_are_one_source() -> None:
    first, second = reference("courier", WIRE), replace(reference("herald", OWN), source="Courier.example")
    assert decisions_on([first, second])[-1].sources == 1


def test_an_aggregator_takes_nothing_from_those_it_copies() -> None:
    again = [reference("all-the-news", WIRE), replace(reference("all-the-news", OWN), id="second")]
    papers = [reference("courier", WIRE), reference("herald", OWN)]
    assert decisions_on([*papers, *again])[-1].sources == decisions_on([*again, *papers])[-1].sources == 2


def test_parts_of_one_text_are_one_once_the_whole_is_seen() -> None:
    parts = [reference("courier", paragraphs(0)), reference("herald", paragraphs(1))]
    before, after = decisions_on(parts)[-1], decisions_on([*parts, reference("gazette", WIRE)])[-1]
    assert (before.sources, after.sources, after.sources_before) == (2, 1, 2)
    assert after.copy_of == tuple(part.id for part in parts)


def test_an_article_is_no_copy_of_its_own_revision() -> None:
    first = reference("courier", WIRE)
    decisions = decisions_on([first, replace(first, revision=2, id=first.id, first_seen=first.first_seen)])
    assert decisions[-1].verdict == "new"  # the same quote: decided before
    again, _ = remember(
        warm(decisions[:1]), replace(examples.report(), quote=examples.quote(id="moved"), article=first), 1
    )
    assert (again.copy_of, again.sources) == ((), 1)


NAMES = st.sampled_from("abcdefgh")
COPIED = st.lists(NAMES, max_size=2).map(tuple)
ORIGINS = st.lists(st.builds(Origin, NAMES, st.sampled_from(["x", "y", "z"]), st.just(""), COPIED), max_size=8)


@settings(max_examples=40)
@given(ORIGINS, st.randoms(use_true_random=False))
def test_no_order_changes_how_many_sources_there_are(origins: list[Origin], chance: random.Random) -> None:
    shuffled = chance.sample(origins, k=len(origins))
    assert sources(origins) == sources(shuffled) <= min(len(texts(origins)), 3)


def test_sources_stop_being_counted_somewhere() -> None:
    decisions = decisions_on([reference(f"paper-{n}") for n in range(MOST_ORIGINS + 3)])
    assert [decision.sources for decision in decisions[-4:]] == [MOST_ORIGINS, *[MOST_ORIGINS + 1] * 3]


def test_a_memory_warmed_from_its_decisions_counts_on_as_before() -> None:
    articles = [reference(f"paper-{n}", WIRE if n % 3 else OWN) for n in range(12)]
    decisions = decisions_on(articles)
    report = decisions[-1].report
    again, _ = remember(warm(decisions[:-1]), report, decisions[-1].offset)
    assert again == decisions[-1]
    assert warm(decisions).decided(report) == decisions[-1]


@pytest.mark.parametrize("seed", range(6))
def test_a_stored_spread_agrees_with_its_reports(seed: int) -> None:
    chance = random.Random(seed)
    bodies = [WIRE, OWN, paragraphs(0), paragraphs(1), paragraphs(0, 1), ""]
    memory, known = Memory(), list[Report]()
    for number in range(60):
        if known and chance.random() < 0.1:
            before = chance.choice(known)
            made = Correction("removed", before.quote.id)
            quote = replace(before.quote, id=f"correction {number}")
            report = Report(quote, replace(before.article, revision=number + 2), made)
        else:
            seen = examples.NOON + chance.random() * (WINDOW if number < 30 else 2 * WINDOW)
            article = replace(reference(f"paper-{chance.randrange(9)}", chance.choice(bodies)), first_seen=seen)
            article = replace(article, id=f"article {number}")
            report = Report(examples.quote(id=f"quote {number}"), article)
            known.append(report)
        decision, memory = remember(memory, report, number)
        since = report.article.first_seen - WINDOW
        kept, most = memory.spread(decision.statement.id, since)
        made_anew, most_anew = Memory(0, memory).spread(decision.statement.id, since)
        assert (sorted(kept.origins), most) == (sorted(made_anew.origins), most_anew)
        assert kept.sources() == made_anew.sources() == sources(kept.origins)
        assert len({*kept.text.values()}) == len({*made_anew.text.values()})


def test_what_is_out_of_the_window_is_no_source() -> None:
    late = replace(reference("herald", OWN), first_seen=examples.NOON + WINDOW)
    last = replace(reference("gazette"), first_seen=examples.NOON + WINDOW + timedelta(days=1))
    decisions = decisions_on([reference("courier", WIRE), late, last])
    assert [(decision.verdict, decision.sources) for decision in decisions] == [
        ("new", 1),
        ("repeated", 2),
        ("repeated", 2),
    ]


def test_the_spread_of_a_statement_separates_copies_from_independent_reports() -> None:
    decisions = decisions_on(
        [reference("courier", WIRE), reference("herald", paragraphs(0, 1)), reference("gazette", OWN)]
    )
    spread = traced(decisions)
    assert [each.independent for each in spread] == [True, False, True]
    assert [each.text for each in spread] == [decisions[n].report.article.id for n in (0, 0, 2)]
    assert independent_sources(decisions) == 2


def test_an_origin_is_the_agency_before_the_outlet() -> None:
    assert Spread().origin(reference("courier", agency="Reuters")).source == "reuters"
    assert Spread().origin(reference("courier")).source == "courier.example"


@pytest.mark.parametrize("seed", range(4))
def test_one_alert_when_enough_independent_sources_have_it_in_any_order(seed: int) -> None:
    papers = [reference(f"paper-{n}", WIRE) for n in range(20)]
    papers += [reference(f"own-{n}", f"{OWN} {' '.join(f'and {n}{i} the' for i in range(60))}"[300:]) for n in range(5)]
    random.Random(seed).shuffle(papers)
    decisions = decisions_on(papers)
    watch: Watch = examples.watch(least_sources=3, spread=(3, 5))
    alerts = [alert for decision in decisions for alert in compiled([watch], [examples.actor()])(decision)]
    assert [(alert.kind, alert.occasion) for alert in alerts] == [("news", "sources 3"), ("spread", "spread 5")]
    assert len({alert.id for alert in alerts}) == 2
    assert "now in 3 independent sources" in alerts[0].why


def test_a_spread_of_a_backfilled_statement_alerts_nobody() -> None:
    papers = [replace(reference("courier", WIRE), backfill=True), reference("herald", OWN), reference("gazette")]
    match = compiled([examples.watch(least_sources=2, spread=(3,))], [examples.actor()])
    assert [match(decision) for decision in decisions_on(papers)] == [(), (), ()]
    assert [len(match(decision)) for decision in decisions_on(papers[::-1])] == [0, 1, 0]


def test_a_watch_is_quiet_about_what_was_first_said_before_it() -> None:
    later = examples.NOON + timedelta(hours=1)
    papers = [reference("courier", WIRE), replace(reference("herald", OWN), first_seen=later)]
    match = compiled([examples.watch(created=later, least_sources=2)], [examples.actor()])
    assert [match(decision) for decision in decisions_on(papers)] == [(), ()]

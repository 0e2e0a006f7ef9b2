"""A preview is what a watch would have told, by the same conditions, before it stands."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.alerts import match as watches
from pipeline.alerts.preview import MOST_LOOKED_AT, Preview, narrowed, preview
from pipeline.model import EPOCH, Decision, Watch
from pipeline.model.matching import matches, quote_subject
from pipeline.testing import FakeIndex
from tests.examples import NOON, actor, article, decision, group, quote, reference, report, watch

DAY = timedelta(days=1)
BO = actor("Bo Ek", id="bo-ek", aliases=())


def said(number: int, age: timedelta = timedelta(), **changes: Any) -> Decision:
    """A statement published so long ago and seen just now."""
    of = article(f"https://courier.example/{number}", published=NOON - age, backfill=number % 2 == 0)
    return decision(replace(report(of), quote=quote(of, **changes), article=reference(of)))


def foreseen(standing: Watch, *decisions: Decision) -> Preview:
    index = FakeIndex()
    index.add(decisions)
    return preview(standing, [actor(), BO], [group("bo-ek")], search=index.search, decisions=index.decisions, now=NOON)


def test_a_preview_counts_days_and_weeks_and_shows_the_newest_first() -> None:
    past = [said(n, age=age) for n, age in enumerate((DAY / 2, 3 * DAY, 6 * DAY, 9 * DAY))]
    result = foreseen(watch(created=NOON), *past)
    assert (result.total, result.looked_at, result.last_day, result.last_week) == (4, 4, 1, 3)
    assert foreseen(watch(created=NOON, paused=True), *past).total == 4  # what it would alert to if it were resumed
    assert result.per_day == round(4 / 9, 2)
    published = [alert.statement.first.article.published or NOON for alert in result.alerts]
    assert published == sorted(published, reverse=True)


def test_a_preview_counts_by_the_day_of_publication() -> None:
    past = [said(n, age=age) for n, age in enumerate((DAY, DAY, DAY, 3 * DAY))]
    result = foreseen(watch(created=NOON), *past, said(9, speaker_id="cy", speaker_name="Cy"))
    assert [count for _, count in result.days] == [1, 0, 3, 0]
    assert (result.usual, result.most, result.on_record) == (0.5, 3, 5)


def test_a_preview_has_the_conditions_of_the_watch() -> None:
    others = [
        said(1, speaker_id="bo-ek", speaker_name="Bo Ek"),
        said(2, confidence=0.2),
        said(3, about=("bo-ek",)),
        said(4, speaker_id="cy", speaker_name="Cy", about=("bo-ek",)),
    ]
    assert foreseen(watch(), *others).total == 1
    assert foreseen(watch(by=("council",)), *others).total == 1
    assert foreseen(watch(by=(), about=("council",)), *others).total == 2
    assert foreseen(watch(by=(), query="speaker:cy"), *others).total == 1
    assert foreseen(watch(query="ferry"), *others).total == 0


def test_a_preview_counts_what_the_watch_would_meet_and_what_alerts_nobody() -> None:
    silent = [said(3, statement=False), said(5, modality="hypothetical"), said(7, modality="negated")]
    of_another = said(9, statement=False, speaker_id="bo-ek", speaker_name="Bo Ek")
    result = foreseen(watch(), said(1), *silent, of_another)
    assert (result.total, result.unsaid) == (1, 3)


def test_a_preview_of_an_empty_record_is_of_nothing() -> None:
    assert foreseen(watch()) == Preview(
        alerts=(), total=0, looked_at=0, since=None, last_day=0, last_week=0, per_day=0.0
    )


@pytest.mark.slow
def test_a_preview_looks_at_so_many_and_no_more() -> None:
    result = foreseen(watch(), *(said(number) for number in range(MOST_LOOKED_AT + 10)))
    assert result.looked_at == MOST_LOOKED_AT


@pytest.mark.parametrize(
    "standing",
    [
        watch(),
        watch(by=("council", "ada-lindqvist"), about=("bo-ek",)),
        watch(by=(), query="harbour OR ferry"),
        watch(query="harbour NOT ferry"),
        watch(by=(*(f"actor-{n}" for n in range(300)), "ada-lindqvist")),
    ],
)
def test_the_narrowed_query_excludes_no_match(standing: Watch) -> None:
    groups = {"council": group("bo-ek")}
    match = watches.compile([replace(standing, created=EPOCH)], [actor(), BO], groups.values())
    for one in (
        said(1),
        said(3, speaker_id="bo-ek", speaker_name="Bo Ek"),
        said(5, about=("bo-ek",)),
        said(7, about=()),
    ):
        if match(one):
            assert matches(narrowed(standing, groups), quote_subject(one.report.quote, one.report.article))


def test_alerts_a_day_are_counted_over_one_day_at_least() -> None:
    assert foreseen(watch(created=NOON), said(1, age=DAY / 4), said(2, age=DAY / 2)).per_day == 2
    assert foreseen(watch(created=NOON), said(1), said(2, age=3 * DAY / 2)).per_day == round(2 / 1.5, 2)


def test_a_statement_without_a_time_of_publication_counts_when_it_was_first_seen() -> None:
    of = article("https://courier.example/undated", published=None)
    undated = decision(replace(report(of), article=reference(of)))
    assert foreseen(watch(created=NOON), undated).last_day == 1

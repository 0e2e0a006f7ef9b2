"""Spikes and silences of speakers: decided by the log alone, once each."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.alerts import match as watches
from pipeline.alerts import speakers
from pipeline.errors import UsageError
from pipeline.model import Alert, Decision, Document, Report
from pipeline.run.deliver import DeliveryPlanner
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.statements import Memory, remember, warm
from pipeline.testing import FakeClock
from pipeline.text.messages import headline
from tests.examples import NOON, actor, article, decision, group, quote, reference, report, watch

DAY = timedelta(days=1)

LOUD = watch(id="loud", name="Loud", spike=3.0, created=NOON - 60 * DAY)


def heard(number: int, seen: datetime, **changes: Any) -> Report:
    """A report of words of its own, first seen at this time."""
    words = f"Bridge number {number} will cost {number * 37 + 11} crowns"
    of = article(
        f"https://courier.example/{number}", text=f"{words}, she said.", first_seen=seen, published=seen, **changes
    )
    return replace(report(), quote=quote(of, words), article=reference(of))


def decided(reports: list[Report]) -> list[Decision]:
    memory, decisions = Memory(), []
    for offset, each in enumerate(reports):
        created, memory = remember(memory, each, offset)
        decisions.append(created)
    return decisions


def a_quiet_fortnight(a_day: int = 2, **changes: Any) -> list[Report]:
    days = [NOON - ago * DAY for ago in range(14, 0, -1)]
    times = [day + timedelta(minutes=n) for day in days for n in range(a_day)]
    return [heard(number, time, **changes) for number, time in enumerate(times)]


def a_day_of(count: int, day: datetime = NOON, first: int = 1_000, **changes: Any) -> list[Report]:
    return [heard(first + n, day + timedelta(minutes=n), **changes) for n in range(count)]


def spikes(decisions: list[Decision]) -> list[Alert]:
    match = watches.compile([LOUD], [actor()])
    return [alert for each in decisions for alert in match(each)]


def test_three_times_as_many_reports_as_usual_are_one_spike() -> None:
    (alert,) = spikes(decided([*a_quiet_fortnight(), *a_day_of(20)]))
    assert (alert.kind, alert.occasion) == ("spike", "spike 2026-03-02")
    assert alert.why == "reported 6 times today; 2.0 times a day is usual"
    assert alert.created == NOON + timedelta(minutes=5)
    assert headline(alert) == "Ada Lindqvist is quoted more often than usual"


def test_a_second_day_is_a_spike_of_its_own_against_what_is_usual_then() -> None:
    reports = [*a_quiet_fortnight(), *a_day_of(6), *a_day_of(7, NOON + DAY, 2_000)]
    assert [alert.occasion for alert in spikes(decided(reports))] == ["spike 2026-03-02", "spike 2026-03-03"]


def test_fewer_reports_are_no_spike() -> None:
    assert not spikes(decided([*a_quiet_fortnight(), *a_day_of(5)]))


def test_a_seldom_reported_speaker_needs_five_reports() -> None:
    rare = [heard(1, NOON - 10 * DAY)]
    assert not spikes(decided([*rare, *a_day_of(speakers.LEAST_SPIKE - 1)]))
    assert len(spikes(decided([*rare, *a_day_of(speakers.LEAST_SPIKE)]))) == 1


@pytest.mark.parametrize(("ago", "known"), [(6, False), (7, True)])
def test_the_first_week_has_no_spikes(ago: int, *, known: bool) -> None:
    assert bool(spikes(decided([heard(1, NOON - ago * DAY), *a_day_of(6)]))) is known


def test_days_of_more_than_two_weeks_ago_are_forgotten() -> None:
    loud_once = a_day_of(30, NOON - 15 * DAY, 5_000)
    (alert,) = spikes(decided([*loud_once, *a_quiet_fortnight(), *a_day_of(9)]))
    assert "2.0 times a day" in alert.why


def test_backfills_and_copies_do_not_count() -> None:
    archive = a_day_of(9, first=3_000, backfill=True)
    assert not spikes(decided([*a_quiet_fortnight(), *archive, *a_day_of(5, NOON + timedelta(hours=1))]))
    (first,) = decided([heard(1, NOON)])
    counted, copy = replace(first, copy_of=()), replace(first, copy_of=("another",))
    (created, _), (made_after_copy, _) = (remember(warm([each]), heard(2, NOON), 1) for each in (counted, copy))
    assert (created.today, made_after_copy.today) == (2, 1)


def test_a_spike_is_the_same_after_a_restart_and_in_a_replay() -> None:
    reports = [*a_quiet_fortnight(), *a_day_of(8)]
    decisions = decided(reports)
    restarted = [
        remember(warm(decisions[:place]), reports[place], place)[0] for place in range(len(reports) - 3, len(reports))
    ]
    assert restarted == decisions[-3:]
    replayed = [remember(warm(decisions), each, 0)[0] for each in reports[-8:]]
    assert spikes(replayed) == spikes(decisions)
    earlier = warm(decisions[:-1])
    branch, other = remember(earlier, reports[-1], 99)[0], remember(earlier, heard(9_999, NOON), 99)[0]
    assert branch.today == other.today == 8  # neither counts what the other remembered


def test_a_watch_of_spikes_alerts_to_no_statement_and_counts_from_its_creation() -> None:
    loud = decided([*a_quiet_fortnight(), *a_day_of(6)])[-1]
    assert not watches.compile([LOUD], [actor()])(decision())
    assert not watches.compile([replace(LOUD, created=NOON + DAY)], [actor()])(loud)
    assert not watches.compile([replace(LOUD, by=("bo-ek",))], [actor(), actor(id="bo-ek")])(loud)
    of_group = watches.compile([replace(LOUD, by=("council",))], [actor()], [group()])
    assert [alert.kind for alert in of_group(loud)] == ["spike"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spike": 1.0}, "above 1"),
        ({"spike": 101.0}, "at most 100"),
        ({"silence": -1}, "1 to 365"),
        ({"silence": 366}, "1 to 365"),
        ({"spike": 3.0, "by": (), "query": "harbour"}, "no speaker"),
        ({"silence": 3, "query": "harbour"}, "remove conditions"),
        ({"silence": 3, "spread": (5,)}, "remove conditions"),
        ({"spike": 3.0, "about": ("ada-lindqvist",)}, "remove conditions"),
    ],
)
def test_a_watch_of_speakers_has_no_other_conditions(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        watches.check(watch(**changes), [actor()])
    watches.check(watch(spike=3.0, silence=14), [actor()])


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with closing(open_services(Settings(file=tmp_path / "desk.sqlite"), clock=FakeClock())) as opened:
        opened.desk.save(actor(), watch(id="quiet", name="Quiet", silence=7, created=NOON - 60 * DAY))
        yield opened


def planned(services: Services, now: datetime) -> list[Alert]:
    DeliveryPlanner(replace(services, clock=FakeClock(now))).step()
    return [each.alert for each in services.outbox.listing(None, 10)]


def on_record(services: Services, *reports: Report) -> None:
    for each in reports:
        seen = each.article.first_seen
        of = article(each.article.url, text=f"{each.quote.text}, she said.", first_seen=seen, published=seen)
        services.index.add([Document(article=of, origin="articles/0/0", quotes=(each.quote,)), decision(each)])


def test_a_silence_alerts_once_and_again_after_the_next_report(services: Services) -> None:
    on_record(services, heard(1, NOON - 3 * DAY))
    assert planned(services, NOON + 3 * DAY) == []
    (alert,) = planned(services, NOON + 4 * DAY)
    assert (alert.kind, alert.created, alert.watch_id) == ("silence", NOON + 4 * DAY, "quiet")
    assert alert.why == "not reported for 7 days; the last report was published on 2026-02-27"
    assert headline(alert) == "Ada Lindqvist has not been quoted lately"
    assert planned(services, NOON + 40 * DAY) == [alert]
    on_record(services, heard(2, NOON + 41 * DAY))
    assert planned(services, NOON + 47 * DAY) == [alert]
    assert len(planned(services, NOON + 48 * DAY)) == 2


def test_a_silence_begins_with_the_watch_and_waits_while_it_is_paused(services: Services) -> None:
    on_record(services, heard(1, NOON - 30 * DAY))
    young = watch(id="quiet", name="Quiet", silence=7, created=NOON)
    services.desk.save(young)
    assert planned(services, NOON + 6 * DAY) == []
    services.desk.save(replace(young, paused=True))
    assert planned(services, NOON + 8 * DAY) == []
    services.desk.save(young)
    assert len(planned(services, NOON + 9 * DAY)) == 1


def test_a_speaker_never_reported_is_not_silent(services: Services) -> None:
    assert planned(services, NOON + 90 * DAY) == []


def test_silences_are_looked_for_every_five_minutes(services: Services) -> None:
    clock = FakeClock(NOON + 4 * DAY - timedelta(minutes=5))
    planner = DeliveryPlanner(replace(services, clock=clock))
    on_record(services, heard(1, NOON - 3 * DAY - timedelta(seconds=1)))
    planner.step()
    clock.move(timedelta(minutes=4, seconds=59))
    planner.step()
    assert services.outbox.listing(None, 10) == []
    clock.move(timedelta(seconds=1))
    planner.step()
    assert len(services.outbox.listing(None, 10)) == 1

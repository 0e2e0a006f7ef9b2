"""The alerts that follow from a decision, and the watches that are refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts import match as watches
from pipeline.alerts.match import unsaid
from pipeline.errors import QueryError, UsageError
from pipeline.model import Actor, Correction, CorrectionKind, Decision, Link, VerdictKind, Watch, alert_id
from pipeline.model.matching import matches, quote_subject
from pipeline.search.query import parse
from tests.examples import NOON, actor, article, calls, decision, group, report, span, statement, watch

OSTERMAN = Actor(id="per-osterman", name="Per Osterman")


def alerted(decided: Decision, *standing: Watch) -> list[str]:
    """Names of the watches that alert."""
    return [alert.watch_name for alert in watches.compile(standing, [actor(), OSTERMAN])(decided)]


def test_a_paused_watch_alerts_to_nothing() -> None:
    assert watches.compile([watch(paused=True), watch(id="other")], [actor()])(decision())[0].watch_id == "other"
    assert not watches.compile([watch(paused=True)], [actor()])(decision())


def test_a_new_statement_by_a_watched_actor_alerts_once_with_its_reason() -> None:
    of = article()
    name = span(of.text, "Ada Lindqvist")
    chain = (Link(span(of.text, "Mayor"), "role"), Link(name, "full-name"))
    decided = decision(report(of, chain=chain))
    (alert,) = watches.compile([watch()], [actor()])(decided)
    assert alert.id == alert_id("harbour", decided.statement.id)
    assert (alert.statement, alert.watch_id, alert.watch_name) == (decided.statement, "harbour", "Harbour")
    assert alert.created == NOON
    assert alert.why == "a new statement; said by Ada Lindqvist (“Mayor” → Ada Lindqvist)"


def test_a_repeated_statement_alerts_nobody() -> None:
    assert alerted(decision(verdict="repeated"), watch()) == []


def test_a_changed_statement_alerts_and_says_what_changed() -> None:
    (alert,) = watches.compile([watch()], [actor()])(decision(verdict="changed", how="changed: “not” left out"))
    assert alert.why.startswith("a changed statement (changed: “not” left out)")


def test_a_backfill_alerts_nobody() -> None:
    assert alerted(decision(report(article(backfill=True))), watch()) == []


def test_a_late_article_alerts() -> None:
    assert alerted(decision(report(article(published=NOON - timedelta(days=2)))), watch()) == ["Harbour"]


@pytest.mark.parametrize(("minutes", "names"), [(-1, ["Harbour"]), (0, ["Harbour"]), (1, [])])
def test_nothing_first_seen_before_the_watch_was_created_alerts(minutes: int, names: list[str]) -> None:
    assert alerted(decision(), watch(created=NOON + timedelta(minutes=minutes))) == names


def test_a_statement_first_reported_before_the_watch_alerts_on_no_later_occasion() -> None:
    created = NOON + timedelta(hours=1)
    later = report(article("https://mail.example/harbour", source="mail.example", first_seen=NOON + timedelta(hours=2)))
    spread = replace(decision(verdict="repeated", sources_before=1, sources=2), report=later)
    assert alerted(spread, watch(spread=(2,))) == ["Harbour"]
    assert alerted(spread, watch(spread=(2,), created=created)) == []


@pytest.mark.parametrize(
    ("verdict", "before", "sources", "conditions", "triggers"),
    [
        ("new", 0, 1, {}, ["news"]),
        ("new", 0, 1, {"least_sources": 2}, []),
        ("new", 0, 1, {"spread": (2,)}, ["news"]),
        ("changed", 0, 1, {"least_sources": 2}, []),
        ("repeated", 1, 2, {"least_sources": 2}, ["news"]),
        ("repeated", 1, 3, {"least_sources": 2}, ["news"]),
        ("repeated", 2, 2, {"least_sources": 2}, []),
        ("repeated", 2, 3, {"least_sources": 2}, []),
        ("repeated", 1, 2, {"least_sources": 3}, []),
        ("repeated", 1, 4, {"spread": (2, 4, 5)}, ["spread 2", "spread 4"]),
        ("repeated", 4, 4, {"spread": (2, 4, 5)}, []),
    ],
)
def test_a_watch_alerts_once_when_a_report_brings_the_number_of_sources_that_it_wants(
    verdict: VerdictKind, before: int, sources: int, conditions: dict[str, Any], triggers: list[str]
) -> None:
    reported = decision(verdict=verdict, sources_before=before, sources=sources)
    alerts = watches.compile([watch(**conditions)], [actor()])(reported)
    assert [alert.kind if alert.kind == "news" else alert.occasion for alert in alerts] == triggers


def test_a_new_version_of_a_statement_older_than_the_watch_alerts() -> None:
    created = NOON + timedelta(hours=1)
    later = report(article("https://mail.example/harbour", source="mail.example", first_seen=NOON + timedelta(hours=2)))
    replaced = decision(later, replaces=statement(report()))
    assert alerted(replaced, watch()) == [], "the correction of the older version already alerts this watch"
    assert alerted(replaced, watch(created=created)) == ["Harbour"]


def test_the_alert_is_dated_by_the_log_so_that_a_replay_gives_the_same_one() -> None:
    match = watches.compile([watch()], [actor()])
    assert match(decision()) == match(decision())


@pytest.mark.parametrize(
    ("conditions", "met"),
    [
        ({"by": ("per-osterman",)}, False),
        ({"by": ("per-osterman", "ada-lindqvist")}, True),
        ({"by": (), "about": ("per-osterman",)}, True),
        ({"by": (), "about": ("ada-lindqvist",)}, False),
        ({"by": ("per-osterman",), "about": ("per-osterman",)}, True),
        ({"sources": ("courier.example",)}, True),
        ({"sources": ("Courier.Example", "gazette.example")}, True),
        ({"sources": ("gazette.example",)}, False),
        ({"languages": ("en",)}, True),
        ({"languages": ("en-GB",)}, True),
        ({"languages": ("de", "fr")}, False),
        ({"kinds": ("indirect",)}, True),
        ({"kinds": ("direct", "mixed")}, False),
        ({"least_confidence": 0.9}, True),
        ({"least_confidence": 0.91}, False),
        ({"query": "harbour"}, True),
        ({"query": "HARBOUR stay"}, True),
        ({"query": '"harbour will stay"'}, True),
        ({"query": "ferry OR harb*"}, True),
        ({"query": "harbour NOT open"}, False),
        ({"query": "ferry"}, False),
        ({"query": "speaker:lindqvist kind:indirect lang:en"}, True),
        ({"by": (), "query": "harbour"}, True),
        ({"by": (), "query": "ferry"}, False),
        ({"by": (), "query": "harb*"}, True),
        ({"by": (), "query": '"harbour will" OR ferry'}, True),
        ({"by": (), "query": "NOT ferry"}, True),
        ({"by": (), "query": "speaker:osterman"}, False),
        ({"by": (), "query": "about:osterman"}, True),
        ({"by": (), "query": "source:courier.example"}, True),
        ({"by": (), "query": "lang:de"}, False),
        ({"by": (), "query": "kind:indirect"}, True),
        ({"by": (), "query": "after:2026-03"}, True),
    ],
)
def test_every_condition_has_to_be_met(conditions: dict[str, Any], met: bool) -> None:
    decided = decision(report(about=("per-osterman",)))
    assert alerted(decided, watch(**conditions)) == (["Harbour"] if met else [])


@pytest.mark.parametrize(
    ("kind", "modality", "met"),
    [
        ("indirect", "denied", True),
        ("indirect", "asked", True),
        ("indirect", "negated", False),
        ("indirect", "hypothetical", False),
        ("direct", "hypothetical", False),
        ("direct", "negated", False),
        ("direct", "denied", True),
    ],
)
def test_content_that_is_not_asserted_alerts_nobody(kind: str, modality: str, met: bool) -> None:
    assert alerted(decision(report(kind=kind, modality=modality)), watch()) == (["Harbour"] if met else [])


def test_a_fragment_alerts_nobody() -> None:
    assert alerted(decision(report(statement=False)), watch()) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"modality": "denied"}, ""),
        ({"statement": False}, "alerts nobody: a fragment, which is no statement on its own"),
        ({"modality": "negated"}, "alerts nobody: the article reports that it was not said"),
        ({"modality": "hypothetical"}, "alerts nobody: the article only supposes it"),
    ],
)
def test_the_reason_why_a_quote_alerts_nobody(changes: dict[str, Any], reason: str) -> None:
    assert unsaid(report(**changes).quote) == reason


def test_all_watches_that_are_met_alert_in_their_order() -> None:
    standing = [
        watch(id="a", name="A", by=(), query="harbour"),
        watch(id="b", name="B", by=("per-osterman",)),
        watch(id="c", name="C"),
        watch(id="d", name="D", by=(), query="NOT ferry"),
    ]
    assert alerted(decision(), *standing) == ["A", "C", "D"]


_FIELDS = (
    "kind:direct",
    "kind:indirect",
    "speaker:ada",
    "source:courier.example",
    "lang:en",
    "after:2026",
    "before:2026",
)
_WORDS = st.sampled_from(
    ["harbour", "open", "ferry", "stay", "harbours", "stays", '"opens"', "harb*", "budg*", '"will stay"', *_FIELDS]
)
_QUERIES = st.recursive(
    _WORDS,
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from([" AND ", " OR ", " "]), parts).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        parts.map(lambda part: f"(NOT {part})"),
    ),
    max_leaves=6,
)


@given(st.lists(_QUERIES, min_size=1, max_size=5), st.sampled_from(["direct", "indirect"]))
def test_the_index_leads_to_every_query_that_is_met(queries: list[str], kind: str) -> None:
    decided = decision(report(kind=kind))
    standing = [watch(id=f"w{n}", name=query, by=(), query=query) for n, query in enumerate(queries)]
    subject = quote_subject(decided.report.quote, decided.report.article)
    assert alerted(decided, *standing) == [query for query in queries if matches(parse(query), subject)]


@pytest.mark.parametrize("query", ["harb*", "the-harbou*", "will-stay-ope*"])
def test_a_compound_is_met_although_its_last_word_is_only_a_prefix(query: str) -> None:
    assert alerted(decision(), watch(by=(), query=query)) == ["Harbour"]


@pytest.mark.parametrize("query", ["budget OR kind:direct", "kind:direct OR budget", "budget OR (ferry OR NOT port)"])
def test_an_alternative_without_a_word_meets_quotes_without_the_other_words(query: str) -> None:
    direct = decision(report(kind="direct"))
    assert alerted(direct, watch(by=(), query=query)) == ["Harbour"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"by": ()}, "has no condition"),
        ({"by": (), "query": "  "}, "has no condition"),
        ({"by": ("nobody",)}, "not tracked: 'nobody'"),
        ({"about": ("nobody",)}, "not tracked: 'nobody'"),
        ({"least_confidence": 1.5}, "confidence of 1.5"),
        ({"least_sources": 0}, "sources outside 1 to 100"),
        ({"spread": (5, 101)}, "sources outside 1 to 100"),
        ({"least_confidence": float("nan")}, "confidence of nan"),
        ({"deliver": ()}, "no target to deliver"),
        ({"deliver": ("",)}, "cannot deliver to ''"),
        ({"deliver": ("stdout", "../evil:x")}, "cannot deliver to '../evil:x'"),
        ({"deliver": ("webhook:https://a.example/\r\nx",)}, "cannot deliver to"),
    ],
)
def test_a_watch_that_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        watches.check(watch(**changes), [actor()])
    assert str(raised.value).startswith("watch 'Harbour'")


@pytest.mark.parametrize("query", ["harbour AND", "(harbour", "colour:red", '"harbour', "*"])
def test_a_wrong_query_is_refused_where_it_is_wrong(query: str) -> None:
    with pytest.raises(QueryError) as raised:
        watches.check(watch(query=query), [actor()])
    assert 0 <= raised.value.position <= len(query)


def test_a_watch_that_makes_sense_passes() -> None:
    good = watch(about=("per-osterman",), query="harbour OR port", deliver=("stdout", "webhook:https://a.example/h"))
    watches.check(good, [actor(), OSTERMAN])


def test_the_work_of_a_decision_does_not_grow_with_the_number_of_watches() -> None:
    decided = decision(report(confidence=1.0))

    def work(crowd: int) -> int:
        others = [watch(id=f"w{n}", by=(f"actor-{n}",)) for n in range(crowd)]
        queries = [watch(id=f"q{n}", by=(), query=f"port{n} OR ferry{n}") for n in range(crowd)]
        match = watches.compile([*others, *queries, watch()], [actor()])
        match(decided)
        return calls(lambda: match(replace(decided)))

    assert work(500) == work(5)


def test_a_group_in_a_watch_stands_for_its_actors() -> None:
    match = watches.compile([watch(by=("council",))], [actor()], [group()])
    (met,) = match(decision())
    assert "said by Ada Lindqvist" in met.why
    assert watches.compile([watch(by=("council",))], [actor()], [group("bo-ek")])(decision()) == ()


def test_a_removed_actor_leaves_the_rest_of_its_group() -> None:
    assert watches.compile([watch(by=("council",))], [actor()], [group("gone", "ada-lindqvist")])(decision())


def test_a_watch_may_name_a_group() -> None:
    watches.check(watch(by=("council",)), [actor()], [group()])
    with pytest.raises(UsageError, match="'council'"):
        watches.check(watch(by=("council",)), [actor()])


@pytest.mark.parametrize("wrong", [{"quiet": "late"}, {"zone": "Mars/Olympus"}, {"daily_cap": -1}])
def test_a_watch_whose_hours_are_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"^watch 'Harbour'"):
        watches.check(watch(**wrong), [actor()])


def test_an_alert_at_a_number_of_sources_has_an_occasion_of_its_own() -> None:
    second = decision(verdict="repeated", sources_before=1, sources=2)
    (first,) = watches.compile([watch()], [actor()])(decision())
    (later,) = watches.compile([watch(least_sources=2)], [actor()])(second)
    assert (first.occasion, later.occasion) == ("", "sources 2")


@pytest.mark.parametrize(
    ("kind", "sources", "count"), [("removed", 0, 1), ("removed", 1, 0), ("changed", 1, 1), ("reattributed", 1, 1)]
)
def test_a_dropped_quote_alerts_unless_another_source_has_the_statement(
    kind: CorrectionKind, sources: int, count: int
) -> None:
    corrected = replace(report(), correction=Correction(kind, report().quote.id, "other words"))
    decided = decision(corrected, verdict="corrected", sources_before=sources + 1, sources=sources)
    assert len(watches.compile([watch()], [actor()])(decided)) == count


@pytest.mark.parametrize(("least", "count"), [(2, 1), (3, 0)])
def test_a_correction_reaches_only_watches_whose_number_of_sources_was_reached(least: int, count: int) -> None:
    corrected = replace(report(), correction=Correction("changed", report().quote.id, "other words"))
    decided = decision(corrected, verdict="corrected", sources_before=2)
    assert len(watches.compile([watch(least_sources=least)], [actor()])(decided)) == count


def test_a_watch_that_cannot_be_evaluated_is_left_out_and_logged_by_its_id(caplog: pytest.LogCaptureFixture) -> None:
    good, query, hours = watch(), watch(id="by-query", query="(harbour"), watch(id="by-hours", quiet="22:00-22:00")
    assert watches.sound([query, good, hours]) == [good]
    assert [record.args[0] for record in caplog.records if isinstance(record.args, tuple)] == ["by-query", "by-hours"]

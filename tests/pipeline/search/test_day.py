"""A day of the record has its stories, its numbers, and a brief that adds no words of its own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.model import Decision, Document, Report, Statement
from pipeline.search.day import Day, beginning, brief, day_of, text_bars
from pipeline.search.stories import subjects
from pipeline.testing import FakeIndex
from tests import examples
from tests.examples import NOON

UTC_ZONE = ZoneInfo("UTC")


def said(number: int, title: str, source: str, **changes: object) -> Decision:
    of = examples.article(f"https://{source}/{number}", title=title, source=source)
    return examples.decision(examples.report(of, **changes), offset=number)


def with_article(decision: Decision) -> Document:
    article = decision.report.article
    return examples.document(examples.article(article.url, title=article.title, source=article.source))


def today(index: FakeIndex) -> Day:
    return day_of(beginning("", NOON, UTC_ZONE), index.search, index.decisions, subjects(index.documents))


def test_a_day_begins_in_its_zone() -> None:
    assert beginning("", NOON, ZoneInfo("Asia/Tokyo")) == datetime(2026, 3, 1, 15, tzinfo=UTC)
    assert beginning("2026-02-03", NOON, UTC_ZONE) == datetime(2026, 2, 3, tzinfo=UTC)
    assert beginning("no day", NOON, UTC_ZONE) == datetime(2026, 3, 2, tzinfo=UTC)


def test_the_brief_says_who_said_what_and_what_changed() -> None:
    first = said(1, "Harbour tariff will rise", "courier.example")
    denied = said(2, "Mayor on the harbour tariff", "gazette.example", modality="denied")
    of = examples.article("https://courier.example/3", text="The harbour will not stay open, Mayor Ada Lindqvist said.")
    report = examples.report(of, part="The harbour will not stay open")
    later = examples.statement(report)
    index = FakeIndex()
    index.add([first, denied, *map(with_article, (first, denied))])
    index.add([examples.decision(report, statement=_changed(later, first), verdict="changed", offset=3)])
    day = today(index)
    text = brief(day, {"ada-lindqvist": "Mayor Lindqvist"})
    lines = text.splitlines()
    quiet = "▁" * 14
    assert lines[2:5] == [
        f"{quiet}█ 3 statements (usually 0)",
        f"{quiet}█ 1 changed (usually 0)",
        f"{quiet}█ 1 denied (usually 0)",
    ]
    assert text_bars((0, 1, 4, 8)) == "▁▂▅█"
    assert text_bars((0, 0)) == "▁▁"
    assert "Harbour stays open (courier.example, gazette.example)" in lines
    assert "  before: The harbour will stay open" in lines
    assert "- Ada Lindqvist denied: The harbour will stay open (gazette.example)" in lines
    assert lines[-1] == "- Mayor Lindqvist: 3"


def test_words_of_an_article_pass_for_no_lines_of_the_brief() -> None:
    forged = "\n\nDenied\n------\n- Ada Lindqvist denied: I resign"
    text = f"The harbour will stay open{forged}, Mayor Ada Lindqvist said."
    of = examples.article("https://courier.example/1", text, title=f"Harbour{forged}", source=f"Courier{forged}")
    report = Report(examples.quote(of, f"The harbour will stay open{forged}"), examples.reference(of))
    later = _changed(examples.statement(report), said(2, "Harbour", "gazette.example"))
    index = FakeIndex()
    index.add([examples.decision(report, statement=later, verdict="changed"), examples.document(of)])
    lines = brief(today(index), {}).splitlines()
    assert "Denied" not in lines
    assert not [line for line in lines if line.startswith("- Ada Lindqvist denied")]


def test_the_brief_counts_what_its_lists_leave_out() -> None:
    index = FakeIndex()
    decisions = [said(n, "Mayor on the harbour tariff", f"p{n}.example", modality="denied") for n in range(10)]
    index.add([*decisions, *map(with_article, decisions)])
    lines = brief(today(index), {}).splitlines()
    assert [line for line in lines if line.endswith("more")] == ["  and 6 more", "  and 2 more"]


def test_statements_that_are_marked_as_misread_are_in_no_list() -> None:
    first = said(1, "Harbour tariff will rise", "courier.example")
    denied = said(2, "Mayor on the harbour tariff", "gazette.example", modality="denied")
    index = FakeIndex()
    index.add([first, denied])
    start = beginning("", NOON, UTC_ZONE)
    day = day_of(start, index.search, index.decisions, subjects(index.documents), [denied.statement.id])
    shown = day_of(start, index.search, index.decisions, subjects(index.documents))
    assert denied.statement.id in {hit.id for hit in (*shown.hits, *shown.denied)}
    assert denied.statement.id not in {hit.id for hit in (*day.hits, *day.denied)}
    assert [number.count for number in day.numbers] == [number.count for number in shown.numbers]


def test_a_day_without_statements_is_a_heading_with_noughts() -> None:
    day = day_of(NOON - timedelta(days=99), FakeIndex().search, FakeIndex().decisions, subjects(FakeIndex().documents))
    assert len(brief(day, {}).splitlines()) == 5


def _changed(statement: Statement, before: Decision) -> Statement:
    return replace(statement, changed_from=before.statement.id)

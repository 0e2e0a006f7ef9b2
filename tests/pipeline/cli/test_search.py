"""Searches and statements from the command line."""

import csv
import io
import json
from pathlib import Path

import pytest

from pipeline.cli.output import bar
from pipeline.model import Article
from tests import examples
from tests.connectors.mailserver import mail_server
from tests.pipeline.cli.conftest import Onrecord, opened


def test_a_line_for_a_pipe_has_the_time_of_publication(onrecord: Onrecord, file: Path) -> None:
    onrecord("feeds", "list")
    article = {
        "url": "https://courier.example/ferry",
        "title": "Ferry",
        "published": "2026-02-01T08:30:00Z",
        "text": "“The ferry sails again on Monday,” Ada Lindqvist said.",
    }
    onrecord("ingest", "-", stdin=json.dumps(article))
    ((time, *_),) = onrecord("search", "ferry").rows
    assert time == "2026-02-01T08:30:00+00:00"


def test_search_prints_lines_json_and_csv(onrecord: Onrecord, filled: Path) -> None:
    line = onrecord("search", "harbour")
    assert line.rows == [
        [
            "2026-03-02T11:00:00+00:00",
            "Ada Lindqvist",
            "The harbour will stay open",
            "courier.example",
            "https://courier.example/harbour",
            "indirect",
            "0.9",
            "1",
            "asserted",
            "said",
            line.rows[0][-1],
        ]
    ]
    page = json.loads(onrecord("search", "harbour", "--json", "--facets", "--days").out)
    assert (page["total"], len(page["hits"])) == (1, 1)
    assert ["courier.example", 1] in page["facets"]["source"]
    (hit,) = (json.loads(text) for text in onrecord("search", "--jsonl").out.splitlines())
    assert hit == page["hits"][0] | {"highlights": []}
    (row,) = csv.DictReader(io.StringIO(onrecord("search", "harbour", "--csv").out))
    assert row["text"] == "The harbour will stay open"
    assert ["source", "courier.example", "1"] in onrecord("search", "--facets").rows
    assert onrecord("search", "--days").rows == [["day", page["days"][0][0], "1"]]
    assert onrecord("search", "harbour", "--in", "articles").rows[0][2] == "Harbour stays open"
    nothing = onrecord("search", "speaker:nobody")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "Nothing found\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("harbour", "AND"), "  harbour AND\n"),
        (("--json", "--csv"), "--json, --csv and --jsonl exclude one another"),
        (("--in", "letters"), "Invalid value for '--in'"),
        (("--limit", "0"), "Invalid value for '--limit'"),
        (("--cursor", "nonsense"), "cursor"),
    ],
)
def test_malformed_searches_are_refused(
    onrecord: Onrecord, filled: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = onrecord("search", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_each_page_of_results_continues_the_previous(onrecord: Onrecord, file: Path) -> None:
    with opened(file) as services:
        articles: list[Article] = [examples.article(f"https://courier.example/{number}") for number in range(5)]
        services.index.add([examples.document(article) for article in articles])
    seen, arguments = [], ["search", "--in", "articles", "--limit", "2"]
    for left in (3, 1, 0):
        done = onrecord(*arguments)
        seen += [row[-1] for row in done.rows]
        assert done.err.startswith("2 of 5; continue with --cursor ") is bool(left)
        arguments[5:] = ["--cursor", done.err.split()[-1]] if left else []
    assert len(seen) == len(set(seen)) == 5


def test_the_explanation_of_a_fragment_says_that_it_alerts_nobody(onrecord: Onrecord, file: Path) -> None:
    fragment = examples.decision(examples.report(statement=False))
    with opened(file) as services:
        services.index.add([examples.document(), fragment])
    told = onrecord("statements", "explain", fragment.statement.id).out
    assert told.endswith("first report\n  alerts nobody: a fragment, which is no statement on its own\n")


def test_statements_with_their_reports(onrecord: Onrecord, filled: Path) -> None:
    ((*_, statement),) = onrecord("statements", "list").rows
    (report,) = onrecord("statements", "show", statement).rows
    assert report[1:6] == ["new", "courier.example", "indirect", "The harbour will stay open", "0.9"]
    assert report[-2:] == ["independent", "1"]
    (told,) = json.loads(onrecord("statements", "show", statement, "--json").out)
    assert told["statement"]["id"] == statement
    assert onrecord("statements", "explain", statement).out.endswith("  new  courier.example: first report\n")
    assert json.loads(onrecord("statements", "explain", statement, "--json").out)[0]["verdict"] == "new"
    assert onrecord("statements", "explain", "none").code == 2
    assert "no repeat" in onrecord("statements", "missed", statement, told["report"]["quote"]["id"]).err
    linked = json.loads(onrecord("statements", "show", statement, "--jsonld", "quotation").out)
    assert linked["@type"] == "Quotation"
    assert linked["isBasedOn"][0]["selector"][0]["suffix"].startswith(", Mayor Ada")
    assert linked["spokenByCharacter"]["@type"] == "Person"
    assert json.loads(onrecord("statements", "list", "--json").out)["total"] == 1
    assert onrecord("statements", "show", "none").code == 2


def test_a_word_with_a_minus_is_part_of_the_query(onrecord: Onrecord, filled: Path) -> None:
    assert onrecord("search", "harbour", "-ferry").rows
    assert onrecord("search", "-harbour").rows == []
    assert onrecord("search", "-harbour", "--in", "articles", "--json").code == 0
    assert "No such option: --fasets" in onrecord("search", "--fasets").err


def test_the_day_is_printed_as_a_brief(onrecord: Onrecord, filled: Path) -> None:
    done = onrecord("today", "2026-03-02")
    assert done.out.startswith("Monday, 2 March 2026\n")
    assert "- Ada Lindqvist said: The harbour will stay open" in done.out
    assert "Harbour stays open" not in onrecord("today").out
    assert onrecord("today", "yesterday").code == 0
    assert onrecord("today", "today").out == onrecord("today").out
    wrong = onrecord("today", "soon")
    assert (wrong.code, wrong.err) == (
        2,
        "onrecord: day 'soon' should be a day such as 2026-03-02, today or yesterday\n",
    )


@pytest.mark.usefixtures("on_terminal")
def test_counts_have_bars_on_a_terminal(onrecord: Onrecord, filled: Path) -> None:
    assert "▇" * 20 in onrecord("search", "--days").out


def test_bars_are_in_proportion_and_drawn_in_what_the_output_can_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert [bar(count, 40) for count in (40, 20, 1, 0)] == ["#" * 20, "#" * 10, "#", ""]
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert bar(20, 40) == "▇" * 10


def test_each_request_for_a_brief_sends_a_mail(
    onrecord: Onrecord, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = onrecord("today", "--mail", "desk@courier.example")
    assert (refused.code, "email.host is not set" in refused.err) == (78, True)
    with mail_server() as server:
        for name, value in (
            ("HOST", "127.0.0.1"),
            ("PORT", server.port),
            ("SECURITY", "none"),
            ("SENDER", "d@x.example"),
        ):
            monkeypatch.setenv(f"ONRECORD_EMAIL__{name}", str(value))
        for _ in range(2):
            done = onrecord("today", "2026-03-02", "--mail", "desk@courier.example")
            assert done.err.startswith("mailed to desk@courier.example: Morning brief, Monday, 2 March 2026: ")
    assert len({str(mail["Message-ID"]) for mail in server.mails}) == 2

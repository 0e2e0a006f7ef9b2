"""The report: noise, the gate, peers at their thresholds, and the page."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench import report
from tests.bench.report import (
    FIGURES,
    LEADERBOARD,
    PAGE,
    PEERS,
    Figure,
    Report,
    Score,
    chart,
    fallen,
    peer_score,
    saved,
)

BEFORE = {"quotes": {"value": 80.0, "noise": 2.0}, "silenced": {"value": 10.0, "noise": 1.0}}


def test_noise_is_a_standard_error_and_never_zero() -> None:
    assert Figure("x", 50.0, 100).noise == 5.0
    assert Figure("x", 100.0, 100).noise > 0.9
    assert Figure("x", 0.0, 0).noise > 0


@pytest.mark.parametrize(
    ("quotes", "silenced", "names"),
    [
        (78.0, 11.0, []),
        (77.9, 10.0, ["quotes"]),
        (99.0, 11.1, ["silenced"]),
        (99.0, 0.0, []),
    ],
)
def test_the_gate_fails_where_a_figure_is_worse_by_more_than_its_noise(
    quotes: float, silenced: float, names: list[str]
) -> None:
    now = [Figure("quotes", quotes, 9), Figure("silenced", silenced, 9, loss=True), Figure("another", 1.0, 9)]
    assert [line.partition(":")[0] for line in fallen(BEFORE, now)] == names


def test_a_figure_that_is_gone_fails_the_gate() -> None:
    assert fallen(BEFORE, [Figure("quotes", 80.0, 9)]) == ["silenced is no longer measured"]


def pair(first: str, second: str, label: str) -> dict[str, Any]:
    return {"a": {"text": first}, "b": {"text": second}, "label": label}


PAIRS = [
    pair("The harbour stays open.", "the harbour stays open", "repeated"),
    pair("The harbour stays open.", "the harbour will stay open", "repeated"),
    pair("The harbour stays open.", "the harbour stays shut", "changed"),
    pair("The harbour stays open.", "taxes rise", "new"),
]


def test_a_peer_is_scored_at_its_best_threshold_and_at_a_careful_one() -> None:
    score = peer_score("x", PEERS["the same words"], PAIRS, 0.0)
    assert (score.precision, score.recall, score.silenced, score.careful) == (100.0, 50.0, 0.0, 50.0)
    loose = peer_score("x", PEERS["Jaccard of words"], PAIRS, 0.0)
    assert (round(loose.precision), loose.recall, loose.silenced, loose.careful) == (67, 100.0, 50.0, 50.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", PEERS)
def test_every_peer_rates_the_same_words_highest(name: str) -> None:
    same, other = (PEERS[name](each["a"]["text"], each["b"]["text"]) for each in (PAIRS[0], PAIRS[3]))
    assert 0 <= other < same <= 1.0001


def test_a_chart_is_well_formed_and_as_long_as_its_values() -> None:
    figure = ElementTree.fromstring(chart("a & b", [("<x>", 50.0), ("y", 100.0)]))
    assert [rect.attrib["width"] for rect in figure.iter("rect")] == ["200", "400"]


def test_the_page_and_the_leaderboard_show_every_figure_and_system() -> None:
    scores = (Score(report.OURS, 70.0, 45.0, 9.0, 45.0), Score("peer", 40.0, 90.0, 60.0, 9.0))
    measured = Report((Figure("quotes", 80.0, 9),), (("eo", (Figure("a", 1.0, 1),) * 3),), scores)
    page = report.page(measured, {"date": "2026-03-02", "program": "x"})
    for shown in ("quotes", "80.0", "peer", "0.20", ">eo<"):
        assert shown in page
    assert "| peer | 9.0 | 40.0 | 90.0 | 55.4 | 60.0 |" in report.leaderboard(scores, {"date": "d", "program": "p"})


def test_what_is_in_the_repository_is_of_one_run() -> None:
    figures = json.loads(FIGURES.read_text("utf-8"))
    page, board = PAGE.read_text("utf-8"), LEADERBOARD.read_text("utf-8")
    for name, figure in figures.items():
        assert f"<td>{name}</td><td>{figure['value']:.1f}</td>" in page
    assert all(f"| {system} |" in board for system in (*PEERS, report.OURS))
    assert saved([Figure("x", 50.0, 100)]) == {"x": {"value": 50.0, "noise": 5.0}}

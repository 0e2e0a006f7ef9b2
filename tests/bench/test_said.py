"""The data of the benchmark Said agrees with its guide, and the scorer counts as the guide says."""

import pytest

from pipeline.model import Decision, Report
from pipeline.statements import Memory, remember
from tests.bench import said, statements


@pytest.mark.parametrize("language", said.languages())
def test_offsets_of_quotes_lie_in_their_texts(language: str) -> None:
    for article in said.records(f"quotes/{language}.jsonl"):
        text = article["text"]
        assert article["lang"] == language
        for quote in article["quotes"]:
            assert text[quote["start"] : quote["end"]] == quote["text"]
            assert text[quote["speaker_start"] : quote["speaker_end"]] == quote["speaker_text"]
            for start, end in quote.get("fragments", []):
                assert quote["start"] <= start < end <= quote["end"]


def test_pairs_have_each_verdict_in_equal_number() -> None:
    pairs = said.records("newness/pairs.jsonl")
    assert len({pair["id"] for pair in pairs}) == len(pairs) == 240
    for label in ("new", "repeated", "changed"):
        assert sum(pair["label"] == label for pair in pairs) == 80


def test_every_statement_of_a_stream_is_reported() -> None:
    for stream in said.records("newness/streams.jsonl"):
        statements = {statement["id"] for statement in stream["statements"]}
        reported = {report["statement"] for article in stream["articles"] for report in article["reports"]}
        assert reported == statements
        for article in stream["articles"]:
            spans = [span for report in article["reports"] for span in report["spans"]]
            assert all(0 <= start < end <= len(article["text"]) for start, end in spans)


def test_a_stream_is_scored_by_what_its_alerts_quote() -> None:
    text = "“The harbour stays open,” said Ada Lindqvist on Monday. “The harbour stays open,” said Ada Lindqvist again."
    stream = {
        "id": "s",
        "actor": {"name": "Ada Lindqvist", "aliases": ["Lindqvist"]},
        "articles": [
            {
                "id": "a",
                "source": "Courier",
                "published": "2026-03-02T08:00:00Z",
                "title": "Harbour",
                "text": text,
                "lang": "en",
                "roles": [],
                "reports": [{"statement": "S1", "mode": "direct", "spans": [[1, 24]]}],
            }
        ],
        "statements": [
            {"id": "S1", "text": "The harbour stays open", "changed_from": None},
            {"id": "S2", "text": "The bridge closes", "changed_from": "S1"},
        ],
    }
    score, errors = said.score_stream(stream)
    assert (score.statements, score.alerted, score.alerts, score.right) == (2, 1, 1, 1)
    assert (score.changed, score.changed_right) == (1, 0)
    assert errors == ["missed S2: The bridge closes"]


def test_the_known_side_of_a_pair_is_reported_in_its_own_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = list[str]()

    def decide(memory: Memory, report: Report, offset: int) -> tuple[Decision, Memory]:
        kinds.append(report.quote.kind)
        return remember(memory, report, offset)

    monkeypatch.setattr(statements, "remember", decide)
    monkeypatch.setattr(said, "remember", decide)
    known = {"text": "The mill would be sold before Whitsun.", "lang": "en", "kind": "indirect"}
    later = {"text": "The mill will be sold before Whitsun.", "lang": "en", "kind": "direct"}
    assert said.verdict(known, later) == "repeated"
    assert kinds == ["indirect", "direct"]

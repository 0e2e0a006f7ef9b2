"""Alerts on standard output."""

import io
import json
import sys
from dataclasses import replace

import pytest

from connectors.notify.stdout import connect
from pipeline.errors import WorldError
from pipeline.model import Alert, Modality
from pipeline.settings import Settings
from tests.connectors.notify.test_notify import OUTSIDE
from tests.examples import alert, article, delivery, report, statement


def sent(of: Alert, address: str = "") -> None:
    connect(address, Settings(), OUTSIDE).send(delivery(of))


def test_a_block_names_speaker_statement_source_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    sent(alert())
    assert capsys.readouterr().out == (
        "Ada Lindqvist says: The harbour will stay open\n"
        "  courier.example, 2026-03-02 11:00 UTC: Harbour stays open\n"
        "  https://courier.example/harbour\n"
        "  Harbour: said by\n\n"
    )


@pytest.mark.parametrize(
    ("modality", "changed_from", "begins"),
    [
        ("asserted", "before", "Ada Lindqvist says otherwise: "),
        ("denied", "", "Ada Lindqvist denies: "),
        ("asked", "", "Ada Lindqvist asks: "),
        ("hypothetical", "", "Ada Lindqvist is quoted: "),
    ],
)
def test_a_block_says_how_it_was_said(
    modality: Modality, changed_from: str, begins: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sent(alert(replace(statement(report(modality=modality)), changed_from=changed_from)))
    assert capsys.readouterr().out.startswith(begins)


def test_printed_blocks_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\u202eevil\r\n\x9b31m"
    sent(replace(alert(statement(report(article(title=evil)))), why=evil, watch_name=evil))
    out = capsys.readouterr().out
    assert not set(out) & set("\x1b\x9b\r\u202e")
    assert len(out.splitlines()) == 5


def test_json_is_one_line_with_the_whole_alert(capsys: pytest.CaptureFixture[str]) -> None:
    sent(replace(alert(), why="two\nlines"), "json")
    (line,) = capsys.readouterr().out.splitlines()
    output = json.loads(line)
    assert output["delivery"] == delivery().id
    assert output["alert"]["statement"]["text"] == "The harbour will stay open"
    assert output["alert"]["why"] == "two\nlines"


def test_a_closed_pipe_is_a_world_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError("Broken pipe")

    monkeypatch.setattr(sys, "stdout", Broken())
    with pytest.raises(WorldError, match="Broken pipe"):
        sent(alert())

"""Watches from the command line."""

import json
from pathlib import Path

import pytest

from pipeline.model import Watch
from tests.pipeline.cli.conftest import Onrecord, opened


def test_watches_are_added_listed_and_removed(onrecord: Onrecord, filled: Path) -> None:
    added = onrecord(
        *("watches", "add", "The Port", "--by", "lindqvist", "--about", "Ada Lindqvist", "--query", "harbour OR port"),
        *("--source", "courier.example", "--language", "en", "--kind", "direct", "--least-confidence", "0.7"),
    )
    assert (added.code, added.out) == (0, "the-port\n")
    assert "onrecord watches preview the-port" in added.err
    (told,) = (told for told in json.loads(onrecord("watches", "list", "--json").out) if told["id"] == "the-port")
    assert told.pop("created") > "2026"
    assert told == {
        "id": "the-port",
        "name": "The Port",
        "by": ["ada-lindqvist"],
        "about": ["ada-lindqvist"],
        "query": "harbour OR port",
        "sources": ["courier.example"],
        "languages": ["en"],
        "kinds": ["direct"],
        "least_confidence": 0.7,
        "deliver": ["stdout"],
        "tempo": "instant",
        "quiet": "",
        "daily_cap": 0,
        "zone": "UTC",
        "least_sources": 1,
        "spread": [],
        "paused": False,
        "spike": 0.0,
        "silence": 0,
    }
    assert [row[0] for row in onrecord("watches", "list").rows] == ["harbour", "the-port"]
    for command, paused in (("pause", True), ("resume", False)):
        assert onrecord("watches", command, "the-port").code == 0
        watches = json.loads(onrecord("watches", "list", "--json").out)
        assert [watch["paused"] for watch in watches] == [False, paused]
        assert onrecord("watches", command, "nothing").code == 2
    assert onrecord("watches", "remove", "the-port").code == 0
    assert onrecord("watches", "remove", "the-port").code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--by", "Nobody"), 2, "actor 'Nobody' is not tracked yet; add the actor with `onrecord actors add`"),
        (("--query", "harbour OR"), 2, "\n  harbour OR\n"),
        ((), 2, "has no condition: add actors or a query"),
        (("--query", "x", "--kind", "shouted"), 2, "kind 'shouted' should be one of direct, indirect, mixed"),
        (("--query", "x", "--deliver", "pigeon:loft"), 2, "'pigeon:loft' has no notifier 'pigeon'; known are"),
        (("--query", "x", "--deliver", "webhook:https://hook.example/"), 78, "webhook.secret"),
        (("--query", "x", "--deliver", "slack:javascript:alert(1)"), 2, "has no http or https address"),
        (("--query", "x", "--deliver", "teams:https://[half"), 2, "has no http or https address"),
        (("--query", "x", "--deliver", "mattermost:file:///etc/passwd"), 2, "has no http or https address"),
        (("--query", "x", "--deliver", "slack:https://hooks.example/a b\r\nHost: x"), 2, "Port"),
        (("--query", "x", "--least-confidence", "2"), 2, "Invalid value for '--least-confidence'"),
    ],
)
def test_malformed_watches_are_refused(
    onrecord: Onrecord, filled: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = onrecord("watches", "add", "Port", *arguments)
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    with opened(filled) as services:
        assert [watch.id for watch in services.desk.all(Watch)] == ["harbour"]


def test_a_watch_of_spikes_and_silences_is_listed_in_words(onrecord: Onrecord, filled: Path) -> None:
    onrecord("watches", "add", "Loud", "--by", "ada-lindqvist", "--spike", "2.5", "--silence", "1")
    listed = onrecord("watches", "list").out
    assert "reported 2.5 times as often as usual, not reported for 1 day" in listed


def test_a_watch_is_not_replaced_by_mistake(onrecord: Onrecord, filled: Path) -> None:
    assert "'harbour' exists already" in onrecord("watches", "add", "Harbour", "--query", "port").err
    assert onrecord("watches", "add", "Harbour", "--query", "port", "--replace").code == 0


def test_a_preview_shows_the_alerts_that_a_watch_would_have_sent(onrecord: Onrecord, filled: Path) -> None:
    done = onrecord("watches", "preview", "harbour")
    assert done.code == 0
    (row,) = done.rows
    assert row[1:3] == ["Ada Lindqvist", "The harbour will stay open"]
    assert row[4:] == ["courier.example", "https://courier.example/harbour"]
    assert json.loads(onrecord("watches", "preview", "harbour", "--json").out)["total"] == 1
    onrecord("watches", "add", "Ferries", "--by", "lindqvist", "--query", "ferry")
    nothing = onrecord("watches", "preview", "ferries")
    assert (nothing.code, nothing.out) == (0, "")
    assert onrecord("watches", "preview", "none").code == 2
    with opened(filled) as services:
        assert len(services.outbox.listing()) == 1


def test_targets_are_listed_without_secrets(onrecord: Onrecord, filled: Path) -> None:
    target = "slack:https://hooks.example/services/wordofpower"
    added = onrecord("watches", "add", "Port", "--query", "port", "--deliver", target)
    assert added.code == 0
    for listed in (onrecord("watches", "list"), onrecord("watches", "list", "--json")):
        assert "slack:https://hooks.example/" in listed.out
        assert "wordofpower" not in listed.out
    (told,) = (told for told in json.loads(onrecord("watches", "list", "--json").out) if told["id"] == "port")
    again = onrecord("watches", "add", "Port", "--query", "quay", "--deliver", told["deliver"][0], "--replace")
    assert again.code == 0
    with opened(filled) as services:
        (watch,) = (watch for watch in services.desk.all(Watch) if watch.id == "port")
    assert (watch.query, watch.deliver) == ("quay", (target,))
    wrong = onrecord("watches", "add", "Quay", "--query", "quay", "--deliver", "slack:ftp://hooks.example/wordofpower")
    assert wrong.code == 2
    assert "wordofpower" not in wrong.err


def test_an_alias_of_two_actors_is_not_guessed(onrecord: Onrecord, filled: Path) -> None:
    onrecord("actors", "add", "Bo Lindqvist", "--alias", "Lindqvist")
    done = onrecord("watches", "add", "Both", "--by", "lindqvist")
    assert done.err == "onrecord: actor 'lindqvist' may be any of ada-lindqvist, bo-lindqvist; give the id\n"

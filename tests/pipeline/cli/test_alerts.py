"""Alerts from the command line: listed, acknowledged, tried again."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.model import EPOCH, Delivery, Watch
from tests import examples
from tests.pipeline.cli.conftest import Onrecord, opened


@pytest.fixture
def deliveries(file: Path) -> list[Delivery]:
    """A pending, a done and a failed one, the oldest first."""
    alert = examples.alert()
    made = [
        examples.delivery(replace(alert, created=alert.created + timedelta(minutes=n)), id=f"{letter}{n}", state=state)
        for n, (letter, state) in enumerate((("a", "pending"), ("ab", "done"), ("c", "failed")))
    ]
    made[2] = replace(made[2], attempts=9, last_error="hook answers 500", target="webhook:https://hook.example/")
    with opened(file) as services:
        services.outbox.put(made)
        services.outbox.update(made[2])
    return made


def ids(onrecord: Onrecord, *arguments: str) -> list[str]:
    return [row[0] for row in onrecord("alerts", "list", *arguments).rows]


@pytest.mark.usefixtures("deliveries")
def test_the_newest_come_first_and_can_be_chosen(onrecord: Onrecord) -> None:
    assert ids(onrecord) == ["c2", "ab1", "a0"]
    assert ids(onrecord, "--limit", "2") == ["c2", "ab1"]
    assert ids(onrecord, "--before", "ab1") == ["a0"]
    assert ids(onrecord, "--state", "failed") == ["c2"]
    told = json.loads(onrecord("alerts", "list", "--json").out)
    assert [delivery["state"] for delivery in told] == ["failed", "done", "pending"]
    assert told[0]["alert"]["statement"]["speaker_name"] == "Ada Lindqvist"


@pytest.mark.usefixtures("deliveries")
def test_a_line_shows_the_evidence(onrecord: Onrecord) -> None:
    row = onrecord("alerts", "list", "--state", "failed").rows[0]
    assert row[2:] == [
        *("failed", "no", "9", "webhook:https://hook.example/", "Harbour", "Ada Lindqvist"),
        *("The harbour will stay open", "courier.example", "https://courier.example/harbour", "said by"),
        "hook answers 500",
    ]


@pytest.mark.usefixtures("deliveries")
def test_acknowledged_alerts_leave_the_open_list(onrecord: Onrecord) -> None:
    assert onrecord("alerts", "ack", "a0", "c").err == "2 acknowledged\n"
    assert ids(onrecord, "--open") == ["ab1"]
    assert onrecord("alerts", "ack", "--all").err == "1 acknowledged\n"
    nothing = onrecord("alerts", "list", "--open")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "No alerts\n")


def test_a_failed_delivery_is_retried(onrecord: Onrecord, file: Path, deliveries: list[Delivery]) -> None:
    assert onrecord("alerts", "retry", "--failed").err == "`onrecord run` will retry 1 delivery\n"
    with opened(file) as services:
        (first, *_) = services.outbox.listing()
    assert (first.id, first.state, first.attempts, first.next_try) == ("c2", "pending", 0, EPOCH)
    assert onrecord("alerts", "retry", "--failed").err == "`onrecord run` will retry 0 deliveries\n"


@pytest.mark.usefixtures("deliveries")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ack", "zz"), "alert 'zz' does not exist; `onrecord alerts list` lists the ids"),
        (("ack", "a"), "alert 'a' begins several ids"),
        (("ack",), "no deliveries named"),
        (("retry",), "no deliveries named"),
        (("retry", "ab1"), "delivery 'ab1' is done: stdout has it and would get it twice"),
        (("list", "--before", "zz"), "'zz'"),
        (("list", "--state", "lost"), "Invalid value for '--state'"),
    ],
)
def test_wrong_ids_and_states_are_refused(onrecord: Onrecord, arguments: tuple[str, ...], message: str) -> None:
    done = onrecord("alerts", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_targets_are_shown_without_secrets(onrecord: Onrecord, file: Path) -> None:
    target = "slack:https://hooks.example/services/wordofpower"
    made = examples.delivery(id="d", target=target, attempts=1, last_error=f"{target[6:]} answers 500")
    with opened(file) as services:
        services.outbox.put([made])
        services.outbox.update(made)
    for told in (onrecord("alerts", "list"), onrecord("alerts", "list", "--json"), onrecord("doctor")):
        assert "hooks.example" in told.out
        assert "wordofpower" not in told.out
    with opened(file) as services:
        services.outbox.update(replace(made, state="done"))
    refused = onrecord("alerts", "retry", "d").err
    assert "hooks.example" in refused
    assert "wordofpower" not in refused


def digest(file: Path) -> Delivery:
    """An alert that joined a digest with another, and meets two watches."""
    alert = examples.alert()
    other = replace(alert, id="other", watch_id="port", watch_name="Port")
    second = replace(alert, statement=replace(alert.statement, id="later", text="The port will not"), id="later")
    part = examples.delivery(alert, id="part", state="joined", also=(other,), digest="whole")
    whole = examples.delivery(alert, id="whole", also=(other, second), parts=("part", "rest"))
    with opened(file) as services:
        services.outbox.put([part, whole])
    return whole


def test_a_digest_is_listed_as_a_digest(onrecord: Onrecord, file: Path) -> None:
    digest(file)
    whole, part = onrecord("alerts", "list").rows
    assert whole[7:9] == ["", "digest of 2 statements: Ada Lindqvist (2)"]
    assert part[6] == "Harbour, Port"
    told = onrecord("alerts", "retry", "part")
    assert (told.code, told.err) == (2, "onrecord: delivery 'part' is part of the digest 'whole': retry the digest\n")


def test_marks_are_exported(onrecord: Onrecord, file: Path) -> None:
    digest(file)
    assert onrecord("alerts", "mark", "part", "wrong-speaker", "--note", "Bo Ek").code == 0
    assert "mark one of its parts" in onrecord("alerts", "mark", "whole", "not-new").err
    assert onrecord("alerts", "mark", "part", "boring").code == 2
    assert onrecord("alerts", "mark", "none", "not-new").code == 2
    (line,) = onrecord("alerts", "export-marks").out.splitlines()
    made = json.loads(line)
    assert (made["label"], made["note"], made["alert"]["watch_id"]) == ("wrong-speaker", "Bo Ek", "harbour")


def test_muted_alerts_are_listed_and_not_sent(onrecord: Onrecord, filled: Path) -> None:
    muted = onrecord("mutes", "add", "--actor", "lindqvist", "--for", "7d")
    assert (muted.out, muted.err) == ("actor:ada-lindqvist\n", "1 waiting delivery muted\n")
    assert [row[2] for row in onrecord("alerts", "list").rows] == ["muted"]
    assert onrecord("mutes", "list").rows[0][:2] == ["actor:ada-lindqvist", "Ada Lindqvist"]
    assert json.loads(onrecord("mutes", "list", "--json").out)[0]["kind"] == "actor"
    assert onrecord("mutes", "remove", "actor:ada-lindqvist").code == 0
    assert onrecord("mutes", "remove", "actor:ada-lindqvist").code == 2


def test_a_statement_is_muted_for_good(onrecord: Onrecord, filled: Path) -> None:
    statement = examples.statement().id
    assert onrecord("mutes", "add", "--statement", statement).out == f"statement:{statement}\n"
    assert onrecord("mutes", "list").rows == [[f"statement:{statement}", "The harbour will stay open", "for good"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "either an --actor or"),
        (("--actor", "lindqvist", "--statement", "x"), "either an --actor or"),
        (("--actor", "nobody"), "'nobody' is not tracked yet"),
        (("--statement", "x"), "'x' is not on record"),
        (("--actor", "lindqvist", "--for", "long"), "--for 'long' should be a duration"),
    ],
)
def test_malformed_mutes_are_refused(
    onrecord: Onrecord, filled: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = onrecord("mutes", "add", *arguments)
    assert done.code == 2
    assert message in done.err


def test_marks_calibrate_the_watches(onrecord: Onrecord, file: Path) -> None:
    reports = [examples.report(id=f"quote-{n}", confidence=0.9 if n else 0.4) for n in range(21)]
    alerts = [examples.alert(examples.statement(report)) for report in reports]
    with opened(file) as services:
        services.desk.save(examples.watch())
        sent = [examples.delivery(alert, id=f"d{n:02}") for n, alert in enumerate(alerts)]
        services.outbox.put(sent)
        for each in sent:
            services.outbox.update(replace(each, acknowledged=True))
    assert onrecord("alerts", "mark", "d00", "not-a-statement").code == 0
    preview = onrecord("calibrate", "--precision", "0.96")
    assert preview.rows == [["0.90", "20", "20", "100%"], ["0.40", "21", "20", "95%"]]
    assert "Harbour: least confidence 0.5 → 0.9" in preview.err
    assert "add --apply" in preview.err
    onrecord("calibrate", "--precision", "0.96", "--apply")
    with opened(file) as services:
        assert [watch.least_confidence for watch in services.desk.all(Watch)] == [0.9]
    assert "every watch has this least confidence" in onrecord("calibrate", "--precision", "0.96").err
    assert onrecord("calibrate", "--precision", "1").code == 0


def test_a_calibration_without_a_threshold_changes_nothing(onrecord: Onrecord, file: Path) -> None:
    reports = [examples.report(id=f"quote-{n}") for n in range(20)]
    with opened(file) as services:
        for n, report in enumerate(reports):
            sent = examples.delivery(examples.alert(examples.statement(report)), id=f"d{n:02}")
            services.outbox.put([sent])
            services.outbox.update(replace(sent, acknowledged=True))
    onrecord("alerts", "mark", "d00", "wrong-speaker")
    assert "no confidence reaches 99%" in onrecord("calibrate", "--precision", "0.99").err

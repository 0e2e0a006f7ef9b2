"""A notice of a feed goes the way of alerts: into the outbox, to whom `poll.tell` names, and into the lists."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli.run import _check_brief, _notice_sender
from pipeline.errors import OnRecordError
from pipeline.feeds.health import notice
from pipeline.run.deliver import Deliverer
from pipeline.services import open_services
from pipeline.settings import Brief, Settings
from pipeline.settings.sections import Poll
from pipeline.testing import FakeClock
from tests import examples
from tests.examples import NOON
from tests.pipeline.cli.conftest import Onrecord

FEED = examples.feed(title="The Courier")
WELL = examples.feed_state(polled=True)
TOLD = f"The Courier ({WELL.url}) fails: it answers 503"


def test_a_notice_is_delivered_and_listed(onrecord: Onrecord, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turn = notice(FEED, WELL, replace(WELL, failures=3, warning="failing", last_error="it answers 503"), NOON)
    assert turn
    services = open_services(Settings(file=file, poll=Poll(tell="stdout stdout")), clock=FakeClock())
    tell = _notice_sender(services)
    tell(turn)
    tell(turn)
    Deliverer(services.outbox, services.notifier, services.clock, lambda: 0.5).send_due()
    Deliverer(services.outbox, services.notifier, services.clock, lambda: 0.5).send_due()
    services.close()
    assert capsys.readouterr().out.count(TOLD) == 1
    assert TOLD in onrecord("alerts", "list").out


def test_a_malformed_target_stops_the_start(file: Path) -> None:
    services = open_services(Settings(file=file, poll=Poll(tell="pigeon:loft")))
    with pytest.raises(OnRecordError, match="pigeon"):
        _notice_sender(services)
    services.close()


def test_a_brief_that_cannot_be_mailed_stops_the_start_and_is_diagnosed(
    onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = open_services(Settings(file=file, brief=Brief(to=("desk@courier.example",))))
    with pytest.raises(OnRecordError, match=r"email\.host is not set"):
        _check_brief(services)
    services.close()
    monkeypatch.setenv("ONRECORD_BRIEF__TO", "desk@courier.example")
    assert "brief.to: email.host is not set" in onrecord("doctor").out
    monkeypatch.setenv("ONRECORD_BRIEF__AT", "7 o'clock")
    assert "should be a time of day such as 07:00" in onrecord("doctor").out

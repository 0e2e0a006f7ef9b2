"""A notice of a feed goes the way of alerts: into the outbox, to whom `poll.tell` names, and into the lists."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.app import open_app
from pipeline.cli.roles import _teller
from pipeline.deliver import Deliverer
from pipeline.errors import OnRecordError
from pipeline.notices import notice
from pipeline.settings import Poll, Settings
from tests import examples
from tests.examples import NOON
from tests.fakes import FakeClock
from tests.pipeline.cli.conftest import Onrecord

WELL = examples.feed(title="The Courier", polled=True)
TOLD = f"The Courier ({WELL.url}) fails: it answers 503"


def test_a_notice_is_delivered_and_listed(onrecord: Onrecord, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turn = notice(WELL, replace(WELL, failures=3, warning="failing", last_error="it answers 503"), NOON)
    assert turn
    app = open_app(Settings(file=file, poll=Poll(tell="stdout stdout")), clock=FakeClock())
    tell = _teller(app)
    tell(turn)
    tell(turn)
    Deliverer(app.outbox, app.notifier, app.clock, lambda: 0.5).send_due()
    Deliverer(app.outbox, app.notifier, app.clock, lambda: 0.5).send_due()
    app.close()
    assert capsys.readouterr().out.count(TOLD) == 1
    assert TOLD in onrecord("alerts", "list").out


def test_a_target_that_is_none_stops_the_start(file: Path) -> None:
    app = open_app(Settings(file=file, poll=Poll(tell="pigeon:loft")))
    with pytest.raises(OnRecordError, match="pigeon"):
        _teller(app)
    app.close()

"""A desk with one feed on a loopback server, for the tests of feeds and of the poller."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from connectors.feeds.parser import Parser
    from tests.connectors.loopback import Loopback
    from tests.pipeline.feeds.desk import Desk


@pytest.fixture
def desk(loopback: "Loopback", parser: "Parser") -> "Desk":
    from tests.pipeline.feeds.desk import Desk

    return Desk(loopback, parser)


@pytest.fixture
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.run import poll

    monkeypatch.setattr(poll, "_TICK", 0.02)

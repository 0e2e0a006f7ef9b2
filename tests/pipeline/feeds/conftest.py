"""A desk with one feed, on a loopback server."""

import pytest

from connectors.feeds.parser import Parser
from pipeline.feeds import poll
from tests.connectors.loopback import Loopback
from tests.pipeline.feeds.desk import Desk


@pytest.fixture
def desk(loopback: Loopback, parser: Parser) -> Desk:
    return Desk(loopback, parser)


@pytest.fixture
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "_TICK", 0.02)

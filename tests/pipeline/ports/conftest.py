"""Each port, on each of its adapters."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from pipeline.ports import Desk
from pipeline.testing import FakeClock
from tests.pipeline.ports.adapters import DESKS, INDEXES, LOGS, ON_SERVERS, OUTBOXES, WholeIndex, WholeLog, WholeOutbox


def adapters(names: Iterable[str]) -> list[ParameterSet]:
    """Return the adapters of a port as parameters of its tests."""
    return [pytest.param(name, marks=[pytest.mark.servers] if name in ON_SERVERS else []) for name in sorted(names)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=adapters(LOGS))
def open_log(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Callable[[int], WholeLog]]:
    """Open an empty log with this many partitions a topic; call it once in a test."""
    with ExitStack() as stack:
        yield lambda partitions: stack.enter_context(LOGS[request.param](tmp_path, clock, partitions))


@pytest.fixture
def log(open_log: Callable[[int], WholeLog]) -> WholeLog:
    return open_log(1)


@pytest.fixture(params=adapters(INDEXES))
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WholeIndex]:
    with INDEXES[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture(params=adapters(DESKS))
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with DESKS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture(params=adapters(OUTBOXES))
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WholeOutbox]:
    with OUTBOXES[request.param](tmp_path) as opened:
        yield opened

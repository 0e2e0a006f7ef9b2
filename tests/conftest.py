"""The choice of test files for this environment, limits that hold on a busy machine, and fixtures of several rooms."""

import gc
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from connectors.feeds.parser import Parser
    from tests.connectors.loopback import Loopback

_NEEDS_EXTRA = re.compile(
    r"^pytestmark = .*pytest\.mark\.servers|^from connectors\.(elasticsearch|kafka)\b", re.MULTILINE
)
_ON_SERVERS_SECONDS = 300
_EXTRA = all(find_spec(name) for name in ("apache_beam", "elasticsearch", "kafka"))


def pytest_configure() -> None:
    """Give examples no deadline, because they are slow on a busy machine, and collect tests without collecting garbage.

    Modules and tests stay until the end, so that a search for garbage among them takes time and finds none.
    """
    gc.disable()
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")


def pytest_collection_finish() -> None:
    """Collect garbage again, but leave out all that collecting tests has loaded."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests on servers a longer limit: it is there to end tests that hang."""
    for each in items:
        if each.get_closest_marker("servers") and not each.get_closest_marker("timeout"):
            each.add_marker(pytest.mark.timeout(_ON_SERVERS_SECONDS))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without the extra `cluster`, which `tests/run --servers` installs, ignore the files that need it.

    A folder that holds no other tests is ignored with its conftest.py.
    """
    if _EXTRA:
        return None
    tests = sorted(collection_path.glob("test_*.py")) if collection_path.is_dir() else [collection_path]
    return True if tests and all(map(_needs_extra, tests)) else None


def _needs_extra(file: Path) -> bool:
    return file.match("test_*.py") and _NEEDS_EXTRA.search(file.read_text("utf-8")) is not None


@pytest.fixture
def loopback() -> "Iterator[Loopback]":
    """A web server on loopback."""
    from tests.connectors.loopback import serving

    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def parser() -> "Iterator[Parser]":
    """A parser for all tests of a process; it waits long on a busy machine."""
    from connectors.feeds.parser import Parser
    from pipeline.settings.sections import Poll

    with Parser(Poll(parse_seconds=30), processes=1) as running:
        yield running

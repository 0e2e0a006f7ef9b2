"""Which files hold tests for this environment, and how long tests may take on a busy machine."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_ON_SERVERS = re.compile(r"^pytestmark = .*pytest\.mark\.servers", re.MULTILINE)
_ON_SERVERS_SECONDS = 300
_EXTRA = all(find_spec(name) for name in ("apache_beam", "elasticsearch", "kafka"))


def pytest_configure() -> None:
    """A busy machine makes an example slow, and no test wrong."""
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on servers may take as long as a busy machine does; the limit is there for what hangs."""
    for each in items:
        if each.get_closest_marker("servers") and not each.get_closest_marker("timeout"):
            each.add_marker(pytest.mark.timeout(_ON_SERVERS_SECONDS))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Files of tests on servers are not even imported without the extra `cluster`; `tests/run --servers` has it.

    Nor is the conftest.py of a folder that holds no others.
    """
    if _EXTRA:
        return None
    found = sorted(collection_path.glob("test_*.py")) if collection_path.is_dir() else [collection_path]
    return True if found and all(map(_is_on_servers, found)) else None


def _is_on_servers(file: Path) -> bool:
    return file.match("test_*.py") and _ON_SERVERS.search(file.read_text("utf-8")) is not None

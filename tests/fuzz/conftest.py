"""The length of fuzzing: a short run with the other tests, a long one by `FUZZ=long pytest tests/fuzz`.

A crash that a run finds becomes a case, by `@example` or in the tests of the room.
"""

import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_SLOW = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)

settings.register_profile("short", max_examples=150, deadline=timedelta(seconds=2), suppress_health_check=_SLOW)
settings.register_profile("long", max_examples=20_000, deadline=timedelta(seconds=2), suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("FUZZ", "short"))


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Let a long run take as long as it needs."""
    for test in items if os.environ.get("FUZZ") == "long" else ():
        if test.path.is_relative_to(Path(__file__).parent):
            test.add_marker(pytest.mark.timeout(0))

"""The length of fuzzing: a short run with the other tests, a long one by `FUZZ=long pytest tests/fuzz`.

A crash that a run finds becomes a case, by `@example` or in the tests of the room.
"""

import os
from datetime import timedelta

from hypothesis import HealthCheck, settings

_SLOW = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)

settings.register_profile("short", max_examples=150, deadline=timedelta(seconds=2), suppress_health_check=_SLOW)
settings.register_profile("long", max_examples=20_000, deadline=timedelta(seconds=2), suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("FUZZ", "short"))

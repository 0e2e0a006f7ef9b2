"""The patience of a worker with what is away, and what it does for each value of state."""

import gc
import sys

import pytest

from pipeline.errors import WorldError
from tests.examples import calls

pytestmark = pytest.mark.servers


def test_the_job_waits_for_servers_that_are_away_for_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.run.beam import worker_services

    waited = list[float]()
    monkeypatch.setattr("time.sleep", waited.append)

    def ask() -> str:
        if sum(waited) < 120:
            raise WorldError("the index is away")
        return "there"

    assert worker_services.patiently(ask) == "there"
    assert max(waited) <= 5


def test_measuring_a_value_of_state_takes_no_look_at_all_modules() -> None:
    import objsize
    from apache_beam.runners.worker.statecache import get_deep_size

    from pipeline.run.beam.worker_services import tune_process

    before = gc.get_threshold(), sys.getswitchinterval(), objsize.default_settings.exclude_modules_globals
    try:
        tune_process()
        assert get_deep_size([b"packed"]) == sys.getsizeof([b"packed"]) + sys.getsizeof(b"packed")
        assert calls(lambda: get_deep_size([b"packed"])) < len(sys.modules) / 2
    finally:
        gc.set_threshold(*before[0])
        sys.setswitchinterval(before[1])
        objsize.default_settings.update(exclude_modules_globals=before[2])

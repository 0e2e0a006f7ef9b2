"""The patience of a worker with what is away."""

import pytest

from pipeline.errors import WorldError

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

"""The cluster that a test of the job has for itself."""

from collections.abc import Iterator

import pytest

from pipeline.services import Services
from tests.pipeline.run.beam.jobs import opened


@pytest.fixture
def services() -> Iterator[Services]:
    with opened() as services:
        yield services

"""The cluster that a test of the job has for itself."""

from collections.abc import Iterator

import pytest

from pipeline.app import App
from tests.pipeline.beam.jobs import opened


@pytest.fixture
def app() -> Iterator[App]:
    with opened() as app:
        yield app

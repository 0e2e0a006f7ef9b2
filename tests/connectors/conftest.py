"""A loopback server for each test that asks for one."""

from collections.abc import Iterator

import pytest

from tests.connectors.loopback import Loopback, serving


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with serving() as server:
        yield server

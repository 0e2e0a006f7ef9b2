"""Shared fixtures of the tests of connectors: a mail server on loopback."""

from collections.abc import Iterator

import pytest

from tests.connectors.mailserver import MailServer, mail_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running

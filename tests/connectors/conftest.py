"""What the tests of connectors share: a web server and a mail server each on loopback, and one parser for all."""

from collections.abc import Iterator

import pytest

from connectors.feeds.parser import Parser
from pipeline.settings.sections import Poll
from tests.connectors.loopback import Loopback, serving
from tests.connectors.mailserver import MailServer, mail_server


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with serving() as server:
        yield server


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture(scope="session")
def parser() -> Iterator[Parser]:
    with Parser(Poll(parse_seconds=30), processes=1) as running:
        yield running

"""Shared fixtures of the tests on a real Elasticsearch."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors.elasticsearch.client import Elasticsearch as Client
from connectors.elasticsearch.client import connect
from connectors.elasticsearch.index import ElasticsearchIndex
from pipeline.settings.servers import Elasticsearch
from tests import servers


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def settings() -> Iterator[Elasticsearch]:
    provided = servers.elasticsearch()
    yield provided
    servers.forget(provided)


@pytest.fixture
def index(settings: Elasticsearch) -> Iterator[ElasticsearchIndex]:
    opened = ElasticsearchIndex(settings, now)
    yield opened
    opened.close()


@pytest.fixture
def client(settings: Elasticsearch) -> Iterator[Client]:
    connected = connect(settings)
    yield connected
    connected.close()

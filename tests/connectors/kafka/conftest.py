"""Shared fixtures of the tests of Kafka."""

import gc
from collections.abc import Iterator

import pytest

from connectors.kafka.clients import KafkaAdminClient, connection
from connectors.kafka.cluster import Cluster
from pipeline.settings.servers import Kafka

# kafka-python leaves the socket of a connection that fails to the garbage collector.
LEFT_SOCKETS = (
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Yield what a test leaves to the garbage collector is collected before the next begins."""
    yield
    gc.collect()


@pytest.fixture
def cluster(settings: Kafka) -> Iterator[Cluster]:
    """The clients of a process, with the settings of the module's tests."""
    opened = Cluster(settings)
    yield opened
    opened.close()


@pytest.fixture
def admin(settings: Kafka) -> Iterator[KafkaAdminClient]:
    """A client that does to the brokers what people may do."""
    client = KafkaAdminClient(**connection(settings))
    yield client
    client.close()

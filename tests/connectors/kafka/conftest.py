"""The test's Kafka."""

import gc
import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from pipeline.settings import Kafka

# kafka-python leaves the socket of a connection that fails to the garbage collector.
LEFT_SOCKETS = (
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
)


def kafka(partitions: int = 2) -> Kafka:
    """Settings for the server that tests/run --servers starts, with topics of one's own."""
    return Kafka(brokers=(os.environ["TEST_KAFKA"],), prefix=f"{uuid4().hex}-", partitions=partitions)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a test leaves to the garbage collector is collected before the next begins."""
    yield
    gc.collect()

"""What tests of Kafka share."""

import gc
from collections.abc import Iterator

import pytest

# kafka-python leaves the socket of a connection that fails to the garbage collector.
LEFT_SOCKETS = (
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a test leaves to the garbage collector is collected before the next begins."""
    yield
    gc.collect()

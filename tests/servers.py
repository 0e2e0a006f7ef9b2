"""The real servers that tests run on; tests/run --servers starts them and says where they are."""

import os
import tempfile
from pathlib import Path
from uuid import uuid4

from pipeline.settings.servers import Elasticsearch, Kafka


def kafka(partitions: int = 2) -> Kafka:
    """Settings for the test broker, with topics of one's own."""
    return Kafka(brokers=(os.environ["TEST_KAFKA"],), prefix=f"{uuid4().hex}-", partitions=partitions)


def elasticsearch() -> Elasticsearch:
    """Settings for the test server, with a prefix of one's own."""
    return Elasticsearch(url=f"http://{os.environ['TEST_ELASTICSEARCH']}", prefix=f"test-{uuid4().hex}-", replicas=0)


def forget(settings: Elasticsearch) -> None:
    """Delete every index with the prefix of these settings."""
    from connectors.elasticsearch.client import connect

    client = connect(settings)
    names = list(client.indices.get(index=f"{settings.prefix}*", expand_wildcards="all").body)
    if names:
        client.indices.delete(index=names)
    client.close()


def checkpoints() -> str:
    """A folder on this machine for the checkpoints of a job."""
    return (Path(tempfile.gettempdir()) / "onrecord-checkpoints").as_uri()

"""The doors of a cluster: the log, the desk and the outbox on Kafka, the index on Elasticsearch."""

import socket
from collections.abc import Callable

from connectors.desk.kafka import KafkaDesk
from connectors.index.elasticsearch import ElasticsearchIndex
from connectors.kafka import Cluster
from connectors.kafka_share import KafkaShare
from connectors.log.kafka import KafkaLog
from connectors.outbox.kafka import KafkaOutbox
from pipeline.errors import WorldError
from pipeline.open_doors import OpenDoors
from pipeline.ports import ALERTS, ARTICLES, Clock, Search
from pipeline.roles import ELASTICSEARCH, FLINK, KAFKA, Role
from pipeline.settings import Settings
from pipeline.tries import lane

# What several processes read side by side; as other groups one process reads at a time.
_DIVIDED = ("post", "poll")


def open_cluster(settings: Settings, clock: Clock) -> OpenDoors:
    """The doors, none of which connects before it is used; SettingsError for a file that is not there."""
    cluster = Cluster(settings.kafka)
    log = KafkaLog(cluster, clock, _DIVIDED)
    index = ElasticsearchIndex(settings.elasticsearch, clock)
    desk = KafkaDesk(cluster)
    # There are as many parts in the work of a role as this topic has partitions.
    shares = {
        role: KafkaShare(cluster, topic, role)
        for role, topic in ((Role.POLLER, ARTICLES), (Role.JOB, ARTICLES), (Role.DELIVERER, ALERTS))
    }
    outbox = KafkaOutbox(cluster, clock, lambda target: shares[Role.DELIVERER].holds(lane(target)))

    def close() -> None:
        for share in shares.values():
            share.close()
        log.close()
        desk.close()
        outbox.close()
        index.close()
        cluster.close()

    return OpenDoors(
        log=log,
        index=index,
        desk=desk,
        outbox=outbox,
        close=close,
        share=lambda role: shares[role],
        servers={
            KAFKA: cluster.check,
            ELASTICSEARCH: lambda: index.search(Search(limit=1)),
            **({FLINK: _answers("job.endpoint", settings.job.endpoint)} if settings.job.runner == "flink" else {}),
        },
    )


def _answers(key: str, address: str) -> Callable[[], None]:
    """What raises WorldError where nobody listens at the address, which is that of a setting."""
    host, _, port = address.rpartition(":")

    def check() -> None:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=3).close()
        except OSError as error:
            raise WorldError(f"nobody answers at {address} ({key}): {error.strerror or error}") from error

    return check

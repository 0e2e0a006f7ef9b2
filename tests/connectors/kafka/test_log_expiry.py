"""Records that brokers may delete, and reading after that."""

from datetime import timedelta

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from connectors.kafka.clients import KafkaAdminClient, TopicPartition
from connectors.kafka.cluster import Cluster
from connectors.kafka.log import KafkaLog, KafkaReader
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, DECISIONS, DOCUMENTS, QUOTES, Message
from pipeline.settings.servers import Kafka
from pipeline.testing import FakeClock
from tests.connectors.kafka.conftest import LEFT_SOCKETS
from tests.servers import kafka

pytestmark = [pytest.mark.servers, *LEFT_SOCKETS]


@pytest.fixture
def settings() -> Kafka:
    return kafka(partitions=1).model_copy(update={"keep": timedelta(days=30)})


def test_indexed_records_may_be_deleted_and_records_for_decisions_may_not(
    settings: Kafka, cluster: Cluster, admin: KafkaAdminClient
) -> None:
    retained = {}
    for topic in (ARTICLES, DOCUMENTS, QUOTES, DECISIONS, ALERTS, DEAD_LETTERS):
        cluster.ensure(topic)
        described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, f"{settings.prefix}{topic}")])
        (configs,) = described["topic"].values()
        retained[topic] = configs["retention.ms"]["value"]
    a_month = str(30 * 24 * 60 * 60 * 1000)
    assert retained == {
        **dict.fromkeys((ARTICLES, DOCUMENTS, DECISIONS), a_month),
        **dict.fromkeys((QUOTES, ALERTS, DEAD_LETTERS), "-1"),
    }


def test_readers_continue_with_the_remaining_records(
    settings: Kafka, cluster: Cluster, admin: KafkaAdminClient
) -> None:
    log = KafkaLog(cluster, FakeClock())
    log.append(ARTICLES, [Message("a", f"{number}".encode()) for number in range(6)])
    log.commit("extract", log.read(ARTICLES, "extract", 2))
    admin.delete_records({TopicPartition(f"{settings.prefix}{ARTICLES}", 0): 4})
    log.close()
    log = KafkaLog(cluster, FakeClock())
    assert log.lag(ARTICLES, "extract") == 2
    assert [record.value for record in log.read(ARTICLES, "extract", 9)] == [b"4", b"5"]
    reader = KafkaReader(cluster, ARTICLES, "extract")
    assert reader.committed([0]) == {0: 4}
    result = [record for _ in range(20) for record in reader.read({0: 2}, 9, 500)]
    assert result[0].value == b"4"
    reader.close()
    log.close()


def test_a_reader_of_a_fully_deleted_topic_has_no_work(
    settings: Kafka, cluster: Cluster, admin: KafkaAdminClient
) -> None:
    log = KafkaLog(cluster, FakeClock())
    log.append(ARTICLES, [Message("a", b"1"), Message("a", b"2")])
    admin.delete_records({TopicPartition(f"{settings.prefix}{ARTICLES}", 0): 2})
    assert log.read(ARTICLES, "extract", 9) == []
    assert log.lag(ARTICLES, "extract") == 0
    log.append(ARTICLES, [Message("a", b"3")])
    assert [record.value for record in log.read(ARTICLES, "extract", 9)] == [b"3"]
    log.close()

"""Reading partitions from given offsets on, as the job does, whatever becomes of the topic."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from connectors.kafka.clients import KafkaAdminClient, TopicPartition
from connectors.kafka.cluster import Cluster
from connectors.kafka.log import KafkaLog, KafkaReader
from pipeline.errors import WorldError
from pipeline.ports import Message, Record
from pipeline.settings.servers import Kafka
from pipeline.testing import FakeClock
from tests.connectors.kafka.conftest import LEFT_SOCKETS
from tests.examples import NOON
from tests.servers import kafka

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300), *LEFT_SOCKETS]


@pytest.fixture
def settings() -> Kafka:
    return kafka(partitions=1)


class Job:
    """A reader with the places that a runner would keep for it."""

    def __init__(self, cluster: Cluster, topic: str) -> None:
        self.reader = KafkaReader(cluster, topic, "extract")
        self.places: dict[int, int] = {}

    def read(self) -> list[Record]:
        """Return what comes next; new partitions are read from their first record on."""
        self.places |= self.reader.added(self.places, 0, 1)
        records = self.reader.read(self.places, 100, 200)
        for record in records:
            self.places[record.partition] = record.offset + 1
        return records

    def until(self, *values: bytes) -> list[bytes]:
        """All that comes up to these values; the brokers may need a while."""
        deadline, result = time.monotonic() + 60, list[bytes]()
        while not {*values} <= {*result}:
            assert time.monotonic() < deadline, result
            try:
                result += [record.value for record in self.read()]
            except WorldError:
                time.sleep(0.2)
        return result


@pytest.fixture
def log(cluster: Cluster) -> Iterator[KafkaLog]:
    opened = KafkaLog(cluster, FakeClock())
    yield opened
    opened.close()


def appended(log: KafkaLog, *messages: Message) -> None:
    """Append once the brokers know the topic again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return log.append("articles", messages)
        except WorldError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_topic_created_again_is_read_from_its_first_record(
    settings: Kafka, cluster: Cluster, log: KafkaLog, admin: KafkaAdminClient
) -> None:
    log.append("articles", [Message("a", f"{number}".encode()) for number in range(5)])
    job = Job(cluster, "articles")
    assert len(job.until(b"4")) == 5
    admin.delete_topics([f"{settings.prefix}articles"])
    appended(log, Message("a", b"after"))
    result = job.until(b"after")
    assert {*result} == {b"after"}
    assert job.places == {0: len(result)}
    job.reader.close()


def test_records_that_are_gone_are_passed_over(
    settings: Kafka, cluster: Cluster, log: KafkaLog, admin: KafkaAdminClient
) -> None:
    log.append("articles", [Message("a", f"{number}".encode()) for number in range(5)])
    job = Job(cluster, "articles")
    job.places = {0: 0}
    admin.delete_records({TopicPartition(f"{settings.prefix}articles", 0): 3})
    assert job.until(b"4") == [b"3", b"4"]
    job.reader.close()


@pytest.mark.parametrize("topic", ["articles", "quotes"])
def test_partitions_that_are_added_under_way_are_read(
    settings: Kafka, cluster: Cluster, log: KafkaLog, admin: KafkaAdminClient, topic: str
) -> None:
    keys = [f"speaker {number}" for number in range(20)]
    log.append(topic, [Message(key, b"before") for key in keys])
    job = Job(cluster, topic)
    job.until(b"before")
    admin.create_partitions({f"{settings.prefix}{topic}": 3})
    deadline, result = time.monotonic() + 60, list[Record]()
    with closing(Cluster(settings)) as other, closing(KafkaLog(other, FakeClock())) as begun:
        begun.append(topic, [Message(key, f"{number}".encode()) for number in range(3) for key in keys])
    while len(result) < 3 * len(keys):
        assert time.monotonic() < deadline, result
        result += job.read()
    assert {record.partition for record in result} == {0, 1, 2}
    for key in keys:
        assert [record.value for record in result if record.key == key] == [b"0", b"1", b"2"]
    job.reader.close()


def test_differing_clocks_do_not_change_the_order(cluster: Cluster, log: KafkaLog) -> None:
    ahead = KafkaLog(cluster, FakeClock(NOON + timedelta(minutes=5)))
    for number in range(6):
        (ahead if number % 2 == 0 else log).append("articles", [Message("a", f"{number}".encode())])
    job = Job(cluster, "articles")
    in_order = [f"{number}".encode() for number in range(6)]
    assert job.until(*in_order) == in_order
    assert job.places == {0: 6}
    assert [record.value for record in log.read("articles", "extract", 10)] == in_order
    ahead.close()
    job.reader.close()


def test_a_clock_that_is_far_ahead_of_the_brokers_is_named(cluster: Cluster) -> None:
    ahead = KafkaLog(cluster, lambda: datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(WorldError, match=rf"Kafka at {cluster.kafka.brokers[0]} .*this machine's clock"):
        ahead.append("articles", [Message("a", b"1")])
    ahead.close()

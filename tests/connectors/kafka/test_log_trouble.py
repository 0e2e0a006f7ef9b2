"""Trouble with Kafka: topics that are missing, disappear or grow, and brokers that go away and come back."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.kafka.clients import KafkaAdminClient, connection
from connectors.kafka.cluster import Cluster
from connectors.kafka.desk import KafkaDesk
from connectors.kafka.log import KafkaLog, KafkaReader
from pipeline.errors import InputError, WorldError
from pipeline.model import Actor
from pipeline.ports import Message
from pipeline.run.loop import run_forever
from pipeline.settings.servers import Kafka
from pipeline.testing import FakeClock
from tests import examples
from tests.brokers import Broker, broker
from tests.connectors.kafka.conftest import LEFT_SOCKETS
from tests.servers import kafka

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300), *LEFT_SOCKETS]


@pytest.fixture
def settings() -> Kafka:
    return kafka(partitions=1)


@pytest.fixture
def log(settings: Kafka) -> Iterator[KafkaLog]:
    cluster = Cluster(settings)
    log = KafkaLog(cluster, FakeClock())
    yield log
    log.close()
    cluster.close()


@pytest.fixture
def admin(settings: Kafka) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(**connection(settings))
    yield client
    client.close()


def until(done: Callable[[], object]) -> None:
    """Wait for it; trouble with the world may come and go meanwhile."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if done():
                return
        except WorldError:
            pass
        time.sleep(0.2)
    pytest.fail("it did not come about within a minute")


def values(log: KafkaLog) -> list[bytes]:
    records = log.read("articles", "extract", 100)
    log.commit("extract", records)
    return [record.value for record in records]


def test_a_missing_topic_is_created_by_the_settings(settings: Kafka, admin: KafkaAdminClient) -> None:
    cluster = Cluster(settings.model_copy(update={"partitions": 3}))
    KafkaLog(cluster, FakeClock()).append("articles", [Message("a", b"1")])
    KafkaDesk(cluster).save(examples.actor())
    cluster.close()
    articles, actors = (f"{settings.prefix}{topic}" for topic in ("articles", "actors"))
    parts = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics([articles, actors])}
    assert parts == {articles: 3, actors: 1}


def test_a_topic_deleted_at_run_time_is_created_again(settings: Kafka, log: KafkaLog, admin: KafkaAdminClient) -> None:
    log.append("articles", [Message("a", b"1"), Message("a", b"2")])
    assert values(log) == [b"1", b"2"]
    admin.delete_topics([f"{settings.prefix}articles"])

    def appended() -> bool:
        log.append("articles", [Message("a", b"3")])
        return True

    until(appended)

    result: list[bytes] = []

    def read() -> bool:
        result.extend(values(log))
        return b"3" in result

    until(read)


def test_partitions_that_are_added_under_way_are_read(settings: Kafka, log: KafkaLog, admin: KafkaAdminClient) -> None:
    log.append("articles", [Message("a", b"1")])
    assert values(log) == [b"1"]
    admin.create_partitions({f"{settings.prefix}articles": 4})
    expected = {f"{number}".encode() for number in range(40)}
    result: set[bytes] = set()

    def all_found() -> bool:
        log.append("articles", [Message(f"key {value!r}", value) for value in expected - result])
        result.update(values(log))
        return result >= expected and log.lag("articles", "extract") == 0

    until(all_found)


def test_a_message_that_is_too_large_is_refused_with_the_setting(settings: Kafka) -> None:
    cluster = Cluster(settings.model_copy(update={"message_bytes": 1_000_000}))
    log = KafkaLog(cluster, FakeClock())
    with pytest.raises(InputError, match=r"'big' for topic .*articles has 1,000,000 bytes, kafka.message_bytes allows"):
        log.append("articles", [Message("small", b"1"), Message("big", bytes(1_000_000))])
    assert log.read("articles", "extract", 10) == []
    log.close()
    cluster.close()


def test_a_topic_that_takes_less_than_the_settings_refuses_with_the_setting(
    settings: Kafka, log: KafkaLog, admin: KafkaAdminClient
) -> None:
    name = f"{settings.prefix}articles"
    admin.create_topics(
        {name: {"num_partitions": 1, "replication_factor": 1, "configs": {"max.message.bytes": "1000"}}}
    )
    noise = bytes(hash((number, "x")) % 256 for number in range(5_000))
    with pytest.raises(InputError, match=r"larger than Kafka at .* allows \(kafka.message_bytes\)"):
        log.append("articles", [Message("a", noise)])


def test_a_server_that_is_not_kafka_is_recognised() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        cluster = Cluster(Kafka(brokers=(address,)))
        with pytest.raises(
            WorldError, match=rf"^Kafka at {address} \(kafka.brokers\)( do not answer in time, or|: KafkaTimeoutError)"
        ):
            cluster.check()
        cluster.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Broker]:
    with broker(tmp_path) as one:
        yield one


def test_an_outage_of_a_broker_is_logged_once_and_loses_nothing(own: Broker, caplog: pytest.LogCaptureFixture) -> None:
    cluster = Cluster(own.settings())
    log, desk = KafkaLog(cluster, FakeClock()), KafkaDesk(cluster)
    log.append("articles", [Message("a", b"1")])
    desk.save(examples.actor())
    stop, result, tries = threading.Event(), list[bytes](), list[float]()

    def step() -> int:
        tries.append(time.monotonic())
        assert desk.all(Actor)
        result.extend(values(log))
        return 0

    def appended() -> bool:
        log.append("articles", [Message("a", b"2")])
        return True

    reading = threading.Thread(target=run_forever, args=("reader", step, stop), kwargs={"idle": 0.1})
    with caplog.at_level(logging.WARNING, "onrecord"):
        reading.start()
        until(lambda: result == [b"1"])
        own.kill()
        before = len(tries)
        time.sleep(10)
        away = len(tries) - before
        own.start()
        until(appended)
        until(lambda: b"2" in result)
        stop.set()
        reading.join()
    log.close()
    desk.close()
    cluster.close()
    output = [record.getMessage() for record in caplog.records if record.name.startswith("onrecord")]
    assert f"127.0.0.1:{own.plain} (kafka.brokers)" in output[0]
    assert output[-1].startswith("reader: works again")
    assert len(output) <= 4
    assert away < 10


def test_a_stalled_broker_does_not_stall_a_reader(own: Broker) -> None:
    cluster = Cluster(own.settings(partitions=1))
    log = KafkaLog(cluster, FakeClock())
    log.append("articles", [Message("a", b"1")])
    reader, given_up = (KafkaReader(cluster, "articles", "extract") for _ in range(2))
    assert reader.added({}, 0, 1) == given_up.added({}, 0, 1) == {0: 0}
    with own.frozen():
        given_up.close()
        for ask in (lambda: reader.committed([0]), lambda: reader.commit({0: 1}), reader.ends):
            with pytest.raises(WorldError, match=rf"127\.0\.0\.1:{own.plain} .*kafka\.brokers"):
                ask()
        assert reader.read({0: 0}, 1, 100) == []
    until(lambda: [record.value for record in reader.read({0: 0}, 1, 100)] == [b"1"])
    reader.close()
    log.close()
    cluster.close()

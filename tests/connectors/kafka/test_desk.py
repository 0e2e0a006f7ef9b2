"""The desk and the outbox on Kafka, beyond their contracts: what several processes, crashes and time make of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest
from kafka.admin import ConfigResource

from connectors.kafka.clients import KafkaAdminClient, KafkaProducer, connection
from connectors.kafka.cluster import Cluster, Row
from connectors.kafka.desk import RETENTION, KafkaDesk, KafkaOutbox
from connectors.kafka.log import KafkaReader
from connectors.kafka.member import KafkaAssignment
from pipeline.codec import encode
from pipeline.errors import InputError
from pipeline.model import Actor, Delivery, Watch
from pipeline.settings.servers import Kafka
from pipeline.testing import FakeClock
from tests import examples
from tests.connectors.kafka.conftest import LEFT_SOCKETS
from tests.examples import NOON
from tests.servers import kafka

pytestmark = [pytest.mark.servers, *LEFT_SOCKETS]


@pytest.fixture
def settings() -> Kafka:
    return kafka()


@pytest.fixture
def other(settings: Kafka) -> Iterator[Cluster]:
    """The cluster as another process has it."""
    opened = Cluster(settings)
    yield opened
    opened.close()


def test_a_process_sees_the_records_of_another_as_a_single_change(cluster: Cluster, other: Cluster) -> None:
    own_side, other_side = KafkaDesk(cluster), KafkaDesk(other)
    version = own_side.version(Actor)
    other_side.save(examples.actor(), examples.actor("Vera Lund", id="vera-lund"), examples.watch())
    assert own_side.version(Actor) == version + 1
    assert [actor.name for actor in own_side.all(Actor)] == ["Ada Lindqvist", "Vera Lund"]
    assert other_side.remove(Actor, "vera-lund")
    assert [actor.name for actor in own_side.all(Actor)] == ["Ada Lindqvist"]
    own_side.close()
    other_side.close()


def test_a_save_that_broke_off_is_not_seen_at_all(settings: Kafka, cluster: Cluster) -> None:
    desk = KafkaDesk(cluster)
    desk.save(examples.actor(), examples.watch())
    broken = KafkaProducer(**connection(settings), transactional_id="broken", transaction_timeout_ms=2_000)
    broken.init_transactions()
    broken.begin_transaction()
    broken.send(f"{settings.prefix}actors", key=b"vera-lund", value=encode(examples.actor("Vera Lund", id="vera-lund")))
    broken.send(f"{settings.prefix}watches", key=b"all", value=encode(examples.watch(id="all")))
    broken.flush()
    broken.close(timeout=0)
    assert [actor.id for actor in desk.all(Actor)] == ["ada-lindqvist"]
    desk.save(examples.actor("Olof Berg", id="olof-berg"))
    assert [actor.id for actor in desk.all(Actor)] == ["ada-lindqvist", "olof-berg"]
    assert [watch.id for watch in desk.all(Watch)] == [examples.watch().id]
    desk.close()


def test_an_import_is_saved_in_parts_that_each_end_before_the_brokers_end_them(cluster: Cluster) -> None:
    desk = KafkaDesk(cluster)
    desk.save(*(Actor(id=f"actor-{number}", name=f"Actor {number}") for number in range(1_001)))
    assert len(desk.all(Actor)) == 1_001
    assert desk.version(Actor) == 1
    reader = KafkaReader(cluster, "actors", "look-up")
    commits = sum(reader.ends().values()) - 1_001  # the brokers write a record for each transaction
    assert commits == 3
    reader.close()
    desk.close()


def test_records_of_another_version_are_unchanged(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    desk = KafkaDesk(cluster)
    desk.save(examples.actor())
    later = encode(examples.actor(name="Ada Maria Lindqvist")).replace(b"actor/1", b"actor/9")
    cluster.append("actors", [Row("ada-lindqvist", later)])
    assert [actor.name for actor in desk.all(Actor)] == ["Ada Lindqvist"]
    assert "Actor 'ada-lindqvist' of the desk is left as it was: message has schema 'actor/9'" in caplog.text
    desk.close()


def test_a_record_that_is_too_large_is_refused(settings: Kafka) -> None:
    cluster = Cluster(settings.model_copy(update={"message_bytes": 1_000_000}))
    desk = KafkaDesk(cluster)
    with pytest.raises(InputError, match=r"kafka\.message_bytes allows"):
        desk.save(examples.actor(), examples.feed_state(known="x" * 1_000_000))
    assert desk.all(Actor) == []
    desk.close()
    cluster.close()


def delivery(name: str, *, age: timedelta = timedelta(0)) -> Delivery:
    alert = replace(examples.alert(), created=NOON - age)
    return replace(examples.delivery(alert), id=name)


def test_an_alert_older_than_the_retention_is_not_sent_again(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = KafkaOutbox(cluster, FakeClock())
    outbox.put([delivery("old", age=RETENTION), delivery("young", age=RETENTION - timedelta(minutes=1))])
    assert [result.id for result in outbox.listing()] == ["young"]
    assert "deliveries of alerts that are older than 90 days: 1 left out" in caplog.text
    outbox.close()


def test_another_process_finds_what_was_done_and_in_what_order(cluster: Cluster, other: Cluster) -> None:
    own_side, other_side = KafkaOutbox(cluster, FakeClock()), KafkaOutbox(other, FakeClock())
    own_side.put([delivery(f"{number}") for number in range(5)])
    other_side.update(replace(delivery("1"), state="done", attempts=1))
    own_side.update(replace(delivery("3"), state="done", attempts=2))
    assert [result.id for result in own_side.due(NOON, 10)] == ["0", "2", "4"]
    assert [(result.id, result.attempts) for result in other_side.listing("done")] == [("3", 2), ("1", 1)]
    assert other_side.find("3") == replace(delivery("3"), state="done", attempts=2)
    own_side.close()
    other_side.close()


def test_malformed_deliveries_are_passed_over(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    outbox = KafkaOutbox(cluster, FakeClock())
    outbox.put([delivery("a")])
    cluster.append("deliveries", [Row("b", b"{")])
    assert [result.id for result in outbox.listing()] == ["a"]
    assert "deliveries/0/1 is no delivery: 'state' is missing or wrong" in caplog.text
    outbox.close()


def test_topics_are_retained_or_compacted(settings: Kafka, cluster: Cluster) -> None:
    cluster.ensure("articles")
    desk, outbox = KafkaDesk(cluster), KafkaOutbox(cluster, FakeClock())
    desk.save(examples.actor())
    outbox.put([delivery("a")])
    desk.close()
    outbox.close()
    assert config(settings, "articles") == ("delete", "-1")
    assert config(settings, "actors")[0] == "compact"
    assert config(settings, "deliveries") == ("compact,delete", str(RETENTION // timedelta(milliseconds=1)))


def config(settings: Kafka, topic: str) -> tuple[str, str]:
    """Return how the topic is cleaned up, and for how many milliseconds it is kept."""
    admin = KafkaAdminClient(**connection(settings))
    name = f"{settings.prefix}{topic}"
    described = admin.describe_configs([ConfigResource("topic", name)], config_filter="all")
    admin.close()
    values = next(iter(described.values()))[name]
    return values["cleanup.policy"]["value"], values["retention.ms"]["value"]


def test_shares_are_assigned_without_overlap_and_released(cluster: Cluster, other: Cluster) -> None:
    keys = [f"host {number}" for number in range(50)]
    own_side, other_side = KafkaAssignment(cluster, "articles", "poller"), KafkaAssignment(other, "articles", "poller")
    given_up: list[int] = []

    def held(share: KafkaAssignment) -> set[str]:
        return {key for key in keys if share.holds(key)}

    def renew(*shares: KafkaAssignment) -> None:
        """Renew them at the same time, as their processes do: a member that renews alone waits for the others."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda share: share.renew(lambda: given_up.append(len(held(own_side)))), shares))

    while held(own_side) != {*keys}:
        renew(own_side)
    while not held(other_side) or not held(own_side):
        renew(own_side, other_side)
        assert not held(own_side) & held(other_side)
    assert held(own_side) | held(other_side) == {*keys}
    assert given_up[0] == 0, "something was still ours when we were asked to let go"
    other_side.close()
    while held(own_side) != {*keys}:
        renew(own_side)
    own_side.close()


def test_an_assignment_renewed_late_is_divided_again_at_once(cluster: Cluster, other: Cluster) -> None:
    own_side, other_side = KafkaAssignment(cluster, "articles", "poller"), KafkaAssignment(other, "articles", "poller")
    stop, dealt = Event(), list[str]()

    def keep_renewing(share: KafkaAssignment, name: str) -> None:
        while not stop.wait(1):
            share.renew(lambda: dealt.append(name))

    while not own_side.holds("a"):
        own_side.renew(lambda: None)
    waiting = [
        Thread(target=keep_renewing, args=(share, name)) for share, name in ((other_side, "theirs"), (own_side, "ours"))
    ]
    waiting[0].start()
    stop.wait(2)  # they have asked to join, and wait for us
    waiting[1].start()
    keys = [f"host {number}" for number in range(50)]
    try:
        while not (any(map(other_side.holds, keys)) and any(map(own_side.holds, keys))):
            stop.wait(0.1)
        stop.wait(9)  # heartbeats, with which we would hear that the group deals anew
        held = [any(map(share.holds, keys)) for share in (own_side, other_side)]
    finally:
        stop.set()
        for thread in waiting:
            thread.join()
    own_side.close()
    other_side.close()
    assert held == [True, True]
    assert len(dealt) <= 2, "the group dealt again and again"

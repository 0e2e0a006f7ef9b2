"""Shares in the work of a group: each part is somebody's, whatever its members and the brokers have been through."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.base import BaseCoordinator

from connectors.kafka import member
from connectors.kafka.cluster import Cluster
from connectors.kafka.log import KafkaLog
from connectors.kafka.member import KafkaAssignment
from pipeline.ports import Message
from pipeline.settings.servers import Kafka
from pipeline.testing import FakeClock
from tests.connectors.kafka.conftest import LEFT_SOCKETS
from tests.servers import kafka

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), *LEFT_SOCKETS]

KEY = "job"


@pytest.fixture
def settings() -> Kafka:
    return kafka(partitions=1)


@pytest.fixture
def other(settings: Kafka) -> Iterator[Cluster]:
    """The cluster as another process has it."""
    opened = Cluster(settings)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members look often at what the brokers say of their group."""
    monkeypatch.setattr(member, "_LOOK_SECONDS", 1.0)


@pytest.fixture
def dealers(monkeypatch: pytest.MonkeyPatch) -> Collection[str]:
    """The member that assigns: the first one assigns nothing, like a member that never hears of the partitions."""
    deals, assign = dict[str, None](), RangePartitionAssignor.assign

    class Nothing:
        def partitions_for_topic(self, topic: str) -> None:
            return None

    def nothing_at_first(cluster: Any, members: Any) -> Any:
        (dealer,) = (each.member_id for each in members)
        deals[dealer] = None
        return assign(Nothing() if dealer == next(iter(deals)) else cluster, members)

    monkeypatch.setattr(RangePartitionAssignor, "assign", staticmethod(nothing_at_first))
    return deals.keys()


def until(done: Callable[[], object]) -> None:
    """Wait for it, which may well take long on a busy machine."""
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@contextmanager
def renewed(share: KafkaAssignment, let_go: Callable[[], None] = lambda: None) -> Iterator[KafkaAssignment]:
    """The share, renewed again and again by a thread of its own as every process does, and closed in the end."""
    stop = Event()

    def work() -> None:
        while not stop.wait(0.2):
            share.renew(let_go)

    thread = Thread(target=work)
    thread.start()
    try:
        yield share
    finally:
        stop.set()
        thread.join()
        share.close()


def test_unassigned_parts_are_assigned_again(cluster: Cluster, dealers: Collection[str]) -> None:
    with renewed(KafkaAssignment(cluster, "articles", "job")) as own_side:
        until(lambda: own_side.holds(KEY))
    assert len(dealers) == 2


def test_a_standby_process_does_not_disturb_the_owner(
    cluster: Cluster, other: Cluster, settings: Kafka, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        renewed(KafkaAssignment(cluster, "articles", "job")) as own_side,
        renewed(KafkaAssignment(other, "articles", "job")) as other_side,
    ):
        until(lambda: members(cluster, settings) == 2 and own_side.holds(KEY) != other_side.holds(KEY))
        held = own_side.holds(KEY)
        time.sleep(5)  # in which each looks several times at what the brokers say
        assert (own_side.holds(KEY), other_side.holds(KEY)) == (held, not held)
    assert "joining again" not in caplog.text


def members(cluster: Cluster, settings: Kafka) -> int:
    """Return how many share the work, where the brokers have dealt it out."""
    name = f"{settings.prefix}articles.job"
    with cluster.admin() as admin:
        group = admin.describe_groups([name])[name]
    return len(group["members"]) if group["group_state"] == "Stable" else 0


def test_a_member_that_lost_its_membership_unnoticed_releases_its_parts(
    cluster: Cluster, other: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its heartbeats have ended, so it joins again, and each part belongs to one member."""
    monkeypatch.setattr(member, "_SESSION_MS", 6_000)  # the least that brokers allow
    given_up: list[str] = []
    with renewed(KafkaAssignment(cluster, "articles", "job"), lambda: given_up.append("let go")) as own_side:
        until(lambda: own_side.holds(KEY))
        with monkeypatch.context() as patched:
            patched.setattr(BaseCoordinator, "_send_heartbeat_request", _unsent)
            until(lambda: given_up)
        with renewed(KafkaAssignment(other, "articles", "job")) as other_side:
            until(lambda: own_side.holds(KEY) != other_side.holds(KEY))


async def _unsent(_: BaseCoordinator) -> None:
    """A heartbeat that never leaves."""


def test_a_reader_without_partitions_joins_again(cluster: Cluster, dealers: Collection[str]) -> None:
    log = KafkaLog(cluster, FakeClock(), divided=["post"])
    log.append("alerts", [Message("a", b"1")])
    result: list[bytes] = []

    def read() -> list[bytes]:
        result.extend(record.value for record in log.read("alerts", "post", 10))
        return result

    until(read)
    assert result == [b"1"]
    assert len(dealers) == 2
    log.close()

"""Membership in a consumer group of Kafka, and the assignment of work to the members.

A member joins again if the brokers disagree with it about the group.
"""

import logging
from collections.abc import Callable, Iterable
from hashlib import blake2b
from threading import Lock
from time import monotonic
from typing import Any, Final

from connectors.kafka.clients import LEAVING_MS, ConsumerRebalanceListener, KafkaConsumer, explained, group_id
from connectors.kafka.cluster import POLL_MS, Cluster
from pipeline.errors import WorldError

_LOOK_SECONDS: Final = 30.0  # between two checks of the group, each of which takes a connection

_SETTLED: Final = frozenset({"Stable", "Empty", "Dead"})  # KIP-518; in other states a rebalance is under way

logger = logging.getLogger("onrecord.kafka")


class Member:
    """A member of a group that shares the partitions of a topic; for one thread at a time.

    A member of kafka-python 3.0.12 can stay without a part for ever: as a leader that assigned none and never
    rebalances, or because its heartbeats have ended, so that it does not learn that it is no longer a member. Either
    way, the description of the group by the brokers shows it.
    """

    def __init__(
        self, cluster: Cluster, topic: str, group: str, session_ms: int, listener: ConsumerRebalanceListener
    ) -> None:
        self._cluster = cluster
        self._topic = topic
        self._group = group_id(cluster.kafka, topic, group)
        self._session_ms = session_ms
        self._listener = listener
        self._consumer: KafkaConsumer | None = None
        self._look_at = 0.0

    def consumer(self) -> KafkaConsumer:
        """Return the consumer, which joins the group on a poll; a new one if the brokers do not know the old one."""
        if self._consumer and self._is_lost(self._consumer):
            logger.warning("group %s has parts that no member owns; joining again", self._group)
            self.leave()
        if self._consumer is None:
            self._consumer = self._opened()
            self._look_at = monotonic() + _LOOK_SECONDS
        return self._consumer

    def leave(self) -> None:
        """Leave the group, so that other members take over at once."""
        consumer, self._consumer = self._consumer, None
        if consumer:
            consumer.close(autocommit=False, timeout_ms=LEAVING_MS)

    def _opened(self) -> KafkaConsumer:
        """Return a consumer with the metadata of the topic; a leader without metadata would assign no partitions."""
        self._cluster.ensure(self._topic)
        name = self._cluster.name(self._topic)
        consumer = self._cluster.consumer(group_id=self._group, session_timeout_ms=self._session_ms)
        consumer.subscribe([name], listener=self._listener)
        try:
            with explained(self._cluster.kafka):
                consumer.partitions_for_topic(name)
        except WorldError:
            consumer.close(autocommit=False, timeout_ms=0)
            raise
        return consumer

    def _is_lost(self, consumer: KafkaConsumer) -> bool:
        """Return whether the member has parts but is unknown to the brokers, or nobody has any parts."""
        if monotonic() < self._look_at:
            return False
        self._look_at = monotonic() + _LOOK_SECONDS
        try:
            with self._cluster.admin() as admin:
                group = admin.describe_groups([self._group])[self._group]
        except WorldError:
            return False  # this says nothing about the group; the consumer retries by itself
        if group["group_state"] not in _SETTLED:
            return False
        assignments = {member["member_id"]: member["member_assignment"] or {} for member in group["members"]}
        if consumer.assignment():
            return consumer.group_metadata().member_id not in assignments
        parts = [
            topic["partitions"]
            for assignment in assignments.values()
            for topic in assignment.get("assigned_partitions", ())
        ]
        return not any(parts)


_SESSION_MS: Final = 20_000  # after this time the parts of a killed process are reassigned

# Time for all members to learn of a rebalance by their next heartbeat, and to join. kafka-python 3.0.12 forgets the
# assignment of a member that does not wait for it; that member then joins again, and so must all others.
_DEALING_SECONDS: Final = 5.0


class KafkaAssignment:
    """The assignment of the members of `group`: as many parts as `topic` has partitions. The topic is never read."""

    def __init__(self, cluster: Cluster, topic: str, group: str) -> None:
        self._cluster = cluster
        self._topic = topic
        self._lock = Lock()
        self._assigned = _Parts()
        self._member = Member(cluster, topic, group, _SESSION_MS, self._assigned)
        self._parts = 1

    def renew(self, let_go: Callable[[], None]) -> None:
        """See `Assignment`. The group waits for `let_go`, at most _SESSION_MS; we wait for a rebalance to end."""
        with self._lock, explained(self._cluster.kafka):
            self._assigned.let_go = let_go
            consumer = self._assigned.consumer = self._member.consumer()
            consumer.poll(timeout_ms=0 if self._assigned.parts else POLL_MS, max_records=1)
            until = monotonic() + _DEALING_SECONDS
            while self._assigned.rebalancing and monotonic() < until:
                consumer.poll(timeout_ms=POLL_MS, max_records=1)
            self._parts = len(consumer.partitions_for_topic(self._cluster.name(self._topic))) or 1

    def holds(self, key: str) -> bool:
        """See `Assignment`."""
        number = int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest())
        return number % self._parts in self._assigned.parts

    def close(self) -> None:
        """Leave the group, so that other members take over at once."""
        with self._lock:
            self._assigned.let_go = _no_op
            self._member.leave()


class _Parts(ConsumerRebalanceListener):
    """The parts of this process; kafka-python calls this listener in its own thread."""

    def __init__(self) -> None:
        self.consumer: KafkaConsumer | None = None
        self.parts: frozenset[int] = frozenset()
        self.rebalancing = True
        self.let_go: Callable[[], None] = _no_op

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        """Give up all parts until the rebalance ends, after the work under way has ended."""
        previous, self.parts, self.rebalancing = self.parts, frozenset(), True
        if previous:
            self.let_go()

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Take over these parts."""
        if self.consumer:
            self.consumer.pause(*assigned)
        self.parts = frozenset(place.partition for place in assigned)
        self.rebalancing = False


def _no_op() -> None:
    pass

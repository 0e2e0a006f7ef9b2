"""Assignment of work to parallel processes by a consumer group of Kafka."""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from threading import Lock
from time import monotonic
from typing import Any, Final

from connectors.kafka.clients import ConsumerRebalanceListener, KafkaConsumer, explained
from connectors.kafka.cluster import POLL_MS, Cluster
from connectors.kafka.member import Member

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
        self._dealt = _Dealt()
        self._member = Member(cluster, topic, group, _SESSION_MS, self._dealt)
        self._parts = 1

    def renew(self, let_go: Callable[[], None]) -> None:
        """As in `Assignment`. The group waits for `let_go`, at most _SESSION_MS; we wait for a rebalance to end."""
        with self._lock, explained(self._cluster.kafka):
            self._dealt.let_go = let_go
            consumer = self._dealt.consumer = self._member.consumer()
            consumer.poll(timeout_ms=0 if self._dealt.parts else POLL_MS, max_records=1)
            until = monotonic() + _DEALING_SECONDS
            while self._dealt.dealing and monotonic() < until:
                consumer.poll(timeout_ms=POLL_MS, max_records=1)
            self._parts = len(consumer.partitions_for_topic(self._cluster.name(self._topic))) or 1

    def holds(self, key: str) -> bool:
        """As in `Assignment`."""
        number = int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest())
        return number % self._parts in self._dealt.parts

    def close(self) -> None:
        """Leave the group, so that other members take over at once."""
        with self._lock:
            self._dealt.let_go = _nothing
            self._member.leave()


class _Dealt(ConsumerRebalanceListener):
    """The parts of this process; kafka-python calls this listener in its own thread."""

    def __init__(self) -> None:
        self.consumer: KafkaConsumer | None = None
        self.parts: frozenset[int] = frozenset()
        self.dealing = True
        self.let_go: Callable[[], None] = _nothing

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        """Give up all parts until the rebalance ends, after the work under way has ended."""
        held, self.parts, self.dealing = self.parts, frozenset(), True
        if held:
            self.let_go()

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Take over these parts."""
        if self.consumer:
            self.consumer.pause(*assigned)
        self.parts = frozenset(place.partition for place in assigned)
        self.dealing = False


def _nothing() -> None:
    pass

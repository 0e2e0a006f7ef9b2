"""Membership in a consumer group of Kafka, which is begun anew where the brokers see it otherwise than the member."""

import logging
from time import monotonic
from typing import Final

from connectors.kafka.clients import LEAVING_MS, ConsumerRebalanceListener, KafkaConsumer, explained, group_id
from connectors.kafka.cluster import Cluster
from pipeline.errors import WorldError

_LOOK_SECONDS: Final = 30.0  # between two looks at the group: one takes a connection of its own

_SETTLED: Final = frozenset({"Stable", "Empty", "Dead"})  # KIP-518; in other states, parts are being dealt out

logger = logging.getLogger("onrecord.kafka")


class Member:
    """A member of a group that deals out the topic's partitions; to be used by one thread at a time.

    One of kafka-python 3.0.12 can be left without a part for ever: as the leader that dealt out none, and is not moved
    to deal anew, or when its heartbeats have ended and with them what tells it that it is no member any more. Whatever
    the cause, it shows in what the brokers say of the group.
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
        """The consumer, which joins the group when it is polled; another one where the brokers knew nothing of ours."""
        if self._consumer and self._is_lost(self._consumer):
            logger.warning("group %s has nothing for a member, and nobody who has it; joining anew", self._group)
            self.leave()
        if self._consumer is None:
            self._consumer = self._opened()
            self._look_at = monotonic() + _LOOK_SECONDS
        return self._consumer

    def leave(self) -> None:
        """Leave the group, so that others take over at once."""
        consumer, self._consumer = self._consumer, None
        if consumer:
            consumer.close(autocommit=False, timeout_ms=LEAVING_MS)

    def _opened(self) -> KafkaConsumer:
        """One that has looked at the topic: who has to deal before it has heard of the partitions deals out none."""
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
        """Whether it has parts and is no member for the brokers, or has none, and nor has anybody else."""
        if monotonic() < self._look_at:
            return False
        self._look_at = monotonic() + _LOOK_SECONDS
        try:
            with self._cluster.admin() as admin:
                group = admin.describe_groups([self._group])[self._group]
        except WorldError:
            return False  # which is no news of the group; the consumer has its own tries at the brokers
        if group["group_state"] not in _SETTLED:
            return False
        dealt = {each["member_id"]: each["member_assignment"] or {} for each in group["members"]}
        if consumer.assignment():
            return consumer.group_metadata().member_id not in dealt
        parts = [topic["partitions"] for each in dealt.values() for topic in each.get("assigned_partitions", ())]
        return not any(parts)

"""Membership in a consumer group of Kafka; the member joins again if the brokers disagree with it."""

import logging
from time import monotonic
from typing import Final

from connectors.kafka.clients import LEAVING_MS, ConsumerRebalanceListener, KafkaConsumer, explained, group_id
from connectors.kafka.cluster import Cluster
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
        dealt = {each["member_id"]: each["member_assignment"] or {} for each in group["members"]}
        if consumer.assignment():
            return consumer.group_metadata().member_id not in dealt
        parts = [topic["partitions"] for each in dealt.values() for topic in each.get("assigned_partitions", ())]
        return not any(parts)

"""The door to the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

ARTICLES = "articles"
DOCUMENTS = "documents"  # in a cluster, on the way to the index
QUOTES = "quotes"
DECISIONS = "decisions"  # in a cluster, on the way to the index
ALERTS = "alerts"
DEAD_LETTERS = "dead-letters"


@dataclass(frozen=True, slots=True)
class Message:
    """What is appended to a log; records of one key keep their order."""

    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A message in its place in the log; `timestamp` is log time, when it was appended."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: str
    value: bytes
    headers: Mapping[str, str]

    @property
    def origin(self) -> str:
        """Its place as one string, "articles/0/42"."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class Log(Protocol):
    """A durable log with topics, partitions, keys, offsets and consumer groups, in Kafka's sense of the words.

    Called by: the poller and `ingest` (append), each pipeline step (read, append, commit).
    """

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        """Append in order, all or nothing; durable when it returns. A repeated call appends again."""

    def read(self, topic: str, group: str, most: int) -> list[Record]:
        """Up to `most` records after the group's committed offsets, at once; without a commit, the same ones again."""

    def commit(self, group: str, records: Sequence[Record]) -> None:
        """The group is done with these records and all before them."""


class Backlog(Protocol):
    """How far consumer groups are behind, for metrics and `doctor`."""

    def lag(self, topic: str, group: str) -> int:
        """Number of records after the group's committed offsets."""


class Trim(Protocol):
    """Lets go of old log records, where the log does not do so by itself."""

    def __call__(self, topic: str, group: str, before: datetime, most: int) -> int:
        """Delete up to `most` records of each partition, from its start on, appended before `before`; how many went.

        None that `group`, or any other group that has committed on the topic, has still to read. Offsets stay as they
        are and go on.
        """

"""The open doors of a profile, one for each thing that a process keeps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.ports import Archive, Backlog, Desk, Dispatch, Index, Log, Memory, Share, Trim
from pipeline.roles import Role
from pipeline.shares import Alone


class MeasuredLog(Log, Backlog, Protocol):
    """A log that can say how far its readers are."""


class RememberingIndex(Index, Archive, Memory, Protocol):
    """An index that can be asked for whole records and for what it remembers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDoors:
    """What a profile opens; safe to use from several threads.

    `share` is what a process has of the work of a role. `servers` are those of a cluster by name, each with what raises
    where it cannot be worked with. `trim` is None where servers keep the log.
    """

    log: MeasuredLog
    index: RememberingIndex
    desk: Desk
    outbox: Dispatch
    close: Callable[[], None]
    share: Callable[[Role], Share] = lambda role: Alone()
    servers: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    trim: Trim | None = None

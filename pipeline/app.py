"""The composition root: the one place where doors are chosen."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.ports import Archive, Backlog, Clock, Deliveries, Desk, Index, Log, Memory, Notifier, Outbox
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class App:
    """The settings with every door opened; safe to use from several threads."""

    settings: Settings
    clock: Clock
    log: Log
    backlog: Backlog
    index: Index
    archive: Archive
    memory: Memory
    desk: Desk
    outbox: Outbox
    deliveries: Deliveries
    notifier: Callable[[str], Notifier]
    close: Callable[[], None]

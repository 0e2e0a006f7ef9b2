"""Retention of the log on one machine: old records that every reader has processed are deleted in small batches."""

import threading
from typing import Final

from pipeline.feeds.websub import PUSHES
from pipeline.run.loop import run_forever
from pipeline.run.metrics import GROUPS
from pipeline.services import Services

_READ: Final = (*GROUPS, (PUSHES, "poll"))  # the topics with their readers

_BATCH: Final = 250  # records; other writers wait for one batch at most

_PAUSE_SECONDS: Final = 2.0


def trim(services: Services) -> int:
    """Delete one batch of each topic and return the number of records deleted.

    A record is deleted once it is older than `keep.log` and its readers have processed it; its results are in the
    index. Dead letters stay.
    """
    if services.log_retention is None or not services.settings.keep.log:
        return 0
    before = services.clock() - services.settings.keep.log
    return sum(services.log_retention(topic, group, before, _BATCH) for topic, group in _READ)


def keep(services: Services, stop: threading.Event) -> None:
    """Delete batches until `stop` is set."""

    def step() -> None:
        trim(services)

    run_forever("retention", step, stop, idle=_PAUSE_SECONDS)

"""How long the log on one machine is kept: what is older and done with is deleted, a few records at a time."""

import threading
from typing import Final

from pipeline.feeds.websub import PUSHES
from pipeline.run.loop import run_forever
from pipeline.run.metrics import GROUPS
from pipeline.services import Services

_READ: Final = (*GROUPS, (PUSHES, "poll"))  # the topics, and who has to be done with them

_BATCH: Final = 250  # records; what else writes waits for no longer than they take

_PAUSE_SECONDS: Final = 2.0


def trim(services: Services) -> int:
    """One batch of each topic; how many records were deleted.

    A record goes once it is older than `keep.log` and its readers are done with it; what came of it is in the index.
    Dead letters stay.
    """
    if services.log_retention is None or not services.settings.keep.log:
        return 0
    before = services.clock() - services.settings.keep.log
    return sum(services.log_retention(topic, group, before, _BATCH) for topic, group in _READ)


def keep(services: Services, stop: threading.Event) -> None:
    """Batch after batch until told to stop."""

    def step() -> None:
        trim(services)

    run_forever("retention", step, stop, idle=_PAUSE_SECONDS)

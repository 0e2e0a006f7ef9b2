"""How long the log on one machine is kept: what is older and done with is deleted, a few records at a time."""

import threading
from typing import Final

from pipeline.app import App
from pipeline.loop import keep_on
from pipeline.metrics import GROUPS
from pipeline.websub import PUSHES

_READ: Final = (*GROUPS, (PUSHES, "poll"))  # the topics, and who has to be done with them
_BATCH: Final = 250  # records; what else writes waits for no longer than they take
_PAUSE_SECONDS: Final = 2.0


def trim(app: App) -> int:
    """One batch of each topic; how many records were deleted.

    A record goes once it is older than `keep.log` and its readers are done with it; what came of it is in the index.
    Dead letters stay.
    """
    if app.trim is None or not app.settings.keep.log:
        return 0
    before = app.clock() - app.settings.keep.log
    return sum(app.trim(topic, group, before, _BATCH) for topic, group in _READ)


def keep(app: App, stop: threading.Event) -> None:
    """Batch after batch until told to stop."""

    def step() -> None:
        trim(app)

    keep_on("keeping", step, stop, idle=_PAUSE_SECONDS)

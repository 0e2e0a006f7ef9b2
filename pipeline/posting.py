"""The step from the alerts log to the outbox."""

import threading
from collections import Counter
from typing import Final

from pipeline import deliver, steps
from pipeline.app import App
from pipeline.loop import keep_on
from pipeline.metrics import metrics
from pipeline.model import Alert, Watch
from pipeline.ports import ALERTS, DEAD_LETTERS

_BATCH: Final = 250
_IDLE_SECONDS: Final = 0.05


class Poster:
    """Alerts to deliveries in the outbox, by the watches as they are now. Several side by side share the alerts."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._watches: list[Watch] = []
        self._version = -1

    def step(self) -> Counter[str]:
        """One batch; what it came to, nothing where there was nothing to do."""
        records = self._app.log.read(ALERTS, "post", _BATCH)
        if not records:
            return Counter()
        self._refresh()
        arrivals, unread = steps.read(Alert, records)
        self._app.outbox.put(deliver.deliveries([alert for _, alert in arrivals], self._watches))
        if unread:
            now = self._app.clock()
            self._app.log.append(DEAD_LETTERS, [steps.dead_letter(failure, now) for failure in unread])
        self._app.log.commit("post", records)
        return Counter({"posted": len(arrivals), "dead-lettered alerts": len(unread)})

    def run(self, stop: threading.Event) -> None:
        """Batch after batch until told to stop."""

        def step() -> Counter[str]:
            done = self.step()
            metrics().count_steps(done)
            return done

        keep_on("posting", step, stop, idle=_IDLE_SECONDS)

    def _refresh(self) -> None:
        version = self._app.desk.version(Watch)
        if version != self._version:
            self._watches = self._app.desk.all(Watch)
            self._version = version

"""The step from the alerts log to the outbox."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from pipeline.alerts import schedule
from pipeline.model import Alert, Delivery, Mute, Watch
from pipeline.ports import ALERTS, DEAD_LETTERS
from pipeline.run import steps
from pipeline.run.loop import run_forever
from pipeline.run.metrics import metrics
from pipeline.services import Services

_BATCH: Final = 250

_PAGE: Final = 200

_IDLE_SECONDS: Final = 0.05


class DeliveryPlanner:
    """Puts a delivery into the outbox for each alert, by the current watches and mutes.

    Several planners may share the alerts; deliveries that they plan at the same moment may exceed a daily cap.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._watches: list[Watch] = []
        self._mutes: list[Mute] = []
        self._version = (-1, -1)

    def step(self) -> Counter[str]:
        """Process one batch and return its counts; they are empty if there was no alert."""
        records = steps.whole_keys(self._services.log.read(ALERTS, "post", _BATCH), _BATCH)
        if not records:
            return Counter()
        self._refresh()
        arrivals, unread = steps.read(Alert, records)
        alerts = [alert for _, alert in arrivals]
        self._services.outbox.put(self._planned(alerts))
        now = self._services.clock()
        for alert in alerts:
            metrics().time("alert", now - alert.created)
        if unread:
            self._services.log.append(DEAD_LETTERS, [steps.dead_letter(failure, now) for failure in unread])
        self._services.log.commit("post", records)
        return Counter({"posted": len(arrivals), "dead-lettered alerts": len(unread)})

    def run(self, stop: threading.Event) -> None:
        """Process batches until `stop` is set."""

        def step() -> Counter[str]:
            done = self.step()
            metrics().count_steps(done)
            return done

        run_forever("posting", step, stop, idle=_IDLE_SECONDS)

    def _planned(self, alerts: Sequence[Alert]) -> tuple[Delivery, ...]:
        now = self._services.clock()
        since = schedule.counted_since(alerts, self._watches, now)
        earlier = self._deliveries_since(since) if since else ()
        return schedule.deliveries(alerts, self._watches, now, mutes=self._mutes, earlier=earlier)

    def _deliveries_since(self, since: datetime) -> Iterator[Delivery]:
        before = ""
        while page := self._services.outbox.listing(None, _PAGE, before):
            yield from (each for each in page if each.alert.created >= since)
            if page[-1].alert.created < since:
                return
            before = page[-1].id

    def _refresh(self) -> None:
        desk = self._services.desk
        version = (desk.version(Watch), desk.version(Mute))
        if version != self._version:
            self._watches, self._mutes = desk.all(Watch), desk.all(Mute)
            self._version = version

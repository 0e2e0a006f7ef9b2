"""Deliveries from pending to done: what is sent when, tried again, and given up."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pipeline.errors import OnRecordError, RefusedError, WorldError
from pipeline.model import Alert, Delivery, Watch, content_id
from pipeline.ports import Clock, Notifier, Outbox

# Pauses before the 2nd, 3rd … try, as Standard Webhooks proposes; together two days.
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 18000, 36000, 50400, 57600))


def deliveries(alerts: Iterable[Alert], watches: Iterable[Watch]) -> tuple[Delivery, ...]:
    """One delivery for each alert and target of its watch."""
    targets = {watch.id: watch.deliver for watch in watches}
    return tuple(
        Delivery(id=content_id("delivery", alert.id, target), alert=alert, target=target)
        for alert in alerts
        for target in targets.get(alert.watch_id, ())
    )


def after(delivery: Delivery, error: OnRecordError | None, now: datetime, jitter: float) -> Delivery:
    """The delivery after a try that met this error, or None."""
    attempts = delivery.attempts + 1
    if error is None:
        return replace(delivery, state="done", attempts=attempts, last_error="")
    tried = replace(delivery, attempts=attempts, last_error=str(error))
    if not isinstance(error, WorldError) or isinstance(error, RefusedError) or attempts > len(PAUSES):
        return replace(tried, state="failed")
    pause = PAUSES[attempts - 1] * (1 + jitter / 5)
    return replace(tried, next_try=now + max(pause, error.retry_after or pause))


class Deliverer:
    """Sends what is due in the outbox."""

    def __init__(
        self, outbox: Outbox, notifier: Callable[[str], Notifier], clock: Clock, random: Callable[[], float]
    ) -> None:
        self._outbox = outbox
        self._notifier = notifier
        self._clock = clock
        self._random = random

    def run(self, stop: threading.Event) -> None:
        """Send what is due until told to stop."""
        while not stop.wait(0.2):
            self.send_due()

    def send_due(self) -> int:
        """One round; how many deliveries were tried."""
        due = self._outbox.due(self._clock(), 100)
        for delivery in due:
            self._outbox.update(self._try(delivery))
        return len(due)

    def _try(self, delivery: Delivery) -> Delivery:
        try:
            self._notifier(delivery.target).send(delivery)
        except OnRecordError as error:
            return after(delivery, error, self._clock(), self._random())
        return after(delivery, None, self._clock(), self._random())

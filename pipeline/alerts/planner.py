"""The step from the alerts log to the outbox."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from pipeline.alerts import schedule
from pipeline.alerts.speakers import silence
from pipeline.desk import members
from pipeline.model import EPOCH, Alert, Decision, Delivery, Group, Mute, Watch
from pipeline.model.query import Search, Term
from pipeline.ports import ALERTS, DEAD_LETTERS
from pipeline.run import steps
from pipeline.run.loop import run_forever
from pipeline.run.metrics import metrics
from pipeline.services import Services
from pipeline.text import words

_BATCH: Final = 250

_PAGE: Final = 200

_IDLE_SECONDS: Final = 0.05

_SILENCES_EVERY: Final = timedelta(minutes=5)


class DeliveryPlanner:
    """Puts a delivery into the outbox for each alert, by the current watches and mutes.

    Several planners may share the alerts; deliveries that they plan at the same moment may exceed a daily cap.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._watches: list[Watch] = []
        self._mutes: list[Mute] = []
        self._version = (-1, -1)
        self._silences_at = EPOCH  # when silences were last looked for

    def step(self) -> Counter[str]:
        """Process one batch and return its counts; they are empty if there was no alert."""
        now = self._services.clock()
        if now >= self._silences_at + _SILENCES_EVERY:
            self._silences_at = now
            self._put_silences(now)
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

    def _put_silences(self, now: datetime) -> None:
        """Put a delivery into the outbox for each silence that is over by now; one that is there stays as it is."""
        self._refresh()
        watches = [watch for watch in self._watches if watch.silence and not watch.paused]
        groups = {group.id: group for group in self._services.desk.all(Group)} if watches else {}
        alerts = [
            alert
            for watch in watches
            for actor in sorted(members(watch.by, groups))
            if (last := self._last_report(actor)) and (alert := silence(last, watch, now))
        ]
        if alerts:
            self._services.outbox.put(self._planned(alerts))

    def _last_report(self, actor: str) -> Decision | None:
        """Return the decision about the actor's quote that was published last."""
        query = Term(words(actor), "speaker")
        hits = self._services.index.search(Search(collection="quotes", query=query, limit=1)).hits
        return next(iter(self._services.index.verdicts([hit.id for hit in hits]).values()), None)

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

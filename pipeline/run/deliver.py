"""Deliveries: planned from the alerts log into the outbox, sent when due, retried, and given up in the end.

Deliveries to one host form a lane: they are sent in order, one at a time. A slow or dead receiver therefore delays
nobody else.
"""

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, Literal

from pipeline.alerts import schedule
from pipeline.alerts.advice import Adviser
from pipeline.alerts.brief import addressees, briefs, day_due
from pipeline.alerts.match import sound
from pipeline.alerts.schedule import (
    after_attempt,
    after_clock_jump,
    end_of_quiet,
    join,
    quiet_hours,
    requested_pause,
)
from pipeline.alerts.speakers import silence
from pipeline.desk import members
from pipeline.errors import OnRecordError, WorldError
from pipeline.model import EPOCH, Alert, Change, Decision, Delivery, Group, Mute, Watch
from pipeline.model.query import Search, Term
from pipeline.ports import ALERTS, DEAD_LETTERS, Assignment, Clock, Notifier, OutboxStore, SoleOwner
from pipeline.run import steps
from pipeline.run.loop import run_forever
from pipeline.run.metrics import metrics
from pipeline.services import Services
from pipeline.text import words
from pipeline.text.targets import masked, receiver_key, without

_ALERTS_PER_BATCH: Final = 250

_PLANNED_PER_PAGE: Final = 200

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
        self._briefed: date | None = None  # the day whose brief was planned last
        self._adviser: Adviser | None = None  # opened for the first alerts, as it counts the day's requests

    def step(self) -> Counter[str]:
        """Process one batch and return its counts; they are empty if there was no alert."""
        now = self._services.clock()
        if now >= self._silences_at + _SILENCES_EVERY:
            self._silences_at = now
            self._put_silences(now)
        self._put_brief(now)
        records = steps.whole_keys(self._services.log.read(ALERTS, "post", _ALERTS_PER_BATCH), _ALERTS_PER_BATCH)
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
        planned = schedule.deliveries(alerts, self._watches, now, mutes=self._mutes, earlier=earlier)
        return self._advised(planned)

    def _advised(self, planned: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
        """Return the deliveries that are not in the outbox yet, with the answers of translator and reviewer."""
        services = self._services
        if not services.translator and not services.reviewer:
            return planned
        if self._adviser is None:
            today = services.clock().replace(hour=0, minute=0, second=0, microsecond=0)
            self._adviser = Adviser(
                services.settings,
                services.translator,
                services.reviewer,
                services.index,
                services.clock,
                earlier=self._deliveries_since(today),
            )
        return self._adviser.advised([delivery for delivery in planned if services.outbox.find(delivery.id) is None])

    def _put_silences(self, now: datetime) -> None:
        """Put a delivery into the outbox for each silence that is long enough; an existing one stays as it is."""
        self._refresh()
        watches = [watch for watch in self._watches if watch.silence and not watch.paused]
        groups = {group.id: group for group in self._services.desk.all(Group)} if watches else {}
        alerts = [
            alert
            for watch in watches
            for actor in sorted(members(watch.by, groups))
            if (last_report := self._last_report(actor)) and (alert := silence(last_report, watch, now))
        ]
        if alerts:
            self._services.outbox.put(self._planned(alerts))

    def _put_brief(self, now: datetime) -> None:
        """Put the brief of the day before into the outbox once it is due; an existing brief stays as it is."""
        brief, zone = self._services.settings.brief, self._services.settings.web.zone
        day = day_due(now, brief.at, zone) if brief.to else None
        if day and day != self._briefed:
            addresses = addressees(brief, zone, day, self._services.desk.all(Change))
            self._services.outbox.put(briefs(self._services, day, addresses))
            self._briefed = day

    def _last_report(self, actor: str) -> Decision | None:
        """Return the decision about the actor's quote that was published last."""
        query = Term(words(actor), "speaker")
        hits = self._services.index.search(Search(collection="quotes", query=query, limit=1)).hits
        return next(iter(self._services.index.verdicts([hit.id for hit in hits]).values()), None)

    def _deliveries_since(self, since: datetime) -> Iterator[Delivery]:
        cursor = ""
        while page := self._services.outbox.listing(None, _PLANNED_PER_PAGE, cursor):
            yield from (delivery for delivery in page if delivery.alert.created >= since)
            if page[-1].alert.created < since:
                return
            cursor = page[-1].id

    def _refresh(self) -> None:
        desk = self._services.desk
        version = (desk.version(Watch), desk.version(Mute))
        if version != self._version:
            self._watches, self._mutes = sound(desk.all(Watch)), desk.all(Mute)
            self._version = version


_LANES: Final = 64  # lanes that send at the same time

_BATCH: Final = 200  # deliveries per batch of a lane

_LOOK: Final = 1_000  # due deliveries read per round

_SLOW: Final = timedelta(seconds=2)  # after this time the rest of a lane is postponed, or it would fill every round

_ASIDE: Final = timedelta(seconds=5)

_AFTER_A_FAULT: Final = timedelta(minutes=1)

_EVERY_SECONDS: Final = 0.2

_HANDING_OVER: Final = 15.0  # seconds that a rebalance waits for batches under way

_FAREWELL: Final = 2.0  # seconds that a stop waits for batches under way

_SET_BACK: Final = timedelta(minutes=1)  # a smaller jump back is an ordinary correction of the clock

_PENDING_PER_PAGE: Final = 500

Try = Literal["done", "retried", "failed"]
"""The outcome of an attempt: accepted, to be retried, or given up."""

_log = logging.getLogger("onrecord.deliver")


@dataclass(frozen=True, slots=True)
class _Sending:
    """A batch of one lane that is being sent."""

    since: datetime
    ids: frozenset[str]
    future: Future[None]


class Deliverer:
    """Sends due deliveries from the outbox, each lane in its own thread.

    A delivery is marked done after the receiver has accepted it; a crash in between sends it again under the same id.
    `random` returns numbers in [0, 1). `count` is called with the outcome of each attempt, `took` with the delay of
    each accepted delivery. If several deliverers run side by side, `share` says which lanes belong to this one; the
    outbox reads the same assignment.
    """

    def __init__(
        self,
        outbox: OutboxStore,
        notifier: Callable[[str], Notifier],
        clock: Clock,
        random: Callable[[], float],
        count: Callable[[Try], object] = lambda _: None,
        *,
        took: Callable[[timedelta], object] = lambda _: None,
        share: Assignment | None = None,
    ) -> None:
        self._outbox = outbox
        self._notifier = notifier
        self._clock = clock
        self._random = random
        self._count = count
        self._took = took
        self._share = share or SoleOwner()
        self._starting = threading.Lock()
        self._sending: dict[str, _Sending] = {}
        self._closed_until: dict[str, datetime] = {}
        self._latest: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Send due deliveries until `stop` is set, then wait for batches under way, at most _FAREWELL seconds."""
        run_forever("deliverer", partial(self._round, stop), stop, idle=_EVERY_SECONDS)
        unfinished = self._finish(_FAREWELL)
        if unfinished:
            _log.warning("receivers that did not answer in time: %d; their deliveries will be sent again", unfinished)

    def _round(self, stop: threading.Event) -> None:
        self._share.renew(self._hand_over)
        self._start(stop)

    def send_due(self) -> int:
        """Run one round, wait for it, and return the number of attempts."""
        started = self._start(threading.Event())
        self._finish()
        return started

    def _hand_over(self) -> None:
        """Wait for batches under way before other deliverers take over their lanes."""
        with self._starting:
            under_way = [sending.future for sending in self._sending.values()]
        wait(under_way, _HANDING_OVER)

    def _finish(self, seconds: float | None = None) -> int:
        """Wait for batches under way and return the number of unfinished batches."""
        wait([sending.future for sending in self._sending.values()], seconds)
        self._reap()
        return len(self._sending)

    def _start(self, stop: threading.Event) -> int:
        """Start a batch in every idle lane with due deliveries; return the number of deliveries started."""
        self._reap()
        now = self._clock()
        self._adjust_to_clock(now)
        # Collected before the outbox is read: a delivery under way may be done, and its record stale, afterwards.
        under_way = frozenset().union(*(sending.ids for sending in self._sending.values()))
        due: defaultdict[str, list[Delivery]] = defaultdict(list)
        with self._starting:
            for delivery in self._due(now, _LOOK + len(under_way)):
                if delivery.id not in under_way:
                    due[receiver_key(delivery.target)].append(delivery)
            return sum(self._start_lane(name, waiting, now, stop) for name, waiting in due.items())

    def _due(self, now: datetime, most: int) -> list[Delivery]:
        """Read the deliveries to send now, after grouped deliveries have been joined into digests."""
        due = self._awake(now, most)
        if any(delivery.grouped for delivery in due):
            join(self._outbox, due, now)
            due = self._awake(now, most)
        return [delivery for delivery in due if not delivery.grouped]

    def _awake(self, now: datetime, most: int) -> list[Delivery]:
        """Read the due deliveries; postpone those in their quiet hours."""
        awake = []
        for delivery in self._outbox.due(now, most):
            end = end_of_quiet(quiet_hours(delivery.quiet), now)
            if end is None:
                awake.append(delivery)
            else:
                self._outbox.update(replace(delivery, next_try=end))
        return awake

    def _adjust_to_clock(self, now: datetime) -> None:
        """After the clock jumped back, and on start, shift every waiting time back by the same amount."""
        latest, self._latest = self._latest, now
        jump = max(latest - now, timedelta(0)) if latest else timedelta(0)
        if latest and jump < _SET_BACK:
            return
        if jump:
            _log.warning("clock was set back by %s; waiting deliveries are sent that much earlier", jump)
        self._closed_until = {name: until - jump for name, until in self._closed_until.items()}
        self._sending = {name: replace(batch, since=batch.since - jump) for name, batch in self._sending.items()}
        cursor = ""
        while page := self._outbox.listing("pending", _PENDING_PER_PAGE, cursor):
            for delivery in page:
                moved = after_clock_jump(delivery, jump, now)
                if moved != delivery:
                    self._outbox.update(moved)
            cursor = page[-1].id

    def _start_lane(self, name: str, waiting: Sequence[Delivery], now: datetime, stop: threading.Event) -> int:
        sending = self._sending.get(name)
        if sending and now - sending.since > _SLOW:
            self._closed_until[name] = max(now + _ASIDE, self._closed_until.get(name, now))
        closed_until = self._closed_until.get(name, now)
        if closed_until > now:
            for delivery in waiting:
                self._outbox.update(replace(delivery, next_try=closed_until))
            return 0
        if sending or len(self._sending) >= _LANES:
            return 0
        batch = waiting[:_BATCH]
        future = _started(partial(self._send, name, batch, stop))
        self._sending[name] = _Sending(now, frozenset(delivery.id for delivery in batch), future)
        return len(batch)

    def _send(self, name: str, batch: Sequence[Delivery], stop: threading.Event) -> None:
        """Send in order. After a temporary failure, postpone the rest of the batch, which then goes first."""
        for i, delivery in enumerate(batch):
            if stop.is_set() or not self._share.holds(name):
                return
            error = self._try(delivery)
            now = self._clock()
            tried = after_attempt(delivery, error, now, self._random())
            self._record(tried)
            if error and tried.state == "pending":
                self._closed_until[name] = now + requested_pause(error)
                for behind in batch[i + 1 :]:
                    self._record(after_attempt(behind, error, now, 0))
                return

    def _record(self, tried: Delivery) -> None:
        self._outbox.update(tried)
        if tried.state == "done" and tried.planned > EPOCH:
            self._took(self._clock() - tried.planned)
        self._count("retried" if tried.state == "pending" else "done" if tried.state == "done" else "failed")

    def _try(self, delivery: Delivery) -> OnRecordError | None:
        try:
            self._notifier(delivery.target).send(delivery)
        except OnRecordError as error:
            return error
        except Exception as error:  # our own fault with this delivery: retried and given up like any other failure
            _log.exception("%s: fault while sending", masked(delivery.target))
            return WorldError(without(f"{delivery.target} cannot be reached: {error!r}", delivery.target))
        return None

    def _reap(self) -> None:
        """Forget finished batches. Close a lane for a while if its batch broke off."""
        for name, sending in list(self._sending.items()):
            if not sending.future.done():
                continue
            del self._sending[name]
            fault = sending.future.exception()
            if fault:
                _log.error("sending to %s broke off: %s", masked(name), fault, exc_info=fault)
                self._closed_until[name] = self._clock() + _AFTER_A_FAULT


def _started(work: Callable[[], None]) -> Future[None]:
    """Run the work in a daemon thread: unlike the threads of an executor, it does not keep the process alive."""
    future: Future[None] = Future()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # the future carries it to the caller
            future.set_exception(error)
        else:
            future.set_result(None)

    threading.Thread(target=run, name="deliver", daemon=True).start()
    return future

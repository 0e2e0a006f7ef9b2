"""Deliveries from pending to done: sent, tried again, and given up.

Receivers are kept apart: the deliveries to one host are a lane of their own, sent in order and one at a time, so that a
slow or dead receiver holds up nobody else.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

from pipeline.alerts.digests import join
from pipeline.alerts.retry import after, asked_to_wait, earlier, receiver_key
from pipeline.alerts.schedule import end_of_quiet, quiet_hours
from pipeline.alerts.targets import masked, without
from pipeline.errors import OnRecordError, WorldError
from pipeline.model import EPOCH, Delivery
from pipeline.ports import Assignment, Clock, Notifier, OutboxStore, SoleOwner
from pipeline.run.loop import run_forever

_LANES: Final = 64  # receivers sent to at once

_BATCH: Final = 200  # deliveries that a lane takes at once

_LOOK: Final = 1_000  # due deliveries looked at in one round

_SLOW: Final = timedelta(seconds=2)  # after which the rest of a lane steps aside, so that it does not fill every look

_ASIDE: Final = timedelta(seconds=5)

_AFTER_A_FAULT: Final = timedelta(minutes=1)

_EVERY_SECONDS: Final = 0.2

_HANDING_OVER: Final = 15.0  # seconds that other deliverers wait for what is being sent

_FAREWELL: Final = 2.0  # seconds that a stop waits for receivers

_SET_BACK: Final = timedelta(minutes=1)  # by which a clock is not only corrected

_PAGE: Final = 500

Try = Literal["done", "retried", "failed"]
"""What a try came to: accepted, to be tried again, given up."""

_log = logging.getLogger("onrecord.deliver")


@dataclass(frozen=True, slots=True)
class _Sending:
    """A batch of one lane on its way."""

    since: datetime
    ids: frozenset[str]
    future: Future[None]


class Deliverer:
    """Sends what is due in the outbox, every lane in a thread of its own.

    A delivery is marked done after it was accepted; a crash in between sends it again under the same id. `random`
    gives numbers in [0, 1); `count` is told what each try came to, `took` how late what was accepted is. Where several
    deliverers work side by side, `share` says which lanes are this one's, and the outbox, whose `due` they are, asks
    it too.
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
        """Send what is due until told to stop; then finish what is being sent, if it takes no longer than _FAREWELL."""
        run_forever("deliverer", partial(self._round, stop), stop, idle=_EVERY_SECONDS)
        left = self._finish(_FAREWELL)
        if left:
            _log.warning("receivers left without an answer: %d; what they were being told, they are told again", left)

    def _round(self, stop: threading.Event) -> None:
        self._share.renew(self._let_go)
        self._start(stop)

    def send_due(self) -> int:
        """One round, waited for; how many deliveries were tried."""
        started = self._start(threading.Event())
        self._finish()
        return started

    def _let_go(self) -> None:
        """Wait for what is being sent, as others are about to send what comes next."""
        with self._starting:
            under_way = [sending.future for sending in self._sending.values()]
        wait(under_way, _HANDING_OVER)

    def _finish(self, seconds: float | None = None) -> int:
        """Wait for what is being sent; how many batches were not through by then."""
        wait([sending.future for sending in self._sending.values()], seconds)
        self._reap()
        return len(self._sending)

    def _start(self, stop: threading.Event) -> int:
        """Give every idle lane what is due to it; how many deliveries that is."""
        self._reap()
        now = self._clock()
        self._heed_clock(now)
        # Taken before the look into the outbox: what is on its way then may be done, and out of date, after it.
        on_the_way = frozenset().union(*(sending.ids for sending in self._sending.values()))
        due: defaultdict[str, list[Delivery]] = defaultdict(list)
        with self._starting:
            for delivery in self._due(now, _LOOK + len(on_the_way)):
                if delivery.id not in on_the_way:
                    due[receiver_key(delivery.target)].append(delivery)
            return sum(self._start_lane(name, waiting, now, stop) for name, waiting in due.items())

    def _due(self, now: datetime, most: int) -> list[Delivery]:
        """What is to be sent now, after what goes together has been joined."""
        found = self._awake(now, most)
        if any(delivery.grouped for delivery in found):
            join(self._outbox, found, now)
            found = self._awake(now, most)
        return [delivery for delivery in found if not delivery.grouped]

    def _awake(self, now: datetime, most: int) -> list[Delivery]:
        """What is due, without what is in its quiet hours, which is put off."""
        awake = []
        for delivery in self._outbox.due(now, most):
            end = end_of_quiet(quiet_hours(delivery.quiet), now)
            if end is None:
                awake.append(delivery)
            else:
                self._outbox.update(replace(delivery, next_try=end))
        return awake

    def _heed_clock(self, now: datetime) -> None:
        """Where the clock was set back, or may have been before we came, let nothing wait for what it said then."""
        latest, self._latest = self._latest, now
        jump = max(latest - now, timedelta(0)) if latest else timedelta(0)
        if latest and jump < _SET_BACK:
            return
        if jump:
            _log.warning("clock was set back by %s; what waits is tried so much earlier", jump)
        self._closed_until = {name: until - jump for name, until in self._closed_until.items()}
        self._sending = {name: replace(each, since=each.since - jump) for name, each in self._sending.items()}
        before = ""
        while page := self._outbox.listing("pending", _PAGE, before):
            for delivery in page:
                moved = earlier(delivery, jump, now)
                if moved != delivery:
                    self._outbox.update(moved)
            before = page[-1].id

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
        """Send one after the other; those behind one that failed for now share its fate, to be tried before it."""
        for place, delivery in enumerate(batch):
            if stop.is_set() or not self._share.holds(name):
                return
            error = self._try(delivery)
            now = self._clock()
            tried = after(delivery, error, now, self._random())
            self._record(tried)
            if error and tried.state == "pending":
                self._closed_until[name] = now + asked_to_wait(error)
                for behind in batch[place + 1 :]:
                    self._record(after(behind, error, now, 0))
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
        except Exception as error:  # a fault of ours with one delivery, which is given up like any other in the end
            _log.exception("%s: fault while sending to it", masked(delivery.target))
            return WorldError(without(f"{delivery.target} cannot be told: {error!r}", delivery.target))
        return None

    def _reap(self) -> None:
        """Forget the batches that are through. A lane whose sending broke off is closed for a while."""
        for name, sending in list(self._sending.items()):
            if not sending.future.done():
                continue
            del self._sending[name]
            fault = sending.future.exception()
            if fault:
                _log.error("sending to %s broke off: %s", masked(name), fault, exc_info=fault)
                self._closed_until[name] = self._clock() + _AFTER_A_FAULT


def _started(work: Callable[[], None]) -> Future[None]:
    """The work in a thread that does not keep the process from ending, as an executor's would."""
    future: Future[None] = Future()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # whatever it is, the future tells it
            future.set_exception(error)
        else:
            future.set_result(None)

    threading.Thread(target=run, name="deliver", daemon=True).start()
    return future

"""What comes after a try to deliver: done, another try later, or none."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pipeline.errors import OnRecordError, RefusedError, SettingsError, WorldError
from pipeline.locators import split
from pipeline.model import EPOCH, Delivery

# Before the second, third … try, after the example in the Standard Webhooks specification; two days in all.
PAUSES: Final = tuple(timedelta(seconds=s) for s in (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 59_100))

JITTER: Final = 0.2  # of a pause, so that what failed together does not come back together

LONGEST_WAIT: Final = timedelta(days=1)  # that a receiver can ask for

LONGEST_PLAN: Final = timedelta(days=3)  # that anything waits, were it a day's digest that meets quiet hours


def after(delivery: Delivery, error: OnRecordError | None, now: datetime, jitter: float) -> Delivery:
    """The delivery after a try that met this error or, with None, was accepted; `jitter` is in [0, 1).

    Trouble in the world and settings that can be mended are tried again, by PAUSES and not before the receiver asks;
    whatever else, and the last failure, is for good.
    """
    attempts = delivery.attempts + 1
    if error is None:
        return replace(delivery, state="done", attempts=attempts, last_error="")
    tried = replace(delivery, attempts=attempts, last_error=str(error))
    if attempts > len(PAUSES) or not isinstance(error, WorldError | SettingsError) or isinstance(error, RefusedError):
        return replace(tried, state="failed")
    pause = max(PAUSES[attempts - 1] * (1 + JITTER * jitter), asked_to_wait(error))
    return replace(tried, next_try=now + pause)


def again(delivery: Delivery) -> Delivery:
    """A delivery that failed, to be tried as if for the first time."""
    return replace(delivery, state="pending", attempts=0, next_try=EPOCH)


def earlier(delivery: Delivery, jump: timedelta, now: datetime) -> Delivery:
    """The delivery after the clock was set back that far, to now: what it waits for is not put off by it.

    What would be tried later than anything can, by a clock that was wrong before we met it, is due.
    """
    if delivery.next_try <= now:
        return delivery
    next_try = max(now, delivery.next_try - jump)
    return replace(delivery, next_try=next_try if next_try - now <= LONGEST_PLAN else now)


def asked_to_wait(error: OnRecordError) -> timedelta:
    """How long the receiver asks not to be tried, as far as we heed it."""
    wish = error.retry_after if isinstance(error, WorldError) else None
    return min(wish or timedelta(0), LONGEST_WAIT)


def receiver_key(target: str) -> str:
    """What deliveries of one lane have in common: the notifier, and the web host of its address, else the address.

    One mailbox that is full does not hold up another behind the same mail server.
    """
    name, _, address = target.partition(":")
    parts = split(address)
    return f"{name}:{parts.hostname}" if parts.scheme in ("http", "https") and parts.hostname else target

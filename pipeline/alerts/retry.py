"""Retry policy: after an attempt to deliver, the delivery is done, retried later, or given up."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pipeline.errors import OnRecordError, RefusedError, SettingsError, WorldError
from pipeline.locators import split
from pipeline.model import EPOCH, Delivery

# Pauses before the second, third … attempt, after the example in the Standard Webhooks specification; two days in all.
PAUSES: Final = tuple(timedelta(seconds=s) for s in (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 59_100))

JITTER: Final = 0.2  # share of a pause, so that deliveries that failed together do not return together

LONGEST_WAIT: Final = timedelta(days=1)  # upper bound for the pause that a receiver requests

LONGEST_PLAN: Final = timedelta(days=3)  # no delivery waits longer, not even a daily digest delayed by quiet hours


def after_attempt(delivery: Delivery, error: OnRecordError | None, now: datetime, jitter: float) -> Delivery:
    """Return the delivery after an attempt that raised `error` or, with None, was accepted; `jitter` is in [0, 1).

    A WorldError or SettingsError is retried after the next of PAUSES, and not before the time that the receiver
    requests. Any other error, and the last failure, is final.
    """
    attempts = delivery.attempts + 1
    if error is None:
        return replace(delivery, state="done", attempts=attempts, last_error="")
    tried = replace(delivery, attempts=attempts, last_error=str(error))
    if attempts > len(PAUSES) or not isinstance(error, WorldError | SettingsError) or isinstance(error, RefusedError):
        return replace(tried, state="failed")
    pause = max(PAUSES[attempts - 1] * (1 + JITTER * jitter), requested_pause(error))
    return replace(tried, next_try=now + pause)


def reset(delivery: Delivery) -> Delivery:
    """Return a failed delivery as pending, with all its attempts left."""
    return replace(delivery, state="pending", attempts=0, next_try=EPOCH)


def after_clock_jump(delivery: Delivery, jump: timedelta, now: datetime) -> Delivery:
    """Return the delivery after the clock was set back by `jump` to `now`, so that it does not wait longer for that.

    A next attempt beyond LONGEST_PLAN comes from a clock that was wrong before this process started; it is due now.
    """
    if delivery.next_try <= now:
        return delivery
    next_try = max(now, delivery.next_try - jump)
    return replace(delivery, next_try=next_try if next_try - now <= LONGEST_PLAN else now)


def requested_pause(error: OnRecordError) -> timedelta:
    """Return the pause that the receiver requests, at most LONGEST_WAIT."""
    requested = error.retry_after if isinstance(error, WorldError) else None
    return min(requested or timedelta(0), LONGEST_WAIT)


def receiver_key(target: str) -> str:
    """Return the lane of a target: its notifier with the host of a web address, or else with the whole address.

    A full mailbox therefore does not delay another mailbox on the same mail server.
    """
    name, _, address = target.partition(":")
    parts = split(address)
    return f"{name}:{parts.hostname}" if parts.scheme in ("http", "https") and parts.hostname else target

"""The daily budget of each feed and host: CPU seconds, bytes, articles and quotes. A feed over its budget waits.

A day begins with the first use after the last one has ended, so that a limit is exceeded at most once in 24 hours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from pipeline.feeds.schedule import host
from pipeline.model import FeedState, Spending
from pipeline.ports import HttpSession, Response
from pipeline.settings.sections import Budget

_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class Meter:
    """What one poll uses. `left_cpu` and `left_bytes` are what the feed may still use today."""

    left_cpu: float
    left_bytes: int
    bytes: int = 0
    seconds: list[float] = field(default_factory=list)  # of CPU, one for each parse, appended by several threads

    def is_spent(self) -> bool:
        """Whether the poll has used all that was left."""
        return self.bytes > self.left_bytes or sum(self.seconds) > self.left_cpu


@dataclass(frozen=True, slots=True)
class MeteredSession:
    """An HTTP session that counts the bytes of the bodies that it receives."""

    session: HttpSession
    meter: Meter

    async def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """As in `HttpSession`."""
        response = await self.session.get(url, headers)
        self.meter.bytes += len(response.body)
        return response

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> Response:
        """As in `HttpSession`."""
        return await self.session.post(url, body, headers, timeout)

    def slow_down(self, url: str, seconds: float) -> None:
        """As in `HttpSession`."""
        self.session.slow_down(url, seconds)


def meter(state: FeedState, budget: Budget, now: datetime) -> Meter:
    """A meter for a poll of the feed."""
    spent = added(state.spent, Spending(), now)
    return Meter(budget.cpu - spent.cpu, budget.bytes - spent.bytes)


def added(spent: Spending, used: Spending, now: datetime) -> Spending:
    """What is spent with what is used now; a new day if the last one is over."""
    if now - spent.since >= _DAY:
        return replace(used, since=now, over="")
    return replace(
        spent,
        cpu=spent.cpu + used.cpu,
        bytes=spent.bytes + used.bytes,
        articles=spent.articles + used.articles,
        quotes=spent.quotes + used.quotes,
    )


def is_waiting(state: FeedState, now: datetime) -> bool:
    """Whether the feed has exceeded a budget, and its day is not over."""
    return bool(state.spent.over) and now - state.spent.since < _DAY


def charged(state: FeedState, used: Spending, host_spent: Spending, budget: Budget, now: datetime) -> FeedState:
    """The state after a poll that used so much; the feed waits if it, or its host with all feeds, exceeds a limit."""
    own = added(state.spent, used, now)
    if over := _exceeded(own, budget, 1):
        return replace(state, spent=replace(own, over=over), next_check=max(state.next_check, own.since + _DAY))
    if over := _exceeded(host_spent, budget, budget.host):
        end = host_spent.since + _DAY
        own = replace(own, over=f"all feeds of its host: {over}")
        asked = replace(state.asked, held=max(state.asked.held, end))
        return replace(state, spent=own, asked=asked, next_check=max(state.next_check, end))
    return replace(state, spent=own)


def _exceeded(spent: Spending, budget: Budget, times: int) -> str:
    """The first limit that is exceeded, in words; '' if none is."""
    limits = (
        ("CPU seconds", spent.cpu, budget.cpu),
        ("bytes", spent.bytes, budget.bytes),
        ("articles", spent.articles, budget.articles),
        ("quotes", spent.quotes, budget.quotes),
    )
    for unit, amount, limit in limits:
        if amount > limit * times:
            return f"{amount:,.0f} {unit} in a day, {limit * times:,.0f} are allowed"
    return ""


class HostLedger:
    """What the feeds of each host have spent today."""

    def __init__(self, states: Iterable[FeedState], now: datetime) -> None:
        self._spent: dict[str, Spending] = {}
        for state in states:
            if now - state.spent.since < _DAY:
                self._spent[host(state)] = self._with(state, state.spent, now)

    def charge(self, state: FeedState, used: Spending, now: datetime) -> Spending:
        """What the host of the feed has spent, with what is used now."""
        self._spent[host(state)] = spent = added(self._spent.get(host(state), Spending()), used, now)
        return spent

    def _with(self, state: FeedState, spent: Spending, now: datetime) -> Spending:
        known = self._spent.get(host(state))
        if known is None:
            return spent
        return replace(added(known, spent, now), since=min(known.since, spent.since))

"""Manners: a server that scores how it is polled over a simulated week, with restarts in between.

`python -m tests.bench.manners [--days 7] [--restarts 21]` prints each rule with the requests that it judged, and every
violation. The feeds are made here, each at an address of loopback that stands for a host. Requests, parsing, decisions
and the file that state is kept in are real; the clock is not, so that a week takes some minutes. Rules about what
happens at the same moment are scored in real time, on the poller itself. Exit code 1 if a rule was broken.
"""

import argparse
import asyncio
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path

from connectors.feeds.parser import Parser
from connectors.http.client import HttpClient
from connectors.http.robots import CachedRobots
from connectors.sqlite.database import open_file
from connectors.sqlite.desk import SqliteDesk
from pipeline.feeds import schedule
from pipeline.feeds.fetch import FeedFetcher
from pipeline.feeds.state import subscriptions
from pipeline.model import Article, Feed, FeedState
from pipeline.run.poll import Poller
from pipeline.services import utc_now
from pipeline.settings import Settings
from pipeline.settings.sections import Fetch, Poll
from pipeline.testing import FakeClock, FakeDesk, FakeLog
from tests.bench.manners_answers import SIMULATED_START
from tests.bench.manners_rules import RULES, Rule, violations
from tests.bench.manners_server import Ask, Server

CONTACT = "https://desk.example/about"
FETCH = Fetch(private_addresses=True, contact=CONTACT, pause=timedelta(0), timeout=timedelta(seconds=20))
SECOND = timedelta(seconds=1)


async def followed(file: Path, clock: FakeClock, parser: Parser, end: datetime) -> int:
    """Follow the feeds of the file until `end`, as the poller would after a start; the number of looks."""
    looks = 0
    record: dict[str, Article] = {}
    with closing(open_file(file)) as database, ThreadPoolExecutor(parser.processes) as threads:
        desk = SqliteDesk(database)
        states = {state.id: state for _, state in subscriptions(desk)}
        async with HttpClient(FETCH).connections() as connections:
            look = FeedFetcher(connections, parser, threads, Poll(), clock, CachedRobots(), last=record.get)
            while clock.now < end:
                due = schedule.due(list(states.values()), (), clock.now)
                outcomes = await asyncio.gather(*(look.at(Feed(url=state.url), state) for state in due))
                if outcomes:
                    desk.save(*(outcome.state for outcome in outcomes))
                record |= {article.id: article for outcome in outcomes for article in outcome.articles}
                states |= {outcome.state.id: outcome.state for outcome in outcomes}
                looks += len(outcomes)
                clock.now = max(clock.now + SECOND, min(_next(states.values(), clock.now), end))
    return looks


def _next(states: Iterable[FeedState], now: datetime) -> datetime:
    waiting = [state.next_check for state in states if not state.gone]
    later = min((time for time in waiting if time > now), default=now + timedelta(hours=1))
    return min(later, now + timedelta(minutes=1)) if any(time <= now for time in waiting) else later


def simulated(rules: Sequence[Rule], days: float, restarts: int) -> tuple[list[Ask], int]:
    """Return what the server was asked in so many days."""
    clock = FakeClock(SIMULATED_START)
    with Server(clock, {rule.host: rule.answer for rule in rules}) as server, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.sqlite"
        with closing(open_file(file)) as database:
            urls = [server.url(rule.host, path) for rule in rules for path in rule.feeds]
            SqliteDesk(database).save(*(Feed(url=url) for url in urls))
        looks = 0
        with Parser(Poll(), 1) as parser:
            for part in range(restarts + 1):
                end = SIMULATED_START + timedelta(days=days) * (part + 1) / (restarts + 1)
                looks += asyncio.run(followed(file, clock, parser, end))
        return server.asks, looks


def live(seconds: float, pause: float) -> tuple[list[str], int]:
    """Return what was wrong with the moments at which the poller itself asks three hosts for eight feeds each."""
    starts, numbers = {}, count()

    def answer(ask: Ask, _: int) -> tuple[int, dict[str, str], bytes]:
        starts[next(numbers)] = (ask.host, time.monotonic())
        return 304 if ask.headers.get("if-none-match") else 500, {}, b""

    settings = Settings(
        fetch=Fetch(private_addresses=True, pause=timedelta(seconds=pause)),
        poll=Poll(every=timedelta(seconds=0.3), longest=timedelta(seconds=0.3)),
    )
    hosts = [f"127.9.0.{number}" for number in range(1, 4)]
    desk, stop, clock = FakeDesk(), threading.Event(), FakeClock()
    with Server(clock, dict.fromkeys(hosts, answer), delay=0.03) as server, Parser(Poll(), 1) as parser:
        urls = [server.url(host, f"/{n}") for host in hosts for n in range(8)]
        desk.save(*(Feed(url=url) for url in urls), *(FeedState(url=url, etag='"1"') for url in urls))
        http = HttpClient(settings.fetch)
        poller = Poller(desk, FakeLog(clock), http, parser, CachedRobots, settings=settings, clock=utc_now)
        thread = threading.Thread(target=poller.run_forever, args=(stop,))
        thread.start()
        time.sleep(seconds)
        stop.set()
        thread.join()
        wrong = [f"{host}: {most} requests at once" for host, most in server.most_at_once.items() if most > 1]
    for host in hosts:
        times = [at for name, at in starts.values() if name == host]
        wrong += [f"{host}: {b - a:.2f} s after the last" for a, b in pairwise(times) if b - a < pause]
    return wrong, len(starts)


def main(days: float, restarts: int) -> int:
    """Print every rule and its violations; how many there are."""
    started = time.perf_counter()
    asks, looks = simulated(RULES, days, restarts)
    broken = 0
    for rule in RULES:
        own = [ask for ask in asks if ask.host == rule.host]
        broken += _print(rule.name, len(own), rule.check(own))
    for name, wrong in violations(asks, CONTACT).items():
        broken += _print(name, len(asks), wrong)
    wrong, asked = live(5, 0.2)
    broken += _print("one request at a time to a host, a pause after each (in real time)", asked, wrong)
    rules = len(RULES) + len(violations(asks, CONTACT)) + 1
    print(
        f"{rules} rules, {broken} violations; {looks:,} looks and {len(asks):,} requests in {days:g} simulated days "
        f"with {restarts} restarts, in {time.perf_counter() - started:.0f} s"
    )
    return broken


def _print(name: str, asked: int, wrong: Sequence[str]) -> int:
    print(f"{'ok  ' if not wrong else 'BROKEN'}  {name} ({asked:,} requests)")
    for violation in wrong[:5]:
        print(f"        {violation}")
    return len(wrong)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--days", type=float, default=7)
    arguments.add_argument("--restarts", type=int, default=21)
    chosen = arguments.parse_args()
    sys.exit(main(chosen.days, chosen.restarts) > 0)

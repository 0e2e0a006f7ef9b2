"""Manners beside others: the rules of `manners` for us, for `reader`, and for feedparser's own fetching.

`python -m tests.bench.manners_peers [--days 3]` installs the two, pinned, into an environment of their own in a
temporary folder, lets each follow the same feeds of the same server by the same simulated clock, and prints a table of
violations. reader is asked every five minutes to update what it has scheduled, as it comes; feedparser is called once
an hour for each feed as its documentation shows, with ETag and Last-Modified, 301 and 410 heeded. Rules about the same
moment are left out: within a tick of the clock they cannot be told.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from pipeline.testing import FakeClock
from tests.bench.manners import CONTACT, simulated
from tests.bench.manners_answers import SIMULATED_START
from tests.bench.manners_rules import RULES, violations
from tests.bench.manners_server import Ask, Server

PINS = ("reader==3.26", "sgmllib3k==1.0.0", "feedparser==6.0.14")  # reader imports sgmllib, and does not bring it
_OF_PAGES = ("robots.txt is heeded", "a page is sent once, and seldom asked for again")
_LEFT_OUT = ("one feed of a host at a time",)
_READER = """
import sys
from datetime import datetime, timedelta
import reader
now = None
reader.Reader._now = staticmethod(lambda: now)
feeds = None
for line in sys.stdin:
    now = datetime.fromisoformat(line.strip())
    if feeds is None:
        feeds = reader.make_reader(":memory:")
        for url in sys.argv[1:]:
            feeds.add_feed(url)
    feeds.update_feeds(scheduled=True)
    print("done", flush=True)
"""
_FEEDPARSER = """
import sys
from datetime import datetime, timedelta
import feedparser
feeds = {url: {"url": url} for url in sys.argv[1:]}
due = None
for line in sys.stdin:
    now = datetime.fromisoformat(line.strip())
    if due is None or now >= due:
        due = now + timedelta(hours=1)
        for feed in feeds.values():
            if feed.get("gone"):
                continue
            found = feedparser.parse(feed["url"], etag=feed.get("etag"), modified=feed.get("modified"))
            status = found.get("status")
            if status == 301:
                feed["url"] = found.href
            feed["gone"] = status == 410
            if status != 304:
                feed["etag"], feed["modified"] = found.get("etag"), found.get("modified")
    print("done", flush=True)
"""
_PEERS = {"reader": _READER, "feedparser": _FEEDPARSER}


def installed(folder: Path) -> Path:
    """The interpreter of a new environment with the peers."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PINS], check=True)
    return python


def followed(python: Path, script: str, days: float) -> list[Ask]:
    """Return what the server was asked by a peer in so many days."""
    clock = FakeClock(SIMULATED_START)
    with Server(clock, {rule.host: rule.answer for rule in RULES}) as server:
        urls = [server.url(rule.host, path) for rule in RULES for path in rule.feeds]
        command = [str(python), "-W", "ignore", "-c", script, *urls]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
            assert peer.stdin
            assert peer.stdout
            while clock.now < SIMULATED_START + timedelta(days=days):
                peer.stdin.write(f"{clock.now.isoformat()}\n")
                peer.stdin.flush()
                if peer.stdout.readline() != "done\n":
                    raise SystemExit("peer ended early")
                clock.move(timedelta(minutes=5))
            peer.stdin.close()
        return server.asks


def judged(asks: Sequence[Ask]) -> dict[str, int]:
    """The violations by rule, without the rules of pages for who reads none."""
    reads_pages = any(ask.path.startswith("/open") for ask in asks)
    found = {
        rule.name: len(rule.check([ask for ask in asks if ask.host == rule.host]))
        for rule in RULES
        if reads_pages or rule.name not in _OF_PAGES
    }
    found |= {name: len(wrong) for name, wrong in violations(asks, CONTACT).items() if name not in _LEFT_OUT}
    return found


def main(days: float) -> None:
    """Print the table."""
    ours, _ = simulated(RULES, days, restarts=3)
    asks = {"on the record": ours}
    with tempfile.TemporaryDirectory() as folder:
        python = installed(Path(folder) / "peers")
        asks |= {name: followed(python, script, days) for name, script in _PEERS.items()}
    table = {name: judged(asked) for name, asked in asks.items()}
    print(f"{'violations':62}" + "".join(f"{name:>15}" for name in table))
    for rule in next(iter(table.values())):
        print(f"{rule:62}" + "".join(f"{found.get(rule, 'n/a') or '-':>15}" for found in table.values()))
    print(f"{'rules broken':62}" + "".join(f"{sum(map(bool, found.values())):>15}" for found in table.values()))
    print(f"{f'requests in {days:g} days':62}" + "".join(f"{len(asked):>15,}" for asked in asks.values()))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--days", type=float, default=3)
    main(arguments.parse_args().days)

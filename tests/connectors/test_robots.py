"""A site's robots.txt is asked for once a day, and kept to."""

import asyncio
from datetime import timedelta

import pytest

from connectors import robots
from connectors.feeds.workers import Parser
from connectors.http import Outside
from connectors.robots import Robots, allows
from pipeline.settings import Fetch
from tests.connectors.loopback import Loopback, answer

LIMITS = Fetch(private_addresses=True, timeout=timedelta(seconds=2))


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /a/\nAllow: /a/story", True),
        ("User-agent: onrecord\nDisallow: /a\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: *\nDisallow: /*.html$", True),
        ("<html>not found</html>", True),
        ("\x00\xff" * 100, True),
    ],
)
def test_rules(rules: str, allowed: bool) -> None:
    assert allows(rules.encode("latin-1"), "https://courier.example/a/story") is allowed


def ask(loopback: Loopback, known: Robots, *paths: str) -> list[bool]:
    async def read(body: bytes, url: str) -> bool:
        return allows(body, url)

    async def run() -> list[bool]:
        async with Outside(LIMITS).connections() as connections:
            return [await known.allow(connections, loopback.url(path), read) for path in paths]

    return asyncio.run(run())


def test_a_site_is_asked_once(loopback: Loopback) -> None:
    loopback.routes["/robots.txt"] = answer("User-agent: *\nDisallow: /closed")
    assert ask(loopback, Robots(), "/a", "/closed/b", "/c") == [True, False, True]
    assert loopback.paths() == ["/robots.txt"]


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (410, True), (429, False), (500, False)])
def test_a_site_that_does_not_tell(loopback: Loopback, status: int, allowed: bool) -> None:
    loopback.routes["/robots.txt"] = answer("User-agent: *\nDisallow: /", status=status)
    assert ask(loopback, Robots(), "/a") == [allowed]


def test_memory_is_bounded(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "_MOST_SITES", 0)
    ask(loopback, Robots(), "/a", "/b")
    assert loopback.paths() == ["/robots.txt"] * 2


def test_hostile_patterns_take_no_time(parser: Parser) -> None:
    for rules in (b"User-agent: *\nDisallow: /" + b"*a" * 200 + b"b$", b"Disallow: /a\n" * 40_000, b"*" * 500_000):
        assert parser.robots(rules, "https://courier.example/" + "a" * 3_000) is True

"""A site's robots.txt is asked for once a day, and kept to."""

import asyncio
from datetime import timedelta

import pytest

from connectors.feeds.parser import Parser
from connectors.http import robots
from connectors.http.client import HttpClient
from connectors.http.robots import CachedRobots, rules
from pipeline.model.feed import RobotsRules
from pipeline.settings.sections import Fetch
from tests.connectors.loopback import Loopback, answer

LIMITS = Fetch(private_addresses=True, timeout=timedelta(seconds=2))


@pytest.mark.parametrize(
    ("text", "allowed"),
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
def test_rules_of_robots_txt(text: str, allowed: bool) -> None:
    assert rules(text.encode("latin-1"), "https://courier.example/a/story").allowed is allowed


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("User-agent: *\nCrawl-delay: 10", 10),
        ("User-agent: onrecord\nCrawl-delay: 2.5\n\nUser-agent: *\nCrawl-delay: 10", 2.5),
        ("User-agent: other\nCrawl-delay: 10", 0),
        ("User-agent: *\nCrawl-delay: 1000000", 60),
        ("User-agent: *\nCrawl-delay: -5", 0),
        ("User-agent: *\nCrawl-delay: soon", 0),
        ("User-agent: *\nCrawl-delay: nan", 0),
    ],
)
def test_the_requested_delay(text: str, delay: float) -> None:
    assert rules(text.encode(), "https://courier.example/a").delay == delay


def test_sitemaps_that_are_named() -> None:
    told = rules(b"Sitemap: https://courier.example/a.xml\nUser-agent: *\nDisallow: /", "https://courier.example/")
    assert told.sitemaps == ("https://courier.example/a.xml",)


def test_the_delay_is_observed(loopback: Loopback) -> None:
    loopback.routes["/robots.txt"] = answer("User-agent: *\nCrawl-delay: 0.3")

    async def run() -> float:
        async with HttpClient(LIMITS.model_copy(update={"pause": timedelta(0)})).connections() as connections:
            await CachedRobots().rules(connections, loopback.url("/a"), read)
            started = asyncio.get_running_loop().time()
            await connections.get(loopback.url("/a"), {})
            await connections.get(loopback.url("/b"), {})
            return asyncio.get_running_loop().time() - started

    assert asyncio.run(run()) > 0.5


async def read(body: bytes, url: str) -> RobotsRules:
    return rules(body, url)


def ask(loopback: Loopback, known: CachedRobots, *paths: str) -> list[bool]:
    async def run() -> list[bool]:
        async with HttpClient(LIMITS).connections() as connections:
            return [(await known.rules(connections, loopback.url(path), read)).allowed for path in paths]

    return asyncio.run(run())


def test_a_site_gets_one_request(loopback: Loopback) -> None:
    loopback.routes["/robots.txt"] = answer("User-agent: *\nDisallow: /closed")
    assert ask(loopback, CachedRobots(), "/a", "/closed/b", "/c") == [True, False, True]
    assert loopback.paths() == ["/robots.txt"]


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (410, True), (429, False), (500, False)])
def test_a_site_without_readable_rules(loopback: Loopback, status: int, allowed: bool) -> None:
    loopback.routes["/robots.txt"] = answer("User-agent: *\nDisallow: /", status=status)
    assert ask(loopback, CachedRobots(), "/a") == [allowed]


@pytest.mark.parametrize("status", [429, 500])
def test_the_rules_say_why_a_robots_txt_could_not_be_read(loopback: Loopback, status: int) -> None:
    loopback.routes["/robots.txt"] = answer("", status=status)

    async def run(url: str) -> RobotsRules:
        async with HttpClient(LIMITS).connections() as connections:
            return await CachedRobots().rules(connections, url, read)

    assert asyncio.run(run(loopback.url("/a"))).failure == f"{loopback.url('/robots.txt')} answers {status}"
    unknown = asyncio.run(run("http://away.invalid/a"))
    assert unknown.failure.startswith("http://away.invalid/robots.txt failed: ")
    assert not unknown.allowed


@pytest.mark.slow
def test_memory_is_bounded(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "_MOST_SITES", 0)
    ask(loopback, CachedRobots(), "/a", "/b")
    assert loopback.paths() == ["/robots.txt"] * 2


def test_hostile_patterns_take_no_time(parser: Parser) -> None:
    for text in (b"User-agent: *\nDisallow: /" + b"*a" * 200 + b"b$", b"Disallow: /a\n" * 40_000, b"*" * 500_000):
        assert parser.robots(text, "https://courier.example/" + "a" * 3_000).allowed

"""A site's past is read by its sitemaps: what is wanted of it, each page once, as its robots.txt allows."""

import asyncio
import gzip
from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from connectors.feeds.parser import Parser
from connectors.http.client import HttpClient
from connectors.http.robots import CachedRobots
from pipeline.feeds.backfill import Batch, SiteBackfill
from pipeline.settings.sections import Fetch, Poll
from pipeline.testing import FakeClock
from tests.connectors.loopback import Loopback, answer

LIMITS = Fetch(private_addresses=True, pause=timedelta(0), timeout=timedelta(seconds=5))
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def sitemap(kind: str, *listed: tuple[str, str]) -> str:
    inner = "".join(f"<{kind}><loc>{url}</loc><lastmod>{date}</lastmod></{kind}>" for url, date in listed)
    return f'<x xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</x>'


def story(number: int, date: str = "2026-02-01") -> str:
    text = "".join(
        f"<p>Sentence {n} of story {number}, which is told at some length by our reporter.</p>" for n in range(5)
    )
    return (
        f'<html><head><meta property="article:published_time" content="{date}T12:00:00Z"></head>'
        f"<body><article><h1>Story {number}</h1>{text}</article></body></html>"
    )


@pytest.fixture
def site(loopback: Loopback) -> Loopback:
    """Two sitemaps in an index that robots.txt names, three pages since the day, and others."""
    of = loopback.url
    loopback.routes |= {
        "/robots.txt": answer(f"Sitemap: {of('/index.xml')}\nUser-agent: *\nDisallow: /closed"),
        "/index.xml": answer(
            sitemap(
                "sitemap", (of("/new.xml.gz"), "2026-03-01"), (of("/old.xml"), "2025-01-01"), (of("/index.xml"), "")
            )
        ),
        "/new.xml.gz": answer(
            gzip.compress(
                sitemap(
                    "url",
                    (of("/1"), "2026-02-01"),
                    (of("/2"), "2026-02-02"),
                    (of("/3"), ""),
                    (of("/closed/4"), "2026-02-01"),
                    (of("/missing"), "2026-02-01"),
                    (of("/rewritten"), "2026-02-01"),
                    (of("/5"), "2025-02-01"),
                    (of("/"), "2026-02-01"),
                    ("https://elsewhere.example/6", "2026-02-01"),
                ).encode()
            )
        ),
        "/rewritten": answer(story(9, "2019-02-01")),
        **{f"/{number}": answer(story(number)) for number in (1, 2, 3)},
    }
    return loopback


def read(url: str, parser: Parser, known: Container[str] = (), ignore: tuple[str, ...] = ()) -> list[Batch]:
    async def run() -> list[Batch]:
        with ThreadPoolExecutor(1) as threads:
            async with HttpClient(LIMITS).connections() as connections:
                past = SiteBackfill(
                    connections, parser, threads, Poll(), FakeClock(), SINCE, known, CachedRobots(), ignore
                )
                return [batch async for batch in past.batches(url)]

    return asyncio.run(run())


def test_the_past_of_a_site_back_to_a_day(site: Loopback, parser: Parser) -> None:
    (batch,) = read(site.url("/"), parser)
    assert [one.url for one in batch.articles] == [site.url(path) for path in ("/2", "/1", "/3")]
    assert all(one.backfill and "Sentence 4" in one.text for one in batch.articles)
    assert batch.counts == {"older or empty": 1, "closed": 1, "not available": 1}
    assert "/old.xml" not in site.paths()
    assert not {"/closed/4", "/5", "/"} & set(site.paths())


def test_known_pages_are_not_read_again(site: Loopback, parser: Parser) -> None:
    existing = {site.url(path) for path in ("/1", "/3", "/missing")}
    (batch,) = read(site.url("/index.xml"), parser, existing)
    assert [one.url for one in batch.articles] == [site.url("/2")]
    assert not {"/1", "/3", "/missing"} & set(site.paths())


def test_rules_leave_out_pages_and_articles(site: Loopback, parser: Parser) -> None:
    site.routes["/3"] = answer(story(3).replace("<head>", "<head><title>Story 3</title>"))
    (batch,) = read(site.url("/"), parser, ignore=(f"link:{site.address}/1", "title:story 3"))
    assert [article.url for article in batch.articles] == [site.url("/2")]
    assert batch.counts["left out by rules"] == 1
    assert "/1" not in site.paths()


def test_a_site_that_names_no_sitemap_has_it_at_the_usual_place(site: Loopback, parser: Parser) -> None:
    del site.routes["/robots.txt"]
    site.routes["/sitemap.xml"] = answer(f"{site.url('/1')}\n")
    assert [len(batch.articles) for batch in read(site.url(""), parser)] == [1]


def test_an_unreadable_sitemap_is_reported_and_the_others_are_read(site: Loopback, parser: Parser) -> None:
    site.routes["/index.xml"] = answer(
        sitemap(
            "sitemap", *((site.url(path), "2026-03-01") for path in ("/a.xml", "/b.xml", "/closed.xml", "/new.xml.gz"))
        )
    )
    site.routes["/a.xml"] = answer("<html>Not here</html>")
    result = read(site.url("/"), parser)
    assert [batch.trouble.removeprefix(site.url("")) for batch in result] == [
        "/a.xml is no sitemap: it lists nothing",
        "/b.xml answers 404",
        "/closed.xml may not be read, says the site's robots.txt",
        "",
    ]


def test_sitemaps_without_end_come_to_one(site: Loopback, parser: Parser) -> None:
    for number in range(9):
        site.routes[f"/d{number}.xml"] = answer(sitemap("sitemap", (site.url(f"/d{number + 1}.xml"), "2026-03-01")))
    assert read(site.url("/d0.xml"), parser) == []
    assert site.paths()[1:] == [f"/d{number}.xml" for number in range(4)]


def test_an_unreachable_site(parser: Parser) -> None:
    (batch,) = read("http://away.invalid/sitemap.xml", parser)
    reason = "http://away.invalid/robots.txt failed: "
    assert batch.trouble.startswith(f"http://away.invalid/sitemap.xml is not read, because {reason}")

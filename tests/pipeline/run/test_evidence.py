"""From the feed to the alert: what an article with an alert was read from is kept, other evidence is not."""

import gzip
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.feeds.parser import Parser
from connectors.http.robots import CachedRobots
from pipeline.model import Feed
from pipeline.model.query import Search
from pipeline.run.evidence import EvidenceKeeper
from pipeline.run.local import drain
from pipeline.run.poll import Poller
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.settings.sections import Evidence, Fetch, Poll
from pipeline.settings.servers import Job
from pipeline.testing import FakeClock
from tests import examples
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer, serving
from tests.servers import elasticsearch, forget, kafka

pytestmark = pytest.mark.slow  # every test starts processes of parsers

FETCH = Fetch(private_addresses=True, pause=timedelta(0), timeout=timedelta(seconds=5))
SAID = "“The harbour will stay open until the spring,” Ada Lindqvist said on Monday."
OTHER = "The bakers of the town have met to talk about the price of flour, and about bread."


@pytest.fixture
def outlet() -> Iterator[Loopback]:
    with serving() as server:
        yield server


@pytest.fixture(params=["one machine", pytest.param("cluster", marks=pytest.mark.servers)])
def settings(request: pytest.FixtureRequest, tmp_path: Path, outlet: Loopback) -> Iterator[Settings]:
    evidence = Evidence(keep=timedelta(days=365), archive=outlet.url("/save/"), folder=str(tmp_path / "evidence"))
    alone = Settings(file=tmp_path / "desk.sqlite", fetch=FETCH, poll=Poll(parse_seconds=30), evidence=evidence)
    if request.param == "one machine":
        yield alone
        return
    existing = {"kafka": kafka(partitions=1), "elasticsearch": elasticsearch(), "job": Job(runner="local")}
    cluster = alone.model_copy(update={"profile": "cluster", **existing})
    yield cluster
    forget(cluster.elasticsearch)


@pytest.fixture
def services(settings: Settings, outlet: Loopback) -> Iterator[Services]:
    opened = open_services(settings, clock=FakeClock())
    opened.desk.save(examples.actor(), examples.watch(by=("ada-lindqvist",)), Feed(url=outlet.url("/feed")))
    yield opened
    opened.close()


def poll(services: Services, outlet: Loopback) -> None:
    with Parser(services.settings.poll, processes=1) as parser:
        poller = Poller(
            services.desk,
            services.log,
            services.http(),
            parser,
            CachedRobots,
            settings=services.settings,
            clock=services.clock,
            evidence=services.evidence,
        )
        poller.check(Feed(url=outlet.url("/feed")))
    drain(services)


def keep(services: Services) -> int:
    assert services.evidence
    return EvidenceKeeper(services, services.evidence).step()


def ids(services: Services) -> dict[str, str]:
    page = services.index.search(Search(collection="articles"))
    return {hit.title: hit.article_id for hit in page.hits}


def test_evidence_of_an_alert_is_stored_and_archived(services: Services, outlet: Loopback) -> None:
    assert services.evidence
    first = item(1, **{"content:encoded": "An old story about a bridge.", "link": outlet.url("/1")})
    outlet.routes |= {"/feed": answer(rss(first))}
    poll(services, outlet)
    page = f"<html><body><article><h1>Harbour</h1><p>{SAID}</p><p>{OTHER} {OTHER}</p></article></body></html>"
    news = item(2, **{"content:encoded": "", "description": "Summary.", "link": outlet.url("/2")})
    bread = item(3, **{"content:encoded": OTHER, "link": outlet.url("/3")})
    outlet.routes |= {
        "/feed": answer(rss(first, news, bread)),
        "/2": answer(page, content_type="text/html"),
        f"/save/{outlet.url('/2')}": answer("saved"),
    }
    poll(services, outlet)
    existing = ids(services)
    assert keep(services) == 1
    assert keep(services) == 0
    assert outlet.paths().count(f"/save/{outlet.url('/2')}") == 1
    services.evidence.expire(services.clock() + timedelta(days=30))
    retained = {title: services.evidence.find(article) for title, article in existing.items()}
    assert {title: [record.url for record in records] for title, records in retained.items()} == {
        "Title 1": [],
        "Title 2": [outlet.url("/2")],
        "Title 3": [],
    }
    assert page.encode() in gzip.decompress(services.evidence.content(existing["Title 2"]))


def test_an_update_of_a_live_blog_has_its_page_as_evidence(services: Services, outlet: Loopback) -> None:
    assert services.evidence
    old = item(1, **{"content:encoded": "An old story about a bridge.", "link": outlet.url("/1")})
    outlet.routes |= {"/feed": answer(rss(old))}
    poll(services, outlet)
    time = services.clock().isoformat()
    update = {"@type": "BlogPosting", "@id": "#1", "headline": "Quay", "articleBody": SAID, "datePublished": time}
    stated = json.dumps({"@type": "LiveBlogPosting", "headline": "Storm", "liveBlogUpdate": [update]})
    head = f'<head><title>Storm</title><script type="application/ld+json">{stated}</script></head>'
    page = f"<html>{head}<body><article><h1>Storm</h1><p>{OTHER}</p></article></body></html>"
    storm = item(2, **{"content:encoded": "", "description": "Summary.", "link": outlet.url("/storm")})
    outlet.routes |= {"/feed": answer(rss(old, storm)), "/storm": answer(page, content_type="text/html")}
    poll(services, outlet)
    assert keep(services) == 1
    (record,) = services.evidence.find(ids(services)["Quay"])
    assert record.url == outlet.url("/storm")


def test_an_article_without_a_page_has_its_feed_as_evidence(services: Services, outlet: Loopback) -> None:
    outlet.routes["/feed"] = answer(rss(item(1, **{"content:encoded": "An old story about a bridge."})))
    poll(services, outlet)
    outlet.routes["/feed"] = answer(rss(item(2, **{"content:encoded": SAID})))
    poll(services, outlet)
    assert keep(services) == 1
    assert services.evidence
    (record,) = services.evidence.find(ids(services)["Title 2"])
    assert record.url == outlet.url("/feed")


def test_evidence_held_by_one_process_is_kept_by_another(
    services: Services, settings: Settings, outlet: Loopback
) -> None:
    outlet.routes["/feed"] = answer(rss(item(1, **{"content:encoded": "An old story about a bridge."})))
    poll(services, outlet)
    outlet.routes["/feed"] = answer(rss(item(2, **{"content:encoded": SAID})))
    poll(services, outlet)
    with closing(open_services(settings, clock=services.clock)) as other:
        assert keep(other) == 1
    assert keep(services) == 0
    assert services.evidence
    services.evidence.expire(services.clock() + timedelta(days=30))
    (record,) = services.evidence.find(ids(services)["Title 2"])
    assert record.url == outlet.url("/feed")


def test_an_archive_that_refuses_is_logged(
    services: Services, outlet: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    outlet.routes["/feed"] = answer(rss(item(1, **{"content:encoded": "An old story about a bridge."})))
    poll(services, outlet)
    outlet.routes["/feed"] = answer(rss(item(2, **{"content:encoded": SAID})))
    poll(services, outlet)
    with caplog.at_level(logging.WARNING):
        assert keep(services) == 1
    assert f"{outlet.url('/save/https://courier.example/2')} answers 404" in caplog.text

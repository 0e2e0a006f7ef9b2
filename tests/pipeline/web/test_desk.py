"""The API changes the desk, and refuses what cannot be."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from connectors.http.client import HttpClient
from pipeline.model import Actor, Feed, FeedState, Watch
from pipeline.services import Services
from pipeline.settings.sections import Fetch
from tests import examples
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import answer, serving

FEED = "https://courier.example/feed?a=1&b=2"


def test_a_feed_is_followed_once(services: Services, client: TestClient) -> None:
    assert client.post("/api/v1/feeds", json={"url": FEED, "source": "courier.example"}).status_code == 201
    known = services.desk.all(Feed)[0]
    services.desk.save(examples.feed_state(FEED, polled=True, seen="ab"))
    again = client.post("/api/v1/feeds", json={"url": FEED})
    assert again.status_code == 200
    assert again.json()["polled"]
    assert services.desk.all(FeedState)[0].seen == "ab"
    assert {"seen", "known", "blocks", "again"}.isdisjoint(client.get("/api/v1/feeds").json()[0])
    assert known.url == FEED


def test_a_feed_is_removed(services: Services, client: TestClient) -> None:
    services.desk.save(examples.feed(FEED), examples.feed_state(FEED))
    assert client.delete("/api/v1/feeds", params={"url": FEED}).status_code == 204
    assert (services.desk.all(Feed), services.desk.all(FeedState)) == ([], [])
    assert client.delete("/api/v1/feeds", params={"url": FEED}).status_code == 404


def test_pages_follow_no_folders(services: Services, client: TestClient) -> None:
    answer = client.post("/api/v1/feeds", json={"url": "file:///etc"})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("a folder is followed from the command line")
    assert services.desk.all(Feed) == []


@pytest.mark.parametrize("url", ["javascript:alert(1)", "courier.example", "", "http://[x"])
def test_a_malformed_feed_is_refused(client: TestClient, url: str) -> None:
    answer = client.post("/api/v1/feeds", json={"url": url})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("feed ")


def test_an_unknown_field_is_refused(client: TestClient) -> None:
    answer = client.post("/api/v1/feeds", json={"url": FEED, "adress": "x"})
    assert answer.status_code == 422
    assert "adress" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b'{"url": 1}', b"\xff\xfe", b'{"url": "\\ud800"}', b"[" * 5_000]
)
def test_a_malformed_body_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/v1/feeds", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_actor_is_put_and_removed(services: Services, client: TestClient) -> None:
    order = {"name": "Jonas Berg", "aliases": ["Berg"], "roles": [{"title": "Chair", "start": "2024-01-01T00:00:00Z"}]}
    assert client.put("/api/v1/actors/jonas-berg", json=order).status_code == 200
    actor = next(actor for actor in services.desk.all(Actor) if actor.id == "jonas-berg")
    assert actor.aliases == ("Berg",)
    assert actor.roles[0].start is not None
    assert [one["id"] for one in client.get("/api/v1/actors").json()] == ["ada-lindqvist", "jonas-berg"]
    assert client.delete("/api/v1/actors/jonas-berg").status_code == 204
    assert client.delete("/api/v1/actors/jonas-berg").status_code == 404


@pytest.mark.parametrize(
    ("name", "order", "status"),
    [
        ("x", {"name": "..."}, 400),
        ("x", {"name": "Ada", "wikidata": "42"}, 400),
        ("x", {"name": "Ada", "kind": "ghost"}, 422),
        ("x", {"name": "Ada", "roles": [{"title": "Chair", "start": "2024-01-01T00:00:00"}]}, 422),
        ("a b", {"name": "Ada"}, 422),
        ("x" * 101, {"name": "Ada"}, 422),
    ],
)
def test_a_malformed_actor_is_refused(client: TestClient, name: str, order: dict[str, Any], status: int) -> None:
    assert client.put(f"/api/v1/actors/{name}", json=order).status_code == status


def test_a_watched_actor_is_not_removed(services: Services, client: TestClient) -> None:
    services.desk.save(examples.watch())
    answer = client.delete("/api/v1/actors/ada-lindqvist")
    assert answer.status_code == 409
    assert "'harbour'" in answer.json()["detail"]
    assert len(services.desk.all(Actor)) == 1


def test_a_watch_counts_from_its_creation(services: Services, client: TestClient) -> None:
    order: dict[str, Any] = {"name": "Harbour", "by": ["ada-lindqvist"]}
    assert client.put("/api/v1/watches/harbour", json=order).status_code == 200
    assert services.desk.all(Watch)[0].created == examples.NOON
    services.clock.move(timedelta(days=1))  # type: ignore[attr-defined]  # a FakeClock
    assert client.put("/api/v1/watches/harbour", json={**order, "query": "open"}).status_code == 200
    changed = services.desk.all(Watch)[0]
    assert changed.created == examples.NOON
    assert changed.query == "open"


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({}, 400),
        ({"by": ["nobody"]}, 400),
        ({"by": ["ada-lindqvist"], "query": "(open"}, 400),
        ({"by": ["ada-lindqvist"], "least_confidence": 2}, 422),
        ({"by": ["ada-lindqvist"], "kinds": ["rumour"]}, 422),
        ({"by": ["ada-lindqvist"], "deliver": ["pigeon:home"]}, 400),
        ({"by": ["ada-lindqvist"], "created": "2020-01-01T00:00:00Z"}, 422),
    ],
)
def test_a_malformed_watch_is_refused(
    services: Services, client: TestClient, order: dict[str, Any], status: int
) -> None:
    answer = client.put("/api/v1/watches/harbour", json={"name": "Harbour", **order})
    assert answer.status_code == status, answer.text
    assert services.desk.all(Watch) == []


def test_a_wrong_query_of_a_watch_is_pointed_at(client: TestClient) -> None:
    order = {"name": "Harbour", "by": ["ada-lindqvist"], "query": "open AND ("}
    assert client.put("/api/v1/watches/harbour", json=order).json()["position"] == 10


def test_a_watch_is_removed(services: Services, client: TestClient) -> None:
    services.desk.save(examples.watch())
    assert client.get("/api/v1/watches").json()[0]["id"] == "harbour"
    assert client.delete("/api/v1/watches/harbour").status_code == 204
    assert client.delete("/api/v1/watches/harbour").status_code == 404


def test_a_masked_target_is_shown_and_accepted(services: Services, client: TestClient) -> None:
    target = "slack:https://hooks.example/services/wordofpower"
    order = {"name": "Harbour", "by": ["ada-lindqvist"], "deliver": [target, "stdout"]}
    shown = client.put("/api/v1/watches/harbour", json=order).json()
    assert "wordofpower" not in str(shown)
    again = client.put("/api/v1/watches/harbour", json={**order, "name": "Port", "deliver": shown["deliver"]})
    assert again.status_code == 200, again.text
    assert services.desk.all(Watch)[0].deliver == (target, "stdout")
    assert services.desk.all(Watch)[0].name == "Port"
    strange = client.put("/api/v1/watches/other", json={**order, "deliver": shown["deliver"]})
    assert strange.status_code == 400
    assert "masked" in strange.json()["detail"]


@pytest.mark.parametrize("target", ["slack:ftp://hooks.example/wordofpower", "slak:https://hooks.example/wordofpower"])
def test_an_invalid_target_is_refused_without_revealing_it(client: TestClient, target: str) -> None:
    order = {"name": "Harbour", "by": ["ada-lindqvist"], "deliver": [target]}
    answer = client.put("/api/v1/watches/harbour", json=order)
    assert answer.status_code == 400
    assert "wordofpower" not in answer.text


@pytest.mark.slow
def test_the_feed_of_a_site_is_followed(services: Services, client: TestClient, open_web: FastAPI) -> None:
    with serving() as site:
        outside = HttpClient(Fetch(private_addresses=True, pause=timedelta(0)))
        open_web.state.app = replace(services, http=lambda: outside)
        site.routes["/"] = answer('<link rel="alternate" type="application/rss+xml" href="/news.rss">')
        site.routes["/news.rss"] = answer(rss(item(1)))
        site.routes["/none"] = answer("<html>Nothing here</html>")
        added = client.post("/api/v1/feeds", json={"url": site.url("/")})
        assert (added.status_code, added.json()["url"]) == (201, site.url("/news.rss"))
        assert client.post("/api/v1/feeds", json={"url": site.url("/")}).status_code == 200
        none = client.post("/api/v1/feeds", json={"url": site.url("/none")})
        assert (none.status_code, none.json()["detail"].split(" is ")[0]) == (422, site.url("/none"))
        assert client.post("/api/v1/feeds", json={"url": site.url("/none"), "as_given": True}).status_code == 201


def test_a_feed_is_changed_and_keeps_its_state(services: Services, client: TestClient) -> None:
    state = examples.feed_state(FEED, polled=True, seen="ab", etag="e")
    services.desk.save(examples.feed(FEED, language="en"), state)
    changed = client.patch("/api/v1/feeds", params={"url": FEED}, json={"full_text": "never", "source": "Courier"})
    assert (changed.status_code, changed.json()["full_text"]) == (200, "never")
    (known,) = services.desk.all(Feed)
    assert (known.source, known.full_text, known.language) == ("Courier", "never", "en")
    assert (services.desk.all(FeedState), changed.json()["etag"]) == ([state], "e")
    ruled = client.patch("/api/v1/feeds", params={"url": FEED}, json={"ignore": ["link:/video/"], "paused": True})
    assert (ruled.json()["ignore"], ruled.json()["paused"]) == (["link:/video/"], True)
    assert client.patch("/api/v1/feeds", params={"url": FEED}, json={"ignore": ["video"]}).status_code == 400
    assert client.patch("/api/v1/feeds", params={"url": "x"}, json={}).status_code == 404
    assert client.patch("/api/v1/feeds", params={"url": FEED}, json={"full_text": "often"}).status_code == 422


def test_the_audit_log_names_who_changed_what(client: TestClient) -> None:
    client.put("/api/v1/actors/bo-ek", json={"name": "Bo Ek"})
    client.put(
        "/api/v1/watches/bo",
        json={"name": "Bo", "by": ["bo-ek"], "deliver": ["slack:https://hooks.slack.com/services/T0/B0/s3cr3t"]},
    )
    client.delete("/api/v1/watches/bo")
    changes = client.get("/api/v1/changes").json()
    assert {(c["action"], c["noun"], c["record"]) for c in changes} == {
        ("added", "actor", "bo-ek"),
        ("added", "watch", "bo"),
        ("removed", "watch", "bo"),
    }
    assert {c["who"] for c in changes} == {"API, from testclient"}
    page = client.get("/audit", headers={"accept": "text/html"}).text
    assert "watch bo" in page
    assert "s3cr3t" not in page + client.get("/api/v1/changes").text

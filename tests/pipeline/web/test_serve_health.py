"""Health says which dependency is missing."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.errors import WorldError
from pipeline.ports import ARTICLES, Message
from pipeline.roles import Role
from pipeline.services import Services
from pipeline.settings.sections import Web
from pipeline.testing import FakeLog
from pipeline.web.pages import system
from pipeline.web.serve import create
from tests import examples


def test_alive_and_ready(client: TestClient) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "checks": {"log": "ok", "index": "ok", "disk": "ok"}}


def test_a_missing_log_is_named(services: Services) -> None:
    class Away(FakeLog):
        def lag(self, topic: str, group: str) -> int:
            raise WorldError("log is locked by another process")

    client = TestClient(create(replace(services, log=Away(services.clock))), base_url="http://127.0.0.1")
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["checks"] == {"log": "log is locked by another process", "index": "ok", "disk": "ok"}
    assert client.get("/livez").status_code == 200


def test_a_full_disk_is_named(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "LEAST_BYTES_FREE", 10**18)
    assert "are free" in client.get("/readyz").json()["checks"]["disk"]


def test_a_lost_folder_is_named(services: Services, tmp_path: Path) -> None:
    moved = services.settings.model_copy(update={"file": tmp_path / "gone" / "desk.sqlite"})
    client = TestClient(create(replace(services, settings=moved)), base_url="http://127.0.0.1")
    assert client.get("/readyz").json()["checks"]["disk"].endswith("gone: No such file or directory")


def away() -> None:
    raise WorldError("Kafka at kafka.example:9092 (kafka.brokers) does not answer")


def of_a_cluster(services: Services, **settings: object) -> Services:
    """The services as if its servers were Kafka, which is away, and Elasticsearch, which answers."""
    given = services.settings.model_copy(update={"web": Web(**settings)})  # type: ignore[arg-type]  # what the test names
    return replace(services, settings=given, servers={"kafka": away, "elasticsearch": lambda: None})


@pytest.mark.parametrize(
    ("role", "checks"),
    [
        (Role.POLLER, {"kafka": "Kafka at kafka.example:9092 (kafka.brokers) does not answer"}),
        (Role.WEB, {"kafka": "Kafka at kafka.example:9092 (kafka.brokers) does not answer", "elasticsearch": "ok"}),
    ],
)
def test_a_role_is_not_ready_without_the_servers_it_needs(
    services: Services, role: Role, checks: dict[str, str]
) -> None:
    client = TestClient(create(of_a_cluster(services), [role]), base_url="http://127.0.0.1")
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"status": "missing", "checks": checks})


def test_without_a_token_readiness_names_servers_and_no_errors(services: Services) -> None:
    client = TestClient(create(of_a_cluster(services, token="open sesame, please")), base_url="http://127.0.0.1")
    asked = client.get("/readyz")
    assert (asked.status_code, asked.json()["checks"]) == (503, {"kafka": "missing", "elasticsearch": "ok"})
    told = client.get("/readyz", headers={"authorization": "Bearer open sesame, please"})
    assert told.json()["checks"]["kafka"].startswith("Kafka at kafka.example")


def test_a_process_without_pages_serves_health_only(services: Services) -> None:
    client = TestClient(create(services, [Role.DELIVERER]), base_url="http://127.0.0.1")
    metrics = client.get("/metrics").text
    assert client.get("/livez").status_code == 200
    assert client.get("/api/v1/feeds").status_code == 404
    assert 'onrecord_deliveries_total{outcome="done"}' in metrics


def test_metrics_show_lag_and_feeds(services: Services, client: TestClient) -> None:
    services.log.append(ARTICLES, [Message("a", b"1"), Message("b", b"2")])
    services.desk.save(examples.feed(), examples.feed_state(failures=3))
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'onrecord_lag_records{group="extract",topic="articles"} 2.0' in answer.text
    assert 'onrecord_feeds{health="failing"} 1.0' in answer.text
    assert 'onrecord_articles_total{outcome="indexed"}' in answer.text

"""Health says which dependency is missing."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.app import App
from pipeline.errors import WorldError
from pipeline.ports import ARTICLES, Message
from pipeline.web import health
from pipeline.web.api import create
from tests import examples


def test_alive_and_ready(client: TestClient) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "checks": {"log": "ok", "index": "ok", "disk": "ok"}}


def test_a_missing_log_is_named(app: App) -> None:
    class Away:
        def lag(self, topic: str, group: str) -> int:
            raise WorldError("log is locked by another process")

    client = TestClient(create(replace(app, backlog=Away())), base_url="http://127.0.0.1")
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["checks"] == {"log": "log is locked by another process", "index": "ok", "disk": "ok"}
    assert client.get("/livez").status_code == 200


def test_a_full_disk_is_named(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_BYTES_FREE", 10**18)
    assert "are free" in client.get("/readyz").json()["checks"]["disk"]


def test_a_lost_folder_is_named(app: App, tmp_path: Path) -> None:
    moved = app.settings.model_copy(update={"file": tmp_path / "gone" / "desk.sqlite"})
    client = TestClient(create(replace(app, settings=moved)), base_url="http://127.0.0.1")
    assert client.get("/readyz").json()["checks"]["disk"].endswith("gone: No such file or directory")


def test_metrics_tell_lag_and_feeds(app: App, client: TestClient) -> None:
    app.log.append(ARTICLES, [Message("a", b"1"), Message("b", b"2")])
    app.desk.save(examples.feed(failures=3))
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'onrecord_lag_records{group="extract",topic="articles"} 2.0' in answer.text
    assert 'onrecord_feeds{health="failing"} 1.0' in answer.text
    assert 'onrecord_articles_total{outcome="indexed"}' in answer.text

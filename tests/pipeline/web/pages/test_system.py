"""The page of the machine's state: queues, servers, last errors."""

from dataclasses import replace
from datetime import timedelta

from starlette.testclient import TestClient

from pipeline.errors import WorldError
from pipeline.ports import ARTICLES, Message
from pipeline.services import Services
from tests import examples


def test_the_queues_and_errors_of_the_machine_are_on_a_page(services: Services, browser: TestClient) -> None:
    assert "None.</li>" in browser.get("/system").text
    feed, delivery = examples.feed(), examples.delivery()
    error = f"GET {feed.url}: 503 Service Unavailable"
    services.desk.save(feed, examples.feed_state(failures=3, last_error=error, last_success=services.clock()))
    services.log.append(ARTICLES, [Message("a", b"{}"), Message("b", b"{}")])
    services.outbox.put([replace(delivery, state="failed", last_error="the receiver answers 500")])
    page = browser.get("/system").text
    assert "<dd>2</dd><dt>records waiting</dt>" in page
    assert "503 Service Unavailable" in page
    assert "GET https" not in page
    assert "the receiver answers 500" in page
    queues = browser.get("/system.json").json()["rows"]
    assert {queue["topic"]: queue["waiting"] for queue in queues}[ARTICLES] == 2


def test_a_role_whose_work_is_overdue_is_late(services: Services, browser: TestClient) -> None:
    now = services.clock()
    feed, state, delivery = examples.feed(), examples.feed_state(polled=True), examples.delivery()
    services.desk.save(feed, replace(state, next_check=now - timedelta(minutes=14)))
    services.outbox.put([replace(delivery, state="pending", planned=now + timedelta(hours=3))])
    page = browser.get("/system").text
    assert page.count("on time") == 3
    services.desk.save(replace(state, next_check=now - timedelta(minutes=16)))
    services.outbox.put([replace(delivery, id="sent-late", state="pending", next_try=now - timedelta(hours=1))])
    services.log.append(ARTICLES, [Message("a", b"{}")])
    page = browser.get("/system").text
    assert "on time" not in page
    assert "1 source has not been read" in page
    assert "1 alert has not been sent" in page
    assert "1 record waits" in page
    services.desk.save(replace(feed, paused=True))
    assert "has not been read" not in browser.get("/system").text


def test_a_server_that_does_not_answer_is_on_the_page(services: Services, browser: TestClient) -> None:
    def away() -> None:
        raise WorldError("Kafka at kafka.example:9092 does not answer")

    browser.app.state.app = replace(services, servers={"kafka": away})  # type: ignore[attr-defined]  # a FastAPI
    page = browser.get("/system").text
    assert "Kafka at kafka.example:9092 does not answer" in page
    assert "free on the disk" not in page

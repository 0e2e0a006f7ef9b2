"""The page of the machine's state: queues, servers, last errors."""

from dataclasses import replace

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


def test_a_server_that_does_not_answer_is_on_the_page(services: Services, browser: TestClient) -> None:
    def away() -> None:
        raise WorldError("Kafka at kafka.example:9092 does not answer")

    browser.app.state.app = replace(services, servers={"kafka": away})  # type: ignore[attr-defined]  # a FastAPI
    page = browser.get("/system").text
    assert "Kafka at kafka.example:9092 does not answer" in page
    assert "free on the disk" not in page

"""Alerts can be seen, acknowledged and tried again."""

import json
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from pipeline.codec import decode
from pipeline.model import Alert, Article, Delivery, alert_id
from pipeline.ports import ARTICLES, DEAD_LETTERS, QUOTES, Message
from pipeline.run.metrics import REDRIVE
from pipeline.services import Services
from pipeline.text.targets import masked
from tests import examples


def put(services: Services, *deliveries: Delivery) -> None:
    services.outbox.put(deliveries)


def other_alert() -> Alert:
    return replace(examples.alert(), id=alert_id("port", "x"), watch_id="port", watch_name="Port")


JSON = {"content-type": "application/json"}
LETTERS = ("dead-letters/0/" + "9" * 40, "dead-letters/-1/0", "dead-letters/0/0\n", "../", "\x00", "*", "a" * 200)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("change", ["retry-one", "discard"])
def test_a_made_up_dead_letter_is_not_found(services: Services, client: TestClient, change: str, letter: str) -> None:
    services.log.append(DEAD_LETTERS, [Message("a", b"1", {"topic": QUOTES})])
    answer = client.post(f"/api/v1/dead-letters/{change}", params={"letter": letter}, headers=JSON)
    assert answer.status_code == 404
    assert services.log.lag(DEAD_LETTERS, REDRIVE) == 1


def test_deliveries_are_listed_by_state(services: Services, client: TestClient) -> None:
    put(services, examples.delivery(), examples.delivery(other_alert(), id="two", state="failed", last_error="refused"))
    assert len(client.get("/api/v1/deliveries").json()) == 2
    failed = client.get("/api/v1/deliveries", params={"state": "failed"}).json()
    assert [(one["id"], one["last_error"]) for one in failed] == [("two", "refused")]


def test_deliveries_go_on_after_the_last_seen(services: Services, client: TestClient) -> None:
    put(services, *(examples.delivery(id=f"d{n}") for n in range(5)))
    first = client.get("/api/v1/deliveries", params={"limit": 3}).json()
    rest = client.get("/api/v1/deliveries", params={"limit": 3, "before": first[-1]["id"]}).json()
    assert sorted(one["id"] for one in first + rest) == [f"d{n}" for n in range(5)]


def test_deliveries_of_an_alert_are_listed_together(services: Services, client: TestClient) -> None:
    put(services, examples.delivery(id="one"), examples.delivery(id="two", target="webhook:https://desk.example/hook"))
    told = client.get("/api/v1/alerts").json()
    assert len(told) == 1
    assert {one["target"] for one in told[0]["deliveries"]} == {"stdout", masked("webhook:https://desk.example/hook")}


def test_alerts_of_the_same_moment_go_out_once_each(services: Services, client: TestClient) -> None:
    for alert in (examples.alert(), other_alert()):
        put(services, *(examples.delivery(alert, id=f"{n} {alert.id}", target=f"stdout:{n}") for n in range(2)))
    told = client.get("/api/v1/alerts").json()
    assert [len(one["deliveries"]) for one in told] == [2, 2]


def test_a_delivery_is_acknowledged(services: Services, client: TestClient) -> None:
    put(services, examples.delivery(id="one"))
    answer = client.post("/api/v1/deliveries/one/acknowledge", headers={"content-type": "application/json"})
    assert answer.json()["acknowledged"]
    assert services.outbox.listing()[0].acknowledged


def test_a_failed_delivery_can_be_retried(services: Services, client: TestClient) -> None:
    put(services, examples.delivery(id="one", state="failed", attempts=9))
    assert services.outbox.due(services.clock(), 9) == []
    client.post("/api/v1/deliveries/one/retry", headers={"content-type": "application/json"})
    assert [(due.id, due.attempts) for due in services.outbox.due(services.clock(), 9)] == [("one", 0)]


def test_a_done_delivery_is_not_sent_twice(services: Services, client: TestClient) -> None:
    put(services, examples.delivery(id="one", state="done"))
    answer = client.post("/api/v1/deliveries/one/retry", headers={"content-type": "application/json"})
    assert answer.status_code == 409
    assert services.outbox.due(services.clock(), 9) == []


def test_an_unknown_delivery_is_not_found(services: Services, client: TestClient) -> None:
    put(services, *(examples.delivery(id=f"d{n}") for n in range(150)))
    headers = {"content-type": "application/json"}
    assert client.post("/api/v1/deliveries/x/retry", headers=headers).status_code == 404
    assert client.post("/api/v1/deliveries/d0/acknowledge", headers=headers).status_code == 200
    assert client.get("/api/v1/deliveries", params={"before": "x"}).status_code == 400


def test_dead_letters_say_why(services: Services, client: TestClient) -> None:
    told = {"step": "parse", "error": "feed is cut off", "origin": "feeds/0/7"}
    services.log.append(DEAD_LETTERS, [Message("https://courier.example/feed", b"<rss>\xff", told), Message("x", b"")])
    for _ in range(2):  # looking takes nothing away
        letters = client.get("/api/v1/dead-letters").json()
        assert [letter["key"] for letter in letters] == ["https://courier.example/feed", "x"]
    assert letters[0]["error"] == "feed is cut off"
    assert letters[0]["origin"] == "feeds/0/7"
    assert letters[0]["beginning"] == "<rss>\N{REPLACEMENT CHARACTER}"
    assert letters[0]["size"] == 6


def test_dead_letters_can_be_retried(services: Services, client: TestClient) -> None:
    body = json.dumps({"title": "Harbour", "text": "It stays open."}).encode()
    services.log.append(
        DEAD_LETTERS, [Message("files", body, {"topic": "files", "error": "no room"}), Message("x", b"")]
    )
    assert client.post("/api/v1/dead-letters/retry", params={"limit": 0}, json={}).status_code == 422
    assert client.post("/api/v1/dead-letters/retry", json={}).json() == {"tried": 2, "waiting": 1}
    (record,) = services.log.read(ARTICLES, "anew", 9)
    assert decode(Article, record.value).title == "Harbour"
    assert [letter["key"] for letter in client.get("/api/v1/dead-letters").json()] == ["x"]


def test_answers_and_pages_reveal_no_secret_of_a_target(services: Services, client: TestClient) -> None:
    target = "slack:https://hooks.example/services/wordofpower"
    put(services, examples.delivery(id="one", target=target, state="failed", last_error=f"{target[6:]} answers 500"))
    services.desk.save(examples.watch(deliver=(target,)))
    for path in ("/api/v1/deliveries", "/api/v1/alerts", "/api/v1/watches", "/alerts", "/watches"):
        answer = client.get(path, headers={"accept": "text/html"} if "api" not in path else {})
        assert "hooks.example" in answer.text, path
        assert "wordofpower" not in answer.text, path
    assert "wordofpower" not in client.post("/api/v1/deliveries/one/acknowledge", json={}).text
    assert "wordofpower" not in client.post("/api/v1/deliveries/one/retry", json={}).text
    services.outbox.update(examples.delivery(id="one", target=target, state="done"))
    refused = client.post("/api/v1/deliveries/one/retry", json={})
    assert refused.status_code == 409
    assert "wordofpower" not in refused.text


def test_a_single_dead_letter_is_tried_again_or_discarded(services: Services, client: TestClient) -> None:
    services.log.append(DEAD_LETTERS, [Message(key, b"1", {"topic": "elsewhere"}) for key in "ab"])
    first, second = (letter["id"] for letter in client.get("/api/v1/dead-letters").json())
    retried = client.post("/api/v1/dead-letters/retry-one", params={"letter": second}, json={})
    assert retried.json() == {"tried": 1, "waiting": 2}
    assert client.post("/api/v1/dead-letters/discard", params={"letter": first}, json={}).status_code == 404
    waiting = client.get("/api/v1/dead-letters").json()[0]["id"]
    assert client.post("/api/v1/dead-letters/discard", params={"letter": waiting}, json={}).json()["waiting"] == 1

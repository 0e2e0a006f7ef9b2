"""Forms change the desk, from our own pages alone; logging in opens it."""

import pytest
from starlette.testclient import TestClient

from pipeline.model import Actor, Feed, Watch
from pipeline.ports import DEAD_LETTERS, QUOTES, Message
from pipeline.services import Services
from pipeline.web.guard import SESSION
from tests import examples
from tests.pipeline.web.conftest import HERE

FEED = "https://courier.example/feed"


def test_a_feed_is_followed_and_left(services: Services, browser: TestClient) -> None:
    answer = browser.post("/feeds", data={"url": f" {FEED} ", "source": "Courier"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/feeds")
    assert [(feed.url, feed.source) for feed in services.desk.all(Feed)] == [(FEED, "Courier")]
    browser.post("/feeds", data={"remove": FEED})
    assert services.desk.all(Feed) == []


def test_a_wrong_address_is_told_on_a_page(services: Services, browser: TestClient) -> None:
    answer = browser.post("/feeds", data={"url": "javascript:alert(1)"})
    assert answer.status_code == 400
    assert "should begin with http" in answer.text
    assert services.desk.all(Feed) == []


def test_an_actor_is_tracked_with_a_watch(services: Services, browser: TestClient) -> None:
    browser.post("/actors", data={"name": "Jonas Berg", "aliases": "Berg, J. Berg,", "roles": "Chair", "watch": "yes"})
    actor = next(actor for actor in services.desk.all(Actor) if actor.id == "jonas-berg")
    assert actor.aliases == ("Berg", "J. Berg")
    assert [role.title for role in actor.roles] == ["Chair"]
    assert [(watch.id, watch.by, watch.created) for watch in services.desk.all(Watch)] == [
        ("jonas-berg", ("jonas-berg",), examples.NOON)
    ]
    assert browser.post("/actors", data={"remove": "jonas-berg"}).status_code == 409
    browser.post("/watches", data={"remove": "jonas-berg"})
    assert browser.post("/actors", data={"remove": "jonas-berg"}).status_code == 303
    assert [actor.id for actor in services.desk.all(Actor)] == ["ada-lindqvist"]


def test_a_delivery_is_dealt_with(services: Services, browser: TestClient) -> None:
    services.outbox.put([examples.delivery(id="one", state="failed")])
    browser.post("/alerts", data={"retry": "one"})
    browser.post("/alerts", data={"acknowledge": "one"})
    delivery = services.outbox.listing()[0]
    assert (delivery.state, delivery.acknowledged) == ("pending", True)


def test_dead_letters_are_tried_again(services: Services, browser: TestClient) -> None:
    assert "Try the oldest again" not in browser.get("/dead-letters").text
    services.log.append(DEAD_LETTERS, [Message("k", b"1", {"topic": QUOTES})])
    assert "Try the oldest again" in browser.get("/dead-letters").text
    assert browser.post("/dead-letters").headers["location"] == "/dead-letters"
    assert [record.key for record in services.log.read(QUOTES, "anew", 9)] == ["k"]


@pytest.mark.parametrize("body", [b"\xff=1", b"&".join(b"a=1" for _ in range(60))])
def test_what_is_no_form_is_refused(browser: TestClient, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/feeds", content=body, headers=headers).status_code == 400


def login(client: TestClient, token: str, to: str = "/alerts") -> tuple[int, str]:
    client.headers.update({"accept": "text/html", "origin": HERE})
    answer = client.post("/login", data={"token": token, "to": to})
    return answer.status_code, answer.headers.get("location", "")


def test_the_token_is_exchanged_for_a_session(locked: TestClient) -> None:
    assert login(locked, "open sesame") == (303, "/alerts")
    assert locked.get("/alerts").status_code == 200
    assert locked.get("/api/v1/feeds").status_code == 200
    locked.post("/logout")
    assert locked.get("/alerts").status_code == 303


def test_the_cookie_is_for_us_alone(locked: TestClient) -> None:
    answer = locked.post("/login", data={"token": "open sesame"}, headers={"origin": HERE})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "open" not in cookie


def test_a_wrong_token_opens_nothing(locked: TestClient) -> None:
    assert login(locked, "öpen") == (403, "")
    assert SESSION not in locked.cookies


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\n/x", "//[x"]
)
def test_login_leads_nowhere_else(locked: TestClient, to: str) -> None:
    assert login(locked, "open sesame", to) == (303, "/")


def test_without_a_token_there_is_no_login(browser: TestClient) -> None:
    assert browser.post("/login", data={"token": "x"}).status_code == 404

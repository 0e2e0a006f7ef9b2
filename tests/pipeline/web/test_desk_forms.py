"""Forms change the desk, from our own pages alone; logging in opens it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from pipeline.model import Actor, Feed, LastUse, Session, Watch
from pipeline.ports import DEAD_LETTERS, QUOTES, Message
from pipeline.services import Services
from pipeline.settings.sections import Web
from pipeline.testing import FakeClock
from pipeline.web.accounts.login import Throttle
from pipeline.web.accounts.sessions import COOKIE
from tests import examples
from tests.pipeline.web.conftest import HERE

TOKEN = "open sesame, please"
FEED = "https://courier.example/feed"
BY_SCRIPT = {"sec-fetch-dest": "empty", "accept": "application/json"}


def test_a_feed_is_followed_and_removed(services: Services, browser: TestClient) -> None:
    answer = browser.post("/feeds", data={"url": f" {FEED} ", "source": "Courier"})
    assert (answer.status_code, "added without a check" in answer.text) == (200, True)  # as nobody answers there
    assert [(feed.url, feed.source) for feed in services.desk.all(Feed)] == [(FEED, "Courier")]
    browser.post("/feeds", data={"remove": FEED})
    assert services.desk.all(Feed) == []


def test_a_wrong_address_is_reported_on_a_page(services: Services, browser: TestClient) -> None:
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


def test_dead_letters_can_be_retried(services: Services, browser: TestClient) -> None:
    assert "Try the oldest again" not in browser.get("/dead-letters").text
    services.log.append(DEAD_LETTERS, [Message("k", b"1", {"topic": QUOTES})])
    assert "Try the oldest again" in browser.get("/dead-letters").text
    assert browser.post("/dead-letters").headers["location"] == "/dead-letters"
    assert [record.key for record in services.log.read(QUOTES, "anew", 9)] == ["k"]


def test_a_dead_letter_is_tried_again_or_discarded_by_itself(services: Services, browser: TestClient) -> None:
    services.log.append(DEAD_LETTERS, [Message(key, b"1", {"topic": QUOTES}) for key in "abc"])
    assert browser.post("/dead-letters", data={"retry": "dead-letters/0/1"}).status_code == 303
    assert [record.key for record in services.log.read(QUOTES, "anew", 9)] == ["b"]
    assert browser.post("/dead-letters", data={"discard": "dead-letters/0/2"}).status_code == 303
    page = browser.get("/dead-letters").text
    assert "<b>a</b>" in page
    assert "<b>c</b>" not in page
    assert browser.post("/dead-letters", data={"discard": "dead-letters/0/2"}).status_code == 404


@pytest.mark.parametrize("body", [b"\xff=1", b"&".join(b"a=1" for _ in range(60))])
def test_a_malformed_form_is_refused(browser: TestClient, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/feeds", content=body, headers=headers).status_code == 400


def login(client: TestClient, token: str, to: str = "/alerts") -> tuple[int, str]:
    client.headers.update({"accept": "text/html", "origin": HERE})
    answer = client.post("/login", data={"token": token, "to": to})
    return answer.status_code, answer.headers.get("location", "")


def test_the_token_is_exchanged_for_a_session(locked: TestClient) -> None:
    assert login(locked, TOKEN) == (303, "/alerts")
    assert locked.get("/alerts").status_code == 200
    assert locked.get("/api/v1/feeds").status_code == 200
    cookie = locked.cookies[COOKIE]
    locked.post("/logout")
    assert locked.get("/alerts").status_code == 303
    locked.cookies.set(COOKIE, cookie)
    assert locked.get("/alerts").status_code == 303


def test_a_session_ends_by_itself_however_much_it_is_used(locked: TestClient, locked_web: FastAPI) -> None:
    clock: FakeClock = locked_web.state.app.clock
    login(locked, TOKEN)
    for _ in range(7):
        clock.move(timedelta(days=1) - timedelta(seconds=1))
        assert locked.get("/alerts").status_code == 200
    clock.move(timedelta(seconds=7))
    assert locked.get("/alerts").status_code == 303
    login(locked, TOKEN)
    desk = locked_web.state.app.desk
    assert (len(desk.all(Session)), desk.all(LastUse)) == (1, [])


@pytest.mark.parametrize(("path", "headers", "left"), [("/alerts", {}, 200), ("/api/v1/alerts", BY_SCRIPT, 303)])
def test_a_session_that_nobody_uses_ends(
    locked: TestClient, locked_web: FastAPI, path: str, headers: dict[str, str], left: int
) -> None:
    """An open page asks for news three times a minute, which is no use."""
    clock: FakeClock = locked_web.state.app.clock
    login(locked, TOKEN)
    clock.move(timedelta(days=1) - timedelta(seconds=1))
    assert locked.get(path, headers=headers).status_code == 200
    clock.move(timedelta(days=1) - timedelta(seconds=1))
    assert locked.get("/alerts").status_code == left
    clock.move(timedelta(days=1))
    assert locked.get("/alerts").status_code == 303


def test_the_uses_of_a_session_are_written_down_now_and_then(locked: TestClient, locked_web: FastAPI) -> None:
    clock: FakeClock = locked_web.state.app.clock
    login(locked, TOKEN)
    for _ in range(100):
        clock.move(timedelta(minutes=1))
        locked.get("/alerts")
    assert locked_web.state.app.desk.version(LastUse) == 1


def test_a_use_at_the_time_of_a_logout_does_not_bring_the_session_back(locked: TestClient, locked_web: FastAPI) -> None:
    desk = locked_web.state.app.desk
    login(locked, TOKEN)
    cookie = locked.cookies[COOKIE]
    (session,) = desk.all(Session)
    locked.post("/logout")
    desk.save(LastUse(id=session.id, at=examples.NOON))
    locked.cookies.set(COOKIE, cookie)
    assert locked.get("/alerts").status_code == 303


def test_a_session_ends_with_its_token(locked: TestClient, locked_web: FastAPI) -> None:
    login(locked, TOKEN)
    services = locked_web.state.app
    changed = services.settings.model_copy(update={"web": Web(token=SecretStr("another token of ours"))})
    locked_web.state.app = replace(services, settings=changed)
    assert locked.get("/alerts").status_code == 303


def test_a_stored_session_is_no_credential(locked: TestClient, locked_web: FastAPI) -> None:
    login(locked, TOKEN)
    (session,) = locked_web.state.app.desk.all(Session)
    locked.cookies.clear()
    locked.cookies.set(COOKIE, session.id)
    assert locked.get("/alerts").status_code == 303


def test_wrong_tokens_have_to_wait(locked: TestClient, locked_web: FastAPI) -> None:
    now = [0.0]
    locked_web.state.throttle = Throttle(lambda: now[0])
    assert [login(locked, "wrong")[0] for _ in range(8)] == [403] * 5 + [429] * 3
    assert login(locked, TOKEN)[0] == 429
    bearer = {"authorization": f"Bearer {TOKEN}"}
    refused = locked.get("/api/v1/feeds", headers=bearer)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    now[0] += 1
    assert login(locked, "wrong")[0] == 403
    now[0] += 1
    assert login(locked, TOKEN)[0] == 429
    now[0] += 1
    assert login(locked, TOKEN)[0] == 303
    assert locked.get("/api/v1/feeds", headers=bearer).status_code == 200


def test_a_session_is_never_throttled(locked: TestClient) -> None:
    login(locked, TOKEN)
    for _ in range(10):
        login(locked, "wrong")
    assert locked.get("/alerts").status_code == 200


def test_the_cookie_is_sent_to_this_site_only(locked: TestClient) -> None:
    answer = locked.post("/login", data={"token": TOKEN}, headers={"origin": HERE})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "open" not in cookie
    assert "secure" not in cookie.lower()
    assert f"max-age={7 * 86_400}" in cookie.lower()


def test_the_cookie_is_for_https_where_the_request_came_by_it(locked: TestClient) -> None:
    safe = TestClient(locked.app, base_url="https://desk.example", follow_redirects=False)
    answer = safe.post("/login", data={"token": TOKEN}, headers={"origin": "https://desk.example"})
    assert answer.headers["set-cookie"].startswith(f"__Host-{COOKIE}=")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert safe.get("/alerts").status_code == 200
    ended = safe.post("/logout", headers={"origin": "https://desk.example"}).headers["set-cookie"].lower()
    assert "secure" in ended  # a browser ignores it otherwise
    assert "max-age=0" in ended


def test_another_host_of_the_domain_plants_no_session(locked: TestClient) -> None:
    """It can set a cookie for the whole domain, but none whose name begins with __Host-."""
    safe = TestClient(locked.app, base_url="https://desk.example", follow_redirects=False)
    safe.post("/login", data={"token": TOKEN}, headers={"origin": "https://desk.example"})
    planted = safe.cookies[f"__Host-{COOKIE}"]
    safe.cookies.clear()
    assert safe.get("/alerts", headers={"accept": "text/html", "cookie": f"{COOKIE}={planted}"}).status_code == 303


def test_a_wrong_token_opens_nothing(locked: TestClient) -> None:
    assert login(locked, "öpen") == (403, "")
    assert COOKIE not in locked.cookies


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\n/x", "//[x"]
)
def test_login_leads_nowhere_else(locked: TestClient, to: str) -> None:
    assert login(locked, TOKEN, to) == (303, "/")


def test_without_a_token_there_is_no_login(browser: TestClient) -> None:
    assert browser.post("/login", data={"token": "x"}).status_code == 404

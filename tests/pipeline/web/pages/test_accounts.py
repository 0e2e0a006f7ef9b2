"""Admins change users on a page and through the API; everybody chooses a zone, languages and a password."""

import json
from dataclasses import replace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pipeline.model import Change, Mark, Triage, User
from pipeline.services import Services
from pipeline.web.accounts import add_user, is_password
from pipeline.web.login import Throttle
from tests import examples
from tests.pipeline.web.conftest import HERE

PASSWORD = "seven blue kettles"
NEW = "nine green lamps"


@pytest.fixture
def admin(services: Services, browser: TestClient, open_web: FastAPI) -> TestClient:
    """The browser of an admin, on a desk with an editor."""
    open_web.state.throttle = Throttle(lambda: 0.0)
    add_user(services.desk, "Ada Ek", "admin", PASSWORD, has_token=False)
    add_user(services.desk, "Eva Ås", "editor", PASSWORD, has_token=False)
    sign_in(browser, "Ada Ek")
    return browser


def sign_in(browser: TestClient, name: str, password: str = PASSWORD) -> int:
    return browser.post("/login", data={"name": name, "password": password}).status_code


def roles(services: Services) -> dict[str, str]:
    return {user.name: user.role for user in services.desk.all(User)}


def test_the_first_user_is_added_on_an_open_desk(services: Services, browser: TestClient) -> None:
    assert "There are none yet" in browser.get("/users").text
    refused = browser.post("/users", data={"name": "Bo Berg", "role": "reader", "password": PASSWORD})
    assert (refused.status_code, 'value="Bo Berg"' in refused.text, PASSWORD in refused.text) == (400, True, False)
    assert browser.post("/users", data={"name": "Bo Berg", "role": "admin", "password": PASSWORD}).status_code == 303
    assert roles(services) == {"Bo Berg": "admin"}
    assert browser.get("/users").headers["location"].startswith("/login")
    assert sign_in(browser, "bo berg") == 303


def test_an_admin_adds_changes_and_removes_users(services: Services, admin: TestClient) -> None:
    admin.post("/users", data={"name": "Ray Lund", "role": "reader", "password": PASSWORD})
    assert "Ray Lund" in admin.get("/users").text
    admin.post("/users", data={"change": "ray-lund", "role": "editor", "password": ""})
    assert roles(services) == {"Ada Ek": "admin", "Eva Ås": "editor", "Ray Lund": "editor"}
    admin.post("/users", data={"change": "ray-lund", "role": "editor", "password": NEW})
    ray = services.desk.find(User, "ray-lund")
    assert is_password(NEW, ray)
    admin.post("/users", data={"remove": "ray-lund"})
    assert roles(services) == {"Ada Ek": "admin", "Eva Ås": "editor"}


def test_an_admin_does_not_shut_the_door_on_themselves(services: Services, admin: TestClient) -> None:
    for form in ({"remove": "ada-ek"}, {"change": "Ada Ek", "role": "reader"}):
        assert "another admin" in admin.post("/users", data=form).text
    assert admin.delete("/api/v1/users/ada-ek").status_code == 400
    assert roles(services)["Ada Ek"] == "admin"


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"name": "Eva Ås", "role": "reader", "password": PASSWORD}, "exists already"),
        ({"name": "X Y", "role": "owner", "password": PASSWORD}, "role"),
        ({"name": "X Y", "role": "reader", "password": "short"}, "12 to 200"),
        ({"name": "X Y", "role": "reader"}, "12 to 200"),
        ({"remove": "nobody"}, "does not exist"),
    ],
)
def test_a_wrong_form_says_what_is_wrong(
    services: Services, admin: TestClient, form: dict[str, str], complaint: str
) -> None:
    answer = admin.post("/users", data=form)
    assert (answer.status_code, complaint in answer.text.replace("&#39;", "'")) == (400, True)
    assert len(services.desk.all(User)) == 2


def test_the_api_shows_and_changes_users_without_their_passwords(services: Services, admin: TestClient) -> None:
    added = admin.post("/api/v1/users", json={"name": "Ray Lund", "role": "reader", "password": PASSWORD})
    assert (added.status_code, added.json()) == (
        201,
        {"id": "ray-lund", "name": "Ray Lund", "role": "reader", "zone": "", "languages": []},
    )
    assert admin.patch("/api/v1/users/ray-lund", json={"role": "editor"}).json()["role"] == "editor"
    assert admin.patch("/api/v1/users/ray-lund", json={"password": NEW}).status_code == 200
    assert is_password(NEW, services.desk.find(User, "ray-lund"))
    assert admin.get("/api/v1/account").json()["name"] == "Ada Ek"
    listed = admin.get("/api/v1/users").text + admin.get("/audit").text + admin.get("/api/v1/changes").text
    assert "argon2" not in listed
    assert [user["id"] for user in admin.get("/api/v1/users").json()] == ["ada-ek", "eva-as", "ray-lund"]
    assert admin.delete("/api/v1/users/ray-lund").status_code == 204
    assert [
        admin.delete("/api/v1/users/ray-lund").status_code,
        admin.patch("/api/v1/users/x", json={}).status_code,
    ] == [
        404,
        404,
    ]
    assert admin.post("/api/v1/users", json={"name": "x" * 501, "role": "reader", "password": "p"}).status_code == 422


def test_the_audit_log_names_the_user_and_the_change(services: Services, admin: TestClient) -> None:
    admin.post("/users", data={"change": "eva-as", "role": "editor", "password": NEW})
    newest = [change for change in services.desk.all(Change) if change.noun == "user"][-1]
    assert (newest.who, newest.record, newest.action) == ("Ada Ek, pages, from testclient", "eva-as", "changed")
    assert [(field.name, "argon2" in field.before + field.after) for field in newest.fields] == [("password", False)]
    assert "user eva-as" in admin.get("/audit?who=ada+ek&record=user").text
    assert "user eva-as" not in admin.get("/audit?who=eva").text
    assert [change["record"] for change in admin.get("/api/v1/changes?record=eva-as").json()] == ["eva-as"]


def test_a_user_chooses_zone_and_languages(services: Services, admin: TestClient) -> None:
    services.outbox.put([examples.delivery()])
    assert "Times are those of UTC" in admin.get("/alerts").text
    admin.post("/account", data={"zone": "Asia/Tokyo", "languages": "de, en"})
    page = admin.get("/alerts", headers={"accept-language": "en"})
    assert page.headers["content-language"] == "de"
    assert "Asia/Tokyo" in page.text
    assert "2. März 2026, 20:00" in page.text  # eight in the evening there is eleven in the morning UTC
    assert "cookie" in page.headers["vary"]
    refused = admin.post("/account", data={"zone": "Mars/Olympus", "languages": "de"})
    assert (refused.status_code, 'value="Mars/Olympus"' in refused.text) == (400, True)
    changed = admin.patch("/api/v1/account", json={"languages": ["en"]})
    assert (changed.json()["zone"], changed.json()["languages"]) == ("", ["en"])
    assert "Times are those of UTC" in admin.get("/alerts").text


def test_the_day_begins_in_the_zone_of_the_user(services: Services, admin: TestClient) -> None:
    admin.post("/account", data={"zone": "Pacific/Kiritimati"})  # fourteen hours ahead: it is the third there
    assert "<h1>Tuesday, 3 Mar 2026</h1>" in admin.get("/").text
    assert admin.get("/today.txt").text.startswith("Tuesday, 3 March 2026")


def test_a_user_changes_the_password_and_stays_signed_in_here_alone(
    services: Services, admin: TestClient, open_web: FastAPI
) -> None:
    other = TestClient(open_web, base_url=HERE, headers=dict(admin.headers), follow_redirects=False)
    sign_in(other, "Ada Ek")
    assert "not your password" in admin.post("/account", data={"password": "wrong wrong", "new": NEW}).text
    assert "12 to 200" in admin.post("/account", data={"password": PASSWORD, "new": "short"}).text
    assert admin.post("/account", data={"password": PASSWORD, "new": NEW}).status_code == 303
    assert admin.get("/alerts").status_code == 200
    assert other.get("/alerts").status_code == 303
    assert is_password(NEW, services.desk.find(User, "ada-ek"))


def test_somebody_at_an_open_browser_guesses_the_password_no_faster(admin: TestClient) -> None:
    tries = [admin.post("/account", data={"password": "wrong wrong", "new": NEW}).status_code for _ in range(6)]
    assert tries == [400] * 5 + [429]


def test_without_a_user_there_is_no_account(browser: TestClient) -> None:
    assert "there is no account" in browser.get("/account").text
    assert browser.post("/account", data={"zone": "UTC"}).status_code == 400
    assert browser.patch("/api/v1/account", json={}).status_code == 400
    assert browser.get("/api/v1/account").json() is None


def test_alerts_are_taken_noted_and_marked_by_name(services: Services, admin: TestClient) -> None:
    services.outbox.put([examples.delivery(id="one"), examples.delivery(replace(examples.alert(), id="a2"), id="two")])
    alert = examples.delivery().alert.id
    assert "Take it" in admin.get("/alerts").text
    admin.post("/alerts", data={"take": alert})
    admin.post("/alerts", data={"note_on": alert, "owner": "Ada Ek", "note": "rang the port"})
    admin.post("/alerts", data={"not-new": "one"})
    assert services.desk.all(Triage) == [Triage(alert=alert, owner="Ada Ek", note="rang the port", by="Ada Ek")]
    assert [mark.by for mark in services.desk.all(Mark)] == ["Ada Ek"]
    assert json.loads(admin.get("/alerts.json?owner=Ada+Ek").text)["rows"][0]["alert"] == alert
    assert 'href="/alerts?owner=Ada%20Ek"' in admin.get("/alerts").text
    sign_in(admin, "Eva Ås")
    admin.put(f"/api/v1/alerts/{alert}/triage", json={"owner": "Eva Ås", "note": "it is closed"})
    assert services.desk.all(Triage) == [Triage(alert=alert, owner="Eva Ås", note="it is closed", by="Eva Ås")]
    admin.post("/alerts", data={"note_on": alert, "owner": "", "note": ""})
    assert services.desk.all(Triage) == []
    noted = [change.who.split(",")[0] for change in services.desk.all(Change) if change.noun == "triage"]
    assert sorted(noted) == ["Ada Ek", "Ada Ek", "Eva Ås", "Eva Ås"]

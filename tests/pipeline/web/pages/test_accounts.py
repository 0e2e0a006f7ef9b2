"""Admins change users on a page and through the API; everybody chooses a zone, languages and a password."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pipeline.model import Actor, ApiToken, Change, Group, Mark, PushSubscription, Session, Triage, User
from pipeline.services import Services
from pipeline.testing import FakeClock
from pipeline.web.accounts.login import Throttle
from pipeline.web.accounts.passwords import is_password
from pipeline.web.accounts.tokens import add_token
from pipeline.web.accounts.users import add_user
from tests import examples
from tests.pipeline.web.conftest import HERE

PASSWORD = "seven blue kettles"
NEW = "nine green lamps"
AGAIN = {"own": PASSWORD}


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
    admin.post("/users", data={**AGAIN, "name": "Ray Lund", "role": "reader", "password": PASSWORD})
    assert "Ray Lund" in admin.get("/users").text
    admin.post("/users", data={**AGAIN, "change": "ray-lund", "role": "editor", "password": ""})
    assert roles(services) == {"Ada Ek": "admin", "Eva Ås": "editor", "Ray Lund": "editor"}
    admin.post("/users", data={**AGAIN, "change": "ray-lund", "role": "editor", "password": NEW})
    ray = services.desk.find(User, "ray-lund")
    assert is_password(NEW, ray)
    admin.post("/users", data={**AGAIN, "remove": "ray-lund"})
    assert roles(services) == {"Ada Ek": "admin", "Eva Ås": "editor"}


def test_an_admin_does_not_shut_the_door_on_themselves(services: Services, admin: TestClient) -> None:
    for form in ({"remove": "ada-ek"}, {"change": "Ada Ek", "role": "reader"}):
        assert "another admin" in admin.post("/users", data={**AGAIN, **form}).text
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
    answer = admin.post("/users", data={**AGAIN, **form})
    assert (answer.status_code, complaint in answer.text.replace("&#39;", "'")) == (400, True)
    assert len(services.desk.all(User)) == 2


def test_the_api_shows_and_changes_users_without_their_passwords(services: Services, admin: TestClient) -> None:
    added = admin.post("/api/v1/users", json={"name": "Ray Lund", "role": "reader", "password": PASSWORD})
    assert (added.status_code, added.json()) == (
        201,
        {"id": "ray-lund", "name": "Ray Lund", "role": "reader", "zone": "", "languages": [], "subject": ""},
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
    admin.post("/users", data={**AGAIN, "change": "eva-as", "role": "editor", "password": NEW})
    newest = [change for change in services.desk.all(Change) if change.noun == "user"][-1]
    assert (newest.who, newest.record, newest.action) == ("Ada Ek, pages, from testclient", "eva-as", "changed")
    assert [(field.name, "argon2" in field.before + field.after) for field in newest.fields] == [("password", False)]
    assert "user eva-as" in admin.get("/audit?who=ada+ek&record=user").text
    assert "user eva-as" not in admin.get("/audit?who=eva").text
    assert [change["record"] for change in admin.get("/api/v1/changes?record=eva-as").json()] == ["eva-as"]


def test_a_user_chooses_zone_and_languages(services: Services, admin: TestClient) -> None:
    services.outbox.put([examples.delivery()])
    assert "Times are in UTC" in admin.get("/alerts").text
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
    assert "Times are in UTC" in admin.get("/alerts").text


def test_the_day_begins_in_the_zone_of_the_user(services: Services, admin: TestClient) -> None:
    admin.post("/account", data={"zone": "Pacific/Kiritimati"})  # fourteen hours ahead: it is the third there
    assert "<h1>Tuesday, 3 Mar 2026</h1>" in admin.get("/").text
    assert admin.get("/today.txt").text.startswith("Tuesday, 3 March 2026")


def test_a_changed_password_ends_all_other_sessions(services: Services, admin: TestClient, open_web: FastAPI) -> None:
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
    other = replace(examples.alert(replace(examples.statement(), id="s2")), id="a2")
    services.outbox.put([examples.delivery(id="one"), examples.delivery(other, id="two")])
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


def own_token(services: Services, user_id: str, name: str = "export") -> ApiToken:
    user = services.desk.find(User, user_id)
    assert user
    return add_token(services.desk, user, name, role="reader", days=30, now=services.clock())[0]


def test_a_user_creates_a_token_that_is_shown_once(services: Services, admin: TestClient) -> None:
    sign_in(admin, "Eva Ås")
    page = admin.get("/account").text
    assert 'value="editor"' in page
    assert 'value="admin"' not in page
    form = {"name": "night export", "role": "editor", "days": "7", "password": PASSWORD}
    answer = admin.post("/account/tokens", data=form)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    value = answer.text.split("<code>onr_")[1].split("<")[0]
    fresh = TestClient(admin.app, base_url=HERE)
    assert fresh.get("/api/v1/account", headers={"authorization": f"Bearer onr_{value}"}).json()["name"] == "Eva Ås"
    page = admin.get("/account").text
    assert ("night export" in page, value in page, "2 Mar 2026" in page) == (True, False, True)
    sign_in(admin, "Ada Ek")
    log = admin.get("/audit?record=token").text
    assert ("night export" in log, "Eva Ås, pages" in log) == (True, True)
    assert value not in log
    assert services.desk.all(ApiToken)[0].id not in log + admin.get("/api/v1/changes").text


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"password": "wrong wrong"}, "not your password"),
        ({"name": "..."}, "a name with a letter"),
        ({"role": "admin"}, "the role editor at most"),
        ({"role": "owner"}, "should be one of"),
        ({"days": "367"}, "1 to 366 days"),
        ({"days": "-1"}, "1 to 366 days"),
        ({"days": "9" * 5000}, "1 to 366 days"),
    ],
)
def test_a_wrong_token_form_says_what_is_wrong(
    services: Services, admin: TestClient, wrong: dict[str, str], complaint: str
) -> None:
    sign_in(admin, "Eva Ås")
    form = {"name": "night export", "role": "reader", "days": "7", "password": PASSWORD, **wrong}
    answer = admin.post("/account/tokens", data=form)
    assert (answer.status_code, complaint in answer.text.replace("&#39;", "'")) == (400, True)
    assert f'value="{form["name"]}"' in answer.text
    assert form["password"] not in answer.text
    assert services.desk.all(ApiToken) == []


def test_somebody_at_an_open_browser_makes_no_token(services: Services, admin: TestClient) -> None:
    form = {"name": "way back", "role": "admin", "days": "366", "password": "guess guess"}
    tries = [admin.post("/account/tokens", data=form).status_code for _ in range(6)]
    assert tries == [400] * 5 + [429]
    assert services.desk.all(ApiToken) == []


def test_a_user_lists_and_ends_own_sessions_and_tokens(
    services: Services, admin: TestClient, open_web: FastAPI
) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    others = [
        TestClient(open_web, base_url=HERE, headers={**admin.headers, "user-agent": agent}, follow_redirects=False)
        for _ in range(3)
    ]
    for other in others:
        sign_in(other, "Ada Ek")
    page = admin.get("/account").text
    assert (page.count("Firefox on Linux"), page.count("this browser"), page.count("testclient")) == (3, 1, 4)
    listed = admin.get("/api/v1/account/sessions").json()
    assert [session["here"] for session in listed].count(True) == 1
    end = [session["id"] for session in listed if not session["here"]]
    assert admin.post("/account/sessions", data={**AGAIN, "end": end[0]}).headers["location"] == "/account#sessions"
    assert admin.delete(f"/api/v1/account/sessions/{end[1]}").status_code == 204
    assert [other.get("/alerts").status_code for other in others].count(200) == 1
    admin.post("/account/sessions", data={**AGAIN, "others": "1"})
    assert [other.get("/alerts").status_code for other in others] == [303] * 3
    assert admin.get("/alerts").status_code == 200
    assert admin.delete(f"/api/v1/account/sessions/{end[1]}").status_code == 404
    tokens = [own_token(services, "ada-ek", name) for name in ("first", "second")]
    assert [token["name"] for token in admin.get("/api/v1/account/tokens").json()] == ["first", "second"]
    assert admin.post("/account/tokens", data={"revoke": tokens[0].id}).status_code == 303
    assert admin.delete(f"/api/v1/account/tokens/{tokens[1].id}").status_code == 204
    assert services.desk.all(ApiToken) == []


def test_sessions_and_tokens_of_others_cannot_be_ended(services: Services, admin: TestClient) -> None:
    (session,) = services.desk.all(Session)
    token = own_token(services, "ada-ek")
    sign_in(admin, "Eva Ås")  # in place of the session of this browser
    services.desk.save(session)
    assert admin.post("/account/sessions", data={**AGAIN, "end": session.id}).status_code == 400
    assert admin.post("/account/tokens", data={"revoke": token.id}).status_code == 400
    assert admin.post("/account/sessions", data={**AGAIN, "others": "1"}).status_code == 303
    assert admin.delete(f"/api/v1/account/sessions/{session.id}").status_code == 404
    assert admin.delete(f"/api/v1/account/tokens/{token.id}").status_code == 404
    for path in ("/users/access", "/api/v1/sessions", "/api/v1/tokens"):
        assert admin.get(path).status_code == 403
    assert admin.post("/users/access", data={**AGAIN, "end": session.id}).status_code == 403
    assert admin.delete(f"/api/v1/sessions/{session.id}").status_code == 403
    assert admin.delete(f"/api/v1/tokens/{token.id}").status_code == 403
    listed = admin.get("/api/v1/account/sessions").json() + admin.get("/api/v1/account/tokens").json()
    assert [each["user"] for each in listed] == ["eva-as"]
    assert session in services.desk.all(Session)
    assert token in services.desk.all(ApiToken)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/account/sessions", {"others": "1"}),
        ("/account/sessions", {"end": "SESSION"}),
        ("/users/access", {"end": "SESSION"}),
        ("/users", {"name": "Way Back", "role": "admin", "password": NEW}),
        ("/users", {"change": "eva-as", "role": "admin", "password": NEW}),
        ("/users", {"remove": "eva-as"}),
    ],
)
def test_somebody_at_an_open_browser_changes_nobodys_access(
    services: Services, admin: TestClient, open_web: FastAPI, path: str, form: dict[str, str]
) -> None:
    other = TestClient(open_web, base_url=HERE, headers=dict(admin.headers), follow_redirects=False)
    sign_in(other, "Ada Ek")
    (away,) = (each["id"] for each in admin.get("/api/v1/sessions").json() if not each["here"])
    before = services.desk.all(User)
    form = {name: away if value == "SESSION" else value for name, value in form.items()}
    for own in ({}, {"own": ""}, {"own": NEW}):
        refused = admin.post(path, data={**form, **own})
        assert (refused.status_code, "not your password" in refused.text) == (400, True)
        assert NEW not in refused.text
    assert other.get("/alerts").status_code == 200
    assert services.desk.all(User) == before
    assert admin.post(path, data={**form, **AGAIN}).status_code == 303


def test_the_api_changes_access_only_a_short_while_after_a_login(
    services: Services, admin: TestClient, open_web: FastAPI
) -> None:
    other = TestClient(open_web, base_url=HERE, headers=dict(admin.headers), follow_redirects=False)
    sign_in(other, "Ada Ek")
    assert isinstance(services.clock, FakeClock)
    services.clock.now += timedelta(minutes=11)
    (away,) = (each["id"] for each in admin.get("/api/v1/sessions").json() if not each["here"])
    order = {"name": "Way Back", "role": "admin", "password": NEW}
    refused = [
        admin.post("/api/v1/users", json=order),
        admin.patch("/api/v1/users/eva-as", json={"password": NEW}),
        admin.delete("/api/v1/users/eva-as"),
        admin.delete(f"/api/v1/sessions/{away}"),
        admin.delete(f"/api/v1/account/sessions/{away}"),
    ]
    assert [answer.status_code for answer in refused] == [400] * 5
    assert all("log in again first" in answer.text for answer in refused)
    sign_in(admin, "Ada Ek")
    assert admin.delete(f"/api/v1/account/sessions/{away}").status_code == 204
    assert admin.post("/api/v1/users", json=order).status_code == 201


def test_a_new_password_ends_what_a_stolen_session_added(services: Services, admin: TestClient) -> None:
    services.desk.save(examples.push_subscription(user="ada-ek"), examples.push_subscription(id="b2", user="eva-as"))
    own_token(services, "ada-ek")
    admin.post("/account", data={"password": PASSWORD, "new": NEW})
    assert [browser.user for browser in services.desk.all(PushSubscription)] == ["eva-as"]
    assert [token["ended"] for token in admin.get("/api/v1/account/tokens").json()] == [True]


def test_an_admin_ends_the_sessions_and_tokens_of_everybody(
    services: Services, admin: TestClient, open_web: FastAPI
) -> None:
    others = [
        TestClient(open_web, base_url=HERE, headers=dict(admin.headers), follow_redirects=False) for _ in range(2)
    ]
    for other in others:
        sign_in(other, "Eva Ås")
    tokens = [own_token(services, "eva-as", name) for name in ("first", "second")]
    page = admin.get("/users/access").text
    assert (page.count('<span dir="auto">Eva Ås</span>'), page.count("first")) == (4, 2)
    sessions = [each["id"] for each in admin.get("/api/v1/sessions").json() if each["user"] == "eva-as"]
    admin.post("/users/access", data={**AGAIN, "end": sessions[0]})
    admin.delete(f"/api/v1/sessions/{sessions[1]}")
    assert [other.get("/alerts").status_code for other in others] == [303, 303]
    admin.post("/users/access", data={"revoke": tokens[0].id})
    admin.delete(f"/api/v1/tokens/{tokens[1].id}")
    assert admin.get("/api/v1/tokens").json() == []
    gone = admin.post("/users/access", data={"revoke": tokens[0].id})
    assert (gone.status_code, "no such token" in gone.text) == (400, True)
    assert "There are no tokens." in admin.get("/users/access").text
    removed = [
        change.who for change in services.desk.all(Change) if (change.noun, change.action) == ("token", "removed")
    ]
    assert sorted(removed) == ["Ada Ek, API, from testclient", "Ada Ek, pages, from testclient"]


def test_sessions_that_have_ended_are_not_listed(services: Services, admin: TestClient, open_web: FastAPI) -> None:
    other = TestClient(open_web, base_url=HERE, headers=dict(admin.headers), follow_redirects=False)
    sign_in(other, "Eva Ås")
    assert [each["user"] for each in admin.get("/api/v1/sessions").json()].count("eva-as") == 1
    admin.patch("/api/v1/users/eva-as", json={"role": "reader"})
    assert [each["user"] for each in admin.get("/api/v1/sessions").json()] == ["ada-ek"]


EMPTY = ("/?day=2026-01-01", "/record?q=nothing+of+this", "/alerts", "/people", "/watches", "/feeds", "/network")


def test_empty_pages_tell_a_reader_who_can_fill_them(services: Services, admin: TestClient) -> None:
    services.desk.remove(Actor, "ada-lindqvist")
    to_change = {page: admin.get(page).text for page in EMPTY}
    assert "Editors of this desk" not in "".join(to_change.values())
    add_user(services.desk, "Ray Lund", "reader", PASSWORD, has_token=False)
    sign_in(admin, "Ray Lund")
    to_read = {page: admin.get(page).text for page in EMPTY}
    explained = {page for page, text in to_read.items() if "Editors of this desk follow sources" in text}
    assert explained == {"/?day=2026-01-01", "/alerts", "/people", "/watches", "/feeds"}
    for invitation in (">Follow one<", ">Set one up<", "Type a name above", "Paste the address", ">Track somebody<"):
        shown = {page for page, text in to_change.items() if invitation in text}
        assert (shown != set(), [page for page, text in to_read.items() if invitation in text]) == (True, [])


def test_a_reader_is_not_led_to_forms(services: Services, admin: TestClient) -> None:
    services.desk.save(examples.watch(), Group(id="council", name="Council", members=("ada-lindqvist",)))
    pages = ("/people/ada-lindqvist", "/groups/council", "/record?q=harbour")
    links = ('href="#change"', "/watches?")
    assert all(any(link in admin.get(page).text for link in links) for page in pages)
    add_user(services.desk, "Ray Lund", "reader", PASSWORD, has_token=False)
    sign_in(admin, "Ray Lund")
    assert [page for page in pages for link in links if link in admin.get(page).text] == []

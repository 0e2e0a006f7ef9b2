"""Users sign in by name and password; a session does what its user may, as long as nothing about the user changes."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pipeline.errors import SettingsError, WorldError
from pipeline.model import Change, Feed, Session, User, UserRole
from pipeline.ports import Noun
from pipeline.services import Services
from pipeline.settings import Settings
from pipeline.settings.sections import Web
from pipeline.testing import FakeClock, FakeDesk
from pipeline.web.accounts.login import Throttle, check_exposure
from pipeline.web.accounts.sessions import COOKIE
from pipeline.web.accounts.users import add_user, change_user, remove_user
from tests import examples
from tests.pipeline.web.conftest import HERE, Simultaneous

PASSWORD = "seven blue kettles"
FEED = {"url": "https://courier.example/feed"}


@pytest.fixture
def staffed(services: Services, browser: TestClient, open_web: FastAPI) -> TestClient:
    """A browser before a desk without a token that has a user of each role."""
    open_web.state.throttle = Throttle(lambda: 0.0)
    roles: dict[str, UserRole] = {"Ada Ek": "admin", "Eva Ås": "editor", "Ray Lund": "reader"}
    for name, role in roles.items():
        add_user(services.desk, name, role, PASSWORD, has_token=False)
    return browser


def sign_in(browser: TestClient, name: str, password: str = PASSWORD) -> int:
    answer = browser.post("/login", data={"name": name, "password": password, "to": "/alerts"})
    return answer.status_code


def test_the_first_user_closes_the_door(services: Services, browser: TestClient) -> None:
    assert browser.get("/alerts").status_code == 200
    add_user(services.desk, "Ada Ek", "admin", PASSWORD, has_token=False)
    assert browser.get("/alerts").headers["location"] == "/login?to=%2Falerts"
    refused = browser.get("/api/v1/feeds", headers={"accept": "*/*"})
    assert (refused.status_code, refused.json()["detail"]) == (401, "somebody has to log in")
    remove_user(services.desk, "Ada Ek", has_token=False)
    assert browser.get("/alerts").status_code == 200


def test_a_user_signs_in_by_any_spelling_of_the_name(staffed: TestClient) -> None:
    assert "Password" in staffed.get("/login").text
    for name in ("Eva Ås", "eva as", "eva-as"):
        staffed.cookies.clear()
        assert sign_in(staffed, name) == 303
        assert "Eva Ås" in staffed.get("/alerts").text


@pytest.mark.parametrize(
    ("name", "password"),
    [("Ada Ek", "seven blue kettle"), ("Nobody", PASSWORD), ("", ""), ("Ada Ek", ""), ("x" * 900, "y" * 900)],
)
def test_a_wrong_name_and_a_wrong_password_look_the_same(staffed: TestClient, name: str, password: str) -> None:
    answer = staffed.post("/login", data={"name": name, "password": password})
    assert answer.status_code == 403
    assert "The name or the password is wrong." in answer.text
    assert COOKIE not in staffed.cookies


def test_a_wrong_try_leaves_no_name_and_no_password_in_the_log(
    staffed: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        staffed.post("/login", data={"name": "my password in the wrong field", "password": "hunter22hunter"})
    assert "a name or a password is wrong" in caplog.text
    assert "wrong field" not in caplog.text
    assert "hunter22" not in caplog.text


def test_a_name_is_throttled_across_addresses(staffed: TestClient, open_web: FastAPI) -> None:
    def tried(address: str, name: str, password: str = "wrong wrong") -> int:
        other = TestClient(open_web, base_url=HERE, follow_redirects=False, client=(address, 5000))
        return other.post("/login", data={"name": name, "password": password}, headers={"origin": HERE}).status_code

    assert tried("192.0.2.99", "Eva Ås", PASSWORD) == 303
    for network, name in ((1, "Eva Ås"), (2, "Nobody")):
        assert [tried(f"192.0.{network}.{number}", name) for number in range(6)] == [403] * 5 + [429]
    assert tried("192.0.2.90", "Eva Ås", PASSWORD) == 429
    assert tried("192.0.2.99", "Eva Ås", PASSWORD) == 303  # from where she has signed in before
    assert tried("192.0.2.91", "Ada Ek", PASSWORD) == 303


def test_concurrent_attempts_count_before_they_are_checked(
    staffed: TestClient, open_web: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []

    def checked(*_: object) -> bool:
        waits.append(open_web.state.throttle.wait("testclient", "ada-ek"))
        return False

    monkeypatch.setattr("pipeline.web.accounts.login.is_password", checked)
    for _ in range(5):
        sign_in(staffed, "Ada Ek")
    assert waits[:4] == [0] * 4
    assert waits[4] > 0


def test_a_session_of_before_the_sign_in_is_over(services: Services, staffed: TestClient) -> None:
    fixed = {"cookie": f"{COOKIE}=chosen-by-somebody-else"}
    staffed.post("/login", data={"name": "Ray Lund", "password": PASSWORD}, headers=fixed)
    assert staffed.get("/alerts", headers=fixed).status_code == 303
    first = staffed.cookies[COOKIE]
    sign_in(staffed, "Eva Ås")
    assert staffed.cookies[COOKIE] != first
    assert [session.user for session in services.desk.all(Session)] == ["eva-as"]


@pytest.mark.parametrize("change", ["role", "password", "removal", "removal and return"])
def test_a_session_ends_when_its_user_changes(services: Services, staffed: TestClient, change: str) -> None:
    sign_in(staffed, "Ray Lund")
    assert staffed.get("/alerts").status_code == 200
    if change == "role":
        change_user(services.desk, "ray-lund", has_token=False, role="editor")
    elif change == "password":
        change_user(services.desk, "ray-lund", has_token=False, password="nine green lamps")
    else:
        remove_user(services.desk, "ray-lund", has_token=False)
    if change == "removal and return":
        add_user(services.desk, "Ray Lund", "reader", PASSWORD, has_token=False)
    assert staffed.get("/alerts").status_code == 303


def test_a_session_that_no_token_backs_any_more_is_over(services: Services, staffed: TestClient) -> None:
    sign_in(staffed, "Ray Lund")
    (session,) = services.desk.all(Session)
    services.desk.save(replace(session, user="", credentials=""))
    assert staffed.get("/alerts").status_code == 303


CHANGES = [
    ("POST", "/feeds", {"url": FEED["url"]}),
    ("POST", "/people", {"name": "Jonas Berg"}),
    ("POST", "/watches", {"name": "w", "by": "ada-lindqvist", "save": "yes"}),
    ("POST", "/watches", {"test": "w"}),
    ("POST", "/groups", {"name": "g", "members": "ada-lindqvist"}),
    ("POST", "/alerts", {"acknowledge": "one"}),
    ("POST", "/dead-letters", {}),
    ("POST", "/users", {"name": "x"}),
]


@pytest.mark.parametrize(("method", "path", "form"), CHANGES)
def test_a_reader_changes_nothing_by_form(
    services: Services, staffed: TestClient, method: str, path: str, form: dict[str, str]
) -> None:
    sign_in(staffed, "Ray Lund")
    before = (services.desk.all(Feed), services.desk.all(User))
    answer = staffed.request(method, path, data=form)
    assert (answer.status_code, "Ray Lund has the role reader" in answer.text) == (403, True)
    assert (services.desk.all(Feed), services.desk.all(User)) == before


def test_every_change_of_the_api_is_refused_to_a_reader(staffed: TestClient, open_web: FastAPI) -> None:
    """Whatever is added to the API is refused, unless it is known to change nothing."""
    sign_in(staffed, "Ray Lund")
    allowed = {
        ("POST", "/api/v1/watches/preview"),
        ("PATCH", "/api/v1/account"),
        ("DELETE", "/api/v1/account/sessions/{session_id}"),
        ("DELETE", "/api/v1/account/tokens/{token_id}"),
    }
    changes = {
        (method.upper(), path)
        for path, methods in open_web.openapi()["paths"].items()
        for method in methods
        if method.upper() != "GET"
    }
    assert allowed < changes
    headers = {"content-type": "application/json"}
    answers = {
        change: staffed.request(change[0], change[1].replace("{", "").replace("}", ""), content="{}", headers=headers)
        for change in changes
    }
    assert {change for change, answer in answers.items() if answer.status_code != 403} == allowed


@pytest.mark.slow
def test_an_assistant_of_a_reader_has_no_tool_that_changes_the_desk(services: Services) -> None:
    import asyncio

    from pipeline.web.assistants import server

    tools = asyncio.run(server(services).list_tools())
    assert tools
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)


def test_a_reader_sees_pages_without_forms(services: Services, staffed: TestClient) -> None:
    services.desk.save(examples.feed(), examples.watch(), examples.group("ada-lindqvist"))
    services.outbox.put([examples.delivery(id="one")])
    pages = ["/alerts", "/watches", "/people", "/people/ada-lindqvist", "/feeds", "/dead-letters", "/account"]
    pages.append(f"/source?feed={examples.feed().url}")
    sign_in(staffed, "Eva Ås")
    assert all('method="post" action="/logout"' in staffed.get(path).text for path in pages)
    assert 'method="post" action="/watches' in staffed.get("/watches").text
    sign_in(staffed, "Ray Lund")
    for path in pages:
        answer = staffed.get(path)
        actions = {form.split('"', maxsplit=1)[0] for form in answer.text.split('method="post" action="')[1:]}
        own = set()
        if path == "/account":
            own = {"/account", "/account#password", "/account/sessions#problem", "/account/tokens#problem"}
        assert (answer.status_code, actions) == (200, {"/logout", *own})
        assert answer.text.count('method="post"') == answer.text.count('method="post" action="')


HEADINGS = (
    ("/watches", ("New watch", '<span class="hidden">Change</span>', 'class="actions"')),
    ("/people", ("Track somebody",)),
    ("/people/ada-lindqvist", ('id="change"', "Stop tracking", "Merge or split")),
    ("/groups/cabinet", ('id="change"',)),
    ("/feeds", ("Follow a source",)),
    (f"/source?feed={FEED['url']}", (">Change</h2>",)),
    ("/alerts", ("Muted people and statements",)),
)


@pytest.mark.parametrize(("path", "headings"), HEADINGS)
def test_a_reader_sees_no_heading_of_a_form_that_is_left_out(
    services: Services, staffed: TestClient, path: str, headings: tuple[str, ...]
) -> None:
    services.desk.save(Feed(url=FEED["url"]), examples.watch(), examples.actor())
    services.desk.save(examples.group("ada-lindqvist", id="cabinet"), examples.mute())
    sign_in(staffed, "Eva Ås")
    page = staffed.get(path).text
    assert [heading for heading in headings if heading not in page] == []
    sign_in(staffed, "Ray Lund")
    answer = staffed.get(path)
    assert answer.status_code == 200
    assert [heading for heading in headings if heading in answer.text] == []


def test_a_user_has_twenty_sessions_at_most(services: Services, staffed: TestClient) -> None:
    clock = services.clock
    assert isinstance(clock, FakeClock)
    sign_in(staffed, "Ada Ek")
    cookies = []
    for _ in range(21):
        clock.move(timedelta(minutes=1))
        staffed.cookies.clear()
        sign_in(staffed, "Eva Ås")
        cookies.append(staffed.cookies[COOKIE])
    sessions = [session.user for session in services.desk.all(Session)]
    assert (sessions.count("eva-as"), sessions.count("ada-ek")) == (20, 1)
    staffed.cookies.clear()
    answers = [staffed.get("/people", headers={"cookie": f"{COOKIE}={cookie}"}).status_code for cookie in cookies]
    assert answers == [303, *[200] * 20]


def test_logins_at_the_same_time_do_not_exceed_the_limit(
    services: Services, staffed: TestClient, open_web: FastAPI
) -> None:
    desk = Simultaneous()
    desk.save(*services.desk.all(User), *(examples.session(id=f"s{number}", user="eva-as") for number in range(19)))
    open_web.state.app, desk.meeting = replace(services, desk=desk), Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        list(
            threads.map(
                lambda _: sign_in(
                    TestClient(open_web, HERE, headers=dict(staffed.headers), follow_redirects=False), "Eva Ås"
                ),
                range(2),
            )
        )
    assert len(desk.all(Session)) == 20


@pytest.mark.parametrize("path", ["/audit", "/audit.csv", "/audit?who=eva", "/api/v1/changes"])
def test_only_an_admin_reads_the_audit_log(staffed: TestClient, path: str) -> None:
    for name, status in (("Ray Lund", 403), ("Eva Ås", 403), ("Ada Ek", 200)):
        sign_in(staffed, name)
        assert staffed.get(path).status_code == status
        assert ('href="/audit"' in staffed.get("/people").text) is (status == 200)


def test_an_editor_changes_the_desk_and_no_user(services: Services, staffed: TestClient) -> None:
    sign_in(staffed, "Eva Ås")
    assert staffed.post("/feeds", data=FEED).status_code == 200  # and the page says that nobody answers there
    for method, path in (
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", "/api/v1/users"),
        ("DELETE", "/api/v1/users/ada-ek"),
    ):
        assert staffed.request(method, path).status_code == 403
    assert 'href="/users"' not in staffed.get("/alerts").text
    assert [change.who for change in services.desk.all(Change) if change.noun == "feed"] == [
        "Eva Ås, pages, from testclient"
    ]


def test_the_token_works_beside_users(locked: TestClient, locked_web: FastAPI) -> None:
    add_user(locked_web.state.app.desk, "Ray Lund", "reader", PASSWORD, has_token=True)
    bearer = {"authorization": "Bearer open sesame, please"}
    assert locked.post("/api/v1/feeds", json={**FEED, "as_given": True}, headers=bearer).status_code == 201
    assert locked.get("/api/v1/users", headers=bearer).json()[0]["id"] == "ray-lund"
    assert "feed" in [change["noun"] for change in locked.get("/api/v1/changes", headers=bearer).json()]
    locked.headers.update({"accept": "text/html", "origin": HERE})
    page = locked.get("/login").text
    assert 'name="token"' in page
    assert 'name="password"' in page
    assert locked.post("/login", data={"name": "Ray Lund", "password": PASSWORD}).status_code == 303
    assert locked.get("/users").status_code == 403


def test_others_may_reach_a_desk_with_users() -> None:
    desk, exposed = FakeDesk(), Settings.model_construct(web=Web.model_construct(host="192.0.2.7", token=None))
    with pytest.raises(SettingsError, match="no users"):
        check_exposure(exposed, desk)
    desk.save(examples.user())
    check_exposure(exposed, desk)
    with pytest.raises(SettingsError, match=r"web\.token is not set, and"):
        check_exposure(exposed)  # a process without the pages asks for no password


def test_a_reachable_desk_needs_a_token_or_users(services: Services, browser: TestClient, open_web: FastAPI) -> None:
    """Removing the last user opens the desk on loopback alone."""
    web = Web.model_construct(host="192.0.2.7", token=None, zone="UTC")
    settings = services.settings.model_copy(update={"web": web})
    open_web.state.app = replace(services, settings=settings)
    assert browser.get("/alerts").status_code == 303


def test_a_desk_with_users_may_have_any_name(staffed: TestClient) -> None:
    assert staffed.get("/login", headers={"host": "desk.example"}).status_code == 200


def test_a_desk_that_cannot_be_read_lets_nobody_in(services: Services, browser: TestClient, open_web: FastAPI) -> None:
    class Away(FakeDesk):
        def all(self, noun: type[Noun]) -> list[Noun]:
            raise WorldError("the desk is away")

    open_web.state.app = replace(services, desk=Away())
    assert browser.get("/alerts").status_code == 503
    assert browser.get("/alerts", headers={"host": "desk.example"}).status_code == 503
    assert browser.get("/livez").status_code == 200

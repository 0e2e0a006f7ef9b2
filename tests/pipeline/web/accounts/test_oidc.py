"""Users sign in at their newsroom's provider, and nobody else comes in by it."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from pipeline.errors import SettingsError, UsageError, WorldError
from pipeline.model import ApiToken, Change, Session, User
from pipeline.services import Services, open_services
from pipeline.settings import Oidc, Web
from pipeline.testing import FakeClock
from pipeline.web.accounts.login import Throttle, check_exposure
from pipeline.web.accounts.oidc import names, role
from pipeline.web.accounts.passwords import is_password
from pipeline.web.accounts.sessions import COOKIE
from pipeline.web.accounts.users import add_user, change_user, remove_user
from tests import identity
from tests.identity import CLIENT, SECRET, Provider
from tests.pipeline.web.conftest import HERE

PASSWORD = "seven blue kettles"
EDITOR = {"name": "Ada Ek", "email": "ada@desk.example", "email_verified": True, "groups": ["staff", "desk"]}


@pytest.fixture
def stranger() -> Iterator[Provider]:
    """The provider, which signs in an editor."""
    with identity.provider() as listening:
        listening.claims = dict(EDITOR)
        yield listening


@pytest.fixture
def opened(services: Services, open_web: FastAPI, stranger: Provider) -> Iterator[Services]:
    """A desk that knows the provider and has no users."""
    oidc = Oidc(
        issuer=stranger.issuer,
        client=CLIENT,
        secret=SecretStr(SECRET),
        roles=("desk=editor", "it=admin"),
        domains=("desk.example",),
        private_addresses=True,
    )
    settings = services.settings.model_copy(update={"oidc": oidc, "web": Web(address=HERE)})
    clock = FakeClock()
    desk = open_services(settings, clock=clock)
    open_web.state.app, open_web.state.throttle = desk, Throttle(lambda: 0.0)
    yield desk
    desk.close()


@pytest.fixture
def browser(opened: Services, open_web: FastAPI) -> TestClient:
    headers = {"accept": "text/html,*/*", "origin": HERE, "sec-fetch-site": "same-origin"}
    return TestClient(open_web, base_url=HERE, follow_redirects=False, headers=headers)


def way_back(browser: TestClient, stranger: Provider, to: str = "/alerts") -> str:
    """Begin a sign-in, and return the address to which the provider sends the browser."""
    began = browser.get("/login/oidc", params={"to": to})
    assert began.status_code == 303
    query = {name: values[0] for name, values in parse_qs(urlsplit(began.headers["location"]).query).items()}
    return stranger.authorize(query).removeprefix(HERE)


def sign_in(browser: TestClient, stranger: Provider) -> int:
    return browser.get(way_back(browser, stranger), headers={"sec-fetch-site": "cross-site"}).status_code


def test_a_user_signs_in_and_out(opened: Services, browser: TestClient, stranger: Provider) -> None:
    assert browser.get("/alerts").headers["location"] == "/login?to=%2Falerts"
    page = browser.get("/login?to=/alerts").text
    assert 'href="/login/oidc?to=/alerts"' in page
    assert ("Log in at 127.0.0.1" in page, 'name="password"' in page) == (True, False)
    answer = browser.get(way_back(browser, stranger), headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, '<meta http-equiv="refresh" content="0; url=/alerts">' in answer.text) == (200, True)
    cookies = answer.headers.get_list("set-cookie")
    assert ("onrecord_login=" in cookies[0], "Max-Age=0" in cookies[0]) == (True, True)
    assert all("HttpOnly" in cookie for cookie in cookies)
    assert "SameSite=strict" in cookies[1]
    assert "Ada Ek" in browser.get("/alerts").text
    (ada,) = opened.desk.all(User)
    assert (ada.id, ada.role, ada.subject) == ("ada-ek", "editor", f"{stranger.issuer} 4711")
    who = {(change.noun, change.who) for change in opened.desk.all(Change)}
    assert who == {("user", "OpenID Connect, from testclient"), ("session", "Ada Ek, pages, from testclient")}
    out = browser.post("/logout")
    assert out.headers["location"] == "/login?left=1"
    assert 'href="/login/oidc/end"' in browser.get("/login?left=1").text
    assert browser.get("/login/oidc/end").headers["location"].startswith(f"{stranger.issuer}/end?client_id=")
    assert browser.get("/alerts").status_code == 303


def test_without_a_logout_page_the_provider_is_not_visited(browser: TestClient, stranger: Provider) -> None:
    stranger.metadata = {"end_session_endpoint": None}
    assert browser.get("/login/oidc/end").headers["location"] == "/login"


def test_the_provider_closes_an_open_desk(opened: Services, browser: TestClient) -> None:
    assert browser.get("/api/v1/feeds", headers={"accept": "*/*"}).status_code == 401
    public = opened.settings.model_copy(update={"web": Web(host="0.0.0.0", address=HERE)})
    check_exposure(public, opened.desk)
    with pytest.raises(SettingsError, match="which others can reach"):
        check_exposure(public.model_copy(update={"oidc": Oidc()}), opened.desk)


def test_a_link_signs_nobody_in_as_another(
    opened: Services, browser: TestClient, stranger: Provider, open_web: FastAPI
) -> None:
    """An attacker begins a sign-in and has somebody else follow the way back."""
    attackers = TestClient(open_web, base_url=HERE, follow_redirects=False, headers=dict(browser.headers))
    planted = way_back(attackers, stranger)
    refused = browser.get(planted)
    assert (refused.status_code, "this browser did not begin" in refused.text) == (403, True)
    way_back(browser, stranger)
    refused = browser.get(planted)  # nor amid a sign-in of its own
    assert (refused.status_code, "began another one since" in refused.text) == (403, True)
    assert (opened.desk.all(Session), opened.desk.all(User)) == ([], [])
    assert "/token" not in stranger.paths


def test_a_way_back_leads_in_once(browser: TestClient, stranger: Provider) -> None:
    address = way_back(browser, stranger)
    cookie = {"cookie": f"onrecord_login={browser.cookies['onrecord_login']}"}
    assert browser.get(address).status_code == 200
    assert "onrecord_login" not in browser.cookies
    browser.cookies.clear()
    assert browser.get(address, headers=cookie).status_code == 403


COOKIES = ("", "x", "bm9uc2Vuc2U=", "W10=", "WyIiLCIiLCIiLCIiXQ==", "WyJcdWQ4MDAiLCIiLCIiLCIvIl0=", "W1tbW1tb" * 2000)


@pytest.mark.parametrize("cookie", COOKIES)
def test_a_cookie_that_we_did_not_set_is_refused(browser: TestClient, stranger: Provider, cookie: str) -> None:
    for state in ("", "x", "\ufffd"):
        headers = {"cookie": f"onrecord_login={cookie}"}
        answer = browser.get("/login/oidc/back", params={"code": "c", "state": state}, headers=headers)
        assert answer.status_code == 403
    assert stranger.paths == []


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/\\evil.example", '/"><script>', "/x" * 400])
def test_a_sign_in_leads_to_no_other_site(browser: TestClient, stranger: Provider, to: str) -> None:
    answer = browser.get(way_back(browser, stranger, to))
    assert answer.status_code == 200
    assert "evil" not in answer.text
    assert "<script>" not in answer.text
    assert ("url=/" in answer.text, "/x/x" in answer.text) == (True, False)


def test_a_refusal_of_the_provider_is_shown_as_text(browser: TestClient, stranger: Provider) -> None:
    state = parse_qs(urlsplit(way_back(browser, stranger)).query)["state"][0]
    answer = browser.get("/login/oidc/back", params={"error": "<b>access_denied", "state": state})
    assert (answer.status_code, "&lt;b&gt;access_denied" in answer.text) == (403, True)


def test_a_code_without_end_is_not_passed_on(browser: TestClient, stranger: Provider) -> None:
    state = parse_qs(urlsplit(way_back(browser, stranger)).query)["state"][0]
    for code in ("", "x" * 4001):
        assert browser.get("/login/oidc/back", params={"code": code, "state": state}).status_code == 403
    assert "/token" not in stranger.paths


@pytest.mark.parametrize(
    ("claims", "complaint"),
    [
        ({"groups": ["staff"]}, "none of the user's groups has a role here"),
        ({"groups": "desks"}, "none of the user's groups has a role here"),
        ({"groups": None}, "none of the user's groups has a role here"),
        ({"groups": {"desk": True}}, "none of the user's groups has a role here"),
        ({"email": "ada@elsewhere.example"}, "an address of desk.example is needed"),
        ({"email": "ada@desk.example@elsewhere.example"}, "an address of desk.example is needed"),
        ({"email": "ada@sub.desk.example"}, "an address of desk.example is needed"),
        ({"email": None}, "an address of desk.example is needed"),
        ({"email_verified": False}, "has not verified the e-mail address"),
        ({"email_verified": None}, "has not verified the e-mail address"),
        ({"nonce": "other"}, "belongs to another sign-in"),
        ({"name": "x" * 61, "email": f"{'x' * 61}@desk.example"}, "gives no name that is free here"),
    ],
)
def test_users_outside_the_settings_are_refused(
    opened: Services, browser: TestClient, stranger: Provider, claims: dict[str, Any], complaint: str
) -> None:
    stranger.claims |= claims
    answer = browser.get(way_back(browser, stranger))
    assert (answer.status_code, complaint in answer.text.replace("&#39;", "'")) == (403, True)
    assert COOKIE not in browser.cookies
    assert opened.desk.all(User) == []


def test_the_role_follows_the_claim(opened: Services, browser: TestClient, stranger: Provider) -> None:
    assert sign_in(browser, stranger) == 200
    other = TestClient(browser.app, base_url=HERE, follow_redirects=False, headers=dict(browser.headers))
    stranger.claims["groups"] = ["it", "desk"]
    assert sign_in(other, stranger) == 200
    assert [user.role for user in opened.desk.all(User)] == ["admin"]
    assert browser.get("/alerts").status_code == 303  # a session of the earlier role
    assert other.get("/users").status_code == 200
    stranger.claims["groups"] = ["staff"]
    assert sign_in(browser, stranger) == 403


def test_a_name_makes_nobody_another_user(opened: Services, browser: TestClient, stranger: Provider) -> None:
    """People choose their names at many providers: the subject alone says who somebody is."""
    add_user(opened.desk, "Ada Ek", "admin", PASSWORD, has_token=False)
    assert sign_in(browser, stranger) == 200
    assert browser.get("/users").status_code == 403
    stranger.claims |= {"sub": "4712", "name": "ada EK", "email": "ek@desk.example"}
    assert sign_in(browser, stranger) == 200
    assert [(user.name, user.subject.rpartition(" ")[2]) for user in opened.desk.all(User)] == [
        ("Ada Ek", ""),
        ("Ada Ek (ada@desk.example)", "4711"),
        ("ada EK (ek@desk.example)", "4712"),
    ]
    stranger.claims |= {"sub": "4711", "name": "Somebody Else"}
    assert sign_in(browser, stranger) == 200
    assert len(opened.desk.all(User)) == 3


def test_a_user_of_the_provider_has_no_password(opened: Services, browser: TestClient, stranger: Provider) -> None:
    sign_in(browser, stranger)
    (ada,) = opened.desk.all(User)
    assert not is_password("", ada)
    assert not is_password(ada.password, ada)
    with pytest.raises(UsageError, match="logs in at a provider"):
        change_user(opened.desk, "ada-ek", has_token=True, password=PASSWORD)
    page = browser.get("/account").text
    assert 'name="password"' not in page
    assert browser.post("/account", data={"password": "", "new": PASSWORD}).status_code == 400
    for password in ("", ada.password):
        assert browser.post("/login", data={"name": "ada-ek", "password": password}).status_code == 403


def test_the_check_of_a_user_without_a_password_hashes_as_well(
    opened: Services, browser: TestClient, stranger: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of an answer does not say who signs in at the provider."""
    from argon2 import PasswordHasher

    sign_in(browser, stranger)
    checked = list[str]()

    def verify(_: object, stored: str, __: bytes) -> bool:
        checked.append(stored)
        return True

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    assert not is_password(PASSWORD, opened.desk.all(User)[0])
    assert checked[0].startswith("$argon2id$")


def test_a_token_needs_a_sign_in_of_a_short_while_ago(
    opened: Services, browser: TestClient, stranger: Provider
) -> None:
    sign_in(browser, stranger)
    form = {"name": "export", "role": "editor", "days": "7"}
    assert "onr_" in browser.post("/account/tokens", data=form).text
    assert isinstance(opened.clock, FakeClock)
    opened.clock.now += timedelta(minutes=11)
    refused = browser.post("/account/tokens", data={**form, "name": "other"})
    assert (refused.status_code, "a login of the last 10 minutes" in refused.text) == (400, True)
    assert len(opened.desk.all(ApiToken)) == 1


def test_a_removed_user_who_signs_in_again_has_no_old_sessions_and_tokens(
    opened: Services, browser: TestClient, stranger: Provider
) -> None:
    sign_in(browser, stranger)
    (session,) = opened.desk.all(Session)
    remove_user(opened.desk, "ada-ek", has_token=True)
    other = TestClient(browser.app, base_url=HERE, follow_redirects=False, headers=dict(browser.headers))
    assert sign_in(other, stranger) == 200
    opened.desk.save(session)  # as a crash amid the removal would leave it
    assert browser.get("/alerts").status_code == 303


def test_an_unreachable_provider_is_named(opened: Services, browser: TestClient, open_web: FastAPI) -> None:
    def away() -> Any:
        raise WorldError("https://login.example.org failed: Connection refused")

    open_web.state.app = replace(opened, identity=away)
    answer = browser.get("/login/oidc")
    assert (answer.status_code, "login.example.org failed" in answer.text) == (503, True)
    assert browser.get("/login").status_code == 200


def test_secrets_are_not_logged(
    opened: Services, browser: TestClient, stranger: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    stranger.token_status = 401
    with caplog.at_level(logging.DEBUG):
        address = way_back(browser, stranger)
        answer = browser.get(address)
    code = parse_qs(urlsplit(address).query)["code"][0]
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("onrecord"))
    assert "invalid_client" in ours
    assert "invalid_client" in answer.text
    for secret in (SECRET, code, browser.cookies["onrecord_login"]):
        assert secret not in ours
        assert secret not in answer.text


def test_wrong_ways_back_wait_like_wrong_passwords(browser: TestClient, stranger: Provider) -> None:
    stranger.claims["groups"] = []
    assert [sign_in(browser, stranger) for _ in range(6)] == [403] * 5 + [429]


def test_the_cookie_of_https_is_bound_to_this_host(browser: TestClient, open_web: FastAPI) -> None:
    secure = TestClient(open_web, base_url="https://desk.example", follow_redirects=False)
    cookie = secure.get("/login/oidc").headers["set-cookie"]
    assert cookie.startswith("__Host-onrecord_login=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"))
    assert "Domain" not in cookie


def test_without_a_provider_its_login_does_not_exist(services: Services, open_web: FastAPI) -> None:
    open_web.state.app = services
    plain = TestClient(open_web, base_url=HERE, follow_redirects=False)
    assert [plain.get(path).status_code for path in ("/login/oidc", "/login/oidc/end")] == [404, 404]
    assert "/login/oidc" not in plain.get("/login").text


def test_a_role_is_the_highest_that_a_claim_gives() -> None:
    wanted = Oidc(claim="realm_access.roles", roles=("desk = editor", "it=admin"), default_role="reader")
    nested = {"realm_access": {"roles": ["it", "desk"]}}
    assert role(nested, wanted) == "admin"
    assert role({"realm_access.roles": "desk"}, wanted) == "editor"
    assert role({"realm_access": ["it"]}, wanted) == "reader"
    assert role({}, wanted) == "reader"
    with pytest.raises(UsageError, match="none of the user's groups"):
        role({"groups": [7, None, ["it"]]}, Oidc(roles=("it=admin",)))


def test_names_fall_back_to_what_tells_people_apart() -> None:
    whole = {"name": " Ada  Ek ", "preferred_username": "aek", "email": "ada@desk.example"}
    assert names(whole) == ["Ada Ek", "Ada Ek (aek)", "Ada Ek (ada@desk.example)", "aek", "ada@desk.example"]
    assert names({"name": 7, "preferred_username": "aek"}) == ["aek"]
    assert names({}) == []


def test_an_address_of_the_provider_brings_no_header(browser: TestClient, stranger: Provider) -> None:
    stranger.metadata = {"authorization_endpoint": f"{stranger.issuer}/authorize\r\nset-cookie: planted=1"}
    answer = browser.get("/login/oidc")
    assert "planted" not in browser.cookies
    assert "\n" not in answer.headers.get("location", "")


@pytest.mark.parametrize("state", ["", "x" * 60_000, "\ud83d".encode("utf-16", "surrogatepass").hex(), "%00", "ä"])
def test_a_state_that_nobody_sent_is_refused(browser: TestClient, stranger: Provider, state: str) -> None:
    code = parse_qs(urlsplit(way_back(browser, stranger)).query)["code"][0]
    answer = browser.get("/login/oidc/back", params={"code": code, "state": state})
    assert answer.status_code in (400, 403, 414)
    assert "/token" not in stranger.paths


def test_a_login_at_the_provider_ends_no_throttle_of_others(browser: TestClient, stranger: Provider) -> None:
    """Refused sign-ins count as tries, so that a way back cannot be guessed by the hundred."""
    stranger.claims["groups"] = []
    statuses = [browser.get(way_back(browser, stranger)).status_code for _ in range(7)]
    assert statuses[0] == 403
    assert 429 in statuses

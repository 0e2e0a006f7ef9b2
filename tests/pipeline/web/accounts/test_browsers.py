"""Users let browsers alert them, see which do, and remove them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from connectors.notify.push import public_key
from pipeline.errors import UsageError
from pipeline.model import Change, PushSubscription, User
from pipeline.services import Services
from pipeline.settings import Fetch, Push, Settings
from pipeline.testing import FakeDesk
from pipeline.web.accounts.browsers import MOST_BROWSERS, add_browser, browsers
from pipeline.web.accounts.login import Throttle
from pipeline.web.accounts.users import add_user, remove_user
from tests import examples
from tests.pipeline.web.conftest import Simultaneous

PASSWORD = "seven blue kettles"
KEY = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUSH = Push(key=SecretStr(KEY), contact="mailto:desk@onrecord.example")
EXAMPLE = examples.push_subscription()
FORM = {"endpoint": EXAMPLE.endpoint, "p256dh": EXAMPLE.key, "auth": EXAMPLE.secret}
FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def with_push(services: Services, web: FastAPI) -> Services:
    changed = replace(services, settings=services.settings.model_copy(update={"push": PUSH}))
    web.state.app, web.state.throttle = changed, Throttle(lambda: 0.0)
    return changed


@pytest.fixture
def ada(services: Services, browser: TestClient, open_web: FastAPI) -> TestClient:
    """The browser of an admin on a desk that sends alerts to browsers, which also has a reader."""
    with_push(services, open_web)
    add_user(services.desk, "Ada Ek", "admin", PASSWORD, has_token=False)
    add_user(services.desk, "Ray Lund", "reader", PASSWORD, has_token=False)
    browser.headers.update(FIREFOX)
    sign_in(browser, "Ada Ek")
    return browser


def sign_in(browser: TestClient, name: str) -> None:
    assert browser.post("/login", data={"name": name, "password": PASSWORD}).status_code == 303


def add(desk: FakeDesk, address: str = EXAMPLE.endpoint, *, number: int = 0, private: bool = False) -> PushSubscription:
    now = examples.NOON + timedelta(minutes=number)
    keys = (EXAMPLE.key, EXAMPLE.secret)
    settings = Settings(push=PUSH, fetch=Fetch(private_addresses=private))
    return add_browser(desk, examples.user(), address, *keys, name="Firefox", now=now, settings=settings)


def test_a_user_adds_and_removes_a_browser(services: Services, ada: TestClient, open_web: FastAPI) -> None:
    page = ada.get("/account").text
    assert f'data-key="{public_key(open_web.state.app.settings)}"' in page
    assert "<code>push:ada-ek</code>" in page
    assert ada.post("/account/browsers", data=FORM).headers["location"] == "/account#browsers"
    (added,) = services.desk.all(PushSubscription)
    assert (added.user, added.browser, added.endpoint) == ("ada-ek", "Firefox on Linux", EXAMPLE.endpoint)
    page = ada.get("/account").text
    assert "Firefox on Linux" in page
    assert EXAMPLE.endpoint not in page
    ada.post("/account/browsers", data={"remove": added.id})
    assert services.desk.all(PushSubscription) == []


def test_the_audit_log_names_the_user_and_hides_the_address(services: Services, ada: TestClient) -> None:
    ada.post("/account/browsers", data=FORM)
    (change,) = [change for change in services.desk.all(Change) if change.noun == "push subscription"]
    assert change.who.startswith("Ada Ek")
    assert {field.name for field in change.fields} == {"user", "browser", "created"}
    assert not any(secret in str(change) for secret in FORM.values())


def test_a_reader_may_be_alerted_and_removes_no_browser_of_others(services: Services, ada: TestClient) -> None:
    ada.post("/account/browsers", data=FORM)
    (added,) = services.desk.all(PushSubscription)
    ada.post("/logout")
    sign_in(ada, "Ray Lund")
    assert ada.post("/account/browsers", data={"remove": added.id}).status_code == 400
    assert services.desk.all(PushSubscription) == [added]
    assert ada.post("/account/browsers", data={**FORM, "endpoint": "https://push.example/ray"}).status_code == 303
    assert {known.user for known in services.desk.all(PushSubscription)} == {"ada-ek", "ray-lund"}


def test_a_reused_browser_alerts_its_new_user_only(services: Services, ada: TestClient) -> None:
    ada.post("/account/browsers", data=FORM)
    ada.post("/logout")
    sign_in(ada, "Ray Lund")
    ada.post("/account/browsers", data=FORM)
    assert [known.user for known in services.desk.all(PushSubscription)] == ["ray-lund"]


def test_a_user_who_is_removed_is_alerted_no_more(services: Services, ada: TestClient) -> None:
    ada.post("/account/browsers", data=FORM)
    add_user(services.desk, "Bo Ek", "admin", PASSWORD, has_token=False)
    remove_user(services.desk, "ada-ek", has_token=False)
    assert services.desk.all(PushSubscription) == []


def test_a_desk_without_a_key_offers_no_alerts(services: Services, ada: TestClient, open_web: FastAPI) -> None:
    open_web.state.app = services
    assert "push:ada-ek" not in ada.get("/account").text
    refused = ada.post("/account/browsers", data=FORM)
    assert (refused.status_code, services.desk.all(PushSubscription)) == (400, [])
    assert "push.key is not set" in refused.text


def test_another_site_adds_no_browser(services: Services, ada: TestClient) -> None:
    elsewhere = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert ada.post("/account/browsers", data=FORM, headers=elsewhere).status_code == 403
    assert services.desk.find(User, "ada-ek")
    assert services.desk.all(PushSubscription) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": ""},
        {"endpoint": "http://push.example/send"},
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": "https:///send"},
        {"endpoint": "https://ada:word@push.example/send"},
        {"endpoint": "https://push.example/" + "a" * 2_000},
        {"p256dh": ""},
        {"p256dh": EXAMPLE.key[:-2]},
        {"p256dh": "A" * 87},
        {"p256dh": "🚢"},
        {"auth": "short"},
        {"auth": "?" * 22},
    ],
)
def test_a_malformed_subscription_is_refused(services: Services, ada: TestClient, changes: dict[str, str]) -> None:
    assert ada.post("/account/browsers", data={**FORM, **changes}).status_code == 400
    assert services.desk.all(PushSubscription) == []


def test_an_address_without_encryption_needs_a_setting() -> None:
    desk = FakeDesk()
    with pytest.raises(UsageError, match="should have an https address"):
        add(desk, "http://127.0.0.1:9/send")
    assert add(desk, "http://127.0.0.1:9/send", private=True) in desk.all(PushSubscription)


def test_a_browser_beyond_the_limit_replaces_the_oldest() -> None:
    desk = FakeDesk()
    for number in range(MOST_BROWSERS + 1):
        add(desk, f"https://push.example/{number}", number=number)
    add(desk, f"https://push.example/{MOST_BROWSERS}", number=MOST_BROWSERS + 1)  # again
    known = [browser.endpoint for browser in browsers(desk, "ada-ek")]
    assert known == [f"https://push.example/{number}" for number in range(1, MOST_BROWSERS + 1)]


def test_browsers_that_are_added_at_once_do_not_exceed_the_limit() -> None:
    desk = Simultaneous()
    for number in range(MOST_BROWSERS - 1):
        add(desk, f"https://push.example/{number}", number=number)
    desk.meeting = Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda number: add(desk, f"https://push.example/{number}", number=number), (97, 98)))
    known = [browser.endpoint for browser in browsers(desk, "ada-ek")]
    assert known == [f"https://push.example/{number}" for number in (*range(1, MOST_BROWSERS - 1), 97, 98)]


def test_the_service_worker_comes_from_the_root_without_a_session(ada: TestClient) -> None:
    ada.cookies.clear()
    script = ada.get("/push.js")
    assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "showNotification" in script.text
    assert "script-src 'self'" in script.headers["content-security-policy"]
    assert script.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://:word@push.example/send",
        "https://push.example\\@evil.example/send",
        "https://push.example/\r\nx: y",
        "https://[::1",
        "javascript:alert(1)//https://",
        "https://push.example\x00.evil.example/",
    ],
)
def test_a_malformed_address_of_a_push_service_is_refused(services: Services, ada: TestClient, endpoint: str) -> None:
    assert ada.post("/account/browsers", data={**FORM, "endpoint": endpoint}).status_code == 400
    assert services.desk.all(PushSubscription) == []


def test_keys_without_end_are_refused(services: Services, ada: TestClient) -> None:
    for name in ("p256dh", "auth"):
        assert ada.post("/account/browsers", data={**FORM, name: "A" * 900_000}).status_code == 400
    assert services.desk.all(PushSubscription) == []

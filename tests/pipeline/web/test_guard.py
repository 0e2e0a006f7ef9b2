"""Only those get in who may, and nothing leaves without its headers."""

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from pipeline.errors import SettingsError
from pipeline.settings import Settings
from pipeline.settings.sections import Web
from pipeline.web.guard import MOST_BYTES, SESSION, check_exposure, is_loopback, session

READ = "/api/v1/feeds"
FEED = {"url": "https://courier.example/feed"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "desk.example", ""])
def test_others_need_a_token(host: str) -> None:
    with pytest.raises(SettingsError, match=r"web\.token"):
        check_exposure(Settings.model_construct(web=Web.model_construct(host=host, port=1, token=None)))
    check_exposure(Settings(web=Web(host=host, token=SecretStr("open sesame"))))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    assert is_loopback(host)
    check_exposure(Settings(web=Web(host=host)))


@pytest.mark.parametrize(
    "host", ["desk.example", "desk.example:8414", "192.0.2.7", "localhost.evil.example", "[::1", ""]
)
def test_a_foreign_name_for_this_machine_is_refused(client: TestClient, host: str) -> None:
    answer = client.get(READ, headers={"host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:8414"])
def test_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get(READ, headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"content-type": "application/x-www-form-urlencoded"},
    ],
)
def test_other_sites_change_nothing(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/feeds", content="url=https://evil.example/", headers=headers).status_code == 403
    assert client.get(READ).json() == []


def test_a_body_has_to_be_json(client: TestClient) -> None:
    headers = {"content-type": "text/plain", "origin": "http://127.0.0.1:8414"}
    assert client.post(READ, content='{"url": "https://courier.example/feed"}', headers=headers).status_code == 415


def test_long_and_endless_bodies_are_refused(client: TestClient) -> None:
    headers = {"content-type": "application/json"}
    assert client.post(READ, content=b" " * (MOST_BYTES + 1), headers=headers).status_code == 413
    assert client.post(READ, content=iter([b"{", b"}"]), headers=headers).status_code == 411
    assert client.post(READ, content=b"", headers={**headers, "content-length": "-1"}).status_code == 413
    assert client.post(READ, content=b"", headers={**headers, "content-length": "9" * 5_000}).status_code == 413


def test_every_answer_is_kept_safe(client: TestClient) -> None:
    for path in ("/", READ, "/nowhere", "/static/onrecord.css"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_with_a_token_set_nothing_is_open(locked: TestClient) -> None:
    for path in (
        "/",
        READ,
        "/metrics",
        "/api/v1/openapi.json",
        "/feeds/actors/ada-lindqvist.atom",
        "/static/icon.svg",
    ):
        answer = locked.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert locked.post(READ, json=FEED).status_code == 401
    assert locked.get("/livez").status_code == 200


@pytest.mark.parametrize("given", ["Bearer open sesame", "bearer  open sesame"])
def test_the_token_opens(locked: TestClient, given: str) -> None:
    assert locked.get(READ, headers={"authorization": given}).status_code == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer open", "Basic open sesame", "Bearer öpen", f"Bearer {session('x')}"]
)
def test_anything_else_does_not(locked: TestClient, given: str) -> None:
    assert locked.get(READ, headers={b"authorization": given.encode()}).status_code == 401


def test_with_a_token_the_desk_may_have_any_name(locked: TestClient) -> None:
    headers = {"host": "desk.example", "authorization": "Bearer open sesame"}
    assert locked.get(READ, headers=headers).status_code == 200


def test_a_browser_is_sent_to_log_in(locked: TestClient) -> None:
    answer = locked.get("/alerts?state=failed", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?to=%2Falerts%3Fstate%3Dfailed"


def test_a_session_is_not_the_token(locked: TestClient) -> None:
    locked.cookies.set(SESSION, "open sesame")
    assert locked.get(READ).status_code == 401
    locked.cookies.set(SESSION, session("open sesame"))
    assert locked.get(READ).status_code == 200

"""Only those get in who may, and nothing leaves without its headers."""

import re
import struct
from collections.abc import Iterator
from importlib.resources import files

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from pipeline.errors import SettingsError
from pipeline.settings import Settings
from pipeline.settings.sections import Web
from pipeline.web.accounts.ended import SECRETS
from pipeline.web.accounts.login import check_exposure, is_loopback
from pipeline.web.guard import MOST_BYTES, MOST_BYTES_OF_ANYBODY

READ = "/api/v1/feeds"
FEED = {"url": "https://courier.example/feed"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "desk.example", ""])
def test_others_need_a_token(host: str) -> None:
    with pytest.raises(SettingsError, match=r"web\.token"):
        check_exposure(Settings.model_construct(web=Web.model_construct(host=host, port=1, token=None)))
    check_exposure(Settings(web=Web(host=host, token=SecretStr("open sesame, please"))))


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
def test_requests_from_other_sites_are_refused(client: TestClient, headers: dict[str, str]) -> None:
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
    assert client.post(READ, content=b"", headers={**headers, "content-length": f"{10**8:020}"}).status_code == 413
    assert client.post(READ, content=b"", headers={**headers, "content-length": "0" * 99}).status_code != 413


def test_bytes_are_counted_whatever_the_length_says(client: TestClient) -> None:
    headers = {"content-type": "application/json", "content-length": "2"}
    answer = client.post(READ, content=b'{"url": "' + b"x" * MOST_BYTES + b'"}', headers=headers)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "body has more than 1000000 bytes"


@pytest.mark.parametrize("path", ["/login", "/unsubscribe/a/b"])
def test_anybody_may_send_little(locked: TestClient, path: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    refused = locked.post(path, content=b"x" * (MOST_BYTES_OF_ANYBODY + 1), headers=headers)
    assert (refused.status_code, refused.headers["connection"]) == (413, "close")


def test_an_unknown_sender_is_refused_before_its_body_is_read(locked: TestClient) -> None:
    read = []

    def body() -> Iterator[bytes]:
        read.append(1)
        yield b"{}"

    headers = {"content-type": "application/json", "content-length": "2"}
    refused = locked.post(READ, content=body(), headers=headers)
    assert (refused.status_code, refused.headers["connection"]) == (401, "close")


def test_a_body_with_two_lengths_is_refused_and_its_connection_closed(client: TestClient) -> None:
    headers = {"content-type": "application/json", "transfer-encoding": "chunked", "content-length": "2"}
    refused = client.post(READ, content=b"{}", headers=headers)
    assert (refused.status_code, refused.headers["connection"]) == (400, "close")


@pytest.mark.parametrize("origin", ["http://[", "https://[::1"])
def test_a_malformed_origin_is_refused(client: TestClient, origin: str) -> None:
    assert client.post("/feeds", content="url=x", headers={"origin": origin}).status_code == 403


def test_every_answer_has_security_headers(client: TestClient) -> None:
    safe = TestClient(client.app, base_url="https://127.0.0.1")
    for path in ("/", READ, "/nowhere", "/static/onrecord.css"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "strict-transport-security" not in headers
        assert "max-age=31536000" in safe.get(path).headers["strict-transport-security"]


def test_a_phone_installs_the_desk_from_its_own_files(locked: TestClient) -> None:
    """A browser asks for the manifest and its icons without a session, even of a desk with a token."""
    assert '<link rel="manifest" href="/static/onrecord.webmanifest">' in locked.get("/login").text
    answer = locked.get("/static/onrecord.webmanifest")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/manifest+json")
    assert "manifest-src 'self'" in answer.headers["content-security-policy"]
    for icon in answer.json()["icons"]:
        content = locked.get(f"/static/{icon['src']}").content
        width, height = struct.unpack(">II", content[16:24])  # of a PNG's header
        assert icon["sizes"] == f"{width}x{height}"


def test_with_a_token_every_page_needs_it(locked: TestClient) -> None:
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
        assert answer.headers["www-authenticate"].endswith("Bearer")
    assert locked.post(READ, json=FEED).status_code == 401
    assert locked.get("/livez").status_code == 200


@pytest.mark.parametrize("given", ["Bearer open sesame, please", "bearer  open sesame, please"])
def test_the_token_opens(locked: TestClient, given: str) -> None:
    assert locked.get(READ, headers={"authorization": given}).status_code == 200


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer open", "Basic open sesame, please", "Bearer öpen"])
def test_other_credentials_are_refused(locked: TestClient, given: str) -> None:
    assert locked.get(READ, headers={b"authorization": given.encode()}).status_code == 401


def test_with_a_token_the_desk_may_have_any_name(locked: TestClient) -> None:
    headers = {"host": "desk.example", "authorization": "Bearer open sesame, please"}
    assert locked.get(READ, headers=headers).status_code == 200


def test_a_browser_is_sent_to_log_in(locked: TestClient) -> None:
    answer = locked.get("/alerts?state=failed", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?to=%2Falerts%3Fstate%3Dfailed"


FORM = {
    "accept": "text/html",
    "content-type": "application/x-www-form-urlencoded",
    "sec-fetch-site": "same-origin",
}


def test_what_was_typed_outlives_the_session(locked: TestClient) -> None:
    typed = "name=Bridges+%3Cb%3E&note=one%0D%0Atwo&by=ada&by=bo&password=hunter2&new=hunter3&own=hunter4"
    answer = locked.post("/watches?like=x", content=typed, headers=FORM)
    assert answer.status_code == 401
    page = answer.text
    assert '<form class="entry" method="post" action="/watches?like=x">' in page
    assert '<textarea name="name" hidden>\nBridges &lt;b&gt;</textarea>' in page
    assert '<textarea name="note" hidden>\none\r\ntwo</textarea>' in page
    assert page.count('<textarea name="by" hidden>') == 2
    assert "hunter" not in page


def test_no_password_of_a_form_is_repeated() -> None:
    pages = "".join(page.read_text("utf-8") for page in files("pipeline.web").joinpath("templates").iterdir())
    names = {
        *re.findall(r'type="password" name="(\w+)"', pages),
        *re.findall(r'own_password\((?:name=)?"(\w+)"', pages),
    }
    assert len(re.findall('type="password"', pages)) == len(re.findall('type="password" name="', pages))
    assert names == SECRETS


@pytest.mark.parametrize(
    ("path", "size", "headers"),
    [
        ("/watches", MOST_BYTES_OF_ANYBODY + 1, {}),
        ("/watches", 10, {"accept": "application/json"}),
        ("/watches", 10, {"content-type": "text/plain"}),
    ],
)
def test_other_requests_without_a_session_are_refused(
    locked: TestClient, path: str, size: int, headers: dict[str, str]
) -> None:
    answer = locked.post(path, content=b"name=" + b"x" * (size - 5), headers={**FORM, **headers})
    assert answer.status_code == 401
    assert "xxx" not in answer.text


def test_a_form_of_another_site_is_repeated_to_nobody(locked: TestClient) -> None:
    answer = locked.post("/watches", content="name=xxx", headers={**FORM, "sec-fetch-site": "cross-site"})
    assert (answer.status_code, "xxx" in answer.text) == (403, False)


def test_a_form_is_sent_again_to_an_address_of_ours(locked: TestClient) -> None:
    answer = locked.post("http://127.0.0.1//evil.example/x", content="name=xxx", headers=FORM)
    assert 'method="post" action="/">' in answer.text

"""Hubs call back: what was asked for is confirmed, what is signed goes on the log, and nothing else does anything."""

import hmac
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from pipeline.feeds.websub import callback, hub_secrets
from pipeline.model import Feed, FeedState, WebSubSubscription
from pipeline.ports import PUSHES, Record
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.settings.sections import Web
from pipeline.testing import FakeClock
from tests.examples import NOON

SECRET = "s" * 32
DAY = timedelta(days=1)
URL = "https://courier.example/feed"
PUSH = WebSubSubscription(hub="https://hub.example/", topic=URL, until=NOON + timedelta(days=10))
STATE = FeedState(url=URL, push=PUSH)
WEB = Web(address="https://desk.example", secret=SecretStr(SECRET), token=SecretStr("open sesame, please"))
ADDRESS = callback(WEB, STATE).removeprefix("https://desk.example")
ASKED = {"hub.mode": "subscribe", "hub.topic": URL, "hub.challenge": "c <b>", "hub.lease_seconds": "60"}


class Called:
    """The pages, behind a token, as a hub finds them by their public name."""

    def __init__(self, services: Services, client: TestClient) -> None:
        self.services, self.client = services, client

    def records(self) -> list[Record]:
        return self.services.log.read(PUSHES, "test", 10)

    def push(self, body: bytes, signature: str, address: str = ADDRESS) -> int:
        headers = {"x-hub-signature": signature, "content-type": "application/rss+xml"}
        return self.client.post(address, content=body, headers=headers).status_code


@pytest.fixture
def called(tmp_path: Path, locked_web: FastAPI) -> Called:
    services = open_services(Settings(file=tmp_path / "desk.sqlite", web=WEB), clock=FakeClock())
    services.desk.save(Feed(url=URL), STATE)
    locked_web.state.app = services
    return Called(services, TestClient(locked_web, base_url="https://desk.example", follow_redirects=False))


def signed(body: bytes) -> str:
    return "sha256=" + hmac.new(hub_secrets([SECRET], URL, URL)[0].encode(), body, "sha256").hexdigest()


def test_a_requested_subscription_is_confirmed(called: Called) -> None:
    answer = called.client.get(ADDRESS, params=ASKED)
    assert (answer.status_code, answer.text) == (200, "c <b>")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    (record,) = called.records()
    assert (record.key, dict(record.headers)) == (
        URL,
        {"mode": "subscribe", "websub-topic": URL, "lease": "60", "reason": ""},
    )


@pytest.mark.parametrize(
    "changed",
    [{"hub.topic": "https://other.example/"}, {"hub.topic": ""}, {"hub.mode": "unsubscribe"}, {"hub.mode": ""}],
)
def test_an_unrequested_subscription_is_not_confirmed(called: Called, changed: dict[str, str]) -> None:
    assert called.client.get(ADDRESS, params=ASKED | changed).status_code == 404
    assert called.records() == []


def test_an_end_is_confirmed_for_what_is_followed_no_more(called: Called) -> None:
    called.services.desk.remove(Feed, URL)
    assert called.client.get(ADDRESS, params=ASKED).status_code == 404
    assert called.client.get(ADDRESS, params=ASKED | {"hub.mode": "unsubscribe"}).status_code == 200
    called.services.desk.save(
        replace(STATE, push=WebSubSubscription(hub="https://hub.example/", topic="https://courier.example/new"))
    )
    assert called.client.get(ADDRESS, params=ASKED | {"hub.mode": "unsubscribe"}).status_code == 200


def test_a_signed_push_is_appended_to_the_log(called: Called) -> None:
    assert called.push(b"<rss>", signed(b"<rss>")) == 202
    (record,) = called.records()
    assert (record.key, zlib.decompress(record.value)) == (URL, b"<rss>")
    assert dict(record.headers) == {"websub-topic": URL, "content-type": "application/rss+xml"}


@pytest.mark.parametrize("signature", ["", "sha256=" + "0" * 64, signed(b"other"), "md5=x"])
def test_an_unsigned_push_is_dropped(called: Called, signature: str) -> None:
    assert called.push(b"<rss>", signature) == 202
    assert called.records() == []


@pytest.mark.parametrize(
    "address", ["/websub/x/y", "/websub/é/y", f"{ADDRESS[:-1]}x", ADDRESS.replace("/websub/", "/websub/a")]
)
def test_an_unknown_callback_is_not_found(called: Called, address: str) -> None:
    assert called.push(b"<rss>", signed(b"<rss>"), address) == 404
    assert called.client.get(address, params=ASKED).status_code == 404


def test_a_body_that_is_too_large_is_refused(called: Called) -> None:
    assert called.push(bytes(1_000_001), "") == 413


@pytest.mark.parametrize("push", [WebSubSubscription(), replace(PUSH, until=NOON - DAY)])
def test_a_push_after_the_subscription_has_ended_is_refused(called: Called, push: WebSubSubscription) -> None:
    called.services.desk.save(replace(STATE, push=push))
    assert called.push(b"<rss>", signed(b"<rss>")) == 410
    assert called.records() == []


@pytest.mark.parametrize("noun", [Feed, FeedState])
def test_a_push_for_a_removed_feed_is_refused(called: Called, noun: type[Feed] | type[FeedState]) -> None:
    called.services.desk.remove(noun, URL)
    assert called.push(b"<rss>", signed(b"<rss>")) == 410
    assert called.records() == []


def test_a_repeat_is_thanked_for_and_dropped(called: Called) -> None:
    for body in (b"<rss>1", b"<rss>2", b"<rss>1", b"<rss>1"):
        assert called.push(body, signed(body)) == 202
    assert [zlib.decompress(record.value) for record in called.records()] == [b"<rss>1", b"<rss>2"]


@pytest.mark.slow
def test_a_subscription_has_its_measure(called: Called) -> None:
    bodies = [b"<rss>%d" % number + bytes(900_000) for number in range(60)]
    answers = [called.push(body, signed(body)) for body in bodies]
    assert answers == [202] * 22 + [429] * 38
    other = FeedState(url=f"{URL}/2", push=replace(PUSH, topic=f"{URL}/2"))
    called.services.desk.save(Feed(url=other.url), other)
    address = callback(WEB, other).removeprefix("https://desk.example")
    key = hub_secrets([SECRET], other.id, f"{URL}/2")[0].encode()
    assert called.push(b"<rss>", "sha256=" + hmac.new(key, b"<rss>", "sha256").hexdigest(), address) == 202


def test_a_hub_verifies_so_often_and_no_more(called: Called) -> None:
    answers = [called.client.get(ADDRESS, params=ASKED).status_code for _ in range(25)]
    assert answers == [200] * 20 + [429] * 5
    assert len(called.services.log.read(PUSHES, "count", 100)) == 20


def test_a_callback_of_an_earlier_version_still_works(called: Called) -> None:
    payload = ADDRESS.split("/")[2]
    text = "onrecord websub callback\x1f" + "\x1f".join((URL, URL))
    earlier = hmac.new(SECRET.encode(), text.encode(), "sha256").hexdigest()
    key = hmac.new(SECRET.encode(), text.replace("callback", "secret").encode(), "sha256").hexdigest()
    signature = "sha256=" + hmac.new(key.encode(), b"<rss>", "sha256").hexdigest()
    assert called.push(b"<rss>", signature, f"/websub/{payload}/{earlier}") == 202
    assert len(called.records()) == 1


def test_other_paths_need_a_login(called: Called) -> None:
    assert called.client.get("/api/v1/feeds").status_code == 401


def test_without_a_secret_there_are_no_callbacks(services: Services, client: TestClient) -> None:
    assert client.get(ADDRESS, params=ASKED).status_code == 404
    assert client.post(ADDRESS, content=b"").status_code == 404

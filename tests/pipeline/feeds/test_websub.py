"""Requests to WebSub hubs, and the checks of their callbacks."""

import hmac
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from pipeline.feeds import websub
from pipeline.feeds.websub import LEASE, MODE, REASON, TOPIC, Callback
from pipeline.model import EPOCH, FeedState, WebSubSubscription
from pipeline.settings.sections import Web
from pipeline.text.targets import secrets
from tests.examples import NOON

SECRET = "s" * 32
WEB = Web(address="https://desk.example/", secret=SecretStr(SECRET))
URL = "https://courier.example/feed"
FEED = FeedState(url=URL, push=WebSubSubscription(hub="https://hub.example/", topic=URL))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("hub", "topic", "found"),
    [
        (
            "https://hub.example/",
            "https://courier.example/all",
            ("https://hub.example/", "https://courier.example/all"),
        ),
        ("/hub", "", ("https://courier.example/hub", URL)),
        ("", "https://courier.example/all", ("", "")),
        ("javascript:alert(1)", "", ("", "")),
        ("https://hub.example/", "urn:x", ("", "")),
        ("http://[", "", ("", "")),
    ],
)
def test_the_hub_and_topic_of_a_feed(hub: str, topic: str, found: tuple[str, str]) -> None:
    push = websub.discovered(WebSubSubscription(), hub, topic, URL)
    assert (push.hub, push.topic) == found


def test_the_same_hub_keeps_its_subscription_and_another_starts_a_new_one() -> None:
    push = replace(FEED.push, until=NOON)
    assert websub.discovered(push, push.hub, URL, URL) is push
    assert websub.discovered(push, "https://other.example/", URL, URL).until == EPOCH
    assert websub.discovered(push, "", "", URL) == WebSubSubscription()


def test_a_callback_belongs_to_its_feed() -> None:
    address = websub.callback(WEB, FEED)
    payload, signed = address.removeprefix("https://desk.example/websub/").split("/")
    assert websub.called_back([SECRET], payload, signed) == Callback(URL, URL)
    assert websub.called_back(["t" * 32], payload, signed) is None
    assert websub.called_back([SECRET], payload, "0" * 64) is None
    assert websub.called_back([SECRET], payload[:-4], signed) is None
    assert websub.called_back([SECRET], "é", "ü") is None
    assert websub.callback(Web(), FEED) == ""


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_signatures_by_every_method(method: str) -> None:
    signature = f"{method}={hmac.new(b'k', b'body', method).hexdigest()}"
    assert websub.authentic(["k"], b"body", signature)
    assert websub.authentic(["k"], b"body", signature.upper())
    assert not websub.authentic(["k"], b"other", signature)
    assert not websub.authentic(["other"], b"body", signature)


@pytest.mark.parametrize("signature", ["", "sha256", "sha256=", "md5=" + "0" * 32, "sha256=é\ud800", "=x"])
def test_malformed_signatures_are_refused(signature: str) -> None:
    assert not websub.authentic(["k"], b"body", signature)


def test_the_request_to_a_hub() -> None:
    requested = parse_qs(websub.form(FEED, "subscribe", WEB).decode())
    assert (requested["hub.mode"], requested["hub.topic"], requested["hub.lease_seconds"]) == (
        ["subscribe"],
        [URL],
        ["864000"],
    )
    assert requested["hub.callback"] == [websub.callback(WEB, FEED)]
    assert 20 < len(requested["hub.secret"][0]) < 200
    assert SECRET not in str(requested)
    assert "hub.secret" not in parse_qs(websub.form(FEED, "unsubscribe", WEB).decode())


def test_requests_to_a_silent_hub_have_growing_pauses() -> None:
    push, now, pauses = FEED.push, NOON, []
    for _ in range(7):
        push = websub.after_request(push, "no", now)
        pauses.append((push.next_ask - now) / HOUR)
        now = push.next_ask
    assert pauses == [1, 2, 4, 8, 16, 24, 24]


@pytest.mark.parametrize(
    ("given", "days"), [("864000", 10), ("", 10), ("soon", 10), ("9" * 30, 30), ("0", 300 / 86_400)]
)
def test_a_lease_is_renewed_before_it_ends(given: str, days: float) -> None:
    tried = replace(FEED, push=websub.after_request(FEED.push, "no", NOON))
    push = websub.answered(tried, {MODE: "subscribe", TOPIC: URL, LEASE: given}, NOON).push
    assert push.until - NOON == days * DAY
    assert push.next_ask - NOON == 0.75 * days * DAY
    assert (push.tries, push.error) == (0, "")
    assert websub.is_due(replace(FEED, push=push), push.next_ask)
    assert not websub.is_due(replace(FEED, push=push), NOON)


def test_a_hub_that_denies_gets_no_more_requests() -> None:
    held = replace(FEED, push=replace(FEED.push, until=NOON + DAY, proven=True))
    push = websub.answered(held, {MODE: "denied", TOPIC: URL, REASON: "no such topic"}, NOON).push
    assert (push.error, push.until, push.next_ask) == ("denied: no such topic", EPOCH, NOON + 7 * DAY)
    assert not websub.is_reliable(push, NOON)
    assert websub.answered(held, {MODE: "denied", TOPIC: "https://other.example/"}, NOON) is held
    assert websub.answered(held, {MODE: "unsubscribe", TOPIC: URL}, NOON).push.until == EPOCH


def test_only_feeds_with_a_hub_ask() -> None:
    assert websub.is_due(FEED, NOON)
    assert not websub.is_due(FeedState(url=URL), NOON)
    assert not websub.is_due(replace(FEED, gone=True), NOON)


def test_a_callback_stays_ours_while_the_secret_changes() -> None:
    payload, signed = websub.callback(WEB, FEED).removeprefix("https://desk.example/websub/").split("/")
    changed = Web(address="https://desk.example", secret=SecretStr("t" * 32), old_secret=SecretStr(SECRET))
    assert websub.called_back(secrets(changed), payload, signed) == Callback(URL, URL)
    assert websub.callback(changed, FEED) != websub.callback(WEB, FEED)
    pushed = hmac.new(websub.hub_secrets(secrets(WEB), URL, URL)[0].encode(), b"body", "sha256").hexdigest()
    assert websub.authentic(websub.hub_secrets(secrets(changed), URL, URL), b"body", f"sha256={pushed}")


def test_pushes_are_expected_while_the_subscription_holds() -> None:
    push = FEED.push
    assert not websub.is_open(push, URL, NOON)  # nobody has asked for it
    assert websub.is_open(websub.after_request(push, "", NOON), URL, NOON)  # the hub may be faster than the poller
    held = replace(push, until=NOON)
    assert websub.is_open(held, URL, NOON + timedelta(minutes=59))
    assert not websub.is_open(held, URL, NOON + timedelta(minutes=61))
    assert not websub.is_open(held, "https://courier.example/other", NOON)


def test_the_error_of_a_subscription_is_cut_after_300_characters() -> None:
    assert websub.after_request(FEED.push, "x" * 301, NOON).error == "x" * 300

"""Alerts to browsers: readable by the browser alone, signed for its push service, ended when that says so."""

import base64
import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from connectors import notify
from connectors.http.client import HttpClient
from connectors.notify.push import encrypted, public_key
from pipeline.desk import audited
from pipeline.errors import RefusedError, SettingsError, UsageError, WorldError
from pipeline.model import Change, Delivery, PushSubscription
from pipeline.ports import Notifier
from pipeline.settings import Settings
from pipeline.testing import HOSTILE, FakeClock, FakeDesk, check_failing_notifier
from tests.connectors.loopback import Loopback, Request, answer
from tests.examples import alert, delivery, push_subscription, statement

SECRET = b"sixteen bytes ok"


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


OURS = pem(generate_private_key(SECP256R1()))


def text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def content(encoded: str) -> bytes:
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def point(key: EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class Browser:
    """A browser with keys of its own, which subscribes at a service on loopback."""

    def __init__(self, loopback: Loopback, path: str, user: str = "ada-ek") -> None:
        self.key = generate_private_key(SECP256R1())
        loopback.routes[path] = answer(status=201)
        self.subscription = push_subscription(
            id=path, user=user, endpoint=loopback.url(path), key=text(point(self.key)), secret=text(SECRET)
        )

    def read(self, body: bytes) -> Any:
        """Decrypt a message as RFC 8291 and RFC 8188 say."""
        salt, length = body[:16], body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        shared = self.key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), sender))
        info = b"WebPush: info\0" + point(self.key) + sender
        secret = HKDF(SHA256(), 32, SECRET, info).derive(shared)
        opened = AESGCM(HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)).decrypt(
            HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret), sealed, None
        )
        assert opened.endswith(b"\x02")
        return json.loads(opened[:-1])


def notifier(*subscriptions: PushSubscription, private: bool = True, target: str = "push:ada-ek", **push: Any) -> Any:
    """The notifier of a target, and its desk."""
    wanted = {"key": OURS, "contact": "mailto:desk@onrecord.example", **push}
    settings = Settings.model_validate(
        {
            "push": wanted,
            "fetch": {"private_addresses": private},
            "webhook": {"timeout": timedelta(seconds=5)},
        }
    )
    desk = FakeDesk()
    desk.save(*subscriptions)
    sender: Notifier = notify.notifier(
        target, settings, HttpClient(settings.fetch), audited(desk, "delivery", FakeClock())
    )
    return sender, desk


def pushed(loopback: Loopback, of: Delivery) -> tuple[Browser, Request, Any]:
    browser = Browser(loopback, "/one")
    notifier(browser.subscription)[0].send(of)
    (request,) = loopback.requests
    return browser, request, browser.read(request.body)


def test_the_encryption_is_that_of_the_example_of_the_standard() -> None:
    """RFC 8291, section 5 and appendix A."""
    key = derive_private_key(int.from_bytes(content("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), SECP256R1())
    body = encrypted(
        b"When I grow up, I want to be a watermelon", push_subscription(), key, content("DGv6ra1nlYgDCS1FRnbzlw")
    )
    assert text(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_browser_reads_speaker_words_and_page(loopback: Loopback) -> None:
    _, _, message = pushed(loopback, delivery())
    assert message["title"] == "Ada Lindqvist says"
    assert message["body"] == "The harbour will stay open"
    assert message["link"] == f"/statements/{statement().id}"


def test_the_service_learns_who_sends_and_for_how_long_it_may_wait(loopback: Loopback) -> None:
    _, request, _ = pushed(loopback, delivery())
    scheme, token, key = request.headers["authorization"].replace(",", "").split()
    assert scheme == "vapid"
    raw = content(key.removeprefix("k="))
    known = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)
    claims = jwt.decode(token.removeprefix("t="), known, ["ES256"], audience=loopback.url(""))
    assert claims["sub"] == "mailto:desk@onrecord.example"
    assert 0 < claims["exp"] - time.time() < 86_400
    assert request.headers["content-encoding"] == "aes128gcm"
    assert request.headers["ttl"] == "86400"
    assert b"harbour" not in request.body


def test_every_attempt_has_new_keys_and_replaces_the_previous_message(loopback: Loopback) -> None:
    browser = Browser(loopback, "/one")
    sender, _ = notifier(browser.subscription)
    sender.send(delivery())
    sender.send(delivery(attempts=1))
    first, second = loopback.requests
    assert first.body[:86] != second.body[:86]
    assert browser.read(first.body) == browser.read(second.body)
    assert first.headers["topic"] == second.headers["topic"]
    assert len(first.headers["topic"]) <= 32


def test_only_the_browsers_of_the_user_get_the_alert(loopback: Loopback) -> None:
    own = [Browser(loopback, "/one"), Browser(loopback, "/two")]
    other = Browser(loopback, "/other", "bo-ek")
    notifier(*(browser.subscription for browser in (*own, other)))[0].send(delivery())
    assert sorted(loopback.paths()) == ["/one", "/two"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_the_service_ended_is_removed(loopback: Loopback, status: int) -> None:
    gone, there = Browser(loopback, "/gone"), Browser(loopback, "/there")
    loopback.routes["/gone"] = answer(status=status)
    sender, desk = notifier(gone.subscription, there.subscription)
    sender.send(delivery())
    assert [known.id for known in desk.all(PushSubscription)] == ["/there"]
    (change,) = desk.all(Change)
    assert (change.who, change.noun, change.action) == ("delivery", "push subscription", "removed")
    assert "127.0.0.1" not in str(change)
    loopback.routes["/there"] = answer(status=status)
    with pytest.raises(RefusedError, match="ada-ek has no browser that takes alerts"):
        sender.send(delivery())


def test_a_failing_push_service_is_retried_after_the_others(loopback: Loopback) -> None:
    busy, there = Browser(loopback, "/busy"), Browser(loopback, "/there")
    loopback.routes["/busy"] = answer(status=503, retry_after="30")
    sender, desk = notifier(busy.subscription, there.subscription)
    with pytest.raises(WorldError) as raised:
        sender.send(delivery())
    assert not isinstance(raised.value, RefusedError)
    assert "/busy" not in str(raised.value)  # whose address is a secret
    assert raised.value.retry_after == timedelta(seconds=30)
    assert loopback.paths() == ["/busy", "/there"]
    assert len(desk.all(PushSubscription)) == 2
    check_failing_notifier(sender, "/busy")


def test_a_private_address_gets_nothing_and_is_forgotten(loopback: Loopback) -> None:
    browser = Browser(loopback, "/inside")
    sender, desk = notifier(browser.subscription, private=False)
    with pytest.raises(RefusedError):
        sender.send(delivery())
    assert (loopback.requests, desk.all(PushSubscription)) == ([], [])


def test_a_redirect_is_not_followed(loopback: Loopback) -> None:
    browser = Browser(loopback, "/moved")
    loopback.routes["/moved"] = answer(status=307, location=loopback.url("/elsewhere"))
    with pytest.raises(WorldError):
        notifier(browser.subscription)[0].send(delivery())
    assert loopback.paths() == ["/moved"]


def test_a_browser_with_an_invalid_key_is_removed(loopback: Loopback) -> None:
    browser = Browser(loopback, "/one")
    sender, desk = notifier(replace(browser.subscription, key=text(b"\x04" + b"\x01" * 64)))
    with pytest.raises(RefusedError):
        sender.send(delivery())
    assert (loopback.requests, desk.all(PushSubscription)) == ([], [])


def test_the_longest_message_fits_every_service(loopback: Loopback) -> None:
    said = [replace(statement(), id=f"s{n}", text="🚢" * 5_000, speaker_name="🚢" * 500) for n in range(9)]
    first, *others = (replace(alert(of), id=of.id) for of in said)
    for of in (delivery(first), delivery(first, also=tuple(others), parts=("a", "b"), held="cap")):
        loopback.requests.clear()
        _, request, message = pushed(loopback, of)
        assert len(request.body) <= 4_096
        assert "🚢" in message["body"]
    assert message["link"] == "/alerts"
    assert message["title"].startswith("9 statements")


def test_names_and_words_may_be_hostile(loopback: Loopback) -> None:
    evil = replace(alert(replace(statement(), text=HOSTILE, speaker_name=HOSTILE)), watch_name=HOSTILE)
    _, _, message = pushed(loopback, delivery(evil))
    assert "\x1b" not in message["title"] + message["body"]
    assert "🚢" in message["body"]


@pytest.mark.parametrize(
    ("push", "complaint"),
    [
        ({"key": None}, "push.key is not set"),
        ({"contact": ""}, "push.contact is not set"),
        ({"key": "no key"}, "push.key should be a private key in PEM"),
        ({"key": pem(rsa_key(65_537, 2_048))}, "push.key should be a key of the curve P-256"),
    ],
)
def test_incomplete_push_settings_are_refused(push: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint) as raised:
        notifier(**push)
    assert "PRIVATE" not in str(raised.value)


def test_the_public_key_is_that_of_the_settings() -> None:
    settings = Settings.model_validate({"push": {"key": OURS, "contact": "https://onrecord.example/about"}})
    assert len(content(public_key(settings))) == 65
    with pytest.raises(ValueError, match="should begin with mailto: or https://"):
        Settings.model_validate({"push": {"contact": "somebody"}})


@pytest.mark.parametrize("address", ["", " ", "Ada Ek", "//", "🚢", "https://push.example"])
def test_a_target_names_a_user(address: str) -> None:
    with pytest.raises(UsageError, match=r"^target push:"):
        notifier(target=f"push:{address}")

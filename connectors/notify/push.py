"""Alerts to the browsers of a user by Web Push: encrypted for it (RFC 8291), signed for its service (RFC 8292).

The target is `push:USER`. The address of a push service comes from a browser, so it is not trusted: requests go through
the guarded client. A service that answers 404 or 410, or whose address is refused, ends the subscription. A retry
reaches all browsers again; the notification has a tag, so it replaces the one that a browser shows already.
https://www.rfc-editor.org/rfc/rfc8030
"""

import base64
import os
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from pydantic_core import to_json

from connectors.http.client import HttpClient
from connectors.notify._post import NO_CHANNEL, locale_of, post
from pipeline.errors import OnRecordError, RefusedError, SettingsError, UsageError
from pipeline.model import Delivery, PushSubscription, content_id, slug
from pipeline.ports import Clock, Desk
from pipeline.settings import Settings
from pipeline.text.http import split
from pipeline.text.messages import held, shortened, statement_summaries, summary
from pipeline.text.wording import ENGLISH, Locale

# Characters of a message. Even if each has four bytes, the message has room in the 4,096 bytes that every service takes
# (RFC 8030, section 7.2).
_TITLE: Final = 200

_BODY: Final = 500

_WITH_WORDS: Final = 3  # statements of a digest whose words are shown

_RECORD: Final = 4_096  # bytes of the only record of a message (RFC 8188)

_WAITS: Final = timedelta(days=1)  # that a service stores a message for a browser that is away

_SIGNED_FOR: Final = timedelta(hours=12)  # RFC 8292 allows 24

_TOPIC: Final = 32  # characters of the name under which a message replaces its earlier attempt (RFC 8030)


def message(delivery: Delivery, locale: Locale = ENGLISH) -> dict[str, str]:
    """Return what the browser shows: who spoke, the words, and the page of this desk that a click opens."""
    statements = statement_summaries(delivery, "/", locale)
    first, tag = statements[0], content_id("push", delivery.id)
    if len(statements) == 1:
        title, body = shortened(first.headline, _TITLE), shortened(first.words, _BODY)
        return {"title": title, "body": body, "link": first.page, "tag": tag}
    words = (
        held(delivery, locale),
        *(shortened(each.words, _BODY // _WITH_WORDS) for each in statements[:_WITH_WORDS]),
    )
    body = shortened("\n".join(filter(None, words)), _BODY)
    return {"title": shortened(summary(delivery, locale), _TITLE), "body": body, "link": "/alerts", "tag": tag}


@dataclass(frozen=True, slots=True)
class Push:
    """Sends each delivery to all browsers of a user."""

    user: str
    key: EllipticCurvePrivateKey
    settings: Settings
    outside: HttpClient
    desk: Desk
    clock: Clock = field(default=lambda: datetime.now(UTC))

    def send(self, delivery: Delivery) -> None:
        """Send to every browser; see `Notifier`. RefusedError if the user has no browser that takes alerts."""
        content = to_json(message(delivery, locale_of(self.settings)))
        failures: list[OnRecordError] = []
        reached = False
        for browser in (known for known in self.desk.all(PushSubscription) if known.user == self.user):
            try:
                self._push(browser, content, content_id("topic", delivery.id)[:_TOPIC])
                reached = True
            except RefusedError:
                self.desk.remove(PushSubscription, browser.id)
            except OnRecordError as error:
                error.args = (str(error).replace(browser.endpoint, _origin(browser.endpoint)),)
                failures.append(error)
        if failures:
            raise failures[0]
        if not reached:
            raise RefusedError(f"{self.user} has no browser that takes alerts")

    def _push(self, browser: PushSubscription, content: bytes, topic: str) -> None:
        body = encrypted(content, browser, generate_private_key(SECP256R1()), os.urandom(16))
        headers = {
            "content-type": "application/octet-stream",
            "content-encoding": "aes128gcm",
            "ttl": str(int(_WAITS.total_seconds())),
            "urgency": "high",
            "topic": topic,
            "authorization": self._signature(browser.endpoint),
        }
        timeout = self.settings.webhook.timeout
        post(self.outside, browser.endpoint, body, headers, timeout, gone=NO_CHANNEL)

    def _signature(self, endpoint: str) -> str:
        """The signature by which the service knows that this desk sends (RFC 8292)."""
        expires, contact = int((self.clock() + _SIGNED_FOR).timestamp()), self.settings.push.contact
        token = jwt.encode({"aud": _origin(endpoint), "exp": expires, "sub": contact}, self.key, "ES256")
        return f"vapid t={token}, k={_text(_point(self.key.public_key()))}"


def encrypted(content: bytes, browser: PushSubscription, key: EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Encrypt the content for a browser; the key and the salt serve once (RFC 8291, section 3.4).

    RefusedError if the browser's key is no point of the curve.
    """
    receiver, sender = _bytes(browser.key), _point(key.public_key())
    try:
        shared = key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), receiver))
    except ValueError as error:
        raise RefusedError(f"the key of {browser.browser or 'a browser'} is no point of P-256") from error
    secret = _derived(shared, _bytes(browser.secret), b"WebPush: info\0" + receiver + sender, 32)
    content_key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    heading = salt + struct.pack(">LB", _RECORD, len(sender)) + sender
    return heading + AESGCM(content_key).encrypt(nonce, content + b"\x02", None)  # 2 ends the last record


def _derived(secret: bytes, salt: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, purpose).derive(secret)


def _point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _origin(endpoint: str) -> str:
    parts = split(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def public_key(settings: Settings) -> str:
    """The public key by which browsers know this desk, in base64; SettingsError if `push.key` cannot be used."""
    return _text(_point(_private_key(settings).public_key()))


def _private_key(settings: Settings) -> EllipticCurvePrivateKey:
    if settings.push.key is None:
        raise SettingsError(
            "push.key is not set: alerts to browsers are signed with it; `onrecord config secret push.key` sets it"
        )
    if not settings.push.contact:
        raise SettingsError("push.contact is not set: push services want to know whom to write to")
    try:
        key = load_pem_private_key(settings.push.key.get_secret_value().encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError("push.key should be a private key in PEM, without a password") from error
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise SettingsError("push.key should be a key of the curve P-256 (prime256v1)")
    return key


def connect(address: str, settings: Settings, outside: HttpClient, desk: Desk) -> Push:
    """Return the browsers of the user with this id."""
    if not address or slug(address) != address:
        raise UsageError(f"target push:{address} should have the id of a user after push:, such as push:ada-ek")
    return Push(address, _private_key(settings), settings, outside, desk)

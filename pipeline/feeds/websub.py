"""Subscriptions to feeds at hubs (W3C WebSub, https://www.w3.org/TR/websub/): what is asked for, and what is believed.

Where a hub is to call us back is told by an address that holds the feed and its topic under an HMAC of `web.secret`:
nobody can make another's, and the pages need not remember any. The secret by which a hub signs is made likewise.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlencode

from pipeline.locators import joined
from pipeline.model import EPOCH, Feed, WebSubSubscription
from pipeline.settings.sections import Web

PATH: Final = "/websub/"

PUSHES: Final = "pushes"  # topic of the log: what hubs have sent, keyed by feed, for the poller

MODE: Final = "mode"  # header of its messages

LEASE: Final = "lease"

TOPIC: Final = "websub-topic"

REASON: Final = "reason"

Mode = Literal["subscribe", "unsubscribe"]

_ASKED_LEASE: Final = timedelta(days=10)

_LEASES: Final = (timedelta(minutes=5), timedelta(days=30))  # the shortest and longest that are believed

_RENEWED_AFTER: Final = 0.75  # of a lease

_UNANSWERED: Final = timedelta(hours=1)

_LONGEST_UNANSWERED: Final = timedelta(days=1)

_DENIED: Final = timedelta(days=7)

_METHODS: Final = ("sha1", "sha256", "sha384", "sha512")  # 7.1 of the recommendation

_MOST_ERROR: Final = 300  # characters


@dataclass(frozen=True, slots=True)
class Callback:
    """What a callback's address is for."""

    feed: str
    topic: str


def discovered(push: WebSubSubscription, hub: str, topic: str, url: str) -> WebSubSubscription:
    """The subscription to what the feed at `url` names; a new one where that is another hub or topic."""
    hub, topic = joined(url, hub) if hub else "", joined(url, topic) if topic else url
    if not hub.startswith(("http://", "https://")) or not topic.startswith(("http://", "https://")):
        return WebSubSubscription()
    return push if (push.hub, push.topic) == (hub, topic) else WebSubSubscription(hub=hub, topic=topic)


def callback(web: Web, feed: Feed) -> str:
    """Where the feed's hub is to call us, '' where the settings name no public address or no secret."""
    if not web.address or web.secret is None:
        return ""
    told = "\x1f".join((feed.id, feed.push.topic))
    signed = _signature(web.secret.get_secret_value(), "callback", told)
    payload = urlsafe_b64encode(told.encode()).decode().rstrip("=")
    return f"{web.address.rstrip('/')}{PATH}{payload}/{signed}"


def called_back(secret: str, payload: str, signed: str) -> Callback | None:
    """What the callback's address is for; None where it is none of ours."""
    try:
        told = urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
        feed, topic = told.split("\x1f")
    except ValueError:
        return None
    if not hmac.compare_digest(_signature(secret, "callback", told).encode(), signed.encode()):
        return None
    return Callback(feed, topic)


def hub_secret(secret: str, feed: str, topic: str) -> str:
    """The secret by which the hub signs what it sends of this topic."""
    return _signature(secret, "secret", f"{feed}\x1f{topic}")


def _signature(secret: str, use: str, told: str) -> str:
    return hmac.new(secret.encode(), f"onrecord websub {use}\x1f{told}".encode(), "sha256").hexdigest()


def authentic(secret: str, body: bytes, signature: str) -> bool:
    """Whether the X-Hub-Signature is of this body, by who knows the secret."""
    method, _, given = signature.strip().partition("=")
    if method.lower() not in _METHODS:
        return False
    made = hmac.new(secret.encode(), body, method.lower()).hexdigest()
    return hmac.compare_digest(made.encode(), given.lower().encode("utf-8", "surrogatepass"))


def form(feed: Feed, mode: Mode, web: Web) -> bytes:
    """What the hub is asked."""
    secret = web.secret.get_secret_value() if web.secret else ""
    asked = {
        "hub.mode": mode,
        "hub.topic": feed.push.topic,
        "hub.callback": callback(web, feed),
    }
    if mode == "subscribe":
        asked["hub.lease_seconds"] = str(int(_ASKED_LEASE.total_seconds()))
        asked["hub.secret"] = hub_secret(secret, feed.id, feed.push.topic)
    return urlencode(asked).encode()


def is_due(feed: Feed, now: datetime) -> bool:
    """Whether the hub is to be asked for a subscription, or for its renewal."""
    return bool(feed.push.hub) and feed.push.next_ask <= now and not feed.gone


def asked(push: WebSubSubscription, error: str, now: datetime) -> WebSubSubscription:
    """The subscription after the hub was asked; it is asked again, ever more seldom, until it verifies."""
    pause = min(_UNANSWERED * 2 ** min(push.tries, 10), _LONGEST_UNANSWERED)
    return replace(push, next_ask=now + pause, tries=push.tries + 1, error=error[:_MOST_ERROR])


def answered(feed: Feed, headers: Mapping[str, str], now: datetime) -> Feed:
    """The feed after its hub has verified or denied the subscription; not where that was for another topic."""
    push = feed.push
    if headers.get(TOPIC) != push.topic:
        return feed
    if headers.get(MODE) == "denied":
        reason = headers.get(REASON, "")
        over = replace(push, until=EPOCH, proven=False, next_ask=now + _DENIED, error=f"denied: {reason}"[:_MOST_ERROR])
        return replace(feed, push=over)
    if headers.get(MODE) == "unsubscribe":
        return replace(feed, push=replace(push, until=EPOCH, proven=False))
    given = headers.get(LEASE, "")
    lease = timedelta(seconds=min(int(given[:9]), 10**8)) if given.isascii() and given.isdigit() else _ASKED_LEASE
    lease = min(max(lease, _LEASES[0]), _LEASES[1])
    return replace(
        feed, push=replace(push, until=now + lease, next_ask=now + _RENEWED_AFTER * lease, tries=0, error="")
    )


def is_reliable(push: WebSubSubscription, now: datetime) -> bool:
    """Whether looks may be few: the subscription holds, and what is new has come by it."""
    return push.proven and push.until > now

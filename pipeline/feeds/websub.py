"""Subscriptions to feeds at hubs (W3C WebSub, https://www.w3.org/TR/websub/): the requests, and the checks of answers.

The callback address contains the feed and its topic, signed (`pipeline.text.targets`), so nobody can forge one and the
pages need not remember any. The secret with which a hub signs is derived in the same way. Pushes are accepted while the
subscription holds, and refused once it has ended.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlencode

from pipeline.model import EPOCH, FeedState, WebSubSubscription
from pipeline.settings.sections import Web
from pipeline.text.http import joined
from pipeline.text.targets import is_signed, secrets, signature, signatures

PATH: Final = "/websub/"

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

_GRACE: Final = timedelta(hours=1)  # after the end of a lease: clocks differ, and pushes may be on the way

_METHODS: Final = ("sha1", "sha256", "sha384", "sha512")  # 7.1 of the recommendation

_MOST_ERROR: Final = 300  # characters


@dataclass(frozen=True, slots=True)
class Callback:
    """The feed and topic of a callback's address."""

    feed: str
    topic: str


def discovered(push: WebSubSubscription, hub: str, topic: str, url: str) -> WebSubSubscription:
    """The subscription to the hub and topic that the feed at `url` declares; a new one if either has changed."""
    hub, topic = joined(url, hub) if hub else "", joined(url, topic) if topic else url
    if not hub.startswith(("http://", "https://")) or not topic.startswith(("http://", "https://")):
        return WebSubSubscription()
    return push if (push.hub, push.topic) == (hub, topic) else WebSubSubscription(hub=hub, topic=topic)


def callback(web: Web, state: FeedState) -> str:
    """The callback address for the feed's hub, '' unless the settings have a public address and a secret."""
    if not web.address or web.secret is None:
        return ""
    signed = signature(web.secret.get_secret_value(), "websub callback", state.id, state.push.topic)
    payload = urlsafe_b64encode("\x1f".join((state.id, state.push.topic)).encode()).decode().rstrip("=")
    return f"{web.address.rstrip('/')}{PATH}{payload}/{signed}"


def called_back(secrets: Iterable[str], payload: str, signed: str) -> Callback | None:
    """Return the feed that the callback's address belongs to, or None for an address that we never issued."""
    try:
        feed, topic = urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode().split("\x1f")
    except ValueError:
        return None
    return Callback(feed, topic) if is_signed(secrets, "websub callback", (feed, topic), signed) else None


def hub_secrets(secrets: Iterable[str], feed: str, topic: str) -> tuple[str, ...]:
    """The secrets with which the hub may sign pushes of this topic; new requests send the first."""
    return signatures(secrets, "websub secret", feed, topic)


def authentic(secrets: Iterable[str], body: bytes, header: str) -> bool:
    """Return whether an X-Hub-Signature header signs this body with one of the secrets."""
    method, _, claimed = header.strip().partition("=")
    if method.lower() not in _METHODS:
        return False
    valid = (hmac.new(secret.encode(), body, method.lower()).hexdigest() for secret in secrets)
    return any(
        hmac.compare_digest(expected.encode(), claimed.lower().encode("utf-8", "surrogatepass")) for expected in valid
    )


def is_open(push: WebSubSubscription, topic: str, now: datetime) -> bool:
    """Return True if pushes of this topic are expected, for a valid subscription or a recent request."""
    return push.topic == topic and (push.tries > 0 or push.until + _GRACE > now)


def form(state: FeedState, mode: Mode, web: Web) -> bytes:
    """The body of a request to the hub; without a secret in the settings, the hub is not asked to sign its pushes."""
    fields = {
        "hub.mode": mode,
        "hub.topic": state.push.topic,
        "hub.callback": callback(web, state),
    }
    if mode == "subscribe":
        fields["hub.lease_seconds"] = str(int(_ASKED_LEASE.total_seconds()))
        if keys := hub_secrets(secrets(web), state.id, state.push.topic):
            fields["hub.secret"] = keys[0]
    return urlencode(fields).encode()


def is_due(state: FeedState, now: datetime) -> bool:
    """Return whether to ask the hub for a subscription or its renewal."""
    return bool(state.push.hub) and state.push.next_ask <= now and not state.gone


def after_request(push: WebSubSubscription, error: str, now: datetime) -> WebSubSubscription:
    """The subscription after a request to the hub. Requests repeat at growing intervals until the hub verifies one."""
    pause = min(_UNANSWERED * 2 ** min(push.tries, 10), _LONGEST_UNANSWERED)
    return replace(push, next_ask=now + pause, tries=push.tries + 1, error=error[:_MOST_ERROR])


def answered(state: FeedState, headers: Mapping[str, str], now: datetime) -> FeedState:
    """The state after the hub verified or denied the subscription; a call for another topic changes nothing."""
    push = state.push
    if headers.get(TOPIC) != push.topic:
        return state
    if headers.get(MODE) == "denied":
        reason = headers.get(REASON, "")
        over = replace(push, until=EPOCH, proven=False, next_ask=now + _DENIED, error=f"denied: {reason}"[:_MOST_ERROR])
        return replace(state, push=over)
    if headers.get(MODE) == "unsubscribe":
        return replace(state, push=replace(push, until=EPOCH, proven=False))
    stated = headers.get(LEASE, "")
    lease = timedelta(seconds=min(int(stated[:9]), 10**8)) if stated.isascii() and stated.isdigit() else _ASKED_LEASE
    lease = min(max(lease, _LEASES[0]), _LEASES[1])
    return replace(
        state, push=replace(push, until=now + lease, next_ask=now + _RENEWED_AFTER * lease, tries=0, error="")
    )


def is_reliable(push: WebSubSubscription, now: datetime) -> bool:
    """Return True if few polls suffice: the subscription holds, and the hub has pushed every new item."""
    return push.proven and push.until > now

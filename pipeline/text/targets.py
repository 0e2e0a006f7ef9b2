"""Addresses that hold secrets: delivery targets masked for display, and links and callbacks under our signature.

Signatures are made with `web.secret` (itsdangerous). Each use has a key of its own, so a signature for one use is not
valid for another. `web.old_secret` is the secret before the last change: what it signed stays valid until the setting
is removed.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

from itsdangerous import Signer

from pipeline.model import Delivery, Watch, content_id
from pipeline.text.http import split

if TYPE_CHECKING:
    from pipeline.settings.sections import Web

Use = Literal["unsubscribe", "websub callback", "websub secret"]

_BETWEEN: Final = "\x1f"  # of the parts of a text that is signed


def secrets(web: "Web") -> tuple[str, ...]:
    """The secrets of the settings, the present one first."""
    return tuple(secret.get_secret_value() for secret in (web.secret, web.old_secret) if secret)


def signature(secret: str, use: Use, *parts: str) -> str:
    """The signature of these parts, in the letters of an address."""
    return _signer(secret, use).get_signature(_joined(parts)).decode()


def signatures(known: Iterable[str], use: Use, *parts: str) -> tuple[str, ...]:
    """Every signature of these parts that is valid: under each secret, and in the form of earlier versions too.

    Links in old mails have that form: an HMAC in hexadecimal.
    """
    return tuple(
        signed for secret in known for signed in (signature(secret, use, *parts), _earlier(secret, use, *parts))
    )


def is_signed(known: Iterable[str], use: Use, parts: Iterable[str], signed: str) -> bool:
    """Return whether this is a valid signature of these parts."""
    claimed = signed.encode("utf-8", "surrogatepass")
    return any(hmac.compare_digest(valid.encode(), claimed) for valid in signatures(known, use, *parts))


def _signer(secret: str, use: Use) -> Signer:
    return Signer(secret, salt=f"onrecord {use}", key_derivation="hmac", digest_method=sha256)


def _earlier(secret: str, use: Use, *parts: str) -> str:
    return hmac.new(secret.encode(), _joined((f"onrecord {use}", *parts)), "sha256").hexdigest()


def _joined(parts: Iterable[str]) -> bytes:
    return _BETWEEN.join(parts).encode("utf-8", "surrogatepass")


HIDDEN: Final = "…"

_DIGITS: Final = 6  # hex digits that distinguish targets of one host; too few to guess an address


def masked(target: str) -> str:
    """Return the target without its secrets: 'slack:https://hooks.slack.com/…5f2c1a'.

    A web address keeps its scheme and host; any other address, such as one of apprise, keeps its scheme alone, because
    a token may stand in the place of the host. A target without "//" (stdout, an e-mail address) has no secret. The
    digits after the "…" depend on the target, so that two targets of one host look different.
    """
    name, _, address = target.partition(":")
    scheme, slashes, rest = address.partition("//")
    if not slashes or (HIDDEN in target and len(target) - target.index(HIDDEN) == _DIGITS + 1):
        return target
    host = _host(address)
    if host and rest in (host, f"{host}/"):
        return target
    return f"{name}:{scheme}//{f'{host}/' if host else ''}{HIDDEN}{content_id('target', target)[:_DIGITS]}"


def _host(address: str) -> str:
    """Return the host and port of a web address, without user and password; '' for any other address."""
    parts = split(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}" if parts.scheme in ("http", "https") and parts.hostname else ""


def without(message: str, target: str) -> str:
    """Return the message with every occurrence of the target or its address masked."""
    shown = masked(target)
    if shown == target:
        return message
    _, _, address = target.partition(":")
    return message.replace(target, shown).replace(address, shown.partition(":")[2])


def unmasked(targets: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Replace each masked target by the known target that it stands for, so that a form can send back what it shows."""
    by_mask = {masked(target): target for target in known}
    return tuple(by_mask.get(target, target) for target in targets)


def shown_watch(watch: Watch) -> Watch:
    """Return the watch with its targets masked."""
    return replace(watch, deliver=tuple(map(masked, watch.deliver)))


def shown_delivery(delivery: Delivery) -> Delivery:
    """Return the delivery with its target masked, also in its last error."""
    return replace(delivery, target=masked(delivery.target), last_error=without(delivery.last_error, delivery.target))


PATH: Final = "/unsubscribe/"

BETWEEN: Final = ","  # separates ids, none of which contains a comma


def link(web: "Web", watch_ids: Sequence[str], target: str) -> str:
    """Return the address that unsubscribes the target from these watches, '' without address, secret or watch."""
    if not web.address or web.secret is None or not all(watch_ids):
        return ""
    ids = BETWEEN.join(watch_ids)
    signed = signature(web.secret.get_secret_value(), "unsubscribe", ids, target)
    return f"{web.address.rstrip('/')}{PATH}{quote(ids, safe=BETWEEN)}/{signed}"


def signed_target(secrets: Iterable[str], ids: str, targets: Iterable[str], signed: str) -> str | None:
    """Return the target that a link's signature belongs to, under any of the secrets; None if there is none."""
    known = tuple(secrets)
    return next((target for target in targets if is_signed(known, "unsubscribe", (ids, target), signed)), None)


def receiver_key(target: str) -> str:
    """Return the lane of a target: its notifier with the host of a web address, or else with the whole address.

    A full mailbox therefore does not delay another mailbox on the same mail server.
    """
    name, _, address = target.partition(":")
    parts = split(address)
    return f"{name}:{parts.hostname}" if parts.scheme in ("http", "https") and parts.hostname else target

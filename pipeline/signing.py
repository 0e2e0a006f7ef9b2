"""Signatures under `web.secret` (itsdangerous): what we hand out comes back unchanged, and nobody else can make it.

Each use has a key of its own, so that a signature for one use is none for another. `web.old_secret` is the secret
before the last change: what it signed stays valid until the setting is removed.
"""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

from itsdangerous import Signer

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
    """Whether this is a valid signature of these parts."""
    claimed = signed.encode("utf-8", "surrogatepass")
    return any(hmac.compare_digest(valid.encode(), claimed) for valid in signatures(known, use, *parts))


def _signer(secret: str, use: Use) -> Signer:
    return Signer(secret, salt=f"onrecord {use}", key_derivation="hmac", digest_method=sha256)


def _earlier(secret: str, use: Use, *parts: str) -> str:
    return hmac.new(secret.encode(), _joined((f"onrecord {use}", *parts)), "sha256").hexdigest()


def _joined(parts: Iterable[str]) -> bytes:
    return _BETWEEN.join(parts).encode("utf-8", "surrogatepass")

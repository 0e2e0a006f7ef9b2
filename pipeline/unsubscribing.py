"""Links that end what watches tell a target for whoever has them, signed so that nobody can make another's.

The link holds the watches' ids and an HMAC of them and the target under `web.secret`: no address, and nothing that
expires.
"""

import hmac
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote

from pipeline.settings import Web

PATH: Final = "/unsubscribe/"
BETWEEN: Final = ","  # ids, none of which has one


def link(web: Web, watch_ids: Sequence[str], target: str) -> str:
    """The address that ends what these watches tell the target, '' without address, secret or watch."""
    if not web.address or web.secret is None or not all(watch_ids):
        return ""
    named = BETWEEN.join(watch_ids)
    signed = signature(web.secret.get_secret_value(), named, target)
    return f"{web.address.rstrip('/')}{PATH}{quote(named, safe=BETWEEN)}/{signed}"


def signature(secret: str, named: str, target: str) -> str:
    """What only who knows the secret can say of this target of the watches with these ids."""
    told = "\x1f".join(("onrecord unsubscribe", named, target))
    return hmac.new(secret.encode(), told.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def signed_target(secret: str, named: str, targets: Iterable[str], signed: str) -> str | None:
    """That of the targets that the signature is for; None where it is for none of them."""
    given = signed.encode("utf-8", "surrogatepass")
    matching = (t for t in targets if hmac.compare_digest(signature(secret, named, t).encode(), given))
    return next(matching, None)

"""Links that end one target of one watch for whoever has them, signed so that nobody can make another's.

The link holds the watch's id and an HMAC of watch and target under `web.secret`: no address, and nothing that expires.
"""

import hmac
from typing import Final
from urllib.parse import quote

from pipeline.model import Watch
from pipeline.settings import Web

PATH: Final = "/unsubscribe/"


def link(web: Web, watch_id: str, target: str) -> str:
    """The address that ends this, '' where the settings name no public address or no secret, or there is no watch."""
    if not web.address or web.secret is None or not watch_id:
        return ""
    signed = signature(web.secret.get_secret_value(), watch_id, target)
    return f"{web.address.rstrip('/')}{PATH}{quote(watch_id, safe='')}/{signed}"


def signature(secret: str, watch_id: str, target: str) -> str:
    """What only who knows the secret can say of this target of this watch."""
    told = "\x1f".join(("onrecord unsubscribe", watch_id, target))
    return hmac.new(secret.encode(), told.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def signed_target(secret: str, watch: Watch, signed: str) -> str | None:
    """The target of the watch that the signature is for; None where it is for none that is still there."""
    given = signed.encode("utf-8", "surrogatepass")
    matching = (t for t in watch.deliver if hmac.compare_digest(signature(secret, watch.id, t).encode(), given))
    return next(matching, None)

"""The browsers that get alerts by Web Push: added by their users, listed and removed."""

import base64
import re
from typing import Final

from pipeline.errors import UsageError
from pipeline.model import PushSubscription, User, content_id
from pipeline.model.values import Time
from pipeline.ports import Desk
from pipeline.settings import Settings
from pipeline.text.http import split

MOST_BROWSERS: Final = 10  # of a user; another one takes the place of the oldest

_MOST_ADDRESS: Final = 2_000  # characters of a push service's address for one browser

_ODD: Final = re.compile(r"[^!-~]|[\\@]")  # what no address of a push service has, a login among it

_KEY_BYTES: Final = 65  # an uncompressed point of P-256, which begins with 4

_SECRET_BYTES: Final = 16  # RFC 8291, section 3.2


def add_browser(
    desk: Desk, user: User, address: str, key: str, secret: str, *, name: str, now: Time, settings: Settings
) -> PushSubscription:
    """Save the subscription of a browser, which was perhaps another user's before. UsageError if it cannot be used.

    The settings may allow addresses without encryption. Whether a host is private is checked with each request.
    """
    if settings.push.key is None:
        raise UsageError("this desk alerts no browser, because push.key is not set")
    _check_address(address, private=settings.fetch.private_addresses)
    if len(_decoded(key)) != _KEY_BYTES or _decoded(key)[0] != 4 or len(_decoded(secret)) != _SECRET_BYTES:
        raise UsageError("the keys of the browser are malformed")
    browser = PushSubscription(
        id=content_id("push", address),
        user=user.id,
        endpoint=address,
        key=key,
        secret=secret,
        browser=name,
        created=now,
    )
    desk.save(browser)
    for oldest in browsers(desk, user.id)[:-MOST_BROWSERS]:  # counted with the new one: two may come at the same time
        desk.remove(PushSubscription, oldest.id)
    return browser


def public_key(settings: Settings) -> str:
    """The key by which browsers know this desk, '' if it has none. SettingsError if the key cannot be used."""
    if settings.push.key is None:
        return ""
    from connectors.notify import push_key

    return push_key(settings)


def browsers(desk: Desk, user_id: str) -> list[PushSubscription]:
    """The browsers of the user that get alerts, the oldest first."""
    own = [known for known in desk.all(PushSubscription) if known.user == user_id]
    return sorted(own, key=lambda known: (known.created, known.id))


def remove_browser(desk: Desk, browser_id: str, user_id: str) -> None:
    """End the subscription of a browser. UsageError if the user has no such browser."""
    if browser_id not in {known.id for known in browsers(desk, user_id)}:
        raise UsageError("there is no such browser, or it gets no alerts any more")
    desk.remove(PushSubscription, browser_id)


def _check_address(address: str, *, private: bool) -> None:
    parts = split(address)
    schemes = ("https", "http") if private else ("https",)
    if parts.scheme not in schemes or not parts.hostname or _ODD.search(address) or len(address) > _MOST_ADDRESS:
        raise UsageError(f"the push service of the browser should have an https address, not {address[:100]!r}")


def _decoded(text: str) -> bytes:
    """The bytes that base64 for addresses stands for; b'' if it is malformed."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""

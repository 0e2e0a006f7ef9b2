"""Delivery targets: masked for display, and links that unsubscribe them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pipeline.locators import split
from pipeline.model import Delivery, Watch, content_id
from pipeline.signing import is_signed, signature

if TYPE_CHECKING:
    from pipeline.settings.sections import Web

HIDDEN: Final = "…"

_TELLING: Final = 6  # hex digits that tell targets of one host apart, too few to guess an address by


def masked(target: str) -> str:
    """The target without what gives access: 'slack:https://hooks.slack.com/T0/B0/x' is 'slack:https://hooks.slack.com/…5f2c1a'.

    Kept are the notifier, and of a web address scheme and host; of any other address, such as apprise's, the scheme
    alone, since a token may stand where a host would. What has no "//" (stdout, an e-mail address) is no secret. The
    digits behind the "…" are the same for the same target, so that two are told apart.
    """
    name, _, address = target.partition(":")
    scheme, slashes, rest = address.partition("//")
    if not slashes or (HIDDEN in target and len(target) - target.index(HIDDEN) == _TELLING + 1):
        return target
    host = _host(address)
    if host and rest in (host, f"{host}/"):
        return target
    return f"{name}:{scheme}//{f'{host}/' if host else ''}{HIDDEN}{content_id('target', target)[:_TELLING]}"


def _host(address: str) -> str:
    """The host and port of a web address, without user and password; '' for any other."""
    parts = split(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}" if parts.scheme in ("http", "https") and parts.hostname else ""


def without(message: str, target: str) -> str:
    """The message with the target, and its address alone, masked wherever they stand in it."""
    shown = masked(target)
    if shown == target:
        return message
    _, _, address = target.partition(":")
    return message.replace(target, shown).replace(address, shown.partition(":")[2])


def meant(targets: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """The targets, each that is the masked form of a known one as the known one: what we show can be given back."""
    whole = {masked(target): target for target in known}
    return tuple(whole.get(target, target) for target in targets)


def shown_watch(watch: Watch) -> Watch:
    """The watch with its targets masked."""
    return replace(watch, deliver=tuple(map(masked, watch.deliver)))


def shown_delivery(delivery: Delivery) -> Delivery:
    """The delivery with its target masked, in its last error too."""
    return replace(delivery, target=masked(delivery.target), last_error=without(delivery.last_error, delivery.target))


PATH: Final = "/unsubscribe/"

BETWEEN: Final = ","  # ids, none of which has one


def link(web: "Web", watch_ids: Sequence[str], target: str) -> str:
    """The address that ends what these watches tell the target, '' without address, secret or watch."""
    if not web.address or web.secret is None or not all(watch_ids):
        return ""
    named = BETWEEN.join(watch_ids)
    signed = signature(web.secret.get_secret_value(), "unsubscribe", named, target)
    return f"{web.address.rstrip('/')}{PATH}{quote(named, safe=BETWEEN)}/{signed}"


def signed_target(known: Iterable[str], named: str, targets: Iterable[str], signed: str) -> str | None:
    """That of the targets that a link's signature is for, under one of the known secrets; None for none of them."""
    secrets = tuple(known)
    return next((target for target in targets if is_signed(secrets, "unsubscribe", (named, target), signed)), None)

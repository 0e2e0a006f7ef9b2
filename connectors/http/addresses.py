"""Addresses that requests may go to: web addresses, and public network addresses."""

import re
import socket
from functools import cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpx2

from pipeline.errors import RefusedError

# The IANA registries of special-purpose IPv4 and IPv6 addresses as of 2025, globally reachable ones included (nobody
# publishes there), with multicast, class E, and the deprecated relays. Python's own `is_global` changes with its
# version and lets multicast, mapped and relay forms through.
_SPECIAL_V4 = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24
192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4
240.0.0.0/4
"""

# Only 2000::/3 is global unicast (RFC 4291 and the IANA allocations); these are the special ones in it.
_SPECIAL_V6 = "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20"

_GLOBAL_UNICAST = "2000::/3"

_NAT64 = "64:ff9b::/96"  # RFC 6052: the last 32 bits are the IPv4 address that is meant


def is_public(address: str) -> bool:
    """Return True if a numeric address is outside every special-purpose range; IPv6 may have a zone.

    A string that is no address is not public. An address with the well-known NAT64 prefix is judged by the IPv4 address
    inside; mapped, compatible, 6to4 and Teredo forms are never public.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _special_v4())
    return _is_public_v6(parsed)


def _is_public_v6(address: IPv6Address) -> bool:
    if address in IPv6Network(_NAT64):
        return is_public(str(IPv4Address(int(address) & 0xFFFFFFFF)))
    if address.scope_id or address not in IPv6Network(_GLOBAL_UNICAST):
        return False
    return not any(address in network for network in _special_v6())


@cache
def _special_v4() -> tuple[IPv4Network, ...]:
    return tuple(IPv4Network(network) for network in _SPECIAL_V4.split())


@cache
def _special_v6() -> tuple[IPv6Network, ...]:
    return tuple(IPv6Network(network) for network in _SPECIAL_V6.split())


# RFC 1035, the underscore that some hosts have, and no "xn--" (RFC 5890) of nothing.
_LABEL: Final = re.compile(r"(?!xn--\Z)[a-z0-9_-]{1,63}", re.ASCII | re.IGNORECASE)

_MOST_NAME: Final = 253  # characters of a host name (RFC 1035)

_MOST_SHOWN: Final = 200  # characters of an address in a message

# The errors of httpx2 for malformed addresses: its own, and those of the parsers below it.
_MALFORMED: Final = (httpx2.InvalidURL, ValueError, LookupError)


def parsed(url: str, *, private: bool) -> httpx2.URL:
    """Parse an address that requests may go to; RefusedError for any other string."""
    parts = _parts(url)
    if parts.scheme not in ("http", "https") or not parts.raw_host:
        raise RefusedError(f"{url[:_MOST_SHOWN]!r} is no http or https address")
    host = host_of(parts)
    if not _is_host(host):
        raise RefusedError(f"{url[:_MOST_SHOWN]!r} is no address: {host[:_MOST_SHOWN]!r} is no name of a host")
    if parts.userinfo:
        raise RefusedError(f"http address at {host} holds a user name or password, which is not sent")
    port = parts.port or 443
    if port > 65535 or (port < 1024 and port not in (80, 443) and not private):
        raise RefusedError(f"{url[:_MOST_SHOWN]!r} has port {port}; 80, 443 and those from 1024 to 65535 are allowed")
    return parts


def host_of(url: httpx2.URL) -> str:
    """The host of an address in ASCII, as requests name it."""
    return url.raw_host.decode("ascii")


def joined(base: str, target: str) -> str:
    """Resolve a Location header against its address, without the fragment.

    A server may send the header as raw UTF-8. RefusedError if the result is no address.
    """
    raw = target.encode("latin-1", "replace")
    try:
        return str(httpx2.URL(base).join(raw.decode("utf-8", "replace")).copy_with(fragment=None))
    except _MALFORMED as error:
        raise RefusedError(
            f"{base[:_MOST_SHOWN]!r} redirects to {target[:_MOST_SHOWN]!r}, which is no address"
        ) from error


def addresses(host: str, port: int, *, private: bool) -> list[str]:
    """The numeric addresses of a host, in the order to try; the call asks name servers and blocks.

    RefusedError if the host has addresses but no public one, or if its name is malformed; OSError if it has no address.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise RefusedError(f"{host[:_MOST_SHOWN]!r} is no name of a host: {error}") from error
    resolved = list(dict.fromkeys(str(address[0]) for *_, address in answers))
    allowed = [address for address in resolved if private or is_public(address)]
    if resolved and not allowed:
        where = host if host == resolved[0] else f"{host} is at {resolved[0]}, which"
        raise RefusedError(f"{where} is no public address (fetch.private_addresses allows it)")
    return allowed


def _parts(url: str) -> httpx2.URL:
    try:
        return httpx2.URL(url)
    except _MALFORMED as error:
        raise RefusedError(f"{url[:_MOST_SHOWN]!r} is no address: {' '.join(ascii(str(error)).split())}") from error


def _is_host(host: str) -> bool:
    """Return True for an IPv6 address, and for a name whose labels are all well formed."""
    if ":" in host:
        try:
            return bool(IPv6Address(host))
        except AddressValueError:
            return False
    name = host.removesuffix(".")
    return len(name) <= _MOST_NAME and all(_LABEL.fullmatch(label) for label in name.split("."))

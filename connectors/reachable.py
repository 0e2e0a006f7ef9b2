"""Where requests may go: web addresses, and the numeric addresses of their hosts."""

import socket

import httpx2

from pipeline.errors import RefusedError
from pipeline.networks import is_public


def parsed(url: str, *, private: bool) -> httpx2.URL:
    """The parts of the address; RefusedError where it is not one that we go to."""
    try:
        found = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise RefusedError(f"{url[:200]!r} is no address: {error}") from error
    if found.scheme not in ("http", "https") or not found.host:
        raise RefusedError(f"{url[:200]!r} is no http or https address")
    if found.userinfo:
        raise RefusedError(f"http address at {found.host} holds a user name or password, which is not sent")
    port = found.port or 443
    if port > 65535 or (port < 1024 and port not in (80, 443) and not private):
        raise RefusedError(f"{url} has port {port}; 80, 443 and those from 1024 to 65535 are allowed")
    return found


def joined(base: str, target: str) -> str:
    """Where a Location header leads, without its fragment. Its bytes are UTF-8 where a server sends them raw."""
    raw = target.encode("latin-1")
    try:
        return str(httpx2.URL(base).join(raw.decode("utf-8", "replace")).copy_with(fragment=None))
    except httpx2.InvalidURL as error:
        raise RefusedError(f"{base} redirects to {target[:200]!r}, which is no address") from error


def addresses(host: str, port: int, *, private: bool) -> list[str]:
    """The numeric addresses of a host that we go to, in the order to be tried; this asks name servers, and waits.

    RefusedError where it has addresses, and none of them is public; OSError where it has none.
    """
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found = list(dict.fromkeys(str(address[0]) for *_, address in answers))
    allowed = [address for address in found if private or is_public(address)]
    if found and not allowed:
        raise RefusedError(f"{host} is at {found[0]}, which is no public address (fetch.private_addresses allows it)")
    return allowed

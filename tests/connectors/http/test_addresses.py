"""No special-purpose address is gone to, in whatever spelling and by whatever way: not one packet is sent.

Names are resolved by a stub, connections are made by a spy at the event loop, and all between them is real. The
forms are the blocks of the IANA registries of special-purpose IPv4 and IPv6 addresses, multicast and what is reserved,
the forms of IPv6 that hold an address of IPv4, and the spellings of a host that resolvers understand.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.http.client import HttpClient, HttpSession
from connectors.http.robots import CachedRobots
from connectors.notify import webhook
from pipeline.errors import WorldError
from pipeline.feeds import fetch, subscriptions
from pipeline.feeds.pages import Pages
from pipeline.model import FeedState, WebSubSubscription
from pipeline.model.feed import RobotsRules
from pipeline.settings import Settings
from pipeline.settings.sections import Fetch
from tests import examples
from tests.examples import NOON

FORMS = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1
192.0.0.8 192.0.0.170 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.1.1 192.175.48.1 198.18.0.1 198.51.100.1
203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
[::] [::1] [::127.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::a00:1]
[64:ff9b:1::1] [100::1] [100:0:0:1::1] [2001::1] [2001:1::1] [2001:2::1] [2001:3::1] [2001:4:112::1] [2001:10::1]
[2001:20::1] [2001:30::1] [2001:db8::1] [2002:7f00:1::1] [2620:4f:8000::1] [3fff::1] [5f00::1] [fc00::1] [fd12::1]
[fe80::1] [fec0::1] [ff02::1]
0 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 127.0.0.1. １２７.０.０.１ ①②⑦.0.0.1
localhost localhost. LOCALHOST inside.example rebinding.example metadata.example six.example mapped.example
"""
NAMES = {
    "news.example": ["1.1.1.1"],
    "inside.example": ["10.1.2.3"],
    "rebinding.example": ["127.0.0.1", "::1"],
    "metadata.example": ["169.254.169.254"],
    "six.example": ["fe80::1%2"],
    "mapped.example": ["::ffff:192.168.0.1"],
    "both.example": ["10.1.2.3", "1.1.1.1"],
}
SECRET = "whsec_" + "YQ" * 16


class Network:
    """The spy: the addresses that were gone to, of which 1.1.1.1 alone answers, by sending everybody to `target`."""

    def __init__(self) -> None:
        self.gone_to: list[str] = []
        self.target = ""


class Sender(asyncio.Transport):
    """The other end, as seen from here: it answers what is written with a redirect."""

    def __init__(self, protocol: asyncio.Protocol, target: str) -> None:
        super().__init__()
        self._protocol = protocol
        self._answer = f"HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n".encode()

    def write(self, _: object) -> None:
        self._protocol.data_received(self._answer)

    def resume_reading(self) -> None:
        """It never stopped."""

    def abort(self) -> None:
        self._protocol.connection_lost(None)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    spy, resolve = Network(), socket.getaddrinfo

    def stub(host: str, port: int, **hints: Any) -> list[Any]:
        if host.lower().rstrip(".") == "localhost":
            host = "127.0.0.1"
        if host in NAMES:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in NAMES[host]]
        return resolve(host, port, flags=socket.AI_NUMERICHOST, **hints)

    async def connect(
        _: object, made: Callable[[], asyncio.Protocol], host: str, *__: object, **___: object
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        spy.gone_to.append(host)
        if host != "1.1.1.1":
            raise ConnectionRefusedError("nobody is there")
        protocol = made()
        sender = Sender(protocol, spy.target)
        protocol.connection_made(sender)
        return sender, protocol

    monkeypatch.setattr(socket, "getaddrinfo", stub)
    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", connect)
    return spy


def outside() -> HttpClient:
    return HttpClient(Fetch(timeout=timedelta(seconds=2), pause=timedelta(0)))


def over(ask: Callable[[HttpSession], Awaitable[object]]) -> object:
    async def once() -> object:
        async with outside().connections() as connections:
            return await ask(connections)

    return asyncio.run(once())


async def unread(*_: object) -> Any:
    raise AssertionError("something was fetched")


async def allowed(*_: object) -> RobotsRules:
    """Whatever robots.txt says: the page itself is to be tried."""
    return RobotsRules()


@pytest.mark.parametrize("form", FORMS.split())
def test_a_special_address_is_refused_on_every_way(form: str, network: Network) -> None:
    url = f"http://{form}/"
    with pytest.raises(WorldError):
        over(lambda connections: fetch.look(connections, FeedState(url=url), NOON))
    assert over(lambda connections: Pages(connections, CachedRobots(), unread, allowed).at([f"{url}article"])) == {}
    with pytest.raises(WorldError):
        webhook.connect(url, Settings.model_validate({"webhook": {"secret": SECRET}}), outside()).send(
            examples.delivery()
        )
    subscribed = FeedState(
        url="https://news.example/", push=WebSubSubscription(hub=f"https://{form}/", topic="https://news.example/")
    )
    assert over(lambda connections: subscriptions.ask(connections, subscribed, "subscribe", Settings()))
    assert network.gone_to == []


@pytest.mark.parametrize("form", FORMS.split())
def test_no_redirect_leads_to_a_special_address(form: str, network: Network) -> None:
    network.target = f"http://{form}/"
    with pytest.raises(WorldError):
        over(lambda connections: connections.get("http://news.example/", {}))
    assert network.gone_to == ["1.1.1.1"]


def test_a_host_with_several_addresses_is_reached_at_a_public_one(network: Network) -> None:
    network.target = "http://inside.example/"
    with pytest.raises(WorldError):
        over(lambda connections: connections.get("http://both.example/", {}))
    assert network.gone_to == ["1.1.1.1"]

"""WebSub publishing: an alert reaches those who subscribe to a watch's feed at a hub, without polling."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

import feedparser
import pytest
from starlette.testclient import TestClient

from connectors import notify
from connectors.http.client import HttpClient
from pipeline.errors import RefusedError, SettingsError, WorldError
from pipeline.ports import Notifier
from pipeline.services import Services
from pipeline.settings import Settings
from pipeline.settings.sections import Fetch, Web
from tests import examples
from tests.connectors.loopback import answer, serving
from tests.hub import Hub
from tests.pipeline.web.conftest import served


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as server:
        yield Hub(server)


def notifier(hub: str, address: str) -> Notifier:
    settings = Settings(web=Web(address=address), fetch=Fetch(private_addresses=True))
    return notify.notifier(f"websub:{hub}", settings, HttpClient(settings.fetch))


def test_an_alert_is_pushed_to_a_subscriber_of_the_watch(services: Services, hub: Hub) -> None:
    watch = examples.watch(deliver=(f"websub:{hub.url}",))
    services.desk.save(watch)
    delivery = examples.delivery(target=watch.deliver[0])
    services.outbox.put([delivery])
    pushed, arrived = list[bytes](), threading.Event()

    def subscriber(exchange: BaseHTTPRequestHandler) -> None:
        pushed.append(hub.server.requests[-1].body)
        answer()(exchange)
        arrived.set()

    hub.server.routes["/subscriber"] = subscriber
    with served(services) as address:
        topic = f"{address.rstrip('/')}/feeds/watches/harbour.atom"
        hub.subscriptions[topic] = (hub.server.url("/subscriber"), "a secret")
        notifier(hub.url, address).send(delivery)
        assert arrived.wait(30)
    feed = feedparser.parse(pushed[0])
    assert "The harbour will stay open" in feed.entries[0].title
    assert {link.rel: link.href for link in feed.feed.links}["hub"] == hub.url


def test_a_digest_names_the_feeds_of_its_watches_once(hub: Hub) -> None:
    other = replace(examples.alert(), id="other", watch_id="a b", watch_name="Other")
    notifier(hub.url, "https://desk.example/").send(examples.delivery(also=(other, other)))
    body = hub.server.requests[-1].body.decode()
    assert body.startswith("hub.mode=publish&hub.topic=https%3A%2F%2Fdesk.example%2Ffeeds%2Fwatches%2Fharbour.atom&")
    assert body.count("hub.topic=") == 4
    assert "watches%2Fa%2520b.json" in body


def test_a_busy_hub_is_retried(hub: Hub) -> None:
    hub.server.routes["/hub"] = answer(status=503)
    with pytest.raises(WorldError):
        notifier(hub.url, "https://desk.example").send(examples.delivery())


def test_a_hub_at_a_private_address_gets_nothing(hub: Hub) -> None:
    settings = Settings(web=Web(address="https://desk.example"))
    with pytest.raises(RefusedError):
        notify.notifier(f"websub:{hub.url}", settings, HttpClient(settings.fetch)).send(examples.delivery())
    assert hub.server.requests == []


def test_a_hub_that_redirects_is_not_followed(hub: Hub) -> None:
    hub.server.routes["/hub"] = answer(status=307, location=hub.server.url("/elsewhere"))
    with pytest.raises(WorldError):
        notifier(hub.url, "https://desk.example").send(examples.delivery())
    assert hub.server.paths() == ["/hub"]


@pytest.mark.parametrize("name", ["a&hub.mode=subscribe", "a\r\nx: y", "../../x", "a?b#c", "🚢"])
def test_the_name_of_a_watch_brings_no_parameter_to_a_hub(hub: Hub, name: str) -> None:
    alert = replace(examples.alert(), watch_id=name, watch_name=name)
    notifier(hub.url, "https://desk.example").send(examples.delivery(alert))
    fields = parse_qsl(hub.server.requests[-1].body.decode())
    assert [value for key, value in fields if key == "hub.mode"] == ["publish"]
    topics = [urlsplit(value) for key, value in fields if key == "hub.topic"]
    assert {(topic.netloc, topic.query, topic.fragment, topic.path.count("/")) for topic in topics} == {
        ("desk.example", "", "", 3)
    }


def test_a_hub_needs_an_address_at_which_it_can_read() -> None:
    with pytest.raises(SettingsError, match=r"web\.address"):
        notifier("https://hub.example/", "")


def test_only_the_feeds_of_a_watch_with_a_hub_name_it(services: Services, client: TestClient) -> None:
    services.desk.save(examples.watch(deliver=("stdout", 'websub:https://hub.example/?a=1&b="2"')))
    services.desk.save(examples.watch(id="plain", deliver=("stdout",)))
    links = feedparser.parse(client.get("/feeds/watches/harbour.atom").content).feed.links
    assert [link.href for link in links if link.rel == "hub"] == ['https://hub.example/?a=1&b="2"']
    assert client.get("/feeds/watches/harbour.json").json()["hubs"][0]["type"] == "WebSub"
    assert b"hub" not in client.get("/feeds/watches/plain.atom").content
    assert "hubs" not in client.get("/feeds/watches/plain.json").json()

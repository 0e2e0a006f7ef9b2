"""Webhooks against real servers on loopback, good and bad."""

import itertools
import json
import random
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from types import MappingProxyType

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from connectors import notify
from connectors.http.client import HttpClient
from connectors.notify.webhook import payload
from pipeline.errors import RefusedError, SettingsError, WorldError
from pipeline.model import AlertKind, Correction, Delivery, Link
from pipeline.ports import Notifier
from pipeline.run.deliver import Deliverer
from pipeline.settings import Settings, load
from pipeline.testing import FakeOutbox
from tests.connectors.loopback import Loopback, answer, stream
from tests.examples import alert, article, delivery, report, span, statement

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


NEW_SECRET = "whsec_" + "B" * 43 + "="


def webhook(
    url: str, *, private: bool = True, seconds: float = 5, secrets: Mapping[str, str] = MappingProxyType({})
) -> Notifier:
    """A webhook that is signed with SECRET unless other secrets are named."""
    signed = {"timeout": timedelta(seconds=seconds), **(secrets or {"secret": SECRET})}
    settings = Settings.model_validate({"fetch": {"private_addresses": private}, "webhook": signed})
    return notify.notifier(f"webhook:{url}", settings, HttpClient(settings.fetch))


def test_the_message_is_signed_and_holds_statement_evidence_and_reason(loopback: Loopback) -> None:
    loopback.routes["/hook"] = answer(status=204)
    of = article()
    said = statement(report(of, chain=(Link(span(of.text, "Mayor"), "role"),)))
    webhook(loopback.url("/hook")).send(delivery(alert(said)))
    (request,) = loopback.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert headers["webhook-id"] == delivery(alert(said)).id
    assert headers["content-type"] == "application/json"
    output = Verifier(SECRET).verify(request.body, headers)
    assert output["type"] == "statement.new"
    assert datetime.fromisoformat(output["timestamp"]) == of.first_seen
    assert output["data"]["why"] == "said by"
    assert output["data"]["evidence"] == [{"rule": "role", "text": "Mayor", "start": of.text.index("Mayor")}]
    assert (output["data"]["url"], output["data"]["source"]) == (of.url, of.source)
    quotation = output["data"]["statement"]
    assert quotation["@type"] == "Quotation"
    selectors = {selector["@type"]: selector for selector in quotation["isBasedOn"][0]["selector"]}
    assert selectors["TextQuoteSelector"]["exact"] == "The harbour will stay open"
    assert (selectors["TextPositionSelector"]["start"], selectors["TextPositionSelector"]["end"]) == (0, 26)


def test_a_changed_statement_has_its_own_type(loopback: Loopback) -> None:
    loopback.routes["/hook"] = answer()
    webhook(loopback.url("/hook")).send(delivery(alert(replace(statement(), changed_from="before"))))
    output = json.loads(loopback.requests[0].body)
    assert (output["type"], output["data"]["statement"]["changedFrom"]) == ("statement.changed", "before")


def test_another_body_does_not_fit_the_signature(loopback: Loopback) -> None:
    loopback.routes["/hook"] = answer()
    webhook(loopback.url("/hook")).send(delivery())
    (request,) = loopback.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(request.body.replace(b"open", b"shut"), headers)


def accepts(secret: str, loopback: Loopback) -> bool:
    """Return whether a receiver with this secret takes the latest message."""
    request = loopback.requests[-1]
    try:
        Verifier(secret).verify(request.body, {name.lower(): value for name, value in request.headers.items()})
    except WebhookVerificationError:
        return False
    return True


def test_a_secret_is_replaced_without_a_refused_message(loopback: Loopback) -> None:
    loopback.routes["/hook"] = answer()
    steps: list[tuple[dict[str, str], tuple[bool, bool]]] = [
        ({"secret": SECRET}, (True, False)),
        ({"secret": NEW_SECRET, "old_secret": SECRET}, (True, True)),  # receivers change theirs one by one
        ({"secret": NEW_SECRET}, (False, True)),
    ]
    for secrets, taken in steps:
        webhook(loopback.url("/hook"), secrets=secrets).send(delivery())
        assert (accepts(SECRET, loopback), accepts(NEW_SECRET, loopback)) == taken


@pytest.mark.parametrize("old", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_" + "A" * 400, SECRET.removeprefix("whsec_")])
def test_an_old_secret_that_is_easily_guessed_stops_the_start(old: str) -> None:
    """What is signed with it could be forged as long as receivers still take it."""
    with pytest.raises(SettingsError, match=r"webhook\.old_secret"):
        load(None, {"webhook.secret": SECRET, "webhook.old_secret": old}, {})


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_accepts(loopback: Loopback, status: int) -> None:
    loopback.routes["/hook"] = answer(status=status)
    webhook(loopback.url("/hook")).send(delivery())


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 429, 500, 503])
def test_any_other_answer_is_retried(loopback: Loopback, status: int) -> None:
    loopback.routes["/hook"] = answer(status=status)
    with pytest.raises(WorldError, match=f"answers {status}$") as raised:
        webhook(loopback.url("/hook")).send(delivery())
    assert not isinstance(raised.value, RefusedError)
    assert raised.value.retry_after is None


def test_410_is_for_good(loopback: Loopback) -> None:
    loopback.routes["/hook"] = answer(status=410)
    with pytest.raises(RefusedError, match="answers 410"):
        webhook(loopback.url("/hook")).send(delivery())


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_heard(loopback: Loopback, status: int) -> None:
    loopback.routes["/hook"] = answer(status=status, retry_after="120")
    with pytest.raises(WorldError) as raised:
        webhook(loopback.url("/hook")).send(delivery())
    assert raised.value.retry_after == timedelta(minutes=2)


def test_a_redirect_is_not_followed(loopback: Loopback) -> None:
    loopback.routes["/hook"] = answer(status=307, location=loopback.url("/secret"))
    loopback.routes["/secret"] = answer()
    with pytest.raises(WorldError, match="answers 307"):
        webhook(loopback.url("/hook")).send(delivery())
    assert loopback.paths() == ["/hook"]


def test_a_private_address_is_refused_and_gets_nothing(loopback: Loopback) -> None:
    with pytest.raises(RefusedError, match="private_addresses"):
        webhook(loopback.url("/hook"), private=False).send(delivery())
    assert loopback.requests == []


def test_an_answer_without_end_is_cut(loopback: Loopback) -> None:
    loopback.routes["/hook"] = stream(itertools.repeat(b"x" * 65_536))
    webhook(loopback.url("/hook")).send(delivery())


def test_a_late_answer_is_not_waited_for(loopback: Loopback) -> None:
    over = threading.Event()

    def late(exchange: BaseHTTPRequestHandler) -> None:
        over.wait(60)
        answer()(exchange)

    loopback.routes["/hook"] = late
    with pytest.raises(WorldError, match=r"did not answer in full within 0\.3 s"):
        webhook(loopback.url("/hook"), seconds=0.3).send(delivery())
    over.set()


@pytest.fixture
def listener() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Starts a bare server that does this with each connection, and gives its address."""
    servers: list[socket.socket] = []

    def start(then: Callable[[socket.socket], None]) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                then(connection)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/hook"

    yield start
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def test_a_receiver_that_closes_at_once(listener: Callable[[Callable[[socket.socket], None]], str]) -> None:
    url = listener(lambda connection: connection.close())
    with pytest.raises(WorldError, match="failed"):
        webhook(url).send(delivery())


def test_a_receiver_that_never_reads(listener: Callable[[Callable[[socket.socket], None]], str]) -> None:
    retained: list[socket.socket] = []
    url = listener(retained.append)
    long = replace(statement(), text="harbour " * 2_000_000)
    with pytest.raises(WorldError, match="did not answer in full within"):
        webhook(url, seconds=0.3).send(delivery(alert(long)))
    for connection in retained:
        connection.close()


def test_a_port_without_a_listener_is_a_world_error() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with pytest.raises(WorldError, match="failed"):
        webhook(f"http://127.0.0.1:{port}/hook").send(delivery())


def test_a_hundred_alerts_reach_a_stuttering_receiver_once_each_in_order(loopback: Loopback) -> None:
    loopback.routes["/hook"] = answer()
    outbox, now = FakeOutbox(), datetime(2026, 3, 2, 12, tzinfo=UTC)
    target = f"webhook:{loopback.url('/hook')}"
    outbox.put([_numbered(number, target) for number in range(100)])
    notifier = webhook(loopback.url("/hook"))
    assert Deliverer(outbox, lambda _: notifier, lambda: now, random.random).send_due() == 100
    ids = [{name.lower(): value for name, value in r.headers.items()}["webhook-id"] for r in loopback.requests]
    assert ids == [f"{number:03}" for number in range(100)]


def _numbered(number: int, target: str) -> Delivery:
    return delivery(replace(alert(), id=f"alert-{number}"), id=f"{number:03}", target=target)


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("spread", "statement.spread"),
        ("correction", "statement.corrected"),
        ("spike", "speaker.spike"),
        ("silence", "speaker.silence"),
    ],
)
def test_corrections_spreads_and_the_like_have_their_own_types(kind: AlertKind, type_: str) -> None:
    created = Correction("removed", "quote") if kind == "correction" else None
    output = payload(delivery(replace(alert(), kind=kind, occasion=kind, correction=created)))
    assert (output["type"], (output["data"]["correction"] or {}).get("kind")) == (type_, created and "removed")

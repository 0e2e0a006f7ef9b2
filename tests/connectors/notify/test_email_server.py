"""Mail servers that take alerts, refuse them, are away or misbehave, on loopback."""

import itertools
import random
import socket
import threading
from base64 import b64encode
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from socket import create_server

import pytest

from connectors import notify
from connectors.http.client import HttpClient
from pipeline.errors import RefusedError, SettingsError, WorldError
from pipeline.model import Delivery, delivery_id
from pipeline.run.deliver import Deliverer
from pipeline.testing import FakeClock, FakeOutbox
from tests.connectors.mailserver import AUTHORITY, MailServer, configured, send
from tests.examples import alert, delivery


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("RCPT", "550 no such mailbox", RefusedError),
        ("RCPT", "450 mailbox is busy", WorldError),
        ("MAIL", "451 later", WorldError),
        ("DATA", "552 too much", RefusedError),
        ("DATA", "451 later", WorldError),
        ("CONNECT", "421 closing down", WorldError),
        ("CONNECT", "554 no service here", WorldError),
        ("CONNECT", "SSH-2.0-OpenSSH_9.7", WorldError),
        ("CONNECT", "\x00\xff" * 5_000, WorldError),
        ("CONNECT", "\r\n".join(["220-and more"] * 100_000), WorldError),
        ("RCPT", "\r\n".join(["250-and more"] * 100_000), WorldError),
    ],
)
def test_each_refusal_has_its_error(server: MailServer, command: str, answer: str, kind: type[WorldError]) -> None:
    server.answers[command] = answer
    with pytest.raises(WorldError, match=r"^mail server 127\.0\.0\.1") as raised:
        send(server, delivery())
    assert type(raised.value) is kind


def test_an_accepted_mail_is_not_sent_again_after_a_broken_quit(server: MailServer) -> None:
    server.answers["QUIT"] = "500 never heard of it"
    send(server, delivery())
    assert len(server.mails) == 1


def test_a_server_without_the_required_security_gets_no_mail(server: MailServer) -> None:
    with pytest.raises(SettingsError, match="STARTTLS"):
        send(server, delivery(), security="starttls")
    assert server.mails == []


def test_a_server_gets_each_alert_once_after_an_outage(server: MailServer) -> None:
    clock, outbox, target = FakeClock(), FakeOutbox(), "email:reader@courier.example"
    alerts = [replace(alert(), id=f"a{n}", created=alert().created + timedelta(seconds=n)) for n in range(20)]
    outbox.put([delivery(of, id=delivery_id(of.id, target), target=target) for of in alerts])
    settings = configured(server)
    deliverer = Deliverer(
        outbox, lambda to: notify.notifier(to, settings, HttpClient(settings.fetch)), clock, random.Random(1).random
    )
    for refusal in ("421 closing down", "554 not now", "garbage"):
        server.answers["CONNECT"] = refusal
        deliverer.send_due()
        clock.move(timedelta(hours=6))
    server.answers.clear()
    while deliverer.send_due():
        clock.move(timedelta(hours=6))
    assert [mail["Message-ID"] for mail in server.mails] == [f"<{one.id}@onrecord.example>" for one in _by_time(outbox)]
    assert {one.state for one in outbox.listing()} == {"done"}


def _by_time(outbox: FakeOutbox) -> list[Delivery]:
    return sorted(outbox.listing(), key=lambda one: one.alert.created)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_and_password_go_in_tls(server: MailServer, monkeypatch: pytest.MonkeyPatch, security: str) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    server.tls = security == "tls"
    server.answers |= {
        "EHLO": "250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN",
        "AUTH": "235 fine",
        "STAR": "220 go on",
    }
    send(server, delivery(), security=security, username="desk", password="open sesame, please")
    assert len(server.mails) == 1
    login = b64encode(b"\0desk\0open sesame, please").decode()
    assert [heard for heard in server.hears if "AUTH" in heard] == [f"+AUTH PLAIN {login}"]
    assert [heard for heard in server.hears if not heard.startswith("+")] == (
        ["ehlo onrecord.example", "STARTTLS"] if security == "starttls" else []
    )


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_with_an_untrusted_certificate_gets_nothing(server: MailServer, security: str) -> None:
    server.tls = security == "tls"
    server.answers |= {"EHLO": "250-mail.example\r\n250 STARTTLS", "STAR": "220 go on"}
    with pytest.raises(WorldError, match="certificate verify failed"):
        send(server, delivery(), security=security, username="desk", password="open sesame, please")
    assert not [heard for heard in server.hears if "mail" in heard.lower().split() or "AUTH" in heard]


def test_a_password_that_is_wrong_is_a_setting_that_is(server: MailServer) -> None:
    server.answers |= {"EHLO": "250-mail.example\r\n250 AUTH PLAIN", "AUTH": "535 wrong"}
    with pytest.raises(SettingsError, match=r"refuses email\.username 'desk': 535 wrong") as raised:
        send(server, delivery(), username="desk", password="open sesame, please")
    assert "sesame" not in str(raised.value)


def test_a_rejected_sender_is_a_settings_error(server: MailServer) -> None:
    server.answers["MAIL"] = "550 not yours"
    with pytest.raises(SettingsError, match=r"refuses email\.sender 'desk@onrecord\.example': 550 not yours"):
        send(server, delivery())


@pytest.mark.parametrize("closes", ["at once", "while it is told", "never"])
def test_a_silent_server_is_a_world_error(closes: str) -> None:
    with closing(create_server(("127.0.0.1", 0))) as listening:
        retained: list[socket.socket] = []

        def take() -> None:
            connection, _ = listening.accept()
            if closes == "while it is told":
                connection.sendall(b"220 mail.example\r\n")
                connection.recv(5)
            retained.append(connection) if closes == "never" else connection.close()

        thread = threading.Thread(target=take)
        thread.start()
        with pytest.raises(WorldError, match=r"^mail server 127\.0\.0\.1:\d+ failed: "):
            send(MailServer(listening.getsockname()[1]), delivery(), timeout=0.3)
        thread.join()
        for connection in retained:
            connection.close()


def test_a_server_that_talks_without_end_is_hung_up_on() -> None:
    sent = itertools.count()
    with closing(create_server(("127.0.0.1", 0))) as listening:

        def flood() -> None:
            connection, _ = listening.accept()
            with closing(connection), suppress(OSError):
                for _ in sent:
                    connection.sendall(b"220-" + b"x" * 1_000 + b"\r\n")

        thread = threading.Thread(target=flood)
        thread.start()
        with pytest.raises(WorldError, match="more than 1,000 lines of reply"):
            send(MailServer(listening.getsockname()[1]), delivery())
        thread.join()
    assert next(sent) < 20_000


def test_a_port_without_a_listener_is_a_world_error() -> None:
    with closing(create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with pytest.raises(WorldError, match="refused"):
        send(MailServer(port), delivery())

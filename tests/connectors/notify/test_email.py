"""Alerts by e-mail, through a real mail server on loopback."""

import itertools
import random
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from socket import create_server
from typing import Any

import pytest

from connectors import notify
from connectors.http import Outside
from pipeline.deliver import Deliverer
from pipeline.errors import RefusedError, SettingsError, UsageError, WorldError
from pipeline.model import Delivery, alert_id, delivery_id
from pipeline.settings import Settings
from pipeline.unsubscribing import link
from tests.connectors.mailserver import AUTHORITY, MailServer, mail_server
from tests.examples import alert, article, delivery, report, statement
from tests.fakes import FakeClock, FakeOutbox


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def configured(server: MailServer, web: Any = None, **changes: Any) -> Settings:
    plain = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "desk@onrecord.example"}
    return Settings.model_validate({"web": web or {}, "email": plain | changes})


def send(server: MailServer, of: Delivery, **changes: Any) -> None:
    settings = configured(server, **changes)
    notify.notifier("email:reader@courier.example", settings, Outside(settings.fetch)).send(of)


def test_a_mail_tells_the_alert_in_text_and_html(server: MailServer) -> None:
    send(server, delivery())
    (mail,) = server.mails
    assert mail["From"] == "desk@onrecord.example"
    assert mail["To"] == "reader@courier.example"
    assert mail["Subject"] == "Ada Lindqvist says: The harbour will stay open"
    assert mail["Message-ID"] == f"<{delivery().id}@onrecord.example>"
    assert mail["List-Id"] == "<harbour.onrecord.onrecord.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "list"
    assert mail["List-Unsubscribe"] is None
    assert server.hears[:3] == [
        "ehlo onrecord.example",
        "mail FROM:<desk@onrecord.example>",
        "rcpt TO:<reader@courier.example>",
    ]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    for part in (text.get_content(), html.get_content()):
        assert "The harbour will stay open" in part
        assert "https://courier.example/harbour" in part
        assert "Harbour: said by" in part


def test_every_try_sends_the_same_mail(server: MailServer) -> None:
    send(server, delivery())
    send(server, delivery(attempts=3))
    first, second = server.mails
    assert first.items() == [(n, v.replace(*_boundaries(second, first))) for n, v in second.items()]


def _boundaries(*mails: EmailMessage) -> tuple[str, str]:
    given = tuple(str(mail.get_boundary()) for mail in mails)
    return given[0], given[1]


def test_a_changed_statement_answers_the_one_it_changes(server: MailServer) -> None:
    target = "email:reader@courier.example"
    first, later = alert(), alert(replace(statement(), id="later", changed_from=statement().id))
    send(server, delivery(first, id=delivery_id(first.id, target), target=target))
    send(server, delivery(later, id=delivery_id(alert_id("harbour", "later"), target), target=target))
    assert server.mails[1]["In-Reply-To"] == server.mails[0]["Message-ID"]
    assert server.mails[0]["References"] == server.mails[1]["References"]
    assert server.mails[0]["In-Reply-To"] is None
    assert server.mails[1]["Subject"].startswith("Ada Lindqvist says otherwise")


@pytest.mark.parametrize(("address", "one_click"), [("https://desk.example", True), ("http://desk.example", False)])
def test_a_mail_leads_out_of_its_list(server: MailServer, address: str, one_click: bool) -> None:
    web = {"address": address, "secret": "a secret of thirty-two characters"}
    of = delivery(target="email:reader@courier.example")
    send(server, of, web=web)
    (mail,) = server.mails
    settings = Settings.model_validate({"web": web})
    leave = link(settings.web, "harbour", of.target)
    assert leave.startswith(f"{address}/unsubscribe/harbour/")
    assert "".join(mail["List-Unsubscribe"].split()) == f"<{leave}>"
    assert mail["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if one_click else None)
    html = mail.get_body(("html",))
    assert html is not None
    assert leave in html.get_content()
    assert f"{address}/statements/{statement().id}" in html.get_content()


def test_the_sender_can_have_a_name(server: MailServer) -> None:
    send(server, delivery(), sender='"Desk, nights – ÄÖ" <desk@onrecord.example>')
    (mail,) = server.mails
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Desk, nights – ÄÖ", "desk@onrecord.example")


def test_words_of_any_script_arrive_whole(server: MailServer) -> None:
    said = "Der Hafen „bleibt“ offen – 港は開いている 🚢 " * 40
    send(server, delivery(alert(replace(statement(), text=said))))
    text = server.mails[0].get_body(("plain",))
    assert text is not None
    assert said.strip() in text.get_content()


def test_nothing_in_a_quote_becomes_a_header_or_markup(server: MailServer) -> None:
    hostile = replace(statement(report(article(title="<script>x</script>"))), text="open\r\nBcc: all@x.example <b>")
    send(server, delivery(replace(alert(hostile), watch_id="x>\r\nBcc: all")))
    (mail,) = server.mails
    assert mail["Bcc"] is None
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "<b>" not in html.get_content()


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
def test_what_the_server_refuses(server: MailServer, command: str, answer: str, kind: type[WorldError]) -> None:
    server.answers[command] = answer
    with pytest.raises(WorldError, match=r"^mail server 127\.0\.0\.1") as raised:
        send(server, delivery())
    assert type(raised.value) is kind


def test_a_mail_that_was_taken_is_not_sent_again_because_of_a_rude_farewell(server: MailServer) -> None:
    server.answers["QUIT"] = "500 never heard of it"
    send(server, delivery())
    assert len(server.mails) == 1


def test_a_server_without_the_security_asked_for_gets_no_mail(server: MailServer) -> None:
    with pytest.raises(SettingsError, match="STARTTLS"):
        send(server, delivery(), security="starttls")
    assert server.mails == []


def test_a_server_that_was_away_gets_each_alert_once_when_it_is_back(server: MailServer) -> None:
    clock, outbox, target = FakeClock(), FakeOutbox(), "email:reader@courier.example"
    alerts = [replace(alert(), id=f"a{n}", created=alert().created + timedelta(seconds=n)) for n in range(20)]
    outbox.put([delivery(of, id=delivery_id(of.id, target), target=target) for of in alerts])
    settings = configured(server)
    deliverer = Deliverer(
        outbox, lambda to: notify.notifier(to, settings, Outside(settings.fetch)), clock, random.Random(1).random
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
    send(server, delivery(), security=security, username="desk", password="open sesame")
    assert len(server.mails) == 1
    login = b64encode(b"\0desk\0open sesame").decode()
    assert [heard for heard in server.hears if "AUTH" in heard] == [f"+AUTH PLAIN {login}"]
    assert [heard for heard in server.hears if not heard.startswith("+")] == (
        ["ehlo onrecord.example", "STARTTLS"] if security == "starttls" else []
    )


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_gets_nothing(server: MailServer, security: str) -> None:
    server.tls = security == "tls"
    server.answers |= {"EHLO": "250-mail.example\r\n250 STARTTLS", "STAR": "220 go on"}
    with pytest.raises(WorldError, match="certificate verify failed"):
        send(server, delivery(), security=security, username="desk", password="open sesame")
    assert not [heard for heard in server.hears if "mail" in heard.lower().split() or "AUTH" in heard]


def test_a_password_that_is_wrong_is_a_setting_that_is(server: MailServer) -> None:
    server.answers |= {"EHLO": "250-mail.example\r\n250 AUTH PLAIN", "AUTH": "535 wrong"}
    with pytest.raises(SettingsError, match=r"refuses email\.username 'desk': 535 wrong") as raised:
        send(server, delivery(), username="desk", password="open sesame")
    assert "sesame" not in str(raised.value)


def test_a_sender_that_may_not_send_is_a_setting_too(server: MailServer) -> None:
    server.answers["MAIL"] = "550 not yours"
    with pytest.raises(SettingsError, match=r"refuses email\.sender 'desk@onrecord\.example': 550 not yours"):
        send(server, delivery())


@pytest.mark.parametrize("closes", ["at once", "while it is told", "never"])
def test_a_server_that_says_nothing(closes: str) -> None:
    with closing(create_server(("127.0.0.1", 0))) as listening:
        kept: list[socket.socket] = []

        def take() -> None:
            connection, _ = listening.accept()
            if closes == "while it is told":
                connection.sendall(b"220 mail.example\r\n")
                connection.recv(5)
            kept.append(connection) if closes == "never" else connection.close()

        thread = threading.Thread(target=take)
        thread.start()
        started = time.monotonic()
        with pytest.raises(WorldError, match=r"^mail server 127\.0\.0\.1:\d+ failed: "):
            send(MailServer(listening.getsockname()[1]), delivery(), timeout=0.3)
        assert time.monotonic() - started < 3
        thread.join()
        for connection in kept:
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


def test_nobody_listens() -> None:
    with closing(create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with pytest.raises(WorldError, match="refused"):
        send(MailServer(port), delivery())


@pytest.mark.parametrize(
    "address",
    [
        "",
        "reader",
        "a@b\r\nRCPT TO:<c@d>",
        "a b@c.example",
        "Reader <a@b.example>",
        "a@-b.example",
        "a@b..example",
        "ä@b.example",
        "a@é.example",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="no e-mail address"):
        notify.notifier(f"email:{address}", Settings(), Outside(Settings().fetch))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, r"email\.host is not set"),
        ({"host": "mail.example"}, r"email\.sender is ''"),
        ({"host": "mail.example", "sender": "a@b.example\r\nBcc: c@d.example"}, r"email\.sender is "),
        ({"host": "mail.example", "sender": "A\x00 <a@b.example>"}, r"email\.sender is "),
        ({"host": "mail.example", "sender": "a@b.example", "password": "schlüssel"}, "outside ASCII"),
    ],
)
def test_settings_that_are_missing_are_named(changes: dict[str, str], message: str) -> None:
    settings = Settings.model_validate({"email": changes})
    with pytest.raises(SettingsError, match=message):
        notify.notifier("email:reader@courier.example", settings, Outside(settings.fetch))

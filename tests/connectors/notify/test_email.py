"""Alerts by e-mail, through a real mail server on loopback."""

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from socket import create_server
from typing import Any

import pytest

from connectors import notify
from connectors.http import Outside
from pipeline.errors import RefusedError, SettingsError, UsageError, WorldError
from pipeline.model import Delivery
from pipeline.settings import Settings
from tests.examples import alert, article, delivery, report, statement


@dataclass
class MailServer:
    """A mail server that keeps what it is sent; `answers` maps a command to what it says instead."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[MailServer]:
    kept = MailServer()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say(kept.answers.get("CONNECT", "220 mail.example"))
            while line := self.rfile.readline():
                command = line[:4].decode().upper()
                if command == "DATA":
                    self.say("354 go on")
                    self.take()
                self.say(kept.answers.get(command, "250 fine"))
                if command == "QUIT":
                    return

        def take(self) -> None:
            lines = iter(self.rfile.readline, b".\r\n")
            body = b"".join(line.removeprefix(b".") for line in lines)
            mail = email.message_from_bytes(body, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            kept.mails.append(mail)

        def say(self, answer: str) -> None:
            self.wfile.write(f"{answer}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Session) as running:
        kept.port = running.server_address[1]
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield kept
        running.shutdown()


def send(server: MailServer, of: Delivery, **changes: Any) -> None:
    plain = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "desk@onrecord.example"}
    settings = Settings.model_validate({"email": plain | changes})
    notify.notifier("email:reader@courier.example", settings, Outside(settings.fetch)).send(of)


def test_a_mail_tells_the_alert_in_text_and_html(server: MailServer) -> None:
    send(server, delivery())
    (mail,) = server.mails
    assert mail["From"] == "desk@onrecord.example"
    assert mail["To"] == "reader@courier.example"
    assert mail["Subject"] == "Ada Lindqvist says: The harbour will stay open"
    assert mail["Message-ID"] == f"<{delivery().id}@onrecord.invalid>"
    assert mail["List-Id"] == "<harbour.onrecord.invalid>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    for part in (text.get_content(), html.get_content()):
        assert "The harbour will stay open" in part
        assert "https://courier.example/harbour" in part
        assert "Harbour: said by" in part


def test_a_changed_statement_answers_the_one_it_changes(server: MailServer) -> None:
    send(server, delivery(alert()))
    send(server, delivery(alert(replace(statement(), id="later", changed_from=statement().id))))
    assert server.mails[0]["References"] == server.mails[1]["References"]
    assert server.mails[1]["Subject"].startswith("Ada Lindqvist says otherwise")


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
        ("DATA", "552 too much", WorldError),
        ("CONNECT", "421 closing down", WorldError),
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
    with pytest.raises(WorldError, match="STARTTLS"):
        send(server, delivery(), security="starttls")
    assert server.mails == []


def test_nobody_listens() -> None:
    with closing(create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with pytest.raises(WorldError, match="refused"):
        send(MailServer(port), delivery())


@pytest.mark.parametrize("address", ["", "reader", "a@b\r\nRCPT TO:<c@d>", "a b@c.example", "Reader <a@b.example>"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="no e-mail address"):
        notify.notifier(f"email:{address}", Settings(), Outside(Settings().fetch))


@pytest.mark.parametrize(
    ("changes", "message"),
    [({}, r"email\.host is not set"), ({"host": "mail.example"}, r"email\.sender is ''")],
)
def test_settings_that_are_missing_are_named(changes: dict[str, str], message: str) -> None:
    settings = Settings.model_validate({"email": changes})
    with pytest.raises(SettingsError, match=message):
        notify.notifier("email:reader@courier.example", settings, Outside(settings.fetch))

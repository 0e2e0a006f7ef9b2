"""A real mail server on loopback, which keeps what it is sent, and says what a test tells it to."""

import email
import email.policy
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from connectors import notify
from connectors.http.client import HttpClient
from pipeline.model import Delivery
from pipeline.settings import Settings

# Made for these tests: what the server shows, with its key, and the authority that signed it.
CERTIFICATE = Path(__file__).parents[1] / "data" / "tls" / "loopback.pem"
AUTHORITY = CERTIFICATE.with_name("authority.pem")


@dataclass
class MailServer:
    """`answers` maps a command ("RCPT", or "CONNECT" for the greeting) to what is said instead of "250 fine".

    `hears` is every command as sent, those in TLS behind a "+". It speaks TLS from the start if `tls`.
    """

    port: int = 0
    tls: bool = False
    answers: dict[str, str] = field(default_factory=dict)
    hears: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    sources: list[bytes] = field(default_factory=list)


def parsed(source: bytes) -> EmailMessage:
    """The mail of these bytes."""
    received = email.message_from_bytes(source, policy=email.policy.default)
    assert isinstance(received, EmailMessage)
    return received


class _Session(socketserver.StreamRequestHandler):
    """One conversation."""

    def handle(self) -> None:
        kept: MailServer = self.server.kept  # type: ignore[attr-defined]  # socketserver's way to share
        self.safe = ""
        if kept.tls:
            self.secure()
        self.say(kept.answers.get("CONNECT", "220 mail.example"))
        while line := self.rfile.readline():
            command = line[:4].decode().upper()
            kept.hears.append(self.safe + line.decode().strip())
            answer = kept.answers.get(command, "250 fine")
            if command == "DATA" and not answer.startswith("4"):
                self.say("354 go on")
                kept.sources.append(self.source())
                kept.mails.append(parsed(kept.sources[-1]))
            self.say(answer)
            if command == "STAR" and answer.startswith("220"):
                self.secure()
            if command == "QUIT":
                return

    def secure(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self.rfile.close()
        self.request = context.wrap_socket(self.request, server_side=True)
        self.setup()
        self.safe = "+"

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def source(self) -> bytes:
        lines = iter(self.rfile.readline, b".\r\n")
        return b"".join(line.removeprefix(b".") for line in lines)

    def say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that hangs up is what some tests are about."""


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server that runs while the block does."""
    kept = MailServer()
    with _Server(("127.0.0.1", 0), _Session) as running:
        running.kept = kept  # type: ignore[attr-defined]  # socketserver's way to share
        kept.port = running.server_address[1]
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield kept
        running.shutdown()
        thread.join()


def configured(server: MailServer, web: Any = None, **changes: Any) -> Settings:
    """The settings that lead to the server."""
    plain = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "desk@onrecord.example"}
    return Settings.model_validate({"web": web or {}, "email": plain | changes})


def send(server: MailServer, of: Delivery, **changes: Any) -> None:
    """Send the delivery through the server to reader@courier.example."""
    settings = configured(server, **changes)
    notify.notifier("email:reader@courier.example", settings, HttpClient(settings.fetch)).send(of)

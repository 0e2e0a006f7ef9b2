"""Alerts by e-mail, through the mail server of the settings.

Each mail has plain text and HTML. Its Message-ID comes from the id of the delivery, so that a mailbox detects a copy.
The mails about a statement are a thread, and so are the digests of a list; a changed statement answers the mail of the
statement that it changes. The mails of a watch are a list (RFC 2919) with a link to leave it, by one click if the mail
program supports it (RFC 8058); mails about several watches have a list of their own, and the link leaves all of these
watches.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, BinaryIO, Final

from connectors.http.client import HttpClient
from connectors.notify._post import locale_of
from pipeline.errors import OnRecordError, RefusedError, SettingsError, UsageError, WorldError
from pipeline.model import Delivery, content_id, delivery_id
from pipeline.settings import Settings
from pipeline.settings.sections import Email
from pipeline.text.messages import letter, one_line, shortened
from pipeline.text.targets import link

# The syntax of a browser's e-mail field, https://html.spec.whatwg.org/#valid-e-mail-address; no quoted parts.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

_ADDRESS: Final = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_{{|}}~-]{{1,64}}@({_LABEL}(?:\.{_LABEL})*)")

_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")

# Raw fields are not folded: folding turns long values into encoded words, where no program looks for an id or a link.
_POLICY: Final = SMTP.clone(refold_source="none")

_LONGEST_LINK: Final = 900  # characters; a line has 998 (RFC 5322, 2.1.1)

_REPLY_LINES: Final = 1_000  # lines per connection; an ordinary conversation has some twenty

_ANSWER: Final = 200  # characters of the server's answer in an error message


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An e-mail address, reached through the mail server."""

    address: str
    settings: Settings

    def send(self, delivery: Delivery) -> None:
        """Send the delivery. An error caused by the settings is a SettingsError, so that it is retried."""
        server = self.settings.email
        message = mail(delivery, self.address, self.settings)
        with _failures(server, self.address), _connection(server) as connection:
            if server.security == "starttls":
                connection.starttls(context=_tls())
            if server.username:
                password = server.password.get_secret_value() if server.password else ""
                connection.login(server.username, password)
            connection.send_message(message, parseaddr(server.sender)[1], [self.address])


def mail(delivery: Delivery, recipient: str, settings: Settings) -> EmailMessage:
    """Return the mail of a delivery, the same on every attempt."""
    name, address = parseaddr(settings.email.sender)
    domain = address.rpartition("@")[2]
    leave = link(settings.web, _watches(delivery), delivery.target)
    content = letter(delivery, pages=settings.web.address, unsubscribe=leave, locale=locale_of(settings))
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = content.subject
    message["Date"] = format_datetime(delivery.planned if delivery.parts else delivery.alert.created)
    for field, value in _ids(delivery, domain, leave):
        message.set_raw(field, value)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: programs should not answer
    message["Precedence"] = "list"  # the same for older programs
    message.set_content(content.text, cte="quoted-printable")
    message.add_alternative(content.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{delivery.id}")  # quoted-printable text cannot contain it (RFC 2045, 6.7)
    return message


def _ids(delivery: Delivery, domain: str, leave: str) -> Iterator[tuple[str, str]]:
    """Yield fields that programs compare byte by byte, all ASCII without blanks."""
    name = _list(_watches(delivery))
    yield "Message-ID", f"<{delivery.id}@{domain}>"
    yield from _thread(delivery, name, domain)
    yield "List-Id", f"<{name}.onrecord.{domain}>"
    if leave and len(leave) < _LONGEST_LINK:
        yield "List-Unsubscribe", f"<{leave}>"
        if leave.startswith("https://"):
            yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def _thread(delivery: Delivery, name: str, domain: str) -> Iterator[tuple[str, str]]:
    statement = delivery.alert.statement
    if delivery.parts:
        yield "References", f"<digests.{name}@{domain}>"
        return
    if delivery.alert.occasion:
        yield "In-Reply-To", f"<{delivery_id(statement.id, delivery.target)}@{domain}>"
    elif statement.changed_from:
        yield "In-Reply-To", f"<{delivery_id(statement.changed_from, delivery.target)}@{domain}>"
    yield "References", f"<{statement.changed_from or statement.id}@{domain}>"


def _watches(delivery: Delivery) -> tuple[str, ...]:
    return tuple(dict.fromkeys(alert.watch_id for alert in delivery.alerts))


def _list(watches: Sequence[str]) -> str:
    alone = watches[0] if len(watches) == 1 else ""
    return alone if _PLAIN_ID.fullmatch(alone) else content_id("list", *watches)


class _Replies:
    """A limited stream of a server's replies; smtplib would read lines without end."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self._left = _REPLY_LINES

    def readline(self, most: int) -> bytes:
        """Return the next line. Raises OSError after too many lines."""
        self._left -= 1
        if self._left < 0:
            raise OSError(f"more than {_REPLY_LINES:,} lines of reply")
        return self._lines.readline(most)

    def close(self) -> None:
        """Close the stream."""
        self._lines.close()


class _Smtp(smtplib.SMTP):
    """A connection with limited replies."""

    file: Any

    def getreply(self) -> tuple[int, bytes]:
        """Return the code and the text of the next reply."""
        if self.file is None and self.sock:
            self.file = _Replies(self.sock.makefile("rb"))
        return super().getreply()


class _SmtpInTls(_Smtp, smtplib.SMTP_SSL):
    """The same connection, in TLS from the start."""


@contextmanager
def _connection(server: Email) -> Iterator[smtplib.SMTP]:
    """Open a connection for the block; ignore errors at its end, because the server has accepted the mail by then."""
    seconds = server.timeout.total_seconds()
    name = parseaddr(server.sender)[1].rpartition("@")[
        2
    ]  # for the greeting; looking up this machine's name may take long
    if server.security == "tls":
        connection: smtplib.SMTP = _SmtpInTls(server.host, server.port, name, timeout=seconds, context=_tls())
    else:
        connection = _Smtp(server.host, server.port, name, timeout=seconds)
    try:
        yield connection
    finally:
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()
        connection.close()


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _failures(server: Email, recipient: str) -> Iterator[None]:
    """Translate the errors of smtplib to errors of a delivery."""
    name = f"mail server {server.host}:{server.port}"
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(f"{name} refuses {recipient}", *error.recipients[recipient]) from error
    except smtplib.SMTPAuthenticationError as error:
        raise _misset(f"{name} refuses email.username {server.username!r}", error) from error
    except smtplib.SMTPSenderRefused as error:
        raise _misset(f"{name} refuses email.sender {server.sender!r}", error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise SettingsError(f"{name} does not offer what email.security or email.username need: {error}") from error
    except UnicodeError as error:
        raise SettingsError(f"{name} is not a valid host name, see email.host: {error}") from error
    except smtplib.SMTPDataError as error:
        raise _refused(f"{name} refuses the mail to {recipient}", error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise WorldError(f"{name} failed: {_answer(str(error)) or type(error).__name__}") from error


def _refused(subject: str, code: int, answer: bytes | str) -> WorldError:
    kind = RefusedError if 500 <= code < 600 else WorldError  # RFC 5321, 4.2.1: 5xx is permanent
    return kind(f"{subject}: {code} {_answer(answer)}")


def _misset(subject: str, error: smtplib.SMTPResponseException) -> OnRecordError:
    kind = SettingsError if 500 <= error.smtp_code < 600 else WorldError
    return kind(f"{subject}: {error.smtp_code} {_answer(error.smtp_error)}")


def _answer(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return shortened(one_line(text), _ANSWER)


def connect(address: str, settings: Settings, outside: HttpClient) -> Mailbox:
    """Return the mailbox of this address."""
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"target email:{address} has no e-mail address after email:")
    if not settings.email.host:
        raise SettingsError("email.host is not set: alerts by e-mail go through a mail server")
    _, sender = parseaddr(settings.email.sender)
    if not _ADDRESS.fullmatch(sender) or not settings.email.sender.isprintable():
        raise SettingsError(f"email.sender is {settings.email.sender!r}, which is not an e-mail address")
    password = settings.email.password
    if not (settings.email.username + (password.get_secret_value() if password else "")).isascii():
        raise SettingsError("email.username or email.password has characters outside ASCII, which no login accepts")
    return Mailbox(address, settings)

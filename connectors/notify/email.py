"""Alerts by e-mail, through the mail server of the settings.

Each is plain text and HTML under a Message-ID made from the delivery's id, so that a mailbox can tell a second copy;
alerts of one watch have its List-Id, and a changed statement answers the mail of the one it changes.
"""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from connectors.http import Outside
from pipeline import messages as told
from pipeline.errors import RefusedError, SettingsError, UsageError, WorldError
from pipeline.model import Alert, Delivery
from pipeline.settings import Email, Settings

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*")
_DOMAIN = "onrecord.invalid"  # of ids that name no host (RFC 6761)
_SUBJECT_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address, reached through the mail server."""

    address: str
    server: Email

    def send(self, delivery: Delivery) -> None:
        """See Notifier."""
        name = f"mail server {self.server.host}:{self.server.port}"
        try:
            connection = self._connected()
            try:
                self._log_in(connection)
                connection.send_message(message(delivery, self.server.sender, self.address))
            finally:
                _leave(connection)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = error.recipients[self.address]
            kind = RefusedError if 500 <= code < 600 else WorldError
            raise kind(f"{name} refuses {self.address}: {code} {answer.decode(errors='replace')}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise WorldError(f"{name} failed: {told.one_line(str(error)) or type(error).__name__}") from error

    def _connected(self) -> smtplib.SMTP:
        server, seconds = self.server, self.server.timeout.total_seconds()
        if server.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=context)
        return smtplib.SMTP(server.host, server.port, timeout=seconds)

    def _log_in(self, connection: smtplib.SMTP) -> None:
        if self.server.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if self.server.username:
            password = self.server.password
            connection.login(self.server.username, password.get_secret_value() if password else "")


def _leave(connection: smtplib.SMTP) -> None:
    """Hang up; a server that is unfriendly about it has taken the mail all the same."""
    with suppress(smtplib.SMTPException, OSError):
        connection.quit()
    connection.close()


def message(delivery: Delivery, sender: str, recipient: str) -> EmailMessage:
    """The mail of an alert."""
    alert, statement = delivery.alert, delivery.alert.statement
    thread = statement.changed_from or statement.id
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = _shortened(f"{told.headline(alert)}: {told.one_line(statement.text)}")
    mail["Date"] = format_datetime(alert.created)
    mail["Message-ID"] = f"<{delivery.id}@{_DOMAIN}>"
    mail["References"] = f"<{thread}@{_DOMAIN}>"
    mail["List-Id"] = f"<{alert.watch_id}.{_DOMAIN}>" if _ADDRESS.fullmatch(f"x@{alert.watch_id}") else f"<{_DOMAIN}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text(alert))
    mail.add_alternative(html(alert), subtype="html")
    return mail


def text(alert: Alert) -> str:
    """The alert as plain text."""
    statement = alert.statement
    lines = (told.headline(alert) + ":", "", f"  {told.one_line(statement.text)}", "", told.origin(statement))
    return "\n".join((*lines, told.link(statement), "", told.reason(alert))) + "\n"


def html(alert: Alert) -> str:
    """The alert as HTML, with nothing in it that a mail reader would fetch."""
    statement = alert.statement
    origin, link = escape(told.origin(statement)), escape(told.link(statement))
    linked = f'<a href="{link}">{origin}</a>' if link else origin
    return (
        f"<p><strong>{escape(told.headline(alert))}</strong></p>\n"
        f"<blockquote>{escape(told.one_line(statement.text))}</blockquote>\n"
        f"<p>{linked}</p>\n"
        f"<p><small>{escape(told.reason(alert))}</small></p>\n"
    )


def connect(address: str, settings: Settings, outside: Outside) -> Mailbox:
    """The mailbox of this address."""
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"target email:{address} has no e-mail address after email:")
    if not settings.email.host:
        raise SettingsError("email.host is not set: alerts by e-mail go through a mail server")
    if not _ADDRESS.fullmatch(settings.email.sender):
        raise SettingsError(f"email.sender is {settings.email.sender!r}, which is no e-mail address")
    return Mailbox(address, settings.email)


def _shortened(text: str) -> str:
    return text if len(text) <= _SUBJECT_CHARACTERS else f"{text[: _SUBJECT_CHARACTERS - 1]}…"

"""Mailboxes as feeds: newsletters and press releases over IMAP, each message an article (imaplib, RFC 9051).

The address is `imaps://USER@HOST/MAILBOX`, or `imap://…` for STARTTLS; without USER and MAILBOX, the user of the login
and INBOX. The password is a line of `fetch.logins` and never part of an address or a message. Messages are read without
being marked as read. A message is cut after some megabytes, so large attachments are not fetched.
"""

import base64
import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from connectors.feeds.parser import Parser
from connectors.files.records import ImportSession, article
from connectors.http.addresses import addresses, is_public
from pipeline.errors import InputError, WorldError
from pipeline.model import Article, Feed
from pipeline.ports import Clock
from pipeline.settings.sections import Fetch, Poll, logins
from pipeline.sources import Arrivals
from pipeline.text.http import split

_PORTS: Final = {"imaps": 993, "imap": 143}

_MOST_AT_ONCE: Final = 50  # messages in one poll

_MOST_AT_FIRST: Final = 100  # messages of a mailbox that is followed from now on

_WINDOW: Final = 500  # UIDs listed in one poll: listing 100,000 waiting messages again for each 50 takes hours

_MOST_BYTES: Final = 2_000_000  # of a message

_MOST_RECEIVED: Final = 150_000_000  # bytes in one poll, which ends a server that never stops

_ROOM_OF_LINE: Final = 1_000  # bytes added to the size of each line, because imaplib stores every line

_LONGER: Final = 4  # times the timeout of a request: a poll takes several

_SIZES: Final = "(UID RFC822.SIZE)"

_MOST_ADDRESSES: Final = 4  # of a host, tried one after the other

_MOST_OF_ANSWER: Final = 300  # bytes of an answer with the number and size of a message

_NUMBERED: Final = re.compile(
    rb"UID (\d{1,10}) [^)]*?RFC822\.SIZE (\d{1,18})|RFC822\.SIZE (\d{1,18}) [^)]*?UID (\d{1,10})"
)

_NUMBER: Final = re.compile(rb"\d{1,10}")

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

_NO_LOGIN: Final = "has no login: add a line `{0} basic NAME:PASSWORD` to fetch.logins"


class ImapMailbox:
    """Reads mailboxes within the limits of the settings; safe to share between threads."""

    def __init__(self, fetch: Fetch, limits: Poll, parser: Parser, clock: Clock, trust: str | None = None) -> None:
        self._fetch = fetch
        self._limits = limits
        self._parser = parser
        self._clock = clock
        self._trust = trust  # a file of further certificates

    def read(self, feed: Feed, cursor: str, *, first: bool) -> Arrivals:
        """See the port. The cursor is the mailbox's UIDVALIDITY and the UID of the last message that was read."""
        user, password = self._credentials(feed.url)
        with _failing(feed.url, password), self._connected(feed.url, user, password) as connection:
            validity, waiting, listed = _waiting(connection, cursor)
            reading = ImportSession(split(feed.url).hostname or "", self._clock, first, self._limits, self._parser)
            articles, failures, cpu = list[Article](), list[InputError](), 0.0
            for uid, size in waiting[:_MOST_AT_ONCE]:
                try:
                    articles.append(self._article(feed, _message(connection, uid), uid, size, reading))
                except InputError as error:
                    failures.append(error)
                cpu += self._parser.cost()
            last_uid = waiting[:_MOST_AT_ONCE][-1][0] if waiting else int(cursor.partition(":")[2] or 0)
        more, used = len(waiting) > _MOST_AT_ONCE or not listed, connection.received
        return Arrivals(tuple(articles), tuple(failures), f"{validity}:{last_uid}", more=more, bytes=used, cpu=cpu)

    def _article(self, feed: Feed, body: bytes, uid: int, size: int, reading: ImportSession) -> Article:
        try:
            entry = self._parser.imported("message", body, f"message {uid} of {feed.url}")
        except InputError as error:
            error.original = body
            raise
        marks = (*entry.marks, "truncated") if size > _MOST_BYTES else entry.marks
        imported = article(replace(entry, marks=marks), reading, source=feed.source, language=feed.language)
        return replace(imported, feed=feed.id)

    @contextmanager
    def _connected(self, url: str, user: str, password: str) -> "Iterator[_Connection]":
        """A connection that is logged in, closed after the block, and cut when the poll takes too long."""
        connection = _Connection(url, self._dial, self._fetch.timeout.total_seconds())
        try:
            self._secure(connection, url)
            connection.login(_quoted(user), password)
            yield connection
            connection.logout()
        finally:
            connection.timer.cancel()
            with suppress(OSError):
                connection.shutdown()

    def _secure(self, connection: "_Connection", url: str) -> None:
        if not url.startswith("imap:"):
            return
        if "STARTTLS" in connection.capabilities:
            connection.starttls(self._context())
        elif not self._fetch.private_addresses or is_public(connection.sock.getpeername()[0]):
            raise WorldError(f"{url} offers no encryption, so no password is sent")

    def _credentials(self, url: str) -> tuple[str, str]:
        """User and password of the login with the longest matching prefix."""
        secret = self._fetch.logins.get_secret_value() if self._fetch.logins else ""
        fitting = [
            login for login in logins(secret) if url.startswith(login.prefix) and login.header == "authorization"
        ]
        login = max(fitting, key=lambda login: len(login.prefix), default=None)
        if login is None:
            raise WorldError(f"{url} {_NO_LOGIN.format(url)}")
        user, _, password = base64.b64decode(login.value.removeprefix("Basic ")).decode().partition(":")
        user = unquote(split(url).username or "") or user
        if not f"{user}{password}{_mailbox(url)}".isascii():
            raise WorldError(f"{url} has characters outside ASCII in its user, password or mailbox")
        return user, password

    def _dial(self, url: str, timeout: float) -> socket.socket:
        """A connection to one of the checked addresses of the host."""
        parts = split(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        error: OSError = ConnectionError("the host has no address")
        for address in addresses(host, port, private=self._fetch.private_addresses)[:_MOST_ADDRESSES]:
            try:
                connected = socket.create_connection((address, port), timeout)
            except OSError as failure:
                error = failure
                continue
            return (
                self._context().wrap_socket(connected, server_hostname=host) if parts.scheme == "imaps" else connected
            )
        raise error

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._trust:
            context.load_verify_locations(self._trust)
        return context


class _Connection(imaplib.IMAP4):
    """An IMAP connection to a checked address, which receives a limited number of bytes in a limited time."""

    def __init__(self, url: str, dial: Callable[[str, float], socket.socket], timeout: float) -> None:
        self.url = url
        self.received = 0
        self.timer = threading.Timer(_LONGER * timeout, self.cut)
        self.timer.daemon = True
        self._dial = dial
        with ExitStack() as failed:
            failed.callback(self.timer.cancel)
            self.timer.start()  # before the greeting, which may come in drops
            super().__init__(split(url).hostname or "", split(url).port or _PORTS[split(url).scheme], timeout)
            failed.pop_all()

    def _create_socket(self, timeout: float) -> socket.socket:
        return self._dial(self.url, timeout)

    def read(self, size: int) -> bytes:
        if size > _MOST_BYTES:
            raise self.abort(f"it sends more than {_MOST_BYTES:,} bytes at once")
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        line: bytes = super().readline()
        self._count(len(line) + _ROOM_OF_LINE)
        return line

    def cut(self) -> None:
        """End the connection, if there is one, from another thread."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def _count(self, size: int) -> None:
        self.received += size
        if self.received > _MOST_RECEIVED:
            raise self.abort(f"it sends more than {_MOST_RECEIVED:,} bytes")


@contextmanager
def _failing(url: str, password: str) -> Iterator[None]:
    """Turn the failures of a mailbox into WorldError, in one line without what the server says about a login."""
    try:
        yield
    except imaplib.IMAP4.error as error:
        message = str(error).replace(password, "…") if password else str(error)
        reason = " ".join(message.split())[:200]
        is_login = "LOGIN" in reason.upper() or "AUTH" in reason.upper()
        raise WorldError(f"{url} {'refuses the login' if is_login else f'failed: {reason}'}") from None
    except ssl.SSLCertVerificationError as error:
        raise WorldError(f"{url} has a certificate that is not accepted: {error.verify_message}") from error
    except OSError as error:
        raise WorldError(f"{url} failed: {error.strerror or error}") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:  # of imaplib, on nonsense
        raise WorldError(f"{url} failed: the server does not speak IMAP: {type(error).__name__}") from error


def _answer(answered: tuple[str, list[Any]]) -> list[Any]:
    status, lines = answered
    if status != "OK":
        raise imaplib.IMAP4.error(
            b" ".join(line for line in lines if isinstance(line, bytes)).decode("ascii", "replace")
        )
    return lines


def _mailbox(url: str) -> str:
    """The mailbox in the address, quoted."""
    return _quoted(unquote(split(url).path.strip("/")) or "INBOX")


def _quoted(name: str) -> str:
    """The name as a quoted string. WorldError if it has a control character, which would begin another command."""
    if _CONTROL.search(name):
        raise WorldError(f"mailbox or user {name!r} has control characters")
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _number(answered: list[Any]) -> int:
    """The number that the server answers; 0 if it answers none."""
    number = answered[0] if answered else None
    if number is None:
        return 0
    if not isinstance(number, bytes) or not _NUMBER.fullmatch(number):
        raise imaplib.IMAP4.error("the server answers something else than a number")
    return int(number)


def _waiting(connection: _Connection, cursor: str) -> tuple[str, list[tuple[int, int]], bool]:
    """The UIDVALIDITY, the UID and size of messages to read, oldest first, and whether these are all that wait.

    A mailbox without a cursor is read from its newest messages.
    """
    count = _number(_answer(connection.select(_mailbox(connection.url), readonly=True)))
    validity = str(_number(connection.response("UIDVALIDITY")[1]))
    next_uid = _number(connection.response("UIDNEXT")[1])
    known_validity, _, last_uid = cursor.partition(":")
    if known_validity != validity:
        return validity, _newest(connection, count), True
    first_uid, end_uid = int(last_uid) + 1, int(last_uid) + _WINDOW
    if next_uid > end_uid + 1 and (waiting := _sizes(connection.uid("FETCH", f"{first_uid}:{end_uid}", _SIZES))):
        return validity, waiting, False
    waiting = _sizes(connection.uid("FETCH", f"{first_uid}:*", _SIZES))
    return validity, [(uid, size) for uid, size in waiting if uid >= first_uid], True


def _newest(connection: _Connection, count: int) -> list[tuple[int, int]]:
    """The UID and size of the newest messages; a mailbox of 100,000 is not listed as a whole."""
    if not count:
        return []
    return _sizes(connection.fetch(f"{max(1, count - _MOST_AT_FIRST + 1)}:{count}", _SIZES))


def _sizes(answered: tuple[str, list[Any]]) -> list[tuple[int, int]]:
    """The UIDs and sizes in an answer, in ascending order."""
    numbers = [_NUMBERED.search(line[:_MOST_OF_ANSWER]) for line in _answer(answered) if isinstance(line, bytes)]
    return sorted((int(n[1] or n[4]), int(n[2] or n[3])) for n in numbers if n)


def _message(connection: _Connection, uid: int) -> bytes:
    """The message up to the most bytes, without marking it as read."""
    lines = _answer(connection.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{_MOST_BYTES}>)"))
    return next((bytes(line[1]) for line in lines if isinstance(line, tuple)), b"")

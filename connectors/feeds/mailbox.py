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
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from connectors.feeds.parser import Parser
from connectors.files.records import ImportSession, article
from connectors.http.addresses import addresses
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

_LONGER: Final = 4  # times the timeout of a request: a poll takes several

_SIZES: Final = "(UID RFC822.SIZE)"

_NUMBERED: Final = re.compile(rb"UID (\d+)[^)]*?RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+)[^)]*?UID (\d+)")

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
        """As in the port. The cursor is the mailbox's UIDVALIDITY and the UID of the last message that was read."""
        with _failing(feed.url), self._connected(feed.url) as connection:
            validity, waiting, listed = _waiting(connection, cursor)
            reading = ImportSession(split(feed.url).hostname or "", self._clock, first, self._limits, self._parser)
            articles, failures = list[Article](), list[InputError]()
            for uid, size in waiting[:_MOST_AT_ONCE]:
                try:
                    articles.append(self._article(feed, _message(connection, uid), uid, size, reading))
                except InputError as error:
                    failures.append(error)
            last = waiting[:_MOST_AT_ONCE][-1][0] if waiting else int(cursor.partition(":")[2] or 0)
        more = len(waiting) > _MOST_AT_ONCE or not listed
        return Arrivals(tuple(articles), tuple(failures), f"{validity}:{last}", more=more)

    def _article(self, feed: Feed, body: bytes, uid: int, size: int, reading: ImportSession) -> Article:
        try:
            entry = self._parser.imported("message", body, f"message {uid} of {feed.url}")
        except InputError as error:
            error.original = body
            raise
        marks = (*entry.marks, "truncated") if size > _MOST_BYTES else entry.marks
        read = article(replace(entry, marks=marks), reading, source=feed.source, language=feed.language)
        return replace(read, feed=feed.id)

    @contextmanager
    def _connected(self, url: str) -> "Iterator[_Connection]":
        """A connection that is logged in, closed after the block, and cut when the poll takes too long."""
        user, password = self._credentials(url)
        seconds = self._fetch.timeout.total_seconds()
        connection = _Connection(url, self._dial, seconds)
        timer = threading.Timer(_LONGER * seconds, connection.cut)
        timer.daemon = True
        timer.start()
        try:
            self._secure(connection, url)
            connection.login(user, password)
            yield connection
            connection.logout()
        finally:
            timer.cancel()
            with suppress(OSError):
                connection.shutdown()

    def _secure(self, connection: "_Connection", url: str) -> None:
        if not url.startswith("imap:"):
            return
        if "STARTTLS" in connection.capabilities:
            connection.starttls(self._context())
        elif not self._fetch.private_addresses:
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
        return unquote(split(url).username or "") or user, password

    def _dial(self, url: str, timeout: float) -> socket.socket:
        """A connection to one of the checked addresses of the host."""
        parts = split(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        error: OSError = ConnectionError("the host has no address")
        for address in addresses(host, port, private=self._fetch.private_addresses):
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
    """An IMAP connection to a checked address that receives a limited number of bytes."""

    def __init__(self, url: str, dial: Callable[[str, float], socket.socket], timeout: float) -> None:
        self.url = url
        self._dial = dial
        self._received = 0
        super().__init__(split(url).hostname or "", split(url).port or _PORTS[split(url).scheme], timeout)

    def _create_socket(self, timeout: float) -> socket.socket:
        return self._dial(self.url, timeout)

    def read(self, size: int) -> bytes:
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        line: bytes = super().readline()
        self._count(len(line))
        return line

    def cut(self) -> None:
        """End the connection from another thread."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def _count(self, size: int) -> None:
        self._received += size
        if self._received > _MOST_RECEIVED:
            raise self.abort(f"it sends more than {_MOST_RECEIVED:,} bytes")


@contextmanager
def _failing(url: str) -> Iterator[None]:
    """Turn the failures of a mailbox into WorldError, in one line without what the server says about a login."""
    try:
        yield
    except imaplib.IMAP4.error as error:
        reason = " ".join(str(error).split())[:200]
        is_login = "LOGIN" in reason.upper() or "AUTH" in reason.upper()
        raise WorldError(f"{url} {'refuses the login' if is_login else f'failed: {reason}'}") from None
    except ssl.SSLCertVerificationError as error:
        raise WorldError(f"{url} has a certificate that is not accepted: {error.verify_message}") from error
    except OSError as error:
        raise WorldError(f"{url} failed: {error.strerror or error}") from error


def _answer(answered: tuple[str, list[Any]]) -> list[Any]:
    status, lines = answered
    if status != "OK":
        raise imaplib.IMAP4.error(
            b" ".join(line for line in lines if isinstance(line, bytes)).decode("ascii", "replace")
        )
    return lines


def _mailbox(url: str) -> str:
    """The mailbox in the address, quoted."""
    name = unquote(split(url).path.strip("/")) or "INBOX"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _waiting(connection: _Connection, cursor: str) -> tuple[str, list[tuple[int, int]], bool]:
    """The UIDVALIDITY, the UID and size of messages to read, oldest first, and whether these are all that wait.

    A mailbox without a cursor is read from its newest messages.
    """
    count = int(_answer(connection.select(_mailbox(connection.url), readonly=True))[0])
    validity = (connection.response("UIDVALIDITY")[1][0] or b"0").decode()
    next_uid = int(connection.response("UIDNEXT")[1][0] or 0)
    known, _, read = cursor.partition(":")
    if known != validity:
        return validity, _newest(connection, count), True
    first, last = int(read) + 1, int(read) + _WINDOW
    if next_uid > last + 1 and (waiting := _sizes(connection.uid("FETCH", f"{first}:{last}", _SIZES))):
        return validity, waiting, False
    waiting = _sizes(connection.uid("FETCH", f"{first}:*", _SIZES))
    return validity, [(uid, size) for uid, size in waiting if uid >= first], True


def _newest(connection: _Connection, count: int) -> list[tuple[int, int]]:
    """The UID and size of the newest messages; a mailbox of 100,000 is not listed as a whole."""
    if not count:
        return []
    return _sizes(connection.fetch(f"{max(1, count - _MOST_AT_FIRST + 1)}:{count}", _SIZES))


def _sizes(answered: tuple[str, list[Any]]) -> list[tuple[int, int]]:
    """The UIDs and sizes in an answer, in ascending order."""
    numbers = [_NUMBERED.search(line) for line in _answer(answered) if isinstance(line, bytes)]
    return sorted((int(n[1] or n[4]), int(n[2] or n[3])) for n in numbers if n)


def _message(connection: _Connection, uid: int) -> bytes:
    """The message up to the most bytes, without marking it as read."""
    lines = _answer(connection.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{_MOST_BYTES}>)"))
    return next((bytes(line[1]) for line in lines if isinstance(line, tuple)), b"")

"""Newsletters and press releases are read from a mailbox, each once, with the password in no message."""

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.feeds.mailbox import ImapMailbox
from connectors.feeds.parser import Parser
from pipeline.errors import RefusedError, WorldError
from pipeline.model import Feed
from pipeline.settings.sections import Fetch, Poll
from pipeline.sources import Arrivals
from pipeline.testing import FakeClock
from tests.connectors.feeds.mailserver import AUTHORITY, PASSWORD, TLS, USER, ImapServer, imap_server

pytestmark = pytest.mark.slow  # nearly every test starts a mail server

HEAD = "From: Harbour Office <press@harbour.example>\r\nDate: Mon, 02 Mar 2026 11:00:00 +0000\r\n"
SAID = "“The harbour stays open,” said Ada Lindqvist."


def message(number: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> bytes:
    head = f"{HEAD}Subject: Release {number}\r\nMessage-ID: <{number}@harbour.example>\r\nContent-Type: {kind}\r\n\r\n"
    return head.encode() + body


def plain(number: int) -> bytes:
    return message(number, SAID.encode())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    with imap_server(tmp_path_factory.mktemp("office")) as server:
        yield server


@pytest.fixture
def office(running: ImapServer) -> ImapServer:
    running.empty()
    return running


def mailbox(parser: Parser, office: ImapServer, password: str = PASSWORD, *, private: bool = True) -> ImapMailbox:
    login = SecretStr(f"{office.address} basic {USER}:{password}")
    fetch = Fetch(private_addresses=private, timeout=timedelta(seconds=60), logins=login)
    return ImapMailbox(fetch, Poll(parse_seconds=30), parser, FakeClock(), str(AUTHORITY))


def read(parser: Parser, office: ImapServer, cursor: str = "", *, first: bool = False) -> Arrivals:
    return mailbox(parser, office).read(Feed(url=office.address, language="en"), cursor, first=first)


def test_another_sender_cannot_revise_an_article(parser: Parser, office: ImapServer) -> None:
    corrected = plain(1).replace(b"stays open", b"stays open until May")
    office.deliver(plain(1))
    office.deliver(corrected.replace(b"Harbour Office <press@", b"The Harbour <PRESS@"))
    office.deliver(corrected.replace(b"Harbour Office <press@harbour", b"Another Office <press@elsewhere"))
    ids = {article.source: article.id for article in read(parser, office).articles}
    assert ids["The Harbour"] == ids["Harbour Office"]
    assert ids["Another Office"] != ids["Harbour Office"]


def test_a_message_is_an_article_and_read_once(parser: Parser, office: ImapServer) -> None:
    office.deliver(plain(1))
    first = read(parser, office, first=True)
    (release,) = first.articles
    assert (release.title, release.text, release.source) == ("Release 1", SAID, "Harbour Office")
    assert (release.feed, release.backfill, first.more) == (office.address, True, False)
    assert read(parser, office, first.cursor).articles == ()
    office.deliver(plain(2))
    second = read(parser, office, first.cursor)
    assert [(article.title, article.backfill) for article in second.articles] == [("Release 2", False)]
    assert not list((office.folder / "cur").glob("*S")), "a message is marked as read"


def test_a_recreated_mailbox_is_read_from_its_end(parser: Parser, office: ImapServer) -> None:
    office.deliver(plain(1))
    cursor = read(parser, office).cursor
    validity, _, last = cursor.partition(":")
    assert [article.title for article in read(parser, office, f"{int(validity) + 1}:{last}").articles] == ["Release 1"]


def test_html_and_encodings_that_lie_are_read(parser: Parser, office: ImapServer) -> None:
    page = f"<html><body><h1>Release</h1><p>{SAID}</p><p>More follows.</p></body></html>"
    office.deliver(message(1, page.encode(), "text/html; charset=us-ascii"))
    office.deliver(message(2, SAID.encode("cp1252"), "text/plain; charset=utf-8"))
    office.deliver(message(3, SAID.encode(), "text/plain; charset=nonsense"))
    declared = "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64"
    office.deliver(message(4, SAID.encode(), declared))
    office.deliver(message(5, b64encode(SAID.encode()) + b"\r\n\r\n-- \r\n", declared))
    texts = {article.title: article.text for article in read(parser, office).articles}
    assert texts.pop("Release 1") == f"Release\n\n{SAID}\n\nMore follows."
    assert texts == {f"Release {number}": SAID for number in range(2, 6)}


def test_a_message_without_text_is_a_failure_with_its_bytes(parser: Parser, office: ImapServer) -> None:
    office.deliver(message(1, b"%PDF", "application/pdf"), plain(2))
    arrivals = read(parser, office)
    assert [article.title for article in arrivals.articles] == ["Release 2"]
    (failure,) = arrivals.failures
    assert "has no text" in str(failure)
    assert failure.original.endswith(b"%PDF")


def test_many_messages_come_in_parts(parser: Parser, office: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.feeds.mailbox._MOST_AT_ONCE", 2)
    monkeypatch.setattr("connectors.feeds.mailbox._MOST_AT_FIRST", 3)
    office.deliver(*map(plain, range(5)))
    first = read(parser, office)
    assert (len(first.articles), first.more) == (2, True)
    rest = read(parser, office, first.cursor)
    assert (len(rest.articles), rest.more) == (1, False)


def test_messages_that_wait_are_listed_in_windows(
    parser: Parser, office: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.feeds.mailbox._WINDOW", 2)
    office.deliver(*map(plain, range(5)))
    whole = read(parser, office)
    polls, cursor = list[Arrivals](), f"{whole.cursor.partition(':')[0]}:0"
    while not polls or polls[-1].more:
        polls.append(read(parser, office, cursor))
        cursor = polls[-1].cursor
    assert [len(poll.articles) for poll in polls] == [2, 2, 1]
    assert tuple(article for poll in polls for article in poll.articles) == whole.articles


def test_messages_after_a_window_without_any_are_read(
    parser: Parser, office: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.feeds.mailbox._WINDOW", 2)
    office.deliver(*map(plain, range(5)))
    whole = read(parser, office)
    last = whole.articles[-1]
    for path in [path for part in ("cur", "new") for path in (office.folder / part).iterdir()]:
        if f"Subject: {last.title}\r".encode() not in path.read_bytes():
            path.unlink()
    after_gap = read(parser, office, f"{whole.cursor.partition(':')[0]}:0")
    assert (after_gap.articles, after_gap.more) == ((last,), False)


def test_a_poll_that_ended_early_is_repeated_without_loss(parser: Parser, office: ImapServer) -> None:
    office.deliver(*map(plain, range(3)))
    before = read(parser, office)
    office.deliver(*map(plain, range(3, 6)))
    lost, again = (read(parser, office, before.cursor) for _ in range(2))
    assert [article.id for article in lost.articles] == [article.id for article in again.articles]
    assert len(again.articles) == 3


def test_a_large_message_is_cut_and_says_so(
    parser: Parser, office: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.feeds.mailbox._MOST_BYTES", 10_000)
    office.deliver(message(1, f"{SAID}\r\n\r\n".encode() + b"More of it follows here.\r\n" * 10_000), plain(2))
    marks = {article.title: "truncated" in article.marks for article in read(parser, office).articles}
    assert marks == {"Release 1": True, "Release 2": False}


@pytest.mark.slow
def test_a_message_of_50_megabytes_costs_two(parser: Parser, office: ImapServer) -> None:
    office.deliver(message(1, f"{SAID}\r\n\r\n".encode() + b"More of it follows here.\r\n" * 2_000_000))
    (article,) = read(parser, office).articles
    assert article.text.startswith(SAID)
    assert "truncated" in article.marks


def test_a_wrong_password_is_an_error_without_the_password(parser: Parser, office: ImapServer) -> None:
    with pytest.raises(WorldError) as trouble:
        mailbox(parser, office, "not-the-password").read(Feed(url=office.address), "", first=True)
    assert str(trouble.value) == f"{office.address} refuses the login"


def test_without_a_login_a_line_of_the_settings_is_proposed(parser: Parser, office: ImapServer) -> None:
    reader = ImapMailbox(Fetch(private_addresses=True), Poll(), parser, FakeClock())
    with pytest.raises(WorldError, match=r"has no login: add a line `imap://\S+ basic NAME:PASSWORD` to fetch.logins"):
        reader.read(Feed(url=office.address), "", first=True)


def test_a_certificate_of_another_host_is_not_accepted(parser: Parser, tmp_path: Path) -> None:
    with (
        imap_server(tmp_path, "127.0.0.2") as other,
        pytest.raises(WorldError, match="not accepted: IP address mismatch"),
    ):
        read(parser, other)


def test_an_unknown_authority_is_not_accepted(parser: Parser, office: ImapServer) -> None:
    login = SecretStr(f"{office.address} basic {USER}:{PASSWORD}")
    reader = ImapMailbox(Fetch(private_addresses=True, logins=login), Poll(), parser, FakeClock())
    with pytest.raises(WorldError, match="has a certificate that is not accepted"):
        reader.read(Feed(url=office.address), "", first=True)


def test_a_private_address_is_refused(parser: Parser, office: ImapServer) -> None:
    with pytest.raises(RefusedError, match="is no public address"):
        mailbox(parser, office, private=False).read(Feed(url=office.address), "", first=True)


def test_a_missing_mailbox_is_a_world_error(parser: Parser, office: ImapServer) -> None:
    url = office.address.replace("INBOX", "Other%20box")
    login = SecretStr(f"{office.address.removesuffix('INBOX')} basic {USER}:{PASSWORD}")
    fetch = Fetch(private_addresses=True, timeout=timedelta(seconds=60), logins=login)
    with pytest.raises(WorldError, match="failed: "):
        ImapMailbox(fetch, Poll(), parser, FakeClock(), str(AUTHORITY)).read(Feed(url=url), "", first=True)


def _talk(listening: socket.socket, said: bytes, *, tls: bool) -> None:
    connection, _ = listening.accept()
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "loopback.pem")
        connection = context.wrap_socket(connection, server_side=True)
    with connection:
        connection.sendall(said)
        connection.recv(1_000)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (b"* BYE go away\r\n", "go away"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "failed: "),
        (b"* OK hello {999999999}\r\n", "it sends more than"),
        (b"", "failed: "),
    ],
)
def test_a_server_of_another_protocol_is_a_world_error(parser: Parser, said: bytes, wrong: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        office = ImapServer("127.0.0.1", listening.getsockname()[1], Path())
        thread = threading.Thread(target=_talk, args=(listening, said), kwargs={"tls": True})
        thread.start()
        url = office.address.replace("imap:", "imaps:")
        login = SecretStr(f"{url} basic {USER}:{PASSWORD}")
        fetch = Fetch(private_addresses=True, timeout=timedelta(seconds=2), logins=login)
        with pytest.raises(WorldError, match=wrong):
            ImapMailbox(fetch, Poll(), parser, FakeClock(), str(AUTHORITY)).read(Feed(url=url), "", first=True)
        thread.join(10)


def test_a_server_without_encryption_gets_no_password(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.feeds.mailbox.addresses", lambda host, port, private: ["127.0.0.1"])
    heard: list[bytes] = []

    def talk(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
            tag = connection.recv(1_000)
            heard.append(tag)
            connection.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag.split()[0] + b" OK done\r\n")
            heard.append(connection.recv(1_000))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        office = ImapServer("127.0.0.1", listening.getsockname()[1], Path())
        thread = threading.Thread(target=talk, args=(listening,))
        thread.start()
        with pytest.raises(WorldError, match="offers no encryption"):
            mailbox(parser, office, private=False).read(Feed(url=office.address), "", first=True)
        thread.join(10)
    assert PASSWORD.encode() not in b"".join(heard)


GREETING = b"* OK [CAPABILITY IMAP4rev1] hello\r\n"
SELECTED = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n"
DONE = b"%(tag)b OK done\r\n"


def _answer_lines(listening: socket.socket, answers: dict[bytes, bytes]) -> None:
    """Answer each command with the bytes for its verb."""
    try:
        connection, _ = listening.accept()
    except OSError:  # nobody has come
        return
    with connection, suppress(OSError), connection.makefile("rb") as lines:
        connection.sendall(GREETING)
        for line in lines:
            tag, verb, *rest = line.split()
            verb = rest[0] if verb == b"UID" else verb
            connection.sendall(answers.get(verb, DONE).replace(b"%(tag)b", tag))


def hostile_read(parser: Parser, answers: dict[bytes, bytes], path: str = "INBOX") -> Arrivals:
    """Read the mailbox of a server with these answers, which gets as far as the password."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base = f"imap://127.0.0.1:{listening.getsockname()[1]}/"
        thread = threading.Thread(target=_answer_lines, args=(listening, answers), daemon=True)
        thread.start()
        login = SecretStr(f"{base} basic {USER}:{PASSWORD}")
        fetch = Fetch(private_addresses=True, timeout=timedelta(seconds=20), logins=login)
        reader = ImapMailbox(fetch, Poll(parse_seconds=30), parser, FakeClock())
        return reader.read(Feed(url=base + path), "7:0", first=False)


HOSTILE_ANSWERS = {
    "a literal of 4 GB": ({b"FETCH": b"* 1 FETCH (UID 1 BODY[] {4294967296}\r\n"}, "more than 2,000,000 bytes at once"),
    "a literal of 4,000 digits": ({b"FETCH": b"* 1 FETCH (BODY[] {" + b"9" * 5_000 + b"}\r\n"}, "does not speak IMAP"),
    "a line of 2 MB": ({b"FETCH": b"* 1 FETCH (" + b"a" * 2_000_000}, "got more than 1000000 bytes"),
    "a million lines of nothing": ({b"FETCH": b"* 1 FETCH a\r\n" * 1_000_000 + DONE}, "more than 150,000,000 bytes"),
    "a number that is none": ({b"EXAMINE": b"* many EXISTS\r\n" + DONE}, "failed: "),
    "a number of 5,000 digits": ({b"EXAMINE": b"* " + b"9" * 5_000 + b" EXISTS\r\n" + DONE}, "answers something else"),
    "a validity that is no text": (
        {b"EXAMINE": b"* OK [UIDVALIDITY \xff:\xff] x\r\n" + DONE},
        "answers something else",
    ),
    "the password": ({b"LOGIN": b"%(tag)b NO no entry for desk secret-of-the-desk\r\n"}, "no entry for desk …"),
    "a word of farewell with the password": ({b"EXAMINE": b"* BYE secret-of-the-desk\r\n"}, "failed: .*…$"),
}


@pytest.mark.parametrize("name", HOSTILE_ANSWERS)
def test_a_hostile_mail_server_is_an_error_in_one_line(parser: Parser, name: str) -> None:
    answers, wrong = HOSTILE_ANSWERS[name]
    with pytest.raises(WorldError, match=wrong) as trouble:
        hostile_read(parser, {b"EXAMINE": SELECTED + DONE, **answers})
    assert PASSWORD not in str(trouble.value)
    assert "\n" not in str(trouble.value)


@pytest.mark.parametrize("line", [b"UID 1 " * 150_000, b"UID " + b"1" * 900_000, b"RFC822.SIZE 1 " * 70_000])
def test_a_list_of_messages_is_read_without_backtracking(parser: Parser, line: bytes) -> None:
    answers = {b"EXAMINE": SELECTED + DONE, b"FETCH": b"* 1 FETCH (" + line + b"\r\n" + DONE}
    arrivals = hostile_read(parser, answers)
    assert (arrivals.articles, arrivals.failures, arrivals.more) == ((), (), False)
    assert arrivals.bytes > 900_000


@pytest.mark.parametrize("path", ["INBOX%22%0D%0AX%20DELETE%20%22INBOX", "INBOX%00", "a%0ab"])
def test_an_address_cannot_inject_a_command(parser: Parser, path: str) -> None:
    with pytest.raises(WorldError, match="has control characters"):
        hostile_read(parser, {}, path)


def test_a_user_in_an_address_cannot_inject_a_command(parser: Parser, office: ImapServer) -> None:
    address = office.address.replace("imap://", "imap://desk%0D%0AX%20LOGOUT@")
    login = SecretStr(f"{address} basic {USER}:{PASSWORD}")
    fetch = Fetch(private_addresses=True, timeout=timedelta(seconds=60), logins=login)
    with pytest.raises(WorldError, match="has control characters"):
        ImapMailbox(fetch, Poll(), parser, FakeClock(), str(AUTHORITY)).read(Feed(url=address), "", first=True)


def test_a_public_server_without_encryption_gets_no_password(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.feeds.mailbox.is_public", lambda address: True)
    with pytest.raises(WorldError, match="offers no encryption"):
        hostile_read(parser, {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n" + DONE})


def test_a_greeting_in_drops_ends_with_the_poll(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.feeds.mailbox._LONGER", 0.1)
    stop = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            while not stop.wait(0.1):
                connection.sendall(b"*")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"imap://127.0.0.1:{listening.getsockname()[1]}/INBOX"
        thread = threading.Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        login = SecretStr(f"{url} basic {USER}:{PASSWORD}")
        fetch = Fetch(private_addresses=True, timeout=timedelta(seconds=20), logins=login)
        with pytest.raises(WorldError, match="failed: "):
            ImapMailbox(fetch, Poll(), parser, FakeClock()).read(Feed(url=url), "", first=True)
        stop.set()
        thread.join(10)

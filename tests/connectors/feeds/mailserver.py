"""A real IMAP server on loopback (pymap) with one mailbox, whose messages a test writes as files of a Maildir."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pysasl.hashing import BuiltinHash

TLS = Path(__file__).parents[2] / "data" / "tls"
AUTHORITY = TLS / "authority.pem"
USER, PASSWORD = "desk", "secret-of-the-desk"


@dataclass
class ImapServer:
    """The running server; `folder` is its Maildir."""

    host: str
    port: int
    folder: Path
    delivered: int = 0

    @property
    def address(self) -> str:
        return f"imap://{self.host}:{self.port}/INBOX"

    def empty(self) -> None:
        """Put a new mailbox into the place of the old one."""
        shutil.rmtree(self.folder)
        _mailbox(self.folder)

    def deliver(self, *messages: bytes) -> None:
        for message in messages:
            self.delivered += 1
            name = f"{1_772_000_000 + self.delivered}.M{self.delivered:06}.courier"
            (self.folder / "new" / name).write_bytes(message)


@contextmanager
def imap_server(folder: Path, host: str = "127.0.0.1") -> Iterator[ImapServer]:
    """Run the server; it offers STARTTLS."""
    with socket.create_server((host, 0)) as free:
        port = free.getsockname()[1]
    maildir = folder / USER
    _mailbox(maildir)
    (folder / "pymap-etc-passwd").write_text(f"{USER}:x:::: {USER}:\n".replace(": ", ":"))
    (folder / "pymap-etc-shadow").write_text(f"{USER}:{BuiltinHash(rounds=1).hash(PASSWORD)}\n")
    (folder / "pymap-etc-group").touch()
    certificate = str(TLS / "loopback.pem")
    options = [
        "--host",
        host,
        "--port",
        str(port),
        "--cert",
        certificate,
        "--key",
        certificate,
        "--no-service",
        "admin",
    ]
    command = [sys.executable, "-c", "from pymap.main import main; main()", *options, "maildir", str(folder)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(process, host, port, folder / "server.log")
        yield ImapServer(host, port, maildir)
    finally:
        process.terminate()
        process.wait(10)


def _mailbox(folder: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)


def _wait(process: subprocess.Popen[bytes], host: str, port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())

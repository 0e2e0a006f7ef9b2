"""An Elasticsearch of a test's own, behind TLS and a password."""

import base64
import hashlib
import json
import os
import signal
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from pipeline.settings.servers import Elasticsearch
from tests.brokers import services

USER, PASSWORD = "desk", "open-sesame"
_TLS = Path(__file__).parent / "data" / "tls"
AUTHORITY = _TLS / "authority.pem"
_START_SECONDS = 300  # of a busy machine


class Node:
    """One node in a folder of its own, whose only user is USER; it keeps its port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = services().SERVERS["elasticsearch"]
        self._libraries = services().fetch(self._server)
        self._ports = services().free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None
        services().set_up_elasticsearch(self._libraries, folder, self._ports)
        self._lock()
        self.url = f"https://127.0.0.1:{self._ports[0]}"

    def _lock(self) -> None:
        config = self._folder / "config"
        certificate, mark, key = (_TLS / "loopback.pem").read_text().partition("-----BEGIN PRIVATE KEY-----")
        (config / "certificate.pem").write_text(certificate)
        (config / "key.pem").write_text(mark + key)
        (config / "users").write_text(f"{USER}:{_hashed(PASSWORD)}\n")
        (config / "users_roles").write_text(f"superuser:{USER}\n")
        (config / "jvm.options.d" / "heap.options").write_text("-Xms512m\n-Xmx512m\n")
        settings = config / "elasticsearch.yml"
        settings.write_text(
            settings.read_text().replace("xpack.security.enabled: false", "xpack.security.enabled: true")
            + "xpack.security.http.ssl.enabled: true\n"
            + "xpack.security.http.ssl.certificate: certificate.pem\n"
            + "xpack.security.http.ssl.key: key.pem\n"
            + "xpack.security.autoconfiguration.enabled: false\n"
        )

    def settings(self, **changes: object) -> Elasticsearch:
        """Settings of somebody whom the node knows, with a prefix of one's own."""
        existing = {
            "url": self.url,
            "prefix": f"test-{uuid4().hex}-",
            "replicas": 0,
            "ca": AUTHORITY,
            "username": USER,
            "password": SecretStr(PASSWORD),
        }
        return Elasticsearch.model_validate(existing | changes)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return what the node answers its user."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}",
                "Content-Type": "application/json",
            },
        )
        trusted = ssl.create_default_context(cafile=str(AUTHORITY))
        with urllib.request.urlopen(request, timeout=30, context=trusted) as answer:
            return json.load(answer)

    def api_key(self, roles: object) -> SecretStr:
        """A key that may do what these roles may, encoded."""
        created = self.ask("POST", "/_security/api_key", {"name": uuid4().hex, "role_descriptors": roles})
        return SecretStr(created["encoded"])

    def start(self) -> None:
        """Start it, and wait until it lets its user in."""
        self._process = services().launch(self._server, self._libraries, self._folder, self._ports)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "log").read_text()[-3000:]
            assert time.monotonic() < deadline, (self._folder / "log").read_text()[-3000:]
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            return bool(self.ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s"))
        except OSError:  # nobody listens, or the node is not yet ready to let anybody in
            return False

    def kill(self) -> None:
        """End it at once."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


def _hashed(password: str) -> str:
    """The password as Elasticsearch's file of users keeps it."""
    salt, times = os.urandom(32), 10_000
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, times, 32)
    return f"{{PBKDF2}}{times}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


@contextmanager
def locked_node() -> Iterator[Node]:
    """A node that runs for the length of the block, in a folder that its own user can reach."""
    with tempfile.TemporaryDirectory(prefix="elasticsearch-") as folder:
        node = Node(Path(folder))
        try:
            node.start()
            yield node
        finally:
            node.kill()

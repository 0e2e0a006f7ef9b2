"""A Kafka broker of a test's own, to be stopped, killed and locked."""

import importlib.util
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

from pydantic import SecretStr

from pipeline.settings.servers import Kafka

USER, PASSWORD = "desk", "open-sesame"
_SERVICES = Path(__file__).parents[1] / "deploy" / "services" / "services.py"
_TLS = Path(__file__).parent / "data" / "tls"
AUTHORITY = _TLS / "authority.pem"
_SOON_STARTED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # as it lives for a few tests only


@cache
def services() -> ModuleType:
    """The script that starts servers, as a module."""
    spec = importlib.util.spec_from_file_location("services", _SERVICES)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Broker:
    """One broker in a folder, at ports that it keeps: `plain` for everybody, `locked` by TLS and a password."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._libraries = services().fetch(services().SERVERS["kafka"])
        self.plain, self._controller, self.locked = services().free_ports(3)
        self._process: subprocess.Popen[bytes] | None = None
        services().set_up_kafka(self._libraries, folder, [self.plain, self._controller])

    def lock(self) -> None:
        """Give it a certificate for 127.0.0.1, and a listener that asks for USER and PASSWORD."""
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        config = self._folder / "server.properties"
        written = config.read_text().replace("listeners=", f"listeners=LOCKED://127.0.0.1:{self.locked},", 1)
        config.write_text(
            f"{written}listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LOCKED:SASL_SSL\n"
            "inter.broker.listener.name=PLAINTEXT\n"
            f"ssl.keystore.type=PEM\nssl.keystore.location={_TLS / 'loopback.pem'}\n"
            "listener.name.locked.sasl.enabled.mechanisms=PLAIN\n"
            f'listener.name.locked.plain.sasl.jaas.config={module} required user_{USER}="{PASSWORD}";\n'
        )

    def settings(self, **changes: object) -> Kafka:
        """Settings for everybody's port."""
        return Kafka(brokers=(f"127.0.0.1:{self.plain}",), partitions=2).model_copy(update=changes)

    def locked_settings(self, password: str = PASSWORD) -> Kafka:
        """Settings for the locked port."""
        return Kafka(
            brokers=(f"127.0.0.1:{self.locked}",),
            security="sasl-tls",
            mechanism="PLAIN",
            username=USER,
            password=SecretStr(password),
            ca=AUTHORITY,
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = services().java(self._libraries, "384m", "kafka.Kafka", str(self._folder / "server.properties"))
        environment = {**os.environ, "JAVA_TOOL_OPTIONS": _SOON_STARTED}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        while not _listens(self.plain):
            assert self._process.poll() is None, (self._folder / "log").read_text()[-3000:]
            time.sleep(0.1)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it stand still for the length of the block: it is there, and says nothing."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def broker(folder: Path, *, locked: bool = False) -> Iterator[Broker]:
    """A broker that runs for the length of the block."""
    one = Broker(folder)
    if locked:
        one.lock()
    one.start()
    try:
        yield one
    finally:
        one.kill()

"""Deliverers that work side by side, and one that is killed in the middle."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest

from connectors.kafka import Cluster
from connectors.outbox.kafka import KafkaOutbox
from pipeline.settings import Kafka
from tests import examples
from tests.servers import kafka

pytestmark = pytest.mark.servers

CLI = "import sys; from pipeline.cli import main; sys.exit(main())"
LANES = 8  # receivers, each a host of its own


class Receivers:
    """Who is told: LANES addresses of this machine, all slow; `told` is who was told what, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []
        receivers = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                time.sleep(0.05)
                number = int(self.headers["host"].split(":")[0].rpartition(".")[2]) - 1
                receivers.told.append((number, self.headers["webhook-id"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("", 0), Receiver)

    @property
    def ids(self) -> list[str]:
        return [delivery for _, delivery in self.told]

    def target(self, number: int) -> str:
        return f"webhook:http://127.0.0.{number + 1}:{self.server.server_port}/"


@contextmanager
def receiving() -> Iterator[Receivers]:
    receivers = Receivers()
    thread = threading.Thread(target=receivers.server.serve_forever)
    thread.start()
    yield receivers
    receivers.server.shutdown()
    receivers.server.server_close()
    thread.join()


class Deliverer:
    """`onrecord run --role deliverer` in a process of its own."""

    def __init__(self, settings: Kafka) -> None:
        given = {
            "PROFILE": "cluster",
            "KAFKA__BROKERS": ",".join(settings.brokers),
            "KAFKA__PREFIX": settings.prefix,
            "KAFKA__PARTITIONS": str(settings.partitions),
            "FETCH__PRIVATE_ADDRESSES": "true",
            "WEBHOOK__SECRET": "whsec_" + "A" * 32,
            "WEB__PORT": "0",
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ONRECORD_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLI, "run", "--role", "deliverer"],
            stderr=subprocess.PIPE,
            env=environment | {f"ONRECORD_{name}": value for name, value in given.items()},
        )
        assert self.process.stderr
        self.address = next(line for line in self.process.stderr if line.startswith(b"Look at")).split()[-1].decode()

    def sent(self) -> int:
        """How many deliveries it says that it has made."""
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(int(float(line.split()[-1])) for line in lines if 'deliveries_total{outcome="done"}' in line)


def until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 90
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Newsroom:
    """Puts a delivery to each receiver into the outbox, again and again, until told to stop; `put` are their ids."""

    def __init__(self, outbox: KafkaOutbox, receivers: Receivers) -> None:
        self.put: set[str] = set()
        self._outbox = outbox
        self._receivers = receivers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while not self._stop.wait(0.2):
            alert = replace(examples.alert(), created=datetime.now(UTC))
            made = [
                replace(examples.delivery(alert), id=uuid4().hex, target=self._receivers.target(number))
                for number in range(LANES)
            ]
            self._outbox.put(made)
            self.put |= {delivery.id for delivery in made}

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.mark.timeout(300)
def test_deliverers_share_the_work_and_what_is_sent_again_carries_its_id() -> None:
    settings = kafka(partitions=4)
    cluster = Cluster(settings)
    outbox = KafkaOutbox(cluster, lambda: datetime.now(UTC))
    running = []
    with receiving() as receivers:
        newsroom = Newsroom(outbox, receivers)
        try:
            running = [Deliverer(settings), Deliverer(settings)]
            until(lambda: all(each.sent() for each in running))
            before = Counter(receivers.ids)
            running[0].process.send_signal(signal.SIGKILL)
            killed = len(receivers.ids)
            until(lambda: {receiver for receiver, _ in receivers.told[killed:]} == set(range(LANES)))
            newsroom.close()
            until(lambda: not outbox.listing("pending", 1))
            running[1].process.send_signal(signal.SIGTERM)
            _, told = running[1].process.communicate(timeout=30)
        finally:
            newsroom.close()
            for each in running:
                each.process.kill()
                each.process.communicate()
    outbox.close()
    cluster.close()
    after = Counter(receivers.ids)
    assert set(before.values()) == {1}, "one was sent twice while deliverers came and nobody was killed"
    assert set(after) == newsroom.put
    assert after.total() - len(after) <= LANES, "more was sent again than was under way"
    assert running[1].process.returncode == 0
    assert told.decode().endswith("Stopped; nothing is lost\n")

"""Deliverers that work side by side, and one that is killed in the middle."""

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from uuid import uuid4

import pytest

from connectors.kafka.cluster import Cluster
from connectors.kafka.desk import KafkaOutbox
from tests import examples
from tests.faults.roles import Running, host_number, serving_on_all_addresses, until
from tests.servers import kafka

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

HOSTS = range(1, 9)


class Newsroom:
    """Puts a delivery to each host into the outbox, again and again, until a stop; `put` are their ids."""

    def __init__(self, outbox: KafkaOutbox, port: int) -> None:
        self.put: set[str] = set()
        self._outbox = outbox
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while not self._stop.wait(0.2):
            alert = replace(examples.alert(), created=datetime.now(UTC))
            created = [
                replace(examples.delivery(alert), id=uuid4().hex, target=f"webhook:http://127.0.0.{host}:{self._port}/")
                for host in HOSTS
            ]
            self._outbox.put(created)
            self.put |= {delivery.id for delivery in created}

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


def test_deliverers_share_the_work_and_what_is_sent_again_carries_its_id() -> None:
    settings = kafka(partitions=4)
    cluster = Cluster(settings)
    outbox = KafkaOutbox(cluster, lambda: datetime.now(UTC))
    output: list[tuple[int, str]] = []  # host and id, in order

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            time.sleep(0.05)
            output.append((host_number(self), self.headers["webhook-id"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with serving_on_all_addresses(Receiver) as port:
        newsroom = Newsroom(outbox, port)
        running = [Running(settings, "deliverer"), Running(settings, "deliverer")]
        try:
            until(lambda: all(each.counted('deliveries_total{outcome="done"}') for each in running))
            running[0].process.kill()
            before = len(output)
            until(lambda: {host for host, _ in output[before:]} == set(HOSTS))
            newsroom.close()
            until(lambda: not outbox.listing("pending", 1))
            said = running[1].stop()
        finally:
            newsroom.close()
            for each in running:
                each.end()
    outbox.close()
    cluster.close()
    repeated = Counter(delivery for _, delivery in output)
    assert {*Counter(delivery for _, delivery in output[:before]).values()} == {1}, "sent twice though none was killed"
    assert set(repeated) == newsroom.put
    assert repeated.total() - len(repeated) <= len(HOSTS), "more was sent again than was under way"
    assert (running[1].process.returncode, said[-1]) == (0, "Stopped; nothing is lost")

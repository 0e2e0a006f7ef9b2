"""Roles that stop on request, and pollers that share the feeds."""

import json
import time
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from urllib.error import HTTPError

import pytest

from connectors.kafka.cluster import Cluster
from connectors.kafka.desk import KafkaDesk
from pipeline.model import Feed
from pipeline.roles import Role
from tests.brokers import broker
from tests.faults.roles import Running, host_number, serving_on_all_addresses, until
from tests.servers import elasticsearch, forget, kafka

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

HOSTS = range(1, 13)
FEED = b'<rss version="2.0"><channel><title>The Courier</title></channel></rss>'


def test_all_roles_in_one_process_are_ready_and_stop_on_request() -> None:
    index = elasticsearch()
    running = Running(kafka(), *Role, ELASTICSEARCH__URL=index.url, ELASTICSEARCH__PREFIX=index.prefix)
    try:
        ready = json.loads(running.page("/readyz"))
        said = running.stop()
    finally:
        running.end()
        forget(index)
    assert ready == {"status": "ok", "checks": {"kafka": "ok", "elasticsearch": "ok"}}
    assert (running.process.returncode, said) == (0, ["Stopped; nothing is lost"])


def test_a_role_names_unreachable_servers_and_stops_on_request(tmp_path: Path) -> None:
    with broker(tmp_path) as own:
        running = Running(own.settings(), "poller", "deliverer", "job")
        own.kill()
        try:
            with pytest.raises(HTTPError) as missing:
                running.page("/readyz")
            checks = json.loads(missing.value.read())["checks"]
            said = running.stop()
        finally:
            running.end()
    assert (running.process.returncode, said[-1]) == (0, "Stopped; nothing is lost")
    assert set(checks) == {"kafka", "elasticsearch"}
    assert f"127.0.0.1:{own.plain} (kafka.brokers)" in checks["kafka"]


def test_pollers_share_the_feeds_and_take_over_from_one_that_is_killed() -> None:
    settings = kafka(partitions=4)
    requested: dict[int, list[str]] = {host: [] for host in HOSTS}  # who asked, in order

    class Outlet(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested[host_number(self)].append("two" if "two" in self.headers["user-agent"] else "one")
            time.sleep(0.05)
            self.send_response(200)
            self.send_header("content-length", str(len(FEED)))
            self.end_headers()
            self.wfile.write(FEED)

        def log_message(self, *_: object) -> None:
            pass

    with serving_on_all_addresses(Outlet) as port:
        cluster = Cluster(settings)
        desk = KafkaDesk(cluster)
        desk.save(*(Feed(url=f"http://127.0.0.{host}:{port}/feed", full_text="never") for host in HOSTS))
        often = {"POLL__EVERY": "1s", "POLL__LEAST": "1s", "POLL__MOST": "1s"}
        running = [Running(settings, "poller", FETCH__CONTACT="one@desk.example", **often)]
        try:
            until(lambda: all(requested.values()))
            running.append(Running(settings, "poller", FETCH__CONTACT="two@desk.example", **often))
            until(lambda: any("two" in pollers for pollers in requested.values()))
            until(lambda: running[0].counted("polls") > 3 * len(HOSTS))
            shared = {host: list(pollers) for host, pollers in requested.items()}
            running[0].process.kill()
            until(lambda: all("two" in pollers for pollers in requested.values()))
            running[1].stop()
        finally:
            for each in running:
                each.end()
        desk.close()
        cluster.close()
    last = {pollers[-1] for pollers in shared.values()}
    turns = [sum(a != b for a, b in pairwise(pollers)) for pollers in shared.values()]
    assert last == {"one", "two"}
    assert max(turns) == 1, "a feed went to and fro between the pollers"

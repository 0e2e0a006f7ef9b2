"""Each role names the servers that it needs and lacks, and stops on request even then."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from connectors.kafka.cluster import Cluster
from connectors.kafka.log import KafkaLog
from pipeline.ports import ALERTS
from pipeline.run.steps import alerted
from pipeline.services import utc_now
from tests import examples
from tests.brokers import Broker, broker
from tests.connectors.kafka.conftest import LEFT_SOCKETS
from tests.faults.roles import Running, until

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(600), *LEFT_SOCKETS]

NOWHERE = {"ELASTICSEARCH__URL": "http://127.0.0.1:9", "JOB__ENDPOINT": "127.0.0.1:9"}
LACKING = {
    "poller": set[str](),
    "job": {"elasticsearch", "flink"},
    "deliverer": set[str](),
    "web": {"elasticsearch"},
}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Broker]:
    with broker(tmp_path) as process:
        yield process


@pytest.fixture
def roles(own: Broker) -> Iterator[dict[str, Running]]:
    running = {role: Running(own.settings(), role, **NOWHERE, JOB__RUNNER="flink") for role in LACKING}
    yield running
    for process in running.values():
        process.end()


def missing(process: Running) -> dict[str, str]:
    """Return what the role says is missing, each with the reason; none where it is ready."""
    try:
        with urllib.request.urlopen(f"{process.address}/readyz", timeout=60) as answer:
            output = json.loads(answer.read())
    except HTTPError as error:
        output = json.loads(error.read())
        assert error.code == 503
    return {name: result for name, result in output["checks"].items() if result != "ok"}


def test_a_role_names_missing_servers_and_commits_its_work_on_a_stop(own: Broker, roles: dict[str, Running]) -> None:
    cluster = Cluster(own.settings())
    log = KafkaLog(cluster, utc_now)
    log.append(ALERTS, [alerted(examples.alert())])
    until(lambda: log.lag(ALERTS, "post") == 0)
    for role, process in roles.items():
        assert set(missing(process)) == LACKING[role], role
    for name, address in (("elasticsearch", "http://127.0.0.1:9 (elasticsearch.url)"), ("flink", "127.0.0.1:9")):
        assert address in missing(roles["job"])[name]
    assert roles["poller"].stop()[-1] == "Stopped; nothing is lost"
    own.kill()
    del roles["poller"]
    for role, process in roles.items():
        assert set(missing(process)) == LACKING[role] | {"kafka"}, role
    for process in roles.values():
        assert process.stop()[-1] == "Stopped; nothing is lost"
        assert process.process.returncode == 0
    log.close()
    cluster.close()

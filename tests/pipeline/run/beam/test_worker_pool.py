"""The workers of Beam run what they are asked to, so nobody but this machine may ask."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from pipeline.settings import Settings
from pipeline.settings.servers import Job

pytestmark = pytest.mark.servers  # Beam comes with the extra


def reaches(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def test_the_pool_listens_on_loopback_only() -> None:
    from pipeline.run.beam import worker_pool

    with worker_pool.listening(Settings(), print) as address:
        port = int(address.partition(":")[2])
        assert address == f"127.0.0.1:{port}"
        assert reaches("127.0.0.1", port)
        assert not reaches("127.0.0.2", port)
        assert not reaches("::1", port)
    assert not reaches("127.0.0.1", port)


def test_an_occupied_port_is_named() -> None:
    from pipeline.run.beam import worker_pool

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1"), worker_pool.listening(Settings(), print, port):
            pass


def test_the_job_is_its_own_pool_without_another_in_the_settings() -> None:
    from pipeline.run.beam.job import served, workers

    with workers(Settings()) as address:
        assert not reaches("127.0.0.2", int(address.partition(":")[2]))
        assert f"--environment_config={address}" in served(Job(), address)
    with workers(Settings(job=Job(worker="127.0.0.1:50000"))) as address:
        assert address == "127.0.0.1:50000"


def test_the_process_serves_until_its_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pipeline.run.beam.worker_pool", str(port)]
    variables = {**os.environ, "ONRECORD_LOGS": "json"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables) as process:
        assert process.stderr is not None
        own_side = (json.loads(line) for line in process.stderr if line.startswith("{"))  # Beam warns before our main
        assert any(each["message"] == f"workers: listening at 127.0.0.1:{port}" for each in own_side)
        assert reaches("127.0.0.1", port)
        assert not reaches("127.0.0.2", port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_pool_with_a_wrong_setting_names_it_and_ends() -> None:
    command = [sys.executable, "-m", "pipeline.run.beam.worker_pool", "0"]
    variables = {**os.environ, "ONRECORD_LOGS": "xml"}
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "onrecord: logs = 'xml' (from ONRECORD_LOGS) should be 'text' or 'json'"

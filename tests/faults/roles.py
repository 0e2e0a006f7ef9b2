"""Roles of a cluster as processes of their own, and what they meet: a server at many addresses of this machine."""

import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipeline.settings import Settings
from pipeline.settings.servers import Kafka

CLI = "import sys; from pipeline.cli import main; sys.exit(main())"


class Running:
    """`onrecord run` with these roles in a process of its own, which has said where its health is."""

    def __init__(self, settings: Kafka, *roles: str, **variables: str) -> None:
        provided = {
            "PROFILE": "cluster",
            "KAFKA__BROKERS": ",".join(settings.brokers),
            "KAFKA__PREFIX": settings.prefix,
            "KAFKA__PARTITIONS": str(settings.partitions),
            "JOB__RUNNER": "local",
            "FETCH__PRIVATE_ADDRESSES": "true",
            "WEBHOOK__SECRET": "whsec_" + "A" * 32,
            "WEB__PORT": "0",
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ONRECORD_")}
        self._output_file = tempfile.NamedTemporaryFile()  # noqa: SIM115 - as long as the process; a pipe would fill up
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLI, "run", *(f"--role={role}" for role in roles)],
            stderr=self._output_file,
            env=environment | {f"ONRECORD_{name}": value for name, value in (provided | variables).items()},
        )
        until(lambda: self._greeting() or self.process.poll() is not None)
        assert self._greeting(), self._lines()
        self.address = self._greeting().split()[-1]

    def output(self) -> list[str]:
        """Return the lines that the process has printed since its start."""
        lines = self._lines()
        return lines[lines.index(self._greeting()) + 1 :]

    def _lines(self) -> list[str]:
        return Path(self._output_file.name).read_text(encoding="utf-8", errors="replace").splitlines()

    def _greeting(self) -> str:
        return next((line for line in self._lines() if line.startswith("Open ")), "")

    def page(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.address}{path}", timeout=20) as answer:
            return str(answer.read(), "utf-8")

    def counted(self, counter: str) -> int:
        """Return what it has counted under this name and label, as `deliveries_total{outcome="done"}`."""
        lines = self.page("/metrics").splitlines()
        return sum(int(float(line.split()[-1])) for line in lines if line.startswith(f"onrecord_{counter}"))

    def stop(self) -> list[str]:
        """Ask it to stop, which it has to within half a minute; what it has said since it began."""
        self.process.terminate()
        self.process.wait(timeout=30)
        return self.output()

    def end(self) -> None:
        """Be rid of it."""
        self.process.kill()
        self.process.wait()
        self._output_file.close()


def on_flink(settings: Settings, *roles: str, **variables: str) -> Running:
    """These roles on the servers of a cluster's settings, the job on Flink."""
    values = {
        "ELASTICSEARCH__URL": settings.elasticsearch.url,
        "ELASTICSEARCH__PREFIX": settings.elasticsearch.prefix,
        "ELASTICSEARCH__REPLICAS": "0",
        "JOB__RUNNER": "flink",
        "JOB__ENDPOINT": settings.job.endpoint,
        "JOB__EXPANSION_ENDPOINT": settings.job.expansion_endpoint,
        "JOB__ARTIFACT_ENDPOINT": settings.job.artifact_endpoint,
        "JOB__CHECKPOINT": f"{settings.job.checkpoint.total_seconds():f}",
        "JOB__CHECKPOINTS": settings.job.checkpoints,
        "JOB__PARALLELISM": str(settings.job.parallelism),
        "JOB__PROCESSES": str(settings.job.processes),
    }
    return Running(settings.kafka, *roles, **values | variables)


def until(done: Callable[[], object], seconds: float = 240) -> None:
    """Wait for it, which may well take long on a busy machine."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def serving_on_all_addresses(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve on all addresses of this machine, each of which counts as a separate host; yield the port."""
    server = ThreadingHTTPServer(("", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def host_number(handler: BaseHTTPRequestHandler) -> int:
    """Return which of the hosts was asked: 3 for 127.0.0.3."""
    return int(handler.headers["host"].split(":")[0].rpartition(".")[2])

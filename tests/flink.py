"""A Flink of a test's own as it runs in Kubernetes: a session cluster with a Beam job server before it."""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.brokers import services

_START_SECONDS = 180  # of a busy machine
_PATIENT = "-Dpekko.remote.classic.startup-timeout=120s -XX:TieredStopAtLevel=1"  # as above
_ENTRY = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
_WORKER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
_SERVER = "org.apache.beam.runners.flink.FlinkJobServerDriver"
_COMMANDS = "org.apache.flink.client.cli.CliFrontend"


class Session:
    """Its processes, in a folder; `endpoints` is what TEST_FLINK holds, `rest` where the cluster is asked."""

    def __init__(self, folder: Path, task_managers: int, options: Mapping[str, object]) -> None:
        rpc, rest, job, artifacts, expansion = services().free_ports(5)
        self.rest = f"127.0.0.1:{rest}"
        self.endpoints = f"127.0.0.1:{job},127.0.0.1:{artifacts}"
        self._folder = folder
        self._libraries = services().fetch(services().SERVERS["flink"])
        self._processes: list[subprocess.Popen[bytes]] = []
        config = {
            "jobmanager.rpc.address": "127.0.0.1",
            "jobmanager.rpc.port": rpc,
            "jobmanager.memory.process.size": "1g",
            "rest.port": rest,
            "taskmanager.host": "127.0.0.1",
            "taskmanager.numberOfTaskSlots": 1,
            "taskmanager.cpu.cores": 1,
            "taskmanager.memory.task.heap.size": "384m",
            "taskmanager.memory.task.off-heap.size": "0m",
            "taskmanager.memory.network.min": "64m",
            "taskmanager.memory.network.max": "64m",
            "taskmanager.memory.managed.size": "64m",
            "taskmanager.memory.framework.heap.size": "128m",
            "taskmanager.memory.framework.off-heap.size": "128m",
            "taskmanager.memory.jvm-metaspace.size": "256m",
            "taskmanager.memory.jvm-overhead.min": "128m",
            "taskmanager.memory.jvm-overhead.max": "128m",
            "io.tmp.dirs": folder,
            "pekko.ask.timeout": "120 s",  # Flink's own values are too short for a busy machine
            "heartbeat.timeout": 180_000,
            **options,
        }
        (folder / "flink-conf.yaml").write_text("".join(f"{key}: {value}\n" for key, value in config.items()))
        self._start("384m", _ENTRY, f"--configDir={folder}", "--executionMode=cluster")
        for _ in range(task_managers):
            self._start("768m", _WORKER, f"--configDir={folder}")
        places = [f"--job-port={job}", f"--artifact-port={artifacts}", f"--expansion-port={expansion}"]
        where = ["--job-host=127.0.0.1", f"--artifacts-dir={folder / 'artifacts'}", f"--flink-master={self.rest}"]
        self._start("512m", _SERVER, *where, *places)
        self._ready: Callable[[], bool] = lambda: bool(
            self.ask("/overview")["taskmanagers"] == task_managers and services().listens(job)
        )

    def _start(self, memory: str, main_class: str, *arguments: str) -> None:
        with (self._folder / "log").open("ab") as log:
            command = services().java(self._libraries, memory, main_class, *arguments)
            environment = {**os.environ, "JAVA_TOOL_OPTIONS": _PATIENT}
            self._processes.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))

    def wait(self) -> None:
        """Return once it can be given a job."""
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            try:
                if self._ready():
                    return
            except OSError:  # it does not answer yet
                pass
            time.sleep(0.5)
        raise AssertionError((self._folder / "log").read_text()[-3000:])

    def ask(self, path: str) -> Any:
        """Return what its REST service answers."""
        with urllib.request.urlopen(f"http://{self.rest}{path}", timeout=20) as answer:
            return json.loads(answer.read())

    def command(self, *arguments: str) -> str:
        """Return what the command `flink` prints with these arguments."""
        command = services().java(self._libraries, "256m", _COMMANDS, *arguments)
        environment = {"FLINK_CONF_DIR": str(self._folder), "PATH": "/usr/bin:/bin"}
        return subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout

    def end(self) -> None:
        """End all of it."""
        for process in self._processes:
            process.kill()
            process.wait()


@contextmanager
def session(
    folder: Path, task_managers: int = 1, options: Mapping[str, object] = MappingProxyType({})
) -> Iterator[Session]:
    """A session cluster that runs for the length of the block; `options` are Flink's, beside ours."""
    folder.mkdir()
    one = Session(folder, task_managers, options)
    try:
        one.wait()
        yield one
    finally:
        one.end()

#!/usr/bin/env python3
"""Start and stop real servers without Docker, for tests and for trying out.

The servers are Kafka, Elasticsearch, Flink's job server and Beam's expansion service.

    deploy/services/services.py start [NAME]…     prints NAME=ADDRESS lines once they answer
    deploy/services/services.py stop [NAME]…
    deploy/services/services.py remove [NAME]…                        stop and forget their data

Needs Java 17 or newer and Maven, once. Servers listen on loopback, on free ports that they keep. A server whose
address is in the environment (TEST_KAFKA and so on) is neither started nor stopped. Standard library only.
"""

import argparse
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
NOBODY = 65534  # Elasticsearch refuses to run as root
READY_SECONDS = 300
STOP_SECONDS = 30
PORTS = range(20_000, 32_768)  # below those that Linux gives to connections that begin (net.ipv4.ip_local_port_range)


def cache() -> Path:
    """Return where servers and their data are kept; as root a place that Elasticsearch's own user can reach."""
    if given := os.environ.get("TEST_SERVICES"):
        return Path(given)
    return Path("/var/cache/onrecord") if os.getuid() == 0 else Path.home() / ".cache" / "onrecord"


@dataclass(frozen=True)
class Server:
    """One server: the ports it needs, how it is made ready, its command, and how one sees that it answers."""

    name: str
    ports: int
    set_up: Callable[[Path, Path, list[int]], None]
    command: Callable[[Path, Path, list[int]], list[str]]
    answers: Callable[[list[int]], bool]
    as_nobody: bool = False
    told: int = 1  # of its ports, how many others connect to
    profile: str = ""  # of pom.xml, with its files; by default the profile of its name

    @property
    def variable(self) -> str:
        """The environment variable that names a server which is there already."""
        return f"TEST_{self.name.upper()}"


def main() -> None:
    """Carry out the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("start", "stop", "remove"))
    parser.add_argument("names", nargs="*", choices=[[], *SERVERS], metavar="NAME", help=", ".join(SERVERS))
    given = parser.parse_args()
    for name in given.names or SERVERS:
        ACTIONS[given.action](SERVERS[name])


def start(server: Server) -> None:
    """Start the server unless it runs, wait until it answers, print its address."""
    if address := os.environ.get(server.variable):
        print(f"{server.variable}={address}", flush=True)
        return
    folder = cache() / "run" / server.name
    ports = running_on(folder)
    if ports is None:
        libraries = fetch(server)
        ports = remembered_ports(folder, server.ports)
        if not (folder / "ready").exists():
            server.set_up(libraries, folder, ports)
            (folder / "ready").touch()
        launch(server, libraries, folder, ports)
    wait_until_it_answers(server, folder, ports)
    addresses = ",".join(f"127.0.0.1:{port}" for port in ports[: server.told])
    print(f"{server.variable}={addresses}", flush=True)


def stop(server: Server) -> None:
    """Stop the server if we started it: politely, then not."""
    folder = cache() / "run" / server.name
    if running_on(folder) is None:
        return
    pid = int((folder / "pid").read_text())
    for kind in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(pid, kind)
        deadline = time.monotonic() + STOP_SECONDS
        while running_on(folder) is not None and time.monotonic() < deadline:
            time.sleep(0.1)
    (folder / "pid").unlink(missing_ok=True)


def remove(server: Server) -> None:
    """Stop the server and forget its data; what was fetched is kept."""
    stop(server)
    shutil.rmtree(cache() / "run" / server.name, ignore_errors=True)


def fetch(server: Server) -> Path:
    """The server's files, fetched by Maven once for each version of pom.xml."""
    version = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    profile = server.profile or server.name
    folder = cache() / f"{profile}-{version}"
    if folder.exists():
        return folder
    scratch = folder.with_suffix(".part")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    print(f"{profile}: fetching {folder}", file=sys.stderr)
    options = ["-q", "-B", "-f", str(POM), "-P", profile, "-DincludeScope=runtime", f"-DoutputDirectory={scratch}"]
    subprocess.run(["mvn", *options, "dependency:copy-dependencies"], check=True, stdout=sys.stderr)
    for archive in scratch.glob("*.zip"):
        unpack_elasticsearch(archive, scratch)
        archive.unlink()
    scratch.rename(folder)
    return folder


def unpack_elasticsearch(archive: Path, folder: Path) -> None:
    """The server's own tree, with the start script that the archive keeps beside it."""
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            inner = entry.filename.partition("/")[2]
            if inner == "bin/elasticsearch":
                inner = "elasticsearch/bin/elasticsearch"
            if inner.startswith("elasticsearch/") and not entry.is_dir():
                target = folder / inner.removeprefix("elasticsearch/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.read(entry))
    for script in (folder / "bin").iterdir():
        script.chmod(0o755)


def remembered_ports(folder: Path, count: int) -> list[int]:
    """The ports this server had, or free ones."""
    place = folder / "ports"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(free_ports(count)))
    ports: list[int] = json.loads(place.read_text())
    return ports


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody listens on.

    None is one that connections are given when they begin, so that a server that was stopped finds its own free again.
    """
    with ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            port = secrets.choice(PORTS)
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
                ports.append(port)
        return ports


def launch(server: Server, libraries: Path, folder: Path, ports: list[int]) -> "subprocess.Popen[bytes]":
    """Start the server's process in a session of its own."""
    command = server.command(libraries, folder, ports)
    if server.as_nobody and os.getuid() == 0:
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(folder), str(libraries)], check=True)
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    environment = {**os.environ, "ES_PATH_CONF": str(folder / "config"), "ES_JAVA_HOME": java_home()}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (folder / "pid").write_text(str(process.pid))
    return process


def running_on(folder: Path) -> list[int] | None:
    """The ports of the server that runs from this folder, or None."""
    try:
        pid = int((folder / "pid").read_text())
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None
    ports: list[int] = json.loads((folder / "ports").read_text())
    return None if state == "Z" else ports


def wait_until_it_answers(server: Server, folder: Path, ports: list[int]) -> None:
    """Return once it answers; end with its last words where it ends or is silent for too long."""
    deadline = time.monotonic() + READY_SECONDS
    while not server.answers(ports):
        if running_on(folder) is None or time.monotonic() > deadline:
            last = (folder / "log").read_text(errors="replace").splitlines()[-15:]
            sys.exit("\n".join([f"{server.name} does not answer; the end of {folder / 'log'}:", *last]))
        time.sleep(0.2)


def java_home() -> str:
    """The folder of the java that is on the path."""
    java = shutil.which("java")
    if java is None:
        sys.exit("java is not on the path; the servers need Java 17 or newer")
    return str(Path(java).resolve().parents[1])


def java(libraries: Path, memory: str, main_class: str, *arguments: str) -> list[str]:
    """The command that runs a class of the fetched libraries."""
    return ["java", f"-Xmx{memory}", "-cp", f"{libraries}/*", main_class, *arguments]


def set_up_kafka(libraries: Path, folder: Path, ports: list[int]) -> None:
    """One node that is broker and controller (KRaft)."""
    broker, controller = ports
    properties = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}",
        "log.dirs": folder / "data",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
    }
    config = folder / "server.properties"
    config.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
    format_ = ["format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c", str(config)]
    with (folder / "log").open("ab") as log:
        subprocess.run(java(libraries, "256m", "kafka.tools.StorageTool", *format_), check=True, stdout=log, stderr=log)


def set_up_elasticsearch(libraries: Path, folder: Path, ports: list[int]) -> None:
    """One node without security, on loopback."""
    http, transport = ports
    shutil.copytree(libraries / "config", folder / "config")
    settings = {
        "cluster.name": "onrecord",
        "discovery.type": "single-node",
        "http.host": "127.0.0.1",
        "http.port": http,
        "transport.host": "127.0.0.1",
        "transport.port": transport,
        "path.data": folder / "data",
        "path.logs": folder / "logs",
        "path.repo": folder / "snapshots",
        "xpack.security.enabled": "false",
    }
    (folder / "config" / "elasticsearch.yml").write_text(
        "".join(f"{key}: {value}\n" for key, value in settings.items())
    )
    heap = folder / "config" / "jvm.options.d" / "heap.options"
    heap.parent.mkdir(exist_ok=True)
    heap.write_text("-Xms1g\n-Xmx1g\n")


def flink_command(libraries: Path, folder: Path, ports: list[int]) -> list[str]:
    """The Beam job server, which runs Flink inside itself."""
    job, artifacts, expansion = ports
    return java(
        libraries,
        "1500m",
        "org.apache.beam.runners.flink.FlinkJobServerDriver",
        "--job-host=127.0.0.1",
        f"--job-port={job}",
        f"--artifact-port={artifacts}",
        f"--expansion-port={expansion}",
        f"--artifacts-dir={folder / 'artifacts'}",
    )


def expansion_command(libraries: Path, folder: Path, ports: list[int]) -> list[str]:
    """Beam's expansion service, which makes the source for Kafka when a job starts."""
    main_class = "org.apache.beam.sdk.expansion.service.ExpansionService"
    return java(libraries, "256m", main_class, str(ports[0]), "--experiments=use_deprecated_read")


def listens(port: int) -> bool:
    """Return whether somebody accepts connections on the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def elasticsearch_answers(ports: list[int]) -> bool:
    """Return whether the cluster says that it can be worked with."""
    url = f"http://127.0.0.1:{ports[0]}/_cluster/health?wait_for_status=yellow&timeout=1s"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


SERVERS = {
    server.name: server
    for server in (
        Server(
            name="kafka",
            ports=2,
            set_up=set_up_kafka,
            command=lambda libraries, folder, _: java(
                libraries, "512m", "kafka.Kafka", str(folder / "server.properties")
            ),
            answers=lambda ports: listens(ports[0]),
        ),
        Server(
            name="elasticsearch",
            ports=2,
            set_up=set_up_elasticsearch,
            command=lambda libraries, *_: [str(libraries / "bin" / "elasticsearch")],
            answers=elasticsearch_answers,
            as_nobody=True,
        ),
        Server(
            name="flink",
            ports=3,
            set_up=lambda *_: None,
            command=flink_command,
            answers=lambda ports: all(listens(port) for port in ports[:2]),
            told=2,  # jobs and artifacts
        ),
        Server(
            name="expansion",
            profile="flink",
            ports=1,
            set_up=lambda *_: None,
            command=expansion_command,
            answers=lambda ports: listens(ports[0]),
        ),
    )
}
ACTIONS = {"start": start, "stop": stop, "remove": remove}

if __name__ == "__main__":
    main()

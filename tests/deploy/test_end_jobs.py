"""A job that was left behind on Flink is ended before the next one starts; others are left alone."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.deploy.files import KUBERNETES

SCRIPT = KUBERNETES / "operators" / "end_jobs.py"


@contextmanager
def flink(**states: str) -> Iterator[str]:
    """Flink's REST service with jobs by name; one that is asked to end has ended at the look after the next."""

    class Rest(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            jobs = [{"jid": f"id-{name}", "name": name, "state": state} for name, state in states.items()]
            states.update({name: "CANCELED" for name, state in states.items() if state == "CANCELLING"})
            self.answer(json.dumps({"jobs": jobs}).encode())

        def do_PATCH(self) -> None:
            name = self.path.removeprefix("/jobs/id-").removesuffix("?mode=cancel")
            states[name] = "CANCELLING"
            self.answer(b"{}")

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Rest) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def ended(address: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, address], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_our_jobs_are_ended_and_other_jobs_are_not() -> None:
    with flink(onrecord="RUNNING", other="RUNNING") as address:
        done = ended(address)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.splitlines()) == {"job id-onrecord: asked to end"}


def test_without_a_running_job_nothing_is_requested() -> None:
    with flink(onrecord="CANCELED") as address:
        done = ended(address)
    assert (done.returncode, done.stdout) == (0, "")


def test_an_unreachable_flink_is_a_failure_that_kubernetes_retries() -> None:
    assert ended("127.0.0.1:9").returncode != 0

"""A pool of Beam's Python workers that only this machine can reach.

`python -m pipeline.run.beam.worker_pool PORT [METRICS_PORT]` serves it beside a task manager of Flink. Each worker is
a process of its own: a process of Python uses one core at most. Beam's own pool listens on every interface, and runs
whatever a stranger who reaches it asks for, beside our secrets.
"""

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Lock, Thread
from typing import Any, Final

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

from pipeline.errors import SettingsError
from pipeline.run.logs import log_to_stderr
from pipeline.run.loop import stopped_by_signals
from pipeline.run.metrics import metrics
from pipeline.run.traces import tracing
from pipeline.settings import Settings, load

_HOST: Final = "127.0.0.1"

_GRACE_SECONDS: Final = 1.0

_STOP_SECONDS: Final = 10.0  # for a worker to end by itself

_REPORT_SECONDS: Final = 1.0  # between two reports of a worker's counts

_CACHE_BYTES: Final = 64 << 20  # of the runner's state in a worker; without it, each bundle fetches its state again

# Beam's own values: an idle worker checks regularly whether the other side is alive.
_OPTIONS: Final = (("grpc.http2.max_pings_without_data", 0), ("grpc.http2.max_ping_strikes", 0))

_log = logging.getLogger("onrecord.job")

Count = Callable[[Mapping[str, int]], object]
"""Takes the counts of workers, by the names of `pipeline.run.metrics`."""


class _Pool(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """Starts and stops worker processes for Flink."""

    def __init__(self, settings: Settings, count: Count) -> None:
        self._settings = settings
        self._count = count
        self._lock = Lock()
        self._workers: dict[str, SpawnProcess] = {}

    def StartWorker(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Start a worker that connects to Flink."""
        line, workers_line = multiprocessing.get_context("spawn").Pipe()
        worker = multiprocessing.get_context("spawn").Process(
            target=work_for_flink,
            args=(self._settings, request.control_endpoint.url, request.worker_id, workers_line),
            name=f"onrecord worker {request.worker_id}",
            daemon=True,
        )
        worker.start()
        workers_line.close()
        with self._lock:
            self._workers[request.worker_id] = worker
        Thread(target=_collect, args=(line, self._count), daemon=True).start()
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(self, request: Any, context: Any) -> Any:  # noqa: N802 - the same
        """Stop a worker."""
        with self._lock:
            worker = self._workers.pop(request.worker_id, None)
        if worker:
            _end(worker)
        return beam_fn_api_pb2.StopWorkerResponse()

    def close(self) -> None:
        """Stop all workers."""
        with self._lock:
            workers = [*self._workers.values()]
            self._workers.clear()
        for worker in workers:
            worker.terminate()
        for worker in workers:
            _end(worker)


def _end(worker: SpawnProcess) -> None:
    worker.terminate()
    worker.join(_STOP_SECONDS)
    worker.kill()
    worker.join()


def _collect(line: Connection, count: Count) -> None:
    """Count what a worker reports, until the worker ends."""
    while True:
        try:
            count(line.recv())
        except (EOFError, OSError):
            return


def work_for_flink(settings: Settings, control: str, worker_id: str, line: Connection) -> None:
    """Be a Python worker of Flink in a process of the pool, until Flink or the pool ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all processes; the pool handles it
    log_to_stderr(settings.logs)
    from apache_beam.runners.worker.sdk_worker import SdkHarness

    from pipeline.run.beam.worker_services import use

    use(settings)
    Thread(target=_report, args=(line,), daemon=True).start()
    try:
        with tracing(settings.traces, "worker"):
            SdkHarness(control, worker_id=worker_id, state_cache_size=_CACHE_BYTES).run()
    except Exception:  # gRPC and Beam raise errors without a common class
        _log.exception("worker %s ended", worker_id)
    finally:
        sys.stderr.flush()
        os._exit(0)


def _report(line: Connection) -> None:
    """Report the worker's counts; end the process when the pool ends."""
    from pipeline.run.beam import runner

    with suppress(OSError):
        while not line.poll(_REPORT_SECONDS):
            if counts := runner.taken():
                line.send(counts)
    os._exit(0)


@contextmanager
def listening(settings: Settings, count: Count, port: int = 0) -> Iterator[str]:
    """Run a pool at this port of loopback (0: a free port) during the block; yields HOST:PORT.

    Raises OSError if the port is taken.
    """
    pool = _Pool(settings, count)
    server = grpc.server(shared_unbounded_instance(), options=_OPTIONS)
    try:
        bound = server.add_insecure_port(f"{_HOST}:{port}")
    except RuntimeError as error:  # gRPC has no class of its own for it
        raise OSError(f"cannot listen on port {port} of {_HOST}: {error}") from error
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    server.start()
    try:
        yield f"{_HOST}:{bound}"
    finally:
        stopped = server.stop(_GRACE_SECONDS)  # begins to stop
        pool.close()
        stopped.wait(_STOP_SECONDS)  # the port is closed then


def main() -> None:
    """Serve until a signal ends this process."""
    port, *metrics_port = (int(argument) for argument in sys.argv[1:])
    try:
        settings = load(None, {})
    except SettingsError as error:
        sys.exit(f"onrecord: {error}")
    log_to_stderr(settings.logs)
    if metrics_port:
        _serve_metrics(metrics_port[0])
    with stopped_by_signals() as stop, listening(settings, metrics().count_steps, port) as address:
        _log.warning("workers: listening at %s", address)
        stop.wait()


def _serve_metrics(port: int) -> None:
    """Serve the counts of all workers of this pool to Prometheus."""
    from prometheus_client import start_http_server

    start_http_server(port, registry=metrics().registry)


if __name__ == "__main__":
    main()

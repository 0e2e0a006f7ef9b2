"""A pool of Beam's Python workers that only this machine can reach: `python -m pipeline.run.beam.worker_pool PORT`.

Beam's own pool listens on every interface, and runs whatever a stranger who reaches it asks for, beside our secrets.
"""

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Final

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer, kill_process_gracefully
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

_HOST: Final = "127.0.0.1"

_GRACE_SECONDS: Final = 1.0

# Beam's own values: an idle worker checks regularly whether the other side is alive.
_OPTIONS: Final = (("grpc.http2.max_pings_without_data", 0), ("grpc.http2.max_ping_strikes", 0))

_log = logging.getLogger("onrecord.job")


@contextmanager
def listening(port: int = 0, *, processes: bool, cache_bytes: int = 0) -> Iterator[str]:
    """Run a pool at this port of loopback (0: a free port) during the block; yields HOST:PORT.

    Each worker is a process, or else a thread of this process. Raises OSError if the port is taken.
    """
    pool = BeamFnExternalWorkerPoolServicer(use_process=processes, state_cache_size=cache_bytes)
    server = grpc.server(shared_unbounded_instance(), options=_OPTIONS)
    try:
        taken = server.add_insecure_port(f"{_HOST}:{port}")
    except RuntimeError as error:  # gRPC has no class of its own for it
        raise OSError(f"cannot listen on port {port} of {_HOST}: {error}") from error
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    server.start()
    try:
        yield f"{_HOST}:{taken}"
    finally:
        server.stop(_GRACE_SECONDS)
        for process in [*pool._worker_processes.values()]:
            kill_process_gracefully(process)


def main() -> None:
    """Serve until a signal ends this process."""
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with listening(int(sys.argv[1]), processes=True) as address:
        _log.warning("workers: listening at %s", address)
        ended.wait()


if __name__ == "__main__":
    main()

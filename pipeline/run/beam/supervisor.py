"""The process that submits the job, restarted after the job has ended.

Flink's job server forgets a job that is cancelled and lets it continue. Only the end of the job's workers ends it for
sure, so the workers and the submission are in a child process, which ends together with its workers.
"""

import logging
import multiprocessing
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Event, Thread
from typing import Final

from pipeline.errors import OnRecordError, WorldError
from pipeline.ports import Assignment
from pipeline.roles import ELASTICSEARCH, FLINK, Role
from pipeline.run.logs import log_to_stderr
from pipeline.run.loop import run_forever
from pipeline.run.metrics import metrics
from pipeline.services import Services
from pipeline.settings import Settings

_LOOK_SECONDS: Final = 0.5

_FAREWELL_SECONDS: Final = 15.0  # half of the 30 seconds that a process has to end

_log = logging.getLogger("onrecord.job")


def keep_running(services: Services, stop: Event) -> None:
    """Run the job on Flink until a stop, and restart it whenever it ends.

    One of several processes with this role submits the job; the others stand by.
    """
    share = services.assignment(Role.JOB)

    def step() -> None:
        if _gets_job(share, _no_op):
            _check(services)
            metrics().count_steps({"job starts": 1})
            _supervise(services.settings, share, stop)

    run_forever("job", step, stop, idle=_LOOK_SECONDS)


def _check(services: Services) -> None:
    """Raise SettingsError for an index that is not ours, and WorldError if nobody answers for Flink.

    The steps could not report the first, and Beam would wait in silence for the second. The index may be away.
    """
    with suppress(WorldError):
        services.servers[ELASTICSEARCH]()
    services.servers[FLINK]()


def _gets_job(share: Assignment, let_go: Callable[[], None]) -> bool:
    share.renew(let_go)
    return share.holds(Role.JOB)


def _no_op() -> None:
    pass


def _supervise(settings: Settings, share: Assignment, stop: Event) -> None:
    """Run the job once. Raises WorldError if it ends by itself."""
    spawning = multiprocessing.get_context("spawn")
    line, childs_line = spawning.Pipe()
    child = spawning.Process(target=_work, args=(settings, childs_line), name="onrecord job")
    child.start()
    childs_line.close()
    let_go = partial(_end, child, line)
    trouble = ""
    try:
        while _gets_job(share, let_go) and child.is_alive() and not stop.is_set():
            trouble = _receive(line) or trouble
        ended_by_itself = not child.is_alive() and not line.closed
    finally:
        let_go()
    if ended_by_itself and not stop.is_set() and (trouble or child.exitcode):
        raise WorldError(trouble or f"the job's process ended with exit code {child.exitcode}")


def _end(child: SpawnProcess, line: Connection) -> None:
    """End the child, which may have ended already, before another process gets the job."""
    line.close()  # the child ends when this pipe closes
    child.join(_FAREWELL_SECONDS)
    child.kill()
    child.join()


def _receive(line: Connection) -> str:
    """Collect the counts of the child, or return its error; waits for a moment."""
    try:
        message = line.recv() if line.poll(_LOOK_SECONDS) else Counter()
    except EOFError:
        return ""
    if isinstance(message, str):
        return message
    metrics().count_steps(message)
    return ""


def _work(settings: Settings, line: Connection) -> None:
    """Run the job in the child, send counts and errors to the parent, and end when the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log_to_stderr(settings.logs)
    stop = Event()
    Thread(target=_listen, args=(line, stop), daemon=True).start()
    try:
        _run(settings, line, stop)
    except OnRecordError as error:
        line.send(str(error))
    finally:
        sys.stderr.flush()
        os._exit(0)  # Beam's threads would keep the process alive


def _run(settings: Settings, line: Connection, stop: Event) -> None:
    from pipeline.run.beam import runner
    from pipeline.run.beam.job import run

    run(settings, stop, lambda: line.send(runner.taken()))


def _listen(line: Connection, stop: Event) -> None:
    try:
        line.recv()
    except (EOFError, OSError):
        stop.set()

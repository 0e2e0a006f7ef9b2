"""The job: articles to documents and quotes, quotes to statements and alerts, and all of it into the index.

    articles ─▶ revise ─▶ extract ─▶ documents ─▶ index
                             └─▶ quotes ─▶ remember ─▶ decisions ─▶ index
                                              └─▶ alerts

Every arrow into or out of the job is a topic of the log, so that each part goes on while another waits.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Final

import apache_beam as beam
from apache_beam import coders
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState

from pipeline.errors import WorldError
from pipeline.ports import ARTICLES, DECISIONS, DOCUMENTS, QUOTES, Record
from pipeline.run.beam import progress, transforms, worker_pool, worker_services
from pipeline.run.beam.io import AppendToLog, IndexLog, ReadLog
from pipeline.run.beam.records import RecordCoder
from pipeline.settings import Settings
from pipeline.settings.servers import Job

_LOOK_SECONDS: Final = 2.0

# Flink's own restarts of a job whose worker is away. After them the job ends, and a process with the role of the job
# submits it again; with endless restarts, the job would outlive its worker.
_RETRIES: Final = 5

_RETRY_MS: Final = 2_000

_CACHE_MB: Final = 64  # worker-side state cache; without it, Beam fetches the state of every bucket in every bundle

_BUNDLE_MS: Final = 50  # the longest bundle, and so the longest wait of a message for its end

_log = logging.getLogger("onrecord.job")


def build(pipeline: beam.Pipeline, parts: int) -> None:
    """Build the steps of the job; each topic is read in `parts` parallel parts."""
    articles, unread = (
        pipeline | "articles" >> ReadLog(ARTICLES, "extract", parts) | "read" >> transforms.read_articles()
    )
    revised, duplicates = articles | "revise" >> transforms.revise_articles()
    found, failed = revised | "extract" >> transforms.extract_documents()

    reports = pipeline | "quotes" >> ReadLog(QUOTES, "remember", parts) | "by speaker" >> transforms.by_speaker()
    decided, undecided = reports | "remember" >> transforms.remember_reports()

    refused_documents = pipeline | "index documents" >> IndexLog(DOCUMENTS, parts)
    refused_decisions = pipeline | "index decisions" >> IndexLog(DECISIONS, parts)

    failures = (unread, failed, undecided, refused_documents, refused_decisions)
    dead = failures | "failures" >> beam.Flatten() | "dead letters" >> transforms.dead_letters()
    (found, duplicates) | "all found" >> beam.Flatten() | "append documents" >> AppendToLog()
    decided | "append decisions" >> AppendToLog()
    dead | "append dead letters" >> AppendToLog()


def run(settings: Settings, stop: Event, look: Callable[[], object]) -> None:
    """Run the job on Flink until a stop, calling `look` regularly. Raises WorldError if it cannot start, or ends.

    Its steps may work until the process ends: see `supervisor`.
    """
    worker_services.use(settings)
    progress.forget()
    coders.registry.register_coder(Record, RecordCoder)
    with workers(settings.job) as worker:
        _run(beam.Pipeline(options=_options(settings, worker)), settings, stop, look)


def _run(pipeline: beam.Pipeline, settings: Settings, stop: Event, look: Callable[[], object]) -> None:
    endpoint = settings.job.endpoint
    build(pipeline, settings.job.parallelism)
    try:
        result = pipeline.run()
    except Exception as error:  # gRPC and the runner raise errors without a common class
        raise WorldError(f"Flink's job server at {endpoint} (job.endpoint): {_reason(error)}") from error
    _log.info("job: running on Flink by %s", endpoint)
    state = PipelineState.RUNNING
    try:
        while not PipelineState.is_terminal(state) and not stop.wait(_LOOK_SECONDS):
            state = result.state
            look()
        result.cancel()
    except Exception as error:  # the same
        raise WorldError(f"the job on Flink by {endpoint} (job.endpoint) is lost: {_reason(error)}") from error
    if PipelineState.is_terminal(state):
        raise WorldError(f"the job on Flink by {endpoint} (job.endpoint) ended as {state}")


def _name(settings: Settings) -> str:
    """Return the name that distinguishes our job from others on the same server."""
    return f"onrecord {settings.kafka.prefix}".strip()


def _reason(error: Exception) -> str:
    details = getattr(error, "details", None)
    return " ".join(str(details() if callable(details) else error).split())[:300]


@contextmanager
def workers(job: Job) -> Iterator[str]:
    """Yield HOST:PORT of the workers in the settings, or of a worker in this process for this machine alone."""
    if job.worker:
        yield job.worker
        return
    with worker_pool.listening(processes=False, cache_bytes=_CACHE_MB << 20) as address:
        yield address


def served(job: Job, worker: str) -> list[str]:
    """Return the Beam options for the job server in the settings, with workers at HOST:PORT."""
    return [
        f"--job_endpoint={job.endpoint}",
        f"--artifact_endpoint={job.artifact_endpoint}",
        f"--parallelism={job.parallelism}",
        # Flink's key groups. The runner registers a permanent state each time that a source defers, and Flink has a
        # table of each state for every group: with the default of 128 groups, an idle job grows by 8 GB an hour.
        f"--max_parallelism={job.parallelism}",
        "--environment_type=EXTERNAL",
        f"--environment_config={worker}",
    ]


def _options(settings: Settings, worker: str) -> PipelineOptions:
    job = settings.job
    storage = []
    if job.checkpoints:
        storage = ["--state_backend=filesystem", f"--state_backend_storage_path={job.checkpoints}"]
    if job.savepoint:
        storage.append(f"--savepoint_path={job.savepoint}")
    return PipelineOptions(
        [
            "--runner=PortableRunner",
            f"--job_name={_name(settings)}",
            *served(job, worker),
            f"--checkpointing_interval={round(job.checkpoint.total_seconds() * 1000)}",
            f"--max_bundle_time_mills={_BUNDLE_MS}",
            f"--max_cache_memory_usage_mb={_CACHE_MB}",
            f"--number_of_execution_retries={_RETRIES}",
            f"--execution_retry_delay={_RETRY_MS}",
            "--streaming",
            *storage,
        ]
    )

"""The job: articles to documents and quotes, quotes to statements and alerts.

    articles ─▶ revise ─▶ extract ─▶ documents
                             └─▶ quotes ─▶ remember ─▶ decisions
                                              └─▶ alerts

Every arrow into or out of the job is a topic of the log, so that each part goes on while another waits. `indexer` takes
documents and decisions from there to the index.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic
from typing import Final

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState

from connectors.kafka.log import KafkaReader
from pipeline.errors import WorldError
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, DECISIONS, DOCUMENTS, QUOTES
from pipeline.run import indexer
from pipeline.run.beam import runner, transforms, worker_pool
from pipeline.run.beam.io import AppendToLog, Heartbeat, ReadLog
from pipeline.run.beam.worker_services import use, worker_services
from pipeline.settings import Settings
from pipeline.settings.servers import Job

_LOOK_SECONDS: Final = 2.0

_PARTITIONS_SECONDS: Final = 10.0  # between two looks for new partitions

_INDEX_SECONDS: Final = 0.5  # between two looks at how far the index is

# Flink's own restarts of a job whose worker is away. After them the job ends, and a process with the role of the job
# submits it again; with endless restarts, the job would outlive its worker.
_RETRIES: Final = 5

_RETRY_MS: Final = 2_000

_CACHE_MB: Final = 64  # as in `worker_pool`; Beam's own default is 100

_BUNDLE_MS: Final = 50  # the longest bundle, and so the longest wait of a message for its end

_log = logging.getLogger("onrecord.job")


def build(pipeline: beam.Pipeline, settings: Settings) -> None:
    """Build the steps of the job. Raises WorldError if the expansion service does not answer.

    The names of the steps are part of Flink's savepoints.
    """
    articles = pipeline | "articles" >> ReadLog(settings, ARTICLES, "extract") | "by article" >> transforms.by_article()
    revised, unread = articles | "revise" >> transforms.revise_articles()
    documents, failed = revised | "extract" >> transforms.extract_documents()

    quotes = pipeline | "quotes" >> ReadLog(settings, QUOTES, "remember") | "by speaker" >> transforms.by_speaker()
    decisions, undecided = quotes | "remember" >> transforms.remember_reports()

    failures = (unread, failed, undecided) | "failures" >> beam.Flatten()
    documents | "append documents" >> AppendToLog()
    decisions | "append decisions" >> AppendToLog()
    pipeline | "heartbeat" >> Heartbeat() | "beat" >> beam.Filter(lambda _: False)
    failures | "dead letters" >> transforms.dead_letters() | "append dead letters" >> AppendToLog()


def run(settings: Settings, stop: Event, look: Callable[[], object]) -> None:
    """Run the job on Flink until a stop, or until its topics have new partitions, calling `look` regularly.

    Raises WorldError if the job cannot start, or ends. Its steps may work until the process ends: see `supervisor`.
    """
    use(settings)
    kafka = worker_services().services.kafka
    for topic in (ARTICLES, QUOTES, DOCUMENTS, DECISIONS, ALERTS, DEAD_LETTERS):
        if kafka:
            kafka.ensure(topic)
    _wait_for_index(stop)
    if stop.is_set():
        return
    with workers(settings) as worker:
        pipeline = beam.Pipeline(options=_options(settings, worker))
        build(pipeline, settings)
        _run(pipeline, settings, stop, look)


def _wait_for_index(stop: Event) -> None:
    """Wait until the index has all documents and decisions of the log: the job fills its memory from the index.

    The offsets that the job starts from are those of records whose results are on the log.
    """
    for topic in (DOCUMENTS, DECISIONS):
        reader = worker_services().reader(topic, indexer.GROUP)
        try:
            _wait_for_offsets(reader, topic, stop)
        finally:
            reader.close()


def _wait_for_offsets(reader: KafkaReader, topic: str, stop: Event) -> None:
    ends = reader.ends()
    waited = False
    while not stop.is_set():
        reached = reader.committed(list(ends))
        behind = sum(max(0, end - reached[number]) for number, end in ends.items())
        if not behind:
            return
        if not waited:
            _log.info("job: starts when the index has %d more records of topic %s", behind, topic)
            waited = True
        stop.wait(_INDEX_SECONDS)


def _run(pipeline: beam.Pipeline, settings: Settings, stop: Event, look: Callable[[], object]) -> None:
    endpoint = settings.job.endpoint
    partitions = _Partitions(settings)
    try:
        result = pipeline.run()
    except Exception as error:  # gRPC and the runner raise errors without a common class
        raise WorldError(f"Flink's job server at {endpoint} (job.endpoint): {_reason(error)}") from error
    _log.info("job: running on Flink by %s", endpoint)
    state = PipelineState.RUNNING
    try:
        while not PipelineState.is_terminal(state) and not stop.wait(_LOOK_SECONDS) and not partitions.have_grown():
            state = result.state
            look()
        result.cancel()
    except Exception as error:  # the same
        raise WorldError(f"the job on Flink by {endpoint} (job.endpoint) is lost: {_reason(error)}") from error
    if PipelineState.is_terminal(state):
        raise WorldError(f"the job on Flink by {endpoint} (job.endpoint) ended as {state}")


class _Partitions:
    """The partitions of the topics that a job reads, which Flink looks up once, when a job starts."""

    def __init__(self, settings: Settings) -> None:
        self._ends_with_us = not settings.job.worker
        self._readers = {topic: worker_services().reader(topic, "look-up") for topic in (ARTICLES, QUOTES)}
        self._known = self._counted()
        self._look_at = monotonic() + _PARTITIONS_SECONDS

    def have_grown(self) -> bool:
        """Return whether the job should start again, because a topic has new partitions.

        A job with workers elsewhere would continue beside its successor, so it needs an operator.
        """
        if monotonic() < self._look_at:
            return False
        self._look_at = monotonic() + _PARTITIONS_SECONDS
        now = self._counted()
        if now == self._known:
            return False
        grown = ", ".join(f"{topic} {self._known[topic]} -> {count}" for topic, count in now.items())
        advice = "starting again" if self._ends_with_us else "restart the role `job` to read the new ones"
        _log.warning("job: topics have new partitions (%s); %s", grown, advice)
        self._known = now
        return self._ends_with_us

    def _counted(self) -> dict[str, int]:
        return {topic: len(reader.partitions()) for topic, reader in self._readers.items()}


def _name(settings: Settings) -> str:
    """Return the name that distinguishes our job from others on the same server."""
    return f"onrecord {settings.kafka.prefix}".strip()


def _reason(error: Exception) -> str:
    details = getattr(error, "details", None)
    return " ".join(str(details() if callable(details) else error).split())[:300]


@contextmanager
def workers(settings: Settings) -> Iterator[str]:
    """Yield HOST:PORT of the workers in the settings, or of a pool below this process for this machine alone."""
    if settings.job.worker:
        yield settings.job.worker
        return
    with worker_pool.listening(settings, runner.collect) as address:
        yield address


def served(job: Job, worker: str) -> list[str]:
    """Return the Beam options for the job server in the settings, with workers at HOST:PORT."""
    return [
        f"--job_endpoint={job.endpoint}",
        f"--artifact_endpoint={job.artifact_endpoint}",
        f"--parallelism={job.parallelism}",
        f"--sdk_worker_parallelism={job.processes}",
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
            # A record is committed only when all its results have left the bundles of all steps.
            "--finish_bundle_before_checkpointing",
            "--streaming",
            *storage,
        ]
    )

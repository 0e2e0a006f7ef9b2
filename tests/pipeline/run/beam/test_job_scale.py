"""The job on several machines: two task managers of Flink, and Python workers in processes of their own."""

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.feeds import outgoing
from pipeline.ports import DOCUMENTS, QUOTES
from pipeline.services import Services, open_services
from tests.faults import stream
from tests.faults.roles import Running, on_flink
from tests.flink import Session, session
from tests.pipeline.run.beam.jobs import append, articles_of, opened, orders, outcome, settled, until, whole
from tests.pipeline.run.beam.test_job_upgrade import grow

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(3000)]


def role(services: Services) -> Running:
    """The role `job`, with a worker process for each task manager."""
    return on_flink(services.settings, "job", JOB__PARALLELISM="2", JOB__CHECKPOINT="2s")


def workers(job: Running) -> list[int]:
    """The Python workers: the processes that the child of the role has started."""
    children = stream.children(job.process.pid)
    (submitter,) = [pid for pid in children if len(stream.children(pid)) > 1]
    return [pid for pid in stream.children(submitter) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def is_incremental(flink: Session) -> bool:
    """Return whether a checkpoint of the running job has written less than its state, whose rest earlier ones have."""
    (job,) = [each["id"] for each in flink.ask("/jobs")["jobs"] if each["status"] == "RUNNING"]
    latest = flink.ask(f"/jobs/{job}/checkpoints")["latest"]["completed"]
    return bool(latest and latest["checkpointed_size"] < latest["state_size"])


def appended(services: Services) -> int:
    """Return how many documents and quotes have come to the log since this was last asked."""
    return len(whole(services, DOCUMENTS)) + len(whole(services, QUOTES))


def test_two_workers_share_the_work_on_rocksdb_and_a_restart_repeats_none_of_it(tmp_path: Path) -> None:
    articles = articles_of("courier.example", "gazette.example")
    rocksdb = {
        "state.backend.type": "rocksdb",
        "state.backend.incremental": "true",
        "state.checkpoints.dir": (tmp_path / "checkpoints").as_uri(),
    }
    with (
        session(tmp_path / "flink", task_managers=2, options=rocksdb) as flink,
        opened(flink.endpoints, **{"kafka.partitions": 4, "job.checkpoints": ""}) as services,
    ):
        services.desk.save(*orders())
        append(services, articles)
        job = role(services)
        try:
            until(lambda: settled(services))
            assert len(workers(job)) == 2
            assert job.counted('articles_total{outcome="indexed"}') == len(articles)
            assert job.counted("alerts_total") > 0
            until(lambda: is_incremental(flink))
            job.stop()
        finally:
            job.end()
        first = appended(services)
        assert first > len(articles)

        late = articles_of("tribune.example")
        append(services, late)
        job = role(services)
        try:
            until(lambda: settled(services))
            assert len(whole(services, DOCUMENTS)) == len(late), "work was repeated"
            lose_a_worker(services, job)
            more_partitions(services)
            job.stop()
        finally:
            job.end()


def lose_a_worker(services: Services, job: Running) -> None:
    """Kill one of the Python workers at work: Flink restarts the job from its checkpoint, and nothing is lost."""
    articles = articles_of("herald.example")
    append(services, articles[:10])
    os.kill(workers(job)[0], signal.SIGKILL)
    append(services, articles[10:])
    until(lambda: settled(services))
    result = outcome(services, [outgoing.arrived(article) for article in articles])
    assert len(result.documents) == len(articles)
    assert {decision.verdict for decision in result.decisions.values()} == {"repeated"}


def more_partitions(services: Services) -> None:
    """Add partitions under way: the job starts again, and reads them too."""
    grow(services.settings.kafka, 6)
    articles = articles_of("mirror.example")
    with closing(open_services(services.settings)) as aware:
        append(aware, articles)  # into all partitions, which others know after a while
        until(lambda: settled(aware))
        result = outcome(aware, [outgoing.arrived(article) for article in articles])
        assert len(result.documents) == len(articles)

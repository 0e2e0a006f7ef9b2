"""A new version of the job takes over from one that was stopped at work: nothing is lost, and nothing told anew."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from connectors.kafka.cluster import Cluster
from pipeline import __version__
from pipeline.codec import decode
from pipeline.feeds import outgoing
from pipeline.model import Alert
from pipeline.ports import ALERTS, ARTICLES, DECISIONS, DOCUMENTS, QUOTES
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.settings.servers import Kafka
from tests.deploy.files import DEPLOY, text
from tests.faults.roles import Running, on_flink
from tests.flink import Session, session
from tests.pipeline.run.beam.jobs import append, articles_of, opened, orders, outcome, running, settled, until, whole

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(700)]


def test_a_new_version_takes_over_from_a_stopped_one(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the offsets, its memory warmed from the index; in more parts, and of topics with more partitions."""
    services.desk.save(*orders())
    append(services, articles_of("courier.example"))
    with running(services):
        until(lambda: settled(services))
        output = alerts(services)
        assert output
        whole(services, DOCUMENTS)
        copies = articles_of("gazette.example", "herald.example", "mirror.example")
        append(services, copies)
        until(lambda: bool(whole(services, DOCUMENTS)))
    assert not settled(services)

    grow(services.settings.kafka, 2)
    late = articles_of("tribune.example")
    monkeypatch.chdir(another_version(tmp_path))
    with closing(open_services(services.settings)) as knowing, role_of_job(services.settings, JOB__PARALLELISM="2"):
        append(knowing, late)  # into all partitions, which others know after a while
        until(lambda: settled(knowing))
    result = outcome(services, [outgoing.arrived(article) for article in (*copies, *late)])
    assert len(result.documents) == len(copies) + len(late)
    quotes = {quote.id for document in result.documents.values() for quote in document.quotes if quote.speaker_id}
    assert result.decisions.keys() == quotes
    assert {decision.verdict for decision in result.decisions.values()} == {"repeated"}
    assert result.alerts.keys() <= output


@pytest.mark.timeout(1000)  # with a Flink of its own to start
def test_a_new_version_begins_from_a_savepoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken as the guide says while the job was at work; what came after it is done again, and told once."""
    folder = (tmp_path / "savepoints").as_uri()
    with session(tmp_path / "flink") as flink, opened(flink.endpoints) as services:
        services.desk.save(*orders())
        append(services, articles_of("courier.example"))
        with role_of_job(services.settings):
            until(lambda: settled(services))
            output = alerts(services)
            assert output
            whole(services, DOCUMENTS)
            copies = articles_of("gazette.example", "herald.example")
            append(services, copies)
            until(lambda: bool(whole(services, DOCUMENTS)))
            (job,) = re.findall(r" : ([0-9a-f]{32}) : ", flink.command(*guide("list", flink)))
            taken = flink.command(*guide("savepoint", flink, {"JOB": job, "file:///checkpoints/savepoints": folder}))
            (savepoint,) = re.findall(r"Path: (\S+)", taken)
        subprocess.run([sys.executable, DEPLOY / "kubernetes" / "operators" / "end_jobs.py", flink.rest], check=True)

        late = articles_of("tribune.example")
        append(services, late)
        monkeypatch.chdir(another_version(tmp_path / "9"))
        with role_of_job(services.settings, JOB__SAVEPOINT=savepoint):
            until(lambda: settled(services))
            assert Path(savepoint).name in begun_from(flink)
        result = outcome(services, [outgoing.arrived(article) for article in (*copies, *late)])
    assert len(result.documents) == len(copies) + len(late)
    assert {decision.verdict for decision in result.decisions.values()} == {"repeated"}
    assert result.alerts.keys() <= output


def begun_from(flink: Session) -> set[str]:
    """The names of what its jobs began from last, of those that began from something."""
    output = [flink.ask(f"/jobs/{job['id']}/checkpoints")["latest"]["restored"] for job in flink.ask("/jobs")["jobs"]]
    return {Path(restored["external_path"]).name for restored in output if restored}


def guide(verb: str, flink: Session, instead: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """The arguments of the guide's command `flink VERB`, with this Flink's address, and with others put instead."""
    (line,) = re.findall(rf"^kubectl .* -- flink ({verb} .*)$", text("README.md"), re.MULTILINE)
    words = {"localhost:8081": flink.rest, **instead}
    return [words.get(word, word) for word in shlex.split(line)]


def alerts(services: Services) -> set[str]:
    """The ids of those that came since this was asked last."""
    return {decode(Alert, record.value).id for record in whole(services, ALERTS)}


def another_version(folder: Path) -> Path:
    """A folder with all our code, of another version: what is started in it imports it from there."""
    for room in ("pipeline", "connectors"):
        shutil.copytree(Path(room), folder / room)
    place = folder / "pipeline" / "__init__.py"
    place.write_text(place.read_text().replace(__version__, "9.9.9"))
    requested = [sys.executable, "-c", "import pipeline; print(pipeline.__version__)"]
    assert subprocess.run(requested, cwd=folder, check=True, capture_output=True, text=True).stdout == "9.9.9\n"
    return folder


@contextmanager
def role_of_job(settings: Settings, **variables: str) -> Iterator[Running]:
    """The role in a process of its own, for the length of the block."""
    job = on_flink(settings, "job", **variables)
    try:
        yield job
        job.stop()
    finally:
        job.end()


def grow(kafka: Kafka, partitions: int) -> None:
    """Let each topic of the job have so many partitions."""
    topics = Cluster(kafka)
    with topics.admin() as admin:
        admin.create_partitions({topics.name(topic): partitions for topic in (ARTICLES, QUOTES, DOCUMENTS, DECISIONS)})
    topics.close()

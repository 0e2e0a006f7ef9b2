"""Bounded runs on real runners: they come to what the runner of one machine comes to, and tell nobody."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from pipeline.cli import main
from pipeline.codec import decode, plain
from pipeline.feeds import outgoing
from pipeline.model import EPOCH, Actor, Article, Decision, Document, Report, Watch
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, DECISIONS, DOCUMENTS, QUOTES, Message
from pipeline.run import local, steps
from pipeline.services import Services, open_services
from pipeline.settings import Settings, load
from tests import examples, servers
from tests.faults.roles import CLI

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(700)]

Noun = TypeVar("Noun")
LATER = "“The bridge is next,” Mayor Ada Lindqvist told reporters."


def articles() -> list[Article]:
    """Two outlets with one story, one of which adds to it later; and the first of them once more."""
    first = examples.article(text=f"{examples.TEXT}\n\n“We will not sell the ferry,” said Boris Halvorsen.")
    copy = examples.article("https://gazette.example/harbour", first.text, source="gazette.example")
    longer = replace(first, text=f"{first.text}\n\n{LATER}")
    return [first, copy, longer, first]


def written(folder: Path) -> list[Path]:
    """The articles in two files, one compressed, with lines among them that hold none."""
    lines = [json.dumps(plain(article)).encode() for article in articles()]
    one, other = folder / "one.jsonl", folder / "other.jsonl.gz"
    one.write_bytes(b"\n".join([*lines[:2], b"{'no': 'JSON'}", b"", b'{"id": 7}']))
    other.write_bytes(gzip.compress(b"\n".join([b"\xff\xfe", *lines[2:]])))
    return [one, other]


def read(folder: Path, name: str) -> list[bytes]:
    """The lines of all files of that name, in no order."""
    opened = [gzip.decompress(path.read_bytes()) for path in folder.glob(f"{name}-*.jsonl.gz")]
    plainly = [path.read_bytes() for path in folder.glob(f"{name}-*.jsonl")]
    return [line for content in (*opened, *plainly) for line in content.splitlines()]


def nouns(noun: type[Noun], folder: Path, name: str) -> list[Noun]:
    return [decode(noun, line) for line in read(folder, name)]


@contextmanager
def alone(folder: Path) -> Iterator[Services]:
    """The doors of one machine."""
    with closing(open_services(Settings(file=folder / "onrecord.sqlite"))) as services:
        yield services


def by_machine(folder: Path, paths: list[Path]) -> tuple[list[Document], list[Report]]:
    """Return what one machine makes of the same files."""
    file = str(folder / "onrecord.sqlite")
    assert main(["--file", file, "ingest", *map(str, paths)]) == 65
    with alone(folder) as services:
        documents = [result for article in articles()[:2] for result in services.index.documents(article.id)]
        reports = [decode(Report, record.value) for record in services.log.read(QUOTES, "onlooker", 100)]
    return [replace(document, origin="") for document in documents], reports


def key(document: Document) -> tuple[str, int]:
    return document.article.id, document.article.revision


@dataclass(frozen=True)
class Done:
    """The outcome of a command."""

    code: int
    told: str


def files(*arguments: object, runner: str = "FnApiRunner") -> Done:
    """The command in a process of its own, as threads of a worker may outlive the run."""
    words = ["batch", "files", *map(str, arguments), "--runner", runner]
    done = subprocess.run([sys.executable, "-c", CLI, *words], stderr=subprocess.PIPE, text=True, check=False)
    return Done(done.returncode, done.stderr)


@pytest.mark.parametrize("runner", ["FnApiRunner", "PortableRunner"])
def test_a_batch_over_files_gives_the_same_result_as_one_machine(
    runner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, artifacts = os.environ["TEST_FLINK"].split(",")
    monkeypatch.setenv("ONRECORD_FILE", str(tmp_path / "none.sqlite"))
    monkeypatch.setenv("ONRECORD_JOB__ENDPOINT", job)
    monkeypatch.setenv("ONRECORD_JOB__ARTIFACT_ENDPOINT", artifacts)
    paths = written(tmp_path)
    expected, reports = by_machine(tmp_path, paths)
    assert len(expected) == 3

    out = tmp_path / "out"
    done = files(tmp_path / "o*.jsonl*", "--to", out, "--gzip", runner=runner)
    assert done.code == 65
    # On a busy machine Beam may log before it that the job server closed a stream first.
    assert done.told.endswith("3 documents, 1 duplicate, 3 dead-lettered, 7 quotes\n")
    result = [replace(document, origin="") for document in nouns(Document, out, DOCUMENTS)]
    assert sorted(result, key=key) == sorted(expected, key=key)
    output = nouns(Report, out, QUOTES)
    assert len(output) == len(reports) == 7
    assert {report.quote.id: report for report in output} == {report.quote.id: report for report in reports}

    letters = sorted((json.loads(line) for line in read(out, DEAD_LETTERS)), key=lambda letter: str(letter["origin"]))
    assert all(letter.pop("time") for letter in letters)
    one, other = (str(path) for path in paths)
    begins = {"step": "ingest", "topic": "files"}
    no_json = "is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    assert letters == [
        {**begins, "key": one, "origin": "files/0/2", "error": f"{one}:3 {no_json}", "text": "{'no': 'JSON'}\n"},
        {
            **begins,
            "key": one,
            "origin": "files/0/3",
            "error": f"{one}:5 has neither title nor text",
            "text": '{"id": 7}',
        },
        {
            **begins,
            "key": other,
            "origin": "files/1/0",
            "error": f"{other}:1 is not JSON: Expecting value: line 1 column 1 (char 0)",
            "base64": "//4K",
        },
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("none.jsonl",), "files 'none.jsonl': no file matches"),
        ((".",), "files '.': this is a folder; name its files, such as './*.jsonl'"),
        (("none://a.jsonl",), "files 'none://a.jsonl' cannot be looked up: Unable to get filesystem"),
        (("a.jsonl", "--runner", "Walker"), "runner 'Walker' is unknown to Beam"),
        (("a.jsonl", "--beam", "direct_num_workers=all"), "--beam: argument --direct_num_workers: invalid int value"),
        (("a.jsonl", "--to", "full"), "folder 'full' is not empty: it contains full/of-it"),
    ],
)
def test_a_failed_start_is_explained_in_one_line(
    arguments: tuple[str, ...],
    error: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").touch()
    Path("full").mkdir()
    Path("full/of-it").touch()
    assert main(["batch", "files", "--to", "out", "--runner", "FnApiRunner", *arguments]) == 2
    output = capsys.readouterr().err
    assert output.count("\n") == 1
    assert error in output


def test_a_failed_run_gives_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    (tmp_path / "in-the-way").touch()
    done = files(tmp_path / "a.jsonl", "--to", tmp_path / "in-the-way" / "out")
    assert done.code == 69
    assert "the run on FnApiRunner failed: OSError: [Errno 20] Not a directory" in done.told


def cluster(prefix: str, elastic: str) -> Settings:
    """A cluster without Flink on the test servers, with topics of one prefix and an index of another."""
    values: dict[str, object] = {
        "profile": "cluster",
        "kafka.brokers": os.environ["TEST_KAFKA"],
        "kafka.prefix": prefix,
        "kafka.partitions": 2,
        "elasticsearch.url": f"http://{os.environ['TEST_ELASTICSEARCH']}",
        "elasticsearch.prefix": elastic,
        "elasticsearch.replicas": 0,
        "job.runner": "local",
    }
    return load(None, values)


@dataclass(frozen=True)
class Indexed:
    """All that an index holds of the articles."""

    documents: list[Document]
    decisions: dict[str, Decision]
    statements: dict[str, int]


def indexed(services: Services) -> Indexed:
    documents = [result for article in articles()[:2] for result in services.index.documents(article.id)]
    decisions = services.index.verdicts([quote.id for document in documents for quote in document.quotes])
    statements = {each.statement.id: len(services.index.decisions(each.statement.id)) for each in decisions.values()}
    return Indexed(sorted(documents, key=key), decisions, statements)


def filled(prefix: str, elastic: str, *how: str) -> Indexed:
    """Return what an index of that prefix holds after it was filled from the log, by the command line."""
    settings = cluster(prefix, elastic)
    provided = {
        "PROFILE": "cluster",
        "KAFKA__BROKERS": settings.kafka.brokers[0],
        "KAFKA__PREFIX": prefix,
        "KAFKA__PARTITIONS": "2",
        "ELASTICSEARCH__URL": settings.elasticsearch.url,
        "ELASTICSEARCH__PREFIX": elastic,
        "ELASTICSEARCH__REPLICAS": "0",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in provided.items():
            patch.setenv(f"ONRECORD_{name}", value)
        assert main(["batch", "index", "--runner", "FnApiRunner", *how]) == 0
    with closing(open_services(settings)) as services:
        return indexed(services)


@contextmanager
def emptied() -> Iterator[list[str]]:
    """Prefixes of indices that are deleted afterwards."""
    settings = [servers.elasticsearch() for _ in range(3)]
    yield [each.prefix for each in settings]
    for each in settings:
        servers.forget(each)


def test_an_index_rebuilt_from_the_log_equals_the_lost_one(capsys: pytest.CaptureFixture[str]) -> None:
    with emptied() as (first, again, anew), closing(open_services(cluster(first, first))) as services:
        services.desk.save(
            Actor(id="ada", name="Ada Lindqvist"), Watch(id="all", name="All", created=EPOCH, by=("ada",))
        )
        services.log.append(ARTICLES, [outgoing.arrived(article) for article in articles()])
        services.log.append(ARTICLES, [Message("poison", b"no JSON")])
        local.drain(services)
        expected = indexed(services)
        assert len(expected.documents) == 3
        assert {each.verdict for each in expected.decisions.values()} >= {"new", "repeated"}
        alerts, letters = (services.log.read(topic, "onlooker", 100) for topic in (ALERTS, DEAD_LETTERS))
        assert alerts
        assert len(letters) == 1

        capsys.readouterr()
        assert filled(first, anew, "--anew") == expected
        assert "3 documents, 1 duplicate" in capsys.readouterr().err

        # What the job on Flink leaves on the log beside the index.
        services.log.append(DOCUMENTS, [steps.documented(document) for document in expected.documents])
        services.log.append(DECISIONS, [steps.decided(decision) for decision in expected.decisions.values()])
        assert filled(first, again) == expected
        assert services.log.read(ALERTS, "onlooker", 100) == alerts
        assert services.log.read(DEAD_LETTERS, "onlooker", 100) == letters

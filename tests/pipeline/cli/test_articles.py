"""Articles from files, on the way into the log and through it."""

import gzip
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.files.evidence import WarcEvidence
from pipeline.ports import Response
from pipeline.sources import Exchange
from tests.examples import NOON
from tests.pipeline.cli.conftest import RECORD, STORY, Onrecord, articles, opened

HOLDER = """
import sys
from pathlib import Path
from connectors.processes import job_lock
with job_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_read_remembered_and_searchable(onrecord: Onrecord, story: Path, file: Path) -> None:
    folder = story.parent / "folder"
    folder.mkdir()
    story.rename(folder / "story.txt")
    (folder / "more.jsonl").write_text(json.dumps(RECORD) + "\n")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    done = onrecord("ingest", folder)
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("2 articles read: 2 indexed, ")
    found = onrecord("search", "harbour")
    assert [(row[1], row[3]) for row in found.rows] == [("Ada Lindqvist", "folder")]
    again = onrecord("ingest", folder)
    assert (again.code, again.err) == (0, "2 articles read: 2 duplicate\n")
    assert articles(file) == 2


def test_a_backfill_alerts_nobody_and_live_articles_do(onrecord: Onrecord, story: Path, file: Path) -> None:
    onrecord("actors", "add", "Ada Lindqvist")
    onrecord("watches", "add", "Ada", "--by", "ada-lindqvist")
    onrecord("ingest", story)
    assert onrecord("alerts", "list").rows == []
    done = onrecord("ingest", "--live", "-", stdin=json.dumps(RECORD))
    assert "1 alert\n" in done.err
    assert [row[7] for row in onrecord("alerts", "list").rows] == ["Ada Lindqvist"]


@pytest.mark.parametrize(
    "content",
    [
        STORY,
        f"<html><title>Harbour</title><p>{STORY}</p></html>",
        json.dumps(RECORD),
        json.dumps(RECORD, indent=2),
        json.dumps([RECORD, RECORD | {"url": "https://wire.example/2"}]),
        json.dumps(RECORD) + "\n\n" + json.dumps(RECORD | {"url": "https://wire.example/2"}),
    ],
    ids=["text", "html", "object", "indented", "list", "lines"],
)
def test_standard_input_may_have_any_format(onrecord: Onrecord, file: Path, content: str) -> None:
    assert onrecord("ingest", "-", stdin=content).code == 0
    assert articles(file) == (2 if content.count("wire.example/2") else 1)


def test_a_missing_path_stops_an_import_before_it_reads(onrecord: Onrecord, story: Path, file: Path) -> None:
    done = onrecord("ingest", story, story.with_name("none.txt"))
    assert (done.code, done.err) == (2, f"onrecord: path {story.with_name('none.txt')} does not exist\n")
    assert not file.exists()


@pytest.mark.slow
def test_a_running_job_processes_the_imported_articles(onrecord: Onrecord, story: Path, file: Path) -> None:
    with opened(file):
        pass
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        done = onrecord("ingest", story)
        busy = onrecord("run", "--no-web")
        holder.communicate(b"")
    assert (done.code, done.err) == (0, "1 article read, left to the running job\n")
    assert busy.code == 69
    assert f"already in use by the process with pid {holder.pid}" in busy.err
    assert articles(file) == 0


def test_evidence_is_listed_and_written(onrecord: Onrecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    onrecord("actors", "add", "Ada Lindqvist")
    none = onrecord("articles", "evidence", "0123456789abcdef")
    assert none.code == 2
    assert "the setting evidence.keep is 0" in none.err
    monkeypatch.setenv("ONRECORD_EVIDENCE__KEEP", "30d")
    monkeypatch.setenv("ONRECORD_EVIDENCE__FOLDER", str(tmp_path / "seen"))
    assert "no evidence was kept of it" in onrecord("articles", "evidence", "0123456789abcdef").err
    page = Response(200, {}, b"<p>The harbour.</p>", "https://wire.example/port", sent={"host": "wire.example"})
    WarcEvidence(tmp_path / "seen", timedelta(days=30)).hold("0123456789abcdef", Exchange(page.url, page, NOON))
    listed = onrecord("articles", "evidence", "0123456789abcdef").rows
    assert [(row[1], row[2], row[4]) for row in listed] == [("200", "19", "https://wire.example/port")]
    assert onrecord("articles", "evidence", "0123456789abcdef", "--warc", tmp_path / "port.warc.gz").code == 0
    assert page.body in gzip.decompress((tmp_path / "port.warc.gz").read_bytes())
    refused = onrecord("articles", "evidence", "0123456789abcdef", "--warc", tmp_path / "no" / "port.warc.gz")
    assert (refused.code, "cannot be written" in refused.err) == (2, True)

"""Evidence is held, kept once an alert rests on it, given back as WARC, and deleted when it is too old."""

import gzip
from base64 import b32encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha1
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from warcio.archiveiterator import ArchiveIterator

from connectors.files.evidence import WarcEvidence
from pipeline.errors import WorldError
from pipeline.ports import Response
from pipeline.sources import Exchange
from tests.examples import NOON

ARTICLE = "0123456789abcdef"
SENT = {"host": "courier.example", "user-agent": "onrecord/1"}
ANSWER = {"content-type": "text/html", "content-encoding": "gzip", "set-cookie": "session=secret", "etag": '"v1"'}
PAGE = Response(200, ANSWER, b"<p>The harbour stays open.</p>", "https://courier.example/harbour?page=1", sent=SENT)
YEAR = timedelta(days=365)


@pytest.fixture
def evidence(tmp_path: Path) -> WarcEvidence:
    return WarcEvidence(tmp_path / "evidence", YEAR)


def test_a_stored_page_comes_with_its_request(evidence: WarcEvidence) -> None:
    evidence.hold(ARTICLE, Exchange(PAGE.url, PAGE, NOON))
    with BytesIO(evidence.content(ARTICLE)) as warc:
        records = {r.rec_type: (r.http_headers.to_str(), r.content_stream().read()) for r in ArchiveIterator(warc)}
    assert records["response"][1] == PAGE.body
    assert records["request"][0].startswith("GET /harbour?page=1 HTTP/1.1\r\n")
    assert "user-agent: onrecord/1" in records["request"][0]
    assert "gzip" not in records["response"][0]
    assert "secret" not in records["response"][0]
    assert f"content-length: {len(PAGE.body)}" in records["response"][0]


def test_records_have_time_status_digest_and_size(evidence: WarcEvidence) -> None:
    evidence.hold(ARTICLE, Exchange(PAGE.url, PAGE, NOON))
    (record,) = evidence.find(ARTICLE)
    assert (record.url, record.time, record.status, record.bytes) == (PAGE.url, NOON, 200, len(PAGE.body))
    assert record.digest == f"sha1:{b32encode(sha1(PAGE.body).digest()).decode()}"


def test_a_pushed_body_is_a_resource_record(evidence: WarcEvidence) -> None:
    pushed = Response(200, {"content-type": "application/atom+xml"}, b"<feed/>", "https://courier.example/feed")
    evidence.hold(ARTICLE, Exchange(pushed.url, pushed, NOON))
    (record,) = evidence.find(ARTICLE)
    assert (record.url, record.status, record.bytes) == (pushed.url, 0, 7)


def test_every_reading_is_there_oldest_first(evidence: WarcEvidence) -> None:
    later = NOON + timedelta(hours=1)
    evidence.hold(ARTICLE, Exchange(PAGE.url, PAGE, later))
    evidence.hold(ARTICLE, Exchange(PAGE.url, PAGE, NOON))
    evidence.hold("fedcba9876543210", Exchange(PAGE.url, PAGE, NOON))
    assert [record.time for record in evidence.find(ARTICLE)] == [NOON, later]


def test_only_evidence_of_alerts_outlasts_two_days(evidence: WarcEvidence, tmp_path: Path) -> None:
    for article in (ARTICLE, "fedcba9876543210"):
        evidence.hold(article, Exchange(PAGE.url, PAGE, NOON))
    assert evidence.keep(ARTICLE) == 1
    assert evidence.keep(ARTICLE) == 0
    assert evidence.expire(NOON + timedelta(days=1)) == 0
    assert evidence.expire(NOON + timedelta(days=3)) == 1
    assert [len(evidence.find(article)) for article in (ARTICLE, "fedcba9876543210")] == [1, 0]
    assert evidence.expire(NOON + YEAR + timedelta(days=1)) == 1
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_an_id_is_not_used_as_a_file_pattern(evidence: WarcEvidence) -> None:
    evidence.hold(ARTICLE, Exchange(PAGE.url, PAGE, NOON))
    assert evidence.find("*") == []
    assert evidence.content("../held/0123456789abcdef") == b""


def test_an_unwritable_folder_is_a_world_error(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("a file")
    with pytest.raises(WorldError, match="cannot be written: Not a directory"):
        WarcEvidence(tmp_path / "evidence", YEAR).hold(ARTICLE, Exchange(PAGE.url, PAGE, NOON))


def test_the_articles_of_a_large_feed_cost_one_file(evidence: WarcEvidence, tmp_path: Path) -> None:
    feed = Exchange(PAGE.url, PAGE, NOON)
    articles = [f"{number:016x}" for number in range(300)]
    for article in articles:
        evidence.hold(article, feed)
    assert len({file.stat().st_ino for file in (tmp_path / "evidence" / "held").iterdir()}) == 1
    assert evidence.keep(articles[0]) == 1
    evidence.expire(NOON + timedelta(days=3))
    assert [len(evidence.find(article)) for article in articles[:2]] == [1, 0]
    evidence.hold(articles[2], Exchange("https://courier.example/other", PAGE, NOON))
    assert evidence.find(articles[2])[0].url == "https://courier.example/harbour?page=1"


def test_a_missing_file_is_written_again(evidence: WarcEvidence) -> None:
    evidence.hold(ARTICLE, Exchange(PAGE.url, PAGE, NOON))
    evidence.keep(ARTICLE)
    evidence.hold("fedcba9876543210", Exchange(PAGE.url, PAGE, NOON))
    assert len(evidence.find("fedcba9876543210")) == 1


def test_an_address_cannot_inject_a_header(evidence: WarcEvidence) -> None:
    address = "https://courier.example/\r\nWARC-Type: metadata\r\n\r\nbody"
    evidence.hold(ARTICLE, Exchange(address, replace(PAGE, url=address), NOON))
    assert b"\r\nWARC-Type: metadata" not in gzip.decompress(evidence.content(ARTICLE))


def noise(number: int) -> Response:
    """A page of 20 kB that no compression makes smaller."""
    return replace(PAGE, body=Random(number).randbytes(20_000))


def stored(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.warc.gz"))


def test_a_full_folder_loses_what_was_held_longest(tmp_path: Path) -> None:
    evidence = WarcEvidence(tmp_path, YEAR, most_bytes=200_000)
    articles = [f"{number:016x}" for number in range(40)]
    for number, article in enumerate(articles):
        time = NOON + timedelta(minutes=number)
        evidence.hold(article, Exchange(PAGE.url, noise(number), time))
        assert stored(tmp_path) < 230_000
        if number == 3:
            assert evidence.keep(article) == 1
    there = [number for number, article in enumerate(articles) if evidence.find(article)]
    assert there[0] == 3
    assert there[1:] == list(range(there[1], 40))
    assert evidence.usage() == (stored(tmp_path), 200_000)


def test_files_with_alerts_fill_a_folder_and_are_never_deleted_for_new_ones(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    evidence = WarcEvidence(tmp_path, YEAR, most_bytes=100_000)
    articles = [f"{number:016x}" for number in range(12)]
    for number, article in enumerate(articles):
        evidence.hold(article, Exchange(PAGE.url, noise(number), NOON + timedelta(minutes=number)))
        evidence.keep(article)
    assert [bool(evidence.find(article)) for article in articles] == [True] * 5 + [False] * 7
    (warning,) = caplog.messages
    assert warning == (
        f"evidence in {tmp_path} is at its limit, evidence.bytes = 100000: nothing new is stored until files expire"
    )
    assert evidence.expire(NOON + YEAR + timedelta(minutes=2)) == 2
    evidence.hold(articles[-1], Exchange(PAGE.url, noise(99), NOON))
    assert evidence.find(articles[-1])


def test_a_file_under_several_names_counts_once(tmp_path: Path) -> None:
    evidence = WarcEvidence(tmp_path, YEAR)
    for number in range(50):
        evidence.hold(f"{number:016x}", Exchange(PAGE.url, PAGE, NOON))
    (size,) = {file.stat().st_size for file in tmp_path.rglob("*.warc.gz")}
    assert evidence.usage()[0] == size

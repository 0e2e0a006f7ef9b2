"""A body that is hostile to a parser ends the parser's process and nothing else."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors import processes
from connectors.feeds.parser import Parser
from pipeline.errors import InputError
from pipeline.settings.sections import Poll
from pipeline.text import dates
from tests.connectors.feeds.sources import ENTRY, item, rss

URL = "https://courier.example/feed"
MANY = " ".join(f"a{n}='1'" for n in range(100_000))
ATTRIBUTES = rss(f"<item {MANY}><title>x</title></item>").encode()
FAULT = "<item><title>x</b></title>"  # for which it is left to feedparser
NESTING = rss(FAULT + "<a>" * 100_000 + "</a>" * 100_000 + "</item>").encode()


def workers() -> set[str]:
    """The ids of our worker processes, as the system sees them."""
    found = subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, text=True, check=False)
    return set(found.stdout.split())


def kill(processes: set[str]) -> None:
    for process in processes:
        os.kill(int(process), signal.SIGSEGV)


@pytest.fixture
def strict() -> Iterator[Parser]:
    with Parser(Poll(parse_seconds=1, parse_megabytes=400), processes=2) as running:
        yield running


def read(parser: Parser, body: bytes = rss(ENTRY).encode()) -> str:
    return parser.feed(body, "", URL).entries[0].title


def test_a_process_is_reused(parser: Parser) -> None:
    read(parser)
    before = workers()
    for _ in range(5):
        assert read(parser) == "Harbour stays open"
    assert workers() == before


def test_an_error_leaves_the_process_alive(parser: Parser) -> None:
    read(parser)
    before = workers()
    with pytest.raises(InputError, match="is a web page"):
        parser.feed(b"<html></html>", "", URL)
    assert workers() == before


def test_half_a_surrogate_pair_costs_its_character_only(parser: Parser) -> None:
    read(parser)
    before = workers()
    body = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "C",
            "feed_url": "https://courier.example/\ud83d",
            "hubs": [{"type": "WebSub", "url": "https://hub.example/\udc80\ud83d\ude00"}],
            "items": [{"id": "1", "title": "a \ud83d b", "content_text": "\ud800"}],
        }
    ).encode()
    contents = parser.feed(body, "application/feed+json", URL)
    assert contents.entries[0].title == "a b"
    assert contents.topic == "https://courier.example/\N{REPLACEMENT CHARACTER}"
    assert contents.hub == "https://hub.example/\N{REPLACEMENT CHARACTER}\N{GRINNING FACE}"
    assert workers() == before


def test_a_process_has_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ONRECORD_WEB__TOKEN", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "DATABASE_URL"):
        monkeypatch.setenv(name, "wordofpower")
    with Parser(Poll(), processes=1) as short:
        read(short)
        (pid,) = short.pids()
        passed_on = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"wordofpower" not in passed_on
    assert b"PATH=" in passed_on


@pytest.mark.slow
@pytest.mark.parametrize("body", [NESTING, NESTING[: len(NESTING) // 2]], ids=["nested", "cut"])
def test_a_cancelled_parse_is_killed(strict: Parser, body: bytes) -> None:
    read(strict)
    before = workers()
    with pytest.raises(InputError, match=f"^{URL} takes more than 1 s to parse$"):
        strict.feed(body, "", URL)
    assert workers() < before
    assert read(strict) == "Harbour stays open"


def test_attributes_without_end_cost_nothing(parser: Parser) -> None:
    left_to_feedparser = ATTRIBUTES.replace(b"x</title>", b"x</title></b>")
    assert read(parser, ATTRIBUTES) == read(parser, left_to_feedparser) == "x"


def test_absurdly_nested_xml_is_refused(parser: Parser) -> None:
    with pytest.raises(InputError, match=f"^{URL} is nested more than 256 deep, as no feed is$"):
        read(parser, NESTING.replace(b"</b>", b""))


@pytest.mark.slow
def test_cpu_is_limited_whatever_the_time() -> None:
    with (
        Parser(Poll(parse_seconds=60), processes=1) as patient,
        pytest.raises(InputError, match=f"^{URL} takes more than 2 s of CPU to parse$"),
    ):
        patient.feed(NESTING, "", URL)


@pytest.mark.slow
def test_other_parses_go_on_meanwhile() -> None:
    with Parser(Poll(parse_seconds=60), processes=2) as patient, ThreadPoolExecutor(1) as threads:
        hostile = threads.submit(patient.feed, NESTING, "", URL)
        assert read(patient) == "Harbour stays open"
        assert not hostile.done()
        assert isinstance(hostile.exception(), InputError)


@pytest.mark.slow
def test_memory_is_limited() -> None:
    with (
        Parser(Poll(parse_seconds=60, parse_megabytes=30), processes=1) as small,
        pytest.raises(InputError, match=f"^{URL} takes more than 30 MB to parse$"),
    ):
        small.feed(rss(f"<item><title>{'x' * 19_000_000}</title></item>").encode(), "", URL)


@pytest.mark.slow
def test_memory_is_limited_per_body() -> None:
    with Parser(Poll(parse_seconds=60, parse_megabytes=100), processes=1) as reused:
        for _ in range(4):
            assert len(reused.feed(rss(item(1, title="x" * 5_000_000)).encode(), "", URL).entries) == 1


def test_a_process_that_keeps_too_much_memory_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with Parser(Poll(), processes=1) as reused:
        read(reused)
        (before,) = reused.pids()
        read(reused)
        assert reused.pids() == [before]
        monkeypatch.setattr(processes, "_MOST_IDLE_MEGABYTES", 5)
        assert read(reused) == "Harbour stays open"
        assert reused.pids() == []


def test_dates_without_end_are_not_remembered() -> None:
    before = dates._parsed.cache_info().currsize
    assert dates.parsed("1" * 1_000_000) is None
    assert dates._parsed.cache_info().currsize == before


@pytest.mark.slow
def test_a_process_that_dies_at_work_is_an_error_of_that_body(strict: Parser) -> None:
    before = workers()
    read(strict)
    with ThreadPoolExecutor(1) as threads:
        hostile = threads.submit(strict.feed, NESTING, "", URL)
        time.sleep(0.2)
        kill(workers() - before)
        assert str(hostile.exception()) == f"{URL} crashes the process that should parse it: signal 11"
    assert read(strict) == "Harbour stays open"


@pytest.mark.slow
def test_a_process_that_died_idle_is_replaced() -> None:
    before = workers()
    with Parser(Poll(), processes=1) as short:
        read(short)
        kill(workers() - before)
        time.sleep(0.2)
        assert read(short) == "Harbour stays open"


@pytest.mark.slow
def test_no_process_outlives_its_parser() -> None:
    before = workers()
    with Parser(Poll(), processes=1) as short:
        read(short)
        assert workers() > before
    assert workers() == before


@pytest.mark.slow
def test_no_process_outlives_a_killed_parent(tmp_path: Path) -> None:
    script = f"""
import os, sys, threading
from connectors.feeds.parser import Parser
from pipeline.settings import Poll
parser = Parser(Poll(parse_seconds=1))
parser.feed({rss(ENTRY)!r}.encode(), "", {URL!r})
print(parser.pids()[0], flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    worker = int(done.stdout)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            if "python" in Path(f"/proc/{worker}/cmdline").read_text():
                time.sleep(0.05)
                continue
        return
    pytest.fail(f"worker {worker} is still there")


@pytest.mark.slow
def test_a_text_of_ten_megabytes_comes_through_within_one_limit_for_all_formats() -> None:
    with Parser(Poll(parse_seconds=60, parse_megabytes=100), processes=1) as running:
        body = rss(f"<item><title>x</title><description>{'word ' * 2_000_000}</description></item>").encode()
        (entry,) = running.feed(body, "", URL).entries
        assert len(entry.text) == 9_999_999
        record = json.dumps({"title": "x", "text": "word " * 2_000_000}).encode()
        assert len(running.records(record, URL)["text"]) == 10_000_000

"""WARC files: pages become articles, and what is spoilt or hostile costs no more than its file."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.files.reader import articles
from pipeline.errors import InputError
from pipeline.model import Article
from tests.connectors.files.test_reader import PAGE, errors, read, write
from tests.examples import NOON
from tests.warc import page, record, warc

SITE = "https://www.courier.example"
MADE = (
    (f"{SITE}/harbour?utm_source=x", "200 OK", PAGE),
    (f"{SITE}/gone", "404 Not Found", PAGE),
    (f"{SITE}/empty", "200 OK", "<html></html>"),
    (f"{SITE}/bridge", "200 OK", PAGE.replace('rel="canonical"', 'rel="none"')),
)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_warc_file(tmp_path: Path, name: str) -> None:
    path = warc(tmp_path / name, *MADE)
    found = list(articles(path, lambda: NOON))
    harbour, empty, bridge = found
    assert isinstance(harbour, Article)
    assert (harbour.title, harbour.url, harbour.backfill) == (
        "Harbour stays open",
        "https://courier.example/harbour",
        True,
    )
    assert harbour.published == datetime(2026, 2, 28, 10, tzinfo=UTC)
    assert (harbour.source, harbour.language) == ("courier.example", "en")
    assert str(empty) == f"{SITE}/empty holds no article"
    assert isinstance(bridge, Article)
    assert bridge.canonical_url == "https://courier.example/bridge"
    assert list(articles(path, lambda: NOON, skip=2)) == [bridge]
    assert list(articles(path, lambda: NOON, skip=3)) == []


@pytest.mark.slow
def test_a_damaged_warc_file_gives_the_records_before_the_damage(tmp_path: Path) -> None:
    whole = warc(tmp_path / "a.warc.gz", *MADE[:1], *MADE[3:])
    spoilt = write(tmp_path / "b.warc.gz", whole.read_bytes() + b"\x1f\x8b\x08\x00spoilt and cut")
    assert len([one for one in articles(spoilt, lambda: NOON) if isinstance(one, Article)]) == 2
    assert errors(write(tmp_path / "c.warc", "no WARC\r\n" * 10))[0].startswith(f"{tmp_path}/c.warc ")
    assert errors(write(tmp_path / "d.warc.gz", b"")) == [f"{tmp_path}/d.warc.gz holds no web page"]


@pytest.mark.slow
def test_blocks_that_a_source_repeats_are_left_out(tmp_path: Path) -> None:
    box = "<p>“We shall never close,” says the mayor in the interview of the week, out now on our pages.</p>"
    stories = [
        (
            f"{SITE}/{n}",
            "200 OK",
            f"<html><article>{''.join(STORY.format(n, m) for m in range(4))}{box}</article></html>",
        )
        for n in range(4)
    ]
    other = ("https://gazette.example/1", "200 OK", stories[0][2])
    found = read(warc(tmp_path / "a.warc.gz", *stories, other))
    assert ["interview" in one.text for one in found] == [False, False, False, False, True]
    assert all("sentence 3" in one.text for one in found)


STORY = "<p>In story {} this is sentence {}, and it is told at some length by our reporter at the harbour.</p>"
GOOD = page(f"{SITE}/harbour", "200 OK", PAGE)
START = b"WARC/1.0\r\nWARC-Type: response\r\n"


SPOILT: tuple[tuple[Callable[[], bytes], str], ...] = (  # made when they are needed: a run of other tests has no room
    (lambda: START + b"X: " + b"a" * 300_000_000, "damaged after page 1: a record takes more than 200 MB"),
    (lambda: START + b"X: a\r\n" * 20_000_000, "damaged after page 1: a record takes more than 2 s of CPU"),
    (lambda: START + b"\r\n", "damaged after page 1: "),
    (lambda: GOOD.replace(b"Content-Length: ", b"Content-Length: x", 1), "damaged after page 1: "),
    (lambda: GOOD.replace(b"Content-Length: ", b"Content-Length: -", 1), "damaged after page 1: "),
    (lambda: page(f"{SITE}/bomb", "200 OK", "<p>" + "a" * 300_000_000), f"{SITE}/bomb holds no article"),
    (
        lambda: record("response", f"{SITE}/x", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"),
        f"{SITE}/x holds no article",
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize(("spoilt", "complaint"), SPOILT)
def test_hostile_records_cost_their_file_at_most(tmp_path: Path, spoilt: Callable[[], bytes], complaint: str) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(GOOD) + gzip.compress(spoilt(), 1))
    good, bad = articles(path, lambda: NOON)
    assert isinstance(good, Article)
    assert isinstance(bad, InputError)
    assert complaint in str(bad)
    assert "\n" not in str(bad)

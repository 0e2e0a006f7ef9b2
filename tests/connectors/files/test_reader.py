"""Articles come from files of every kind; what cannot be read is named, and the rest goes on."""

import gzip
import json
import resource
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.files.reader import articles
from pipeline.codec import encode, plain
from pipeline.errors import InputError
from pipeline.model import Article
from pipeline.settings.sections import Poll
from tests import examples
from tests.examples import NOON

PAGE = """<html><head><title>Harbour stays open</title><link rel="canonical" href="https://courier.example/harbour">
<meta name="author" content="Ada Lindqvist"><meta property="article:published_time" content="2026-02-28T10:00:00Z">
</head><body><nav><a href="/">Home</a></nav><article><h1>Harbour stays open</h1>
<p>The harbour will stay open all winter, the mayor said on Monday after a meeting of the council.</p>
<p>“Nobody has asked us to close it,” she said, and nobody in the room had anything to say against it.</p></article>
<footer>Imprint</footer></body></html>"""


def read(path: Path, **options: Any) -> list[Article]:
    """The articles; a test that expects errors asks `articles` itself."""
    results = []
    for article in articles(path, lambda: NOON, **options):
        assert isinstance(article, Article), article
        results.append(article)
    return results


def errors(path: Path) -> list[str]:
    return [str(error) for error in articles(path, lambda: NOON) if isinstance(error, InputError)]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(path: Path, *records: Any) -> Path:
    return write(path, "".join(f"{json.dumps(record)}\n" for record in records))


@pytest.mark.parametrize(
    ("content", "title", "text"),
    [
        ("Harbour stays open\r\n\r\nIt will.\r\n\r\nAll winter.", "Harbour stays open", "It will.\n\nAll winter."),
        ("It will stay open.\nAll winter.", "", "It will stay open.\nAll winter."),
        ("Only this.", "", "Only this."),
        ("Ada said that it would.\n\nBo did not.", "", "Ada said that it would.\n\nBo did not."),
        ("“It will.”\n\nAda said so.", "", "“It will.”\n\nAda said so."),
        ("Harbour sold to the U.S.\n\nIt is.", "Harbour sold to the U.S.", "It is."),
        ("word " * 50 + "\n\nMore.", "", ("word " * 50).strip() + " \n\nMore."),
    ],
)
def test_a_text_file(tmp_path: Path, content: str, title: str, text: str) -> None:
    (article,) = read(write(tmp_path / "a.txt", content))
    assert (article.title, article.text) == (title, text)
    assert (article.source, article.backfill, article.first_seen) == ("a", True, NOON)


def test_a_text_file_of_unknown_encoding(tmp_path: Path) -> None:
    (article,) = read(write(tmp_path / "a.txt", "Käse ist teuer".encode("latin-1")))
    assert article.text == "Käse ist teuer"


def test_an_html_file(tmp_path: Path) -> None:
    (article,) = read(write(tmp_path / "a.html", PAGE))
    assert (article.title, article.url) == ("Harbour stays open", "https://courier.example/harbour")
    assert (article.source, article.authors) == ("courier.example", ("Ada Lindqvist",))
    assert article.published == datetime(2026, 2, 28, 10, tzinfo=UTC)
    assert "Nobody has asked us" in article.text
    assert "Imprint" not in article.text
    assert "\n\n" in article.text


def test_json_lines_of_other_programs(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "old.jsonl",
        {"id": "1", "text": "Text alone."},
        {"headline": "A", "body": "B", "link": "https://b.example/?utm_source=x", "date": "2016-09-12", "lang": "de"},
        {"id": 2, "title": "C", "content": "D", "author": "Ada", "site": "S", "date": "Mon, 12 Sep 2016 10:00:00 GMT"},
        {"text": "E", "date": "last week"},
    )
    bare, linked, written, undated = read(path)
    assert (bare.text, bare.source, bare.guid) == ("Text alone.", "old", "1")
    assert (linked.canonical_url, linked.source, linked.language) == ("https://b.example/", "b.example", "de")
    assert linked.published == datetime(2016, 9, 12, tzinfo=UTC)
    assert (written.authors, written.source, written.guid) == (("Ada",), "S", "2")
    assert written.published == datetime(2016, 9, 12, 10, tzinfo=UTC)
    assert undated.marks == ("bad-date", "no-link", "no-guid", "no-title")


def test_lines_of_our_own(tmp_path: Path) -> None:
    ours = examples.article()
    path = write(tmp_path / "ours.jsonl", encode(ours) + b"\n" + json.dumps(plain(ours)).encode() + b"\n")
    assert read(path, backfill=False) == [ours, ours]
    assert [article.backfill for article in read(path)] == [True, True]


def test_ids_are_the_same_each_time_and_differ_between_collections(tmp_path: Path) -> None:
    first, other = (lines(tmp_path / f"{name}.jsonl", {"id": "1", "text": "x"}) for name in "ab")
    assert read(first)[0].id == read(first)[0].id
    assert read(first)[0].id != read(other)[0].id


def test_a_json_file_is_one_article_or_several(tmp_path: Path) -> None:
    assert len(read(write(tmp_path / "one.json", json.dumps({"text": "x"}, indent=2)))) == 1
    assert len(read(write(tmp_path / "two.json", json.dumps([{"text": "x"}, {"text": "y"}])))) == 2


def test_bad_lines_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        b'{"text": "one"}\n{"text": "tw\n\n[1]\n{"title": ""}\n"x"\n{"text": "\\ud800two\\u0000"}\n\xff\n{"text": "3"}'
        b'\n{"schema": "article/1", "value": {"id": 1}}\n' + b'{"a":' * 5_000 + b"\n",
    )
    results = list(articles(path, lambda: NOON))
    assert [article.text for article in results if isinstance(article, Article)] == ["one", "two", "3"]
    wrong = [str(error) for error in results if isinstance(error, InputError)]
    places = [message.split(" ")[0].removesuffix(":") for message in wrong]
    assert places == [f"{path}:{number}" for number in (2, 4, 5, 6, 8, 10, 11)]
    assert "neither title nor text" in wrong[2]
    assert all("\n" not in message for message in wrong)


def test_a_directory(tmp_path: Path) -> None:
    write(tmp_path / "b.txt", "Second.")
    (tmp_path / "a").mkdir()
    lines(tmp_path / "a" / "a.jsonl", {"text": "First."})
    write(tmp_path / "c.doc", b"PK")
    write(tmp_path / "d.txt", " \n")
    results = list(articles(tmp_path, lambda: NOON))
    assert [article.text for article in results if isinstance(article, Article)] == ["First.", "Second."]
    unknown, empty = errors(tmp_path)
    assert unknown.startswith(f"{tmp_path / 'c.doc'} is not a file of a known kind ")
    assert empty == f"{tmp_path / 'd.txt'} is empty"
    assert len(list(articles(tmp_path, lambda: NOON, skip=2))) == len(results) - 2


def test_the_directory_of_the_command_names_its_articles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "press 2026.11"
    folder.mkdir()
    write(folder / "a.txt", "First.")
    monkeypatch.chdir(folder)
    assert [article.source for article in articles(Path(), lambda: NOON) if isinstance(article, Article)] == [
        "press 2026.11"
    ]


def test_random_bytes_are_no_article(tmp_path: Path) -> None:
    noise = write(tmp_path / "noise.txt", bytes(number * 7 % 256 for number in range(3000)))
    assert errors(noise) == [f"{noise} is not text"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "missing.txt"
    assert errors(missing) == [f"{missing} cannot be read: No such file or directory"]
    odd = write(tmp_path / "a.doc", b"PK")
    kinds = ".docx .eml .htm .html .json .jsonl .jsonl.gz .md .ndjson .ndjson.gz .odt .pdf .srt .text .txt .vtt"
    kinds += " .warc .warc.gz .xhtml .xml"
    assert errors(odd) == [f"{odd} is not a file of a known kind ({kinds})"]
    empty = write(tmp_path / "a.html", b"<html></html>")
    assert errors(empty) == [f"{empty} holds no article"]
    broken = write(tmp_path / "a.json", b"{")
    assert errors(broken)[0].startswith(f"{broken} is not JSON: ")


@pytest.mark.slow
def test_a_line_without_end_costs_one_article(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b'{"text": "' + b"x" * 45_000_000 + b'"}\n{"text": "after"}\n')
    results = list(articles(path, lambda: NOON))
    assert [article.text for article in results if isinstance(article, Article)] == ["after"]
    assert [str(error) for error in results if isinstance(error, InputError)] == [
        f"{path}:1 has more than 20,000,000 bytes"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("filler", ["[],", "1,", '{"a":[]},'])
def test_a_large_record_is_read_in_a_process_of_limited_memory(tmp_path: Path, filler: str) -> None:
    """The lists of 19 MB take 500 MB and more where they are read."""
    other = f'"other": [{filler * (19_000_000 // len(filler))}0]'
    large = f'{{"title": "Harbour", "text": "It stays open.", "authors": ["Bo"], {other}}}'
    path = write(tmp_path / "a.jsonl", f'{large}\n{{"text": "Next."}}\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    results = list(articles(path, lambda: NOON))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000
    if isinstance(results[0], Article):
        assert (results[0].title, results[0].text, results[0].authors) == ("Harbour", "It stays open.", ("Bo",))
    else:
        assert "takes more than" in str(results[0]) or "fields" in str(results[0])
    assert isinstance(results[1], Article)


@pytest.mark.slow
def test_a_large_article_of_our_own_is_read_whole(tmp_path: Path) -> None:
    ours = replace(examples.article(), text="Он останется. " * 35_000, authors=("A", "B"), section="Port")
    path = lines(tmp_path / "a.jsonl", plain(ours))
    assert path.stat().st_size > 1_000_000  # a record that is parsed in another process
    (read_again,) = read(path)
    assert read_again == replace(ours, text=ours.text.strip(), backfill=True)


@pytest.mark.slow
def test_a_record_in_our_own_format_has_the_same_limits(tmp_path: Path) -> None:
    long, many = "word " * 400_000, tuple(f"Author {n}" for n in range(900))
    hostile = examples.article(
        text=long, title=long, authors=many, source=long, section=long, language="../../x", marks=many, guid=long
    )
    (article,) = read(lines(tmp_path / "a.jsonl", json.loads(encode(hostile))))
    assert len(article.text) <= Poll().article_characters
    assert "truncated" in article.marks
    assert max(len(article.title), len(article.source), len(article.section), len(article.guid)) <= 4_000
    assert len(article.authors) == len(article.marks) - 1 == 20
    assert article.language == ""


def test_names_and_titles_of_several_lines_come_on_one(tmp_path: Path) -> None:
    evil = "Storm\r\n\nDenied\u2028-----\N{RIGHT-TO-LEFT OVERRIDE}\x1b[31m"
    ours = examples.article(title=evil, source=evil, section=evil, agency=evil, authors=(evil,))
    (article,) = read(lines(tmp_path / "a.jsonl", json.loads(encode(ours))))
    assert {article.title, article.source, article.section, article.agency, *article.authors} == {
        "Storm Denied -----[31m"
    }


def test_an_address_outside_the_web_is_left_out(tmp_path: Path) -> None:
    ours = plain(replace(examples.article(), url="javascript:alert(1)"))
    results = read(lines(tmp_path / "a.jsonl", {"text": "a", "url": "javascript:alert(1)"}, ours))
    assert [article.url for article in results] == ["", ""]


@pytest.mark.slow
def test_a_text_of_ten_megabytes_is_cut_and_marked(tmp_path: Path) -> None:
    (article,) = read(write(tmp_path / "a.txt", "word " * 2_000_000))
    assert 499_000 < len(article.text) <= 500_000
    assert "truncated" in article.marks


def test_lines_that_are_compressed_and_read_on(tmp_path: Path) -> None:
    records = [{"text": f"Text {n}.", "id": n} for n in range(5)]
    plain_lines = lines(tmp_path / "a.jsonl", *records)
    packed = write(tmp_path / "b.jsonl.gz", gzip.compress(plain_lines.read_bytes()))
    assert [article.text for article in read(packed, skip=2)] == ["Text 2.", "Text 3.", "Text 4."]
    assert [article.text for article in read(plain_lines, skip=4)] == ["Text 4."]
    assert [article.text for article in read(tmp_path, skip=5)] == [f"Text {n}." for n in range(5)]
    (error,) = errors(write(tmp_path / "c.jsonl.gz", gzip.compress(plain_lines.read_bytes())[:-12]))[-1:]
    assert error.startswith(f"{tmp_path}/c.jsonl.gz cannot be read: ")

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
    found = []
    for one in articles(path, lambda: NOON, **options):
        assert isinstance(one, Article), one
        found.append(one)
    return found


def errors(path: Path) -> list[str]:
    return [str(one) for one in articles(path, lambda: NOON) if isinstance(one, InputError)]


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
    (one,) = read(write(tmp_path / "a.txt", content))
    assert (one.title, one.text) == (title, text)
    assert (one.source, one.backfill, one.first_seen) == ("a", True, NOON)


def test_a_text_file_of_unknown_encoding(tmp_path: Path) -> None:
    (one,) = read(write(tmp_path / "a.txt", "Käse ist teuer".encode("latin-1")))
    assert one.text == "Käse ist teuer"


def test_an_html_file(tmp_path: Path) -> None:
    (one,) = read(write(tmp_path / "a.html", PAGE))
    assert (one.title, one.url) == ("Harbour stays open", "https://courier.example/harbour")
    assert (one.source, one.authors) == ("courier.example", ("Ada Lindqvist",))
    assert one.published == datetime(2026, 2, 28, 10, tzinfo=UTC)
    assert "Nobody has asked us" in one.text
    assert "Imprint" not in one.text
    assert "\n\n" in one.text


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
    assert [one.backfill for one in read(path)] == [True, True]


def test_ids_are_the_same_each_time_and_differ_between_collections(tmp_path: Path) -> None:
    one, other = (lines(tmp_path / f"{name}.jsonl", {"id": "1", "text": "x"}) for name in "ab")
    assert read(one)[0].id == read(one)[0].id
    assert read(one)[0].id != read(other)[0].id


def test_a_json_file_is_one_article_or_several(tmp_path: Path) -> None:
    assert len(read(write(tmp_path / "one.json", json.dumps({"text": "x"}, indent=2)))) == 1
    assert len(read(write(tmp_path / "two.json", json.dumps([{"text": "x"}, {"text": "y"}])))) == 2


def test_bad_lines_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        b'{"text": "one"}\n{"text": "tw\n\n[1]\n{"title": ""}\n"x"\n{"text": "\\ud800two\\u0000"}\n\xff\n{"text": "3"}'
        b'\n{"schema": "article/1", "value": {"id": 1}}\n' + b'{"a":' * 5_000 + b"\n",
    )
    found = list(articles(path, lambda: NOON))
    assert [one.text for one in found if isinstance(one, Article)] == ["one", "two", "3"]
    wrong = [str(one) for one in found if isinstance(one, InputError)]
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
    found = list(articles(tmp_path, lambda: NOON))
    assert [one.text for one in found if isinstance(one, Article)] == ["First.", "Second."]
    unknown, empty = errors(tmp_path)
    assert unknown.startswith(f"{tmp_path / 'c.doc'} is not a file of a known kind ")
    assert empty == f"{tmp_path / 'd.txt'} is empty"
    assert len(list(articles(tmp_path, lambda: NOON, skip=2))) == len(found) - 2


def test_the_directory_of_the_command_names_its_articles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "press 2026.11"
    folder.mkdir()
    write(folder / "a.txt", "First.")
    monkeypatch.chdir(folder)
    assert [one.source for one in articles(Path(), lambda: NOON) if isinstance(one, Article)] == ["press 2026.11"]


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
    found = list(articles(path, lambda: NOON))
    assert [one.text for one in found if isinstance(one, Article)] == ["after"]
    assert [str(one) for one in found if isinstance(one, InputError)] == [f"{path}:1 has more than 20,000,000 bytes"]


@pytest.mark.slow
@pytest.mark.parametrize("filler", ["[],", "1,", '{"a":[]},'])
def test_a_large_record_is_read_in_a_process_of_limited_memory(tmp_path: Path, filler: str) -> None:
    """The lists of 19 MB take 500 MB and more where they are read."""
    other = f'"other": [{filler * (19_000_000 // len(filler))}0]'
    large = f'{{"title": "Harbour", "text": "It stays open.", "authors": ["Bo"], {other}}}'
    path = write(tmp_path / "a.jsonl", f'{large}\n{{"text": "Next."}}\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = list(articles(path, lambda: NOON))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000
    if isinstance(found[0], Article):
        assert (found[0].title, found[0].text, found[0].authors) == ("Harbour", "It stays open.", ("Bo",))
    else:
        assert "takes more than" in str(found[0]) or "fields" in str(found[0])
    assert isinstance(found[1], Article)


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
    (found,) = read(lines(tmp_path / "a.jsonl", json.loads(encode(hostile))))
    assert len(found.text) <= Poll().article_characters
    assert "truncated" in found.marks
    assert max(len(found.title), len(found.source), len(found.section), len(found.guid)) <= 4_000
    assert len(found.authors) == len(found.marks) - 1 == 20
    assert found.language == ""


def test_names_and_titles_of_several_lines_come_on_one(tmp_path: Path) -> None:
    evil = "Storm\r\n\nDenied\u2028-----\N{RIGHT-TO-LEFT OVERRIDE}\x1b[31m"
    ours = examples.article(title=evil, source=evil, section=evil, agency=evil, authors=(evil,))
    (article,) = read(lines(tmp_path / "a.jsonl", json.loads(encode(ours))))
    assert {article.title, article.source, article.section, article.agency, *article.authors} == {
        "Storm Denied -----[31m"
    }


def test_an_address_outside_the_web_is_left_out(tmp_path: Path) -> None:
    ours = plain(replace(examples.article(), url="javascript:alert(1)"))
    found = read(lines(tmp_path / "a.jsonl", {"text": "a", "url": "javascript:alert(1)"}, ours))
    assert [article.url for article in found] == ["", ""]


@pytest.mark.slow
def test_a_text_of_ten_megabytes_is_cut_and_marked(tmp_path: Path) -> None:
    (one,) = read(write(tmp_path / "a.txt", "word " * 2_000_000))
    assert 499_000 < len(one.text) <= 500_000
    assert "truncated" in one.marks


def test_lines_that_are_compressed_and_read_on(tmp_path: Path) -> None:
    records = [{"text": f"Text {n}.", "id": n} for n in range(5)]
    plain_lines = lines(tmp_path / "a.jsonl", *records)
    packed = write(tmp_path / "b.jsonl.gz", gzip.compress(plain_lines.read_bytes()))
    assert [one.text for one in read(packed, skip=2)] == ["Text 2.", "Text 3.", "Text 4."]
    assert [one.text for one in read(plain_lines, skip=4)] == ["Text 4."]
    assert [one.text for one in read(tmp_path, skip=5)] == [f"Text {n}." for n in range(5)]
    (error,) = errors(write(tmp_path / "c.jsonl.gz", gzip.compress(plain_lines.read_bytes())[:-12]))[-1:]
    assert error.startswith(f"{tmp_path}/c.jsonl.gz cannot be read: ")

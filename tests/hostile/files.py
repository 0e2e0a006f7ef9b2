"""Hostile archives and lists of articles, which are read from files: `python -m tests.hostile.files FOLDER`."""

import gzip
import json
import sys
from pathlib import Path

from tests.hostile.markup import STORY
from tests.warc import page, record


def files() -> list[tuple[str, str, bytes]]:
    """Return what each is, the name of the file, and what is in it; each ends with one good article."""
    good = page("https://courier.example/good", "200 OK", STORY % ("", ""))
    start = b"WARC/1.0\r\nWARC-Type: response\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    url = "https://courier.example/x"
    records = {
        "a WARC header of 300 MB": start + b"X: " + b"a" * 300_000_000,
        "20,000,000 WARC headers": start + b"X: a\r\n" * 20_000_000,
        "5,000,000 HTTP headers": record("response", url, answer + b"X: a\r\n" * 5_000_000),
        "a page of 300 MB": page(url, "200 OK", "<p>" + "a" * 300_000_000),
        "a page of 20 MB packed twice": record(
            "response", url, answer + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"<p>a" * 100_000_000, 1)
        ),
        "a length that is too large": good.replace(b"Content-Length: ", b"Content-Length: 9", 1),
        "a length that is too small": good.replace(b"Content-Length: 6", b"Content-Length: ", 1),
        "a length that is none": good.replace(b"Content-Length: ", b"Content-Length: x", 1),
        "a record without a type": b"WARC/1.0\r\n\r\n",
        "an address of 5 MB": page("https://courier.example/" + "a" * 5_000_000, "200 OK", STORY % ("", "")),
    }
    line = json.dumps({"text": "The harbour stays open."}).encode()
    lines = {
        "a line of 300 MB": b"a" * 300_000_000,
        "a line of 100,000 levels": b"[" * 100_000,
        "a line of 1,000,000 digits": b'{"text":' + b"1" * 1_000_000 + b"}",
        "a line of 1,000,000 keys": b"{" + b",".join(b'"%d":1' % n for n in range(1_000_000)) + b"}",
        "1,000,000 empty lines": b"\n" * 1_000_000,
        "a text of 19 MB": json.dumps({"text": "word " * 3_800_000}).encode(),
        "a line of NUL": b"\x00" * 1_000_000,
        "a line of half surrogates": b'{"text":"' + b"\\ud800" * 100_000 + b'"}',
    }
    archives = [
        (name, "a.warc.gz", gzip.compress(content, 1) + gzip.compress(good)) for name, content in records.items()
    ]
    return archives + [
        (name, "a.jsonl.gz", gzip.compress(b"%b\n%b\n" % (content, line), 1)) for name, content in lines.items()
    ]


def write_files(folder: Path) -> None:
    """Write each file into a folder of its own, beside its description."""
    for number, (name, file, content) in enumerate(files()):
        (folder / f"{number:02}").mkdir()
        (folder / f"{number:02}" / "name").write_text(name, encoding="utf-8")
        (folder / f"{number:02}" / file).write_bytes(content)


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))

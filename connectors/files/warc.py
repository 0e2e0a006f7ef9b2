"""The web pages in a WARC file, such as those of Common Crawl's news crawl (warcio, ISO 28500).

A process of its own reads the file: `python -m connectors.files.warc FILE BYTES SKIP`. Its memory is limited, and it
ends when a record takes too long, because warcio accepts any number of headers of any length. The process writes frames
in the format of `connectors.processes`: two for a page (JSON with its address and type, then its body), one for a
damaged record.
"""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import orjson
from warcio.archiveiterator import ArchiveIterator

from connectors.processes import (
    OUT_OF_MEMORY,
    PARSE_CPU_SECONDS,
    answers,
    environment,
    limit_memory,
    limit_time,
    read,
    write,
)
from pipeline.errors import InputError

SUFFIXES: Final = (".warc", ".warc.gz")

_HTML = ("text/html", "application/xhtml+xml")

_MEGABYTES: Final = 200

_LONGEST_SECONDS: Final = 600.0  # for one record, while others use the processor

_OUT_OF_CPU = getattr(signal, "SIGPROF", -1)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as its server sent it; `body` is cut at the requested number of bytes."""

    url: str
    body: bytes
    content_type: str


def pages(path: Path, opened: BinaryIO, *, most: int, skip: int = 0) -> Iterator[Page | InputError]:
    """Yield the pages with status 200 in order, after the first `skip`; bodies are cut at `most` bytes.

    `opened` is the open file, which is closed at the end. A damaged file yields the pages before the damage, then an
    InputError that names `path`.
    """
    count = skip
    with opened, _reading(opened, most, skip) as process:
        frames = cast(BinaryIO, process.stdout)
        while (head := read(frames)) is not None:
            header = orjson.loads(head)
            body = None if "error" in header else read(frames)
            if body is None:
                yield InputError(f"{path} {header.get('error', 'is damaged')}", step="ingest")
                return
            count += 1
            yield Page(header["url"], body, header["content_type"])
        code = process.wait()
    if code:
        yield InputError(f"{path} is damaged after page {count:,}: {_reason(code)}", step="ingest")


@contextlib.contextmanager
def _reading(opened: BinaryIO, most: int, skip: int) -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen(  # noqa: S603 - this interpreter, our module and two numbers
        [sys.executable, "-P", "-m", __name__, str(most), str(skip)],
        stdin=opened,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        cast(BinaryIO, process.stdout).close()


def _reason(code: int) -> str:
    if code == OUT_OF_MEMORY:
        return f"a record takes more than {_MEGABYTES} MB"
    if code == -_OUT_OF_CPU:
        return f"a record takes more than {PARSE_CPU_SECONDS:g} s of CPU"
    return f"its reader ends with {f'signal {-code}' if code < 0 else f'exit code {code}'}"


def main() -> None:
    """Write the pages of the file on standard input to standard output."""
    most, skip = int(sys.argv[1]), int(sys.argv[2])
    frames = answers()
    limit_memory(_MEGABYTES)
    count = 0
    try:
        for page in _pages(sys.stdin.buffer, most, skip):
            count += 1
            if page:
                write(frames, orjson.dumps({"url": page.url, "content_type": page.content_type}))
                write(frames, page.body)
        if not count:
            write(frames, orjson.dumps({"error": "holds no web page"}))
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except BrokenPipeError:
        return  # the reader needs no more pages
    except Exception as error:  # warcio may raise anything on hostile input
        reason = " ".join(f"{error}".split()) or type(error).__name__
        write(frames, orjson.dumps({"error": f"is damaged after page {count:,}: {reason[:200]}"}))


def _pages(stream: BinaryIO, most: int, skip: int) -> Iterator[Page | None]:
    """Yield the pages; None for each skipped page."""
    records = iter(ArchiveIterator(stream))
    while True:
        limit_time(PARSE_CPU_SECONDS, _LONGEST_SECONDS)
        record = next(records, None)
        if record is None:
            return
        if not _is_page(record):
            continue
        page = None if skip > 0 else _page(record, most)
        limit_time(0, 0)  # the reader of the pages may take a while
        skip -= 1
        yield page


def _is_page(record: Any) -> bool:
    if record.rec_type != "response" or record.http_headers is None or record.http_headers.get_statuscode() != "200":
        return False
    return str(record.http_headers.get_header("Content-Type", "")).strip().lower().startswith(_HTML)


def _page(record: Any, most: int) -> Page:
    return Page(
        url=str(record.rec_headers.get_header("WARC-Target-URI", "")).strip("<>")[:4_000],
        body=record.content_stream().read(most),
        content_type=str(record.http_headers.get_header("Content-Type", ""))[:1_000],
    )


if __name__ == "__main__":
    main()

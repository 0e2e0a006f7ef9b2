"""The web pages in a WARC file, such as those of Common Crawl's news crawl (warcio, ISO 28500)."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from pipeline.errors import InputError

SUFFIXES: Final = (".warc", ".warc.gz")
_HTML = ("text/html", "application/xhtml+xml")
_DAMAGE = (ArchiveLoadFailed, EOFError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as its server answered it; `body` is cut after the bytes asked for."""

    url: str
    body: bytes
    content_type: str


def pages(path: Path, *, most: int, skip: int = 0) -> Iterator[Page | InputError]:
    """The pages that were answered 200, in order, without the first `skip`; bodies of at most `most` bytes.

    A file that is damaged gives what comes before that, and an InputError.
    """
    with path.open("rb") as stream:
        records = iter(ArchiveIterator(stream))
        count = 0
        while True:
            try:
                record = next(records, None)
                if record is None:
                    break
                if not _is_page(record):
                    continue
                count += 1
                if count > skip:
                    yield _page(record, most)
            except _DAMAGE as error:
                yield InputError(f"{path} is damaged after page {count:,}: {error}", step="ingest")
                return
    if not count:
        yield InputError(f"{path} holds no web page", step="ingest")


def _is_page(record: Any) -> bool:
    if record.rec_type != "response" or record.http_headers is None or record.http_headers.get_statuscode() != "200":
        return False
    return str(record.http_headers.get_header("Content-Type", "")).strip().lower().startswith(_HTML)


def _page(record: Any, most: int) -> Page:
    return Page(
        url=str(record.rec_headers.get_header("WARC-Target-URI", "")).strip("<>"),
        body=record.content_stream().read(most),
        content_type=str(record.http_headers.get_header("Content-Type", "")),
    )

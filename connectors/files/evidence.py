"""Evidence: the pages and feeds that articles were read from, as WARC files in a folder (warcio, ISO 28500).

An article has a file for each time that it was read. A file is first held in the folder `held`, for two days; once an
alert rests on the article, the file moves to the folder `kept`. The time of modification of a file is the time of
reading, by which files expire. Articles that were read from the same response share one file under several names, so a
large feed is stored once. Bodies are stored unpacked, without the headers that describe their packing. Cookies and
logins are never stored.

The folder has a limit. Once it is reached, the files that were held longest make room. If the files with alerts fill it
alone, nothing new is stored until some expire or the limit is raised.
"""

import logging
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.errors import WorldError
from pipeline.sources import EvidenceRecord, Exchange
from pipeline.text.http import split

_SUFFIX: Final = ".warc.gz"

_ID: Final = re.compile(r"[0-9a-f]{8,64}")

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

_HELD: Final = timedelta(days=2)

_LEFT_OUT: Final = frozenset(
    {"content-encoding", "transfer-encoding", "content-length", "connection", "keep-alive", "set-cookie"}
)

_MEDIA_TYPE: Final = "application/octet-stream"

_LEFT_FULL: Final = 0.9  # of the limit, to which held files are deleted, so that not every new file deletes others

_log = logging.getLogger("onrecord.evidence")


class WarcEvidence:
    """The evidence in a folder of at most `most_bytes`; a file is deleted once it is `retention` old.

    Safe for several processes. Each of them counts what it writes itself and measures the folder once an hour, so
    several together may exceed the limit by what they write in an hour.
    """

    def __init__(self, folder: Path, retention: timedelta, most_bytes: int = 10_000_000_000) -> None:
        self._folder = folder
        self._held = folder / "held"
        self._kept = folder / "kept"
        self._retention = retention
        self._most_bytes = most_bytes
        self._size: int | None = None  # bytes of the folder; None before they were measured
        self._is_full = False  # of files that are kept; looked at again once an hour
        self._latest: tuple[str, datetime, Path] | None = None  # address and time of a response, and its file

    def hold(self, article_id: str, exchange: Exchange) -> None:
        """See the port."""
        try:
            self._held.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._held / _name(article_id, exchange.time)
            if not self._linked(path, exchange) and self._has_room():
                self._write(path, exchange)
                self._latest = exchange.url, exchange.time, path
        except OSError as error:
            raise WorldError(f"evidence in {self._held} cannot be written: {error.strerror or error}") from error

    def keep(self, article_id: str) -> int:
        """See the port."""
        files = _files(self._held, article_id)
        try:
            for file in files:
                target = self._kept / file.name[:2]
                target.mkdir(parents=True, exist_ok=True, mode=0o700)
                file.replace(target / file.name)
        except OSError as error:
            raise WorldError(f"evidence in {self._held} cannot be kept: {error.strerror or error}") from error
        return len(files)

    def find(self, article_id: str) -> list[EvidenceRecord]:
        """See the port."""
        files = [*_files(self._held, article_id), *_files(self._kept / article_id[:2], article_id)]
        by_time = sorted(files, key=lambda file: file.name)
        return [record for file in by_time for record in _records(file)]

    def content(self, article_id: str) -> bytes:
        """See the port."""
        files = [*_files(self._held, article_id), *_files(self._kept / article_id[:2], article_id)]
        return b"".join(file.read_bytes() for file in sorted(files, key=lambda file: file.name))

    def expire(self, now: datetime) -> int:
        """See the port."""
        out_of_date = [
            file for file in self._held.glob(f"*{_SUFFIX}") if _read_at(file) < now - min(_HELD, self._retention)
        ]
        expired = [file for file in self._kept.glob(f"*/*{_SUFFIX}") if _read_at(file) < now - self._retention]
        for file in (*out_of_date, *expired):
            file.unlink(missing_ok=True)
        self._size, self._is_full = None, False
        return len(out_of_date) + len(expired)

    def usage(self) -> tuple[int, int]:
        """See the port."""
        sizes = {status.st_ino: status.st_size for status in map(_status, self._folder.rglob(f"*{_SUFFIX}")) if status}
        return sum(sizes.values()), self._most_bytes

    def _has_room(self) -> bool:
        """Return True if the folder has room for another file, after deleting the files that were held longest."""
        if self._size is None:
            self._size, _ = self.usage()
        if self._size < self._most_bytes:
            return True
        if not self._is_full and not self._make_room():
            self._is_full = True
            full = "evidence in %s is at its limit, evidence.bytes = %d: nothing new is stored until files expire"
            _log.warning(full, self._folder, self._most_bytes)
        return not self._is_full

    def _make_room(self) -> bool:
        """Delete the files that were held longest, until the folder is well below its limit; True if it is below."""
        size, most = self.usage()
        for file in sorted(self._held.glob(f"*{_SUFFIX}"), key=_read_at):
            if size < _LEFT_FULL * most:
                break
            status = _status(file)
            file.unlink(missing_ok=True)
            size -= status.st_size if status and status.st_nlink == 1 else 0
        self._size = size
        return size < most

    def _linked(self, path: Path, exchange: Exchange) -> bool:
        """Return True if the latest file holds this exchange and has become the file at `path`, too."""
        latest = self._latest
        if not latest or latest[:2] != (exchange.url, exchange.time):
            return False
        try:
            os.link(latest[2], path)
        except OSError:  # that file has moved, or its file system has no links
            return False
        return True

    def _write(self, path: Path, exchange: Exchange) -> None:
        """Write the file under another name first, so that no reader sees a part of it."""
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            _write_records(file, exchange)
            self._size = (self._size or 0) + file.tell()
        moment = exchange.time.timestamp()
        os.utime(file.name, (moment, moment))
        Path(file.name).replace(path)


def _name(article_id: str, time: datetime) -> str:
    return f"{article_id}-{time.astimezone(UTC):%Y%m%dT%H%M%S%f}{_SUFFIX}"


def _files(folder: Path, article_id: str) -> list[Path]:
    return list(folder.glob(f"{article_id}-*{_SUFFIX}")) if _ID.fullmatch(article_id) else []


def _read_at(file: Path) -> datetime:
    status = _status(file)
    return datetime.fromtimestamp(status.st_mtime, UTC) if status else datetime.max.replace(tzinfo=UTC)


def _status(file: Path) -> os.stat_result | None:
    """The status of a file, None if another process has moved or deleted it."""
    try:
        return file.stat()
    except FileNotFoundError:
        return None


def _write_records(file: Any, exchange: Exchange) -> None:
    """Write the response and its request; what came without a request, such as a push, is a resource."""
    writer = WARCWriter(file, gzip=True)
    response, date = exchange.response, f"{exchange.time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    stated, body, length = {"WARC-Date": date}, BytesIO(response.body), len(response.body)
    url = _CONTROL.sub("", response.url)  # a line end would begin a header
    if not response.sent:
        media_type = response.headers.get("content-type") or _MEDIA_TYPE
        pushed = writer.create_warc_record(
            url, "resource", body, length, warc_content_type=media_type, warc_headers_dict=stated
        )
        writer.write_record(pushed)
        return
    lines = [(name, value) for name, value in response.headers.items() if name not in _LEFT_OUT]
    head = StatusAndHeaders(str(response.status), [*lines, ("content-length", str(length))], "HTTP/1.1")
    answered = writer.create_warc_record(url, "response", body, length, http_headers=head, warc_headers_dict=stated)
    parts = split(url)
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    get = StatusAndHeaders(f"GET {target} HTTP/1.1", list(response.sent.items()), is_http_request=True)
    request = writer.create_warc_record(url, "request", http_headers=get, warc_headers_dict=stated)
    writer.write_request_response_pair(request, answered)


def _records(file: Path) -> Iterator[EvidenceRecord]:
    """Yield the responses and resources in a file."""
    with file.open("rb") as opened:
        for record in ArchiveIterator(opened):
            if record.rec_type not in ("response", "resource"):
                continue
            headers = record.rec_headers
            status = record.http_headers.get_statuscode() if record.http_headers else "0"
            yield EvidenceRecord(
                url=headers.get_header("WARC-Target-URI"),
                time=datetime.fromisoformat(headers.get_header("WARC-Date")),
                status=int(status),
                digest=headers.get_header("WARC-Payload-Digest") or headers.get_header("WARC-Block-Digest"),
                bytes=len(record.content_stream().read()),
            )

"""Articles from files: text, HTML, JSON, JSON Lines, WARC, or a directory of them."""

import gzip
import json
import os
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from connectors import warc
from connectors.encoding import decode
from connectors.feeds.workers import Parser
from pipeline.addresses import canonical, host
from pipeline.codec import VERSIONS, from_plain
from pipeline.entries import Entry, Identified, article
from pipeline.errors import InputError
from pipeline.model import Article, Dated, Feed, article_id
from pipeline.ports import Clock
from pipeline.settings import Poll
from pipeline.text import clean

FILES = "files"  # what dead letters of input that is no article name as their topic
_MOST_BYTES = 20_000_000  # of a line, and of a file that holds one article
_MOST_PROCESSES = 8
_MOST_TITLE = 200  # characters of a first line that is a headline
_HTML = (".html", ".htm", ".xhtml")
_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_KINDS = (*_HTML, *_LINES, *warc.SUFFIXES, ".json", ".txt", ".text", ".md")

# What other tools call an article's fields; the first that is there counts.
_TITLE = ("title", "headline")
_BODY = ("text", "content", "body", "maintext")
_ADDRESS = ("url", "link", "source_url")
_DATE = ("published", "date", "date_published", "date_publish", "datePublished")
_SOURCE = ("source", "publisher", "site", "source_domain")
_OURS = frozenset({"id", "source", "title", "text", "first_seen", "fetched"})  # fields that every Article has


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the files of one reading share; `name` is the source of articles that name none."""

    name: str
    clock: Clock
    backfill: bool
    limits: Poll
    parser: Parser


def articles(
    path: Path, clock: Clock, *, backfill: bool = True, limits: Poll | None = None, skip: int = 0
) -> Iterator[Article | InputError]:
    """The articles in a file, or in all files of known kinds under a directory by name, one at a time.

    What cannot be read comes as an InputError in its place, which names the file and line and holds the bytes, if they
    are not too many; the rest goes on. A text file begins with its headline where a blank line follows. A JSON object
    has an article's fields, under the names that we or others give them; `text` alone will do.

    The first `skip` are left out, as many as an earlier reading of the same path gave.
    """
    limits = limits or Poll()
    with Parser(limits, processes=min(os.cpu_count() or 1, _MOST_PROCESSES)) as parser:
        reading = _Reading(path.stem or path.name, clock, backfill, limits, parser)
        if path.is_dir():
            yield from islice(chain.from_iterable(_read(file, reading) for file in _files(path)), skip, None)
        else:
            yield from _read(path, reading, skip)


def articles_in(
    content: bytes, clock: Clock, *, backfill: bool = True, limits: Poll | None = None
) -> Iterator[Article | InputError]:
    """The articles in what may be text, HTML, JSON or JSON Lines."""
    with TemporaryDirectory(prefix="onrecord-") as folder:
        file = Path(folder) / f"stdin{_suffix(content)}"
        file.write_bytes(content)
        yield from articles(file, clock, backfill=backfill, limits=limits)


def _suffix(content: bytes) -> str:
    start = content.lstrip()
    if start.startswith(b"<"):
        return ".html"
    if not start.startswith((b"{", b"[")):
        return ".txt"
    try:
        json.loads(start.partition(b"\n")[0])
    except ValueError:
        return ".json"
    return ".json" if start.startswith(b"[") else ".jsonl"


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.name.lower().endswith(_KINDS) and file.is_file())


def _read(file: Path, reading: _Reading, skip: int = 0) -> Iterator[Article | InputError]:
    name = file.name.lower()
    try:
        if name.endswith(warc.SUFFIXES):
            yield from _archived(file, reading, skip)
        elif name.endswith(_LINES):
            yield from _lines(file, reading, skip)
        else:
            yield from islice(_whole(file, reading), skip, None)
    except (OSError, EOFError, zlib.error) as error:
        yield InputError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}", step="ingest")


def _archived(file: Path, reading: _Reading, skip: int) -> Iterator[Article | InputError]:
    """The articles of a WARC file, in its order. A page that holds none leaves no bytes: there are too many."""
    waiting: deque[tuple[str, Future[Entry | InputError]]] = deque()
    ahead = 2 * reading.parser.processes
    with ThreadPoolExecutor(reading.parser.processes, thread_name_prefix="parse") as threads:
        for page in warc.pages(file, most=_MOST_BYTES, skip=skip):
            url = "" if isinstance(page, InputError) else page.url
            waiting.append((url, threads.submit(_parsed, page, reading.parser)))
            if len(waiting) > ahead:
                yield _of_page(*waiting.popleft(), reading)
        while waiting:
            yield _of_page(*waiting.popleft(), reading)


def _parsed(page: warc.Page | InputError, parser: Parser) -> Entry | InputError:
    if isinstance(page, InputError):
        return page
    try:
        return parser.page(page.body, page.content_type, page.url)
    except InputError as error:
        return error


def _of_page(url: str, parsed: Future[Entry | InputError], reading: _Reading) -> Article | InputError:
    entry = parsed.result()
    return entry if isinstance(entry, InputError) else _article(replace(entry, url=entry.url or url), reading)


def _whole(file: Path, reading: _Reading) -> Iterator[Article | InputError]:
    """The articles of a file that is read in one piece."""
    kind = file.suffix.lower()
    body = b""
    try:
        body = _body(file)
        if kind == ".json":
            yield from _records(body, file, reading)
        elif kind in _HTML:
            yield _article(reading.parser.document(body, "", str(file)), reading)
        else:
            yield _article(_from_text(decode(body), file), reading)
    except InputError as error:
        error.original = body
        yield error


def _body(file: Path) -> bytes:
    with file.open("rb") as opened:
        body = opened.read(_MOST_BYTES + 1)
    if not file.name.lower().endswith(_KINDS):
        raise InputError(f"{file} is none of {' '.join(sorted(_KINDS))}", step="ingest")
    if len(body) > _MOST_BYTES:
        raise InputError(f"{file} has more than {_MOST_BYTES:,} bytes", step="ingest")
    return body


def _from_text(content: str, file: Path) -> Entry:
    text = clean(content)
    if not text:
        raise InputError(f"{file} is empty", step="ingest")
    first, blank, rest = text.partition("\n\n")
    if blank and "\n" not in first and len(first) <= _MOST_TITLE:
        return Entry(title=first.strip(), text=rest.strip())
    return Entry(text=text)


def _records(body: bytes, file: Path, reading: _Reading) -> Iterator[Article | InputError]:
    """The articles of a JSON file: an object, or a list of them."""
    content = _json(decode(body), str(file))
    for number, record in enumerate(content if isinstance(content, list) else [content], 1):
        yield _with_original(json.dumps(record).encode(), _from_record(record, f"{file}, article {number}", reading))


def _lines(file: Path, reading: _Reading, skip: int) -> Iterator[Article | InputError]:
    with gzip.open(file) if file.suffix.lower() == ".gz" else file.open("rb") as opened:
        number = 0
        while line := opened.readline(_MOST_BYTES):
            number += 1
            where = f"{file}:{number}"
            if skip and line.strip():
                skip -= 1
                if len(line) == _MOST_BYTES and not line.endswith(b"\n"):
                    _skip_line(opened)
            elif len(line) == _MOST_BYTES and not line.endswith(b"\n"):
                _skip_line(opened)
                yield InputError(f"{where} has more than {_MOST_BYTES:,} bytes", step="ingest")
            elif line.strip():
                yield _with_original(line, _from_line(line, where, reading))


def _with_original(original: bytes, found: Article | InputError) -> Article | InputError:
    if isinstance(found, InputError):
        found.original = original
    return found


def _skip_line(opened: Any) -> None:
    while (rest := opened.readline(_MOST_BYTES)) and not rest.endswith(b"\n"):
        pass


def _from_line(line: bytes, where: str, reading: _Reading) -> Article | InputError:
    try:
        record = _json(decode(line), where)
    except InputError as error:
        return error
    return _from_record(record, where, reading)


def _json(content: str, where: str) -> Any:
    try:
        return json.loads(content)  # orjson would refuse a record for the half of a surrogate in it
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is no JSON: {error}", step="ingest") from error


def _from_record(record: Any, where: str, reading: _Reading) -> Article | InputError:
    if isinstance(record, dict) and record.get("schema") == VERSIONS[Article]:
        record = record.get("value")
    if not isinstance(record, dict):
        return InputError(f"{where} is no JSON object but {str(record)[:80]!r}", step="ingest")
    if record.keys() >= _OURS:
        try:
            ours = from_plain(Article, record)
        except InputError as error:
            return InputError(f"{where}: {error}", step="ingest")
        return replace(ours, text=clean(ours.text), title=clean(ours.title), backfill=reading.backfill)
    entry = _entry(record)
    if not entry.text and not entry.title:
        return InputError(f"{where} has neither title nor text", step="ingest")
    return _article(entry, reading, source=_field(record, _SOURCE), language=_field(record, ("language", "lang")))


def _entry(record: Mapping[str, Any]) -> Entry:
    date = _field(record, _DATE)
    published = _time(date)
    authors = record.get("authors") or record.get("author") or ()
    return Entry(
        url=_field(record, _ADDRESS),
        guid=_field(record, ("guid", "id")),
        title=" ".join(_field(record, _TITLE).split()),
        text=_field(record, _BODY),
        published=published,
        authors=tuple(clean(str(name)) for name in ([authors] if isinstance(authors, str) else authors) if name),
        marks=("bad-date",) if date and not published else (),
        section=_field(record, ("section", "category")),
        dates=(Dated("published", published, "file"),) if published else (),
    )


def _field(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    value = next((record[name] for name in names if record.get(name) not in (None, "")), "")
    return clean(str(value)) if isinstance(value, str | int) else ""


def _time(given: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            time = read(given)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _article(entry: Entry, reading: _Reading, source: str = "", language: str = "") -> Article:
    address = canonical(entry.url)
    # The name keeps the numbers of one collection apart from those of another.
    identity = article_id(canonical_url=address, feed=reading.name, guid=entry.guid, title=entry.title, text=entry.text)
    origin = Feed(url="", source=source or host(entry.url) or reading.name, language=language)
    return article(
        origin,
        Identified(entry, identity, address),
        now=reading.clock(),
        most=reading.limits.article_characters,
        backfill=reading.backfill,
    )

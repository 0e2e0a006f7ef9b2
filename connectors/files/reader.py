"""Articles from files: text, HTML, JSON, JSON Lines, WARC, e-mail, transcripts, PDF, DOCX, ODT, or a directory of them.

Articles of a WARC file come without the blocks that the pages of their source repeat.
"""

import gzip
import json
import os
import re
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from importlib.metadata import EntryPoint
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from connectors.feeds.parser import ImportKind, Parser
from connectors.files import records, warc
from connectors.files.records import ImportSession, article, with_original
from connectors.pages.encoding import decode
from pipeline.errors import InputError
from pipeline.ingest import body as boilerplate
from pipeline.ingest.body import Text
from pipeline.model import Article
from pipeline.model.feed import FeedItem
from pipeline.plug_ins import CONNECTORS, load, plug_ins
from pipeline.ports import Clock
from pipeline.settings.sections import Poll
from pipeline.text import clean

_BATCH: Final = 200  # articles to compare for blocks that their source repeats

_MOST_SOURCES: Final = 2_000  # sources whose repeated blocks are remembered


def in_archive(file: Path, reading: ImportSession, most: int, skip: int) -> Iterator[Article | InputError]:
    """Yield the articles of a WARC file in its order, from pages of at most `most` bytes, after the first `skip`.

    The InputError of a page without an article has no bytes, because there are too many such pages.
    """
    articles = _in_order(file, reading, most, skip)
    blocks: dict[str, str] = {}
    while batch := list(islice(articles, _BATCH)):
        yield from _without_repeats(batch, blocks)
        for source in list(blocks)[:-_MOST_SOURCES]:
            del blocks[source]


def _without_repeats(batch: Sequence[Article | InputError], blocks: dict[str, str]) -> list[Article | InputError]:
    """Return the batch without the blocks that a source repeats; `blocks` remembers them."""
    by_source: defaultdict[str, list[int]] = defaultdict(list)
    for i, entry in enumerate(batch):
        if isinstance(entry, Article):
            by_source[entry.source].append(i)
    cleaned = list(batch)
    for source, indexes in by_source.items():
        articles = [entry for i in indexes if isinstance(entry := batch[i], Article)]
        texts = [Text(article=entry.id, text=entry.text, page=True) for entry in articles]
        changed, blocks[source] = boilerplate.without(texts, blocks.pop(source, ""))
        for i, entry, text in zip(indexes, articles, changed, strict=True):
            cleaned[i] = replace(entry, text=text)
    return cleaned


def _in_order(file: Path, reading: ImportSession, most: int, skip: int) -> Iterator[Article | InputError]:
    waiting: deque[tuple[str, Future[FeedItem | InputError]]] = deque()
    ahead = 2 * reading.parser.processes
    with ThreadPoolExecutor(reading.parser.processes, thread_name_prefix="parse") as threads:
        for page in warc.pages(file, records.opened(file, reading), most=most, skip=skip):
            url = "" if isinstance(page, InputError) else page.url
            waiting.append((url, threads.submit(_parsed, page, reading.parser)))
            if len(waiting) > ahead:
                yield _of_page(*waiting.popleft(), reading)
        while waiting:
            yield _of_page(*waiting.popleft(), reading)


def _parsed(page: warc.Page | InputError, parser: Parser) -> FeedItem | InputError:
    if isinstance(page, InputError):
        return page
    try:
        return parser.page(page.body, page.content_type, page.url)
    except InputError as error:
        return error


def _of_page(url: str, parsed: Future[FeedItem | InputError], reading: ImportSession) -> Article | InputError:
    entry = parsed.result()
    return entry if isinstance(entry, InputError) else article(replace(entry, url=entry.url or url), reading)


_MOST_BYTES = 20_000_000  # bytes of a line, and of a file with a single article

_LEAST_OF_LINE = 1_000  # least bytes that a line counts as: an empty line takes time, too

_MOST_PAGE = 5_000_000  # bytes of a page in an archive, the size at which Common Crawl cuts them

_MOST_PROCESSES = 8

_MOST_TITLE = 200  # characters of a headline in the first line

_HTML = (".html", ".htm", ".xhtml")

_IMPORTED: Final[Mapping[str, ImportKind]] = {
    ".docx": "office",
    ".eml": "message",
    ".odt": "office",
    ".pdf": "pdf",
    ".srt": "subtitles",
    ".vtt": "subtitles",
    ".xml": "debate",
}

_DOCUMENTS = frozenset({".doc", ".rtf", ".epub", ".pages"})  # kinds that may hold articles, and cannot be read

_OF_CORPUS = re.compile(r"(ParlaMint-[A-Z]{2}(?:-[A-Z]{2,3})?)[_-]")

_PROLOGUE = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?")

_LOOKED_AT = 4_000  # characters of a text file

_MOST_STRANGE = 0.05  # of them

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")

_KINDS = (*_HTML, *_LINES, *warc.SUFFIXES, *_IMPORTED, ".json", ".txt", ".text", ".md")


def articles(
    path: Path, clock: Clock, *, backfill: bool = True, limits: Poll | None = None, skip: int = 0
) -> Iterator[Article | InputError]:
    """Yield the articles in a file, or in all files of known kinds in a directory, sorted by name.

    An unreadable article yields an InputError that names the file and line, with the bytes unless they are too many.
    The first line of a text file is the headline if a blank line follows. A JSON object has the fields of an article,
    under our names or those of other tools; `text` alone is enough.

    The first `skip` articles are left out: an earlier run on the same path has yielded them.
    """
    limits = limits or Poll()
    with Parser(limits, processes=min(os.cpu_count() or 1, _MOST_PROCESSES)) as parser:
        whole = path if path.name else path.resolve()  # "." has no name
        reading = ImportSession(whole.name if path.is_dir() else whole.stem, clock, backfill, limits, parser)
        if path.is_dir():
            entries = chain.from_iterable(read_file(file, reading) for file in _files(path))
            yield from islice(chain(_left_out(path), entries), skip, None)
        else:
            yield from read_file(path, reading, skip)


def articles_in(
    content: bytes, clock: Clock, *, backfill: bool = True, limits: Poll | None = None
) -> Iterator[Article | InputError]:
    """Yield the articles in text, HTML, JSON or JSON Lines."""
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
    first_line = start.partition(b"\n")[0]
    if len(first_line) > _MOST_BYTES:
        return ".jsonl"
    try:
        json.loads(first_line)
    except (ValueError, RecursionError):
        return ".json"
    return ".json" if start.startswith(b"[") else ".jsonl"


@cache
def added() -> dict[str, EntryPoint]:
    """The kinds of files that other packages read, by suffix without its dot; ours take precedence."""
    own = {suffix[1:] for suffix in _KINDS}
    return {name: point for name, point in plug_ins(CONNECTORS).items() if name not in own}


def _kinds() -> tuple[str, ...]:
    return (*_KINDS, *(f".{name}" for name in added()))


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if _is_known(file) and file.is_file())


def _is_known(file: Path) -> bool:
    return file.name.lower().endswith(_kinds()) or _is_in_maildir(file)


def _is_in_maildir(file: Path) -> bool:
    """True for a message of a Maildir, whose name has no suffix; `tmp` holds those that are still being delivered."""
    return file.parent.name in ("cur", "new") and (file.parent.parent / "tmp").is_dir()


def documents(path: Path) -> list[Path]:
    """The files under a directory that hold articles or may do so, those of kinds that cannot be read included."""
    files = path.rglob("*")
    return sorted(file for file in files if (_is_known(file) or file.suffix.lower() in _DOCUMENTS) and file.is_file())


def _left_out(path: Path) -> Iterator[InputError]:
    """Yield an InputError for each document under a directory that is of no known kind."""
    for file in (file for file in documents(path) if not _is_known(file)):
        yield InputError(f"{file} is not a file of a known kind ({' '.join(sorted(_kinds()))})", step="ingest")


def read_file(
    file: Path, reading: ImportSession, skip: int = 0, *, most_bytes: int | None = None
) -> Iterator[Article | InputError]:
    """Yield the articles in a file after the first `skip`; of lines, only those in the first `most_bytes`, unpacked."""
    name = file.name.lower()
    try:
        if name.endswith(warc.SUFFIXES):
            yield from in_archive(file, reading, _MOST_PAGE, skip)
        elif name.endswith(_LINES):
            yield from _lines(file, reading, skip, most_bytes)
        else:
            yield from islice(_whole(file, reading), skip, None)
    except (OSError, EOFError, zlib.error) as error:
        yield InputError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}", step="ingest")


def _whole(file: Path, reading: ImportSession) -> Iterator[Article | InputError]:
    """Yield the articles of a file that is read as a whole."""
    kind = ".eml" if _is_in_maildir(file) else file.suffix.lower()
    body = b""
    try:
        body = _body(file, reading)
        if kind == ".json":
            yield from records.in_file(body, file, reading)
        elif kind[1:] in added():
            yield from _by_plug_in(file, reading)
        elif kind in _IMPORTED:
            if kind == ".xml":
                body = _with_persons(body, file, reading)
            yield article(
                _identified(reading.parser.imported(_IMPORTED[kind], body, str(file)), file, reading), reading
            )
        elif kind in _HTML:
            yield article(_identified(reading.parser.document(body, "", str(file)), file, reading), reading)
        else:
            yield article(_identified(_from_text(decode(body), file), file, reading), reading)
    except InputError as error:
        error.original = body
        yield error


def _with_persons(body: bytes, file: Path, reading: ImportSession) -> bytes:
    """Return a sitting of ParlaMint with the list of its corpus's persons, which is a file beside it or above it."""
    corpus = _OF_CORPUS.match(file.name)
    if not corpus:
        return body
    for folder in (file.parent, file.parent.parent):
        persons = folder / f"{corpus[1]}-listPerson.xml"
        if persons.is_file() and (reading.watched is None or reading.watched in persons.parents):
            return body.replace(b"</TEI>", _PROLOGUE.sub(b"", _body(persons, reading), count=1) + b"</TEI>")
    return body


def _identified(entry: FeedItem, file: Path, reading: ImportSession) -> FeedItem:
    """Return an entry of a watched folder with the file's path as guid if it has no other, and its name as title."""
    if not reading.watched or entry.url or entry.guid:
        return entry
    return replace(entry, guid=clean(str(file)), title=entry.title or clean(file.name))


def _by_plug_in(file: Path, reading: ImportSession) -> Iterator[Article | InputError]:
    """Yield the articles that another package reads. Its errors are those of the file, and the import continues."""
    read: Callable[[Path], Iterable[Mapping[str, Any]]] = load(added()[file.suffix.lower()[1:]])
    try:
        for record in read(file):
            yield records.from_mapping(record, str(file), reading)
    except Exception as error:  # of code that is not ours
        raise InputError(f"{file} cannot be read: {type(error).__name__}: {error}", step="ingest") from error


def _body(file: Path, reading: ImportSession) -> bytes:
    with records.opened(file, reading) as stream:
        body = stream.read(_MOST_BYTES + 1)
    if not _is_known(file):
        raise InputError(f"{file} is not a file of a known kind ({' '.join(sorted(_kinds()))})", step="ingest")
    if len(body) > _MOST_BYTES:
        raise InputError(f"{file} has more than {_MOST_BYTES:,} bytes", step="ingest")
    return body


def _is_noise(content: str) -> bool:
    """Return True if too many characters are controls or undecodable for a text."""
    start = content[:_LOOKED_AT]
    strange = sum(character == "\ufffd" or (character < " " and not character.isspace()) for character in start)
    return strange > _MOST_STRANGE * len(start)


def _from_text(content: str, file: Path) -> FeedItem:
    if _is_noise(content):
        raise InputError(f"{file} is not text", step="ingest")
    text = clean(content)
    if not text:
        raise InputError(f"{file} is empty", step="ingest")
    headline, blank, body = text.partition("\n\n")
    if blank and _is_headline(headline):
        return FeedItem(title=headline.strip(), text=body.strip())
    return FeedItem(text=text)


def _is_headline(line: str) -> bool:
    """Return True for a short line without a full stop at its end, except in an abbreviation such as "U.S."."""
    last = line.rstrip("\"”'’").rpartition(" ")[2]
    stopped = last.endswith(".") and "." not in last[:-1]
    return "\n" not in line and len(line) <= _MOST_TITLE and not stopped


def _lines(file: Path, reading: ImportSession, skip: int, most_bytes: int | None) -> Iterator[Article | InputError]:
    is_packed = file.suffix.lower() == ".gz"
    with records.opened(file, reading) as stream, gzip.open(stream) if is_packed else nullcontext(stream) as unpacked:
        lines = _Bounded(unpacked, most_bytes) if most_bytes else unpacked
        yield from in_lines(lines, str(file), reading, skip)


class _Bounded:
    """An open file of lines that is read up to so many bytes; OSError beyond them."""

    def __init__(self, opened: Any, most: int) -> None:
        self._opened = opened
        self._most = most
        self._left = most

    def readline(self, size: int) -> bytes:
        """Read the next line, or so many bytes of it."""
        line: bytes = self._opened.readline(size)
        self._left -= max(len(line), _LEAST_OF_LINE)
        if self._left < 0:
            raise OSError(f"it is longer than {self._most:,} bytes, where a short line counts as {_LEAST_OF_LINE:,}")
        return line


def in_lines(opened: Any, name: str, reading: ImportSession, skip: int = 0) -> Iterator[Article | InputError]:
    """Yield the articles of JSON Lines after the first `skip`; `name` is the name of the open file."""
    number = 0
    while line := opened.readline(_MOST_BYTES):
        number += 1
        place = f"{name}:{number}"
        if skip and line.strip():
            skip -= 1
            if len(line) == _MOST_BYTES and not line.endswith(b"\n"):
                _skip_line(opened)
        elif len(line) == _MOST_BYTES and not line.endswith(b"\n"):
            _skip_line(opened)
            yield InputError(f"{place} has more than {_MOST_BYTES:,} bytes", step="ingest")
        elif line.strip():
            yield with_original(line, records.from_line(line, place, reading))


def _skip_line(opened: Any) -> None:
    while (fragment := opened.readline(_MOST_BYTES)) and not fragment.endswith(b"\n"):
        pass

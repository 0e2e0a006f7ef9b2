"""Articles from JSON records: our own, and those of other tools."""

import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from connectors.feeds.parser import Parser
from connectors.pages.encoding import decode
from pipeline.codec import VERSIONS, from_plain
from pipeline.errors import InputError
from pipeline.ingest.items import article as article_of
from pipeline.ingest.items import bounded_article, outlet
from pipeline.ingest.urls import canonical, host
from pipeline.model import Article, Dated, Feed, article_id
from pipeline.model.feed import FeedItem, IdentifiedItem
from pipeline.ports import Clock
from pipeline.settings.sections import Poll
from pipeline.text import clean
from pipeline.text.dates import time

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY


@dataclass(frozen=True, slots=True)
class ImportSession:
    """The values that the files of an import share.

    `name` is the source of articles without a source. In a `watched` folder, a file of one article without an address
    or guid is identified by its path, so that a changed file is a revision.
    """

    name: str
    clock: Clock
    backfill: bool
    limits: Poll
    parser: Parser
    watched: Path | None = None


def opened(file: Path, reading: ImportSession) -> BinaryIO:
    """Open a file. In a watched folder, OSError for anything but an ordinary file that is in the folder itself.

    Whoever may write there can put a link or a pipe into the place of a file, or of a folder, after it was listed.
    """
    if reading.watched is None:
        return file.open("rb")
    place = os.open(reading.watched, _FOLDER)
    try:
        for parent in file.relative_to(reading.watched).parts[:-1]:
            outer, place = place, os.open(parent, _FOLDER | os.O_NOFOLLOW, dir_fd=place)
            os.close(outer)
        handle = os.open(file.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
    finally:
        os.close(place)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no ordinary file")
    return os.fdopen(handle, "rb")


def article(entry: FeedItem, reading: ImportSession, source: str = "", language: str = "") -> Article:
    """Return the article of an entry; `source` and `language` are those of the record, or ''."""
    address = canonical(entry.url)
    # The name distinguishes the ids of two collections.
    identity = article_id(canonical_url=address, feed=reading.name, guid=entry.guid, title=entry.title, text=entry.text)
    address_host = host(entry.url)
    name = source or outlet(entry.site, address_host) or address_host or reading.name
    origin = Feed(url="", source=name, language=language)
    return article_of(
        origin,
        IdentifiedItem(entry, identity, address),
        now=reading.clock(),
        most=reading.limits.article_characters,
        backfill=reading.backfill,
    )


_LARGE = 1_000_000  # bytes; a larger JSON text is parsed in another process

_MOST_VALUES = 1_000  # values in a list or object of a large text

_MOST_OTHER = 200  # characters of a record that is not an object

_MOST_FIELDS = 100_000  # fields in a line: each takes a hundred bytes of memory or more

# The names that other tools use for the fields of an article; the first one present counts.
_TITLE = ("title", "headline")

_BODY = ("text", "content", "body", "maintext")

_ADDRESS = ("url", "link", "source_url")

_DATE = ("published", "date", "date_published", "date_publish", "datePublished")

_SOURCE = ("source", "publisher", "site", "source_domain")

_KNOWN = frozenset(
    [
        *(field.name for field in fields(Article)),
        *(*_TITLE, *_BODY, *_ADDRESS, *_DATE, *_SOURCE),
        *("language", "lang", "authors", "author", "guid", "id", "section", "category", "schema"),
    ]
)

_OURS = frozenset({"id", "source", "title", "text", "first_seen", "fetched"})  # the fields of every Article


def reduced(body: bytes, where: str) -> Any:
    """Parse a JSON text and return only the fields of articles, with long lists cut.

    Runs in a process that can be killed, because a text of 20 MB may need a gigabyte of memory.
    """
    content = _json(decode(body), where)
    if isinstance(content, list):
        return [_reduced(record) for record in content]
    return _reduced(content)


def _reduced(record: Any) -> Any:
    if not isinstance(record, dict):
        return str(record)[:_MOST_OTHER]
    if record.get("schema") == VERSIONS[Article]:
        return {"schema": record["schema"], "value": _reduced(record.get("value"))}
    return {name: _short(value, 2) for name, value in record.items() if name in _KNOWN}


def _short(value: Any, depth: int) -> Any:
    """Return the value with long lists and objects cut, at most `depth` levels deep."""
    if isinstance(value, list):
        return [_short(entry, depth - 1) for entry in value[:_MOST_VALUES]] if depth else []
    if isinstance(value, dict):
        return {k: _short(v, depth - 1) for k, v in islice(value.items(), _MOST_VALUES)} if depth else {}
    return value


def in_file(body: bytes, file: Path, reading: ImportSession) -> Iterator[Article | InputError]:
    """Yield the articles of a JSON file: an object, or a list of objects."""
    content = _large(body, str(file), reading) if len(body) > _LARGE else _json(decode(body), str(file))
    for number, record in enumerate(content if isinstance(content, list) else [content], 1):
        yield with_original(json.dumps(record).encode(), from_mapping(record, f"{file}, article {number}", reading))


def with_original(original: bytes, article: Article | InputError) -> Article | InputError:
    """Return the article or error; add the original bytes to an error."""
    if isinstance(article, InputError):
        article.original = original
    return article


def from_line(line: bytes, where: str, reading: ImportSession) -> Article | InputError:
    """Return the article of a line; `where` names the line in errors."""
    if line.count(b'":') > _MOST_FIELDS:
        return InputError(f"{where} has more than {_MOST_FIELDS:,} fields, too many for an article", step="ingest")
    try:
        record = _large(line, where, reading) if len(line) > _LARGE else _json(decode(line), where)
    except InputError as error:
        return error
    return from_mapping(record, where, reading)


def _large(body: bytes, where: str, reading: ImportSession) -> Any:
    """Parse a large JSON text in a process of limited memory."""
    try:
        return reading.parser.records(body, where)
    except InputError as error:
        raise InputError(str(error), step="ingest") from error


def _json(content: str, where: str) -> Any:
    try:
        return json.loads(content)  # orjson refuses a record with half a surrogate pair
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not JSON: {error}", step="ingest") from error


def from_mapping(record: Any, where: str, reading: ImportSession) -> Article | InputError:
    """Return the article of a record with our names of fields or those of other tools."""
    if isinstance(record, dict) and record.get("schema") == VERSIONS[Article]:
        record = record.get("value")
    if not isinstance(record, dict):
        return InputError(f"{where} should be a JSON object, is {str(record)[:80]!r}", step="ingest")
    if record.keys() >= _OURS:
        try:
            stored = from_plain(Article, record)
        except InputError as error:
            return InputError(f"{where}: {error}", step="ingest")
        return replace(bounded_article(stored, reading.limits.article_characters), backfill=reading.backfill)
    entry = _entry(record)
    if not entry.text and not entry.title:
        return InputError(f"{where} has neither title nor text", step="ingest")
    return article(entry, reading, source=_field(record, _SOURCE), language=_field(record, ("language", "lang")))


def _entry(record: Mapping[str, Any]) -> FeedItem:
    date = _field(record, _DATE)
    published = time(date)
    authors = record.get("authors") or record.get("author") or ()
    return FeedItem(
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

"""Articles from JSON records: our own, and those of other tools."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from connectors.feeds.parser import Parser
from connectors.pages.encoding import decode
from pipeline.codec import VERSIONS, from_plain
from pipeline.errors import InputError
from pipeline.ingest.items import article as made
from pipeline.ingest.urls import canonical, host
from pipeline.model import Article, Dated, Feed, article_id
from pipeline.model.feed_item import FeedItem, IdentifiedItem
from pipeline.ports import Clock
from pipeline.settings.sections import Poll
from pipeline.text import clean


@dataclass(frozen=True, slots=True)
class ImportSession:
    """What the files of one reading share; `name` is the source of articles that name none."""

    name: str
    clock: Clock
    backfill: bool
    limits: Poll
    parser: Parser


def article(entry: FeedItem, reading: ImportSession, source: str = "", language: str = "") -> Article:
    """The article of an entry; `source` and `language` are what is said of it, '' where nothing is."""
    address = canonical(entry.url)
    # The name keeps the numbers of one collection apart from those of another.
    identity = article_id(canonical_url=address, feed=reading.name, guid=entry.guid, title=entry.title, text=entry.text)
    origin = Feed(url="", source=source or host(entry.url) or reading.name, language=language)
    return made(
        origin,
        IdentifiedItem(entry, identity, address),
        now=reading.clock(),
        most=reading.limits.article_characters,
        backfill=reading.backfill,
    )


_MOST_FIELDS = 100_000  # of a line: each takes a hundred bytes and more of memory

# What other tools call an article's fields; the first that is there counts.
_TITLE = ("title", "headline")

_BODY = ("text", "content", "body", "maintext")

_ADDRESS = ("url", "link", "source_url")

_DATE = ("published", "date", "date_published", "date_publish", "datePublished")

_SOURCE = ("source", "publisher", "site", "source_domain")

_OURS = frozenset({"id", "source", "title", "text", "first_seen", "fetched"})  # fields that every Article has


def in_file(body: bytes, file: Path, reading: ImportSession) -> Iterator[Article | InputError]:
    """The articles of a JSON file: an object, or a list of them."""
    content = _json(decode(body), str(file))
    for number, record in enumerate(content if isinstance(content, list) else [content], 1):
        yield with_original(json.dumps(record).encode(), _from_record(record, f"{file}, article {number}", reading))


def with_original(original: bytes, found: Article | InputError) -> Article | InputError:
    """The same, an error with the bytes that it is about."""
    if isinstance(found, InputError):
        found.original = original
    return found


def from_line(line: bytes, where: str, reading: ImportSession) -> Article | InputError:
    """The article of a line, which is `where`."""
    if line.count(b'":') > _MOST_FIELDS:
        return InputError(f"{where} has more than {_MOST_FIELDS:,} fields, as no article has", step="ingest")
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


def _from_record(record: Any, where: str, reading: ImportSession) -> Article | InputError:
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
    return article(entry, reading, source=_field(record, _SOURCE), language=_field(record, ("language", "lang")))


def _entry(record: Mapping[str, Any]) -> FeedItem:
    date = _field(record, _DATE)
    published = _time(date)
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


def _time(given: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            time = read(given)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None

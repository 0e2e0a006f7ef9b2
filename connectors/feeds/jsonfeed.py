"""A JSON Feed's body as items (https://www.jsonfeed.org/version/1.1/)."""

import json
from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any, Final

from connectors.feeds.fast_parse import MOST_ENTRIES
from connectors.pages.html import article_text, paragraphs, text
from pipeline.errors import InputError
from pipeline.ingest.agencies import bylines
from pipeline.ingest.body import without_pulled
from pipeline.model import Dated, DateKind
from pipeline.model.feed import FeedItem, ParsedFeed
from pipeline.text import clean
from pipeline.text.dates import time
from pipeline.text.http import joined

DIGEST: Final = 16  # characters: the entries of one feed never share one

_DATES: Mapping[str, DateKind] = {"date_published": "published", "date_modified": "modified"}


def contents(source: str, url: str, known: Collection[str] = ()) -> ParsedFeed:
    """Parse the feed at `url`; InputError if it is no JSON Feed. A field of the wrong type counts as missing.

    The text of an item whose digest is `known` is not converted.
    """
    try:
        feed = json.loads(
            source.lstrip("\ufeff")
        )  # orjson would refuse the whole feed for half a surrogate pair in one string
    except (ValueError, RecursionError) as error:
        raise InputError(f"{url} is no JSON: {error}", step="parse") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise InputError(f"{url} is JSON, but no JSON Feed: it has no list of items", step="parse")
    entries = tuple(_entry(raw, url, known) for raw in feed["items"][:MOST_ENTRIES] if isinstance(raw, dict))
    title, language = clean(_string(feed, "title")), clean(_string(feed, "language"))
    return ParsedFeed(title, language, entries, hub=_hub(feed), topic=_string(feed, "feed_url"))


def _hub(feed: Mapping[str, Any]) -> str:
    hubs = (hub for hub in _list(feed, "hubs") if isinstance(hub, dict))
    return next((_string(hub, "url") for hub in hubs if _string(hub, "type").lower() == "websub"), "")


def digest(raw: Mapping[str, Any]) -> str:
    """A digest of an item as the feed writes it."""
    return blake2b(repr(raw).encode("utf-8", "surrogatepass"), digest_size=DIGEST // 2).hexdigest()


def _entry(raw: Mapping[str, Any], base: str, known: Collection[str]) -> FeedItem:
    key, address = digest(raw), _address(raw, base)
    full = _full_text(raw, address) if key not in known else ""
    dates = _dates(raw)
    return FeedItem(
        url=address,
        guid=clean(str(raw.get("id") or "")),  # "must be a string", and often is a number
        title=" ".join(text(_string(raw, "title")).split()),
        text=(without_pulled(full) or paragraphs(_string(raw, "summary"))) if key not in known else "",
        whole=bool(full),
        published=dates[0].time if dates else None,
        authors=_authors(raw),
        marks=("bad-date",) if not dates and any(_string(raw, name) for name in _DATES) else (),
        section=next((clean(tag) for tag in _list(raw, "tags") if isinstance(tag, str)), ""),
        dates=dates,
        raw=key,
    )


def _full_text(raw: Mapping[str, Any], address: str) -> str:
    return max(article_text(_string(raw, "content_html"), address), paragraphs(_string(raw, "content_text")), key=len)


def _string(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _address(raw: Mapping[str, Any], base: str) -> str:
    stated = clean(_string(raw, "url") or _string(raw, "external_url"))
    address = joined(base, stated) if stated else ""
    return address if address.lower().startswith(("http://", "https://")) else ""


def _dates(raw: Mapping[str, Any]) -> tuple[Dated, ...]:
    return tuple(Dated(kind, date, "feed") for name, kind in _DATES.items() if (date := time(_string(raw, name))))


def _list(raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key)
    return value if isinstance(value, list) else []


def _authors(raw: Mapping[str, Any]) -> tuple[str, ...]:
    listed = _list(raw, "authors") or [raw.get("author")]
    lines = (clean(_string(author, "name")) for author in listed if isinstance(author, dict))
    return tuple(dict.fromkeys(name for line in lines for name in bylines(line)))

"""What an element of a well-formed feed says, in the words of feedparser, which mends it in the same way (lxml)."""

import contextlib
import html.entities
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urljoin

from lxml import etree

Raw = dict[str, Any]

_PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "": "",
        "http://purl.org/rss/1.0/": "",
        "http://my.netscape.com/rdf/simple/0.9/": "",
        "http://channel.netscape.com/rdf/simple/0.9/": "",
        "http://www.w3.org/2005/atom": "",
        "http://purl.org/rss/1.0/modules/content/": "content",
        "http://purl.org/dc/elements/1.1/": "dc",
        "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
        "http://search.yahoo.com/mrss": "media",
        "http://search.yahoo.com/mrss/": "media",
        "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
        "http://purl.org/rss/1.0/modules/slash/": "slash",
        "http://wellformedweb.org/commentapi/": "wfw",
        "http://purl.org/syndication/thread/1.0": "thr",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
        "http://www.w3.org/1999/xhtml": "xhtml",
        "com-wordpress:feed-additions:1": "wordpress",
    }
)
_DOUBLE_SLASH = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)(/*)(.*?)")
_CLOSING, _ENTITY = re.compile(r"</(\w+)>"), re.compile(r"&#?\w+;")
_ATOM_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"": "text/plain", "text": "text/plain", "html": "text/html", "xhtml": "application/xhtml+xml"}
)
_CP1252: Final = {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}
_C1 = re.compile("[\x80-\x9f]")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RFC_822 = re.compile(r"[A-Z][a-z]{2}, (\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|([+-]\d\d)(\d\d))")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")


class UnsureError(Exception):
    """Something that feedparser has to read."""


@lru_cache(maxsize=4_096)
def parsed(given: str) -> time.struct_time | None:
    """The time in UTC, in one of the two forms that nearly all feeds use; else None."""
    try:
        if found := _RFC_822.fullmatch(given):
            day, month, year, hour, minute, second, hours, minutes = found.groups()
            zone = f"{hours}:{minutes}" if hours else "+00:00"
            iso = f"{year}-{_MONTHS.index(month) + 1:02}-{int(day):02}T{hour}:{minute}:{second}{zone}"
            return datetime.fromisoformat(iso).astimezone(UTC).utctimetuple()
        if _RFC_3339.fullmatch(given):
            return datetime.fromisoformat(given).astimezone(UTC).utctimetuple()
    except (ValueError, OverflowError):
        pass
    return None


def construct(element: Any, key: str, *, atom: bool, default: str) -> Raw:
    """A text with its type, as `key` and `key_detail`."""
    if element.get("mode"):
        raise UnsureError
    given = element.get("type", "").lower()
    kind = _ATOM_TYPES.get(given, given) if atom and given else default
    if kind == "application/xhtml+xml":
        value = "".join(_markup(element))
    else:
        value = text_of(element) if kind.startswith("text/") else ""
    if not atom and kind == "text/plain" and _looks_like_html(value):
        kind = "text/html"
    return {key: value, f"{key}_detail": {"type": kind, "value": value}}


def _markup(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield etree.tostring(child, encoding="unicode")


def text_of(element: Any, base: str = "") -> str:
    """The text of an element that holds nothing else, as feedparser mends it; resolved where a base is given."""
    if len(element):
        raise UnsureError
    value = (element.text or "").strip()
    if base and value:
        value = joined(base, value)
    if value.isascii():
        return value
    with contextlib.suppress(UnicodeError):  # it may be UTF-8 that was taken for Latin-1, and encoded again
        value = value.encode("iso-8859-1").decode()
    return value.translate(_CP1252) if _C1.search(value) else value


def joined(base: str, url: str) -> str:
    """The address `url` as `base` makes it whole, '' where it is none."""
    try:
        return urljoin(base, _DOUBLE_SLASH.sub(r"\1\3", url))
    except ValueError:
        return ""


def _looks_like_html(value: str) -> bool:
    """As feedparser has it, but that any element and entity will do: a title in which they are unknown is unsure."""
    if not (_CLOSING.search(value) or _ENTITY.search(value)):
        return False
    if any(name not in _INLINE for name in re.findall(r"</?(\w+)", value)):
        raise UnsureError
    if any(name not in html.entities.entitydefs for name in re.findall(r"&(\w+);", value)):
        raise UnsureError
    return True


_INLINE: Final = frozenset(["a", "abbr", "b", "br", "em", "i", "p", "q", "small", "span", "strong", "sub", "sup", "u"])


def of(element: Any) -> str:
    """The element's name; see `name_of`."""
    return name_of(element.tag, element.prefix)


@lru_cache(maxsize=4_096)
def name_of(tag: Any, prefix: str | None) -> str:
    """The name as feedparser has it: a prefix by the namespace where it knows that, else the feed's own."""
    if not isinstance(tag, str):
        raise UnsureError  # an entity that nobody declared
    namespace, _, local = tag.rpartition("}")
    known = _PREFIXES.get(namespace.lstrip("{").lower(), prefix or "?")
    return f"{known}:{local}".lower() if known else local.lower()

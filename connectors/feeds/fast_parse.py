"""A fast parser for well-formed RSS, RDF and Atom."""

import contextlib
import html
import html.entities
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

from lxml import etree

from pipeline.errors import InputError
from pipeline.text import http

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
    return http.joined(base, _DOUBLE_SLASH.sub(r"\1\3", url))


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


# Elements that say nothing that we read, and change nothing that we do.
_IGNORED_NAMES: Final = """
comments enclosure source rights contributor generator media:content media:thumbnail media:credit media:copyright
media:rating dc:rights dc:type dc:format dc:identifier dc:source itunes:duration itunes:explicit itunes:episode
itunes:season itunes:episodetype slash:comments slash:section slash:department wfw:comment wfw:commentrss
thr:total thr:in-reply-to wordpress:post-id feedburner:awareness
"""

_IGNORED: Final = frozenset(_IGNORED_NAMES.split())

MOST_ENTRIES: Final = 10_000  # of a body; the rest would be old

_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

_UNREADABLE: Final = ("<!DOCTYPE", "xml:base", "<!ENTITY")  # what changes the meaning of the rest

_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml", "html", "xhtml"})

_REFERENCE = re.compile(r"&(?:(#?\w{1,40})(;|(?![\w=])))?")  # as browsers have it, which know "&copy", but not "&copy="

_OF_XML: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})

_ENTITY_FAULTS: Final = ("not defined", "xmlParseEntityRef", "EntityRef: expecting")


def feed(source: str, url: str) -> tuple[Raw, list[Raw]] | None:
    """The feed and its entries as feedparser's mappings, with the keys that `parse` reads; None where unsure.

    A date of a rare form is left as it is, for feedparser. InputError for XML that is nested as no feed is.
    """
    if any(sign in source for sign in _UNREADABLE):
        return None
    try:
        root = _root(source)
        name = name_of(root.tag, root.prefix)
        read = _READERS.get(name)
        return read(root, url) if read else None
    except (etree.XMLSyntaxError, UnsureError, ValueError) as error:
        if "Excessive depth" in str(error):
            raise InputError(f"{url} is nested more than 256 deep, as no feed is", step="parse") from error
        return None


def _root(source: str) -> Any:
    """The root element, also where nothing is wrong with the source but ampersands and the entities of HTML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(source.encode(), parser)
    except etree.XMLSyntaxError as error:
        mended = _REFERENCE.sub(_mended, source) if any(sign in str(error) for sign in _ENTITY_FAULTS) else source
        if mended == source:
            raise
        return etree.fromstring(mended.encode(), parser)


def _mended(found: re.Match[str]) -> str:
    name, end = found[1] or "", found[2] or ""
    if end and (name in _OF_XML or name.startswith("#")):
        return found[0]
    character = html.entities.html5.get(name + end, "")
    return html.escape(character) or f"&amp;{found[0][1:]}"


def _rss(root: Any, url: str) -> tuple[Raw, list[Raw]]:
    channel = next((child for child in root if of(child) == "channel"), root)
    items = [
        child for parent in {id(root): root, id(channel): channel}.values() for child in parent if of(child) == "item"
    ]
    if sum(1 for element in root.iter() if of(element).rpartition(":")[2] == "item") != len(items):
        raise UnsureError
    return _language(root) | _head(channel, atom=False), [_item(item, url) for item in items[:MOST_ENTRIES]]


def _atom(root: Any, url: str) -> tuple[Raw, list[Raw]]:
    if any(of(child).rpartition(":")[2] == "item" for child in root):
        raise UnsureError
    return _language(root) | _head(root, atom=True), [
        _entry(child, url) for child in islice((child for child in root if of(child) == "entry"), MOST_ENTRIES)
    ]


_READERS: Final[Mapping[str, Callable[[Any, str], tuple[Raw, list[Raw]]]]] = MappingProxyType(
    {"rss": _rss, "rdf:rdf": _rss, "feed": _atom}
)


def _language(root: Any) -> Raw:
    named = root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("lang")
    return {"language": named.replace("_", "-")} if named else {}


def _head(channel: Any, *, atom: bool) -> Raw:
    raw: Raw = {}
    for child in channel:
        name = of(child)
        if name == "title":
            raw |= construct(child, "title", atom=atom, default="text/plain")
        elif name in ("language", "dc:language"):
            raw["language"] = text_of(child)
    return raw


def _item(item: Any, url: str) -> Raw:
    """An item of RSS or RDF."""
    about = item.get(_ABOUT)
    raw: Raw = {"id": about} if about else {}
    for child in item:
        name = of(child)
        if name == "title":
            raw |= construct(child, name, atom=False, default="text/plain")
        elif name == "description":
            if "summary" in raw:
                raise UnsureError
            raw |= construct(child, "summary", atom=False, default="text/html")
        elif name == "content:encoded":
            raw.setdefault("content", []).append({"type": "text/html", "value": text_of(child)})
        elif name == "category":
            raw.setdefault("tags", []).append({"term": child.get("term") or text_of(child)})
        else:
            _common(raw, child, name, url)
    return _completed(raw, raw.pop("permalink", ""))


def _entry(entry: Any, url: str) -> Raw:
    """An entry of Atom."""
    raw: Raw = {}
    for child in entry:
        name = of(child)
        if name in ("title", "summary"):
            raw |= construct(child, name, atom=True, default="text/plain")
        elif name == "content":
            raw.setdefault("content", []).append(
                construct(child, name, atom=True, default="text/plain")["content_detail"]
            )
        elif name == "category":
            raw.setdefault("tags", []).append({"term": child.get("term") or text_of(child)})
        elif name in ("published", "updated"):
            _date(raw, name, child)
        else:
            _common(raw, child, name, url)
    return _completed(raw, raw.pop("permalink", ""))


def _common(raw: Raw, child: Any, name: str, url: str) -> None:
    """What RSS and Atom share, and the modules of RSS that Atom may use."""
    if name == "link":
        _link(raw, child, url)
    elif name in ("guid", "id"):
        permalink = child.get("isPermaLink", "true") == "true"
        raw["id"] = text_of(child, url if permalink else "")
        raw["permalink"] = raw["id"] if permalink else ""
    elif name in ("author", "dc:creator"):
        _author(raw, child, name)
    elif name in _DATES:
        _date(raw, _DATES[name], child)
    elif name == "dc:subject":
        raw.setdefault("tags", []).append({"term": text_of(child)})
    elif name == "dc:publisher":
        raw["publisher"] = text_of(child)
    elif name == "feedburner:origlink":
        raw["feedburner_origlink"] = text_of(child)
    elif name == "media:description" or (name == "media:content" and len(child)):
        raw["captioned"] = True
    elif name not in _IGNORED or (name.startswith("media:") and len(child)):
        raise UnsureError


_DATES: Final[Mapping[str, str]] = MappingProxyType({"pubdate": "published", "dc:date": "updated"})


def _completed(raw: Raw, permalink: str) -> Raw:
    if raw.pop("captioned", False) and not raw.get("summary") and not raw.get("content"):
        raise UnsureError  # feedparser takes the caption for the text
    if permalink:
        raw.setdefault("link", permalink)
    raw["tags"] = [tag for tag in raw.get("tags", ()) if tag["term"]]
    for part in raw.get("content", ())[:1]:
        if part["type"] in _HTML_TYPES or part["type"] == "text/plain":
            raw.setdefault("summary", part["value"])
    return raw


def _link(raw: Raw, child: Any, url: str) -> None:
    href = child.get("href")
    if href is None:
        raw["link"] = text_of(child, url)
    elif child.get("rel", "alternate") == "alternate" and child.get("type", "text/html") in _HTML_TYPES:
        raw["link"] = joined(url, href)


def _author(raw: Raw, child: Any, name: str) -> None:
    """`authors` and `author` as `parse` reads them: where an address is in it, the whole is what counts."""
    if name == "author" and len(child):
        parts = {of(part): text_of(part) for part in child}
        known, email = parts.get("name", ""), parts.get("email", "")
        whole = f"{known} ({email})" if known and email else known or email
    else:
        whole = known = text_of(child)
    raw.setdefault("authors", []).append({"name": known})
    raw["author"] = whole


def _date(raw: Raw, key: str, child: Any) -> None:
    raw[key] = text_of(child)
    raw[f"{key}_parsed"] = parsed(raw[key])

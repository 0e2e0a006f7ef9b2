"""A fast parser for well-formed RSS, RDF and Atom."""

import contextlib
import html
import html.entities
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

from feedparser.mixin import _FeedParserMixin  # not public, but the only table of its namespaces
from lxml import etree

from pipeline.errors import InputError
from pipeline.text import http
from pipeline.text.dates import parsed

Raw = dict[str, Any]

# The prefix that feedparser gives each namespace; '' stands for the names of RSS and Atom themselves.
_PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{address.lower(): prefix.lower() for address, prefix in _FeedParserMixin.namespaces.items() if prefix},
        "": "",
        "http://purl.org/rss/1.0/": "",
        "http://my.netscape.com/rdf/simple/0.9/": "",
        "http://channel.netscape.com/rdf/simple/0.9/": "",
        "http://www.w3.org/2005/atom": "",
        "https://podcastindex.org/namespace/1.0": "podcast",
        "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    }
)

# The names of elements that feedparser interprets, and the keys that we read of what it stores for all others.
_INTERPRETED: Final = frozenset(
    [
        *(name.removeprefix("_start_").removeprefix("_end_").lower() for name in dir(_FeedParserMixin)),
        *("authors", "author_detail", "feedburner_origlink", "publisher", "summary_detail", "title_detail"),
    ]
)

_DOUBLE_SLASH = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)(/*)(.*?)")

_CLOSING, _ENTITY = re.compile(r"</(\w+)>"), re.compile(r"&#?\w+;")

_ATOM_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"": "text/plain", "text": "text/plain", "html": "text/html", "xhtml": "application/xhtml+xml"}
)

_CP1252: Final = {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}

_C1 = re.compile("[\x80-\x9f]")


class UnsureError(Exception):
    """Raised for input that feedparser has to read."""


def construct(element: Any, key: str, *, atom: bool, default: str) -> Raw:
    """A text with its type, as `key` and `key_detail`."""
    if element.get("mode"):
        raise UnsureError
    declared = media_type(element.get("type", ""))
    kind = _ATOM_TYPES.get(declared, declared) if atom and declared else default
    if kind == "application/xhtml+xml":
        value = "".join(_markup(element))
    else:
        value = text_of(element) if kind.startswith("text/") else ""
    if not atom and kind == "text/plain" and _looks_like_html(value):
        kind = "text/html"
    return {key: value, f"{key}_detail": {"type": kind, "value": value}}


def media_type(declared: str) -> str:
    """The media type without its parameters, such as "charset=utf-8", in small letters."""
    return declared.partition(";")[0].strip().lower()


def _markup(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield etree.tostring(child, encoding="unicode")


def text_of(element: Any, base: str = "") -> str:
    """The text of an element without children, repaired as by feedparser; resolved against `base` if there is one."""
    if len(element):
        raise UnsureError
    value = (element.text or "").strip()
    if base and value:
        value = joined(base, value)
    if value.isascii():
        return value
    with contextlib.suppress(UnicodeError):  # possibly UTF-8 that was read as Latin-1 and encoded again
        value = value.encode("iso-8859-1").decode()
    return value.translate(_CP1252) if _C1.search(value) else value


def joined(base: str, url: str) -> str:
    """The address `url` resolved against `base`, '' if it is no address."""
    return http.joined(base, _DOUBLE_SLASH.sub(r"\1\3", url))


def _looks_like_html(value: str) -> bool:
    """Return True for markup, by feedparser's rule but with any element and entity.

    A title with unknown elements or entities is left to feedparser.
    """
    if not (_CLOSING.search(value) or _ENTITY.search(value)):
        return False
    if any(name not in _INLINE for name in re.findall(r"</?(\w+)", value)):
        raise UnsureError
    if any(name not in html.entities.entitydefs for name in re.findall(r"&(\w+);", value)):
        raise UnsureError
    return True


_INLINE: Final = frozenset(["a", "abbr", "b", "br", "em", "i", "p", "q", "small", "span", "strong", "sub", "sup", "u"])


def element_name(element: Any) -> str:
    """The name of an element; see `name_of`."""
    return name_of(element.tag, element.prefix)


@lru_cache(maxsize=4_096)
def name_of(tag: Any, prefix: str | None) -> str:
    """The name in feedparser's form: with its own prefix for a known namespace, else with the feed's prefix."""
    if not isinstance(tag, str):
        raise UnsureError  # an entity that nobody declared
    namespace, _, local = tag.rpartition("}")
    standard_prefix = _PREFIXES.get(namespace.lstrip("{").lower(), prefix or "?")
    return f"{standard_prefix}:{local}".lower() if standard_prefix else local.lower()


# Elements that feedparser interprets, and that change nothing that we read.
_IGNORED_NAMES: Final = """
comments enclosure source rights contributor generator media:content media:thumbnail media:credit media:copyright
media:rating dc:rights dc:language
"""

_IGNORED: Final = frozenset(_IGNORED_NAMES.split())

MOST_ENTRIES: Final = 10_000  # of a body; the rest would be old

_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"

_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

_UNREADABLE: Final = ("<!DOCTYPE", "<!ENTITY")  # what changes the meaning of the rest

_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml", "html", "xhtml"})

_REFERENCE = re.compile(r"&(?:(#?\w{1,40})(;|(?![\w=])))?")  # as browsers have it, which know "&copy", but not "&copy="

_OF_XML: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})

_ENTITY_FAULTS: Final = ("not defined", "xmlParseEntityRef", "EntityRef: expecting")


def feed(source: str, url: str) -> tuple[Raw, list[Raw]] | None:
    """The feed and its items as feedparser's mappings, with the keys that `parse` reads; None if unsure.

    A date of a rare form stays as it is, for feedparser. InputError if the XML is nested too deeply for a feed.
    """
    if any(sign in source for sign in _UNREADABLE):
        return None
    try:
        root = _root(source)
        name = name_of(root.tag, root.prefix)
        reader = _READERS.get(name)
        return reader(root, url) if reader else None
    except (etree.XMLSyntaxError, UnsureError, ValueError) as error:
        if "Excessive depth" in str(error):
            raise InputError(f"{url} is nested more than 256 deep, as no feed is", step="parse") from error
        return None


def _root(source: str) -> Any:
    """The root element; wrong ampersands and the entities of HTML are repaired."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(source.encode(), parser)
    except etree.XMLSyntaxError as error:
        mended = _REFERENCE.sub(_mended, source) if any(sign in str(error) for sign in _ENTITY_FAULTS) else source
        if mended == source:
            raise
        return etree.fromstring(mended.encode(), parser)


def _mended(match: re.Match[str]) -> str:
    name, end = match[1] or "", match[2] or ""
    if end and (name in _OF_XML or name.startswith("#")):
        return match[0]
    character = html.entities.html5.get(name + end, "")
    return html.escape(character) or f"&amp;{match[0][1:]}"


def _is_foreign(element: Any) -> bool:
    """True if feedparser interprets neither the element nor anything in it."""
    return all(_is_unread(element_name(descendant)) for descendant in element.iter())


@lru_cache(maxsize=4_096)
def _is_unread(name: str) -> bool:
    return name.removeprefix("?:").replace(":", "_") not in _INTERPRETED


def _based(element: Any, url: str) -> str:
    """The base of addresses in an element: `url`, or its xml:base resolved against `url`."""
    base = element.get(_BASE) or element.get("base")
    if not base:
        return url
    resolved = joined(url, base)
    if not resolved.startswith(("http://", "https://")):
        raise UnsureError
    return resolved


def _rss(root: Any, url: str) -> tuple[Raw, list[Raw]]:
    channel = next((child for child in root if element_name(child) == "channel"), root)
    parents = [root] if channel is root else [root, channel]
    items = [child for parent in parents for child in parent if element_name(child) == "item"]
    if sum(1 for element in root.iter() if element_name(element).rpartition(":")[2] == "item") != len(items):
        raise UnsureError
    url = _based(channel, _based(root, url) if channel is not root else url)
    return _language(root) | _head(channel, atom=False), [_item(element, url) for element in items[:MOST_ENTRIES]]


def _atom(root: Any, url: str) -> tuple[Raw, list[Raw]]:
    if any(element_name(child).rpartition(":")[2] == "item" for child in root):
        raise UnsureError
    url = _based(root, url)
    entries = (child for child in root if element_name(child) == "entry")
    return _language(root) | _head(root, atom=True), [_entry(child, url) for child in islice(entries, MOST_ENTRIES)]


_READERS: Final[Mapping[str, Callable[[Any, str], tuple[Raw, list[Raw]]]]] = MappingProxyType(
    {"rss": _rss, "rdf:rdf": _rss, "feed": _atom}
)


def _language(root: Any) -> Raw:
    code = root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("lang")
    return {"language": code.replace("_", "-")} if code else {}


def _head(channel: Any, *, atom: bool) -> Raw:
    raw: Raw = {}
    for child in channel:
        name = element_name(child)
        if name == "title":
            raw |= construct(child, "title", atom=atom, default="text/plain")
        elif name in ("language", "dc:language"):
            raw["language"] = text_of(child)
    return raw


def _item(element: Any, url: str) -> Raw:
    """An item of RSS or RDF."""
    url = _based(element, url)
    about = element.get(_ABOUT)
    raw: Raw = {"id": about} if about else {}
    for child in element:
        name = element_name(child)
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
    url = _based(entry, url)
    raw: Raw = {}
    for child in entry:
        name = element_name(child)
        if name in ("title", "summary"):
            raw |= construct(child, name, atom=True, default="text/plain")
        elif name == "content":
            content = construct(child, name, atom=True, default="text/plain")["content_detail"]
            source = joined(_based(child, url), child.get("src", "")) if child.get("src") else ""
            raw.setdefault("content", []).append(content | ({"src": source} if source else {}))
        elif name == "category":
            raw.setdefault("tags", []).append({"term": child.get("term") or text_of(child)})
        elif name in ("published", "updated"):
            _date(raw, name, child)
        else:
            _common(raw, child, name, url)
    return _completed(raw, raw.pop("permalink", ""))


def _common(raw: Raw, child: Any, name: str, url: str) -> None:
    """Read an element that RSS and Atom share, or of an RSS module that Atom may use."""
    url = _based(child, url)
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
    elif name in _TEXTS:
        raw[_TEXTS[name]] = text_of(child)
    elif name in _LISTS:
        raw.setdefault(_LISTS[name], []).extend(_listed(child, name))
    elif name in ("media:description", "media:group") or (name == "media:content" and len(child)):
        raw["nested"] = True
        raw.setdefault("captions", []).extend(part for part in child.iter() if element_name(part) == _CAPTION)
    elif (name not in _IGNORED or (name.startswith("media:") and len(child))) and not _is_foreign(child):
        raise UnsureError


_LISTS: Final[Mapping[str, str]] = MappingProxyType(
    {"dc:subject": "tags", "media:keywords": "tags", "podcast:transcript": "transcripts"}
)


def _listed(child: Any, name: str) -> list[Raw]:
    """Return what the element adds to a list of the entry."""
    if name == "podcast:transcript":
        return [{"url": child.get("url", ""), "type": child.get("type", "")}]
    terms = text_of(child).split(",") if name == "media:keywords" else [text_of(child)]
    return [{"term": term.strip() if name == "media:keywords" else term} for term in terms]


_CAPTION: Final = "media:description"

_TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {"dc:publisher": "publisher", "feedburner:origlink": "feedburner_origlink"}
)

_DATES: Final[Mapping[str, str]] = MappingProxyType({"pubdate": "published", "dc:date": "updated"})


def _completed(raw: Raw, permalink: str) -> Raw:
    captions = raw.pop("captions", ())
    if raw.pop("nested", False) and "title" not in raw:
        raise UnsureError  # feedparser takes the title of a medium for that of the entry
    if captions and not raw.get("summary") and not raw.get("content"):
        raw |= _captioned(captions)
    if permalink:
        raw.setdefault("link", permalink)
    raw["tags"] = [tag for tag in raw.get("tags", ()) if tag["term"]]
    for part in raw.get("content", ())[:1]:
        if part["type"] in _HTML_TYPES or part["type"] == "text/plain":
            raw.setdefault("summary", part["value"])
    return raw


def _captioned(captions: list[Any]) -> Raw:
    """The summary of an item whose only text is a caption, as in feeds of videos."""
    if len(captions) > 1 or captions[0].get("type"):
        raise UnsureError
    return construct(captions[0], "summary", atom=False, default="text/html")


def _link(raw: Raw, child: Any, url: str) -> None:
    href = child.get("href")
    if href is None:
        raw["link"] = text_of(child, url)
    elif child.get("rel", "alternate") == "alternate" and child.get("type", "text/html") in _HTML_TYPES:
        raw["link"] = joined(url, href)


def _author(raw: Raw, child: Any, name: str) -> None:
    """Set `authors` and `author` as `parse` reads them; a line with an address counts as a whole."""
    if name == "author" and len(child):
        parts = {element_name(part): text_of(part) for part in child}
        author_name, email = parts.get("name", ""), parts.get("email", "")
        whole = f"{author_name} ({email})" if author_name and email else author_name or email
    else:
        whole = author_name = text_of(child)
    raw.setdefault("authors", []).append({"name": author_name})
    raw["author"] = whole


def _date(raw: Raw, key: str, child: Any) -> None:
    raw[key] = text_of(child)
    raw[f"{key}_parsed"] = parsed(raw[key])

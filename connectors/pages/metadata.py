"""The metadata of a web page about its article: schema.org NewsArticle as JSON-LD, and meta elements (lxml).

Runs in a process that can be killed; see `connectors.processes`. Sources: schema.org/NewsArticle, ogp.me (article:*),
Parse.ly and Dublin Core meta names.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from itertools import islice
from typing import Any

from connectors.pages.html import text
from pipeline.ingest.agencies import bylines
from pipeline.model import EPOCH, Dated, DateKind, DateOrigin
from pipeline.model.feed import FeedItem
from pipeline.text import clean, words
from pipeline.text.dates import time
from pipeline.text.http import split

_MOST_JSON = 1_000_000  # characters of one script

_MOST_OBJECTS = 1_000  # of a page's JSON-LD

_MOST_DEPTH = 8

_MOST_HEADINGS = 5

_LEAST_WORDS = 5  # of a heading that is a sentence, not the name of a section

_LEAST_ALIKE = 0.5  # of a heading and the page's title

_SITE = re.compile(r"\s*[|–—•·-]\s+\S|\s*[｜：_]\s*\S|\s+:\s+\S")  # between a title and the name of its site

_BEFORE = re.compile(r"\s[|–—•·-]\s+$|[｜：_]\s*$")  # between the name of a site and the title

_BEGINNING = 100  # characters at the start of a body that occur again if the body is stated twice

_ARTICLE_TYPES = ("Article", "BlogPosting", "Report")  # the ends of schema.org's names of them

_META: Mapping[str, tuple[str, ...]] = {
    "title": ("og:title", "twitter:title", "parsely-title", "dc.title"),
    "url": ("og:url", "parsely-link"),
    "published": (
        *("article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "sailthru.date"),
        *("dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date", "dcterms.date", "publisheddate"),
        *("publish-date", "publish_date", "pubdate", "cxenseparse:recs:publishtime", "date"),
    ),
    "modified": (
        *("article:modified_time", "og:article:modified_time", "datemodified", "og:updated_time", "dcterms.modified"),
        "last-modified",
    ),
    "author": ("author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "article:author"),
    "section": ("article:section", "parsely-section"),
    "site": ("og:site_name",),
    "tier": ("article:content_tier",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The metadata of an article, '' or empty if the page states none; a `closed` article is for subscribers.

    `body` is the text in the metadata, with blank lines between paragraphs if it has any. `headlines` are the forms of
    the title in the metadata and on the page. `updates` are those of a live blog.
    """

    title: str = ""
    headlines: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    url: str = ""
    authors: tuple[str, ...] = ()
    section: str = ""
    credit: str = ""
    site: str = ""
    dates: tuple[Dated, ...] = ()
    closed: bool = False
    body: str = ""
    updates: tuple[FeedItem, ...] = ()


def metadata(root: Any, address: str = "") -> Metadata:
    """The metadata of the page with this root element at an address; malformed fields count as missing."""
    meta = _meta(root)
    link = next(iter(root.xpath("//link[@rel='canonical']/@href")), "")
    article = _json_ld(root, str(link) or meta.get("url", ""))
    page_title = root.findtext(".//title") or ""
    authors = _authors(article.get("author")) or _authors(meta.get("author", ""))
    headlines = _headlines(root, article, meta, page_title)
    url = clean(str(link)) or meta.get("url", "") or _text(article.get("url"))
    site = _line(meta.get("site", "")) or next(_names(article.get("publisher")), "")
    own_words = set(words(f"{site} {split(url or address).hostname or ''}"))
    title = _line(_text(article.get("headline")) or meta.get("title", "")) or _shown_title(root, page_title, own_words)
    return Metadata(
        title=_without_site(title, headlines, own_words),
        headlines=headlines,
        descriptions=tuple(
            _line(description)
            for description in (_text(article.get("description")), *_descriptions(root))
            if description
        ),
        url=url,
        authors=authors,
        section=_line(next(iter(_texts(article.get("articleSection"))), "") or meta.get("section", "")),
        credit=next((name for key in _CREDITS for name in _names(article.get(key))), ""),
        site=site,
        dates=(*_dates(article, _IN_JSON, "json-ld"), *_dates(meta, _IN_META, "page")),
        closed=_says_no(article.get("isAccessibleForFree")) or meta.get("tier", "") == "locked",
        body="" if "LiveBlogPosting" in _texts(article.get("@type")) else _body(_text(article.get("articleBody"))),
        updates=_updates(article),
    )


_MOST_UPDATES = 500  # of a live blog, the newest


def _updates(article: Mapping[str, Any]) -> tuple[FeedItem, ...]:
    """The updates of a live blog (schema.org LiveBlogPosting), each with its own time; `guid` is the stated address."""
    stated = article.get("liveBlogUpdate")
    listed = [update for update in (stated if isinstance(stated, list) else [stated]) if isinstance(update, dict)]
    updates = [_update(update) for update in listed]
    by_time = sorted((update for update in updates if update.text and update.published), key=_moment)
    return tuple(by_time[-_MOST_UPDATES:])


def _update(update: Mapping[str, Any]) -> FeedItem:
    dates = tuple(_dates(update, _IN_JSON, "json-ld"))
    return FeedItem(
        guid=_text(update.get("url")) or _text(update.get("@id")),
        title=_line(_text(update.get("headline")) or _text(update.get("name"))),
        text=_body(_text(update.get("articleBody"))),
        published=next((date.time for date in dates if date.kind == "published"), None),
        authors=_authors(update.get("author")),
        dates=dates,
    )


def _moment(update: FeedItem) -> datetime:
    return update.published or EPOCH


_AUTHOR_PAGE = re.compile(
    r"/(?:autor(?:en|es|as?|i)?|auteurs?|authors?|autore|redakteur(?:e|in)?|redaktion|journalist(?:e|en|s|as)?|people"
    r"|persons?|profil|profiles?|staff|byline|contributors?)/",
    re.IGNORECASE,
)

_PERSON = re.compile(r"(?:(?:Dr|Prof)\.? )*[^\W\d_][\w'’.-]+(?: [^\W\d_][\w'’.-]+){1,3}")

_MOST_SIGNED = 3  # names: a page that links to more lists its authors

_LEAST_SIGNED = 3  # paragraphs of an article that is signed


def by_people(root: Any, stated: Metadata) -> Metadata:
    """The metadata with the people who sign the article, if the only stated author is the site itself."""
    own_words = set(words(f"{stated.site} {split(stated.url).hostname or ''}"))
    if not stated.authors or not all(_is_of_site(author, own_words) for author in stated.authors):
        return stated
    names = tuple(dict.fromkeys(name for name in (*_linked_authors(root), *_signatures(root)) if _is_person(name)))
    return replace(stated, authors=names) if 0 < len(names) <= _MOST_SIGNED else stated


def _is_of_site(name: str, own_words: Collection[str]) -> bool:
    """True for a name like that of the site, such as "Courier" or "Courier A" at courier.example."""
    name_words = {word for word in words(name) if len(word) > 1}
    return bool(name_words) and name_words <= set(own_words)


def _linked_authors(root: Any) -> Iterator[str]:
    """The texts of links to pages of authors."""
    for link in root.iter("a"):
        if _AUTHOR_PAGE.search(link.get("href") or ""):
            yield " ".join("".join(link.itertext()).split())


def _signatures(root: Any) -> Iterator[str]:
    """The first and last paragraphs of the page's texts that are a bold line and no more."""
    for paragraph in root.iter("p"):
        siblings = paragraph.getparent().findall("p") if paragraph.getparent() is not None else []
        if len(siblings) < _LEAST_SIGNED or paragraph not in (siblings[0], siblings[-1]):
            continue
        bold = next(paragraph.iter("strong", "b"), None)
        line = " ".join("".join(paragraph.itertext()).split())
        if bold is not None and line == " ".join("".join(bold.itertext()).split()):
            yield line


def _is_person(name: str) -> bool:
    return bool(_PERSON.fullmatch(name)) and all(word[0].isupper() for word in name.split())


def _headlines(root: Any, article: Mapping[str, Any], meta: Mapping[str, str], page_title: str) -> tuple[str, ...]:
    """The title in the forms of the metadata, of the page's title and of its headings of the first level."""
    headings = islice(root.iter("h1"), _MOST_HEADINGS)
    forms = (
        _text(article.get("headline")),
        meta.get("title", ""),
        page_title,
        *("".join(h1.itertext()) for h1 in headings),
    )
    return tuple(dict.fromkeys(line for form in forms if (line := _line(form))))


def _shown_title(root: Any, page_title: str, own_words: Collection[str]) -> str:
    """The heading of the first level that is most like the page's title, or else the page's title.

    A heading unlike it may be the name of the site or of a section; a whole sentence is neither, if it stands alone.
    """
    lines = (_line("".join(h1.itertext())) for h1 in islice(root.iter("h1"), _MOST_HEADINGS))
    headings = [line for line in lines if line and not _is_of_site(line, own_words)]
    heading = max(headings, key=lambda line: _likeness(line, page_title), default="")
    if not heading or _likeness(heading, page_title) >= _LEAST_ALIKE:
        return heading or _line(page_title)
    is_sentence = len(headings) == 1 and len(heading.split()) >= _LEAST_WORDS
    return heading if is_sentence or not page_title.strip() else _line(page_title)


def _likeness(line: str, other: str) -> float:
    """The share of words that two lines have in common, from 0 to 1 (Dice's coefficient)."""
    own, others = Counter(words(line)), Counter(words(other))
    return 2 * (own & others).total() / ((own + others).total() or 1)


def _without_site(title: str, headlines: Sequence[str], own_words: Collection[str]) -> str:
    """The title without the name of its site or section at its start or end.

    A heading of the page shows where the title begins and ends, or the site's name and address show what its name is.
    """
    if heading := next((line for line in headlines if _is_title_in(line, title)), ""):
        return heading
    parted = list(_SITE.finditer(title))
    if parted and (start := parted[-1].start()) and _is_of_site(title[parted[-1].end() - 1 :], own_words):
        return title[:start]
    return title


def _is_title_in(heading: str, title: str) -> bool:
    """True for a heading with only a name beside it in the title, apart from it by a separator."""
    if title.startswith(heading):
        return bool(_SITE.match(title[len(heading) :]))
    before = title.removesuffix(heading)
    return len(before) < len(heading) and before != title and bool(_BEFORE.search(before))


def _descriptions(root: Any) -> Iterator[str]:
    for name in ("og:description", "description", "twitter:description"):
        yield from root.xpath("//meta[@property=$name or @name=$name]/@content", name=name)[:1]


_CREDITS = ("creditText", "sourceOrganization", "copyrightHolder", "provider")

_IN_JSON: Mapping[DateKind, str] = {"published": "datePublished", "modified": "dateModified"}

_IN_META: Mapping[DateKind, str] = {"published": "published", "modified": "modified"}


def _dates(values: Mapping[str, Any], names: Mapping[DateKind, str], origin: DateOrigin) -> Iterator[Dated]:
    for kind, name in names.items():
        if date := time(_text(values.get(name))):
            yield Dated(kind, date, origin)


def _json_ld(root: Any, url: str) -> Mapping[str, Any]:
    """The first object that is an article; the one with the page's own address comes before others.

    Its authors have their names if other objects of the page state them.
    """
    known: dict[str, Mapping[str, Any]] = {}
    articles = []
    for node in _scripts(root):
        if isinstance(node.get("@id"), str):
            known.setdefault(node["@id"], node)
        if any(kind.endswith(_ARTICLE_TYPES) for kind in _texts(node.get("@type"))):
            articles.append(node)
    if not articles:
        return {}
    article = next((node for node in articles if url and url in _addresses(node)), articles[0])
    stated = article.get("author")
    authors = stated if isinstance(stated, list) else [stated]
    return {**article, "author": [_resolved_author(author, known) for author in authors]}


def _addresses(article: Mapping[str, Any]) -> list[str]:
    page = article.get("mainEntityOfPage")
    return _texts([article.get("url"), article.get("@id"), page.get("@id") if isinstance(page, dict) else page])


def _resolved_author(author: Any, by_id: Mapping[str, Mapping[str, Any]]) -> Any:
    author_id = author.get("@id") if isinstance(author, dict) and "name" not in author else None
    return by_id.get(author_id, author) if isinstance(author_id, str) else author


def _scripts(root: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of all scripts of JSON-LD."""
    scripts = root.xpath("//script[@type='application/ld+json']")
    for script in islice(scripts, 50):
        source = (script.text or "").strip().removeprefix("<!--").removesuffix("-->")
        if len(source) > _MOST_JSON:
            continue
        try:
            value = json.loads(source, strict=False)  # publishers put line ends into strings
        except (ValueError, RecursionError):
            continue
        yield from islice(_objects(value, 0), _MOST_OBJECTS)


def _objects(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _MOST_DEPTH:
        return
    if isinstance(value, list):
        for element in value:
            yield from _objects(element, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _objects(value.get(key), depth + 1)


def _meta(root: Any) -> dict[str, str]:
    contents: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        contents.setdefault(name.lower(), clean(element.get("content") or ""))
    values = {key: next((contents[name] for name in names if contents.get(name)), "") for key, names in _META.items()}
    values["published"] = values["published"] or next(iter(root.xpath(_IN_MARKUP)), "")
    return values


# schema.org as microdata, and hAtom (microformats.org/wiki/hatom), which themes of blogs still have.
_IN_MARKUP = (
    "//time[@itemprop='datePublished' or @pubdate or contains(concat(' ', @class, ' '), ' published ')]/@datetime"
    "|//abbr[contains(concat(' ', @class, ' '), ' published ')]/@title"
)


def _body(stated: str) -> str:
    """The stated text, once; if it has no blank lines, each line is a paragraph."""
    plain = text(text(stated)) if "&lt;" in stated else text(stated)
    start = plain.find(plain[:_BEGINNING], _BEGINNING) if len(plain) > 2 * _BEGINNING else -1
    plain = plain[:start].rstrip() if start >= len(plain) // 2 - _BEGINNING > 0 else plain
    return plain if "\n\n" in plain else plain.replace("\n", "\n\n")


def _names(value: Any) -> Iterator[str]:
    """The names of people or organisations, in any of the forms that publishers use."""
    for person in value if isinstance(value, list) else [value]:
        names = (person.get("name") or _given_and_family(person)) if isinstance(person, dict) else person
        for name in _texts(names):
            if (line := _line(name)) and "://" not in line:
                yield line


def _given_and_family(person: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (_text(person.get("givenName")), _text(person.get("familyName")))))


def _authors(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for line in _names(value) for name in bylines(line)))


def _texts(value: Any) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _line(value: str) -> str:
    """The text on one line, without the entities that publishers write outside markup."""
    return " ".join(clean(unescape(value)).split())


def _says_no(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.strip().lower() in ("false", "no"))

"""The article on a web page: its text (trafilatura), its standfirst, and the feeds that the page links to.

Runs in a process that can be killed; see `connectors.processes`. Feeds are links with `rel="alternate"` (RSS
autodiscovery, WHATWG HTML 4.6.7), or else plain links.
"""

import re
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Final

import trafilatura
from htmldate import find_date
from trafilatura.metadata import extract_metadata
from trafilatura.readability_lxml import Document
from trafilatura.utils import load_html

from connectors.pages.clutter import BLOCKS, uncluttered
from connectors.pages.encoding import decode
from connectors.pages.html import attributes, in_paragraphs, legible, paragraphs, with_paragraphs
from connectors.pages.html import text as text_of
from connectors.pages.metadata import Metadata, by_people, metadata
from pipeline.errors import InputError
from pipeline.ingest.agencies import bylines, without_date
from pipeline.ingest.body import agreement, article_body
from pipeline.ingest.interstitials import interstitial, is_cut_by_paywall
from pipeline.ingest.urls import named_by_page
from pipeline.model import Dated
from pipeline.model.feed import FeedItem
from pipeline.text import clean
from pipeline.text.http import joined

_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")

_LIKE_A_FEED = re.compile(r"(/feed/?|/rss/?|[./](rss|atom|rdf)(\.xml)?|/feed\.(xml|json))(\?[^#]*)?$", re.IGNORECASE)

_MOST_LINKS = 100


def links(body: bytes, content_type: str, url: str) -> list[tuple[str, str]]:
    """The address and title of each feed that the page at `url` names, in the order of the page."""
    html = decode(body, content_type)
    base = next((link["href"] for link in attributes(html, "base") if link.get("href")), "")
    declared = [
        link
        for link in attributes(html, "link")
        if "alternate" in link.get("rel", "").lower().split() and link.get("type", "").lower().strip() in _TYPES
    ]
    candidates = declared or [link for link in attributes(html, "a") if _LIKE_A_FEED.search(link.get("href", ""))]
    base = joined(url, base) or url
    addresses = (
        (joined(base, link.get("href", "").strip()), link.get("title", "")) for link in candidates[:_MOST_LINKS]
    )
    return [(address, " ".join(clean(title).split())) for address, title in addresses if address]


_NOT_LETTERS: Final = re.compile(r"[\W_]+")

_LEAST: Final = 40  # letters; a shorter description is a slogan

_MOST: Final = 1_500  # letters

_CUT_OFF: Final = 0.9  # of a description that is cut off, as many are


def standfirst(root: Any, descriptions: Iterable[str]) -> str:
    """The first block of the page that shows one of its own descriptions, '' without one."""
    descriptions_in_letters = [letters for text in descriptions if _LEAST <= len(letters := _letters(text)) <= _MOST]
    if not descriptions_in_letters:
        return ""
    for element in root.iter("p", "div", "h2", "h3", "h4", "span", "strong", "li"):
        if next(element.iterdescendants(*BLOCKS), None) is not None or element.find(".//a") is not None:
            continue
        text = " ".join("".join(element.itertext()).split())
        if len(text) >= _LEAST and any(_shows(_letters(text), letters) for letters in descriptions_in_letters):
            return text
    return ""


def _shows(block: str, description: str) -> bool:
    if block == description:
        return True
    return block.startswith(description) and len(description) >= _CUT_OFF * len(block)


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()


_MOST_TAGS = 80_000  # each costs the tree a kilobyte or more

_LONG_TAG = re.compile(r"<([a-zA-Z][\w-]*+)[^<>]{10000,}+>")  # attributes cost the parser quadratic time

_SURELY_RIGHT = 1_000  # characters of a text that needs no second opinion

_MUCH_MORE = 2  # times the text: the page has prose that is not in it

_FAR_MORE = 4  # times the text: it is only a part of the article, or the page shows other things

_SURELY_WHOLE = 2_000  # characters after which an article that is marked as paid is there in full


def page(source: bytes, content_type: str, url: str) -> FeedItem:
    """The page's article, its text clean and with blank lines between paragraphs; InputError without an article.

    `url` of the item is the address that the page gives as its own, '' if it gives none of its site. If only the
    beginning of a closed article is shown, the item is not `whole` and has the mark "paywall".
    """
    root = _root(source, content_type, url)
    return _entry(root, metadata(root, url), url)


def document(source: bytes, content_type: str, url: str) -> FeedItem:
    """The article of a page that was saved as a file, with the address and title that trafilatura reads."""
    root = _root(source, content_type, url)
    stated, extracted = metadata(root), extract_metadata(root)
    article = _entry(root, stated, url)
    title = " ".join(clean(extracted.title or "").split())
    return replace(article, url=stated.url or extracted.url or "", title=title or article.title)


def _shown_metadata(root: Any, stated: Metadata) -> Metadata:
    """The metadata; authors and day are those that the page shows if it states none."""
    if not stated.authors and (author := extract_metadata(root).author):
        names = dict.fromkeys(without_date(name) for part in author.split("; ") for name in bylines(clean(part)))
        stated = replace(stated, authors=tuple(names))
    stated = by_people(root, stated)
    if any(date.kind == "published" for date in stated.dates):
        return stated
    if day := find_date(root, extensive_search=False, original_date=True):
        date = Dated("published", datetime.fromisoformat(day).replace(tzinfo=UTC), "page")
        stated = replace(stated, dates=(date, *stated.dates))
    return stated


def _root(body: bytes, content_type: str, url: str) -> Any:
    source = _LONG_TAG.sub(r"<\1>", decode(body, content_type))
    if source.count("<") > _MOST_TAGS:
        raise InputError(f"{url} has more than {_MOST_TAGS:,} tags, as no article has", step="page")
    root = load_html(source)
    if root is None:
        raise InputError(f"{url} holds no article", step="page")
    return root


def _entry(root: Any, stated: Metadata, url: str) -> FeedItem:
    page_title = root.findtext(".//title") or stated.title
    stated = _shown_metadata(root, stated)
    asks_password = bool(root.xpath("//input[@type='password']"))
    lead = standfirst(root, stated.descriptions)
    page_text, prose = _page_text(root)
    text = article_body(page_text, stated.body, standfirst=lead, headlines=stated.headlines, authors=stated.authors)
    if instead := interstitial(page_title, text, password=asks_password):
        raise InputError(f"{url} is {instead}, not an article", step="page")
    if not text and not stated.closed and not stated.updates:
        raise InputError(f"{url} holds no article", step="page")
    if stated.updates:  # each is an article of its own, so the page keeps what stands before them
        text = _text_before_updates(text, stated.updates) or lead
    closed = (stated.closed or is_cut_by_paywall(text)) and len(text) < _SURELY_WHOLE
    partial = not closed and len(text) < _SURELY_RIGHT and prose > _FAR_MORE * len(text)
    partial = partial and not stated.updates
    marks = ("live",) if stated.updates else ("paywall",) if closed else ("partial",) if partial else ()
    return FeedItem(
        url=named_by_page(stated.url, url),
        title=stated.title,
        text=text,
        whole=not marks,
        published=next((date.time for date in stated.dates if date.kind == "published"), None),
        authors=stated.authors,
        section=stated.section,
        credit=stated.credit,
        site=stated.site,
        dates=stated.dates,
        marks=marks,
        updates=tuple(replace(update, url=joined(url, update.guid)) for update in stated.updates),
    )


def _text_before_updates(text: str, updates: Iterable[FeedItem]) -> str:
    """The paragraphs of a live blog before its updates. The latest update may stand first, where a standfirst would."""
    update_lines = {update.title for update in updates} | {
        line for update in updates for line in update.text.splitlines()
    }
    lines = [line for line in text.splitlines() if line]
    start = 1 if lines and lines[0] in update_lines else 0
    return "\n\n".join(takewhile(lambda line: line not in update_lines, lines[start:]))


def _page_text(root: Any) -> tuple[str, int]:
    """The text that the page shows as its article, and the number of characters of prose on the page."""
    prose = uncluttered(root)
    legible(root)
    text = _extracted(root, fast=True)
    much = _FAR_MORE if len(text) >= _SURELY_RIGHT else _MUCH_MORE
    if prose < much * len(text):
        return text, prose
    return _second_opinion(root, text), prose


def _second_opinion(root: Any, shown: str) -> str:
    """The text that other readings of the page agree on, if they are far longer than the first."""
    full = _extracted(root, fast=False)
    readable = text_of(Document(deepcopy(root)).summary())
    with_paragraphs(root)
    readings = [full, readable, _extracted(root, fast=True)]
    longer = [reading for reading in readings if len(reading) >= _MUCH_MORE * len(shown)]
    return max(longer, key=lambda reading: agreement(reading, readings), default=shown)


def _extracted(root: Any, *, fast: bool) -> str:
    """The article by trafilatura, which writes one paragraph a line."""
    text = trafilatura.extract(deepcopy(root), fast=fast, include_comments=False, include_tables=False) or ""
    return in_paragraphs(paragraphs(text.replace("\n", "\n\n")), root)

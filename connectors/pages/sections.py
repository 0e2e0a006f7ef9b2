"""Pages of links as feeds, such as a section of a newspaper: the choice of links to articles (cssselect, lxml).

A CSS selector says where these links are. Selectors are proposed from the page: links at the same kind of place form a
group, and a group whose links have long texts and addresses like those of articles is probably a list of articles.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from cssselect import SelectorError
from lxml import etree, html
from lxml.cssselect import CSSSelector

from connectors.pages.encoding import decode
from pipeline.errors import InputError
from pipeline.ingest.urls import canonical, is_front, site
from pipeline.model.feed import FeedItem, LinkRule, ParsedFeed
from pipeline.text import clean
from pipeline.text.http import joined

_MOST_TAGS: Final = 80_000

_MOST_LINKS: Final = 500

_ASIDE: Final = frozenset({"nav", "footer", "form", "aside", "header"})

_LEAST_LINKS: Final = 3  # of a list of articles

_MOST_RULES: Final = 3  # proposed for a page

_HEADINGS: Final = "h2, h3"  # of lead stories and lists alike

_LEVELS: Final = 3  # of a proposed selector

_NAMED: Final = frozenset({"article", "li", "main", "section", "h1", "h2", "h3", "h4"})

_STABLE_CLASS: Final = re.compile(r"[A-Za-z][A-Za-z_-]{2,40}")  # generated classes have digits

_HEADLINE_WORDS: Final = 4

_UNSPACED_HEADLINE: Final = 8  # characters, in scripts without spaces between words

_WORD: Final = re.compile(r"[぀-ヿ㐀-鿿가-힣]|[^\W_]+")

_LIKE_AN_ARTICLE: Final = re.compile(r"\d{4,}|(?:[^/-]+-){3,}|\.s?html?$|/20\d\d/")


def section(body: bytes, content_type: str, url: str, selector: str) -> ParsedFeed:
    """The links at the selector on the page at `url`, as items without text; InputError if there are none."""
    root = _root(body, content_type, url)
    entries = _items(root, _selected(root, selector), url)
    if not entries:
        raise InputError(
            f"{url} has no link at {selector!r}: if its markup has changed, choose its links again",
            step="parse",
        )
    return ParsedFeed(_title(root), (root.get("lang") or "")[:20], entries)


def link_rules(body: bytes, content_type: str, url: str) -> tuple[LinkRule, ...]:
    """Propose selectors for the links to articles on the page at `url`, the likeliest first, with their links."""
    root = _root(body, content_type, url)
    groups = defaultdict(list)
    for link in root.iter("a"):
        if _is_followable(link, url) and not _is_aside(link):
            groups[_selector(link)].append(link)
    large = [_HEADINGS, *(selector for selector, links in groups.items() if len(links) >= _LEAST_LINKS)]
    rules = {selector: _items(root, _selected(root, selector), url) for selector in large}
    scores = {selector: _score(entries) for selector, entries in rules.items()}
    best = sorted((selector for selector in large if scores[selector] > 0), key=lambda s: (-scores[s], len(s)))
    return tuple(LinkRule(selector, rules[selector]) for selector in _distinct(best, rules)[:_MOST_RULES])


def _root(body: bytes, content_type: str, url: str) -> Any:
    source = decode(body, content_type)
    if source.count("<") > _MOST_TAGS:
        raise InputError(f"{url} has more than {_MOST_TAGS:,} tags", step="parse")
    try:
        return html.document_fromstring(source.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise InputError(f"{url} is no web page: {error}", step="parse") from error


def _title(root: Any) -> str:
    names = root.xpath("//meta[@property='og:site_name']/@content") or [root.findtext(".//title") or ""]
    return " ".join(clean(str(names[0])).split())


def _selected(root: Any, selector: str) -> list[Any]:
    """The links at the selector, and those in or around what it selects."""
    try:
        elements = CSSSelector(selector)(root)
    except (SelectorError, SyntaxError) as error:
        raise InputError(f"links {selector!r} should be a CSS selector: {error}", step="parse") from error
    return [link for element in elements for link in (list(element.iter("a")) or list(element.iterancestors("a")))]


def _items(root: Any, links: Iterable[Any], url: str) -> tuple[FeedItem, ...]:
    """An item for each address that the links lead to, with the longest of its texts as title."""
    base = next((joined(url, base.get("href", "")) for base in root.iter("base")), "") or url
    titles: dict[str, str] = {}
    for link in links:
        address = joined(base, (link.get("href") or "").strip()).partition("#")[0]
        if _is_article(address, url):
            titles[address] = max(titles.get(address, ""), _text(link), key=len)
    items = (FeedItem(url=address, title=title, whole=False) for address, title in titles.items())
    return tuple(items)[:_MOST_LINKS]


def _text(link: Any) -> str:
    """The text of a link's heading if it has one, else of the link."""
    heading = next(link.iter("h1", "h2", "h3", "h4"), link)
    return " ".join(clean(" ".join(heading.itertext())).split())


def _is_article(address: str, page: str) -> bool:
    if not address.startswith(("http://", "https://")) or site(address) != site(page):
        return False
    return not is_front(address) and canonical(address) != canonical(page)


def _is_followable(link: Any, page: str) -> bool:
    return _is_article(joined(page, (link.get("href") or "").strip()), page)


def _is_aside(link: Any) -> bool:
    """Return whether a link is in a menu or the like; an article's header is no menu."""
    for ancestor in link.iterancestors():
        if ancestor.tag == "article":
            return False
        if ancestor.tag in _ASIDE:
            return True
    return False


def _selector(link: Any) -> str:
    """A selector of the links at the same kind of place: the link and its nearest ancestors with a name."""
    parts = [_part(link) or "a"]
    for ancestor in link.iterancestors():
        if len(parts) == _LEVELS or ancestor.tag == "body":
            break
        if part := _part(ancestor):
            parts.append(part)
    return " ".join(reversed(parts))


def _part(element: Any) -> str:
    """The element in a selector, '' if neither its tag nor a class distinguishes it."""
    names = [name for name in (element.get("class") or "").split() if _STABLE_CLASS.fullmatch(name)]
    if names:
        return f"{element.tag}.{names[0]}"
    return str(element.tag) if element.tag in _NAMED else ""


def _score(entries: Iterable[FeedItem]) -> float:
    """Return the likelihood that the links are a list of articles; 0 if they are no list."""
    listed = list(entries)
    if len(listed) < _LEAST_LINKS:
        return 0
    headlines = sum(_is_headline(entry.title) for entry in listed) / len(listed)
    addresses = sum(bool(_LIKE_AN_ARTICLE.search(entry.url)) for entry in listed) / len(listed)
    return headlines * (1 + addresses) * len(listed) ** 0.5 if headlines > 0.5 else 0


def _is_headline(text: str) -> bool:
    words = _WORD.findall(text)
    return len(words) >= (_UNSPACED_HEADLINE if text and text.count(" ") < len(words) // 3 else _HEADLINE_WORDS)


def _distinct(selectors: Iterable[str], rules: dict[str, tuple[FeedItem, ...]]) -> list[str]:
    """The selectors in order, without those that add no address to the better ones."""
    known: set[str] = set()
    chosen = []
    for selector in selectors:
        addresses = {entry.url for entry in rules[selector]}
        if addresses - known:
            chosen.append(selector)
        known |= addresses
    return chosen

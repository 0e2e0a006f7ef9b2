"""The text of HTML, with paragraphs set apart by blank lines (lxml)."""

import re
from functools import cache
from typing import Any

from lxml import etree

from connectors.pages.clutter import BLOCKS, uncluttered
from connectors.pages.legible import quoted
from pipeline.text import clean

_UNSEEN_NAMES = "audio canvas head iframe math noscript object script select style svg template video"

_UNSEEN = frozenset(_UNSEEN_NAMES.split())

_QUOTED = {"start": "“", "end": "”"}

_MARKUP = re.compile(r"<[!/?a-zA-Z]|&[#\w]")

_ESCAPED = re.compile(r"&lt;(?:/(?:p|div|a|span|strong|em|b|i)|br ?/?|p)&gt;", re.IGNORECASE)

_CLUTTERED = re.compile(
    r"<(?:a|figcaption|dialog|blockquote)\b|\b(?:class|id|role)=|©|&copy;|advertisement", re.IGNORECASE
)

_LONG_TAG = re.compile(r"<([a-zA-Z][\w-]*+)[^<>]{10000,}+>")

# A space alone is left as it is: replacing each by itself would take half the time of it all.
_SPACE = re.compile(r"\s{2,}|[^\S ]")

_IN_LINE = re.compile(r"[^\S\n]{2,}|[^\S\n ]")

# Breaks between pieces, until the white space of the source is folded: the source cannot hold them.
_BREAK, _PARAGRAPH = "\x01", "\x02"

_MARKS = re.compile("[\x00-\x02]|&#(?:x0*)?0*[12];")


def text(html: str) -> str:
    """The text of a fragment or page that a reader would see, clean, with blank lines between paragraphs.

    Block elements part paragraphs and inline elements never part a word; `q` has its quotation marks. Plain text comes
    back as it is, its blank lines kept. Scripts and styles are left out.
    """
    if not _MARKUP.search(html):
        return paragraphs(html)
    root = _root(html)
    return "" if root is None else _text(root)


def article_text(html: str, url: str = "") -> str:
    """The text of an article's markup, without teasers, captions and boxes; markup that was escaped twice is read.

    `url` is the article's own address, for links that lead to no more than that.
    """
    if "<" not in html and "&" not in html:
        return text(html)  # plain text, which needs no search for markup
    if _ESCAPED.search(html):
        html = text(html)
    root = _root(html) if _CLUTTERED.search(html) else None
    if root is None:
        return text(html)
    uncluttered(root, url)
    quoted(root)
    return _text(root) or text(html)


def _text(root: Any) -> str:
    joined = _SPACE.sub(" ", "".join(_pieces(root)))
    return paragraphs(joined.replace(_BREAK, "\n").replace(_PARAGRAPH, "\n\n"))


def _root(html: str) -> Any:
    # A NUL ends the document for the parser, a lone surrogate it refuses, and attributes cost it quadratic time.
    source = _LONG_TAG.sub(r"<\1>", _MARKS.sub("", html)).encode("utf-8", "ignore")
    return etree.fromstring(b"<html><body>" + source, _parser())


@cache
def _parser() -> Any:
    return etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)


def _pieces(root: Any) -> list[str]:
    """The text pieces in order, with breaks between them. Not recursive: the tree may be deeper than Python's stack."""
    pieces: list[str] = []
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag
        hidden += (event == "start") - (event == "end") if tag in _UNSEEN else 0
        if tag in BLOCKS:
            pieces.append(_PARAGRAPH)
        elif tag == "q" and not hidden:
            pieces.append(_QUOTED[event])
        elif tag == "br" and event == "start":
            pieces.append(_BREAK)
        following = element.text if event == "start" else element.tail
        if following and not hidden:
            pieces.append(following)
    return pieces


def paragraphs(plain: str) -> str:
    """Plain text, clean, with its white space folded and at most one blank line on end."""
    lines = _IN_LINE.sub(" ", clean(plain)).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(map(str.strip, lines))).strip()


def attributes(html: str, name: str) -> list[dict[str, str]]:
    """The attributes of each element of this name, in order."""
    root = _root(html)
    return [] if root is None else [dict(element.attrib) for element in root.iter(name)]

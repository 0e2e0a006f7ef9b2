"""The text of HTML with blank lines between paragraphs, and a simpler form of a page for trafilatura (lxml).

trafilatura drops `q`, text that screen readers skip, elements with a class such as "iconLinks", and text directly in
`div` on many pages; it writes list entries with a dash. The simpler form avoids all of these.
"""

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Any, Final

from lxml import etree

from connectors.pages.clutter import BLOCKS, uncluttered
from pipeline.text import clean

_QUOTATION_MARKS: Final = ("“", "”")

_HAS_MARK: Final = tuple("“”„«»\"'‘’「『")

_ANNOUNCED: Final = re.compile(r"[:：]$")

_EMBEDDED: Final = re.compile(r"twitter|instagram|tiktok|mastodon|bluesky")

_DROP_CAP: Final = 3  # characters

_PROSE: Final = 40  # characters of a block that is a paragraph

_MUCH_PROSE: Final = 200  # of an element that is no mere box

_END: Final = re.compile(r"[.!?:;…。！？”»\"']\s*$")

# Names by which trafilatura 2 excludes an element from the article although it holds prose.
_MISLEADING: Final = re.compile(
    r"icon|bar|meta|embed|slide|widget|rating|expand|options|overlay|viewport|premium|next-|tags|banner|button|author"
    r"|byline|attachment|permission|modal-content|blurred|syndication|viral|elated|nav|menu|share|footer|^ad-|hidden"
)

_NAMES: Final = ("class", "id")


def legible(root: Any) -> None:
    """Rewrite the quotations, line breaks, lists and misleading names of the tree in place."""
    quoted(root)
    elements, prose, holds_blocks = _measured(root)
    for element in elements:
        _rewrite(element, leaf=element not in holds_blocks)
        if prose.get(element, 0) >= _MUCH_PROSE:
            _rename(element)


def quoted(root: Any) -> None:
    """Put marks around block quotations after a colon, and their sources on lines of their own."""
    for block in root.iter("blockquote"):
        for source in block.iter("cite"):
            source.tag = "p"
            source.set("data-source", "")
        if _EMBEDDED.search(block.get("class", "")) or not _ANNOUNCED.search(_text_before(block)):
            continue
        parts = [part for part in block.iter("p", "div") if (part.text or "").strip() and not _is_source(part)]
        parts = parts if parts or not (block.text or "").strip() else [block]
        if not parts or (parts[0].text or "").strip().startswith(_HAS_MARK):
            continue
        for part in parts:
            part.text = _QUOTATION_MARKS[0] + (part.text or "").lstrip()
        _append(parts[-1], _QUOTATION_MARKS[1])


def _is_source(element: Any) -> bool:
    """Return True for an element that names who is quoted: `cite`, a footer, or text after a dash."""
    return element.get("data-source") is not None or (element.text or "").lstrip().startswith(("—", "–", "-"))


def _text_before(element: Any) -> str:
    """The end of the text before an element."""
    previous = element.getprevious()
    if previous is None:
        return ((element.getparent().text if element.getparent() is not None else "") or "").rstrip()
    return ((previous.tail or "").strip() or "".join(previous.itertext()).rstrip())[-20:]


def _append(element: Any, text: str) -> None:
    """Add text after the last words of an element, before any block inside it."""
    last_inline = next((child for child in reversed(element) if child.tag not in BLOCKS), None)
    if last_inline is None:
        element.text = (element.text or "").rstrip() + text
    else:
        last_inline.tail = (last_inline.tail or "").rstrip() + text


def with_paragraphs(root: Any) -> None:
    """Put text that stands directly in `div` into paragraphs, in place."""
    elements, _, holds_blocks = _measured(root)
    for element in elements:
        if element.tag == "div" and element not in holds_blocks and _is_paragraph(element):
            element.tag = "p"


def _measured(root: Any) -> tuple[list[Any], dict[Any, int], set[Any]]:
    """The elements, the characters of prose directly in each, and the elements that hold blocks."""
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    prose: dict[Any, int] = {}
    holds_blocks: set[Any] = set()
    for element in reversed(elements):
        parent = element.getparent()
        if element.tag in BLOCKS or element in holds_blocks:
            holds_blocks.add(parent)
        if element.tag in ("p", "div", "li") and element not in holds_blocks:
            prose[parent] = prose.get(parent, 0) + _own_text(element)
    return elements, prose, holds_blocks


def _own_text(element: Any) -> int:
    """The characters outside links."""
    own = len((element.text or "").strip()) + sum(len((child.tail or "").strip()) for child in element)
    return own + sum(_own_text(child) for child in element if child.tag != "a" and isinstance(child.tag, str))


def _rewrite(element: Any, *, leaf: bool) -> None:
    if element.tag == "q":
        _with_marks(element)
    elif element.tag == "br":
        _joined(element)
    elif element.tag in ("ul", "ol"):
        element.tag = "div"
        _set_apart(element)
    elif element.tag == "footer" and element.getparent().tag == "blockquote":
        element.tag = "div"
    elif element.tag == "li":
        element.tag = "p" if leaf else "div"
    elif element.tag in ("span", "b", "strong") and len(element.text or "") <= _DROP_CAP and not len(element):
        element.attrib.pop("aria-hidden", None)


def _set_apart(block: Any) -> None:
    """Put the text between a list and the next block into a paragraph: trafilatura drops text after a `div`."""
    following = block.getnext()
    if len((block.tail or "").strip()) < _PROSE or not (following is None or following.tag in (*BLOCKS, "br")):
        return
    paragraph = etree.Element("p")
    paragraph.text, block.tail = block.tail, None
    block.addnext(paragraph)


def _is_paragraph(element: Any) -> bool:
    return element.find(".//br") is None and len("".join(element.itertext()).strip()) >= _PROSE


def _with_marks(quote: Any) -> None:
    """A quotation with the marks that a browser shows around it."""
    quote.tag = "span"
    words = "".join(quote.itertext()).strip()
    if words.startswith(_HAS_MARK):
        return
    quote.text = _QUOTATION_MARKS[0] + (quote.text or "")
    if len(quote):
        quote[-1].tail = (quote[-1].tail or "") + _QUOTATION_MARKS[1]
    else:
        quote.text += _QUOTATION_MARKS[1]


def _joined(line_break: Any) -> None:
    """Write a break in the middle of a sentence as a space."""
    previous, parent = line_break.getprevious(), line_break.getparent()
    text = (previous.tail if previous is not None else parent.text) or ""
    following = (line_break.tail or "").lstrip()
    if not text.strip() or _END.search(text) or not following[:1].islower():
        return
    line_break.tag, line_break.text, line_break.tail = "span", " ", following


def _rename(element: Any) -> None:
    for name in _NAMES:
        if names := element.get(name):
            element.set(name, " ".join(word for word in names.split() if not _MISLEADING.search(word.lower())))


_UNSEEN_NAMES = "audio canvas head iframe math noscript object script select style svg template video"

_UNSEEN = frozenset(_UNSEEN_NAMES.split())

_QUOTED = {"start": "“", "end": "”"}

_MARKUP = re.compile(r"<[!/?a-zA-Z]|&[#\w]")

_ESCAPED = re.compile(r"&lt;(?:/(?:p|div|a|span|strong|em|b|i)|br ?/?|p)&gt;", re.IGNORECASE)

# Elements of a text whose author escaped markup to show it, such as HTML in a lesson on programming.
_WRITTEN = re.compile(r"<(?:p|br|li|pre|code|h[1-6]|td)\b", re.IGNORECASE)

_CLUTTERED = re.compile(
    r"<(?:a|figcaption|dialog|blockquote)\b|\b(?:class|id|role)=|©|&copy;|advertisement", re.IGNORECASE
)

_LONG_TAG = re.compile(r"<([a-zA-Z][\w-]*+)[^<>]{10000,}+>")

# A single space stays as it is: replacing each one would take half of the total time.
_SPACE = re.compile(r"\s{2,}|[^\S ]")

_NOT_LETTERS = re.compile(r"[\W_]+")

_MOST_STARTS: Final = 50  # blocks where a text may begin: a page of equal blocks would cost quadratic time

_IN_LINE = re.compile(r"[^\S\n]{2,}|[^\S\n ]")

# Breaks between pieces, until the white space of the source is folded: the source cannot hold them.
_BREAK, _PARAGRAPH = "\x01", "\x02"

_MARKS = re.compile("[\x00-\x02]|&#(?:x0*)?0*[12];")


def text(html: str) -> str:
    """The text that a reader sees in a fragment or page, clean, with blank lines between paragraphs.

    Block elements separate paragraphs, inline elements never separate a word; `q` has its quotation marks. Plain text
    stays as it is, with its blank lines. Scripts and styles are left out.
    """
    if not _MARKUP.search(html):
        return paragraphs(html)
    root = _root(html)
    return "" if root is None else _text(root)


def article_text(html: str, url: str = "") -> str:
    """The text of an article's markup, without teasers, captions and boxes; doubly escaped markup is read.

    `url` is the article's own address, so that links to it are recognised.
    """
    if "<" not in html and "&" not in html:
        return text(html)  # plain text, which needs no search for markup
    if _ESCAPED.search(html) and not _WRITTEN.search(html):
        html = text(html)
    root = _root(html) if _CLUTTERED.search(html) else None
    if root is None:
        return text(html)
    uncluttered(root, url)
    quoted(root)
    return _text(root) or text(html)


_HIDDEN = re.compile(r"(?:display\s*:\s*none|mso-hide\s*:\s*all)\b", re.IGNORECASE)


def mail_text(html: str) -> str:
    """The text of a mail's markup, without what its style hides, such as the line that lists of mails show."""
    root = _root(html) if _HIDDEN.search(html) else None
    if root is None:
        return article_text(html)
    for element in root.xpath("//*[@style]"):
        if _HIDDEN.search(element.get("style")):
            element.tag = "template"  # which nobody sees
    return article_text(etree.tostring(root, encoding="unicode", method="html"))


def _text(root: Any) -> str:
    joined = _SPACE.sub(" ", "".join(_pieces(root)))
    return paragraphs(joined.replace(_BREAK, "\n").replace(_PARAGRAPH, "\n\n"))


def in_paragraphs(joined: str, root: Any) -> str:
    """The text with blank lines where the tree has paragraphs; unchanged if the tree does not show it as a whole.

    trafilatura joins all paragraphs of a short article, its headline and byline included, to one line.
    """
    if "\n" in joined:
        return joined
    all_letters = _letters(joined)
    blocks = [(block, letters) for block in _text(root).split("\n\n") if (letters := _letters(block))]
    starts = (start for start, (_, letters) in enumerate(blocks) if all_letters.startswith(letters))
    tries = (_aligned(all_letters, blocks[start:]) for start in islice(starts, _MOST_STARTS))
    return next(filter(None, tries), joined)


def _aligned(letters_of_text: str, blocks: Iterable[tuple[str, str]]) -> str:
    """The blocks that follow each other in the wanted letters; '' if letters are left over."""
    chosen: list[str] = []
    end = 0
    for block, letters in blocks:
        if letters_of_text.startswith(letters, end):
            chosen.append(block)
            end += len(letters)
    return "\n\n".join(chosen) if end == len(letters_of_text) else ""


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text)


def _root(html: str) -> Any:
    # A NUL ends the document for the parser, a lone surrogate it refuses, and attributes cost it quadratic time.
    source = _LONG_TAG.sub(r"<\1>", _MARKS.sub("", html)).encode("utf-8", "ignore")
    return etree.fromstring(b"<html><body>" + source, _parser())


@cache
def _parser() -> Any:
    return etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)


def _pieces(root: Any) -> list[str]:
    """The pieces of text in order, with breaks between them; not recursive, because the tree may be very deep."""
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
    """Plain text, clean, with white space folded and single blank lines."""
    lines = _IN_LINE.sub(" ", clean(plain)).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(map(str.strip, lines))).strip()


def attributes(html: str, name: str) -> list[dict[str, str]]:
    """The attributes of each element of this name, in order."""
    root = _root(html)
    return [] if root is None else [dict(element.attrib) for element in root.iter(name)]

"""A page's tree written in plainer HTML, so that trafilatura loses nothing of its article (lxml).

trafilatura drops `q`, what is hidden from screen readers, what has a class such as "iconLinks", and text that stands in
`div` alone on many pages; it writes list entries with a dash that nobody wrote.
"""

import re
from typing import Any, Final

from connectors.pages.clutter import BLOCKS

_MARKS: Final = ("“", "”")

_HAS_MARK: Final = tuple("“”„«»\"'‘’「『")

_ANNOUNCED: Final = re.compile(r"[:：]$")

_EMBEDDED: Final = re.compile(r"twitter|instagram|tiktok|mastodon|bluesky")

_DROP_CAP: Final = 3  # characters

_PROSE: Final = 40  # characters of a block that is a paragraph

_MUCH_PROSE: Final = 200  # of an element that is no mere box

_END: Final = re.compile(r"[.!?:;…。！？”»\"']\s*$")

# The names for which trafilatura 2 takes an element to be no part of an article, which hold prose all the same.
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
    """Put marks around the block quotations that a colon announces, and their sources on lines of their own."""
    for block in root.iter("blockquote"):
        for source in block.iter("cite"):
            source.tag = "p"
            source.set("data-source", "")
        if _EMBEDDED.search(block.get("class", "")) or not _ANNOUNCED.search(_before(block)):
            continue
        parts = [part for part in block.iter("p", "div") if (part.text or "").strip() and not _is_source(part)]
        parts = parts if parts or not (block.text or "").strip() else [block]
        if not parts or (parts[0].text or "").strip().startswith(_HAS_MARK):
            continue
        for part in parts:
            part.text = _MARKS[0] + (part.text or "").lstrip()
        _append(parts[-1], _MARKS[1])


def _is_source(element: Any) -> bool:
    """Whether an element says who is quoted: it was `cite`, stands in a footer, or begins with a dash."""
    return element.get("data-source") is not None or (element.text or "").lstrip().startswith(("—", "–", "-"))


def _before(element: Any) -> str:
    """The end of the text before an element."""
    previous = element.getprevious()
    if previous is None:
        return ((element.getparent().text if element.getparent() is not None else "") or "").rstrip()
    return ((previous.tail or "").strip() or "".join(previous.itertext()).rstrip())[-20:]


def _append(element: Any, text: str) -> None:
    """Put text behind the last words of an element, before what stands in blocks of their own."""
    last = next((child for child in reversed(element) if child.tag not in BLOCKS), None)
    if last is None:
        element.text = (element.text or "").rstrip() + text
    else:
        last.tail = (last.tail or "").rstrip() + text


def with_paragraphs(root: Any) -> None:
    """Make paragraphs of text that stands in `div` alone, in place."""
    elements, _, holds_blocks = _measured(root)
    for element in elements:
        if element.tag == "div" and element not in holds_blocks and _is_paragraph(element):
            element.tag = "p"


def _measured(root: Any) -> tuple[list[Any], dict[Any, int], set[Any]]:
    """The elements, the characters of prose right within each, and those that hold blocks."""
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
    elif element.tag in ("ul", "ol") or (element.tag == "footer" and element.getparent().tag == "blockquote"):
        element.tag = "div"
    elif element.tag == "li":
        element.tag = "p" if leaf else "div"
    elif element.tag in ("span", "b", "strong") and len(element.text or "") <= _DROP_CAP and not len(element):
        element.attrib.pop("aria-hidden", None)


def _is_paragraph(element: Any) -> bool:
    return element.find(".//br") is None and len("".join(element.itertext()).strip()) >= _PROSE


def _with_marks(quote: Any) -> None:
    """A quotation with the marks that a browser puts around it, where its author did not."""
    quote.tag = "span"
    told = "".join(quote.itertext()).strip()
    if told.startswith(_HAS_MARK):
        return
    quote.text = _MARKS[0] + (quote.text or "")
    if len(quote):
        quote[-1].tail = (quote[-1].tail or "") + _MARKS[1]
    else:
        quote.text += _MARKS[1]


def _joined(line_break: Any) -> None:
    """A break in the middle of a sentence is a space."""
    before, parent = line_break.getprevious(), line_break.getparent()
    text = (before.tail if before is not None else parent.text) or ""
    after = (line_break.tail or "").lstrip()
    if not text.strip() or _END.search(text) or not after[:1].islower():
        return
    line_break.tag, line_break.text, line_break.tail = "span", " ", after


def _rename(element: Any) -> None:
    for name in _NAMES:
        if told := element.get(name):
            element.set(name, " ".join(word for word in told.split() if not _MISLEADING.search(word.lower())))

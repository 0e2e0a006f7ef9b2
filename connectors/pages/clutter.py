"""Removal of what does not belong to the article of a page: teasers, boxes, captions, advertisements (lxml)."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from pipeline.ingest.interstitials import is_notice

_NAMES: Final = """
address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer
form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre section summary table
tbody td tfoot th thead tr ul
"""

BLOCKS: Final = frozenset(_NAMES.split())


_BOX_NAMES: Final = """
newsletters? sign-?up subscribe subscription(?:-\\w+)? paywall regwall gateway upgrade-cta abo abonnement
related(?:-?\\w+)? recommend(?:ed|ations?) read-(?:next|more|also|too) more-(?:info|on|stories|from|like)(?:-\\w+)*
(?:also|may)-(?:like|read) most-(?:read|viewed|popular) onward promos? rich-?link links-block interstitial(?:-link)?
catcher advert(?:s|isement|ising)? ads sponsor(?:ed)? outbrain taboola pull-?quotes? author-(?:bio|box|card|info)
about-(?:the-)?author bio cookies? cookie-\\w+ consent gdpr onetrust comment-(?:list|body|content) disqus respond
share sharing share-\\w+ sharedaddy social(?:-\\w+)? feedback tags tag-list topics?-list keywords breadcrumbs? captions?
image-caption caption-text credits? menu navbar instagram-media skip-link (?:featured|related|inline)-video
bookmark-card
"""

_BOX: Final = re.compile(rf"(?:^|[ -])({'|'.join(_BOX_NAMES.split())})(?=$|[ -])")

_NAMED_BY: Final = ("class", "id", "data-component", "data-testid", "data-qa", "data-area", "data-gu-name")

_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")

_UNSEEN: Final = frozenset({"dialog", "template", "figcaption", "amp-ad", "amp-consent", "amp-list", "amp-sidebar"})

_ROLES: Final = frozenset({"dialog", "alertdialog", "navigation", "menu"})

_LISTS: Final = frozenset({"ul", "ol"})

_WRAPPERS: Final = frozenset({"ul", "ol", "section", "div"})

_CONTAINERS: Final = frozenset({"html", "body", "main", "article"})

_PAGE: Final = _CONTAINERS - {"article"}  # a teaser may be an article by its markup

_HEADINGS: Final = frozenset({"h2", "h3", "h4", "h5", "h6"})

_INLINE: Final = frozenset({"p", "a", "em", "strong", "b", "i"})

_NAMED_BY_ITS_WORDS: Final = _HEADINGS | {"h1"}  # a heading such as "How to share it" often has them as its id

_PARAGRAPH: Final = 80  # characters outside links that make a block prose

_MOST_IN_BOXES: Final = 0.1  # of the page's prose, for all boxes of one name

_MOST_PLAIN: Final = 0.4  # of the page's text outside links, for all boxes of one name

_MOST_IN_CARDS: Final = 0.3  # of the page's prose, for a row of cards

_CARD: Final = 4  # levels from a linked heading up to its card

_SENTENCE_END: Final = re.compile(r"[.!?。！？؟।][\"'”’»)\]]*$")

_LEAD_IN: Final = re.compile(r"[:|>»–—-]\s*$|^$")

_MOST_LEAD_IN: Final = 40  # characters

_MOST_TEASER: Final = 200  # characters: a longer link is a paragraph

_CELLS: Final = frozenset({"td", "th"})

_MOST_NAME: Final = 300

_MOST_AROUND: Final = 60  # around a link to the article itself

_FEW_WORDS: Final = 3  # of a link that may be a credit: "Source: Reuters"

_MOST_NOTICE: Final = 160  # characters: a longer text may follow the credit of its picture


@dataclass(slots=True)
class _Size:
    """The characters of an element outside links, within links and in paragraphs of prose; a `leaf` holds no block."""

    plain: int = 0
    linked: int = 0
    prose: int = 0
    leaf: bool = True


def uncluttered(root: Any, url: str = "") -> int:
    """Remove what does not belong to the article at `url`; return the characters of prose that remain.

    An element with a large part of the page's prose stays, whatever its name.
    """
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    sizes = _sizes(elements)
    prose = sizes[root].prose
    cards = _cards(elements, sizes, _MOST_IN_CARDS * prose)
    boxes = _boxes(elements, sizes)
    for element in elements:
        if element.getparent() is None or (element.tag in _CONTAINERS and element not in cards):
            continue
        if element in cards or (sizes[element].leaf and _is_teaser(element, sizes[element], url)):
            _take_out(element, with_heading=True)
        elif element in boxes:
            _take_out(element)
            prose -= sizes[element].prose
    return prose


def _sizes(elements: list[Any]) -> dict[Any, _Size]:
    """Measure each element, children before their parents."""
    sizes: dict[Any, _Size] = {element: _Size() for element in elements}
    for element in reversed(elements):
        size, tag = sizes[element], element.tag
        if text := element.text:
            size.plain += len(text.strip())
        if tag == "a":
            size.plain, size.linked = 0, size.plain + size.linked
        if size.leaf and tag in BLOCKS and size.plain >= max(_PARAGRAPH, size.linked):
            size.prose = size.plain
        parent = sizes.get(element.getparent())
        if parent is None:
            continue
        parent.plain += size.plain
        if tail := element.tail:
            parent.plain += len(tail.strip())
        parent.linked += size.linked
        parent.prose += size.prose
        parent.leaf = parent.leaf and size.leaf and tag not in BLOCKS
    return sizes


def _cards(elements: Iterable[Any], sizes: dict[Any, _Size], most: float) -> set[Any]:
    """Similar elements side by side, each with a linked heading, that hold little prose together."""
    rows: defaultdict[Any, dict[Any, None]] = defaultdict(dict)
    for heading in elements:
        if heading.tag not in _HEADINGS or not _is_linked(heading, sizes[heading]):
            continue
        card = heading
        for _ in range(_CARD):
            if (above := card.getparent()) is None:
                break
            rows[above, card.tag, card.get("class", "")][card] = None
            if above.tag in _PAGE:
                break
            card = above
    return {
        card for row in rows.values() if len(row) > 1 and sum(sizes[card].prose for card in row) <= most for card in row
    }


def _is_linked(heading: Any, size: _Size) -> bool:
    around = next((above for above in (heading, *islice(heading.iterancestors(), _CARD)) if above.tag == "a"), None)
    link = around if around is not None else next(heading.iter("a"), None)
    return link is not None and size.plain <= size.linked + len(heading.text or "") and not _stays(link)


def _stays(link: Any) -> bool:
    return str(link.get("href", "")).startswith("#")


def _boxes(elements: list[Any], sizes: dict[Any, _Size]) -> set[Any]:
    """The outermost elements with the name of a box, unless the elements of that name hold much of the page's text."""
    groups: defaultdict[str, dict[Any, None]] = defaultdict(dict)
    whole = sizes[elements[0]]
    for element in elements:
        if element.tag in _CONTAINERS:
            continue
        for name in _box_names(element):
            groups[name][element] = None
    boxes: set[Any] = {element for element in elements if element.tag in _UNSEEN}
    for group in groups.values():
        outer = [element for element in group if not any(above in group for above in element.iterancestors())]
        if (
            sum(sizes[element].prose for element in outer) <= _MOST_IN_BOXES * whole.prose
            and sum(sizes[element].plain for element in outer) <= _MOST_PLAIN * whole.plain
        ):
            boxes.update(outer)
    return boxes


def _box_names(element: Any) -> Iterable[str]:
    """The names of boxes that an element has, by its role or its attributes."""
    if element.get("role") in _ROLES:
        yield element.get("role")
    if element.tag in _NAMED_BY_ITS_WORDS or (element.tag in _INLINE and not element.get("class")):
        return
    attributes = element.attrib
    for attribute in _NAMED_BY:
        if attribute in attributes:
            yield from _names_in(attributes[attribute])


@lru_cache(maxsize=4_096)
def _names_in(attribute: str) -> tuple[str, ...]:
    words = _HUMP.sub("-", attribute[:_MOST_NAME]).lower().replace("_", "-").replace("--", "-")
    return tuple(dict.fromkeys(_BOX.findall(words)))


def _is_teaser(element: Any, size: _Size, url: str) -> bool:
    """Return True for a block that is only a link with a few words before it, or a notice of rights or advertising.

    A link to the article itself may say "read on", or where the article first appeared.
    """
    if element.tag not in BLOCKS:
        return False
    if not size.linked:
        return size.plain <= _MOST_NOTICE and is_notice(_line(element))
    if size.plain > _MOST_AROUND:
        return False
    links = list(element.iter("a"))
    if url and any(_bare(link.get("href", "")) == _bare(url) for link in links):
        return True
    is_text = size.linked > _MOST_TEASER or size.plain > min(_MOST_LEAD_IN, size.linked)
    if is_text or element.tag in _CELLS or all(map(_stays, links)):
        return False
    return _leads_to(_line(element), " ".join(map(_line, links)).strip())


def _leads_to(whole: str, linked: str) -> bool:
    """Return True if a line is only an invitation to follow its link."""
    bare_line, bare_link = whole.strip(" []()"), linked.strip(" []()")
    around = bare_line.removesuffix(bare_link).strip(" []()")
    if not bare_line.endswith(bare_link) or not _LEAD_IN.search(around):
        return False
    return len(linked.split()) > _FEW_WORDS if around else not _SENTENCE_END.search(linked)


def _line(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _bare(url: str) -> str:
    return url.strip().partition("#")[0].partition("?")[0].rstrip("/")


def _take_out(element: Any, *, with_heading: bool = False) -> None:
    """Remove an element but not the text after it; remove its ancestors too if they are empty then."""
    while (parent := element.getparent()) is not None:
        before, tail = element.getprevious(), element.tail or ""
        if before is not None:
            before.tail = (before.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
        parent.remove(element)
        if not with_heading or tail.strip():
            return
        if next(parent.iterchildren(), None) is None and not (parent.text or "").strip() and parent.tag in _WRAPPERS:
            element = parent
        elif before is not None and before.tag in _HEADINGS and (element.tag in _LISTS or _leads_to_nothing(before)):
            element = before
        else:
            return


def _leads_to_nothing(heading: Any) -> bool:
    """Return True if nothing stands between the heading and the next heading or the end of its parent."""
    following = heading.getnext()
    return not (heading.tail or "").strip() and (following is None or following.tag in _HEADINGS)

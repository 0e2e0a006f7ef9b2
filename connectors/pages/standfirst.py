"""The standfirst of an article: the summary that its page shows above the text, outside what readers take for it."""

import re
from collections.abc import Iterable
from typing import Any, Final

from connectors.pages.clutter import BLOCKS

_NOT_LETTERS: Final = re.compile(r"[\W_]+")

_LEAST: Final = 40  # letters; a shorter description is a slogan

_MOST: Final = 1_500  # letters

_CUT_OFF: Final = 0.9  # of a description that ends in the middle, as many do


def standfirst(root: Any, descriptions: Iterable[str]) -> str:
    """The first block of the page that shows one of its own descriptions; '' where none does."""
    wanted = [letters for text in descriptions if _LEAST <= len(letters := _letters(text)) <= _MOST]
    if not wanted:
        return ""
    for element in root.iter("p", "div", "h2", "h3", "h4", "span", "strong", "li"):
        if next(element.iterdescendants(*BLOCKS), None) is not None or element.find(".//a") is not None:
            continue
        text = " ".join("".join(element.itertext()).split())
        if len(text) >= _LEAST and any(_shows(_letters(text), letters) for letters in wanted):
            return text
    return ""


def _shows(block: str, description: str) -> bool:
    if block == description:
        return True
    return block.startswith(description) and len(description) >= _CUT_OFF * len(block)


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()

"""The text of an article out of what its page shows, and of what the page tells of itself (schema.org articleBody)."""

import re
from collections.abc import Sequence
from typing import Final

_NOT_LETTERS: Final = re.compile(r"[\W_]+")
_LEAST_TOLD: Final = 300  # letters: less is a summary
_NEARLY_ALL: Final = 0.9  # of what is told
_HARDLY_ANY: Final = 0.3
_MUCH_LONGER: Final = 1.2
_SENTENCE: Final = 60  # letters
_MOST_LETTERS: Final = 200_000  # beyond, no news: comparing would take too long
_PULLED: Final = range(16, 400)  # letters of a quotation that is pulled out of the text
_LONGER: Final = 1.2  # than what is pulled out of it


def body(shown: str, told: str) -> str:
    """The shown text without what the told one does not know around it; the told one where the shown is another text.

    Both are paragraphs with blank lines between them. What is told has often lost its paragraphs, and sometimes what
    was embedded, so that it is taken only where the page does not show it.
    """
    letters = _letters(told)
    parts = shown.split("\n\n")
    if not _LEAST_TOLD <= len(letters) <= _MOST_LETTERS:
        return shown
    known = [index for index, part in enumerate(parts) if (own := _letters(part)) and own in letters]
    covered = sum(len(_letters(parts[index])) for index in known)
    if covered < _HARDLY_ANY * len(letters) or len(letters) > _MUCH_LONGER * len(_letters(shown)):
        return told
    if covered < _NEARLY_ALL * len(letters):
        return shown
    if len(known) == 1 and "\n\n" in told:
        return told
    between = parts[known[0] : known[-1] + 1]
    return "\n\n".join(part for part in between if len(own := _letters(part)) >= _SENTENCE or own in letters)


def without_pulled(text: str) -> str:
    """The text without quotations that are pulled out of it and shown a second time, as paragraphs of their own."""
    if len(text) > _MOST_LETTERS:
        return text
    parts = text.split("\n\n")
    own = [_letters(part) for part in parts]
    whole = "\n".join(own)
    return "\n\n".join(part for part, letters in zip(parts, own, strict=True) if not _is_pulled(letters, own, whole))


def _is_pulled(letters: str, own: Sequence[str], whole: str) -> bool:
    if len(letters) not in _PULLED or whole.count(letters) < 2:
        return False
    return any(letters in other and len(other) >= _LONGER * len(letters) for other in own)


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()

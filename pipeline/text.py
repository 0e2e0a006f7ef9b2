"""Text as the rest of the pipeline relies on it: no control characters, one kind of line end, words for comparing."""

import re
import unicodedata

# C0/C1 controls but tab and newline, lone surrogates, bidirectional controls (UAX #9) and non-characters: invisible in
# a page, harmful in a terminal, a file or a comparison.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_LINE_END = re.compile("\r\n?|\u2028|\x85")
_WORD = re.compile(r"\w+")


def clean(text: str) -> str:
    """The text with line ends as newlines, without control characters, composed (NFC), and trimmed."""
    return unicodedata.normalize("NFC", _UNWANTED.sub("", _LINE_END.sub("\n", text))).strip()


def words(text: str) -> tuple[str, ...]:
    """The words of a text for comparing and searching: case folded, diacritics removed (as FTS5's unicode61 does)."""
    return tuple(_WORD.findall(fold(text)))


def fold(text: str) -> str:
    """The text case folded and without diacritics."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))

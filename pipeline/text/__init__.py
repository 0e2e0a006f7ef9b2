"""Text for people and for comparison: this room is the only one beside the model that connectors use.

This module cleans text, splits it into words, folds it, and spells durations. `stems` has what the inflected forms of a
word share, `http` reads addresses and headers, `messages` writes the words of alerts, and `targets` masks and signs the
targets of deliveries.
"""

import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from threading import Lock
from typing import Final, Generic, TypeVar

# C0/C1 controls but tab and newline, soft hyphens, zero-width spaces, lone surrogates, bidirectional controls (UAX #9)
# and non-characters: invisible in a page, harmful in a terminal, a file or a comparison.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\xad\ud800-\udfff\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe"
    "\uffff]"
)

_LINE_END = re.compile("\r\n?|\u2028|\x85")

# Characters of scripts that put no spaces between words: each is a word of its own, so that a search for several of
# them, which is one for a phrase, finds them side by side. Chinese, Japanese, Thai, Lao, Khmer, Burmese.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)

_WORD = re.compile(rf"(?=\w)[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w)+")

_ASCII_WORD = re.compile(r"\w+")

_ALONE = re.compile(f"[{_UNSPACED}]")

_NOT_ASCII = re.compile("[^\x00-\x7f]+")

_BLANKS = {code: " " for code in range(128) if not _WORD.match(chr(code))}

_RUN = re.compile("[\x00-\x7f]+|[^\x00-\x7f]")


def clean(text: str) -> str:
    """The text with newlines as line ends, without control characters, composed (NFC) and trimmed."""
    return unicodedata.normalize("NFC", _UNWANTED.sub("", _LINE_END.sub("\n", text))).strip()


def words(text: str) -> tuple[str, ...]:
    """The words of a text for comparison and search: its folded runs of letters, digits and underscores.

    In scripts without spaces between words, each character is a word.

    Indexes store these words, so a change here makes every existing file an old version.
    """
    return tuple(_NOT_ASCII.sub(_letters_of, text).lower().translate(_BLANKS).split())


def word_spans(text: str) -> list[tuple[str, int, int]]:
    """The words of a text, each with its range in the text."""
    if text.isascii():
        return [(match[0], match.start(), match.end()) for match in _ASCII_WORD.finditer(text.lower())]
    pieces: list[str] = []
    places: list[int] = []  # of each folded character in the text
    for run in _RUN.finditer(text):
        piece = fold(run[0])
        pieces.append(piece)
        places += range(run.start(), run.end()) if run[0].isascii() else [run.start()] * len(piece)
    match = _WORD.finditer("".join(pieces))
    return [(word[0], places[word.start()], _end(text, places[word.end() - 1] + 1)) for word in match]


def fold(text: str) -> str:
    """The text without case and diacritics (Unicode's NFKC_Casefold, decomposed, without combining marks)."""
    if text.isascii():
        return text.lower()
    return _NOT_ASCII.sub(lambda run: "".join(map(_folded, run[0])), text).lower()


def _letters_of(run: re.Match[str]) -> str:
    return "".join(map(_letters, run[0]))


@lru_cache(maxsize=65_536)
def _letters(character: str) -> str:
    """The letters, digits and underscores that the character stands for; anything else becomes a blank."""
    return "".join(_ALONE.sub(r" \g<0> ", c) if _WORD.match(c) else " " for c in _folded(character))


@lru_cache(maxsize=65_536)
def _folded(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _end(text: str, end: int) -> int:
    """The end of a word, after the combining marks that follow its last letter."""
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end


Answer = TypeVar("Answer")

_ROOM_OF_ANSWER: Final = 200


class TextCache(Generic[Answer]):
    """Answers about texts, the ones used last: for texts of so many characters, or bytes, together.

    `weigh` is the number of characters that an answer counts for beside its texts. `lru_cache` counts answers whatever
    they weigh, which is no bound where the texts are hostile. Safe to share between threads.
    """

    def __init__(self, characters: int, weigh: Callable[[Answer], int] = lambda _: _ROOM_OF_ANSWER) -> None:
        self.size = 0
        self._most = characters
        self._weigh = weigh
        self._lock = Lock()
        self._answers: OrderedDict[tuple[str | bytes, ...], Answer] = OrderedDict()

    def get(self, texts: tuple[str | bytes, ...], make: Callable[[], Answer]) -> Answer:
        """The answer about these texts, from `make` if it is not known."""
        with self._lock:
            if texts in self._answers:
                self._answers.move_to_end(texts)
                return self._answers[texts]
        answer = make()
        with self._lock:
            self._drop(texts)
            self._answers[texts] = answer
            self.size += self._room(texts, answer)
            while self.size > self._most:
                self._drop(next(iter(self._answers)))
        return answer

    def clear(self) -> None:
        """Remove all answers."""
        with self._lock:
            self._answers.clear()
            self.size = 0

    def _drop(self, texts: tuple[str | bytes, ...]) -> None:
        if texts in self._answers:
            self.size -= self._room(texts, self._answers.pop(texts))

    def _room(self, texts: tuple[str | bytes, ...], answer: Answer) -> int:
        return sum(map(len, texts)) + self._weigh(answer)


_SIZES: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}

_PART: Final = re.compile(
    r"(\d+(?:\.\d+)?) ?(d|h|m|s)(?:ays?|ours?|in(?:utes?)?|ec(?:onds?)?)?(?: |$|(?=\d))", re.IGNORECASE
)

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


def duration(value: object) -> timedelta:
    """The duration of "90s", "5m", "1h30m", "2 days", a number of seconds or a timedelta; ValueError otherwise."""
    seconds = _seconds(value)
    if seconds is None or not 0 <= seconds < 10**9:
        raise ValueError('should be a duration such as "30s", "5m", "1h30m" or "7d"')
    return timedelta(seconds=seconds)


def _seconds(value: object) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        return _spelled_seconds(value.strip())
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _spelled_seconds(text: str) -> float | None:
    if _NUMBER.fullmatch(text):
        return float(text)
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text):
        return None
    return float(sum(float(number) * _SIZES[unit.lower()] for number, unit in parts))


def spelled(time: timedelta) -> str:
    """The duration as a person writes it, such as "1h30m"."""
    left, parts = time.total_seconds(), []
    for unit, size in _SIZES.items():
        count, left = (left, 0) if unit == "s" else divmod(left, size)
        if count:
            parts.append(f"{count:g}{unit}")
    return "".join(parts) or "0s"


_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

_BORDER: Final = re.compile(rf"(?<!\A')([;\t\r\n|])(?=[{re.escape(''.join(_FORMULA))}])")


def harmless(value: object) -> object:
    """The value, with an apostrophe wherever a spreadsheet would begin to read its text as a formula.

    That is at the beginning, and behind what a spreadsheet may take for the border of a cell: a semicolon or a tab,
    where the language of its user has commas in numbers. https://owasp.org/www-community/attacks/CSV_Injection
    """
    if not isinstance(value, str):
        return value
    first = "'" if value.startswith((*_FORMULA, "\t", "\r", "\n")) else ""
    return _BORDER.sub(r"\1'", f"{first}{value}")

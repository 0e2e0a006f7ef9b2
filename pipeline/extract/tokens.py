"""The article as tokens: words with their classes, marks, numbers, punctuation, line breaks."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.extract.language import Language, Word

WORD, NUMBER, STOP, COMMA, COLON, SEMICOLON, DASH, MARK, OPEN, CLOSE, BREAK, OTHER = range(12)

_KINDS = (
    dict.fromkeys(".!?…", STOP)
    | dict.fromkeys(",،、，", COMMA)
    | dict.fromkeys(":：", COLON)
    | dict.fromkeys(";；", SEMICOLON)
    | dict.fromkeys("–—―-", DASH)
    | dict.fromkeys("\"“”„‟«»‹›'‘’‚`´", MARK)
    | dict.fromkeys("([{", OPEN)
    | dict.fromkeys(")]}", CLOSE)
    | dict.fromkeys("。！？", STOP)
)


_KNOWN_WORDS = 50_000  # whose classes are kept from article to article; some 10 MB
_OWNERLESS = Word.PRONOUN | Word.WH | Word.ADVERB  # after which 's is a verb


@dataclass(frozen=True, slots=True)
class Tokens:
    """Parallel lists, one place a token: where it is, in lower case, its kind and classes, whether capitalised."""

    text: str
    starts: list[int]
    ends: list[int]
    low: list[str]
    kinds: list[int]
    classes: list[int]
    capital: list[bool]

    def __len__(self) -> int:
        return len(self.starts)

    def words(self, start: int, end: int) -> str:
        """The article's text from token `start` up to token `end`."""
        return self.text[self.starts[start] : self.ends[end - 1]]


@cache
def _pattern(suffixes: tuple[str, ...], negative: str) -> re.Pattern[str]:
    """One alternative a kind of token, the commonest first: the pattern is most of what reading an article costs."""
    apostrophe = "['’]"
    tail = f"(?:{apostrophe}{negative}\\b)?" if negative else ""
    listed = "|".join(suffixes) or "(?!)"
    inner = f"{apostrophe}(?!(?:{listed})\\b)(?=\\w\\w)\\w+"
    return re.compile(
        r"[a-zA-Z]+(?=[ ,\n])"  # a plain word; "U.S.", "e-mail" and "don't" need more thought
        rf"|(?<=[\w ]){apostrophe}(?:{listed})\b"
        r"|(?:\w-)?(?:[^\W\d_]\.){2,}|[@#]\w+|[^\W_]+\.[a-z]{2,3}\b(?![.'’]\w)"
        rf"|\d+(?:[.,:]\d+)*\w*(?:-\w+)*|\w+(?:-\w+|{inner}|&\w+)*{tail}"
        r"|\n\s*|\.\.\.+|--+|''|``|[^\w\s]"
    )


def _kind(word: str) -> int:
    first = word[0]
    if first.isalpha() or first in "@#_":
        return WORD
    if first.isdigit():
        return NUMBER
    if first == "\n":
        return BREAK
    if first in "'’" and len(word) > 1:
        return MARK if word == "''" else WORD
    if word.startswith("--"):
        return DASH
    return _KINDS.get(first, WORD if first.isalnum() else OTHER)


def _soft(tokens: Tokens, gap: str, following: str) -> bool:
    """Whether a line break only wraps a sentence: one newline, before a small letter or after "U.S."."""
    if gap.count("\n") > 1 or not tokens.starts:
        return False
    last = tokens.kinds[-1]
    if last == WORD and "." in tokens.low[-1]:
        return following.isalpha()
    return last in (WORD, NUMBER, COMMA) and following.islower()


def tokenise(text: str, language: Language) -> Tokens:
    """Every token of the text, in one pass."""
    tokens = Tokens(text, [], [], [], [], [], [])
    add_start, add_end, add_low = tokens.starts.append, tokens.ends.append, tokens.low.append
    add_kind, add_classes, add_capital = tokens.kinds.append, tokens.classes.append, tokens.capital.append
    possessive = "'" + language.possessive_suffix
    for match in _pattern(language.apostrophe_suffixes, language.negative_suffix).finditer(text):
        word = match[0]
        low, kind, classes, capital = _entry(word, language)
        start, end = match.span()
        if kind == BREAK and _soft(tokens, word, text[end : end + 1]):
            continue
        if low == possessive and tokens.classes and not tokens.classes[-1] & _OWNERLESS:
            classes = 0  # "Doe's" owns; "he's" is
        add_start(start)
        add_end(end)
        add_low(low)
        add_kind(kind)
        add_classes(classes)
        add_capital(capital)
    return tokens


@lru_cache(maxsize=_KNOWN_WORDS)
def _entry(word: str, language: Language) -> tuple[str, int, int, bool]:
    kind = _kind(word)
    if kind != WORD:
        return word, kind, 0, False
    low, capital = word.lower().replace("’", "'"), word[0].isupper()
    return low, kind, language.word_class(low, capital=capital), capital

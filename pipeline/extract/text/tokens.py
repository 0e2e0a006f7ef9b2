"""The article as tokens: words with their classes, marks, numbers, punctuation, line breaks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, compress
from operator import itemgetter
from typing import TypeVar

from pipeline.extract.lexicon import Language, Word

WORD, NUMBER, STOP, COMMA, COLON, SEMICOLON, DASH, MARK, OPEN, CLOSE, BREAK, OTHER = range(12)

_KINDS = (
    dict.fromkeys(".!?…", STOP)
    | dict.fromkeys(",،、，", COMMA)
    | dict.fromkeys(":：", COLON)
    | dict.fromkeys(";；", SEMICOLON)
    | dict.fromkeys("–—―-", DASH)
    | dict.fromkeys("\"“”„‟«»‹›'‘’‚`´「」『』", MARK)
    | dict.fromkeys("([{", OPEN)
    | dict.fromkeys(")]}", CLOSE)
    | dict.fromkeys("。！？", STOP)
    | {",,": MARK}
)


_LONGEST_GIVEN_NAME = 10  # letters before a nickname

# A nickname in marks between a given name and a surname, Marta "Mia" Price: no quotation, and part of the name.
_NICKNAME = (
    '["“‘](?:'
    + "|".join(rf"(?<=\b[A-Z]\w{{{letters}}} [\"“‘])" for letters in range(2, _LONGEST_GIVEN_NAME))
    + ')(?<!The .)[A-Z]\\w+["”’](?= [A-Z]\\w)'
)

_KNOWN_WORDS = 50_000  # whose classes are kept from article to article; some 10 MB

T = TypeVar("T")

Entry = tuple[str, int, int, bool]  # in lower case, kind, classes, whether capitalised

_PARTS = tuple(map(itemgetter, range(4)))  # of an entry

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


def unspaced(character: str) -> bool:
    """Return whether the character's script has no spaces between words or before particles, as in Chinese."""
    return "\u2e80" <= character <= "\ud7ff" or "\u0e00" <= character <= "\u0eff" or "\uf900" <= character <= "\ufaff"


@cache
def _pattern(
    suffixes: tuple[str, ...], negative: str, elisions: tuple[str, ...] = (), enclitics: tuple[str, ...] = ()
) -> re.Pattern[str]:
    """One alternative a kind of token, the commonest first, and none at a blank, where most begin by looking around."""
    apostrophe = "['’]"
    tail = f"(?:{apostrophe}{negative}\\b)?" if negative else ""
    listed = "|".join(suffixes) or "(?!)"
    inner = f"{apostrophe}(?!(?:{listed})\\b)(?=\\w\\w)\\w+"
    joined = "|".join(enclitics)
    elided = f"|(?i:{'|'.join(elisions)}){apostrophe}(?=\\w)" if elisions else ""
    apart = f"|(?<=\\w)-(?i:{joined})\\b" if joined else ""
    hyphened = f"-(?!(?i:{joined})\\b)\\w+" if joined else r"-\w+"
    return re.compile(
        r"((?! )(?:[a-zA-Z]++(?=[ ,\n])"  # a plain word; "U.S.", "e-mail" and "don't" need more thought
        rf"|{_NICKNAME}"
        r"|,,(?=\w)|[,:;()?!“”\"]"  # ",,Nee’’"
        rf"|(?<=[\w ]){apostrophe}(?:{listed})\b{elided}{apart}"
        r"|(?:\w-)?(?:[^\W\d_]\.){2,}|[@#]\w+|[^\W_]+\.[a-z]{2,3}\b(?![.'’]\w)"
        rf"|\d+(?:[.,:]\d+)*\w*(?:-\w+)*|\w+(?:{hyphened}|{inner}|&\w+)*{tail}"
        r"|\n\s*|\.\.\.+|--+|''|’’|``|[^\w\s]))"
    )


def _kind(word: str) -> int:
    first = word[0]
    if first.isalpha() or first in "@#_":
        return WORD
    if first.isdigit():
        return NUMBER
    if first == "\n":
        return BREAK
    if first in "'’\"“‘" and len(word) > 1:
        return MARK if word in ("''", "’’") else WORD  # "'s", "“Mia”"
    if first == "-" and len(word) > 1:
        return DASH if word[1] == "-" else WORD  # "-t-il"
    return _KINDS.get(word if word == ",," else first, WORD if first.isalnum() else OTHER)


def tokenise(text: str, language: Language) -> Tokens:
    """Every token of the text, in one pass."""
    rules = language.apostrophe_suffixes, language.negative_suffix, language.elisions, language.enclitics
    pieces = _pattern(*rules).split(text)  # gap, token, gap, token …
    places = list(accumulate(map(len, pieces)))
    entries = list(map(_known(language).__getitem__, pieces[1::2]))
    low, kinds, classes, capital = (list(map(part, entries)) for part in _PARTS)
    tokens = Tokens(text, places[:-1:2], places[1::2], low, kinds, classes, capital)
    _tell_owners(tokens, language)
    return _without_wraps(tokens)


def _tell_owners(tokens: Tokens, language: Language) -> None:
    """Remove the classes of a verb from a possessive suffix: "Doe's house", and not "he's late"."""
    possessive = "'" + language.possessive_suffix
    for i in _places(tokens.low, possessive):
        if i and not tokens.classes[i - 1] & _OWNERLESS:
            tokens.classes[i] = 0


def _without_wraps(tokens: Tokens) -> Tokens:
    """The tokens without the line breaks that only wrap a sentence."""
    soft = [i for i in _places(tokens.kinds, BREAK) if _soft(tokens, i)]
    if not soft:
        return tokens
    hard = [True] * len(tokens)
    for i in soft:
        hard[i] = False
    return Tokens(
        tokens.text,
        list(compress(tokens.starts, hard)),
        list(compress(tokens.ends, hard)),
        list(compress(tokens.low, hard)),
        list(compress(tokens.kinds, hard)),
        list(compress(tokens.classes, hard)),
        list(compress(tokens.capital, hard)),
    )


def _places(listed: list[T], wanted: T) -> Iterator[int]:
    """Yield where the wanted stands in the list."""
    at = -1
    for _ in range(listed.count(wanted)):
        at = listed.index(wanted, at + 1)
        yield at


def _soft(tokens: Tokens, i: int) -> bool:
    """Return whether the line break at `i` only wraps: one newline, before a small letter or after "U.S."."""
    end = tokens.ends[i]
    if not i or tokens.text.count("\n", tokens.starts[i], end) > 1:
        return False
    following = tokens.text[end : end + 1]
    last = tokens.kinds[i - 1]
    if last == WORD and "." in tokens.low[i - 1]:
        return following.isalpha()
    return last in (WORD, NUMBER, COMMA) and following.islower()


class _Known(dict[str, Entry]):
    """The words met so far in a language, by what `_entry` says of them; asking for another one adds it."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __missing__(self, word: str) -> Entry:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        self[word] = entry = _entry(word, self._language)
        return entry


_known = cache(_Known)


def _entry(word: str, language: Language) -> Entry:
    kind = _kind(word)
    if kind != WORD:
        return word, kind, 0, False
    low = word.lower().replace("’", "'")
    if low in language.names["ranks"] and word.isupper():
        return low, kind, Word.TITLE | Word.ROLE, True
    capital = word[0].isupper() or (kind == WORD and word[0] in '"“‘') or _is_prefixed(word, language)
    return low, kind, language.word_class(low, capital=capital), capital


def _is_prefixed(word: str, language: Language) -> bool:
    """Return whether a name follows a small word and a hyphen or an apostrophe: "al-Harbi", "d'Orsay"."""
    place = next((i for i, character in enumerate(word) if character in "-'’"), 0)
    return word[place + 1 : place + 2].isupper() and word[:place] in language.names["prefixes"]


_ORDINAL = 2  # digits of "3. Mai"


def abbreviates(tokens: Tokens, language: Language, i: int) -> bool:
    """Return whether the full stop at `i` belongs to the word before it: "Mr.", "J."."""
    if tokens.low[i] != "." or not i or tokens.ends[i - 1] != tokens.starts[i]:
        return False
    if language.grammar is not None and language.grammar.ordinals and tokens.kinds[i - 1] == NUMBER:
        return i + 1 < len(tokens) and len(tokens.low[i - 1]) <= _ORDINAL
    last = tokens.low[i - 1].rpartition("-")[2]  # "R-Ky."
    if last in language.numbering:
        return i + 1 < len(tokens) and tokens.kinds[i + 1] == NUMBER  # "No. 10", but "She said no."
    if last in language.units and _opens(tokens, i + 1):
        return False  # "4 млрд грн. | Про це", but "38 proc. badanych"
    return last in language.abbreviations or (len(last) == 1 and tokens.capital[i - 1])


def _opens(tokens: Tokens, i: int) -> bool:
    """Return whether a capitalised word, which a dash may precede, is at `i`."""
    i += i < len(tokens) and tokens.kinds[i] == DASH
    return i < len(tokens) and tokens.capital[i]

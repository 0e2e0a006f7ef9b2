"""Terms: the words of a statement, equal whatever their form, tense or spelling.

Languages whose data has the key `plain_not` contribute their words for "not" and for numbers.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Final, Literal, NamedTuple

from pipeline.statements import english
from pipeline.statements.lexicon import table
from pipeline.text import fold

ELIDED: Final = frozenset(("c", "d", "dell", "j", "l", "m", "n", "qu", "s", "t", "un"))
"""What stands before the apostrophe in "n'ai" and "l'école", and tells nothing."""

_TENS: Final = range(20, 100, 10)  # the number words that a unit follows, as in "thirty-five"

_ENGLISH: Final = {number: word for word, number in reversed(english.NUMBERS.items()) if number}

Sort = Literal["word", "number", "date", "modal", "not", "hedge", "small", "gap"]

_TOKEN: Final = re.compile(
    rf"(?! )(?:[Pp]er cent\b|(?i:{english.PHRASES.pattern})\b|"
    r"\d{1,60}(?:[.,:]\d{1,60}){0,9}[a-z]{0,60}|\w{1,60}(?:['’]\w{1,60}){0,3}|[%$€£…]|\.{3})"  # tokens are cached
)

_LETTER_IN_BRACKETS: Final = re.compile(r"\[(\w)\](?=\w)")

_BRACKETS: Final = re.compile(r"\[[^\]\n]{0,200}\]")

_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?)([a-z]*)")

_OUR: Final = re.compile(r"(?<=..)ou(?=r(?:s|ed|ing|ite|able|hood)?$)")

_ISE: Final = re.compile(r"(?<=...)is(?=e[ds]?$|ing$|ation)")

_VOWEL: Final = re.compile("[aeiouy]")

COMMON_WEIGHT: Final = 0.5

_NUMBER_WEIGHT: Final = 1.0


_UNWEIGHED: Final[tuple[tuple[dict[str, str], Sort, str], ...]] = (
    (dict.fromkeys(english.NOT, "not"), "not", "not"),
    (english.HEDGES, "hedge", "?"),
    (english.MODALS, "modal", "~"),
)


class Term(NamedTuple):
    """One word for comparing.

    `key` is the same for all its forms; `shape` also for what may stand in its place and make a changed statement: any
    number for a number, date for a date, modal for a modal, and its opposite. `weight` says how much it tells.
    """

    key: str
    sort: Sort
    weight: float
    surface: str
    shape: str


def terms(text: str, language: str = "en") -> list[Term]:
    """The terms of a text in order. What stands in [brackets] is an editor's, and left out."""
    if "[" in text:
        text = _BRACKETS.sub(_gap_or_nothing, _LETTER_IN_BRACKETS.sub(r"\1", text))
    text = english.NO_NEGATION.sub("only", text)
    tokens = _TOKEN.findall(text)
    language = language.partition("-")[0].lower()
    if meanings(language):
        all_terms = list(chain.from_iterable(_read_in(language, token) for token in tokens))
    elif english.SOMETIMES_MONTHS.isdisjoint(tokens):
        all_terms = list(chain.from_iterable(map(_read, tokens)))
    else:
        all_terms = [term for place in range(len(tokens)) for term in _read_in_place(tokens, place)]
    if any(term.sort == "number" for term in all_terms):
        return _with_whole_numbers(all_terms)
    return all_terms


@cache
def meanings(language: str) -> Mapping[str, str]:
    """The folded words for "not" and for numbers of a language, each with the English word by which it is compared."""
    negations = table(language).get("plain_not", [])
    meanings = {fold(word): "not" for word in negations}
    for entry in table(language)["numbers"] if negations else ():
        word, _, number = entry.rpartition(" ")
        english_word = _ENGLISH.get(float(number), "")
        if english_word and english_word not in meanings.values() and word.isalpha():
            meanings[fold(word)] = english_word
    return meanings


def _read_in_place(tokens: Sequence[str], place: int) -> tuple[Term, ...]:
    token = tokens[place]
    if token in english.SOMETIMES_MONTHS and _is_month(tokens, place):
        return (Term(fold(token), "date", _NUMBER_WEIGHT, token, "@"),)
    return _read(token)


def _is_month(tokens: Sequence[str], place: int) -> bool:
    """Return whether "May" or "March" is one, by the word before it and the number beside it."""
    before, after = tokens[max(place - 1, 0) : place], tokens[place + 1 : place + 2]
    return any(word[0].isdigit() for word in (*before, *after)) or any(fold(w) in english.BEFORE_MONTHS for w in before)


def _gap_or_nothing(brackets: re.Match[str]) -> str:
    return "…" if brackets[0] in ("[…]", "[...]") else " "


@lru_cache(maxsize=20_000)
def _read_in(language: str, token: str) -> tuple[Term, ...]:
    """The terms of a token in another language than English."""
    word = fold(token).replace("’", "'")
    before, mark, after = word.partition("'")
    if mark and after and before in ELIDED:
        token, word = token[len(before) + 1 :], after
    meaning = meanings(language).get(word)
    if meaning:
        return tuple(term._replace(surface=token) for term in _read(meaning))
    return _read(token)


@lru_cache(maxsize=20_000)
def _read(token: str) -> tuple[Term, ...]:
    """The terms of a token: one for most, two for "won't"."""
    if token in ("…", "..."):
        return (Term("…", "gap", 0, "…", "…"),)
    word = fold(token).replace("’", "'")
    number = _NUMBER.fullmatch(word.replace(",", "").replace(":", "."))
    if number:
        return _number(number, token)
    return tuple(_term(part, token) for part in _parts(word))


def _parts(word: str) -> tuple[str, ...]:
    """The words that a word with an apostrophe stands for."""
    if english.PHRASES.fullmatch(word):
        return _of_phrase(*word.split())
    if word in english.CONTRACTED:
        return english.CONTRACTED[word]
    if word.endswith("n't"):
        return (word[:-3], "not")
    head, mark, tail = word.rpartition("'")
    if mark and mark + tail in english.ENDINGS:
        return (head, *english.ENDINGS[mark + tail])
    return (word.replace("'", ""),)


def _of_phrase(verb: str, particle: str) -> tuple[str, ...]:
    """Return what two words stand for: who "voted against" it did not vote for it, who "refused to" do it did not."""
    if particle == "against":
        return (verb, "not")
    return ("not",) if particle == "to" else ("perhaps" if particle == "that" else "consider",)


def _number(number: re.Match[str], token: str) -> tuple[Term, ...]:
    value = _figure(float(number[1]), token)
    if number[2] in english.SCALES:
        return (value, _term(number[2], token))
    return (value,)


def _term(word: str, surface: str) -> Term:
    for meanings, sort, shape in _UNWEIGHED:
        if word in meanings:
            return Term(meanings[word], sort, 0, surface, shape)
    if word in english.NUMBERS:
        return _figure(english.NUMBERS[word], surface)
    if word in english.DATES:
        return Term(word, "date", _NUMBER_WEIGHT, surface, "@")
    if word in english.SMALL or not word:
        return Term(word, "small", 0, surface, word)
    return _word(word, surface)


def _word(word: str, surface: str) -> Term:
    key = _key(word)
    shape = _opposites().get(key, key)
    return Term(key, "word", _weight(shape), surface, shape)


def _key(word: str) -> str:
    word = english.UNITS.get(word, word)
    key = _stem(english.IRREGULAR.get(word, word))
    return _synonyms().get(key, key)


def _weight(key: str) -> float:
    """Long words tell more than short ones (Zipf's law of abbreviation), whatever the language."""
    return COMMON_WEIGHT if key in _common() else min(0.5 + len(key) / 6, 1.5)


@cache
def _synonyms() -> dict[str, str]:
    return {_stem(word): _stem(head) for word, head in english.SYNONYMS.items()}


@cache
def _common() -> frozenset[str]:
    return frozenset(_stem(word) for word in english.COMMON)


@cache
def _opposites() -> dict[str, str]:
    """The keys that turn a statement around when one takes another's place, each to one key for them all."""
    shapes: dict[str, str] = {}
    for word, other in english.OPPOSITES:
        shape = shapes.setdefault(_key(word), _key(word))
        joined = shapes.get(_key(other), _key(other))
        shapes |= {key: shape for key, old in shapes.items() if old == joined} | {_key(other): shape}
    return shapes


@cache
def complements() -> frozenset[str]:
    """The shapes of opposites of which one holds wherever the other does not."""
    return frozenset(_opposites()[_key(word)] for word in english.COMPLEMENTS)


def _stem(word: str) -> str:
    """The word without the commonest endings of inflection, in one spelling; only ever compared with other stems."""
    for umlaut in ("ae", "oe", "ue"):
        word = word.replace(umlaut, umlaut[0])
    if len(word) > 5:
        word = _ISE.sub("iz", _OUR.sub("o", word)).replace("ogramme", "ogram")
    if len(word) > 3:
        for ending, instead in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("ly", ""), ("s", "")):
            if word.endswith(ending) and not word.endswith(("ss", "us", "is")):
                word = _cut(word, len(ending), instead)
                break
    return word.rstrip("e") if len(word) > 3 else word


def _cut(word: str, length: int, instead: str) -> str:
    base = word[:-length] + instead
    if len(base) < 3 or not _VOWEL.search(base):
        return word
    if not instead and length > 1 and base[-1] == base[-2] and base[-1] not in "lsz":
        return base[:-1]
    if length == 1 and base.endswith(("she", "che", "xe", "sse")):
        return base[:-1]
    return base


def _with_whole_numbers(all_terms: list[Term]) -> list[Term]:
    """The terms with "2.5 million", "half a million" and "two hundred and fifty" read as one number each."""
    for join, link in ((_joined, "a"), (_summed, "and")):
        whole: list[Term] = []
        for term in all_terms:
            start = -2 if term.sort == "number" and len(whole) > 1 and whole[-1].key == link else -1
            joined = join(whole[start], term) if whole else None
            if joined:
                whole[start:] = [joined]
            else:
                whole.append(term)
        all_terms = whole
    return all_terms


def _joined(before: Term, term: Term) -> Term | None:
    if before.key == "half" and fold(term.surface) in english.SCALES:
        return _figure(float(term.key) / 2, f"half a {term.surface}")
    if before.sort != "number" or term.sort != "number":
        return None
    left, right = float(before.key), float(term.key)
    surface = before.surface if before.surface == term.surface else f"{before.surface} {term.surface}"
    if fold(term.surface).lstrip("0123456789.,") in english.SCALES:
        return _figure(left * right, surface)
    if before.surface.isalpha() and left in _TENS and 0 < right < 10:
        return _figure(left + right, surface)
    return None


def _summed(before: Term, term: Term) -> Term | None:
    """The sum of two numbers in words of which the first, "two thousand", leaves room for the second."""
    if before.sort != "number" or term.sort != "number" or term.surface[0].isdigit():
        return None
    scale = english.NUMBERS.get(fold(before.surface).rpartition(" ")[2], 0)
    if not before.surface[0].isalpha() or scale < 100 or not 0 < float(term.key) < scale:
        return None
    return _figure(float(before.key) + float(term.key), f"{before.surface} {term.surface}")


def _figure(value: float, surface: str) -> Term:
    return Term(f"{value:.15g}", "number", _NUMBER_WEIGHT, surface, "#")


_DOUBLED: Final = re.compile(r"(.)\1")

_LATIN: Final = dict(zip("абвгдеёжзийклмнопрстуфхцчшщыэюяіїєґ", "abvgdeessiiklmnoprstufkssssieuaiieg", strict=True))
"""Cyrillic letters by their sound, as `_SOUNDS` leaves it; signs that have none are left out by name."""

_SOUNDS: Final = tuple(
    (letters, sound)
    for sound, spellings in {
        "s": "sch sh cz sz zh z",
        "k": "ch kh ck q c",
        "f": "ph",
        "t": "th",
        "ks": "x",
        "v": "w",
        "i": "y j",
        "": "h ъ ь",
    }.items()
    for letters in spellings.split()
)
"""Letters that sound alike in the languages of Europe, roughly."""


@lru_cache(maxsize=4_000)
def sound(name: str) -> str:
    """A name as it sounds, roughly: "Балдакки" and "Baldacchi" are one."""
    heard = "".join(_LATIN.get(letter, letter) for letter in fold(name))
    for letters, instead in _SOUNDS:
        heard = heard.replace(letters, instead)
    return _DOUBLED.sub(r"\1", heard)

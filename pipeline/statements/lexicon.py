"""The tables of a language with the words that fill the slots of a claim, and the places where a text has them."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from pipeline.languages import text_of, with_file
from pipeline.statements import english
from pipeline.text import fold

KINDS: Final = [
    "not", "all", "most", "many", "some", "few", "may", "must", "should", "intent", "belief", "if", "until", "evenif",
    "only", "except", "least", "limit", "more", "less", "before", "after", "can", "promise",
]  # fmt: skip

LANGUAGES: Final = with_file("statements.toml")

_MOST_EXACT: Final = 3  # letters of a word that is another one with an accent

_NO_SLOTS: Final = frozenset([
    "according", "and", "compound_ones", "concord", "courtesy", "filler", "frame", "had", "number_link", "one",
    "plain_not", "refusal", "said", "said_as", "said_that",
])  # fmt: skip
"""Tables whose words fill no slot, and so hide none: "niemand" as a word of `plain_not` is a "niemand*" of `not`."""


class Mark(NamedTuple):
    """A word or phrase that fills a slot, as the text has it, with the place of its first word."""

    kind: str
    surface: str
    place: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The tables of one language: phrases by their first word, and beginnings of words by their first two letters."""

    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str, float], ...]]
    beginnings: Mapping[str, tuple[tuple[str, str, float], ...]]
    links: frozenset[str]
    numerals: Container[str]


def language_of(code: str) -> str:
    """The language whose tables serve for this code ("pt-BR" is Portuguese); '' where there are none."""
    code = code.partition("-")[0].lower()
    return code if code in LANGUAGES else ""


@cache
def table(language: str) -> dict[str, list[str]]:
    """The statement words of a language, as its file lists them."""
    return tomllib.loads(text_of(language, "statements.toml"))


@cache
def lexicon(language: str) -> Lexicon:
    """The tables of a language (ISO 639-1) in the form in which a text is read by them."""
    phrases: defaultdict[str, list[tuple[tuple[str, ...], str, float]]] = defaultdict(list)
    beginnings: defaultdict[str, list[tuple[str, str, float]]] = defaultdict(list)
    for kind, entry, value in entries(table(language)):
        words = tuple(map(_key, _TOKEN_IN_TABLE.findall(entry.lower())))
        if entry.endswith("*") and len(words) == 1:
            start = fold(words[0][:-1])
            beginnings[start[:2]].append((start, kind, value))
        else:
            phrases[fold(words[0]).rstrip("*")[:2]].append((words, kind, value))
    longest_first = {key: tuple(sorted(group, key=lambda each: -len(each[0]))) for key, group in phrases.items()}
    starts = {key: tuple(sorted(group, key=lambda each: -len(each[0]))) for key, group in beginnings.items()}
    numerals = {fold(entry).split()[0] for entry in table(language).get("numbers", ())}
    return Lexicon(longest_first, starts, frozenset(map(fold, table(language).get("number_link", ()))), numerals)


def _key(word: str) -> str:
    """The form by which a word is known: with its accents if it is short, as "sí" is not "si"."""
    return word if len(word) <= _MOST_EXACT else fold(word)


_TOKEN_IN_TABLE: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*\*?|[#_]")


def entries(words_by_kind: Mapping[str, list[str]]) -> Iterator[tuple[str, str, float]]:
    """Each entry of the tables that fill slots: its kind, its words, and its number, 0 where it has none."""
    for kind, listed in words_by_kind.items():
        if kind in _NO_SLOTS:
            continue
        for number, entry in enumerate(listed, start=1):
            match kind:
                case "months" | "weekdays" | "feasts" | "seasons" | "times":
                    for name in entry.split("|"):
                        yield f"{kind} {number}", name, number
                case "numbers" | "fractions" | "units":
                    word, _, value = entry.rpartition(" ")
                    yield kind, word, float(value)
                case _:
                    yield kind, entry, 0


def marks_in(tokens: Sequence[str], lexicon: Lexicon) -> Iterator[tuple[Mark, float]]:
    """Each word or phrase of the tables, the longest at a place first; a word can fill several slots."""
    keys = [_key(token.lower().replace("’", "'")) for token in tokens]
    place = 0
    while place < len(keys):
        length, kinds = _at(keys, place, lexicon)
        surface = " ".join(tokens[place : place + length])
        for kind, value in kinds:
            yield Mark(kind, surface, place), value
        place += length


def _at(keys: Sequence[str], place: int, lexicon: Lexicon) -> tuple[int, list[tuple[str, float]]]:
    word = fold(keys[place])
    best, kinds = 1, list[tuple[str, float]]()
    for words, kind, value in lexicon.phrases.get(word[:2], ()):
        size = len(words) - (words[-1] == "#")
        if size < best or not _fits(words, keys[place : place + len(words)], lexicon.numerals):
            continue
        best = size
        kinds.append((kind, value))
    if not kinds:
        kinds = [(kind, value) for start, kind, value in lexicon.beginnings.get(word[:2], ()) if word.startswith(start)]
    stem, mark, _ = word.partition("'")
    if word.endswith("n't"):
        kinds.append(("not", 0.0))
    elif not kinds and mark:
        kinds = _at([_key(stem)], 0, lexicon)[1]
    return best, list(dict.fromkeys(kinds))


def _fits(pattern: Sequence[str], words: Sequence[str], numerals: Container[str]) -> bool:
    return len(pattern) == len(words) and all(
        fold(word).startswith(fold(part[:-1]))
        if part[-1] == "*"
        else part in (word, "_")
        or (part == "#" and (word[0].isdigit() or word in english.NUMERALS or fold(word) in numerals))
        for part, word in zip(pattern, words, strict=True)
    )

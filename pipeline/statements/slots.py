"""The slots of a claim: what turns it around when it differs, found by each language's words for it."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

from pipeline.languages import text_of, with_file
from pipeline.statements import english
from pipeline.text import TextCache, fold

KINDS: Final = [
    "not", "all", "most", "many", "some", "few", "may", "must", "should", "intent", "belief", "if", "until", "evenif",
    "only", "except", "least", "limit", "more", "less", "before", "after", "can", "promise",
]  # fmt: skip

LANGUAGES: Final = with_file("statements.toml")

_TOKEN: Final = re.compile(
    r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?|"
    r"[^\W\d_]+(?:['’][^\W\d_]+)*|[%$€£?]|…"
)

_GROUPED: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+")

_PERCENT: Final = re.compile(r"per ?cent|%|prozent|pour cent|por ?ciento|por ?cento|percento|procent\w*|процент\w*")

_DATES: Final = ("months ", "weekdays ", "feasts ", "seasons ", "times ")

_SCALES: Final = (100, 1e3, 1e6, 1e9, 1e12)

_CONCORD: Final = frozenset(("es", "fr", "it", "pl", "pt", "ru", "uk"))
"""Languages in which several words of a clause negate it once: "nadie vio nada" is "nobody saw anything"."""

_MOST_APART: Final = 3  # words from one negation of a clause to the next
_TO_MONTH: Final = 2  # words from the day of a date to its month: "1er juillet"

_LEAST_COUNT: Final = 13  # a number from here on is not the numerator of a fraction behind it: "the 47, half a village"


class Mark(NamedTuple):
    """A word or phrase that fills a slot, as the text has it, with the place of its first word."""

    kind: str
    surface: str
    place: int


class Figure(NamedTuple):
    """A number or a fraction, as the text has it; of a time span ("two weeks"), its length in hours too."""

    value: float
    surface: str
    place: int
    end: int
    hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of a text: marks by kind, numbers, and dates as months, weekdays and feasts.

    `spans` are the lengths of its time spans in hours: of "a week" too, which has no number.
    """

    marks: Mapping[str, tuple[Mark, ...]]
    figures: tuple[Figure, ...]
    dates: tuple[Mark, ...]
    asks: bool
    spans: tuple[float, ...] = ()

    def count(self, kind: str) -> int:
        """Return how many marks of this kind there are."""
        return len(self.marks.get(kind, ()))


@dataclass(frozen=True, slots=True)
class _Lexicon:
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


_SLOTS: Final = TextCache[Slots](800_000)


def slots(text: str, language: str = "en") -> Slots:
    """The slots of a text in a language (ISO 639-1); of an unknown language, its digits alone."""
    return _SLOTS.get((text, language), lambda: _slots(text, language))


def _slots(text: str, language: str) -> Slots:
    tokens = _TOKEN.findall(text)
    folded = [_bare(token) for token in tokens]
    code = language_of(language)
    marked = list(_marks(tokens, folded, _lexicon(code))) if code else []
    units = {mark.place: hours for mark, hours in marked if mark.kind == "units"}
    figures = tuple(_with_unit(each, units, tokens) for each in _figures(tokens, folded, marked, code))
    marks: defaultdict[str, list[Mark]] = defaultdict(list)
    dates = tuple(mark for mark, _ in marked if mark.kind.startswith(_DATES) and _is_date(mark, tokens, code))
    figures = tuple(each for each in figures if not _is_first_of_month(each, dates))
    dated = {mark.place for mark in dates}
    for mark, _ in marked:
        if mark.kind in KINDS and mark.place not in dated:
            marks[mark.kind].append(mark)
    if code in _CONCORD and "not" in marks:
        marks["not"] = _once_a_clause(marks["not"])
    asks = "?" in tokens or any(mark.kind == "asks" for mark, _ in marked)
    counted = {each.end for each in figures}
    spans = [each.hours for each in figures if each.hours]
    spans += [hours for place, hours in units.items() if place not in counted]
    return Slots({kind: tuple(of_kind) for kind, of_kind in marks.items()}, figures, dates, asks, tuple(spans))


def _once_a_clause(negations: Sequence[Mark]) -> list[Mark]:
    """The negations without those that follow another one closely."""
    places = [-_MOST_APART - 1, *(each.place for each in negations)]
    return [each for before, each in zip(places, negations, strict=False) if each.place - before > _MOST_APART]


def _with_unit(figure: Figure, units: Mapping[int, float], tokens: Sequence[str]) -> Figure:
    """The figure with its length in hours where a unit of time stands behind it."""
    if figure.end not in units:
        return figure
    return figure._replace(surface=f"{figure.surface} {tokens[figure.end]}", hours=figure.value * units[figure.end])


def plain_words(text: str, without: Slots | None = None) -> tuple[str, ...]:
    """The folded words and numbers of a text, or those that fill none of these slots."""
    filled = set[int]()
    if without:
        for mark in (*(mark for of_kind in without.marks.values() for mark in of_kind), *without.dates):
            filled |= set(range(mark.place, mark.place + len(mark.surface.split())))
        for figure in without.figures:
            filled |= set(range(figure.place, figure.end))
    tokens = _TOKEN.findall(text)
    return tuple(_bare(token) for place, token in enumerate(tokens) if token[0].isalnum() and place not in filled)


def _bare(token: str) -> str:
    return fold(token).replace("’", "'")


def _is_date(mark: Mark, tokens: Sequence[str], language: str) -> bool:
    """Return whether a month's name is a date: "May" and "March" need a capital, and a day if they open a sentence."""
    if language != "en" or fold(mark.surface) not in ("may", "march"):
        return True
    day = tokens[mark.place + 1] if mark.place + 1 < len(tokens) else ""
    return mark.surface[0].isupper() and (mark.place > 0 or day[:1].isdigit())


def _is_first_of_month(figure: Figure, dates: Sequence[Mark]) -> bool:
    """Return whether the figure is the 1 of "1 July", which is "the first of July" elsewhere, without a figure."""
    months = (each.place for each in dates if each.kind.startswith("months"))
    return figure.value == 1 and any(abs(place - figure.place) <= _TO_MONTH for place in months)


@cache
def _lexicon(language: str) -> _Lexicon:
    phrases: defaultdict[str, list[tuple[tuple[str, ...], str, float]]] = defaultdict(list)
    beginnings: defaultdict[str, list[tuple[str, str, float]]] = defaultdict(list)
    for kind, entry, value in _entries(table(language)):
        words = tuple(_TOKEN_IN_TABLE.findall(fold(entry)))
        if entry.endswith("*") and len(words) == 1:
            beginnings[words[0][:2]].append((words[0][:-1], kind, value))
        else:
            phrases[words[0].rstrip("*")[:2]].append((words, kind, value))
    longest_first = {key: tuple(sorted(group, key=lambda each: -len(each[0]))) for key, group in phrases.items()}
    starts = {key: tuple(sorted(group, key=lambda each: -len(each[0]))) for key, group in beginnings.items()}
    numerals = {fold(entry).split()[0] for entry in table(language).get("numbers", ())}
    return _Lexicon(longest_first, starts, frozenset(map(fold, table(language).get("number_link", ()))), numerals)


_TOKEN_IN_TABLE: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*\*?|#")


def _entries(words_by_kind: Mapping[str, list[str]]) -> Iterator[tuple[str, str, float]]:
    for kind, entries in words_by_kind.items():
        for number, entry in enumerate(entries, start=1):
            match kind:
                case "months" | "weekdays" | "feasts" | "seasons" | "times":
                    for name in entry.split("|"):
                        yield f"{kind} {number}", name, number
                case "numbers" | "fractions" | "units":
                    word, _, value = entry.rpartition(" ")
                    yield kind, word, float(value)
                case _:
                    yield kind, entry, 0


def _marks(tokens: Sequence[str], folded: Sequence[str], lexicon: _Lexicon) -> Iterator[tuple[Mark, float]]:
    """Each word or phrase of the tables, the longest at a place first; a word can fill several slots."""
    place = 0
    while place < len(folded):
        length, kinds = _at(folded, place, lexicon)
        surface = " ".join(tokens[place : place + length])
        for kind, value in kinds:
            yield Mark(kind, surface, place), value
        place += length


def _at(folded: Sequence[str], place: int, lexicon: _Lexicon) -> tuple[int, list[tuple[str, float]]]:
    word = folded[place]
    best, kinds = 1, list[tuple[str, float]]()
    for words, kind, value in lexicon.phrases.get(word[:2], ()):
        size = len(words) - (words[-1] == "#")
        if size < best or not _fits(words, folded[place : place + len(words)], lexicon.numerals):
            continue
        best = size
        kinds.append((kind, value))
    if not kinds:
        kinds = [(kind, value) for start, kind, value in lexicon.beginnings.get(word[:2], ()) if word.startswith(start)]
    stem, mark, _ = word.partition("'")
    if word.endswith("n't"):
        kinds.append(("not", 0.0))
    elif not kinds and mark:
        kinds = _at([stem], 0, lexicon)[1]
    return best, list(dict.fromkeys(kinds))


def _fits(pattern: Sequence[str], words: Sequence[str], numerals: Container[str]) -> bool:
    return len(pattern) == len(words) and all(
        word.startswith(part[:-1])
        if part[-1] == "*"
        else word == part or (part == "#" and (word[0].isdigit() or word in english.NUMERALS or word in numerals))
        for part, word in zip(pattern, words, strict=True)
    )


def _figures(
    tokens: Sequence[str], folded: Sequence[str], marked: Sequence[tuple[Mark, float]], language: str
) -> tuple[Figure, ...]:
    """The numbers, with "two hundred and fifty", "14 million" and "two thirds" as one each, percent as a fraction."""
    runs: list[list[_Numeral]] = []
    for numeral in _numerals_in(tokens, folded, marked, language):
        before = runs[-1][-1] if runs else None
        gap = folded[before.place + 1 : numeral.place] if before else ()
        links = _lexicon(language).links if language else frozenset()
        if before and (not gap or (len(gap) == 1 and gap[0] in links)) and _goes_on(before, numeral, linked=bool(gap)):
            runs[-1].append(numeral)
        elif numeral.value != 1 or not numeral.is_one:
            runs.append([numeral])
    parts = [_with_percent(_figure(run, tokens), tokens) for run in runs]
    return tuple(
        each for before, each in zip((None, *parts), parts, strict=False) if not before or before.end <= each.place
    )


class _Numeral(NamedTuple):
    """A word or a group of digits that is a number or a part of it."""

    value: float
    place: int
    is_fraction: bool = False
    is_digits: bool = False
    is_one: bool = False


def _numerals_in(
    tokens: Sequence[str], folded: Sequence[str], marked: Sequence[tuple[Mark, float]], language: str
) -> Iterator[_Numeral]:
    values = {mark.place: (value, mark.kind) for mark, value in marked if mark.kind in ("numbers", "fractions")}
    # the words for 1 are a number in "forty-one" alone: elsewhere they are articles and pronouns
    ones = {fold(word) for word in table(language).get("one", ())} if language else set[str]()
    skipped = -1
    for place, token in enumerate(tokens):
        if place == skipped:
            continue
        if token[0].isdigit():
            yield _Numeral(_digits(token), place, is_digits=True)
        elif place in values:
            yield _Numeral(values[place][0], place, is_fraction=values[place][1] == "fractions")
        elif language == "en" and tuple(folded[place : place + 2]) == ("one", "in"):
            shares = [number for number in (place + 2, place + 3) if number in values or _is_digits(tokens, number)]
            if shares:
                counted = values[shares[0]][0] if shares[0] in values else _digits(tokens[shares[0]])
                yield _Numeral(1 / counted if counted else 0.0, place, is_fraction=True)
                skipped = shares[0]
        elif folded[place] in ones:
            yield _Numeral(1.0, place, is_one=True)
        elif language in ("de", "nl", "it") and (compound := _compound(folded[place], language)) is not None:
            yield _Numeral(compound, place)


def _is_digits(tokens: Sequence[str], place: int) -> bool:
    return place < len(tokens) and tokens[place][0].isdigit()


def _goes_on(before: _Numeral, after: _Numeral, *, linked: bool) -> bool:
    """Return whether the second numeral belongs to the same number."""
    if after.is_fraction:
        if _is_ordinal(before, after):
            return True
        return 1 <= before.value < _LEAST_COUNT and not linked
    if after.is_digits or before.is_fraction:
        return False
    if after.value in _SCALES:
        return not linked and not (before.is_one and before.value == 1)
    if before.is_digits:
        return False
    is_unit = after.value < 10 and before.value % 10 == 0 and 20 <= before.value < 100
    return is_unit or ((before.value in _SCALES or before.value % 100 == 0) and after.value < before.value)


def _is_ordinal(before: _Numeral, after: _Numeral) -> bool:
    """Return whether the numerals are one ordinal, as in "sixty-fifth", although "fifth" alone is a share."""
    return not before.is_digits and before.value % 10 == 0 and 20 <= before.value < 100 and after.value < 0.5


def _figure(run: Sequence[_Numeral], tokens: Sequence[str]) -> Figure:
    if len(run) == 2 and run[1].is_fraction and _is_ordinal(*run):
        run = (run[0], run[1]._replace(value=round(1 / run[1].value), is_fraction=False))
    whole = [each.value for each in run if not each.is_fraction]
    parts = [each.value for each in run if each.is_fraction]
    value = _folded_value(whole) if whole else 1.0
    for part in parts:
        value *= part
    start, end = run[0].place, run[-1].place + 1
    return Figure(value, " ".join(tokens[start:end]), start, end)


def _with_percent(figure: Figure, tokens: Sequence[str]) -> Figure:
    for width in (1, 2):
        after = " ".join(tokens[figure.end : figure.end + width])
        if _PERCENT.fullmatch(fold(after)):
            share = round(figure.value / 100, 6)
            return Figure(share, f"{figure.surface} {after}", figure.place, figure.end + width)
    return figure


def _digits(token: str) -> float:
    token = token.rstrip("stndrh").replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    if _GROUPED.fullmatch(token) and not token.startswith("0"):
        return float(token.replace(",", "").replace(".", ""))
    if token.count(":") == 1 and token.count(",") + token.count(".") == 0:
        hours, _, minutes = token.partition(":")
        return float(hours) + float(minutes) / 100
    parts = re.split(r"[.,:]", token)
    return float(parts[0]) if len(parts) != 2 else float(f"{parts[0]}.{parts[1]}")


@lru_cache(maxsize=4_000)
def _compound(word: str, language: str) -> float | None:
    """The value of a number written as one word: "vierunddreissig", "achthundert", "trentaquattro"."""
    if len(word) > 40:
        return None
    parts = _numerals(language)
    values: list[float] = []
    rest = word
    while rest:
        part = next((each for each in parts if rest.startswith(each)), None)
        if part is None:
            return None
        rest = rest[len(part) :]
        if parts[part] >= 0:
            values.append(parts[part])
    return _folded_value(values) if len(values) > 1 else None


def _folded_value(values: Sequence[float]) -> float:
    total = current = 0.0
    for value in values:
        if value > total >= 1000:
            total, current = (total + current) * value, 0
        elif value >= 1000:
            total, current = total + max(current, 1) * value, 0
        elif value == 100:
            current = max(current, 1) * value
        else:
            current += value
    return total + current


@cache
def _numerals(language: str) -> dict[str, float]:
    """The numerals that compounds are made of, the longest first; a link counts as -1."""
    words = {
        fold(word): value for kind, word, value in _entries(table(language)) if kind == "numbers" and "*" not in word
    }
    words |= {"ein": 1, "een": 1} if language in ("de", "nl") else {"uno": 1, "un": 1}
    words |= {fold(link): -1 for link in table(language)["number_link"] if fold(link) not in words}
    return dict(sorted(words.items(), key=lambda each: -len(each[0])))

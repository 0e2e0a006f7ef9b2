"""Numbers in a text: in digits and words, fractions, ratios and percentages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from pipeline.statements.lexicon import Mark, entries, lexicon, table
from pipeline.text import fold

_GROUPED: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+")

_SCALES: Final = (100, 1e3, 1e6, 1e9, 1e12)

_MOST_OF_SHARE: Final = 1_000  # "one child in a thousand"; "one day in 2027" is a date

_LEAST_COUNT: Final = 13  # a number from here on is not the numerator of a fraction behind it: "the 47, half a village"


class Figure(NamedTuple):
    """A number or a fraction, as the text has it; of a time span ("two weeks"), its length in hours too."""

    value: float
    surface: str
    place: int
    end: int
    hours: float = 0.0


def figures_in(
    tokens: Sequence[str], folded: Sequence[str], marked: Sequence[tuple[Mark, float]], language: str
) -> tuple[Figure, ...]:
    """The numbers, with "two hundred and fifty", "14 million" and "two thirds" as one each, percent as a fraction."""
    runs: list[list[_Numeral]] = []
    for numeral in _numerals_in(tokens, folded, marked, language):
        before = runs[-1][-1] if runs else None
        gap = folded[before.place + 1 : numeral.place] if before else ()
        links = lexicon(language).links if language else frozenset()
        if before and (not gap or (len(gap) == 1 and gap[0] in links)) and _goes_on(before, numeral, linked=bool(gap)):
            runs[-1].append(numeral)
        elif numeral.value != 1 or not numeral.is_one:
            runs.append([numeral])
    percents = {mark.place: mark.surface for mark, _ in marked if mark.kind == "percent"}
    parts = [_with_percent(_figure(run, tokens), tokens, percents) for run in runs]
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
    ones_in_compounds = language and "compound_ones" in table(language)
    shares = {mark.place + len(mark.surface.split()) for mark, _ in marked if mark.kind == "share"}
    for place, token in enumerate(tokens):
        value, kind = values.get(place, (0.0, ""))
        if token[0].isdigit():
            value = _digits(token)
        if 1 < value <= _MOST_OF_SHARE and place in shares:
            yield _Numeral(1 / value, place, is_fraction=True)
        elif token[0].isdigit():
            yield _Numeral(value, place, is_digits=True)
        elif kind:
            yield _Numeral(value, place, is_fraction=kind == "fractions")
        elif folded[place] in ones:
            yield _Numeral(1.0, place, is_one=True)
        elif ones_in_compounds and (compound := _compound(folded[place], language)) is not None:
            yield _Numeral(compound, place)


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


def _with_percent(figure: Figure, tokens: Sequence[str], percents: Mapping[int, str]) -> Figure:
    """The figure as a fraction if "%" or the language's word for it stands behind it."""
    sign = "%" if tokens[figure.end : figure.end + 1] == ["%"] else percents.get(figure.end, "")
    if not sign:
        return figure
    share = round(figure.value / 100, 6)
    return Figure(share, f"{figure.surface} {sign}", figure.place, figure.end + len(sign.split()))


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
        fold(word): value for kind, word, value in entries(table(language)) if kind == "numbers" and "*" not in word
    }
    words |= dict.fromkeys(table(language)["compound_ones"], 1.0)
    words |= {fold(link): -1 for link in table(language)["number_link"] if fold(link) not in words}
    return dict(sorted(words.items(), key=lambda each: -len(each[0])))

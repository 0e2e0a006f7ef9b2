"""The slots of a claim: what turns it around when it differs, found by each language's words for it."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.statements.figures import Figure, figures_in
from pipeline.statements.lexicon import KINDS, Mark, language_of, lexicon, marks_in, table
from pipeline.text import TextCache, fold

_TOKEN: Final = re.compile(
    r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?|"
    r"[^\W\d_]+(?:['’][^\W\d_]+)*|[%$€£?]|…"
)

_DATES: Final = ("months ", "weekdays ", "feasts ", "seasons ", "times ")

_MOST_APART: Final = 3  # words from one negation of a clause to the next


_LEAST_ANSWER: Final = 3  # words behind a question that are a statement

_TO_MONTH: Final = 2  # words from the day of a date to its month: "1er juillet"

_FEASTS: Final = {("months 12", 25.0): "feasts 4", ("months 12", 31.0): "feasts 1"}
"""The feasts on the same day each year, by month and day. Christmas is that of most churches, not 7 January."""


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


_SLOTS: Final = TextCache[Slots](800_000)


def slots(text: str, language: str = "en") -> Slots:
    """The slots of a text in a language (ISO 639-1); of an unknown language, its digits alone."""
    return _SLOTS.get((text, language), lambda: _slots(text, language))


def _slots(text: str, language: str) -> Slots:
    tokens = _TOKEN.findall(text)
    folded = [_bare(token) for token in tokens]
    code = language_of(language)
    marked = list(marks_in(tokens, lexicon(code))) if code else []
    units = {mark.place: hours for mark, hours in marked if mark.kind == "units"}
    figures = tuple(_with_unit(each, units, tokens) for each in figures_in(tokens, folded, marked, code))
    marks: defaultdict[str, list[Mark]] = defaultdict(list)
    dates = tuple(mark for mark, _ in marked if mark.kind.startswith(_DATES) and _is_date(mark, tokens, code))
    dates = tuple(_feast(date, figures) for date in dates)
    figures = tuple(each for each in figures if not _is_first_of_month(each, dates) and not _is_in_feast(each, dates))
    dated = {mark.place for mark in dates}
    for mark, _ in marked:
        if mark.kind in KINDS and mark.place not in dated:
            marks[mark.kind].append(mark)
    for kind in table(code).get("concord", ()) if code else ():
        if kind in marks:
            marks[kind] = _once_a_clause(marks[kind])
    asks = _ends_in_question(tokens) or any(mark.kind == "asks" for mark, _ in marked)
    counted = {each.end for each in figures}
    spans = [each.hours for each in figures if each.hours]
    spans += [hours for place, hours in units.items() if place not in counted]
    return Slots({kind: tuple(of_kind) for kind, of_kind in marks.items()}, figures, dates, asks, tuple(spans))


def _once_a_clause(negations: Sequence[Mark]) -> list[Mark]:
    """The negations without those that follow another one closely: "nadie vio nada" is "nobody saw anything"."""
    places = [-_MOST_APART - 1, *(each.place for each in negations)]
    return [each for before, each in zip(places, negations, strict=False) if each.place - before > _MOST_APART]


def _ends_in_question(tokens: Sequence[str]) -> bool:
    """Return whether hardly a word follows the last question mark: "Lost your card? It is valid" asks nothing."""
    after = tokens[::-1].index("?") if "?" in tokens else len(tokens)
    return "?" in tokens and after < _LEAST_ANSWER


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


def _feast(date: Mark, figures: Sequence[Figure]) -> Mark:
    """The feast on the day of a date: "25 December" is Christmas. Other dates stay as they are."""
    days = (_FEASTS.get((date.kind, each.value)) for each in figures if abs(date.place - each.place) <= _TO_MONTH)
    return next((date._replace(kind=feast) for feast in days if feast), date)


def _is_in_feast(figure: Figure, dates: Sequence[Mark]) -> bool:
    """Return whether the figure is the day of a date that is a feast."""
    feasts = (each.place for each in dates if each.kind in _FEASTS.values())
    is_day = any(figure.value == day for _, day in _FEASTS)
    return is_day and any(abs(place - figure.place) <= _TO_MONTH for place in feasts)


def _bare(token: str) -> str:
    return fold(token).replace("’", "'")

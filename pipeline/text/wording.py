"""The words of pages and messages in a reader's language: catalogs, numbers and days, and the sentences of other rooms.

The English words stand in the templates and beside the code that uses them, and those of each other language in
translations/LANGUAGE.po. Reasons of alerts and the troubles of feeds come in English sentences, which the catalogs have
as phrases with places to fill.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.model import Alert

LANGUAGES: Final = ("en", "de")
"""The languages of the interface."""

PHRASES: Final = (
    "a new statement",
    "a new statement, now in %(count)s independent sources",
    "now in %(count)s independent sources",
    "a changed statement (%(inner)s)",
    "said by %(names)s",
    "about %(names)s",
    "meets the query %(query)s",
    "reported %(count)s times today",
    "%(usual)s times a day is usual",
    "not reported for %(count)s days",
    "the last report was published on %(day)s",
    "the article no longer has it",
    "the article now has “%(words)s”",
    "the article now attributes it to %(names)s",
    "%(count)s independent sources still report it",
    "first report",
    "in the same words",
    "nothing like it is known",
    "a part is new",
    "known claims put together",
    "alerts nobody: a fragment, which is no statement on its own",
    "alerts nobody: the article reports that it was not said",
    "alerts nobody: the article only supposes it",
    "a test of the watch",
    "its last poll worked, the first since it failed",
    "%(usual)s a day are usual",
    "nothing new for %(inner)s",
    "%(count)s hours",
    "%(count)s days",
    "%(count)s new items a day",
    "over its budget: %(budget)s",
    "its items are identified by %(identity)s, because their links change by themselves",
    "its site shows the same page at %(count)s of the last %(pages)s addresses",
    "%(count)s of its last %(pages)s pages could be read only in part, or not at all",
    "its ETag or date stays the same while its items change",
    "an earlier version of a known statement: %(inner)s",
    "other words in the same place",
    "%(words)s is not a date",
    "write 2026, 2026-03, 2026-03-15, 15.3.2026, yesterday, 7d or an ISO time",
    "a word or a closing parenthesis is missing at the end of the query",
    "this quotation mark is not closed",
    "%(words)s is out of place here",
    "there is no field %(name)s:, there are %(names)s",
    "there is no %(name)s, there are %(names)s",
    "the watch has no condition: choose somebody or fill in a search",
    "actor %(name)s has a name without a letter: %(words)s",
    "group %(name)s has a name without a letter: %(words)s",
    "nobody called %(name)s is tracked",
    "track them under People first",
    "%(words)s: not found",
    "“%(words)s”",
    "%(slot)s: “%(before)s” became “%(words)s”",
    "%(slot)s: “%(words)s” left out",
    "%(slot)s: “%(words)s” put in",
    *("action", "agent", "certainty", "condition", "direction", "negation", "number", "quantifier", "scope", "stance"),
    *("time", "wording"),
    "brief.to names this address",
)
"""Sentences of other rooms. In the places `inner` and `slot` are sentences again; names, words and numbers fill the
others."""

_PARTS_OF: Final = ("inner", "slot")

_PARTS: Final = re.compile(r"; (?![^()]*\))")  # between the sentences of a reason, outside of parentheses

_PLACE: Final = re.compile(r"%\\\((\w+)\\\)s")  # in an escaped phrase

_SHAPES: Final = {"count": "[0-9,]+", "pages": "[0-9]+", "usual": "[0-9.e+]+", "slot": "[a-z]+"}

_PLAIN_REASON: Final = re.compile("a new statement|said by .*", re.DOTALL)


@cache
def translations(language: str) -> NullTranslations:
    """The interface's words in a language; English words stand in the templates."""
    if language == LANGUAGES[0]:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    package = __name__.rpartition(".")[0]
    with files(package).joinpath("translations", f"{language}.po").open("rb") as catalog:
        write_mo(compiled, read_po(catalog, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def phrase(words: str) -> str:
    """Return the words unchanged; marks a phrase that is looked up later in the catalogs."""
    return words


@dataclass(frozen=True, slots=True)
class Locale:
    """The language and the time zone of a reader of messages."""

    language: str = LANGUAGES[0]
    zone: str = "UTC"

    def words(self, phrase: str, **filled: object) -> str:
        """Return the phrase in the language, with its places filled."""
        return translations(self.language).gettext(phrase) % filled

    def amount(self, count: int, singular: str, plural: str) -> str:
        """Return a number with its noun, as `amount` does."""
        return amount(self.language, count, singular, plural)

    def number(self, value: float) -> str:
        """Return a number, as `number` does."""
        return number(value, self.language)

    def sentences(self, text: str) -> str:
        """Return the sentences of another room, as `sentences` does."""
        return sentences(translations(self.language), text)

    def verb(self, verb: str) -> str:
        """Return an English verb of saying in the language."""
        return translations(self.language).pgettext("verb", verb)

    def local(self, time: datetime) -> datetime:
        """Return the time in the zone."""
        return time.astimezone(ZoneInfo(self.zone))


ENGLISH: Final = Locale()


def amount(language: str, count: int, singular: str, plural: str) -> str:
    """A number with its noun: `%(num)s` in the nouns becomes the number as the language writes it."""
    return translations(language).ngettext(singular, plural, count) % {"num": number(count, language)}


def number(value: float, language: str = LANGUAGES[0]) -> str:
    """The number as the language writes it: "2,271" and "15.5" in English, "2.271" and "15,5" in German."""
    plain = f"{value:,.12g}"
    return plain if language == LANGUAGES[0] else plain.translate(_number_signs(language))


@cache
def _number_signs(language: str) -> dict[int, str]:
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return str.maketrans({",": get_group_symbol(language), ".": get_decimal_symbol(language)})


def sentences(catalog: NullTranslations, text: str) -> str:
    """The sentences of another room in the language of the catalog; one that is no phrase stays as it is."""
    return "; ".join(_sentence(catalog, part) for part in _PARTS.split(text))


def _sentence(catalog: NullTranslations, text: str) -> str:
    for phrase, pattern in _patterns():
        if match := pattern.fullmatch(text):
            places = match.groupdict()
            filled = {name: sentences(catalog, words) if name in _PARTS_OF else words for name, words in places.items()}
            return catalog.gettext(phrase) % filled
    return text


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The phrases with the patterns of their sentences."""
    return tuple((phrase, re.compile(_PLACE.sub(_any_words, re.escape(phrase)), re.DOTALL)) for phrase in PHRASES)


def _any_words(place: re.Match[str]) -> str:
    """The pattern of what can stand in a place of a phrase."""
    return f"(?P<{place[1]}>{_SHAPES.get(place[1], '.+')})"


def brief_reasons(catalog: NullTranslations, alerts: Sequence[Alert]) -> str:
    """The watches that alert, each with its reason, except that the statement is new and by its speaker."""
    watches: dict[str, list[str]] = {}
    for alert in alerts:
        parts = [part for part in _PARTS.split(alert.why) if not _PLAIN_REASON.fullmatch(part)]
        watches.setdefault("; ".join(_sentence(catalog, part) for part in parts), []).append(alert.watch_name)
    return " · ".join(f"{', '.join(names)}: {why}" if why else ", ".join(names) for why, names in watches.items())


_CODED: Final = ("said", "kind", "verdict", "source_kind")  # fields whose values are words of the catalogs


def value_words(catalog: NullTranslations, language: str, value: str, field: str) -> str:
    """The value of a field of the record as a reader calls it: "denied", "German"; a name stays as it is."""
    if field in _CODED:
        return catalog.gettext(value)
    return _languages(language).get(value, value) if field == "lang" else value


@cache
def _languages(language: str) -> dict[str, str]:
    """The names of languages by code."""
    from babel import Locale

    return dict(Locale.parse(language).languages)


def moment(time: datetime, zone: tzinfo = UTC, language: str = "en") -> str:
    """The time as a reader writes it, "2 Mar 2026, 12:00"."""
    return f"{day(time, zone, language)}, {time.astimezone(zone):%H:%M}"


def day(time: datetime, zone: tzinfo = UTC, language: str = "en") -> str:
    """The day as a reader writes it, "2 Mar 2026"."""
    return day_words(time.astimezone(zone).date(), language)


def day_words(day: date, language: str = "en") -> str:
    """The day as a reader writes it, "2 Mar 2026"."""
    if language == "en":
        return f"{day.day} {day:%b %Y}"
    from babel.dates import format_skeleton

    return format_skeleton("yMMMd", datetime(day.year, day.month, day.day), locale=language)  # noqa: DTZ001 - a day


def whole_day(time: datetime, language: str = "en") -> str:
    """The day with that of the week, "Monday, 2 March 2026"."""
    if language == LANGUAGES[0]:
        return f"{time:%A}, {time.day} {time:%B %Y}"
    from babel.dates import format_date

    return format_date(time.date(), "full", locale=language)


def weekday(time: datetime, language: str = "en") -> str:
    """The name of the day of the week."""
    if language == LANGUAGES[0]:
        return f"{time:%A}"
    from babel.dates import format_date

    return format_date(time.date(), "EEEE", locale=language)

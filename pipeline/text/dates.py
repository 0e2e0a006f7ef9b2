"""Times as JSON, HTML, e-mail and careless feeds write them: in ISO 8601, by RFC 5322, in numbers, or in words.

The names of months are those of the Unicode CLDR (Babel), in the languages that the pipeline reads. dateparser knows
more forms, but guesses: it reads "12 Mart 2026 09:15" as 29 December, and takes a hundred times as long.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from time import struct_time
from typing import Final, Literal

from pipeline.text import fold

# Hours from UTC of zone names that neither RFC 5322 nor feedparser knows, as newsrooms use them: IST is India's, BST
# Britain's.
_HOURS: Final = {
    "WET": 0.0,
    **dict.fromkeys(("CET", "MEZ", "BST", "WEST", "WAT"), 1.0),
    **dict.fromkeys(("CEST", "MESZ", "EET", "SAST", "CAT"), 2.0),
    **dict.fromkeys(("EEST", "MSK", "EAT", "TRT", "IDT"), 3.0),
    "IST": 5.5,
    "PKT": 5.0,
    **dict.fromkeys(("WIB", "ICT"), 7.0),
    **dict.fromkeys(("SGT", "HKT", "PHT", "AWST"), 8.0),
    **dict.fromkeys(("JST", "KST"), 9.0),
    "AEST": 10.0,
    "AEDT": 11.0,
    "NZST": 12.0,
    "NZDT": 13.0,
    **dict.fromkeys(("BRT", "ART"), -3.0),
}

_ZONE: Final = re.compile(rf"\s*\b({'|'.join(_HOURS)})$")

_UTC: Final = re.compile(r"\s*\b(UTC|GMT|Z)$")

_OFFSET: Final = re.compile(r"(?:\s*(?:GMT|UTC))?\s*([+-])(\d\d):?(\d\d)$")

# The languages whose names of months are known, the most frequent first. No name means different months in two of them.
_LANGUAGES: Final = tuple(
    "en de fr es it pt nl ru uk pl sv no da tr ar ca cs de_AT el fi hu id ro".split()  # noqa: SIM905 - legible as text
)

_WIDTHS: Final[tuple[Literal["wide", "abbreviated"], ...]] = ("wide", "abbreviated")

_USES: Final[tuple[Literal["format", "stand-alone"], ...]] = ("format", "stand-alone")

# Abbreviations that the CLDR does not have.
_MORE_MONTHS: Final[Mapping[str, int]] = {"mrz": 3, "sett": 9}

_SHORTEST: Final = 3  # letters of an abbreviation

_CLOCK: Final = r"(?:\D{1,6}?(\d{1,2})[:h.](\d\d)(?::(\d\d))?)?\s*([ap]\.?m\.?)?(?:\s*uhr)?"

_DAY_FIRST: Final = re.compile(
    rf"(?:[^\W\d]+\.?,?\s+)?(\d\d?)\.?\s+(?:de\s+)?([^\W\d]{{3,}})\.?,?\s+(?:de\s+)?(\d{{4}}){_CLOCK}"
)

_MONTH_FIRST: Final = re.compile(
    rf"(?:[^\W\d]+\.?,?\s+)?([^\W\d]{{3,}})\.?\s+(\d\d?)(?:st|nd|rd|th)?,?\s+(\d{{4}}){_CLOCK}"
)

_AMERICAN: Final = re.compile(r"(\d\d?)/(\d\d?)/(\d{4}),?\s+(\d\d?):(\d\d)(?::(\d\d))?\s*([ap]m)")

_NUMBERS: Final = r"(\d\d?)[:h.](\d\d)(?::(\d\d))?"

_CLOCK_AFTER_DAY: Final = rf"(?:,?\s+(?:[-–|]\s+)?{_NUMBERS})?"

_YEAR_FIRST: Final = re.compile(rf"(\d{{4}})[/.](\d\d?)[/.](\d\d?){_CLOCK_AFTER_DAY}")

_YEAR_LAST: Final = re.compile(rf"(\d\d?)([/.])(\d\d?)\2(\d{{4}}){_CLOCK_AFTER_DAY}")

# Chinese, Japanese and Korean: year, month and day, each with its word.
_EAST_ASIAN: Final = re.compile(
    rf"(\d{{4}})\s*(?:年|{fold('년')})\s*(\d\d?)\s*(?:月|{fold('월')})\s*(\d\d?)\s*(?:日|{fold('일')})"
    rf"(?:\s*\D{{0,5}}\s*{_NUMBERS})?"
)

_UNIX: Final = re.compile(r"(1\d{9})(\d{3})?")  # seconds or milliseconds, from 2001 to 2033

_MONTHS_A_YEAR: Final = 12

_ISO_DAY: Final = 8  # digits of 20261129

_MOST: Final = 60  # characters


def time(text: str) -> datetime | None:
    """The time in a text of ISO 8601 or RFC 5322, or in words; UTC if it names no zone; None if it is no time."""
    if spelled := local(text):
        return spelled
    try:
        return _aware(parsedate_to_datetime(text.strip()))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def local(text: str) -> datetime | None:
    """The time in a text of ISO 8601, with the name of a zone, or in words of any language and order; else None."""
    bare = text.strip()
    if len(bare) > _MOST:
        return None
    offset, words = timedelta(0), _UTC.sub("", bare)
    if named := _ZONE.search(bare):
        offset, words = timedelta(hours=_HOURS[named[1]]), bare[: named.start()]
    elif numbered := _OFFSET.search(bare):
        offset, words = _offset(numbered), bare[: numbered.start()]
    try:
        date = _iso(words) or _in_words(fold(words))
        return date.replace(tzinfo=timezone(offset)).astimezone(UTC) if date else None
    except (ValueError, OverflowError):
        return None


def _iso(words: str) -> datetime | None:
    """The time in UTC of a text of ISO 8601, in the forms with and without marks, which feedparser reads in part."""
    try:
        date = datetime.fromisoformat(words)
    except ValueError:
        return None
    return date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date


def is_numeric(text: str) -> bool:
    """Return True for a date in numbers whose order is not fixed, so that no other parser may guess."""
    bare = text.strip()
    return bool(_YEAR_FIRST.match(bare) or _YEAR_LAST.match(bare)) or (bare.isdecimal() and len(bare) != _ISO_DAY)


def _in_numbers(words: str) -> datetime | None:
    """The date in numbers; None if day and month could be either."""
    if match := _UNIX.fullmatch(words):
        return datetime.fromtimestamp(int(match[1]), UTC).replace(tzinfo=None)
    if match := _YEAR_FIRST.fullmatch(words) or _EAST_ASIAN.fullmatch(words):
        year, month, day, *clock = match.groups()
        return _moment(year, int(month), day, [*clock, None])
    if match := _YEAR_LAST.fullmatch(words):
        first, mark, second, year, *clock = match.groups()
        if mark == "." or int(first) > _MONTHS_A_YEAR or first == second:
            return _moment(year, int(second), first, [*clock, None])
        return _moment(year, int(first), second, [*clock, None]) if int(second) > _MONTHS_A_YEAR else None
    return None


def _in_words(words: str) -> datetime | None:
    if date := _in_numbers(words):
        return date
    if match := _AMERICAN.fullmatch(words):
        month, day, year, *clock = match.groups()
        return _moment(year, int(month), day, clock)
    if match := _DAY_FIRST.fullmatch(words):
        day, name, year, *clock = match.groups()
    elif match := _MONTH_FIRST.fullmatch(words):
        name, day, year, *clock = match.groups()
    else:
        return None
    return _moment(year, _month(name), day, clock)


def is_month(word: str) -> bool:
    """Return True for a month's name or abbreviation in one of the languages."""
    name = fold(word).strip(".")
    return any(name in _months(language) for language in _LANGUAGES)


@lru_cache(maxsize=1_000)
def _month(name: str) -> int:
    """The number of the month with this name, or whose name alone begins like this; 0 if there is none."""
    if name in _MORE_MONTHS:
        return _MORE_MONTHS[name]
    for language in _LANGUAGES:
        months = _months(language)
        numbers = {months[name]} if name in months else {n for known, n in months.items() if known.startswith(name)}
        if len(numbers) == 1:
            return numbers.pop()
    return 0


@cache
def _months(language: str) -> Mapping[str, int]:
    """The numbers of the months by their names and abbreviations in a language."""
    from babel.dates import get_month_names

    names = [pair for width in _WIDTHS for use in _USES for pair in get_month_names(width, use, language).items()]
    return {fold(name).strip("."): number for number, name in names if len(name) >= _SHORTEST}


def _moment(year: str, month: int, day: str, clock: list[str | None]) -> datetime:
    hour, minute, second, half = clock
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half.startswith("p") else 0)
    return datetime(int(year), month, int(day), hours, int(minute or 0), int(second or 0))  # noqa: DTZ001 - see `local`


def _offset(match: re.Match[str]) -> timedelta:
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -size if match[1] == "-" else size


def _aware(date: datetime) -> datetime:
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)


_ENGLISH_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_RFC_822 = re.compile(r"[A-Z][a-z]{2}, (\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|([+-]\d\d)(\d\d))")

_LONGEST_PARSED: Final = 40  # characters; both forms are shorter

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")


def parsed(text: str) -> struct_time | None:
    """The time in UTC if it has one of the two forms that nearly all feeds use; else None."""
    return _parsed(text) if len(text) <= _LONGEST_PARSED else None  # the cache holds the text


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> struct_time | None:
    try:
        if match := _RFC_822.fullmatch(text):
            day, month, year, hour, minute, second, hours, minutes = match.groups()
            zone = f"{hours}:{minutes}" if hours else "+00:00"
            iso = f"{year}-{_ENGLISH_MONTHS.index(month) + 1:02}-{int(day):02}T{hour}:{minute}:{second}{zone}"
            return datetime.fromisoformat(iso).astimezone(UTC).utctimetuple()
        if _RFC_3339.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC).utctimetuple()
    except (ValueError, OverflowError):
        pass
    return None

"""The names in bylines, and the news agency that an article credits."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from pipeline.languages import listed
from pipeline.text import fold, words
from pipeline.text.dates import is_month

_FILE: Final = "pages.toml"

_ADDRESS: Final = re.compile(r"(mailto:)?[^\s<>()]+@[^\s<>()]+|https?://\S+")

_HANDLE: Final = re.compile(r"(?<!\S)\(?@\w+\)?")


_BETWEEN_NAMES: Final = re.compile(r"\s*[,;/|]\s*|\s[-–—]\s|\s+(?:and|und|et|og|och|y|e|en|ja|i|&|och)\s+")

_FULL_NAME: Final = re.compile(r"(?:(?:[^\W\d_a-z][\w.'’-]*|d[aeiu]l?|v[ao]n|der|den|bin|al|el|la|le)(?:\s+|$)){2,5}")

_LONG_LINE: Final = 60  # characters

_ACCOUNTS: Final = frozenset({"admin", "administrator", "webmaster"})  # names of accounts, not of people

_LEAST_BEFORE_DATE: Final = 2  # words of a name


_EMPTY: Final = re.compile(r"\(\s*\)|<\s*>")

_AROUND: Final = " <>,|;·•"


def byline(line: str) -> str:
    """The author's name in a line, without "By", address and handle; '' without a name."""
    name = _EMPTY.sub(" ", _HANDLE.sub(" ", _ADDRESS.sub(" ", " ".join(line.split()))))
    return _trimmed(" ".join(_by().sub("", _trimmed(name)).split()))


@cache
def _by() -> re.Pattern[str]:
    """Words before a name. In small letters, as in "von Ek", they count before two words or a colon."""
    forms = {form for forms in listed(_FILE, "byline").values() for form in forms}
    long = {form for form in forms if len(form) > 1}  # a single character may be a name, as in "文 在寅"
    capitals = {spelled for form in long for spelled in (form.capitalize(), form.title(), form.upper())}
    return re.compile(
        rf"^(?:{_either(capitals)}\s+|{_either(long)}\s+(?=\S+\s+\S)|{_either(capitals | forms)}\s*[:：]\s*)(?=\S)"
    )


def _either(forms: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, sorted(forms, key=len, reverse=True)))})"


def _trimmed(name: str) -> str:
    """The name without punctuation around it; a second name in parentheses after it stays."""
    bare = name.strip(_AROUND)
    closed = bare.count("(") == bare.count(")") and not bare.startswith("(")
    return bare if closed else bare.strip("()" + _AROUND)


# The forms in which articles credit an agency, by its usual short name. Case counts: "ap" and "apa" are parts of words.
_AGENCIES: Final = {
    "AAP": ("AAP", "Australian Associated Press"),
    "AFP": ("AFP", "Agence France-Presse", "Agence France Presse"),
    "ANSA": ("ANSA",),
    "AP": ("AP", "Associated Press", "The Associated Press"),
    "APA": ("APA", "Austria Presse Agentur"),
    "Belga": ("Belga",),
    "Bloomberg": ("Bloomberg", "Bloomberg News"),
    "CP": ("CP", "Canadian Press", "The Canadian Press", "La Presse Canadienne"),
    "dpa": ("dpa", "DPA", "Deutsche Presse-Agentur"),
    "EFE": ("EFE", "Agencia EFE"),
    "Interfax": ("Interfax",),
    "Keystone-SDA": ("Keystone-SDA", "SDA"),
    "Kyodo": ("Kyodo", "Kyodo News", "Jiji Press"),
    "PA": ("PA", "PA Media", "Press Association"),
    "PTI": ("PTI", "Press Trust of India"),
    "Reuters": ("Reuters", "REUTERS", "Thomson Reuters"),
    "Ritzau": ("Ritzau",),
    "TASS": ("TASS",),
    "UPI": ("UPI",),
    "Xinhua": ("Xinhua",),
    "Yonhap": ("Yonhap", "Yonhap News Agency"),
}

_NAMES: Final = {form: name for name, forms in _AGENCIES.items() for form in forms}

_FORMS: Final = "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True))

_AND_AGENCY: Final = re.compile(rf"\s*[,/|]\s*({_FORMS})$")

_DATELINE: Final = re.compile(
    rf"^[^\n.!?“\"]{{0,60}}\((?:[^\n()]{{0,20}}[/, ])?({_FORMS})(?:[/, ][^\n()]{{0,20}})?\)"
    r"\s*[-–—:.]"
)

_NAME: Final = re.compile(rf"^\s*(?:[Bb]y |[Vv]on |[Pp]ar )?({_FORMS})\s*$")

_CREDIT: Final = re.compile(
    rf"^\W*(?:\(c\)|©|[Cc]opyright|[Qq]uelle|[Ss]ources? ?|[Ww]ith|[Mm]it [Mm]aterial von)[\s:\d]*({_FORMS})\b"
    rf"|^\W*(?:\w+[-/])*({_FORMS})(?:[-/]\w+)*\W*$"
)

_LAST: Final = 3  # paragraphs in which a credit stands


def bylines(line: str) -> list[str]:
    """The names in a line of authors: all three of "Ada Lindqvist, Bo Ek and Eva Moe", because each looks like a name.

    A line such as "Ada Lindqvist, professor of law at the university" or "Ada Lindqvist | Editor" has only its first
    name, and one such as "Ada Lindqvist / AFP" also the agency.
    """
    name = byline(line)
    if name.lower() in _ACCOUNTS:
        return []
    if match := _AND_AGENCY.search(name):
        return [*bylines(name[: match.start()]), match[1]]
    parts = [part for part in map(str.strip, _BETWEEN_NAMES.split(name)) if part]
    named = [part for part in parts if not _is_role(part)]
    if len(parts) > 1 and named and all(map(_FULL_NAME.fullmatch, named)):
        return named
    if len(parts) > 1 and _FULL_NAME.fullmatch(parts[0]) and (len(name) > _LONG_LINE or "|" in name):
        return parts[:1]
    return [name] if any(map(str.isalpha, name)) else []


def _is_role(part: str) -> bool:
    """True for a part such as "Chief Correspondent", whose last word no name has."""
    return not _newsroom().isdisjoint(words(part)[-1:])


@cache
def _newsroom() -> frozenset[str]:
    """The words of bylines that name no person, such as "Staff", in all languages."""
    return frozenset(
        word for phrases in listed(_FILE, "newsroom").values() for phrase in phrases for word in words(phrase)
    )


def people(names: Iterable[str], outlet: str, host: str = "") -> tuple[str, ...]:
    """The names without agencies, newsrooms and the outlet itself, such as "Reuters" and "Courier newsroom"."""
    return tuple(name for name in names if not (name in _NAMES or _is_newsroom(name, outlet, host)))


def _is_newsroom(name: str, outlet: str, host: str) -> bool:
    """True for a name that has only words of the newsroom, the outlet's name and its host, and initials."""
    own = {word for word in (*words(outlet), *words(host)) if len(word) > 1}
    rest = fold(name).replace(fold(outlet), " ") if outlet else name
    other = {word for word in words(rest) if len(word) > 1 or not word.isascii()}
    return other <= own | _newsroom() and (bool(other) or rest != fold(name))


def without_date(name: str) -> str:
    """The name without a date after it, such as "Ada Lindqvist May 3, 2026"; "Ada May" stays a name."""
    parts = name.split()
    for place in range(_LEAST_BEFORE_DATE, len(parts)):
        if is_month(parts[place]) and not any(map(str.isalpha, "".join(parts[place + 1 :]))):
            return " ".join(parts[:place])
    return name


def agency(authors: Sequence[str], text: str, credit: str = "") -> str:
    """The short name of the agency in the page's `credit`, the byline, dateline or last line; '' without one."""
    for name in (credit, *authors):
        for part in re.split(r"[,;/&]| and | und | et ", name):
            if match := _NAME.match(part):
                return _NAMES[match[1]]
    if match := _DATELINE.match(text[:200]):
        return _NAMES[match[1]]
    for line in text[-600:].split("\n\n")[-_LAST:]:
        if len(line) <= 80 and (match := _CREDIT.match(line)):
            return _NAMES[match[1] or match[2]]
    return ""

"""Bylines, and the news agency that an article comes from."""

import re
from collections.abc import Sequence
from typing import Final

_BY: Final = re.compile(
    r"^(?:(?i:written|story|words|reporting|text)\s+)?(?:by|BY|By|Von|VON|Par|PAR|Por|POR)\s*:?\s+(?=\S)"
)

_EMAIL: Final = re.compile(r"(mailto:)?[^\s<>()]+@[^\s<>()]+")

_HANDLE: Final = re.compile(r"(?<!\S)\(?@\w+\)?")


def byline(given: str) -> str:
    """The author's name in what is given on one line, without "By", e-mail address and handle; '' without a name."""
    bare = _HANDLE.sub(" ", _EMAIL.sub(" ", " ".join(given.split())))
    return " ".join(_BY.sub("", bare.strip(" ()<>,|;·•")).split()).strip(" ()<>,|;·•")


# The forms in which agencies are credited, by the name that we give them. Upper and lower case as agencies write it:
# "ap" and "apa" are parts of words.
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


def agency(authors: Sequence[str], text: str, credit: str = "") -> str:
    """The agency's usual short name; '' where no `credit` of the page, byline, dateline or last line names one."""
    for name in (credit, *authors):
        for part in re.split(r"[,;/&]| and | und | et ", name):
            if found := _NAME.match(part):
                return _NAMES[found[1]]
    if found := _DATELINE.match(text[:200]):
        return _NAMES[found[1]]
    for line in text[-600:].split("\n\n")[-_LAST:]:
        if len(line) <= 80 and (found := _CREDIT.match(line)):
            return _NAMES[found[1] or found[2]]
    return ""

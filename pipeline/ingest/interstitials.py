"""Pages in place of an article: consent, login and error pages, and checks for robots; invitations to read the rest."""

import re
from functools import cache
from typing import Final, Literal

from pipeline.languages import any_language, listed

Wall = Literal["", "a consent page", "a login page", "a check for robots", "a page that says it was not found"]

_FILE: Final = "pages.toml"

_SHORT_NOTICE: Final = 1_200  # characters: a page with more text is no mere notice

_SURE: Final = 2  # phrases of one kind and language

_LAST: Final = 3  # paragraphs

_ENDING: Final = 200  # characters at the end of a text that may hold an invitation to read the rest

_COUNT: Final = re.compile(r"\d[\d.,]* ")  # "our 843 partners"

_KINDS: Final[tuple[tuple[Wall, str], ...]] = (("a consent page", "consent"), ("a login page", "login"))

_HARDLY_ANY: Final = 150  # characters: a page with more text may have its login form in a corner

_SHORT: Final = 3_000  # characters: a page with more text is an article, whatever its title

_TITLES: Final[tuple[tuple[Wall, str], ...]] = (
    ("a page that says it was not found", "title_missing"),
    ("a check for robots", "title_robots"),
    ("a consent page", "title_consent"),
    ("a login page", "title_login"),
)

_TEXTS: Final[tuple[tuple[Wall, str], ...]] = (
    ("a check for robots", "text_robots"),
    ("a consent page", "text_consent"),
)


def interstitial(title: str, text: str = "", *, password: bool = False) -> Wall:
    """Return what a page is instead of an article or feed, such as "a login page"; '' if it seems to be an article.

    `password` is True if the page asks for a password. The title decides only if the text is short, so an article about
    cookies stays an article.
    """
    if len(text) > _SHORT:
        return ""
    if kind := _first_match(_TITLES, title.strip()):
        return kind
    if password and len(text) < _HARDLY_ANY:
        return "a login page"
    return _first_match(_TEXTS, text[:1_000]) or _in_words(f"{title}\n{text}".casefold())


def is_cut_by_paywall(text: str) -> bool:
    """Return True for a short text that ends with an invitation to subscribe."""
    if len(text) > _SHORT:
        return False
    end = "\n".join(text.split("\n\n")[-_LAST:]).casefold()
    return any(phrase in end for phrase in any_language(_FILE, "paywall"))


@cache
def _read_on() -> re.Pattern[str]:
    """An invitation to read the rest, at the end of a text, after the end of a sentence or on a line of its own."""
    words = sorted(any_language(_FILE, "read_on"), key=len)
    either = "|".join(map(re.escape, reversed(words)))
    start, end = r"(?:^|\n+|(?<=[.!?…。！？”»\"]) )\W{0,3}", r"\b[^\n]{0,60}(?:\.\.\.|(?<![.!?।。؟]))$"
    return re.compile(rf"{start}(?:{either}){end}", re.IGNORECASE)


@cache
def _notice() -> re.Pattern[str]:
    advertisement = "|".join(any_language(_FILE, "advertisement"))
    return re.compile(rf"^\W*(©|copyright (©|\(c\)|\d{{4}})|({advertisement})\W*$)", re.IGNORECASE)


def is_notice(line: str) -> bool:
    """Return True for a notice of rights, or a line that only says that an advertisement comes, in any language."""
    return bool(_notice().match(line))


def asks_to_read_on(text: str) -> bool:
    """Return True for a text that ends with an invitation to read the rest, such as "Read more", in any language."""
    return bool(_read_on().search(text[-_ENDING:]))


def without_invitation(text: str) -> str:
    """The text without an invitation to read the rest at its end."""
    return text[:-_ENDING] + _read_on().sub("", text[-_ENDING:])


_AT_TOP: Final = 3  # paragraphs in which a newsletter names its page on the web

_AT_END: Final = 5  # paragraphs in which it says how to unsubscribe

_MOST_VIEW: Final = 120  # characters

_MOST_UNSUBSCRIBE: Final = 300


def without_mailing_notes(text: str) -> str:
    """The text of a newsletter without "View in browser" at its top, and without its end from "Unsubscribe" on."""
    parts = text.split("\n\n")
    ends = (number for number in reversed(range(len(parts))) if _says(parts[number], "unsubscribe", _MOST_UNSUBSCRIBE))
    end = next(ends, len(parts))
    end = end if end >= len(parts) - _AT_END else len(parts)
    top = [part for part in parts[: min(_AT_TOP, end)] if not _says(part, "view_online", _MOST_VIEW)]
    return "\n\n".join((*top, *parts[_AT_TOP:end])) or text


def _says(part: str, key: str, most: int) -> bool:
    line = part.casefold()
    return len(part) <= most and any(phrase in line for phrase in any_language(_FILE, key))


def _in_words(text: str) -> Wall:
    """The kind of which a page has two phrases in one language and little other text."""
    if len(text) > _SHORT_NOTICE:
        return ""
    plain = _COUNT.sub("", text)
    for kind, name in _KINDS:
        if any(sum(phrase in plain for phrase in phrases) >= _SURE for phrases in listed(_FILE, name).values()):
            return kind
    return ""


def _first_match(kinds: tuple[tuple[Wall, str], ...], text: str) -> Wall:
    for kind, key in kinds:
        if _pattern(key).search(text):
            return kind
    return ""


@cache
def _pattern(key: str) -> re.Pattern[str]:
    """The patterns of all languages under this key, any of which may match."""
    flags = re.DOTALL if key == "text_consent" else re.NOFLAG
    return re.compile("|".join(any_language(_FILE, key)), re.IGNORECASE | flags)

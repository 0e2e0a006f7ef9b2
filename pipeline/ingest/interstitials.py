"""Pages in place of an article: consent, login and error pages, and checks for robots; invitations to read the rest."""

import re
from functools import cache
from typing import Final, Literal

from pipeline.languages import listed

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

_TITLES: Final[tuple[tuple[Wall, re.Pattern[str]], ...]] = (
    (
        "a page that says it was not found",
        re.compile(
            r"^\W*(error|fehler|erreur)?\W*(404|410)\b|\b(page|site|article|seite|artikel)\W+(was |is |wurde |ist )?"
            r"(not found|no longer (available|exists)|does not exist|nicht (mehr )?(gefunden|verfügbar|vorhanden))"
            r"|^\W*not found\W*$|page introuvable|página no encontrada|pagina non trovata",
            re.IGNORECASE,
        ),
    ),
    (
        "a check for robots",
        re.compile(
            r"^\W*(just a moment|attention required|access denied|robot check|security check|bot verification"
            r"|are you (a )?(human|robot)|verif(y|ying) (that )?you are (a )?human|human verification"
            r"|(please )?enable javascript|ddos.guard|pardon our interruption)",
            re.IGNORECASE,
        ),
    ),
    (
        "a consent page",
        re.compile(
            r"^\W*(before you continue|we value your privacy|your privacy( choices| settings)?\W*$"
            r"|(cookie|privacy|gdpr)[\w -]{0,20}(consent|notice|settings|wall)|consent\b"
            r"|(datenschutz|cookie|privatsphäre)\W?-?(einstellungen|zustimmung)|zustimmung\b|gestion du consentement"
            r"|(votre|vos) consentements?)",
            re.IGNORECASE,
        ),
    ),
    (
        "a login page",
        re.compile(
            r"^\W*(please )?(log|sign) ?-?in\b|\b(log|sign) ?-?in( to continue| required)?\W*$"
            r"|^\W*(anmelden|anmeldung|einloggen|connexion|se connecter|iniciar sesión|accedi)\b",
            re.IGNORECASE,
        ),
    ),
)

_TEXTS: Final[tuple[tuple[Wall, re.Pattern[str]], ...]] = (
    (
        "a check for robots",
        re.compile(
            r"(verify|confirm|checking|prove)\b.{0,40}\b(you are|you're|if you are) (a |not a )?(human|robot)"
            r"|enable javascript and cookies to continue|checking your browser|unusual traffic from your",
            re.IGNORECASE,
        ),
    ),
    (
        "a consent page",
        re.compile(
            r"^.{0,200}\b(we (and our \d* ?partners )?(use|store|value)\b.{0,60}"
            r"\b(cookies|your privacy|information on a device)"
            r"|wir (und unsere \d* ?partner )?(verwenden|nutzen|speichern)\b.{0,60}\bcookies"
            r"|by clicking .{0,20}\b(accept|agree)\b.{0,80}\bcookies)",
            re.IGNORECASE | re.DOTALL,
        ),
    ),
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
    return any(phrase in end for phrases in listed(_FILE, "paywall").values() for phrase in phrases)


@cache
def _read_on() -> re.Pattern[str]:
    """An invitation to read the rest, at the end of a text, after the end of a sentence or on a line of its own."""
    words = sorted({phrase for phrases in listed(_FILE, "read_on").values() for phrase in phrases}, key=len)
    either = "|".join(map(re.escape, reversed(words)))
    start, end = r"(?:^|\n+|(?<=[.!?…。！？”»\"]) )\W{0,3}", r"\b[^\n]{0,60}(?:\.\.\.|(?<![.!?।。؟]))$"
    return re.compile(rf"{start}(?:{either}){end}", re.IGNORECASE)


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
    return len(part) <= most and any(phrase in line for phrases in listed(_FILE, key).values() for phrase in phrases)


def _in_words(text: str) -> Wall:
    """The kind of which a page has two phrases in one language and little other text."""
    if len(text) > _SHORT_NOTICE:
        return ""
    plain = _COUNT.sub("", text)
    for kind, name in _KINDS:
        if any(sum(phrase in plain for phrase in phrases) >= _SURE for phrases in listed(_FILE, name).values()):
            return kind
    return ""


def _first_match(patterns: tuple[tuple[Wall, re.Pattern[str]], ...], text: str) -> Wall:
    for kind, pattern in patterns:
        if pattern.search(text):
            return kind
    return ""

"""The name in a byline, without what is said around it."""

import re
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

"""Stems of words: what the inflected forms of a word have in common, by the Snowball rules of each language.

An index stores the distinct stems of a text beside its words, in the language of the text. The stem of a plain word in
a query is taken in every language, because a query does not say its language. A stem is tagged with its language
("en_resign"), so a German text has no word that an English rule would match.

Snowball has no rules for Chinese, Japanese, Korean, Thai and Ukrainian: their words match as written. `words` cuts
Hindi and Tamil at vowel signs, which most inflections consist of, so these languages need no stems.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import Final

from Stemmer import Stemmer

from pipeline.text import words

# fmt: off
_LATIN: Final = (
    "ca", "cs", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "hu", "id", "it", "lt", "nl", "no", "pl", "pt",
    "ro", "sr", "sv", "tr",
)
# fmt: on

# The Snowball languages whose words are written in a script, by the script's name in Unicode's names of letters.
_LANGUAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "LATIN": _LATIN,
    "CYRILLIC": ("ru", "sr"),
    "GREEK": ("el",),
    "ARABIC": ("ar", "fa"),
    "ARMENIAN": ("hy",),
}

_KNOWN: Final = frozenset(language for languages in _LANGUAGES.values() for language in languages)

# Bokmål and Nynorsk have the rules of Norwegian.
_SAME_RULES: Final[Mapping[str, str]] = {"nb": "no", "nn": "no"}

# Marks that NFC leaves apart from their letter, such as Russian stress and Arabic vowels; no rule reads them.
_MARKS: Final = re.compile("[\u0300-\u036f\u064b-\u065f\u0670]")

_WORD: Final = re.compile(r"\w+")

_LONGEST: Final = 60  # letters; longer runs are no words, and would fill the cache

_turn = Lock()  # a Stemmer serves a single thread at a time


def stems(text: str, language: str) -> tuple[str, ...]:
    """Return the distinct tagged stems of a text in this language (a tag such as "en-GB"); () without rules for it."""
    known = _language(language)
    if not known:
        return ()
    tagged = (_stem(form, known) for form in dict.fromkeys(_forms(text)))
    return tuple(dict.fromkeys(filter(None, tagged)))


def stem(word: str, language: str) -> str:
    """Return the tagged stem of a word in this language; '' without rules for the language or the word's script."""
    known, forms = _language(language), _forms(word)
    return _stem(forms[0], known) if known and len(forms) == 1 else ""


def stems_of(word: str) -> tuple[str, ...]:
    """Return the tagged stems of a word in every language of its script."""
    forms = _forms(word)
    if len(forms) != 1:
        return ()
    return tuple(filter(None, (_stem(forms[0], language) for language in _LANGUAGES.get(_script(forms[0]), ()))))


def untagged(tagged: str) -> str:
    """Return the stem without its language."""
    return tagged.partition("_")[2]


@lru_cache(maxsize=1_000)
def _language(tag: str) -> str:
    language = tag.lower().replace("_", "-").partition("-")[0]
    language = _SAME_RULES.get(language, language)
    return language if language in _KNOWN else ""


def _forms(text: str) -> list[str]:
    """Return the words with their accents, which the rules of most languages read."""
    lower = text.lower()
    return _WORD.findall(lower if lower.isascii() else _MARKS.sub("", unicodedata.normalize("NFC", lower)))


@lru_cache(maxsize=200_000)  # 30 MB: the words of a language repeat, and the rules take longer than a look-up
def _stem(form: str, language: str) -> str:
    if len(form) > _LONGEST or not form.isalpha() or language not in _LANGUAGES.get(_script(form), ()):
        return ""
    with _turn:
        stemmed = words(_stemmer(language).stemWord(form))
    return f"{language}_{stemmed[0]}" if len(stemmed) == 1 else ""


@lru_cache(maxsize=len(_KNOWN))
def _stemmer(language: str) -> Stemmer:
    return Stemmer(language, 0)  # without its own cache


def _script(form: str) -> str:
    return unicodedata.name(form[0], "").partition(" ")[0]

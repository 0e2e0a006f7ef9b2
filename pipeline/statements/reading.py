"""Readings: a text as claims, each with words and slots ready for comparison.

A claim is a proposition of a quote that can be new or known on its own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from pipeline.model import Modality, Quote
from pipeline.model.desk import LEAST_CONFIDENCE
from pipeline.statements import meaning
from pipeline.statements.claims import LEAST_LETTERS, Word, content, split
from pipeline.statements.lexicon import language_of
from pipeline.statements.slots import Slots, plain_words, slots
from pipeline.statements.terms import sound, terms
from pipeline.text import TextCache

MOST_CHARACTERS: Final = 6_000

_QUOTES: Final = re.compile('[“”„«»"‹›]')

_FRAGMENT: Final = re.compile('[“”„«"‹]([^“”„«»"‹›]+)[“”»"›]')

_MISREAD: Final = re.compile(r"(?<=[a-z])[I10](?=[a-z])|\b1(?=[a-z]{3})")  # by optical character recognition

_READ_AS: Final = {"I": "l", "1": "l", "0": "o"}

_LETTERS: Final = re.compile(r"[^\W\d_]{3,}")

_LETTER_IN_BRACKETS: Final = re.compile(r"\[(\w)\](?=\w)")

_BRACKETS: Final = re.compile(r"\[([^\]\n]{0,200})\]")

_MOST_IN_BRACKETS: Final = 3  # words in brackets that replace the speaker's; more are an addition


class Utterance(NamedTuple):
    """The words of one quote as memory holds them.

    `name` is the same for the same words, whatever their form, in the same stance. `keys` are its words of content.
    `counts` is true for a statement that is sure enough to alert by default. Anything else never makes a later claim a
    repeat, because nobody may have been alerted to it.
    """

    text: str
    language: str
    stance: Modality
    is_reported: bool
    counts: bool
    name: str
    keys: tuple[str, ...]

    @property
    def reading(self) -> "Reading":
        """Return the reading of the words."""
        return reading(self.text, self.language, self.is_reported, self.stance)


def utterance(quote: Quote, language: str = "en") -> Utterance:
    """The words of a quote in a language (ISO 639-1); of a very long one, its beginning."""
    text = quote.content[:MOST_CHARACTERS]
    words = terms(text, language)
    return Utterance(
        text=text,
        language=language,
        stance=quote.modality,
        is_reported=quote.kind != "direct",
        counts=quote.statement and quote.confidence >= LEAST_CONFIDENCE,
        name=" ".join((quote.modality, *(term.key for term in words))),
        keys=tuple({term.shape: None for term in words if term.weight and term.shape not in ("#", "@")}),
    )


@dataclass(frozen=True)
class Claim:
    """One claim of a text with its words and slots."""

    text: str
    words: tuple[Word, ...]
    slots: Slots

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of its words."""
        return frozenset(word.key for word in self.words)


@dataclass(frozen=True)
class Reading:
    """The analysis of one text.

    `order` are its words and pronouns in order, `line` all its words in one string, `aside` those that an editor put
    in brackets. `bracketed` are the slots with what stands in brackets. `fragments` are the lines of what stands in
    quotation marks within reported speech.
    """

    text: str
    language: str
    claims: tuple[Claim, ...]
    slots: Slots
    bracketed: Slots
    order: tuple[str, ...]
    line: str
    aside: frozenset[str]
    is_reported: bool
    stance: Modality
    fragments: tuple[str, ...] = ()

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words of all claims in order."""
        return tuple(word for claim in self.claims for word in claim.words)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of its words."""
        return frozenset(word.key for word in self.words)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """All its words in order, folded."""
        return tuple(self.line.split())

    @cached_property
    def capitals(self) -> tuple[str, ...]:
        """The words with a capital as they sound in any script and spelling."""
        return tuple(dict.fromkeys(sound(word) for word in _capitals(self.text)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The capitalised words inside a claim, which are names except in German, where every noun has a capital."""
        if self.language == "de":
            return ()
        dated = {word for date in self.slots.dates for word in date.surface.split()}
        inside = (word for claim in self.claims for word in _capitals(claim.text[1:]) if word not in dated)
        return tuple(dict.fromkeys(sound(word) for word in inside))

    @property
    def texts(self) -> list[str]:
        """The text and, if there are several, each claim."""
        return [self.text] if len(self.claims) == 1 else [self.text, *(claim.text for claim in self.claims)]

    @cached_property
    def vectors(self) -> Any:
        """The vectors of the text and of each claim as one matrix; None without an encoder."""
        return meaning.matrix(self.texts)

    @cached_property
    def word_vectors(self) -> Any:
        """The vectors of its words as one matrix; None without an encoder or a word."""
        return meaning.matrix([word.surface.lower() for word in self.words])


READINGS: Final = TextCache[Reading](400_000)


def reading(text: str, language: str = "en", is_reported: bool = False, stance: Modality = "asserted") -> Reading:
    """The reading of a text in a language (ISO 639-1); of a very long one, of its beginning."""
    key = (text, language, "reported" if is_reported else "", stance)
    return READINGS.get(key, lambda: _reading(text, language, is_reported, stance))


def _reading(text: str, language: str, is_reported: bool, stance: Modality) -> Reading:
    quoted = _FRAGMENT.findall(text[:MOST_CHARACTERS]) if is_reported else ()
    text = _LETTER_IN_BRACKETS.sub(r"\1", _QUOTES.sub(" ", text[:MOST_CHARACTERS]))
    text = _MISREAD.sub(lambda letter: _READ_AS[letter[0]], text)
    marked = text
    whole = " ".join(_BRACKETS.sub(r"\1", text).split())
    text = " ".join(_BRACKETS.sub(_left_out, text).split()) or whole
    pieces = split(text, language, is_reported=is_reported)
    claims = tuple(Claim(piece, tuple(content(piece, language)), slots(piece, language)) for piece in pieces)
    joined = " ".join(pieces)
    return Reading(
        text=joined,
        language=language_of(language) or language,
        claims=claims,
        slots=slots(joined, language),
        bracketed=slots(whole, language),
        order=_order(joined, language),
        line=f" {' '.join(plain_words(joined))} ",
        aside=frozenset(word.key for part in _BRACKETS.findall(marked) for word in content(part, language)),
        is_reported=is_reported,
        stance=stance,
        fragments=tuple(f" {' '.join(plain_words(each))} " for each in quoted),
    )


def prepare(quotes: Iterable[tuple[Quote, str]]) -> None:
    """Encode quotes, each with the language of its article, together before they are decided.

    A text among others costs the encoder an eighth of a text alone. Decisions do not depend on this.
    """
    readings = [utterance(quote, language).reading for quote, language in quotes]
    meaning.vectors([text for each in readings for text in each.texts])


def claim_vectors(known: Sequence[Utterance]) -> list[Any]:
    """Return the vectors of the claims of each utterance as a matrix, encoded together; None without an encoder."""
    claims = [[claim.text for claim in each.reading.claims] for each in known]
    rows = iter(meaning.vectors([text for texts in claims for text in texts]))
    vectors = [[next(rows) for _ in texts] for texts in claims]
    return [None if each[0] is None else meaning.stacked(each) for each in vectors]


def _left_out(brackets: re.Match[str]) -> str:
    if brackets[1] in ("…", "..."):
        return "…"
    return brackets[1] if len(brackets[1].split()) <= _MOST_IN_BRACKETS else " "


def _capitals(text: str) -> Iterator[str]:
    return (word for word in _LETTERS.findall(text) if word[0].isupper())


_SPEAKERS: Final = frozenset(["i", "we", "he", "she", "they", "me", "us", "him", "her", "them"])

_OWNERS: Final = frozenset(["my", "our", "his", "her", "their", "mine", "ours", "hers", "theirs"])


def _order(text: str, language: str) -> tuple[str, ...]:
    if language_of(language) != "en":
        return tuple(word for word in plain_words(text) if len(word) >= LEAST_LETTERS)
    order: list[str] = []
    for term in terms(text, "en"):
        if term.sort == "word":
            order.append(term.key)
        elif term.key in _SPEAKERS:
            order.append("=")
    return tuple(order)

"""A reading: what one text says, as claims of words and slots that are ready for comparing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple

from pipeline.model import Modality, Quote
from pipeline.statements import meaning
from pipeline.statements.claims import split
from pipeline.statements.slots import Slots, language_of, plain_words, slots
from pipeline.statements.terms import terms

MOST_CHARACTERS: Final = 6_000

_QUOTES: Final = re.compile('[“”„«»"‹›]')

_MISREAD: Final = re.compile(r"(?<=[a-z])[I10](?=[a-z])|\b1(?=[a-z]{3})")  # by machines that read print

_ORDINALS: Final = frozenset(("second", "third"))  # which turn a statement around as words do

_READ_AS: Final = {"I": "l", "1": "l", "0": "o"}

_LETTER_IN_BRACKETS: Final = re.compile(r"\[(\w)\](?=\w)")

_BRACKETS: Final = re.compile(r"\[([^\]\n]{0,200})\]")

_MOST_IN_BRACKETS: Final = 3  # words that an editor puts in the place of others; more are an addition

_LEAST_LETTERS: Final = 4  # of a word of content where its language has no list of small words


class Utterance(NamedTuple):
    """The words of one quote as memory holds them.

    `name` is the same for the same words, whatever their form, in the same stance. `keys` are its words of content.
    `counts` is whether it is a statement: what is none keeps nothing else from being new.
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
        """What it says."""
        return reading(self.text, self.language, self.is_reported, self.stance)


def utterance(quote: Quote, language: str = "en") -> Utterance:
    """The words of a quote in a language (ISO 639-1); of a very long one, its beginning."""
    text = quote.content[:MOST_CHARACTERS]
    found = terms(text, language)
    return Utterance(
        text=text,
        language=language,
        stance=quote.modality,
        is_reported=quote.kind == "indirect",
        counts=quote.statement,
        name=" ".join((quote.modality, *(term.key for term in found))),
        keys=tuple({term.shape: None for term in found if term.weight and term.shape not in ("#", "@")}),
    )


class Word(NamedTuple):
    """A word of content: its key is the same for all its forms, its shape for its opposites too."""

    key: str
    surface: str
    weight: float
    shape: str


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
    """What one text says.

    `order` are its words and pronouns in order, `line` all its words in one string, `aside` those that an editor put
    in brackets. `bracketed` are the slots with what stands in brackets.
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

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words of all claims in order."""
        return tuple(word for claim in self.claims for word in claim.words)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of its words."""
        return frozenset(word.key for word in self.words)

    @cached_property
    def vectors(self) -> Any:
        """The vectors of the text and of each claim as one matrix; None where there is no encoder."""
        texts = [self.text] if len(self.claims) == 1 else [self.text, *(claim.text for claim in self.claims)]
        return meaning.matrix(texts)

    @cached_property
    def word_vectors(self) -> Any:
        """The vectors of its words as one matrix; None where there is no encoder or no word."""
        return meaning.matrix([word.surface.lower() for word in self.words])


@lru_cache(maxsize=1_000)
def reading(text: str, language: str = "en", is_reported: bool = False, stance: Modality = "asserted") -> Reading:
    """The reading of a text in a language (ISO 639-1); of a very long one, of its beginning."""
    text = _LETTER_IN_BRACKETS.sub(r"\1", _QUOTES.sub(" ", text[:MOST_CHARACTERS]))
    text = _MISREAD.sub(lambda letter: _READ_AS[letter[0]], text)
    marked = text
    whole = " ".join(_BRACKETS.sub(r"\1", text).split())
    text = " ".join(_BRACKETS.sub(_left_out, text).split()) or whole
    pieces = split(text, language)
    claims = tuple(Claim(piece, tuple(_content(piece, language)), slots(piece, language)) for piece in pieces)
    joined = " ".join(pieces)
    return Reading(
        text=joined,
        language=language_of(language) or language,
        claims=claims,
        slots=slots(joined, language),
        bracketed=slots(whole, language),
        order=_order(joined, language),
        line=f" {' '.join(plain_words(joined))} ",
        aside=frozenset(word.key for part in _BRACKETS.findall(marked) for word in _content(part, language)),
        is_reported=is_reported,
        stance=stance,
    )


def _left_out(brackets: re.Match[str]) -> str:
    if brackets[1] in ("…", "..."):
        return "…"
    return brackets[1] if len(brackets[1].split()) <= _MOST_IN_BRACKETS else " "


def _content(text: str, language: str) -> Iterator[Word]:
    if language_of(language) in ("en", ""):
        figures = slots(text, language).figures
        counted = {word for figure in figures for word in figure.surface.split()} - _ORDINALS
        for term in terms(text, "en"):
            if term.sort == "word" and term.weight and term.surface not in counted:
                yield Word(term.key, term.surface, term.weight, term.shape)
        return
    for word in plain_words(text, slots(text, language)):
        if len(word) >= _LEAST_LETTERS:
            yield Word(word, word, min(0.5 + len(word) / 6, 1.5), word)


_SPEAKERS: Final = frozenset(["i", "we", "he", "she", "they", "me", "us", "him", "her", "them"])

_OWNERS: Final = frozenset(["my", "our", "his", "her", "their", "mine", "ours", "hers", "theirs"])


def _order(text: str, language: str) -> tuple[str, ...]:
    if language_of(language) != "en":
        return tuple(word for word in plain_words(text) if len(word) >= _LEAST_LETTERS)
    order: list[str] = []
    for term in terms(text, "en"):
        if term.sort == "word":
            order.append(term.key)
        elif term.key in _SPEAKERS:
            order.append("=")
    return tuple(order)

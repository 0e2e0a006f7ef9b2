"""Readings: a text as claims, each with words and slots ready for comparison.

A claim is a proposition of a quote that can be new or known on its own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, NamedTuple

from pipeline.model import Modality, Quote
from pipeline.model.desk import LEAST_CONFIDENCE
from pipeline.statements import meaning
from pipeline.statements.lexicon import language_of, table
from pipeline.statements.slots import Slots, plain_words, slots
from pipeline.statements.terms import COMMON_WEIGHT, sound, terms
from pipeline.text import TextCache

LEAST_WORDS: Final = 3

MOST_CLAIMS: Final = 60

_MOST_OF_FRAME: Final = 14  # words of "I told you last week and I tell you again:"

_MOST_OF_ANSWER: Final = 5  # words of "No, we have not."

_MOST_COMMON: Final = 2  # words without content: "Next question."

_MOST_OF_NAME: Final = 3  # words of "Mayor:" in a headline

_SENTENCE: Final = re.compile(r"(?<=[^.\s]{2}[.!?;])[\"”’»)\]]*\s+|\s+[-–—]\s+|\n+")

_SHAPES: Final = {
    "frame": ("frame", "{frame}"),
    "filler": ("filler", r"(?:^|,)\s*(?:and\s+)?{filler},"),
    "aside": ("frame", r",\s+(?:and\s+)?(?:i|we|as)\b[^,]{{0,30}}{frame}[^,]{{0,30}},"),
    "as": ("said_as", r"^{said_as}[^,]{{0,60}}{said}[^,]{{0,50}}(?:,|[.!]?$)"),
    "tail": ("said", r",\s(?!{and})[^,.;:]{{2,40}}\s{said}\.?$"),
    "after": (
        "said",
        r"(?:,|\s[-–—])\s(?!{and})(?:(?:(?!\s[-–—]\s)[^,.;:]){{2,60}}\s)?{said}(?:\s[^.;:!?]{{0,60}})?[.!]?$",
    ),
    "before": ("said", r"^(?:(?:(?!{and}\s{said})[^,.;:]){{1,60}}\s)?{said}(?:\s[^,.;:]{{1,40}}?)?,?\s{said_that}\s"),
    "courtesy": (
        "courtesy",
        r"(?:^|(?<=[.!?,]\s)){courtesy}(?=\s*[.!?,]|$)(?:,\s(?-i:[A-ZÀ-ÞА-ЯЁІЇЄҐŁŚŻŽČŠ])[^,.!?]{{0,30}})?",
    ),
    "according": ("according", r"^{according}\s[^,.;:]{{2,60}},\s|,?\s{according}\s[^,.;:]{{2,60}}\.?$"),
}
"""Each pattern with the tables of a language that it needs, and its shape; quotes and clauses have a bounded length."""

_PARTS: Final = ("frame", "filler", "courtesy", "said", "said_that", "said_as", "according", "and")

_ADDRESSED: Final = re.compile(r"\bto (?:the|our|my|your|all|every|those)\b")

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_ANSWER: Final = re.compile(r"[^\W\d_]+(?:,\s[^\W\d_]+)?[.!]")


def split(text: str, language: str = "en", *, is_reported: bool = False) -> tuple[str, ...]:
    """The claims of a text: its sentences, and their clauses that a comma and a conjunction join.

    What only says that the speaker says it ("As I told you last week:", "the mayor said") is no claim. A piece of few
    words stays with what stands before it.
    """
    claims: list[str] = []
    sentences = _SENTENCE.split(_without_attribution(text, language) if is_reported else text)
    for sentence in _without_answer(sentences, language):
        for piece in _joint(language).split(_without_frame(sentence, language)):
            if not _WORD.search(piece):
                continue
            is_short = bool(claims) and min(len(_WORD.findall(piece)), len(_WORD.findall(claims[-1]))) < LEAST_WORDS
            if is_short or len(claims) == MOST_CLAIMS:
                claims[-1] = f"{claims[-1]} {piece.strip()}"
            else:
                claims.append(piece.strip())
    return tuple(claims) or (text,)


def _without_answer(sentences: Sequence[str], language: str) -> Sequence[str]:
    """The sentences, without the first one if it only answers a question: "No.", "Poco.", "We have not."."""
    if len(sentences) < 2 or len(_WORD.findall(sentences[1])) < LEAST_WORDS:
        return sentences
    first = sentences[0]
    is_answer = len(_WORD.findall(first)) <= _MOST_OF_ANSWER and is_empty(first, language, denied=True)
    return sentences[1:] if _ANSWER.fullmatch(first) or is_answer else sentences


def is_empty(text: str, language: str = "en", *, denied: bool = False) -> bool:
    """Return whether a text has no word of content, number or time; with `denied`, a negation does not count either.

    Greetings and thanks, with the name of whom they address, are no content: "Good morning, Ada. Yes." In English, two
    common words are none either: "Next question."
    """
    if courtesy := _pattern(language, "courtesy"):  # and the name after it, which has a capital
        text = courtesy.sub(" ", text.replace("’", "'"))
    filled = slots(text, language)
    if filled.figures or filled.dates or (filled.marks and not denied):
        return False
    words = list(_content(text, language))
    if language_of(language) != "en":
        return not words
    return len(words) <= _MOST_COMMON and all(word.weight <= COMMON_WEIGHT for word in words)


def _without_frame(sentence: str, language: str) -> str:
    head, colon, rest = sentence.partition(": ")
    if colon and len(_WORD.findall(rest)) >= LEAST_WORDS and _is_frame(head, language):
        sentence = rest
    for key in ("tail", "filler", "aside", "as"):
        if pattern := _pattern(language, key):
            sentence = pattern.sub(" ", sentence)
    return sentence


def _without_attribution(text: str, language: str) -> str:
    """Reported speech without who said it, at its end ("…, the mayor told reporters") or at its beginning."""
    for key in ("after", "according", "before"):
        if pattern := _pattern(language, key):
            left = pattern.sub("", text).strip()
            text = left if len(_WORD.findall(left)) >= LEAST_WORDS else text
    return text


def _is_frame(head: str, language: str) -> bool:
    """Return whether the words before a colon only say who speaks, or that somebody does."""
    words = len(_WORD.findall(head))
    if words <= _MOST_OF_NAME:
        return True
    frame = _pattern(language, "frame")
    return bool(frame and words <= _MOST_OF_FRAME and frame.search(head) and not _ADDRESSED.search(head))


@cache
def _pattern(language: str, key: str) -> re.Pattern[str] | None:
    """The pattern of the words to leave out, None for a language without words for it."""
    words = table(language_of(language) or "en")
    source, shape = _SHAPES[key]
    if not words.get(source):
        return None
    parts = {name: _either(words.get(name, ())) for name in _PARTS}
    return re.compile(shape.format(**parts), re.IGNORECASE)


def _either(entries: Sequence[str]) -> str:
    words = (re.escape(entry).replace(r"\*", r"\w*") for entry in sorted(entries, key=len, reverse=True))
    return rf"\b(?:{'|'.join(words)})\b"


@cache
def _joint(language: str) -> re.Pattern[str]:
    words = table(language_of(language) or "en")["and"]
    bare = r"|\s+(?=and (?:we|i|he|she|they|it|there|nobody|this|that)\s)" if language_of(language) == "en" else ""
    return re.compile(rf",\s+(?=(?:{'|'.join(words)})\s){bare}", re.IGNORECASE)


MOST_CHARACTERS: Final = 6_000

_QUOTES: Final = re.compile('[“”„«»"‹›]')

_FRAGMENT: Final = re.compile('[“”„«"‹]([^“”„«»"‹›]+)[“”»"›]')

_MISREAD: Final = re.compile(r"(?<=[a-z])[I10](?=[a-z])|\b1(?=[a-z]{3})")  # by optical character recognition

_ORDINALS: Final = frozenset(("second", "third"))  # as words with an opposite

_READ_AS: Final = {"I": "l", "1": "l", "0": "o"}

_LETTERS: Final = re.compile(r"[^\W\d_]{3,}")

_LETTER_IN_BRACKETS: Final = re.compile(r"\[(\w)\](?=\w)")

_BRACKETS: Final = re.compile(r"\[([^\]\n]{0,200})\]")

_MOST_IN_BRACKETS: Final = 3  # words in brackets that replace the speaker's; more are an addition

_LEAST_LETTERS: Final = 4  # of a word of content in a language without a list of small words


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


def _capitals(text: str) -> Iterator[str]:
    return (word for word in _LETTERS.findall(text) if word[0].isupper())


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

"""The claims of a text: its sentences and clauses, without what only says that somebody says it."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from pipeline.statements.lexicon import language_of, table
from pipeline.statements.slots import plain_words, slots
from pipeline.statements.terms import COMMON_WEIGHT, terms

_ORDINALS: Final = frozenset(("second", "third"))  # as words with an opposite

LEAST_LETTERS: Final = 4  # of a word of content in a language without a list of small words


LEAST_WORDS: Final = 3

MOST_CLAIMS: Final = 60

_MOST_OF_FRAME: Final = 14  # words of "I told you last week and I tell you again:"

_MOST_OF_ANSWER: Final = 5  # words of "No, we have not."

_MOST_OF_REFUSAL: Final = 14  # words of "You will understand that I can't comment on that."

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
    "refusal": ("refusal", "{refusal}"),
    "according": ("according", r"^{according}\s[^,.;:]{{2,60}},\s|,?\s{according}\s[^,.;:]{{2,60}}\.?$"),
}
"""Each pattern with the tables of a language that it needs, and its shape; quotes and clauses have a bounded length."""

_PARTS: Final = ("frame", "filler", "courtesy", "said", "said_that", "said_as", "according", "and", "refusal")

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
    common words are none either: "Next question." Nor is a short refusal to comment.
    """
    refusal = _pattern(language, "refusal")
    if refusal and len(_WORD.findall(text)) <= _MOST_OF_REFUSAL and refusal.search(text.replace("’", "'")):
        return True
    if courtesy := _pattern(language, "courtesy"):  # and the name after it, which has a capital
        text = courtesy.sub(" ", text.replace("’", "'"))
    filled = slots(text, language)
    if filled.figures or filled.dates or (filled.marks and not denied):
        return False
    words = list(content(text, language))
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


class Word(NamedTuple):
    """A word of content: its key is the same for all its forms, its shape for its opposites too."""

    key: str
    surface: str
    weight: float
    shape: str


def content(text: str, language: str) -> Iterator[Word]:
    """The words of content of a text in order."""
    if language_of(language) in ("en", ""):
        figures = slots(text, language).figures
        counted = {word for figure in figures for word in figure.surface.split()} - _ORDINALS
        for term in terms(text, "en"):
            if term.sort == "word" and term.weight and term.surface not in counted:
                yield Word(term.key, term.surface, term.weight, term.shape)
        return
    for word in plain_words(text, slots(text, language)):
        if len(word) >= LEAST_LETTERS:
            yield Word(word, word, min(0.5 + len(word) / 6, 1.5), word)

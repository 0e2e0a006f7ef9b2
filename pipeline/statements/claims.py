"""Claims: the propositions of a quote that can be new or known each on its own."""

import re
from functools import cache
from typing import Final

from pipeline.statements.slots import language_of, table

LEAST_WORDS: Final = 3

MOST_CLAIMS: Final = 60

_MOST_OF_FRAME: Final = 14  # words of "I told you last week and I tell you again:"

_MOST_OF_NAME: Final = 3  # words of "Mayor:" in a headline

_SENTENCE: Final = re.compile(r"(?<=[^.\s]{2}[.!?;])[\"”’»)\]]*\s+|\s+[-–—]\s+|\n+")

_ADDRESSED: Final = re.compile(r"\bto (?:the|our|my|your|all|every|those)\b")

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def split(text: str, language: str = "en") -> tuple[str, ...]:
    """The claims of a text: its sentences, and their clauses that a comma and a conjunction join.

    What only says that the speaker says it ("As I told you last week:") is no claim. A piece of few words stays with
    what stands before it.
    """
    found: list[str] = []
    for sentence in _SENTENCE.split(text):
        for piece in _joint(language).split(_without_frame(sentence, language)):
            if not _WORD.search(piece):
                continue
            is_short = bool(found) and min(len(_WORD.findall(piece)), len(_WORD.findall(found[-1]))) < LEAST_WORDS
            if is_short or len(found) == MOST_CLAIMS:
                found[-1] = f"{found[-1]} {piece.strip()}"
            else:
                found.append(piece.strip())
    return tuple(found) or (text,)


def _without_frame(sentence: str, language: str) -> str:
    head, colon, rest = sentence.partition(": ")
    if colon and len(_WORD.findall(rest)) >= LEAST_WORDS and _is_frame(head, language):
        sentence = rest
    for key in ("tail", "filler", "aside"):
        if pattern := _pattern(language, key):
            sentence = pattern.sub(" ", sentence)
    return sentence


def _is_frame(head: str, language: str) -> bool:
    """Whether what stands before a colon only says who speaks or that it is said."""
    words = len(_WORD.findall(head))
    if words <= _MOST_OF_NAME:
        return True
    frame = _pattern(language, "frame")
    return bool(frame and words <= _MOST_OF_FRAME and frame.search(head) and not _ADDRESSED.search(head))


@cache
def _pattern(language: str, key: str) -> re.Pattern[str] | None:
    entries = table(language_of(language) or "en").get("frame" if key == "aside" else key)
    if not entries:
        return None
    words = "|".join(re.escape(entry).replace(r"\*", r"\w*") for entry in sorted(entries, key=len, reverse=True))
    if key == "tail":
        return re.compile(rf",\s[^,.;:]{{2,40}}\s(?:{words})\.?$", re.IGNORECASE)
    if key == "aside":
        return re.compile(rf",\s+(?:and\s+)?(?:i|we|as)\b[^,]{{0,30}}\b(?:{words})\b[^,]{{0,30}},", re.IGNORECASE)
    if key == "filler":
        return re.compile(rf"(?:^|,)\s*(?:and\s+)?(?:{words}),", re.IGNORECASE)
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


@cache
def _joint(language: str) -> re.Pattern[str]:
    words = table(language_of(language) or "en")["and"]
    bare = r"|\s+(?=and (?:we|i|he|she|they|it|there|nobody|this|that)\s)" if language_of(language) == "en" else ""
    return re.compile(rf",\s+(?=(?:{'|'.join(words)})\s){bare}", re.IGNORECASE)

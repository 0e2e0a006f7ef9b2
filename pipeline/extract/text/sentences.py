"""Sentences, with quotations taken as one piece: the full stops inside them end nothing."""

import re
from dataclasses import dataclass

from pipeline.extract.lexicon import Language, Word
from pipeline.extract.text.quotations import Quotation
from pipeline.extract.text.tokens import (
    BREAK,
    CLOSE,
    COMMA,
    DASH,
    MARK,
    NUMBER,
    OPEN,
    OTHER,
    STOP,
    WORD,
    Tokens,
    abbreviates,
)

_LONGEST = 250  # tokens of a sentence without quotations; more is no sentence, and would be read in quadratic time

_MOST_QUOTATIONS = 40  # in one sentence, likewise

_DATELINE = 14  # tokens of a dateline: a place, a day, an agency in brackets

_SHOUTED = 3  # letters of a place in capitals

_CLOCK = re.compile(r"\d?\d[:.]\d\d(?:[ap]m)?")

_OF_DATELINE = (WORD, NUMBER, COMMA, STOP, OPEN, CLOSE, OTHER)

_ATTRIBUTION_REACH = 9  # tokens after a quotation within which "?" he said may still name its speaker


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens `start` up to `end`, in the paragraph of this number, with the quotations it holds."""

    start: int
    end: int
    paragraph: int
    quotations: tuple[Quotation, ...]


def _ends(tokens: Tokens, language: Language, i: int) -> bool:
    """Whether the full stop at `i` (or the abbreviation that holds one) ends a sentence."""
    if i + 1 >= len(tokens):
        return True
    follower = tokens.kinds[i + 1]
    if follower == CLOSE:
        return False
    if follower == WORD and not tokens.capital[i + 1]:
        return tokens.text[tokens.starts[i + 1]] not in "@#" and not tokens.low[i + 1][0].islower()
    return not abbreviates(tokens, language, i)


def _attribution_follows(tokens: Tokens, language: Language, i: int) -> bool:
    for j in range(i, min(i + _ATTRIBUTION_REACH, len(tokens))):
        if tokens.kinds[j] not in (WORD, OPEN) and not abbreviates(tokens, language, j):
            return False
        cue = language.cues.get(tokens.low[j])
        if cue and "quote" in cue.frames:
            return True
    return False


def _quotation_ends(tokens: Tokens, language: Language, quotation: Quotation) -> bool:
    """Whether the sentence ends with this quotation."""
    end = quotation.end
    if end >= len(tokens):
        return True
    last = max(quotation.start, end - 2)
    if not quotation.closed or tokens.kinds[last] != STOP:
        return False
    if tokens.kinds[end] == WORD and not tokens.capital[end]:
        return False
    if tokens.kinds[end] not in (WORD, OPEN, MARK) or tokens.low[end] in ("’", "'"):
        return False
    return tokens.low[last] not in "?!" or not _attribution_follows(tokens, language, end)


def _dateline_end(tokens: Tokens, start: int) -> int:
    """The token after the dash of a dateline, or of the time of an entry: "OSLO, May 3 (Wire) –"; `start` if none."""
    if not (tokens.kinds[start] == NUMBER and _CLOCK.fullmatch(tokens.low[start])):
        first = tokens.words(start, start + 1)
        if tokens.kinds[start] != WORD or not first.isupper() or len(first) < _SHOUTED:
            return start
    for at in range(start + 1, min(start + _DATELINE, len(tokens))):
        if tokens.kinds[at] == DASH and tokens.ends[at - 1] < tokens.starts[at]:
            return at + 1
        if tokens.kinds[at] not in _OF_DATELINE or (tokens.kinds[at] == WORD and not tokens.capital[at]):
            return start
    return start


def sentences(tokens: Tokens, language: Language, quotations: list[Quotation]) -> list[Sentence]:
    """The article's sentences in order."""
    opening = {q.start: q for q in quotations}
    split: list[Sentence] = []
    inside: list[Quotation] = []
    start = i = paragraph = 0

    def close(end: int) -> None:
        if end > start:
            split.append(Sentence(start, end, paragraph, tuple(inside)))
            inside.clear()

    kinds, low, count = tokens.kinds, tokens.low, len(tokens)
    opens = True  # a paragraph
    while i < count:
        if opens:
            opens = False
            i = _dateline_end(tokens, i)
            close(i)
            start = i
            continue
        kind = kinds[i]
        if kind == WORD and i - start < _LONGEST and low[i][-1] != ".":
            i += 1  # most words by far, which end nothing
            continue
        if i in opening:
            inside.append(opening[i])
            i = opening[i].end
            if len(inside) > _MOST_QUOTATIONS or _quotation_ends(tokens, language, inside[-1]):
                close(i)
                start = i
            continue
        i += 1
        if kind == BREAK:
            close(i - 1)
            start = i
            paragraph += 1
            opens = True
        elif (
            (kind == STOP and _ends(tokens, language, i - 1))
            or (kind == WORD and low[i - 1][-1] == "." and _dotted_end(tokens, i - 1))
            or (i - start > _LONGEST and i - start - sum(q.end - q.start for q in inside) > _LONGEST)
        ):
            close(i)
            start = i
    close(i)
    return split


def _dotted_end(tokens: Tokens, i: int) -> bool:
    """Whether "U.S." is a sentence's last word: the next is a capitalised word that would be small within one."""
    if i + 1 >= len(tokens) or not tokens.capital[i + 1]:
        return False
    return bool(tokens.classes[i + 1] & (Word.DETERMINER | Word.SUBJECT_PRONOUN | Word.SUBORDINATOR | Word.CONJUNCTION))

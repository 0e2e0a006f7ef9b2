"""Quotations between marks, and the sentences of a text, which a quotation may interrupt or outlast."""

import re
from dataclasses import dataclass
from itertools import compress

from pipeline.extract.lexicon import Language, Word
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

# What closes a quotation that this mark opened. Straight marks close themselves; German and Scandinavian use turns
# others' closing marks into opening ones.
_CLOSERS = {
    "“": ("”", '"'),
    "„": ("“", "”", '"'),
    "‟": ("”",),
    "«": ("»",),
    "»": ("«", "»"),
    "‹": ("›",),
    "›": ("‹",),
    '"': ('"', "”"),
    "”": ("”",),
    "「": ("」",),
    "『": ("』",),
    "``": ("''",),
    ",,": ("’’", "''", "”", '"'),
    "''": ("''",),
    "‘": ("’",),
    "‚": ("‘", "’"),
    "'": ("'",),
    "`": ("'", "`"),
}

_SINGLE = ("‘", "‚", "'", "`")

_NESTING = ("«",)  # marks that Russian and Ukrainian use inside themselves

_OF_INTEREST = frozenset((MARK, BREAK))

_FRENCH_SPACES = (" ", "\xa0", "\u202f")

_ALWAYS_OPEN = "「『"  # which nothing else can be, with no space before them

_OPENING_CONTEXT = " \t\n\xa0:([{–—-/“„«\"‘'：，。、；（"


@dataclass(frozen=True, slots=True)
class Quotation:
    """Tokens `start` up to `end`, marks included; the last mark is there only if `closed`."""

    start: int
    end: int
    closed: bool

    @property
    def inner(self) -> tuple[int, int]:
        """The tokens between the marks."""
        return self.start + 1, self.end - self.closed


def _can_open(tokens: Tokens, i: int) -> bool:
    start, end, text = tokens.starts[i], tokens.ends[i], tokens.text
    before = text[start - 1] if start else " "
    after = text[end : end + 1]
    if tokens.low[i] in _ALWAYS_OPEN:
        return True
    spaced = (tokens.low[i] == "«" and after in _FRENCH_SPACES) or (tokens.low[i] == "“" and before.isspace())
    return before in _OPENING_CONTEXT and bool(after) and (spaced or not after.isspace())


def _can_close(tokens: Tokens, i: int) -> bool:
    after = tokens.text[tokens.ends[i] : tokens.ends[i] + 1]
    return not after.isalnum() or not _can_open(tokens, i)


def _single_end(tokens: Tokens, marks: list[int], at: int) -> int | None:
    """The place in `marks` of the mark that closes the single one at `at`: the first that cannot be an apostrophe."""
    closers = _CLOSERS[tokens.low[marks[at]]]
    fallback = None
    for place in range(at + 1, len(marks)):
        i = marks[place]
        mark = tokens.low[i]
        if mark == tokens.low[marks[at]] and _can_open(tokens, i):
            break
        if mark not in closers or not _can_close(tokens, i) or tokens.text[tokens.starts[i] - 1].isspace():
            continue
        if tokens.text[tokens.starts[i] - 1] not in "sS":
            return place
        fallback = fallback or place
    return fallback


def _double_end(tokens: Tokens, marks: list[int], at: int) -> tuple[int, bool]:
    """The place in `marks` where the quotation at `at` ends, and whether a mark closes it there."""
    opener = tokens.low[marks[at]]
    closers = _CLOSERS[opener]
    skipped = at  # the mark that closes the last quotation inside
    for place in range(at + 1, len(marks)):
        i = marks[place]
        if place <= skipped:
            continue
        turned = tokens.low[i] == opener and not _can_open(tokens, i)
        if turned or (tokens.low[i] in closers and _can_close(tokens, i)):
            return place, True
        if tokens.low[i] == opener and _can_open(tokens, i):
            closing = _inner_end(tokens, marks, place) if opener in _NESTING else None
            if closing is None:
                return place, False
            skipped = closing
    return len(marks), False


def _inner_end(tokens: Tokens, marks: list[int], at: int) -> int | None:
    """The place of the mark that closes a quotation with the same marks inside another, if the outer one closes too."""
    opener, left = tokens.low[marks[at]], 2
    closers = _CLOSERS[opener]
    inner: int | None = None
    for place in range(at + 1, len(marks)):
        if tokens.low[marks[place]] == opener:
            return inner if inner is not None and left <= 0 else None
        if tokens.low[marks[place]] in closers:
            inner, left = place if inner is None else inner, left - 1
            if left == 0:
                return inner
    return None


def _in_paragraph(tokens: Tokens, marks: list[int], end: int) -> list[Quotation]:
    quotations = []
    place = 0
    while place < len(marks):
        i = marks[place]
        mark = tokens.low[i]
        if mark not in _CLOSERS or not _can_open(tokens, i) or _is_decade(tokens, i):
            place += 1
            continue
        if mark in _SINGLE:
            last = _single_end(tokens, marks, place)
            if last is None:
                place += 1
                continue
            quotations.append(Quotation(i, marks[last] + 1, closed=True))
            place = last + 1
            continue
        last, closed = _double_end(tokens, marks, place)
        while closed and last + 1 < len(marks) and _touches(tokens, marks[last], marks[last + 1]):
            last += 1  # a nested quotation's mark before or after the outer one
        stop = marks[last] + closed if last < len(marks) else end
        quotations.append(Quotation(i, stop, closed))
        place = last + closed
    return quotations


def _touches(tokens: Tokens, i: int, j: int) -> bool:
    return tokens.ends[i] == tokens.starts[j] and not tokens.text[tokens.ends[j] : tokens.ends[j] + 1].isalnum()


def _is_decade(tokens: Tokens, i: int) -> bool:
    return tokens.low[i] in ("'", "‘", "’") and i + 1 < len(tokens) and tokens.kinds[i + 1] == NUMBER


def quotations(tokens: Tokens) -> list[Quotation]:
    """The outermost quotations in order; one that a paragraph leaves open runs to the paragraph's end."""
    outermost: list[Quotation] = []
    marks: list[int] = []
    for i in compress(range(len(tokens)), map(_OF_INTEREST.__contains__, tokens.kinds)):
        if tokens.kinds[i] == MARK:
            marks.append(i)
        elif marks:
            outermost += _in_paragraph(tokens, marks, i)
            marks = []
    return outermost + _in_paragraph(tokens, marks, len(tokens)) if marks else outermost


_LONGEST = 250  # tokens of a sentence without quotations; more is no sentence, and would be read in quadratic time

_MOST_QUOTATIONS = 40  # in one sentence, likewise

_DATELINE = 14  # tokens of a dateline: a place, a day, an agency in brackets

_SHOUTED = 3  # letters of a place in capitals

_CLOCK = re.compile(r"\d?\d[:.]\d\d(?:[ap]m)?")

_OF_DATELINE = (WORD, NUMBER, COMMA, STOP, OPEN, CLOSE, OTHER)

_ATTRIBUTION_REACH = 12  # tokens after a quotation within which "?" he said may still name its speaker


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens `start` up to `end`, in the paragraph of this number, with the quotations it holds."""

    start: int
    end: int
    paragraph: int
    quotations: tuple[Quotation, ...]


def _ends(tokens: Tokens, language: Language, i: int) -> bool:
    """Return whether the full stop at `i` (or the abbreviation that holds one) ends a sentence."""
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
        if tokens.kinds[j] not in (WORD, OPEN, COMMA) and not abbreviates(tokens, language, j):
            return False
        cue = language.cues.get(tokens.low[j])
        if cue and "quote" in cue.frames:
            return True
    return False


def _quotation_ends(tokens: Tokens, language: Language, quotation: Quotation) -> bool:
    """Return whether the sentence ends with this quotation."""
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
    if tokens.low[last] not in "?!" or tokens.classes[end] & (Word.DETERMINER | Word.POSSESSIVE):
        return True
    return not _attribution_follows(tokens, language, end)


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
    """Return whether "U.S." ends a sentence: the next word has a capital that it would not have inside one."""
    if i + 1 >= len(tokens) or not tokens.capital[i + 1]:
        return False
    return bool(tokens.classes[i + 1] & (Word.DETERMINER | Word.SUBJECT_PRONOUN | Word.SUBORDINATOR | Word.CONJUNCTION))

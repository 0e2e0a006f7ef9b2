"""What was said on both sides of an attribution that interrupts or follows it."""

from pipeline.extract.endings import content_end
from pipeline.extract.language import Form, Word
from pipeline.extract.phrases import Range, is_clause, is_verb
from pipeline.extract.reading import ADJUNCT, Reading
from pipeline.extract.tokens import COLON, COMMA, DASH, SEMICOLON, STOP, WORD

_REACH = 28  # tokens after an attribution in which its quotation may go on
_NEAR = 8  # tokens within which a clause that was interrupted shows its verb
_NEAR_COMMA = 14  # tokens within which "According to somebody," has its comma


def around(reading: Reading, left: int, right: int, *, spoken: bool) -> tuple[Range, ...]:
    """The rest of the sentence on both sides of an attribution; only quotations unless `spoken` words need no marks."""
    start = max([reading.start] + [max(a.content[-1][1], a.cue[1]) for a in reading.found])
    edge = left - 1 if reading.is_(left - 1, Word.AS) else left
    parts: list[Range] = []
    set_off = reading.kind(edge - 1) in (COMMA, DASH) or edge in reading.closing
    if set_off or reading.phrase_at(left):
        start = _skip_joints(reading, start, edge)
        holds = reading.has_quotation(start, edge) or (spoken and _stands(reading, start, edge, right))
        if start < edge and holds:
            parts.append((start, edge))
    after = _resumption(reading, left, right, interrupted=bool(parts), spoken=spoken)
    if after is not None:
        parts.append((after, content_end(reading, after, Form.PAST)))
    return tuple(part for part in parts if part[1] > part[0])


def _skip_joints(reading: Reading, start: int, end: int) -> int:
    while start < end and (reading.kind(start) in (COMMA, SEMICOLON, DASH) or reading.is_(start, Word.CONJUNCTION)):
        start += 1
    return start


def _stands(reading: Reading, start: int, edge: int, right: int) -> bool:
    """Whether the unquoted words before "she said" are what she said, and "she said" reports nothing after it."""
    tokens, language = reading.tokens, reading.language
    kind = reading.kind(right)
    closes = kind in (-1, COMMA, STOP, DASH, COLON) or reading.is_(
        right, ADJUNCT | Word.PREPOSITION | Word.SUBORDINATOR
    )
    if not closes and not reading.phrase_at(right):
        return False
    interrupts = kind in (COMMA, DASH) and is_clause(tokens, language, right, min(right + _NEAR, reading.end))
    opens_aside = reading.is_(start, Word.PREPOSITION | Word.SUBORDINATOR) or reading.cue(start) is not None
    if interrupts:
        return True
    if opens_aside and COMMA not in tokens.kinds[start : edge - 1]:
        return False
    return is_clause(tokens, language, start, edge)


def _resumption(reading: Reading, left: int, right: int, *, interrupted: bool, spoken: bool) -> int | None:
    """Where what was said goes on after the attribution."""
    opens = left == reading.start or (spoken and reading.is_(left - 1, Word.COMPLEMENTISER))
    if opens and reading.phrase_at(left):
        return _after_opening(reading, right)
    resumed = right + 1
    if reading.kind(right) in (COMMA, DASH) and resumed < reading.end and (opens or interrupted):
        if resumed in reading.opening:
            return resumed
        verb = is_verb(reading.tokens, resumed)
        if (verb if left in reading.closing else spoken) and not reading.is_cue(resumed):
            waits = is_verb(reading.tokens, left - 2)  # "It was, she explained, a failure"
            whole = opens or waits or is_clause(reading.tokens, reading.language, resumed, reading.end)
            return resumed if whole else None
    return _next_quotation(reading, right)


def _next_quotation(reading: Reading, right: int) -> int | None:
    """The quotation that goes on after "she said on Monday, pointing at the map, …", before any other cue."""
    for at in range(right, min(right + _REACH, reading.end)):
        if at in reading.opening:
            return at if at == right or _joined(reading, at) else None
        if reading.is_cue(at) and not _taken_up(reading, at):
            return None
    return None


def _joined(reading: Reading, at: int) -> bool:
    """Whether a comma, a full stop (of "D.C." too) or a conjunction stands before the quotation at `at`."""
    before = reading.kind(at - 1) in (COMMA, COLON, DASH, STOP) or reading.is_(at - 1, Word.CONJUNCTION)
    return before or reading.tokens.low[at - 1][-1] == "."


def _taken_up(reading: Reading, cue: int) -> bool:
    """Whether the sentence of the quotation before goes on after the cue: ", saying no more, “but we will”"."""
    following = next((q.start for q in reading.sentence.quotations if q.start > cue), reading.end)
    return following + 1 < reading.end and (
        following > cue + 1
        and reading.kind(following - 1) == COMMA
        and reading.kind(following + 1) == WORD
        and not reading.tokens.capital[following + 1]
    )


def _after_opening(reading: Reading, right: int) -> int | None:
    """Where what was said begins after "According to somebody": after the comma, or with a new phrase."""
    if reading.is_(right, Word.DETERMINER | Word.SUBJECT_PRONOUN):
        return right
    for at in range(right, min(right + _NEAR_COMMA, reading.end)):
        if reading.kind(at) == COMMA:
            return at + 1
        if is_verb(reading.tokens, at):
            return None
    return None

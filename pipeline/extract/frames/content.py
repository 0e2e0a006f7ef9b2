"""The content of an attribution that interrupts it or follows it.

>>> said("“The quay,” Ida Loon said, “is safe.”")
Ida Loon: The quay is safe.
>>> said("The quay is safe, Ida Loon said on Monday.")
Ida Loon: The quay is safe
"""

from pipeline.extract.frames.content_end import (
    complement_end,
    content_end,
    first_comma,
    phrase_end,
    quotation_end,
    quoted_as_end,
)
from pipeline.extract.frames.content_start import addressee_end, opening
from pipeline.extract.frames.sentence_parse import ADJUNCT, TITLE, Frame, SentenceParse, Subject
from pipeline.extract.lexicon import AUXILIARY, Form, Word
from pipeline.extract.text.phrases import Range, VerbGroup, is_clause, is_verb, phrase_after
from pipeline.extract.text.tokens import CLOSE, COLON, COMMA, DASH, NUMBER, OPEN, SEMICOLON, STOP, WORD

_REACH = 28  # tokens after an attribution in which its quotation may go on

_NEAR = 8  # tokens within which an adverbial has its comma

_INTERRUPTED = 12  # tokens within which a clause that was interrupted shows its verb

_PRONOUN_CLAUSE = 3  # tokens of which a clause that a pronoun opens has more: "he works elsewhere, | she said"

_NEAR_COMMA = 14  # tokens within which "According to somebody," has its comma


def around(reading: SentenceParse, left: int, right: int, *, spoken: bool) -> tuple[Range, ...]:
    """The rest of the sentence on both sides of an attribution; only quotations unless `spoken` words need no marks."""
    start = reading.start
    if not _closes_sentence(reading, right):
        start = max([start] + [max(a.content[-1][1], a.cue[1]) for a in reading.reports])
    edge = left - 1 if reading.is_(left - 1, Word.AS) else left
    parts: list[Range] = []
    set_off = reading.kind(edge - 1) in (COMMA, DASH) or edge in reading.closing
    if set_off or reading.phrase_at(left):
        start = _skip_joints(reading, _beyond_colon(reading, start, edge), edge)
        aside = _opening_of_aside(reading, start, edge, right)
        if aside > start:
            return ((aside, edge),)
        holds = reading.has_quotation(start, edge) or (spoken and _stands(reading, start, edge, left, right))
        if start < edge and holds:
            parts.append((start, edge))
    if spoken and not is_clause(reading.tokens, reading.language, start, edge - 1):
        right = _beyond_place(reading, right)  # "The trouble, Doe told us on Friday, | is the rain"
    after = _resumption(reading, left, right, interrupted=bool(parts), spoken=spoken)
    if after is not None:
        parts.append((after, content_end(reading, after, Form.PAST)))
    return tuple(part for part in parts if part[1] > part[0])


def _beyond_colon(reading: SentenceParse, start: int, edge: int) -> int:
    """The token after a colon that leads to a quotation, or `start`: "14.20 A pledge: | “We sail,” she said"."""
    first = next((at for at in range(start, edge) if reading.kind(at) == COLON and not reading.in_quotation(at)), start)
    return first + 1 if first > start and reading.has_quotation(first, edge) else start


def _opening_of_aside(reading: SentenceParse, start: int, edge: int, right: int) -> int:
    """The token after the dash or bracket that opens the aside in which the report ends, or `start`.

    "The leak – | nine months old, according to Doe – was found", "It leaked (| for nine months, Doe said)".
    """
    closing = reading.kind(right)
    if closing not in (DASH, CLOSE):
        return start
    opening = DASH if closing == DASH else OPEN
    places = [at for at in range(start, edge) if reading.kind(at) == opening and not reading.in_quotation(at)]
    pairs = sum(reading.kind(at) == CLOSE for at in range(start, edge)) if opening == OPEN else len(places) // 2 * 2
    return places[-1] + 1 if len(places) > pairs else start


def _closes_sentence(reading: SentenceParse, right: int) -> bool:
    """Return whether a report closes the sentence, and those before are part of it: "If Doe says so, I go, | Roe said".

    A condition opens the sentence, or the reports before are in the past perfect: "Doe had said so, | Roe added".
    """
    ends = reading.kind(right) in (-1, STOP) and not reading.sentence.quotations
    within = (reading.is_(each.cue[0], Word.HAVE) and each.frame in _CLAUSES for each in reading.reports)
    return ends and (reading.is_(reading.start, Word.CONDITIONAL) or (bool(reading.reports) and all(within)))


def _skip_joints(reading: SentenceParse, start: int, end: int) -> int:
    while start < end and (
        reading.kind(start) in (COLON, COMMA, SEMICOLON, DASH) or reading.is_(start, Word.CONJUNCTION)
    ):
        start += 1
    return start


def _stands(reading: SentenceParse, start: int, edge: int, left: int, right: int) -> bool:
    """Return whether "she said" reports the unquoted words before it, and nothing after it."""
    tokens, language = reading.tokens, reading.language
    late = right + (reading.tokens.low[right] in language.names["dating"] if right < reading.end else 0)
    right = late if reading.is_(late, Word.TIME) else right  # "she said late | Saturday"
    right += reading.is_(right, Word.DETERMINER) and reading.is_(right + 1, Word.DAYTIME | Word.TIME)
    right = _beyond_place(reading, right)
    kind = reading.kind(right)
    closes = kind in (-1, COMMA, STOP, DASH, COLON) or reading.is_(
        right, ADJUNCT | Word.PREPOSITION | Word.SUBORDINATOR | Word.RELATIVE
    )
    closes = closes or _is_addressed(reading, right)
    if not closes and not reading.phrase_at(right) and not reading.phrase_at(left):
        return False
    interrupts = kind in (COMMA, DASH) and is_clause(tokens, language, right, min(right + _INTERRUPTED, reading.end))
    counts = reading.kind(start + 1) == NUMBER  # "Around 40 hens"
    aside = not counts and reading.is_(start, Word.PREPOSITION | Word.SUBORDINATOR)
    opens_aside = aside or reading.cue(start) is not None
    if interrupts:
        return True
    if opens_aside and COMMA not in tokens.kinds[start : edge - 1] and not _is_fronted(reading, start, edge):
        return False
    pronoun = reading.is_(start, Word.SUBJECT_PRONOUN) and edge - start > _PRONOUN_CLAUSE
    inverted = reading.is_cue(left) and edge - start > _NEAR  # "Women like her challenge the plan, | said Doe"
    return pronoun or (inverted and not opens_aside) or is_clause(tokens, language, start, edge)


def _beyond_place(reading: SentenceParse, at: int) -> int:
    """The comma after "earlier at the hearing", "on Friday"; `at` if none closes the words that begin there."""
    first = reading.skip(at, Word.ADVERB)
    if not reading.is_(first, Word.PREPOSITION):
        return at
    near = range(first, min(first + _NEAR, reading.end))
    comma = next((i for i in near if reading.kind(i) != WORD or is_verb(reading.tokens, i)), at)
    return comma if reading.kind(comma) in (COMMA, DASH) else at


def _is_addressed(reading: SentenceParse, at: int) -> bool:
    """Return whether an addressee stands at `at` and ends the report: ", Doe confirmed | to reporters"."""
    if not reading.is_(at, Word.INFINITIVE):
        return False
    heard = phrase_after(reading.tokens, reading.language, at + 1, reading.end)
    return heard is not None and _ends_phrase(reading, heard[1])


def _is_fronted(reading: SentenceParse, start: int, edge: int) -> bool:
    """Return whether a phrase without a comma opens a clause: "Since then takings have halved", not "When she came"."""
    linked = reading.is_(start, Word.SUBORDINATOR) and not reading.is_(start + 1, Word.ADVERB)
    below = any(reading.is_(at, Word.SUBORDINATOR | Word.RELATIVE) for at in range(start + 1, edge))
    return not linked and not below and is_clause(reading.tokens, reading.language, start + 1, edge)


def _resumption(reading: SentenceParse, left: int, right: int, *, interrupted: bool, spoken: bool) -> int | None:
    """Return where what was said goes on after the attribution."""
    left -= reading.is_(left - 1, Word.AS)  # "As Doe noted, | the harbour is shut"
    first = _skip_joints(reading, reading.start, left)
    opens = left in (reading.start, first) or (spoken and reading.is_(left - 1, Word.COMPLEMENTISER))
    if opens and reading.phrase_at(left):
        return _after_opening(reading, right)
    resumed = right + 1
    if reading.kind(right) in (COMMA, DASH) and resumed < reading.end and (opens or interrupted):
        if resumed in reading.opening:
            return resumed
        if _is_about_speaker(reading, left, right, resumed):
            return _next_quotation(reading, right)
        verb = is_verb(reading.tokens, resumed)
        closed = left in reading.closing
        direct = closed and (reading.closing[left].start == reading.start or not spoken)
        mixed = closed and not direct
        if mixed and not verb:
            return resumed if _has_subject(reading, resumed) else _next_quotation(reading, right)
        begun = reading.phrase_at(left) and not is_clause(reading.tokens, reading.language, reading.start, left)
        if (verb if direct else spoken) and (begun or not reading.is_cue(resumed)):
            waits = is_verb(reading.tokens, left - 2)  # "It was, she explained, a failure"
            whole = opens or waits or is_clause(reading.tokens, reading.language, resumed, reading.end)
            return resumed if whole else None
    return _next_quotation(reading, right)


def _is_about_speaker(reading: SentenceParse, left: int, right: int, at: int) -> bool:
    """Return whether the words at `at` tell of the speaker: "Doe told us, | soaked", "Doe said, | and she is right"."""
    tokens, language = reading.tokens, reading.language
    if reading.is_(at, Word.RELATIVE):  # "said Doe, a baker, | who came late"
        return not reading.is_(at, Word.COMPLEMENTISER)
    if reading.is_(at, Word.PASTLIKE):
        addressed = any((cue := reading.cue(i)) and "you" in cue.frames for i in range(left, right))
        return addressed and is_clause(tokens, language, reading.start, left) and not is_verb(tokens, left - 2)
    if not (reading.is_(at, Word.AND) and reading.is_(at + 1, Word.SUBJECT_PRONOUN)):
        return False
    same = tokens.low[at + 1] in tokens.low[left:right] or reading.named((left, right))
    last = reading.skip(at + 2, AUXILIARY | Word.NEGATION | Word.ADVERB)
    judged = last < reading.end and tokens.low[last] in language.names["verdicts"]
    return same and judged and reading.kind(last + 1) in (-1, STOP)


def _has_subject(reading: SentenceParse, at: int) -> bool:
    """Return whether a clause of its own begins here: "and they should wait", "in the long run, the orchard will"."""
    at = reading.skip(at, Word.CONJUNCTION & ~Word.SUBORDINATOR)
    if reading.is_(at, Word.PREPOSITION) and not reading.is_(at, Word.SUBORDINATOR):
        at = next((i + 1 for i in range(at, min(at + _NEAR, reading.end)) if reading.kind(i) == COMMA), reading.end)
    if reading.is_(at, Word.RELATIVE | Word.SUBORDINATOR) or at >= reading.end or reading.phrase_at(at):
        return False
    who = phrase_after(reading.tokens, reading.language, at, reading.end)
    return who is not None and reading.is_(reading.skip(who[1], Word.ADVERB), Word.VERBAL)


def _next_quotation(reading: SentenceParse, right: int) -> int | None:
    """The quotation that goes on after "she said on Monday, pointing at the map, …", before any other cue."""
    for at in range(right, min(right + _REACH, reading.end)):
        if at in reading.opening:
            return at if at == right or _joined(reading, at) else None
        if reading.kind(at) == SEMICOLON and at + 1 not in reading.opening:
            return None
        if reading.is_cue(at) and not _taken_up(reading, at):
            return None
    return None


def _joined(reading: SentenceParse, at: int) -> bool:
    """Return whether a comma, a full stop (of "D.C." too) or a conjunction stands before the quotation at `at`."""
    before = reading.kind(at - 1) in (COMMA, COLON, DASH, STOP) or reading.is_(at - 1, Word.CONJUNCTION)
    return before or reading.tokens.low[at - 1][-1] == "."


def _taken_up(reading: SentenceParse, cue: int) -> bool:
    """Return whether the sentence of the quotation before goes on after the cue: ", saying no more, “but we will”"."""
    following = next((q.start for q in reading.sentence.quotations if q.start > cue), reading.end)
    return following + 1 < reading.end and (
        following > cue + 1
        and reading.kind(following - 1) == COMMA
        and reading.kind(following + 1) == WORD
        and not reading.tokens.capital[following + 1]
    )


def _after_opening(reading: SentenceParse, right: int) -> int | None:
    """Return where what was said begins after "According to somebody": after the comma, or with a new phrase."""
    if reading.is_(right, Word.DETERMINER | Word.SUBJECT_PRONOUN):
        return right
    for at in range(right, min(right + _NEAR_COMMA, reading.end)):
        if reading.kind(at) == COMMA:
            return at + 1
        if is_verb(reading.tokens, at):
            return None
    return None


_SHORT = 4  # tokens of which a clause without a known verb must have more, its complementiser included

_CLAUSES = ("that", "zero", "wh")

Content = tuple[tuple[Range, ...], Frame]


def content(reading: SentenceParse, group: VerbGroup, subject: Subject) -> Content | None:
    """The content's ranges and how they were found; None if the verb reports nothing."""
    left, right = group.start, group.end
    if subject.via == "subject" or _governs(reading, subject, group):
        left = _before_modifiers(reading, min(left, subject.phrase[0]))
    if subject.via == "inverted":
        right = max(right, subject.phrase[1])
    else:
        answers = reading.kind(right) == COLON and right + 1 in reading.opening  # "Asked “Why?”, Doe said: “…”"
        quoted = "quote" in group.cue.frames and group.finite and not answers and _follows_quotation(reading, left)
        after = None if quoted or _follows_clause(reading, left, right) else _after(reading, group, subject, right)
        if after is not None:
            return after
    if "quote" not in group.cue.frames:
        return None
    if subject.via == "subject" and "you" in group.cue.frames:
        right = _beyond_addressee(reading, right)
    parts = around(reading, left, right, spoken="that" in group.cue.frames)
    return (parts, "around" if len(parts) > 1 else "before") if parts else None


def _follows_clause(reading: SentenceParse, left: int, right: int) -> bool:
    """Return whether a clause and a comma go before, and only a place follows: "It paid, | Doe said | in a report"."""
    closes = (
        reading.kind(left - 1) == COMMA
        and reading.is_(right, Word.PREPOSITION)
        and not reading.has_quotation(right, reading.end)
    )
    start = max([reading.start, *(report.content[-1][1] for report in reading.reports)])
    opens = reading.is_(start, Word.PREPOSITION | Word.SUBORDINATOR | Word.PASTLIKE | Word.GERUND | Word.CONJUNCTION)
    return closes and not opens and is_clause(reading.tokens, reading.language, start, left - 1)


def _before_modifiers(reading: SentenceParse, at: int) -> int:
    """The word after the comma if only participles stand between it and the subject: ", visibly moved | mayor Doe"."""
    first = at
    while reading.is_(first - 1, Word.PASTLIKE | Word.ADVERB) and not reading.is_(first - 1, Word.TIME):
        first -= 1
    return first if reading.kind(first - 1) == COMMA or first in reading.closing else at


def _governs(reading: SentenceParse, subject: Subject, group: VerbGroup) -> bool:
    """Return whether the subject's verb governs the cue: "…, Doe was forced to admit", "…, Doe is quoted as saying"."""
    return (
        subject.via == "shared"
        and not group.finite
        and subject.phrase[1] < group.end
        and COMMA not in reading.tokens.kinds[subject.phrase[1] + 1 : group.start]
        and (reading.kind(subject.phrase[0] - 1) == COMMA or subject.phrase[0] in reading.closing)
    )


def _beyond_addressee(reading: SentenceParse, right: int) -> int:
    """The comma or full stop after who was told: ", Doe told me |,", ", Doe told the Harbour Post |."."""
    if reading.kind(right) != WORD:
        return right
    addressee = phrase_after(reading.tokens, reading.language, right, reading.end)  # "told a packed House"
    ends = (addressee_end(reading, right), addressee[1] if addressee else right)
    return next((end for end in ends if _ends_phrase(reading, end)), right)


def _ends_phrase(reading: SentenceParse, at: int) -> bool:
    at += reading.is_(at, Word.DETERMINER) and reading.is_(at + 1, Word.DAYTIME | Word.TIME)  # "this | afternoon"
    return reading.kind(at) in (COMMA, STOP, -1) or reading.is_(at, Word.TIME | Word.DAYTIME | Word.PREPOSITION)


def _follows_quotation(reading: SentenceParse, left: int) -> bool:
    """Return whether a quotation that can be what was said, and is no title, ends at `left` or at a comma before it."""
    quotation = reading.closing.get(left)
    if quotation is None and reading.kind(left - 1) == COMMA:
        quotation = reading.closing.get(left - 1)
    return quotation is not None and (quotation.start == reading.start or quotation.end - quotation.start > TITLE)


def _after(reading: SentenceParse, group: VerbGroup, subject: Subject, right: int) -> Content | None:
    start = opening(reading, group, right)
    if start is None or (subject.via == "opening" and start[1] not in _CLAUSES):
        return None
    at, frame = start
    copula = reading.is_(at, Word.BE)
    if (frame == "that" or (copula and reading.is_(at + 1, Word.NEGATION))) and _is_cleft(reading, subject):
        return _of_cleft(reading, at)
    that = reading.skip(at, Word.BE | Word.ADVERB)
    if copula and reading.is_(that, Word.COMPLEMENTISER):
        at, frame = that, "that"  # "All Doe said was | that it is late"
    if at >= reading.end and reading.following is not None:
        return ((at, reading.following.end),), frame
    stop = _end(reading, group, subject, at, frame)
    language = reading.language
    if frame == "that" and stop - at <= _SHORT and not is_clause(reading.tokens, language, at + 1, stop):
        return None
    if frame == "like" and not _predicates(reading, subject, at, stop):
        return None
    return ((at, stop),), frame


def _is_cleft(reading: SentenceParse, subject: Subject) -> bool:
    """Return whether the content goes before as a gap: "It is | what Doe said in May that people remember"."""
    before = subject.phrase[0] - 1
    return reading.is_(before, Word.WH) and not reading.is_(before, Word.CONDITIONAL | Word.SUBORDINATOR)


def _of_cleft(reading: SentenceParse, start: int) -> Content | None:
    """The quotation after a colon: "what Doe said in May that people remember: | “We sail.”"."""
    for at in range(start, reading.end):
        if reading.kind(at) == SEMICOLON:
            return None
        if at in reading.opening and reading.kind(at - 1) == COLON:
            return ((at, quotation_end(reading, at) or reading.opening[at].end),), "quotation"
    return None


def _end(reading: SentenceParse, group: VerbGroup, subject: Subject, at: int, frame: Frame) -> int:
    """Return where content that begins at `at` by this frame ends."""
    whole = quotation_end(reading, at) if frame == "quotation" else None
    if whole is not None:
        return whole
    present = Form.THIRD if group.finite and group.cue.form & Form.GERUND else 0  # "is telling … and says"
    ceiling = subject.phrase[0] - 1 if subject.via == "opening" else reading.end
    stop = min(content_end(reading, at, group.cue.form | present), ceiling)
    if frame == "like":
        return complement_end(reading, at, stop)
    comma = first_comma(reading, at, stop)
    if frame in ("to", "as"):
        return quoted_as_end(reading, at, comma) if frame == "as" else comma
    if frame in ("object", "preposition"):
        return phrase_end(reading, at, comma)
    if _subordinate(reading, group, subject) and (
        comma - at > _SHORT or is_clause(reading.tokens, reading.language, at, comma)
    ):
        return comma
    return stop


def _predicates(reading: SentenceParse, subject: Subject, at: int, stop: int) -> bool:
    """Return whether the verb names something: "called it a mess", "what they call a mess"."""
    if reading.is_(subject.phrase[0] - 1, Word.WH) or reading.has_quotation(at, stop):
        return True
    name = phrase_after(reading.tokens, reading.language, at, stop)
    if name is None or name[1] >= stop or is_verb(reading.tokens, name[1]):
        return False
    rest = Word.PREPOSITION | Word.INFINITIVE | Word.CONJUNCTION | Word.SUBORDINATOR | ADJUNCT
    return reading.kind(name[1]) == WORD and not reading.is_(name[1], rest)


def _subordinate(reading: SentenceParse, group: VerbGroup, subject: Subject) -> bool:
    """Return whether the attribution's clause is followed by another: "who said A, is B", "after he said A, B"."""
    if subject.via == "relative":
        return True
    first = subject.phrase[0] if subject.via == "subject" else group.start
    return first - 1 <= reading.start + 1 and reading.is_(first - 1, Word.SUBORDINATOR)

"""What was said, sought after a reporting verb by its frames, or around an attribution that interrupts it."""

from pipeline.extract.language import Form, Word
from pipeline.extract.phrases import Range, VerbGroup, is_clause, is_verb, phrase_after
from pipeline.extract.reading import ADJUNCT, Frame, Reading, Subject
from pipeline.extract.tokens import COLON, COMMA, DASH, MARK, NUMBER, SEMICOLON, STOP, WORD

_ADJUNCTS = 14  # tokens between a cue and its content: "told reporters in Springfield on Tuesday that"
_ADDRESSEE = 8  # tokens that name who was told
_TITLE = 8  # tokens of a quotation that may be the title of a work, its marks among them
_SHORT = 4  # tokens of which a clause without a known verb must have more, its complementiser included
_BOUNDED = ("object", "preposition", "to", "as")

Content = tuple[tuple[Range, ...], Frame]


def content(reading: Reading, group: VerbGroup, subject: Subject) -> Content | None:
    """The content's ranges and how they were found; None if the verb reports nothing."""
    left, right = group.start, group.end
    if subject.via == "subject":
        left = min(left, subject.phrase[0])
    if subject.via == "inverted":
        right = max(right, subject.phrase[1])
    else:
        quoted = "quote" in group.cue.frames and group.finite and _follows_quotation(reading, left)
        after = None if quoted else _after(reading, group, subject, right)
        if after is not None:
            return after
    if "quote" not in group.cue.frames:
        return None
    parts = around(reading, left, right, spoken="that" in group.cue.frames)
    return (parts, "around" if len(parts) > 1 else "before") if parts else None


def _follows_quotation(reading: Reading, left: int) -> bool:
    """Whether a quotation that can be what was said, and is no title, ends at `left` or at a comma before it."""
    quotation = reading.closing.get(left)
    if quotation is None and reading.kind(left - 1) == COMMA:
        quotation = reading.closing.get(left - 1)
    return quotation is not None and (quotation.start == reading.start or quotation.end - quotation.start > _TITLE)


# -- after the verb ---------------------------------------------------------------------------------------------------


def _after(reading: Reading, group: VerbGroup, subject: Subject, right: int) -> Content | None:
    found = _start(reading, group, right)
    if found is None:
        return None
    at, frame = found
    if at >= reading.end:
        assert reading.following is not None
        return ((at, reading.following.end),), frame
    stop = _quotation_end(reading, at) if frame == "quotation" else None
    if stop is None:
        stop = content_end(reading, at, group.cue.form)
        if frame == "like":
            stop = _complement_end(reading, at, stop)
            if not _predicates(reading, subject, at, stop):
                return None
        elif frame in _BOUNDED:
            stop = _first_comma(reading, at, stop)
            stop = stop if frame in ("to", "as") else _phrase_end(reading, at, stop)
        elif _subordinate(reading, group, subject):
            comma = _first_comma(reading, at, stop)
            whole = is_clause(reading.tokens, reading.language, at, comma) or comma - at > _SHORT
            stop = comma if whole else stop
    if frame == "that" and stop - at <= _SHORT and not is_clause(reading.tokens, reading.language, at + 1, stop):
        return None
    return ((at, stop),), frame


def _start(reading: Reading, group: VerbGroup, right: int) -> tuple[int, Frame] | None:
    """Where the content begins and by which frame; a reported clause before everything else."""
    if right >= reading.end:
        return None
    marker = _marker(reading, group, right)
    if marker is not None:
        return marker
    frames = group.cue.frames
    weak = not group.infinitive
    late = reading.skip(right, Word.ADVERB)
    if late < reading.end and f"~{reading.tokens.low[late]}" in frames and weak:
        return late + 1, "preposition"
    if "to" in frames and reading.is_(right, Word.INFINITIVE):
        return right, "to"
    if "wh" in frames and reading.is_(right, Word.WH):
        return right, "wh"
    if reading.kind(right) not in (WORD, NUMBER):
        return None
    if weak and (found := _by_object(reading, group, right)):
        return found
    if "zero" in frames:
        at = _skip_adjuncts(reading, group, right)
        if at is not None and _opens_clause(reading, at, group):
            return at, "zero"
    if "object" in frames and weak and _opens_phrase(reading, right):
        return right, "object"
    return None


def _marker(reading: Reading, group: VerbGroup, right: int) -> tuple[int, Frame] | None:
    """A complementiser, a colon or a quotation soon after the cue, with nothing but adjuncts between."""
    frames, tokens = group.cue.frames, reading.tokens
    crossed = False
    for at in range(right, min(right + _ADJUNCTS, reading.end)):
        if at in reading.opening:
            direct = at == right or tokens.kinds[at - 1] in (COMMA, COLON) or _whole_sentence(reading, at)
            return (at, "quotation") if direct and frames & _TAKES_QUOTATION else None
        kind = tokens.kinds[at]
        if kind == COLON and "quote" in frames:
            return _after_colon(reading, at)
        if kind == COMMA and (at > right or at + 1 in reading.opening or reading.is_(at + 1, Word.PREPOSITION)):
            crossed = True
            continue
        if kind not in (WORD, NUMBER) or reading.is_cue(at):
            return None
        if reading.is_(at, Word.COMPLEMENTISER):
            governed = at > right and (reading.is_(at - 1, Word.PREPOSITION) or (crossed and reading.kind(at - 1) != COMMA))
            relative = at + 1 < reading.end and _is_finite(reading, at + 1)
            return (at, "that") if "that" in frames and not governed and not relative else None
        if reading.is_(at, Word.CONDITIONAL) and "wh" in frames:
            return at, "wh"
        if is_verb(tokens, reading.language, at) or reading.is_(at, Word.SUBJECT_PRONOUN):
            return None
    return None


def _whole_sentence(reading: Reading, at: int) -> bool:
    """Whether the quotation at `at` begins like a sentence and is longer than a title."""
    quotation = reading.opening[at]
    return quotation.end - at > _TITLE and reading.tokens.capital[at + 1]


_TAKES_QUOTATION = frozenset(("quote", "like", "as", "object"))


def _is_finite(reading: Reading, at: int) -> bool:
    return is_verb(reading.tokens, reading.language, at) or reading.is_(at, Word.PASTLIKE)


def _after_colon(reading: Reading, colon: int) -> tuple[int, Frame] | None:
    if colon + 1 < reading.end:
        return colon + 1, "quotation"
    following = reading.following
    if following is not None and following.quotations and following.quotations[0].start == following.start:
        return following.start, "quotation"
    return None


def _by_object(reading: Reading, group: VerbGroup, right: int) -> tuple[int, Frame] | None:
    """ "described X as Y", "urged X to do Y", "called X Y"."""
    frames = group.cue.frames
    if "as" in frames and reading.is_(right, Word.AS):
        return right, "as"
    if "as" in frames and _ahead(reading, right, Word.AS):
        return right, "as"
    if "to-you" in frames and _ahead(reading, right, Word.INFINITIVE):
        return right, "to"
    if "like" in frames and (_opens_phrase(reading, right) or reading.is_(right, Word.PRONOUN)):
        return right, "like"
    return None


def _ahead(reading: Reading, right: int, wanted: int) -> bool:
    """Whether a word of the class follows an object: before any comma, and not at once."""
    for at in range(right, min(right + _ADJUNCTS, reading.end)):
        if reading.kind(at) in (COMMA, STOP, SEMICOLON, COLON):
            return False
        if reading.is_(at, wanted) and reading.kind(at) == WORD and at > right:
            return True
    return False


def _skip_adjuncts(reading: Reading, group: VerbGroup, right: int) -> int | None:
    """Where a clause may begin after "said on Tuesday", "told reporters"."""
    at = _addressee_end(reading, right) if "you" in group.cue.frames else right
    while reading.kind(at) == WORD:
        if reading.is_(at, ADJUNCT) and not reading.is_(at, Word.DETERMINER):
            at += 1
        elif reading.is_(at, Word.PREPOSITION) and reading.is_(at + 1, Word.TIME):
            at += 2
        else:
            break
    if reading.kind(at) not in (WORD, NUMBER, MARK):
        return None
    joins = Word.SUBORDINATOR | Word.CONJUNCTION | Word.RELATIVE
    return None if reading.is_(at, joins) and not reading.is_(at, Word.WH) else at


def _addressee_end(reading: Reading, right: int) -> int:
    """The end of the short phrase that names who was told."""
    tokens = reading.tokens
    if reading.is_(right, Word.PRONOUN):
        return right + 1
    at = right + 1
    ends = Word.SUBJECT_PRONOUN | Word.DETERMINER | Word.POSSESSIVE | Word.PREPOSITION
    while at < min(right + _ADDRESSEE, reading.end) and reading.kind(at) == WORD:
        begins = tokens.capital[at] != tokens.capital[at - 1] and not reading.is_(at - 1, Word.DETERMINER)
        if reading.is_(at, ends) or begins:
            break
        at += 1
    return at


def _opens_clause(reading: Reading, at: int, group: VerbGroup) -> bool:
    """Whether a clause begins at the token: a phrase and then a verb (for a "free" cue, any verb before its end)."""
    tokens, language = reading.tokens, reading.language
    if reading.is_(at, Word.SUBJECT_PRONOUN):
        return True
    if "free" in group.cue.frames:
        return is_clause(tokens, language, at, content_end(reading, at, group.cue.form))
    phrase = phrase_after(tokens, language, at, reading.end)
    if phrase is None:
        return False
    after = reading.skip(phrase[1], Word.ADVERB)
    return after < reading.end and is_clause(tokens, language, after, after + 1)


def _opens_phrase(reading: Reading, at: int) -> bool:
    """Whether the token can begin a noun phrase."""
    barred = Word.PREPOSITION | Word.SUBORDINATOR | Word.CONJUNCTION | Word.INFINITIVE | Word.ADVERB | Word.TIME
    if reading.kind(at) not in (WORD, NUMBER):
        return False
    return reading.tokens.capital[at] or not reading.is_(at, barred)


# -- where it ends ----------------------------------------------------------------------------------------------------


def content_end(reading: Reading, start: int, form: int) -> int:
    """Where content that begins at `start` ends: at another attribution's words, or with the sentence."""
    at = start
    while at < reading.end:
        if at in reading.opening:
            at = reading.opening[at].end
            if _resumes_narration(reading, at):
                return at
            continue
        if at > start and _breaks_off(reading, at, form):
            return at
        at += 1
    return reading.end


def _resumes_narration(reading: Reading, at: int) -> bool:
    """Whether after a quotation that a comma closes another verb goes on with the speaker: ",” and threatened"."""
    if at >= reading.end or COMMA not in reading.tokens.kinds[max(0, at - 2) : at]:
        return False
    after = reading.skip(at, Word.CONJUNCTION | Word.ADVERB)
    if reading.is_cue(after):
        return True
    return (
        after > at
        and after < reading.end
        and (is_verb(reading.tokens, reading.language, after) or reading.is_(after, Word.PASTLIKE))
    )


def _breaks_off(reading: Reading, at: int, form: int) -> bool:
    """Whether another clause or attribution begins with the comma, dash or conjunction at `at`."""
    kind = reading.kind(at)
    if kind == SEMICOLON:
        return True
    if kind in (COMMA, DASH):
        after = reading.skip(at + 1, Word.ADVERB | Word.CONJUNCTION)
        if after >= reading.end:
            return False
        if reading.phrase_at(after) or reading.is_(at + 1, Word.CONTRAST):
            return True
        cue = reading.cue(after)
        if cue is not None and cue.form & (Form.GERUND | Form.PAST):
            return True
        return reading.is_(at + 1, Word.AND) and _another_report(reading, at + 2, form)
    if kind == WORD and reading.is_(at, Word.CONJUNCTION):
        after = reading.skip(at + 1, Word.ADVERB)
        cue = reading.cue(after)
        return cue is not None and bool(cue.form & (Form.PAST | form & Form.THIRD))
    return False


def _another_report(reading: Reading, start: int, form: int) -> bool:
    """Whether the coordinated clause reports in its own right: ", and officials familiar with it say"."""
    for at in range(start, min(start + _ADJUNCTS, reading.end)):
        if reading.kind(at) == COMMA or at in reading.opening:
            return False
        if reading.is_cue(at, Form.PAST | form):
            return True
    return False


def _quotation_end(reading: Reading, at: int) -> int | None:
    """The end of a quotation at `at` that is closed with a comma or full stop, and so ends what was said."""
    quotation = reading.opening.get(at)
    end = None
    while quotation is not None:
        if not quotation.closed or reading.tokens.kinds[quotation.end - 2] not in (COMMA, STOP):
            return None
        end = quotation.end
        quotation = reading.opening.get(end + 1 if reading.is_(end, Word.CONJUNCTION) else end)
    return end


def _complement_end(reading: Reading, at: int, stop: int) -> int:
    """The end of what somebody is called: of a quotation close by, with what belongs to it, or the first comma."""
    for quotation in reading.sentence.quotations:
        if at <= quotation.start < min(stop, at + _ADJUNCTS):
            follows = reading.is_(quotation.end, Word.PREPOSITION | Word.INFINITIVE)
            return _first_comma(reading, quotation.end, stop) if follows else quotation.end
    return _first_comma(reading, at, stop)


def _predicates(reading: Reading, subject: Subject, at: int, stop: int) -> bool:
    """Whether something is called something, and not just called: "called it a mess", "what they call a mess"."""
    if reading.is_(subject.phrase[0] - 1, Word.WH) or _has_quotation(reading, at, stop):
        return True
    name = phrase_after(reading.tokens, reading.language, at, stop)
    if name is None:
        return False
    if name[1] < stop and is_verb(reading.tokens, reading.language, name[1]):
        return False
    rest = Word.PREPOSITION | Word.INFINITIVE | Word.CONJUNCTION | Word.SUBORDINATOR | ADJUNCT
    return name[1] < stop and reading.kind(name[1]) == WORD and not reading.is_(name[1], rest)


def _phrase_end(reading: Reading, start: int, end: int) -> int:
    """The end of a noun phrase that was said, before the adverbials and the verbs that follow it."""
    for at in range(start + 1, end):
        if at in reading.opening:
            return end
        if reading.is_(at, Word.TIME) and not reading.is_(at - 1, Word.DETERMINER | Word.OF):
            return at - 1 if reading.is_(at - 1, Word.PREPOSITION) and at - 1 > start else at
        if reading.is_(at, Word.AFTERWARDS):
            return at
        if reading.is_(at, Word.AND) and is_verb(reading.tokens, reading.language, at + 1):
            return at
    return end


def _first_comma(reading: Reading, start: int, end: int) -> int:
    """The first comma or dash that does not join names, before `end`."""
    tokens, at = reading.tokens, start
    while at < end:
        if at in reading.opening:
            at = reading.opening[at].end
            continue
        if at > start + 1 and tokens.kinds[at] in (COMMA, DASH) and at + 1 < end:
            if not (tokens.capital[at + 1] and tokens.capital[at - 1]):
                return at
        at += 1
    return end


def _subordinate(reading: Reading, group: VerbGroup, subject: Subject) -> bool:
    """Whether the attribution is in a clause that another one follows: "who said A, is B", "after he said A, B"."""
    if subject.via == "relative":
        return True
    first = subject.phrase[0] if subject.via == "subject" else group.start
    return first - 1 <= reading.start + 1 and reading.is_(first - 1, Word.SUBORDINATOR)


# -- on both sides ----------------------------------------------------------------------------------------------------


def around(reading: Reading, left: int, right: int, *, spoken: bool) -> tuple[Range, ...]:
    """The rest of the sentence on both sides of an attribution; only quotations unless `spoken` words need no marks."""
    start = max([reading.start] + [max(a.content[-1][1], a.cue[1]) for a in reading.found])
    edge = left - 1 if reading.is_(left - 1, Word.AS) else left
    parts: list[Range] = []
    set_off = reading.kind(edge - 1) in (COMMA, DASH) or edge in reading.closing
    if edge > start and (set_off or reading.phrase_at(left)):
        while start < edge and (
            reading.kind(start) in (COMMA, SEMICOLON, DASH) or reading.is_(start, Word.CONJUNCTION)
        ):
            start += 1
        if start < edge and (_has_quotation(reading, start, edge) or (spoken and _stands(reading, start, edge, right))):
            parts.append((start, edge))
    after = _resumption(reading, left, right, interrupted=bool(parts), spoken=spoken)
    if after is not None:
        parts.append((after, content_end(reading, after, Form.PAST)))
    return tuple(part for part in parts if part[1] > part[0])


def _has_quotation(reading: Reading, start: int, end: int) -> bool:
    return any(start <= q.start and q.end <= end for q in reading.sentence.quotations)


def _stands(reading: Reading, start: int, edge: int, right: int) -> bool:
    """Whether the unquoted words before "she said" are what she said, and "she said" reports nothing after it."""
    tokens, language = reading.tokens, reading.language
    kind = reading.kind(right)
    closes = kind in (-1, COMMA, STOP, DASH, COLON) or reading.is_(
        right, ADJUNCT | Word.PREPOSITION | Word.SUBORDINATOR
    )
    if not closes and not reading.phrase_at(right):
        return False
    interrupts = kind in (COMMA, DASH) and is_clause(tokens, language, right, min(right + _ADDRESSEE, reading.end))
    opens_aside = reading.is_(start, Word.PREPOSITION | Word.SUBORDINATOR) or reading.cue(start) is not None
    if interrupts:
        return True
    if opens_aside and COMMA not in tokens.kinds[start : edge - 1]:
        return False
    return is_clause(tokens, language, start, edge)


def _resumption(reading: Reading, left: int, right: int, *, interrupted: bool, spoken: bool) -> int | None:
    """Where what was said goes on after the attribution."""
    tokens, end = reading.tokens, reading.end
    opens = left == reading.start or (spoken and reading.is_(left - 1, Word.COMPLEMENTISER))
    if opens and reading.phrase_at(left):
        return _after_opening(reading, right)
    if reading.kind(right) in (COMMA, DASH) and right + 1 < end and (opens or interrupted):
        if right + 1 in reading.opening:
            return right + 1
        goes_on = is_verb(tokens, reading.language, right + 1) if left in reading.closing else spoken
        if goes_on and not reading.is_cue(right + 1):
            return right + 1 if opens or is_clause(tokens, reading.language, right + 1, end) else None
    for at in range(right, min(right + 2 * _ADJUNCTS, end)):
        if at in reading.opening:
            joined = tokens.kinds[at - 1] in (COMMA, COLON, DASH, STOP) or reading.is_(at - 1, Word.CONJUNCTION)
            return at if joined or at == right else None
        if reading.is_cue(at):
            return None
    return None


def _after_opening(reading: Reading, right: int) -> int | None:
    """Where what was said begins after "According to somebody": after the comma, or with a new phrase."""
    if reading.is_(right, Word.DETERMINER | Word.SUBJECT_PRONOUN):
        return right
    for at in range(right, min(right + _ADJUNCTS, reading.end)):
        if reading.kind(at) == COMMA:
            return at + 1
        if is_verb(reading.tokens, reading.language, at):
            return None
    return None

"""What was said: after a reporting verb by its frames, or around an attribution."""

from pipeline.extract.around import around
from pipeline.extract.endings import complement_end, content_end, first_comma, phrase_end, quotation_end, quoted_as_end
from pipeline.extract.language import Form, Word
from pipeline.extract.openings import opening
from pipeline.extract.phrases import Range, VerbGroup, is_clause, is_verb, phrase_after
from pipeline.extract.reading import ADJUNCT, TITLE, Frame, Reading, Subject
from pipeline.extract.tokens import COMMA, WORD

_SHORT = 4  # tokens of which a clause without a known verb must have more, its complementiser included

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
    return quotation is not None and (quotation.start == reading.start or quotation.end - quotation.start > TITLE)


def _after(reading: Reading, group: VerbGroup, subject: Subject, right: int) -> Content | None:
    found = opening(reading, group, right)
    if found is None:
        return None
    at, frame = found
    if at >= reading.end and reading.following is not None:
        return ((at, reading.following.end),), frame
    stop = _end(reading, group, subject, at, frame)
    language = reading.language
    if frame == "that" and stop - at <= _SHORT and not is_clause(reading.tokens, language, at + 1, stop):
        return None
    if frame == "like" and not _predicates(reading, subject, at, stop):
        return None
    return ((at, stop),), frame


def _end(reading: Reading, group: VerbGroup, subject: Subject, at: int, frame: Frame) -> int:
    """Where content that begins at `at` by this frame ends."""
    whole = quotation_end(reading, at) if frame == "quotation" else None
    if whole is not None:
        return whole
    present = Form.THIRD if group.finite and group.cue.form & Form.GERUND else 0  # "is telling … and says"
    stop = content_end(reading, at, group.cue.form | present)
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


def _predicates(reading: Reading, subject: Subject, at: int, stop: int) -> bool:
    """Whether something is called something, and not just called: "called it a mess", "what they call a mess"."""
    if reading.is_(subject.phrase[0] - 1, Word.WH) or reading.has_quotation(at, stop):
        return True
    name = phrase_after(reading.tokens, reading.language, at, stop)
    if name is None or name[1] >= stop or is_verb(reading.tokens, name[1]):
        return False
    rest = Word.PREPOSITION | Word.INFINITIVE | Word.CONJUNCTION | Word.SUBORDINATOR | ADJUNCT
    return reading.kind(name[1]) == WORD and not reading.is_(name[1], rest)


def _subordinate(reading: Reading, group: VerbGroup, subject: Subject) -> bool:
    """Whether the attribution is in a clause that another one follows: "who said A, is B", "after he said A, B"."""
    if subject.via == "relative":
        return True
    first = subject.phrase[0] if subject.via == "subject" else group.start
    return first - 1 <= reading.start + 1 and reading.is_(first - 1, Word.SUBORDINATOR)

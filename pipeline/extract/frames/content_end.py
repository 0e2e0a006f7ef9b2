"""The end of the content: with the sentence, or where the narration or another report goes on.

>>> said("Ida Loon said the quay is safe, but the harbour stayed closed.")
Ida Loon: the quay is safe
>>> said("Ida Loon said the quay is safe and denied that it was sold.")
Ida Loon: the quay is safe
Ida Loon: that it was sold
"""

from pipeline.extract.frames.sentence_parse import SentenceParse
from pipeline.extract.lexicon import Form, Word
from pipeline.extract.text.phrases import is_clause, is_verb, phrase_after
from pipeline.extract.text.tokens import COLON, COMMA, DASH, SEMICOLON, STOP, WORD

_JOINED = 3  # tokens, "and" and an article, before a quotation that is joined to the one before

_REACH = 14  # tokens in which a coordinated clause shows its reporting verb, or a complement its quotation


_OPENS_REPORT = Word.COMPLEMENTISER | Word.PRONOUN | Word.DETERMINER


def content_end(reading: SentenceParse, start: int, form: int) -> int:
    """Return where content that begins at `start` ends: at another attribution's words, or with the sentence."""
    tokens, at = reading.tokens, start
    while at < reading.end:
        if at in reading.opening:
            at = reading.opening[at].end
            if _resumes_narration(reading, at):
                return at
            continue
        if tokens.kinds[at] == WORD and not tokens.classes[at] & Word.CONJUNCTION:
            at += 1  # most words by far, which break nothing off
            continue
        opens = at == start or (
            at == start + 1 and reading.is_(start, Word.COMPLEMENTISER)
        )  # "that, while she came, …"
        if not opens and _breaks_off(reading, at, form) and not _closes_aside(reading, start, at):
            return at
        at += 1
    return reading.end


def _resumes_narration(reading: SentenceParse, at: int) -> bool:
    """Return whether another verb of the speaker follows a quotation that a comma closes: ",” and threatened"."""
    if at >= reading.end or COMMA not in reading.tokens.kinds[max(0, at - 2) : at]:
        return False
    after = reading.skip(at, Word.CONJUNCTION | Word.ADVERB)
    who = reading.is_(after, Word.SUBJECT_PRONOUN) and reading.is_cue(after + 1)
    finite = reading.is_finite(after) if after > at else reading.is_(at, Word.VERBAL)
    return who or reading.is_cue(after) or finite


def _closes_aside(reading: SentenceParse, start: int, at: int) -> bool:
    """Return whether the comma only ends an apposition to the clause's subject: "a man, Jo Doe, | denied it"."""
    tokens = reading.tokens
    verb = reading.cue(at + 1)
    if reading.kind(at) != COMMA or COMMA not in tokens.kinds[start:at] or not (verb and verb.form & Form.PAST):
        return False
    return not is_clause(tokens, reading.language, start, at)


def _breaks_off(reading: SentenceParse, at: int, form: int) -> bool:
    """Return whether another clause or attribution begins with the comma, dash or conjunction at `at`."""
    kind = reading.kind(at)
    if kind in (COMMA, DASH):
        return _clause_follows(reading, at, form)
    if kind == WORD and reading.is_(at, Word.CONJUNCTION):
        cue = reading.cue(reading.skip(at + 1, Word.ADVERB))
        return cue is not None and bool(cue.form & (Form.PAST | form & (Form.THIRD | Form.GERUND)))
    return kind == SEMICOLON or (kind == COLON and _is_reported_again(reading, at + 1))


def _is_reported_again(reading: SentenceParse, start: int) -> bool:
    """Return whether what follows a colon is cut in by a report of its own: ": | owners, she said, should wait"."""
    commas = (at for at in range(start, reading.end) if reading.kind(at) == COMMA and not reading.in_quotation(at))
    for comma in commas:
        who = phrase_after(reading.tokens, reading.language, comma + 1, reading.end)
        if who is not None and reading.is_cue(who[1], Form.PAST | Form.THIRD):
            return reading.kind(who[1] + 1) in (COMMA, STOP, -1)
    return False


def _clause_follows(reading: SentenceParse, comma: int, form: int) -> bool:
    """Return whether after the comma comes a contrast, another attribution, or a clause that reports something else."""
    after = reading.skip(comma + 1, Word.ADVERB | Word.CONJUNCTION)
    if after >= reading.end:
        return False
    if reading.phrase_at(after) or _contrasts(reading, comma + 1):
        return True
    cue = reading.cue(after)
    if cue is not None and cue.form & (Form.GERUND | Form.PAST):
        return True
    goes_on = reading.is_(comma + 2, Word.COMPLEMENTISER)  # ", and that she might drop her announced plan"
    if reading.is_(comma + 1, Word.AND) and not goes_on and _another_report(reading, comma + 2, form):
        return True
    return _told_by(reading, comma) or _reports_again(reading, comma)


def _told_by(reading: SentenceParse, comma: int) -> bool:
    """Return whether the sentence ends with the source of the whole report: "Doe said …, | the police said"."""
    who = phrase_after(reading.tokens, reading.language, comma + 1, min(comma + _REACH, reading.end))
    if who is None or reading.is_(who[0], Word.PRONOUN) or not reading.is_cue(who[1], Form.PAST | Form.THIRD):
        return False
    end = reading.skip(who[1] + 1, Word.TIME | Word.DAYTIME)
    place = reading.is_(end, Word.PREPOSITION) and not is_clause(reading.tokens, reading.language, end, reading.end)
    return reading.kind(end) in (STOP, -1) or (place and not reading.has_quotation(end, reading.end))


def _reports_again(reading: SentenceParse, comma: int) -> bool:
    """Return whether somebody named reports something else after the comma: "he said A, | Doe added that B"."""
    who = phrase_after(reading.tokens, reading.language, comma + 1, reading.end)
    if who is None or not reading.named(who):
        return False
    verb = reading.skip(who[1], Word.ADVERB)
    return reading.is_cue(verb, Form.PAST) and (reading.is_(verb + 1, _OPENS_REPORT) or verb + 1 in reading.opening)


def _contrasts(reading: SentenceParse, at: int) -> bool:
    """Return whether a contrasting clause begins at `at`: "but we", and not "but that we", "but is"."""
    goes_on = reading.is_(at + 1, Word.COMPLEMENTISER) or reading.is_(reading.skip(at + 1, Word.ADVERB), Word.VERBAL)
    return reading.is_(at, Word.CONTRAST) and not goes_on


def _another_report(reading: SentenceParse, start: int, form: int) -> bool:
    """Return whether the coordinated clause reports in its own right: ", and officials familiar with it say"."""
    for at in range(start, min(start + _REACH, reading.end)):
        if reading.kind(at) == COMMA or at in reading.opening:
            return False
        if reading.is_cue(at, Form.PAST | form):
            return True
    return False


def quotation_end(reading: SentenceParse, at: int) -> int | None:
    """The end of a quotation at `at` that is closed with a comma or full stop, and so ends what was said."""
    quotation = reading.opening.get(at)
    end = None
    while quotation is not None:
        if not quotation.closed or reading.tokens.kinds[quotation.end - 2] not in (COMMA, STOP):
            return None
        end = quotation.end
        quotation = reading.opening.get(end + 1 if reading.is_(end, Word.CONJUNCTION) else end)
    return end


def complement_end(reading: SentenceParse, at: int, stop: int) -> int:
    """The end of what somebody is called: of a quotation close by, with what belongs to it, or the first comma."""
    for quotation in reading.sentence.quotations:
        if at <= quotation.start < min(stop, at + _REACH):
            end = _last_complement(reading, quotation.end, stop)
            follows = reading.is_(end, Word.PREPOSITION | Word.INFINITIVE) or _described(reading, end)
            return first_comma(reading, end, stop) if follows else end
    comma = first_comma(reading, at, stop)
    joins = (i for i in range(at + 1, comma - 1) if reading.is_(i, Word.AND) and is_verb(reading.tokens, i + 1))
    return next(joins, comma)  # "called it a mess | and took the blame"


def quoted_as_end(reading: SentenceParse, at: int, stop: int) -> int:
    """The end of "her as “a liar”": of a quotation with a comma or full stop in it, or before when it was said."""
    for quotation in reading.sentence.quotations:
        if at <= quotation.start < stop:
            end = _last_complement(reading, quotation.end, stop)
            closed = reading.tokens.kinds[end - 2] in (COMMA, STOP)
            return end if closed or _goes_on_otherwise(reading, end) else stop
    return stop


def _goes_on_otherwise(reading: SentenceParse, at: int) -> bool:
    """Return whether what stands at `at` tells when it was said, or what the speaker did besides."""
    if reading.is_(at, Word.TIME) or (reading.is_(at, Word.AFTERWARDS) and reading.is_(at, Word.PREPOSITION)):
        return True
    return reading.is_(at, Word.AND) and is_verb(reading.tokens, at + 1)


def _described(reading: SentenceParse, end: int) -> bool:
    """Return whether a relative clause says more of what was called so: "a “liar” who had …", and not after a comma."""
    return reading.is_(end, Word.RELATIVE) and reading.kind(end - 2) != COMMA


def _last_complement(reading: SentenceParse, end: int, stop: int) -> int:
    """The end of the last quotation joined to the one that ends at `end`: "a “fool,” a “liar” and a “cheat”"."""
    for quotation in reading.sentence.quotations:
        near = end <= quotation.start <= min(end + _JOINED, stop)
        if near and (reading.is_(end, Word.AND) or _lists(reading, end, quotation.start)):
            end = quotation.end
    return end


def _lists(reading: SentenceParse, end: int, start: int) -> bool:
    """Return whether nothing but a comma, within the marks or after them, and an article parts two quotations."""
    comma = reading.kind(end) == COMMA
    return (comma or reading.kind(end - 2) == COMMA) and reading.skip(end + comma, Word.DETERMINER) == start


def phrase_end(reading: SentenceParse, start: int, end: int) -> int:
    """The end of a noun phrase that was said, before the adverbials and the verbs that follow it."""
    for at in range(start + 1, end):
        if at in reading.opening:
            return end
        if reading.is_(at, Word.TIME) and not reading.is_(at - 1, Word.DETERMINER | Word.OF):
            return at - 1 if reading.is_(at - 1, Word.PREPOSITION) and at - 1 > start else at
        if reading.is_(at, Word.AFTERWARDS):
            return at
        if reading.is_(at, Word.AND) and at + 1 < end and is_verb(reading.tokens, at + 1):
            return at
        if reading.is_(at, Word.BUT) and reading.is_finite(reading.skip(at + 1, Word.ADVERB)):
            return at
    return end


def first_comma(reading: SentenceParse, start: int, end: int) -> int:
    """The first comma or dash that does not join names, before `end`."""
    tokens, at = reading.tokens, start
    while at < end:
        if at in reading.opening:
            at = reading.opening[at].end
            continue
        comma = at > start + 1 and tokens.kinds[at] in (COMMA, DASH) and at + 1 < end
        if comma and not (tokens.capital[at + 1] and tokens.capital[at - 1]):
            return at
        at += 1
    return end

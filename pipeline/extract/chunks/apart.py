"""Reports apart from what was said: "That is what Doe said" after it, and reports within somebody's words."""

from collections.abc import Callable, Iterator, Sequence

from pipeline.extract.chunks import subjects
from pipeline.extract.chunks.attributions import read
from pipeline.extract.chunks.clause import Clauses, Group, group, modality
from pipeline.extract.frames.sentence_parse import Attribution
from pipeline.extract.lexicon import Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.quotations import Quotation
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import COLON, MARK, STOP, WORD, Tokens

_VERB = 10  # tokens from a sentence's first to the verb after the word that points back

_FEWEST = 3  # words of a sentence that another points back to

_REPORT = 14  # tokens of a report before the marks within a quotation

Reading = Callable[[int, Sentence | None], Clauses]


def pointing(reading: Reading, sentences: Sequence[Sentence], number: int, places: Sequence[int]) -> Attribution | None:
    """The report of the sentence before, if this one points back to it: "Das sagte Doe", "Об этом сообщил Doe"."""
    sentence, before = sentences[number], sentences[number - 1] if number else None
    if before is None or sentence.quotations or not _is_beside(sentences, number):
        return None
    clauses = reading(number, None)
    pointer = _pointer(clauses) if clauses.words(before.start, before.end) >= _FEWEST else None
    verb = next((v for at in places if at < clauses.start + _VERB and (v := group(clauses, at))), None)
    if pointer is None or verb is None or not _points(clauses, pointer, verb):
        return None
    who = subjects.after(clauses, verb, clauses.end)
    if who is None:
        subject = subjects.before(clauses, verb)
        who = subject.phrase if subject else None
    if who is None or who[0] < pointer[1]:
        return None
    tone = modality(clauses, verb, who[0])
    said = _said(clauses.tokens, before)
    return Attribution(number, (verb.start, verb.end), who, "inverted", (said,), "before", tone, verb.cue.lemma)


def _points(clauses: Clauses, pointer: Range, verb: Group) -> bool:
    """Whether the verb governs the pointer, and the sentence neither denies the report nor has content of its own."""
    governs = not clauses.grammar.verb_second or verb.finite == pointer[1]
    denied = any(clauses.is_(i, Word.NEGATION) for i in range(clauses.start, clauses.end))
    return governs and not denied and not _has_content(clauses, verb)


def _is_beside(sentences: Sequence[Sentence], number: int) -> bool:
    """Whether the sentence before is in the same paragraph, or is the whole paragraph before."""
    sentence, before = sentences[number], sentences[number - 1]
    alone = number < 2 or sentences[number - 2].paragraph != before.paragraph
    return sentence.paragraph == before.paragraph or (alone and sentence.paragraph == before.paragraph + 1)


def _pointer(clauses: Clauses) -> Range | None:
    """The words that point back: at the start of the sentence, or right after a verb that opens it."""
    first = clauses.start
    starts = [first] if clauses.cue(first) is None else [first, first + 1]
    for start in starts:
        for words in clauses.grammar.pointers:
            if tuple(clauses.tokens.low[start : start + len(words)]) == words:
                return start, start + len(words)
    return None


def _has_content(clauses: Clauses, verb: Group) -> bool:
    """Whether the sentence says itself what was said: after a colon, after "that", or in an infinitive."""
    rest = range(max(verb.end, verb.finite + 1), clauses.end)
    particle = clauses.grammar.verb_second and "to" in verb.frames  # elsewhere it is a preposition too
    opens = Word.COMPLEMENTISER | (Word.INFINITIVE if particle else 0)
    return any(clauses.kind(i) == COLON or clauses.is_(i, opens) for i in rest)


def _said(tokens: Tokens, sentence: Sentence) -> Range:
    """The quotation that the sentence is, or all of the sentence without its full stop."""
    if sentence.quotations and sentence.quotations[0].start == sentence.start:
        last = sentence.quotations[-1].end
        if not any(tokens.kinds[i] == WORD for i in range(last, sentence.end)):
            return sentence.start, last
    return sentence.start, sentence.end - (tokens.kinds[sentence.end - 1] == STOP)


def nested(reading: Reading, sentence: Sentence, number: int, places: Sequence[int]) -> Iterator[Attribution]:
    """The reports within the sentence's quotations that introduce words in marks: "“Pa said: ‘No.’ So we left”"."""
    tokens = reading(number, None).tokens
    for quotation in sentence.quotations:
        for marked in _marked_within(tokens, quotation):
            yield from introduced(reading, marked, number, places, floor=quotation.start + 1)


def introduced(
    reading: Reading, marked: Quotation, number: int, places: Sequence[int], *, floor: int
) -> Iterator[Attribution]:
    """The report right before words in marks, in a stretch of somebody's speech that begins at `floor`."""
    tokens = reading(number, None).tokens
    begin = max(floor, marked.start - _REPORT)
    first = next((i + 1 for i in range(marked.start - 1, begin, -1) if tokens.kinds[i] == STOP), begin)
    inner = Sentence(first, marked.end, 0, (marked,))
    clauses = reading(number, inner)
    for report in read(clauses, [at for at in places if first <= at < marked.start]):
        start, end = marked.inner
        if report.speaker is not None and report.content[0][0] == marked.start and end > start:
            yield report._replace(content=((start, end),), frame="quotation")


def _marked_within(tokens: Tokens, quotation: Quotation) -> Iterator[Quotation]:
    """The words in marks of another kind within a quotation."""
    start, end = quotation.inner
    marks = [i for i in range(start, end) if tokens.kinds[i] == MARK and len(tokens.low[i]) == 1]
    pairs = zip(marks[::2], marks[1::2], strict=False)
    yield from (Quotation(a, b + 1, closed=True) for a, b in pairs if b > a + 1)

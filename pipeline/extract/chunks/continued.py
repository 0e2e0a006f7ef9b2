"""Sentences whose verb alone reports that the speaker of the sentence before goes on: "Man brauche mehr Geld."."""

from collections.abc import Callable, Iterator, Sequence

from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.chunks.phrases import phrase
from pipeline.extract.frames.drafts import Draft
from pipeline.extract.lexicon import AUXILIARY, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import STOP, Tokens

_FEWEST = 3  # words of such a sentence


def continued(
    tokens: Tokens, sentences: Sequence[Sentence], found: Sequence[Draft], reading: Callable[[int], Clauses]
) -> Iterator[Draft]:
    """A draft for each sentence of reported speech that follows a report in its paragraph."""
    last: dict[int, Draft] = {}
    for draft in found:
        last[draft.sentence] = draft
    for number in range(1, len(sentences)):
        before = last.get(number - 1)
        same = sentences[number].paragraph == sentences[number - 1].paragraph
        if before is None or number in last or not same or before.speaker is None:
            continue
        if _is_reported(reading(number)):
            part = _whole(tokens, sentences[number])
            last[number] = Draft((part,), number, None, "follows", before.speaker)
            yield last[number]


def _is_reported(clauses: Clauses) -> bool:
    """Whether the first finite verb outside of quotations has a form of reported speech."""
    sentence = clauses.sentence
    if sentence.end - sentence.start < _FEWEST:
        return False
    found = phrase(clauses, sentence.start, sentence.end)
    if found is not None and not clauses.in_quotation(found[0]) and clauses.is_subjunctive(found[1]):
        return True
    for i in range(sentence.start, sentence.end):
        if clauses.in_quotation(i) or (clauses.capital(i) and i > sentence.start):
            continue
        if clauses.is_reported(i):
            return True
        if clauses.is_(i, AUXILIARY | Word.VERBAL):
            return False
    return False


def _whole(tokens: Tokens, sentence: Sentence) -> Range:
    return sentence.start, sentence.end - (tokens.kinds[sentence.end - 1] == STOP)

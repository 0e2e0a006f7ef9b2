"""Speakers set beside their words: `"words" – Name` under quotations, and those of `turns`."""

from collections.abc import Sequence

from pipeline.extract.language import Language
from pipeline.extract.phrases import is_verb
from pipeline.extract.reading import Attribution
from pipeline.extract.sentences import Sentence
from pipeline.extract.tokens import DASH, STOP, Tokens
from pipeline.extract.turns import attribution, turns

_LONGEST = 20  # tokens of a signature


def labelled(
    tokens: Tokens, language: Language, sentences: Sequence[Sentence], *, interview: bool
) -> list[Attribution]:
    """The attributions by label, each for the sentence it begins."""
    found = [a for number, s in enumerate(sentences) if (a := _signed(tokens, language, s, number))]
    for number in range(1, len(sentences)):
        below = _signed_below(tokens, language, sentences[number - 1], sentences[number], number - 1)
        found += [below] if below else []
    return found + list(turns(tokens, language, sentences, interview=interview))


def _signed(tokens: Tokens, language: Language, sentence: Sentence, number: int) -> Attribution | None:
    """ "We will win." – Jo Doe: a quotation, a dash and a name, and no more."""
    if not sentence.quotations or sentence.quotations[0].start != sentence.start:
        return None
    dash = sentence.quotations[-1].end
    name = _signature(tokens, language, dash, sentence.end)
    return attribution(number, name, (sentence.start, dash), "quotation") if name else None


def _signed_below(
    tokens: Tokens, language: Language, quoted: Sentence, signature: Sentence, number: int
) -> Attribution | None:
    """The same with the name on a line of its own."""
    if not quoted.quotations or quoted.quotations[0].start != quoted.start or quoted.quotations[-1].end != quoted.end:
        return None
    name = _signature(tokens, language, signature.start, signature.end)
    return attribution(number, name, (quoted.start, quoted.end), "quotation") if name else None


def _signature(tokens: Tokens, language: Language, dash: int, end: int) -> tuple[int, int] | None:
    """The name after a dash, if nothing but a name and what its bearer is follows."""
    start = dash + 1
    if start >= end or tokens.kinds[dash] != DASH or not any(tokens.capital[start:end]):
        return None
    if not tokens.capital[start] and not tokens.capital[end - 1 - (tokens.kinds[end - 1] == STOP)]:
        return None  # "– seen from the quay", but "– local publican Jo Doe"
    if end - start > _LONGEST or any(is_verb(tokens, i) for i in range(start, end)):
        return None
    return start, end - (tokens.kinds[end - 1] == STOP)

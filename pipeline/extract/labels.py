"""Speakers set beside their words: `NAME: words` in transcripts and headlines, `"words" – Name` under quotations."""

from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.extract.language import Language, Word
from pipeline.extract.phrases import is_verb
from pipeline.extract.reading import Attribution, Frame
from pipeline.extract.sentences import Sentence
from pipeline.extract.tokens import CLOSE, COLON, COMMA, DASH, MARK, OPEN, STOP, WORD, Tokens

_LONGEST = 10  # tokens of a label
_ADVERBIAL = Word.ADVERB | Word.PREPOSITION | Word.SUBORDINATOR  # "Then, later that month:"
_FEWEST = 2  # labelled paragraphs that make a transcript


def labelled(tokens: Tokens, language: Language, sentences: Sequence[Sentence]) -> list[Attribution]:
    """The attributions by label, each for the sentence it begins."""
    found = [a for number, s in enumerate(sentences) if (a := _signed(tokens, language, s, number))]
    for number in range(1, len(sentences)):
        below = _signed_below(tokens, language, sentences[number - 1], sentences[number], number - 1)
        found += [below] if below else []
    return found + list(_transcript(tokens, language, sentences))


def _attribution(number: int, speaker: tuple[int, int], start: int, end: int, frame: Frame) -> Attribution:
    mark = (speaker[1], speaker[1] + 1) if start > speaker[0] else (speaker[0] - 1, speaker[0])
    return Attribution(number, mark, speaker, "label", ((start, end),), frame, "asserted", ":")


def _signed(tokens: Tokens, language: Language, sentence: Sentence, number: int) -> Attribution | None:
    """ "We will win." – Jo Doe: a quotation, a dash and a name, and no more."""
    if not sentence.quotations or sentence.quotations[0].start != sentence.start:
        return None
    dash = sentence.quotations[-1].end
    name = _signature(tokens, language, dash, sentence.end)
    return _attribution(number, name, sentence.start, dash, "quotation") if name else None


def _signed_below(
    tokens: Tokens, language: Language, quoted: Sentence, signature: Sentence, number: int
) -> Attribution | None:
    """The same with the name on a line of its own."""
    if not quoted.quotations or quoted.quotations[0].start != quoted.start or quoted.quotations[-1].end != quoted.end:
        return None
    name = _signature(tokens, language, signature.start, signature.end)
    return _attribution(number, name, quoted.start, quoted.end, "quotation") if name else None


def _signature(tokens: Tokens, language: Language, dash: int, end: int) -> tuple[int, int] | None:
    """The name after a dash, if nothing but a name and what its bearer is follows."""
    start = dash + 1
    if start >= end or tokens.kinds[dash] != DASH or not tokens.capital[start]:
        return None
    if end - start > 2 * _LONGEST or any(is_verb(tokens, language, i) for i in range(start, end)):
        return None
    return start, end - (tokens.kinds[end - 1] == STOP)


def _label_end(tokens: Tokens, language: Language, start: int, end: int) -> int | None:
    """Where the colon after a name-like label stands, with what its bearer is after a comma: "JO DOE, mayor:"."""
    described = False
    for at in range(start, min(start + _LONGEST, end)):
        if tokens.kinds[at] == COLON:
            return at if at > start else None
        described = described or (tokens.kinds[at] == COMMA and not tokens.classes[start] & _ADVERBIAL)
        if described and tokens.kinds[at] == WORD:
            if is_verb(tokens, language, at) or tokens.classes[at] & Word.PASTLIKE or tokens.low[at] in language.cues:
                return None
            continue
        named = tokens.capital[at] and not tokens.classes[at] & (Word.TIME | Word.DETERMINER | Word.PRONOUN)
        if not named and tokens.kinds[at] not in (STOP, OPEN, CLOSE, DASH, COMMA):
            return None
    return None


def _transcript(tokens: Tokens, language: Language, sentences: Sequence[Sentence]) -> Iterator[Attribution]:
    firsts = [n for n, s in enumerate(sentences) if not n or sentences[n - 1].paragraph != s.paragraph]
    labels: list[tuple[int, int, int]] = []
    for number in firsts:
        start, end = sentences[number].start, sentences[number].end
        start += tokens.kinds[start] == MARK
        colon = _label_end(tokens, language, start, end) if start < end else None
        if colon is None or colon + 1 >= end:
            continue
        if tokens.kinds[colon + 1] == MARK:
            yield _attribution(number, (start, colon), colon + 1, sentences[number].end, "quotation")
        elif tokens.kinds[colon + 1] == WORD:
            labels.append((number, start, colon))
    often = Counter(_label(tokens, start, colon) for _, start, colon in labels)
    repeated = {label for label, times in often.items() if times >= _FEWEST}
    for number, start, colon in labels:
        if _label(tokens, start, colon) in repeated or (repeated and tokens.words(start, colon).isupper()):
            last = number
            while last + 1 < len(sentences) and sentences[last + 1].paragraph == sentences[number].paragraph:
                last += 1
            yield _attribution(number, (start, colon), colon + 1, sentences[last].end, "label")


def _label(tokens: Tokens, start: int, colon: int) -> str:
    return tokens.words(start, colon).partition(",")[0].casefold()

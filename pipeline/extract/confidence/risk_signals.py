"""What may mislead about where a quote begins and ends, or whose it is: signs that its confidence is made from."""

from collections.abc import Sequence
from functools import cache

from pipeline.extract.frames.drafts import Draft
from pipeline.extract.lexicon import Language, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import COMMA, DASH, WORD, Tokens

_EMBEDDING = Word.WH | Word.RELATIVE | Word.COMPLEMENTISER | Word.SUBORDINATOR | Word.CONDITIONAL


def bounds(tokens: Tokens, language: Language, sentences: Sequence[Sentence], draft: Draft) -> tuple[str, ...]:
    """The signs that are there, for a quote with an attribution that names who speaks.

    embedded  the report is part of a larger clause: "what Doe called “a farce”", "that Doe had said so"
    retold    another source is given for the report itself: "“No,” Doe said, according to the Crier"
    cut       the sentence goes on after what was said, and may say more of it: "she would stay, though …"
    running   the paragraph before is all one quotation that it does not close: another's words may go on in this one
    """
    attribution = draft.attribution
    if attribution is None or attribution.speaker is None:
        return ()
    sentence = sentences[attribution.sentence]
    first, last = draft.parts[0][0], draft.parts[-1][1]
    begin = min(attribution.speaker[0], attribution.cue[0])
    end = max(attribution.speaker[1], attribution.cue[1], last)
    signs = []
    if sentence.start < begin < first and tokens.classes[begin - 1] & _EMBEDDING:
        signs.append("embedded")
    if attribution.via != "according" and _retold(tokens, language, sentence, draft.parts):
        signs.append("retold")
    if last == end < sentence.end and tokens.kinds[last] in (COMMA, DASH, WORD):
        signs.append("cut")
    if first >= sentence.start and _running(sentences, attribution.sentence):
        signs.append("running")
    return tuple(signs)


def _running(sentences: Sequence[Sentence], number: int) -> bool:
    """Whether a paragraph that opens with a quotation follows one that is a quotation left open."""
    sentence, before = sentences[number], sentences[number - 1] if number else None
    if before is None or before.paragraph == sentence.paragraph or not sentence.quotations or not before.quotations:
        return False
    open_ = before.quotations[-1]
    whole = number < 2 or sentences[number - 2].paragraph < before.paragraph
    opens = sentence.quotations[0].start == sentence.start
    return whole and opens and not open_.closed and open_.start == before.start


def _retold(tokens: Tokens, language: Language, sentence: Sentence, parts: Sequence[Range]) -> bool:
    """Whether "according to" or its like stands in the sentence outside of what was said."""
    telling = _telling(language.phrases)
    starts = (sentence.start, *(end for _, end in parts))
    ends = (*(start for start, _ in parts), sentence.end)
    for low in (tokens.low[start:end] for start, end in zip(starts, ends, strict=True) if start < end):
        if not telling.keys().isdisjoint(low):
            words = " ".join(low)
            return any(phrase in words for phrase in telling.values())
    return False


@cache
def _telling(phrases: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    """Each phrase by its longest word, which is rare."""
    return {max(phrase, key=len): " ".join(phrase) for phrase in phrases}

"""What may mislead about where a quote begins and ends, or whose it is: signs that its confidence is made from."""

from functools import cache

from pipeline.extract.drafts import Draft
from pipeline.extract.language import Language, Word
from pipeline.extract.phrases import Range
from pipeline.extract.sentences import Sentence
from pipeline.extract.tokens import COMMA, DASH, WORD, Tokens

_EMBEDDING = Word.WH | Word.RELATIVE | Word.COMPLEMENTISER | Word.SUBORDINATOR | Word.CONDITIONAL


def bounds(tokens: Tokens, language: Language, sentence: Sentence, draft: Draft) -> tuple[str, ...]:
    """The signs that are there, for a quote with an attribution that names who speaks.

    embedded  the report is part of a larger clause: "what Doe called “a farce”", "that Doe had said so"
    retold    another source is given for the report itself: "“No,” Doe said, according to the Crier"
    cut       the sentence goes on after what was said, and may say more of it: "she would stay, though …"
    """
    attribution = draft.attribution
    if attribution is None or attribution.speaker is None:
        return ()
    first, last = draft.parts[0][0], draft.parts[-1][1]
    begin = min(attribution.speaker[0], attribution.cue[0])
    end = max(attribution.speaker[1], attribution.cue[1], last)
    signs = []
    if sentence.start < begin < first and tokens.classes[begin - 1] & _EMBEDDING:
        signs.append("embedded")
    if attribution.via != "according" and _retold(tokens, language, sentence, (min(begin, first), end)):
        signs.append("retold")
    if last == end < sentence.end and tokens.kinds[last] in (COMMA, DASH, WORD):
        signs.append("cut")
    return tuple(signs)


def _retold(tokens: Tokens, language: Language, sentence: Sentence, report: Range) -> bool:
    """Whether "according to" or its like stands in the sentence outside the report."""
    telling = _telling(language.phrases)
    for low in (tokens.low[report[1] : sentence.end], tokens.low[sentence.start : report[0]]):
        if not telling.keys().isdisjoint(low):
            words = " ".join(low)
            return any(phrase in words for phrase in telling.values())
    return False


@cache
def _telling(phrases: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    """Each phrase by its longest word, which is rare."""
    return {max(phrase, key=len): " ".join(phrase) for phrase in phrases}

"""Reports within somebody's direct words: "“Jo Doe told me that it was late,” she said" is one of Doe's, too."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from pipeline.extract.frames.attributions import by_verb
from pipeline.extract.frames.sentence_parse import Attribution, SentenceParse
from pipeline.extract.lexicon import AUXILIARY, Language, Word
from pipeline.extract.text.quotations import Quotation
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import STOP, Tokens

_OF_VERB = AUXILIARY | Word.ADVERB | Word.NEGATION

_CLAUSES = ("that", "zero", "wh")


def nested(
    tokens: Tokens, language: Language, sentences: Sequence[Sentence], cues: Sequence[int]
) -> Iterator[Attribution]:
    """The reports inside quotations that have a named subject and a clause; `cues` are the `cue_places`."""
    for number, sentence in enumerate(sentences):
        for quotation in sentence.quotations:
            for at in cues[bisect_left(cues, quotation.start) : bisect_left(cues, quotation.end)]:
                if not _follows_name(tokens, at):
                    continue
                found = _report(tokens, language, _sentence_in(tokens, sentence, quotation, at), number, at)
                if found is not None:
                    yield found


def _follows_name(tokens: Tokens, at: int) -> bool:
    """Whether a name stands before the verb at `at`, its auxiliaries and adverbs aside: most verbs have a pronoun."""
    while tokens.classes[at - 1] & _OF_VERB:
        at -= 1
    return tokens.capital[at - 1] and not tokens.classes[at - 1] & Word.PRONOUN


def _sentence_in(tokens: Tokens, sentence: Sentence, quotation: Quotation, at: int) -> Sentence:
    """The sentence around the token within the quotation."""
    start, end = quotation.inner
    first = next((i + 1 for i in range(at, start, -1) if tokens.kinds[i] == STOP), start)
    last = next((i for i in range(at, end) if tokens.kinds[i] == STOP), end)
    return Sentence(first, last, sentence.paragraph, ())


def _report(tokens: Tokens, language: Language, inner: Sentence, number: int, at: int) -> Attribution | None:
    cue = language.cues.get(tokens.low[at])
    reading = SentenceParse(tokens, language, inner, inner.start, inner.end, number, None, {}, {})
    found = by_verb(reading, cue, at) if cue else None
    if found is None or found.speaker is None or found.via != "subject" or found.frame not in _CLAUSES:
        return None
    return found._replace(via="nested")

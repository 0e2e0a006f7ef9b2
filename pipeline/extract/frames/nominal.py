"""Attributions without a reporting verb: by a noun and its owner, or by a phrase such as "according to".

>>> said("The quay, in Ida Loon's view, is safe.")
Ida Loon: The quay is safe
>>> said("Ida Loon's answer was that the quay is safe.")
Ida Loon: that the quay is safe
>>> said("“The quay is safe,” was the message from Ida Loon.")
Ida Loon: The quay is safe
"""

from pipeline.extract.frames.content import around
from pipeline.extract.frames.content_end import content_end
from pipeline.extract.frames.sentence_parse import Attribution, Frame, SentenceParse
from pipeline.extract.lexicon import AUXILIARY, Form, Word
from pipeline.extract.text.phrases import Range, is_clause, phrase_after, phrase_before
from pipeline.extract.text.tokens import COLON, COMMA

_SOURCE = Word.OF | Word.BY

_PREDICATE = 4  # tokens between a noun and its colon: "her message was very simple:"


def by_noun(reading: SentenceParse, at: int) -> Attribution | None:
    """The report by a noun, whose owner speaks: "her claim that …", "a claim by Doe that …", "her claim: …"."""
    owner = _owner(reading, at)
    if owner is None:
        return _from_source(reading, at)
    if reading.is_(at + 1, Word.COMPLEMENTISER):
        return _clause(reading, at, owner, at + 1)
    return _predicate(reading, at, owner)


def _owner(reading: SentenceParse, at: int) -> Range | None:
    """The owner of the noun at `at`: "Doe's | claim", "her latest | claim"."""
    tokens, language = reading.tokens, reading.language
    suffix = "'" + language.possessive_suffix
    for before in (at - 1, at - 2):
        if reading.is_(before, Word.POSSESSIVE):
            return before, before + 1
        if before > reading.start and tokens.low[before] == suffix:
            return phrase_before(tokens, language, before, reading.floor(at))
        if before < reading.start or tokens.classes[before]:
            return None
    return None


def _clause(reading: SentenceParse, at: int, owner: Range, start: int) -> Attribution | None:
    """The clause after the complementiser at `start`, which is no relative pronoun."""
    stop = content_end(reading, start, Form.PAST)
    if reading.is_(start + 1, AUXILIARY) or not is_clause(reading.tokens, reading.language, start + 1, stop):
        return None
    return _attribution(reading, at, owner, ((start, stop),), "that")


def _attribution(reading: SentenceParse, at: int, owner: Range, parts: tuple[Range, ...], frame: Frame) -> Attribution:
    lemma = reading.tokens.low[at]
    return Attribution(reading.number, (at, at + 1), owner, "possessive", parts, frame, "asserted", lemma)


def _predicate(reading: SentenceParse, at: int, owner: Range) -> Attribution | None:
    """The report of what the noun is: "Doe's answer was | that …", "Doe's answer: | …"."""
    after = reading.skip(at + 1, Word.BE)
    if after > at + 1 and reading.is_(after, Word.COMPLEMENTISER):
        return _clause(reading, at, owner, after)
    colon = next((i for i in range(at + 1, min(at + _PREDICATE, reading.end)) if reading.kind(i) == COLON), 0)
    if not colon or colon + 1 >= reading.end or not (colon == at + 1 or after > at + 1):
        return None
    marked = reading.opening.get(colon + 1)
    if marked is None and not is_clause(reading.tokens, reading.language, colon + 1, reading.end):
        return None
    return _attribution(reading, at, owner, ((colon + 1, reading.end),), "quotation")


def _from_source(reading: SentenceParse, at: int) -> Attribution | None:
    """The report by a noun whose source follows: "a warning from Doe that …", "“…” was the advice of Doe"."""
    sources = reading.language.names["senders"]
    if not (reading.is_(at + 1, _SOURCE) or (at + 1 < reading.end and reading.tokens.low[at + 1] in sources)):
        return None
    source = phrase_after(reading.tokens, reading.language, at + 2, reading.ceiling(at))
    if source is None or not reading.named(source):
        return None
    if reading.is_(source[1], Word.COMPLEMENTISER):
        return _clause(reading, at, source, source[1])
    be = phrase_start(reading, at) - 1
    quotation = reading.closing.get(be) if reading.is_(be, Word.BE) else None
    return _attribution(reading, at, source, ((quotation.start, be),), "before") if quotation else None


def phrase_start(reading: SentenceParse, at: int) -> int:
    """The first token of the noun phrase that ends with the noun at `at`."""
    phrase = phrase_before(reading.tokens, reading.language, at + 1, reading.floor(at))
    return phrase[0] if phrase else at


def by_phrase(reading: SentenceParse, at: int) -> Attribution | None:
    """The report by a phrase, before or after the content: "according to Doe"."""
    length = reading.phrase_at(at)
    end = at + length
    speaker = phrase_after(reading.tokens, reading.language, end, reading.ceiling(end)) if length else None
    if speaker is None:
        return None
    if at == reading.start:
        speaker = _without_clause(reading, speaker)
    return _around(reading, (at, end), speaker, speaker[1])


def by_view(reading: SentenceParse, noun: int) -> Attribution | None:
    """The report by a phrase in which its speaker stands: "in Doe's words", "by her own account".

    After a verb the phrase is its object: "Doe stood by her account".
    """
    at = reading.view_before(noun)
    if at is not None and at > reading.start and reading.is_(at - 1, Word.VERBAL | Word.PASTLIKE):
        return None
    owner = _owner(reading, noun) if at is not None else None
    return _around(reading, (at, noun + 1), owner, noun + 1) if at is not None and owner else None


def _around(reading: SentenceParse, phrase: Range, speaker: Range, right: int) -> Attribution | None:
    parts = around(reading, phrase[0], right, spoken=True)
    lemma = reading.tokens.words(*phrase)
    return (
        Attribution(reading.number, phrase, speaker, "according", parts, "around", "asserted", lemma) if parts else None
    )


def _without_clause(reading: SentenceParse, speaker: Range) -> Range:
    """The speaker without an apposition that is in truth what was said: "According to Doe, a plan was made"."""
    commas = [at for at in range(*speaker) if reading.kind(at) == COMMA]
    if not commas or reading.kind(speaker[1]) == COMMA:
        return speaker
    return speaker[0], commas[0]

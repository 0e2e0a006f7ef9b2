"""Drafts of quotes: attributions joined with the quotations that they alone introduce.

>>> said("“The quay is safe,” Ida Loon said. “It will open in May.”")
Ida Loon: The quay is safe. It will open in May.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pipeline.extract.frames.sentence_parse import TITLE, Attribution
from pipeline.extract.lexicon import AUXILIARY, FINITE, Language, Word
from pipeline.extract.text.phrases import Range, phrase_after, phrase_before
from pipeline.extract.text.sentences import Quotation, Sentence
from pipeline.extract.text.tokens import COLON, COMMA, STOP, WORD, Tokens


class Draft(NamedTuple):
    """Token ranges of a statement's parts, its attribution (None if it has none of its own), and how it was joined."""

    parts: tuple[Range, ...]
    sentence: int
    attribution: Attribution | None
    joined: str
    speaker: Range | None = None
    company: int = 1  # attributions in its sentence
    inner: bool = False  # whether it stands within somebody else's direct speech


def inside(tokens: Tokens, sentence: Sentence) -> bool:
    """Return whether all words of the sentence stand in quotations."""
    if not sentence.quotations:
        return False
    at = sentence.start
    for quotation in sentence.quotations:
        if any(tokens.kinds[i] == WORD for i in range(at, quotation.start)):
            return False
        at = quotation.end
    return not any(tokens.kinds[i] == WORD for i in range(at, sentence.end))


def _resumes(sentences: Sequence[Sentence], number: int) -> bool:
    """Return whether a sentence begins with a quotation longer than a title and ends in words of the writer's.

    In the paragraph of a quotation by somebody it is more of theirs: “We are glad,” she said. “It was hard” at times.
    """
    sentence = sentences[number]
    if not number or sentences[number - 1].paragraph != sentence.paragraph or not sentence.quotations:
        return False
    first = sentence.quotations[0]
    return first.start == sentence.start and first.end - first.start > TITLE and first.end < sentence.end


def _whole(sentence: Sentence) -> Range:
    return sentence.quotations[0].start, sentence.quotations[-1].end


def by_sentence(attributions: Iterable[Attribution], labels: Iterable[Attribution]) -> dict[int, list[Attribution]]:
    """The attributions by the number of their sentence; where a label stands, it is the only one."""
    grouped: dict[int, list[Attribution]] = {}
    for attribution in attributions:
        grouped.setdefault(attribution.sentence, []).append(attribution)
    return grouped | {label.sentence: [label] for label in labels}


def drafts(
    tokens: Tokens, language: Language, sentences: Sequence[Sentence], by_sentence: Mapping[int, list[Attribution]]
) -> list[Draft]:
    """The quotes of the article in order of reading, from the attributions of each sentence."""
    drafted: list[Draft] = []
    pending: tuple[Range, ...] = ()
    taken = 0
    for number, sentence in enumerate(sentences):
        own = by_sentence.get(number, [])
        if sentence.start < taken:
            drafted[-1] = drafted[-1]._replace(sentence=number)
        elif own:
            company = sum(a.via != "passive" for a in own)  # "Asked whether …" crowds nobody
            reports = [Draft(a.content, number, a, "attribution", a.speaker, max(1, company)) for a in own]
            if pending and reports[0].parts[0][0] == sentence.quotations[0].start:
                reports[0] = reports[0]._replace(parts=(*pending, *reports[0].parts))
            drafted += reports
            taken = max(taken, *(a.content[-1][1] for a in own))
            taken = max(taken, _extend_block(sentences, number, drafted))
        elif (colon := _after_colon(tokens, language, sentence)) is not None:
            part, subject = colon
            drafted.append(Draft((part,), number, None, "introduced", subject))
        elif _resumes(sentences, number):
            _prolong(sentences, number, drafted)
        elif inside(tokens, sentence) and not _join(tokens, language, sentences, number, drafted):
            pending = (*pending, _whole(sentence)) if _goes_on(tokens, sentences, number) else ()
            continue
        pending = ()
    return drafted


def _extend_block(sentences: Sequence[Sentence], number: int, drafted: list[Draft]) -> int:
    """Extend a block quotation to its whole paragraph; return the paragraph's end, or 0 if there is no block."""
    last = drafted[-1]
    if last.attribution is None or last.attribution.frame != "block":
        return 0
    block = sentences[number + 1]
    end = block.end
    for sentence in sentences[number + 2 :]:
        if sentence.paragraph != block.paragraph:
            break
        end = sentence.end
    drafted[-1] = last._replace(parts=((block.start, end),))
    return end


def _goes_on(tokens: Tokens, sentences: Sequence[Sentence], number: int) -> bool:
    """Return whether a quotation is left open at its paragraph's end and taken up by the same mark in the next."""
    following = sentences[number + 1] if number + 1 < len(sentences) else None
    if sentences[number].quotations[-1].closed or following is None or not following.quotations:
        return False
    again = following.quotations[0].start
    return again == following.start and tokens.low[again] == tokens.low[sentences[number].quotations[-1].start]


def _join(tokens: Tokens, language: Language, sentences: Sequence[Sentence], number: int, drafted: list[Draft]) -> bool:
    """Join a sentence that is all quotation to the quote before, or draft its own; return whether it has a speaker."""
    sentence = sentences[number]
    before = sentences[number - 1] if number else None
    if before is None:
        return False
    introduced = tokens.kinds[before.end - 1] == COLON
    if not introduced and before.paragraph != sentence.paragraph and _follows(sentences, before, number, drafted):
        drafted.append(Draft((_whole(sentence),), number, None, "follows", drafted[-1].speaker))
        return True
    if not introduced and _prolong(sentences, number, drafted):
        return True
    speaker = _introduced_by(tokens, language, sentences, number, drafted)
    if speaker is None and not introduced:
        return False
    drafted.append(Draft((_whole(sentence),), number, None, "introduced", speaker))
    return True


def _introduced_by(
    tokens: Tokens, language: Language, sentences: Sequence[Sentence], number: int, drafted: Sequence[Draft]
) -> Range | None:
    """Return who is quoted in a sentence that is all quotation, by the sentence before it."""
    sentence, before = sentences[number], sentences[number - 1]
    own = drafted[-1].speaker if drafted and drafted[-1].sentence == number - 1 else None
    if tokens.kinds[before.end - 1] == COLON or before.paragraph == sentence.paragraph:
        return own or _subject(tokens, language, before) or _sender(tokens, language, before)
    if own is not None:
        return own if _stands_alone(sentences, number) else None
    if drafted and before.paragraph - sentences[drafted[-1].sentence].paragraph == 1:
        subject = _subject(tokens, language, before)
        return subject if subject and language.genders.get(tokens.low[subject[0]]) in ("male", "female") else None
    return None


def _follows(sentences: Sequence[Sentence], before: Sentence, number: int, drafted: Sequence[Draft]) -> bool:
    """Return whether the paragraph before ends a quotation: what is in the next is more of it, or another's answer."""
    closed = bool(before.quotations) and before.quotations[-1].closed
    return closed and bool(drafted) and drafted[-1].sentence == number - 1 and _is_quoted(sentences, drafted[-1])


def _after_colon(tokens: Tokens, language: Language, sentence: Sentence) -> tuple[Range, Range] | None:
    """The quotation that ends the sentence after a colon, and the subject: "Doe was not convinced: “It is late.”"."""
    last = sentence.quotations[-1] if sentence.quotations else None
    if last is None or last.end < sentence.end or last.start <= sentence.start:
        return None
    if last.end - last.start <= TITLE and not _is_sentence(tokens, last):
        return None
    subject = _subject(tokens, language, sentence) if tokens.kinds[last.start - 1] == COLON else None
    return ((last.start, last.end), subject) if subject and subject[1] < last.start else None


def _prolong(sentences: Sequence[Sentence], number: int, drafted: list[Draft]) -> bool:
    """Join the sentence's quotations to the quotation of the sentence before; return whether there is one."""
    for place in range(len(drafted) - 1, -1, -1):
        last = drafted[place]
        if last.sentence != number - 1:
            return False
        if _is_quoted(sentences, last):
            del drafted[place]
            drafted.append(last._replace(parts=(*last.parts, _whole(sentences[number])), sentence=number))
            return True
    return False


def _is_quoted(sentences: Sequence[Sentence], draft: Draft) -> bool:
    start, end = draft.parts[-1]
    return any(q.start < end and start < q.end for q in sentences[draft.sentence].quotations)


def _is_sentence(tokens: Tokens, quotation: Quotation) -> bool:
    """Return whether a short quotation is a sentence: a capital letter opens it and a full stop or the like ends it."""
    start, end = quotation.inner
    return end - start > 1 and tokens.capital[start] and tokens.kinds[end - 1] == STOP


def _stands_alone(sentences: Sequence[Sentence], number: int) -> bool:
    """Return whether the sentence is a paragraph of its own."""
    following = sentences[number + 1] if number + 1 < len(sentences) else None
    return following is None or following.paragraph != sentences[number].paragraph


def _sender(tokens: Tokens, language: Language, sentence: Sentence) -> Range | None:
    """Return who is named after "from" before the colon that ends the sentence: "And from the mayor, Jo Doe:"."""
    senders = language.names["senders"]
    at = next((i for i in range(sentence.start, sentence.end) if tokens.low[i] in senders), None)
    return phrase_after(tokens, language, at + 1, sentence.end - 1) if at is not None else None


def _subject(tokens: Tokens, language: Language, sentence: Sentence) -> Range | None:
    """The subject of the sentence's first finite verb in its main clause."""
    start = _main_clause(tokens, language, sentence)
    for i in range(start, sentence.end):
        if any(q.start <= i < q.end for q in sentence.quotations):
            continue
        if tokens.classes[i] & FINITE and not _is_attribute(tokens, i):
            first = i
            while first > start and tokens.classes[first - 1] & Word.ADVERB:
                first -= 1
            inserted = first > start and tokens.kinds[first - 1] == COMMA
            phrase = None if inserted else phrase_before(tokens, language, first, start)
            relative = phrase is not None and tokens.classes[phrase[0]] & (Word.RELATIVE | Word.WH)
            return phrase_after(tokens, language, start, first) if inserted or relative else phrase
    return _pronoun(tokens, language, sentence, start)


def _is_attribute(tokens: Tokens, at: int) -> bool:
    """Return whether a participle stands before its noun: "a | shouted question"."""
    determined = tokens.classes[at - 1] & (Word.ARTICLE | Word.POSSESSIVE) if at else 0
    return bool(determined) and not tokens.classes[at] & (AUXILIARY | Word.VERB)


def _pronoun(tokens: Tokens, language: Language, sentence: Sentence, start: int) -> Range | None:
    """The pronoun for one person that opens the clause, before a verb that is in no list: "She | hears it out"."""
    at = start
    while at < sentence.end and tokens.classes[at] & (Word.ADVERB | Word.CONJUNCTION):
        at += 1
    if at + 1 >= sentence.end or language.genders.get(tokens.low[at]) not in ("male", "female"):
        return None
    subject = tokens.classes[at] & Word.SUBJECT_PRONOUN and tokens.kinds[at + 1] == WORD
    return (at, at + 1) if subject else None


def _main_clause(tokens: Tokens, language: Language, sentence: Sentence) -> int:
    """Return the start of the main clause after an opening participle: "Asked if he was sorry, | Doe laughed"."""
    opener = language.word_class(tokens.low[sentence.start])
    if not opener & (Word.PASTLIKE | Word.GERUND | Word.PREPOSITION | Word.SUBORDINATOR):
        return sentence.start
    commas = (i for i in range(sentence.start, sentence.end) if tokens.kinds[i] == COMMA)
    return next(commas, sentence.start - 1) + 1

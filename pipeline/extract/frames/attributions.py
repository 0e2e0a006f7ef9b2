"""Attributions: a reporting cue with the phrase that speaks and the stretches that are what was said."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

from pipeline.extract.frames.content import around, content
from pipeline.extract.frames.content_end import content_end
from pipeline.extract.frames.passives import modality, passive
from pipeline.extract.frames.sentence_parse import Attribution, SentenceParse, Subject
from pipeline.extract.frames.subjects import subject
from pipeline.extract.lexicon import AUXILIARY, Cue, Form, Language, Word
from pipeline.extract.text.phrases import Range, VerbGroup, is_clause, phrase_after, phrase_before, verb_group
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import COMMA, DASH, Tokens

_NOMINAL = ("object", "like", "preposition", "as", "to")


def attributions(
    tokens: Tokens, language: Language, sentences: list[Sentence], cues: Sequence[int]
) -> list[Attribution]:
    """Every attribution of the article, sentence by sentence; `cues` are its `cue_places`."""
    found: list[Attribution] = []
    first = 0
    for number, sentence in enumerate(sentences):
        last = bisect_left(cues, sentence.end, first)
        if first < last:
            found += _read(_reading(tokens, language, sentences, number), cues[first:last])
        first = last
    return found


def cue_places(tokens: Tokens, language: Language) -> list[int]:
    """The tokens at which an attribution may be."""
    return list(compress(range(len(tokens)), map(language.reports.__contains__, tokens.low)))


def _reading(tokens: Tokens, language: Language, sentences: list[Sentence], number: int) -> SentenceParse:
    sentence = sentences[number]
    following = sentences[number + 1] if number + 1 < len(sentences) else None
    opening = {q.start: q for q in sentence.quotations}
    closing = {q.end: q for q in sentence.quotations}
    return SentenceParse(tokens, language, sentence, sentence.start, sentence.end, number, following, opening, closing)


def _read(reading: SentenceParse, cues: Sequence[int]) -> list[Attribution]:
    """The attributions of a sentence, which can only be at these tokens."""
    tokens, language = reading.tokens, reading.language
    for at in cues:
        if reading.in_quotation(at):
            continue
        low = tokens.low[at]
        cue = language.cues.get(low)
        attribution = _by_noun(reading, at) if low in language.nouns else None
        if attribution is None:
            attribution = by_verb(reading, cue, at) if cue else _by_phrase(reading, at)
        if attribution is not None:
            reading.found.append(attribution)
    return reading.found


def _by_noun(reading: SentenceParse, at: int) -> Attribution | None:
    """ "her claim that …": the owner of the claim speaks."""
    tokens = reading.tokens
    suffix = "'" + reading.language.possessive_suffix
    if not reading.is_(at + 1, Word.COMPLEMENTISER) or reading.is_(at + 2, AUXILIARY):
        return None
    if reading.is_(at - 1, Word.POSSESSIVE):
        owner: Range | None = (at - 1, at)
    elif at - 1 > reading.start and tokens.low[at - 1] == suffix:
        owner = phrase_before(tokens, reading.language, at - 1, reading.floor(at))
    else:
        return None
    stop = content_end(reading, at + 1, Form.PAST)
    if owner is None or not is_clause(tokens, reading.language, at + 2, stop):
        return None
    claim = ((at + 1, stop),)
    return Attribution(reading.number, (at, at + 1), owner, "possessive", claim, "that", "asserted", tokens.low[at])


def _by_phrase(reading: SentenceParse, at: int) -> Attribution | None:
    """ "according to somebody", before or after what was said."""
    length = reading.phrase_at(at)
    end = at + length
    speaker = phrase_after(reading.tokens, reading.language, end, reading.ceiling(end)) if length else None
    if speaker is None:
        return None
    if at == reading.start:
        speaker = _without_clause(reading, speaker)
    parts = around(reading, at, speaker[1], spoken=True)
    if not parts:
        return None
    lemma = reading.tokens.words(at, end)
    return Attribution(reading.number, (at, end), speaker, "according", parts, "around", "asserted", lemma)


def _without_clause(reading: SentenceParse, speaker: Range) -> Range:
    """The speaker without an apposition that is in truth what was said: "According to Doe, a plan was made"."""
    commas = [at for at in range(*speaker) if reading.kind(at) == COMMA]
    if not commas or reading.kind(speaker[1]) == COMMA:
        return speaker
    return speaker[0], commas[0]


def by_verb(reading: SentenceParse, cue: Cue, at: int) -> Attribution | None:
    """The attribution whose cue is the verb at `at`, if it is one."""
    if reading.tokens.capital[at] and at > reading.start:
        return None
    group = verb_group(reading.tokens, cue, at, reading.floor(at))
    if group.passive or (at == reading.start and cue.form & Form.PARTICIPLE):
        return passive(reading, group)
    if _is_noun(reading, group, at):
        return None
    group = _with_particle(reading, group)
    who = subject(reading, group)
    what = content(reading, group, who) if who else None
    if who is None or what is None:
        return None
    parts, frame = what
    quoted = any(start <= q < end for q in reading.opening for start, end in parts)
    nominal = frame in _NOMINAL and (who.via == "relative" or _aside(reading, group, who, quoted))
    if nominal or _is_taken(reading, parts[0]) or _is_formula(reading, parts[0][0]):
        return None
    tone = modality(reading, group, who, frame)
    return Attribution(reading.number, (group.start, group.end), who.phrase, who.via, parts, frame, tone, cue.lemma)


def _is_taken(reading: SentenceParse, part: Range) -> bool:
    """Whether this is the rest of what another verb reports: "“We sail,” she said, speaking of boats, “and swim”"."""
    return any(part[0] == start for earlier in reading.found for start, _ in earlier.content[1:])


def _is_formula(reading: SentenceParse, at: int) -> bool:
    """Whether the content that begins at `at` only asks how the source may be named."""
    low = reading.tokens.low
    return any(tuple(low[at : at + len(phrase)]) == phrase for phrase in reading.language.formulas)


def _aside(reading: SentenceParse, group: VerbGroup, who: Subject, quoted: bool) -> bool:
    """Whether a verb with a noun phrase is no report of its own: within what another said, or far from its subject."""
    if not quoted and any(start <= group.start < end for earlier in reading.found for start, end in earlier.content):
        return True
    before = group.start - 1
    joined = reading.kind(before) in (COMMA, DASH) or reading.is_(before, Word.CONJUNCTION | Word.BY)
    return who.via == "shared" and not joined and group.start not in reading.closing


def _is_noun(reading: SentenceParse, group: VerbGroup, at: int) -> bool:
    """Whether the form at `at` is a noun or an adjective here: "the report", "his alleged claims"."""
    if group.start < at or at == reading.floor(at):
        return False
    if reading.tokens.low[at - 1] == "'" + reading.language.possessive_suffix:
        return not reading.tokens.classes[at - 1]
    if reading.is_(at - 1, Word.ARTICLE | Word.POSSESSIVE) or group.cue.form & Form.GERUND:
        return reading.is_(at - 1, Word.ARTICLE | Word.POSSESSIVE)
    if group.cue.form & Form.PAST and not group.cue.form & Form.BASE:
        return reading.is_(at - 1, Word.AS)
    if reading.is_(at - 1, Word.AND) and reading.found and group.cue.form & Form.THIRD:
        # a verb before "that", "she" or a quotation: "is telling them … and says she"
        return not reading.is_(at + 1, Word.COMPLEMENTISER | Word.SUBJECT_PRONOUN) and at + 1 not in reading.opening
    return reading.is_(at - 1, Word.PREPOSITION | Word.AND) and not reading.is_(at - 1, Word.SUBORDINATOR)


def _with_particle(reading: SentenceParse, group: VerbGroup) -> VerbGroup:
    """The group with the particle that the verb wants: "pointed out"."""
    particles = group.cue.particles
    frames = particles.get(reading.tokens.low[group.end]) if particles and group.end < reading.end else None
    return replace(group, end=group.end + 1, cue=replace(group.cue, frames=frames)) if frames else group

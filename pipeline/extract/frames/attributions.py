"""Attributions: a reporting cue with the speaker phrase and the spans of the content.

>>> said("The quay is safe, according to Ida Loon.")
Ida Loon: The quay is safe

A passive report may name its source:

>>> said("Ida Loon was quoted as saying that the quay is safe.")
Ida Loon: that the quay is safe

An embedded report stands inside a direct quote; the inner speaker is reported, too:

>>> said("“Jo Doe told me that the quay was unsafe,” Ida Loon said.")
Ida Loon: Jo Doe told me that the quay was unsafe
Jo Doe: that the quay was unsafe
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress

from pipeline.extract.frames.content import content
from pipeline.extract.frames.content_end import content_end, first_comma
from pipeline.extract.frames.nominal import by_noun, by_phrase, by_view
from pipeline.extract.frames.sentence_parse import Attribution, Frame, SentenceParse, Subject
from pipeline.extract.frames.subjects import subject
from pipeline.extract.lexicon import AUXILIARY, Cue, Form, Language, Word, endings
from pipeline.extract.text.phrases import Range, VerbGroup, is_clause, phrase_after, phrase_before, verb_group
from pipeline.extract.text.sentences import Quotation, Sentence
from pipeline.extract.text.tokens import COLON, COMMA, DASH, NUMBER, STOP, Tokens
from pipeline.model import Modality


def passive(reading: SentenceParse, group: VerbGroup) -> Attribution | None:
    """The report in the passive, spoken by its agent if anybody: "was asked by Doe whether …", "Asked whether …"."""
    speaker, after = _agent(reading, group.end)
    frame = _frame(reading, group, after)
    if frame is None or group.modal or group.infinitive:
        return None
    stop = _before_colon(reading, after, content_end(reading, after, Form.PAST))
    if group.start == reading.start:
        stop = _main_clause(reading, after, stop)
    elif frame != "that":
        stop = first_comma(reading, after, stop)
    if stop <= after + 1 or (frame == "that" and not is_clause(reading.tokens, reading.language, after + 1, stop)):
        return None
    kind = _tone(group, frame)
    cue = (group.start, group.end)
    return Attribution(reading.number, cue, speaker, "passive", ((after, stop),), frame, kind, group.cue.lemma)


def _before_colon(reading: SentenceParse, start: int, stop: int) -> int:
    """The colon before the answer: "Asked if she would stay | : “Yes.”"."""
    return next((at for at in range(start, stop) if reading.kind(at) == COLON and at + 1 in reading.opening), stop)


def _main_clause(reading: SentenceParse, start: int, stop: int) -> int:
    """The comma before the main clause: "Asked whether he would go to Easton, | Doe said"."""
    for at in range(start + 1, min(stop + 1, reading.end)):
        if reading.kind(at) != COMMA:
            continue
        late = at + 2 if at + 2 in reading.closing else at + 1  # "Asked if he was “late,” | Doe said"
        who = phrase_after(reading.tokens, reading.language, late, reading.end)
        if who is not None and reading.is_finite(reading.skip(who[1], Word.ADVERB)):
            return late if late > at + 1 else at
    return first_comma(reading, start, stop)


def _agent(reading: SentenceParse, at: int) -> tuple[Range | None, int]:
    """Return who is named after "by", and where what follows begins."""
    if not reading.is_(at, Word.BY):
        return None, at
    agent = phrase_after(reading.tokens, reading.language, at + 1, reading.ceiling(at))
    return (agent, agent[1]) if agent else (None, at)


def _frame(reading: SentenceParse, group: VerbGroup, at: int) -> Frame | None:
    """Return how the content is joined to the verb; None if nothing of the sort follows."""
    frames = group.cue.frames
    if reading.is_(at, Word.COMPLEMENTISER) and "that" in frames:
        return "that"
    if reading.is_(at, Word.CONDITIONAL | Word.WH) and "wh" in frames:
        return "wh"
    if at < reading.end and "question" in frames and f"~{reading.tokens.low[at]}" in frames:
        return "preposition"  # "Asked about the boats, she said"
    return "to" if reading.is_(at, Word.INFINITIVE) and "to-you" in frames else None


def modality(reading: SentenceParse, group: VerbGroup, who: Subject, frame: Frame) -> Modality:
    """Return the modality of a verb group: "did not say", "denied", "asked whether", "would say", "if he says"."""
    condition = who.via == "subject" and reading.is_(who.phrase[0] - 1, Word.CONDITIONAL)
    return "hypothetical" if condition and not group.negated else _tone(group, frame)


def _tone(group: VerbGroup, frame: Frame) -> Modality:
    if group.negated:
        return "negated"
    if "denial" in group.cue.frames:
        return "denied"
    if "question" in group.cue.frames and frame not in ("to", "preposition"):
        return "asked"
    return "hypothetical" if group.modal or (group.infinitive and not group.realised) else "asserted"


_NOMINAL = ("object", "like", "preposition", "as", "to")


def attributions(
    tokens: Tokens, language: Language, sentences: list[Sentence], cues: Sequence[int]
) -> list[Attribution]:
    """Every attribution of the article, sentence by sentence; `cues` are its `cue_places`."""
    reports: list[Attribution] = []
    first = 0
    for number, sentence in enumerate(sentences):
        last = bisect_left(cues, sentence.end, first)
        if first < last:
            reports += _read(_reading(tokens, language, sentences, number), cues[first:last])
        first = last
    return reports


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
        if reading.in_quotation(at) or any(first < at < end for first, end in (each.cue for each in reading.reports)):
            continue
        low = tokens.low[at]
        cue = reading.cue(at)
        attribution = by_view(reading, at) if low in language.view_nouns else None
        if attribution is None and low in language.nouns:
            attribution = by_noun(reading, at)
        if attribution is None:
            attribution = by_verb(reading, cue, at) if cue else by_phrase(reading, at)
        if attribution is not None:
            reading.reports += _with_account(reading, attribution)
    return reading.reports


def _with_account(reading: SentenceParse, report: Attribution) -> tuple[Attribution, ...]:
    """The report and, after a denial's colon, what the speaker asserts: "denied that it leaks: | it is tight"."""
    if report.modality != "denied" or len(report.content) > 1:
        return (report,)
    start, stop = report.content[0]
    colon = next((at for at in range(start, stop) if reading.kind(at) == COLON and not reading.in_quotation(at)), stop)
    if colon + 1 >= stop:
        return (report,)
    account = report._replace(content=((colon + 1, stop),), frame="quotation", modality="asserted")
    stands = colon + 1 in reading.opening or is_clause(reading.tokens, reading.language, colon + 1, stop)
    return (report._replace(content=((start, colon),)), account) if stands else (report,)


def by_verb(reading: SentenceParse, cue: Cue, at: int) -> Attribution | None:
    """The attribution whose cue is the verb at `at`, if it is one."""
    group = verb_group(reading.tokens, cue, at, reading.floor(at))
    attributive = cue.form == Form.ADJECTIVE and not reading.is_(group.start, AUXILIARY)
    if attributive or (reading.tokens.capital[at] and at > reading.start):
        return None
    if group.passive or _is_participle(reading, cue, at):
        report = passive(reading, group)
        if report is not None or group.passive or at > reading.start:
            return report  # else "Said Doe, who …, “We are late.”"
    noun = _is_noun(reading, group, at) or _is_plural_noun(reading, group, at)
    if noun or (group.infinitive and not cue.form & Form.BASE):
        return None
    group = _with_particle(reading, group)
    who = subject(reading, group)
    first = group.start
    group, who = _quoted_as(reading, group, who) or (group, who)
    what = content(reading, group, who) if who else None
    parts, frame = (_within_denial(reading, group, what[0]), what[1]) if what else ((), "zero")
    if who is None or not parts or _is_nobody(reading, cue, who):
        return None
    quoted = any(start <= q < end for q in reading.opening for start, end in parts)
    nominal = frame in _NOMINAL and (who.via == "relative" or _aside(reading, group, who, quoted))
    if nominal or _is_taken(reading, parts[0]) or _is_formula(reading, parts[0][0]):
        return None
    tone = modality(reading, group, who, frame)
    return Attribution(reading.number, (first, group.end), who.phrase, who.via, parts, frame, tone, cue.lemma)


def _within_denial(reading: SentenceParse, group: VerbGroup, parts: tuple[Range, ...]) -> tuple[Range, ...]:
    """The parts as far as the denial goes in which the verb stands: "denied that Doe had said so | : it was late"."""
    denied = (part for each in reading.reports if each.modality == "denied" for part in each.content)
    stop = next((end for start, end in denied if start <= group.start < end), None)
    return parts if stop is None else tuple((start, min(end, stop)) for start, end in parts if start < stop)


def _quoted_as(reading: SentenceParse, group: VerbGroup, who: Subject | None) -> tuple[VerbGroup, Subject] | None:
    """The verb and the speaker of what a source "quotes Doe as saying"; the source opens the group."""
    if "retell" not in group.cue.frames:
        return None
    cited = phrase_after(reading.tokens, reading.language, group.end, reading.ceiling(group.end))
    verb = cited[1] + 1 if cited and reading.is_(cited[1], Word.AS) else reading.end
    cue = reading.cue(verb)
    if cited is None or cue is None or not reading.is_cue(verb, Form.GERUND):
        return None
    start = min(group.start, who.phrase[0]) if who else group.start
    return replace(group, start=start, end=verb + 1, cue=replace(cue, form=Form.PAST)), Subject(cited, "subject")


def _is_nobody(reading: SentenceParse, cue: Cue, who: Subject) -> bool:
    """Return whether the subject is nobody who speaks: "Nobody said", "It is clear that"."""
    low, language = reading.tokens.low[who.phrase[0]], reading.language
    idle = cue.form == Form.ADJECTIVE and language.genders.get(low) == "neuter"
    return idle or low in language.names["nobodies"]


def _is_participle(reading: SentenceParse, cue: Cue, at: int) -> bool:
    """Return whether the form is a participle without an auxiliary: "Asked whether …, Doe said", "when asked why"."""
    joined = reading.is_(at - 1, Word.SUBORDINATOR) and not reading.is_(at - 1, Word.COMPLEMENTISER | Word.ADVERB)
    opens = at == reading.start or (joined and not reading.is_(at - 2, AUXILIARY))
    return opens and bool(cue.form & Form.PARTICIPLE)


def _is_taken(reading: SentenceParse, part: Range) -> bool:
    """Return whether another verb reports this part: "“We sail,” she said, speaking of boats, | “and swim”"."""
    return any(part[0] == start for earlier in reading.reports for start, _ in earlier.content[1:])


def _is_formula(reading: SentenceParse, at: int) -> bool:
    """Return whether the content that begins at `at` only asks how the source may be named."""
    low = reading.tokens.low
    return any(tuple(low[at : at + len(phrase)]) == phrase for phrase in reading.language.formulas)


def _aside(reading: SentenceParse, group: VerbGroup, who: Subject, quoted: bool) -> bool:
    """Return whether an unquoted noun phrase is no report: it is inside a report, or its subject is far away."""
    if not quoted and any(start <= group.start < end for earlier in reading.reports for start, end in earlier.content):
        return True
    before = group.start - 1
    joined = reading.kind(before) in (COMMA, DASH) or reading.is_(before, Word.CONJUNCTION | Word.BY)
    return who.via == "shared" and not joined and not group.realised and group.start not in reading.closing


def _is_noun(reading: SentenceParse, group: VerbGroup, at: int) -> bool:
    """Return whether the form at `at` is a noun or an adjective here: "the report", "his alleged claims"."""
    if group.start < at or at == reading.floor(at):
        return False
    clause = reading.is_(at + 1, Word.COMPLEMENTISER | Word.SUBJECT_PRONOUN)
    if reading.tokens.low[at - 1] == "'" + reading.language.possessive_suffix:
        return not reading.tokens.classes[at - 1] and not clause  # not "the shop Doe's denied that …"
    nouns = reading.language.names["nouns_too"]
    determined = reading.is_(at - 1, Word.ARTICLE | Word.POSSESSIVE)
    past = group.cue.form & Form.PAST and not group.cue.form & Form.BASE
    if determined or group.cue.form & Form.GERUND or past:
        return determined or bool(past and reading.is_(at - 1, Word.AS))
    joined = reading.is_(at - 1, Word.AND) and reading.reports and group.cue.form & Form.THIRD
    if reading.tokens.low[at] in nouns or joined:  # "some state officials"
        return not clause and at + 1 not in reading.opening  # not "is telling them … and says she"
    if group.cue.lemma in nouns:
        return _is_counted(reading, at)
    return reading.is_(at - 1, Word.PREPOSITION | Word.AND) and not reading.is_(at - 1, Word.SUBORDINATOR)


def _is_counted(reading: SentenceParse, at: int) -> bool:
    """Return whether a number or a bare noun stands before the form at `at`: "18 | states", "in swing | states"."""
    if reading.kind(at - 1) != NUMBER and (reading.tokens.capital[at - 1] or reading.is_(at - 1, ~Word.GERUND)):
        return False
    phrase = phrase_before(reading.tokens, reading.language, at, reading.floor(at))
    return phrase is None or not reading.is_(phrase[0], Word.ARTICLE | Word.POSSESSIVE)  # not "the letter states"


def _is_plural_noun(reading: SentenceParse, group: VerbGroup, at: int) -> bool:
    """Return whether the form is a noun of a list, "air, stress, noise", or a plural: "the forum posts by Doe"."""
    if group.start < at:
        return False
    if not group.cue.form & Form.THIRD:
        listed = reading.kind(at - 1) == COMMA and reading.kind(at + 1) == COMMA
        return listed and group.cue.form == Form.BASE
    language, low = reading.language, reading.tokens.low[at]
    if (low not in language.speech and low not in language.nouns) or reading.is_(at - 1, Word.SUBJECT_PRONOUN):
        return False
    verb = reading.cue(at + 1)
    if reading.is_(at + 1, Word.COMPLEMENTISER):
        return False
    many = reading.tokens.low[at - 1] in language.names["plural_determiners"]  # "these claims"
    adjective = reading.tokens.low[at - 1].endswith(endings(language, "adjective_endings"))
    described = many or adjective or reading.is_(at - 1, Word.GERUND)  # "generous remarks", "disparaging remarks"
    follows = reading.is_(at + 1, Word.BY | Word.PASTLIKE | Word.GERUND | Word.RELATIVE | AUXILIARY)
    return described or follows or (verb is not None and bool(verb.form & (Form.BASE | Form.PAST)))


def _with_particle(reading: SentenceParse, group: VerbGroup) -> VerbGroup:
    """The group with the words that the verb needs: "pointed out", "let it be known"."""
    particle = reading.with_particle(group.cue, group.end)
    return replace(group, end=particle[0], cue=replace(group.cue, frames=particle[1])) if particle else group


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
                report = _report(tokens, language, _sentence_in(tokens, sentence, quotation, at), number, at)
                if report is not None:
                    yield report


def _follows_name(tokens: Tokens, at: int) -> bool:
    """Return whether a name, and not a pronoun, stands before the verb group that ends at `at`."""
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
    report = by_verb(reading, cue, at) if cue else None
    if report is None or report.speaker is None or report.via != "subject" or report.frame not in _CLAUSES:
        return None
    return report._replace(via="nested")

"""The speaker phrase: the subject that stands around a reporting verb.

>>> said("“The quay is safe,” said Ida Loon, the mayor of Brackwater.")
Ida Loon: The quay is safe
>>> said("The mayor, Ida Loon, who was elected in May, said the quay is safe.")
Ida Loon: the quay is safe
"""

from pipeline.extract.frames.sentence_parse import ADJUNCT, SentenceParse, Subject
from pipeline.extract.lexicon import AUXILIARY, Form, Word
from pipeline.extract.text.phrases import Range, VerbGroup, is_verb, phrase_after, phrase_before
from pipeline.extract.text.tokens import CLOSE, COLON, COMMA, DASH, OPEN, SEMICOLON, STOP, WORD

_INSERTION = 40  # tokens of an insertion between a subject and its verb

_RELATIVE = 15  # tokens of a relative clause between a subject and its verb

_AFTER_APPOSITION = Word.PREPOSITION | Word.TIME | Word.ADVERB | Word.GERUND | Word.PASTLIKE | Word.RELATIVE

_FEWEST = 2  # words of a full name

_GOVERNING = Word.PREPOSITION | AUXILIARY | Word.INFINITIVE


def subject(reading: SentenceParse, group: VerbGroup) -> Subject | None:
    """Return who does the reporting; None if nothing fits, and the form is no report."""
    candidate = _sought(reading, group)
    return candidate if candidate is not None and _can_speak(reading, candidate.phrase) else None


def _can_speak(reading: SentenceParse, phrase: Range) -> bool:
    """Return whether the phrase is whole: its brackets are closed, and it is not "whose boat"."""
    owned = reading.is_(phrase[0], Word.WH) and reading.is_(phrase[0], Word.POSSESSIVE)
    kinds = reading.tokens.kinds[phrase[0] : phrase[1]]
    return not owned and kinds.count(OPEN) == kinds.count(CLOSE)


def _sought(reading: SentenceParse, group: VerbGroup) -> Subject | None:
    """The phrase at the place where the form of the verb has its subject."""
    floor = reading.floor(group.start)
    if group.cue.form & Form.GERUND and not group.finite:
        return _of_gerund(reading, group, floor)
    start = before_adjuncts(reading, group.start, floor) if group.finite else group.start
    before = start - 1
    kind = reading.kind(before)
    if before < floor or kind in (COMMA, DASH):
        floor = reading.start if before < floor else floor
        inverted, inserted = _inverted(reading, group), _across_insertion(reading, before, floor)
        after_quotation = group.start in reading.closing or group.start - 1 in reading.closing
        if (
            inserted
            and not after_quotation
            and "object" in group.cue.frames
            and not (inverted and reading.named(inverted.phrase))
        ):
            inverted = None  # "Jo Doe, the mayor, denied the charge, …"
        return inverted or inserted or _shared(reading, group.start)
    if group.infinitive or reading.is_(before, Word.CONJUNCTION):
        return _shared(reading, group.start) or _of_clause(reading, group.start) or _of_habit(reading, group, floor)
    if reading.is_(before, Word.RELATIVE) and not reading.is_(before, Word.COMPLEMENTISER):
        return Subject((before, before + 1), "relative")
    if kind in (COLON, SEMICOLON, STOP) and not _is_abbreviation(reading, before):
        return _inverted(reading, group)
    return _before(reading, group, start, floor)


def _of_habit(reading: SentenceParse, group: VerbGroup, floor: int) -> Subject | None:
    """Return who "likes to say": the subject of a verb that is in no list, for an infinitive after it."""
    if not group.infinitive:
        return None
    verb = group.start - reading.is_(
        group.start, Word.INFINITIVE
    )  # "refused to say" is one group, "likes" is not in it
    phrase = phrase_before(reading.tokens, reading.language, verb, floor)
    if phrase is None or _governed(reading, phrase, floor):
        return None
    clear = reading.is_(phrase[0], Word.SUBJECT_PRONOUN) or reading.tokens.capital[phrase[1] - 1]
    idle = reading.language.genders.get(reading.tokens.low[phrase[0]]) == "neuter"  # "it is too soon to say"
    return Subject(phrase, "subject") if clear and not idle else None


def _is_abbreviation(reading: SentenceParse, at: int) -> bool:
    return reading.tokens.low[at - 1] in reading.language.abbreviations


def _before(reading: SentenceParse, group: VerbGroup, start: int, floor: int) -> Subject | None:
    phrase = phrase_before(reading.tokens, reading.language, start, floor)
    described = _before_participle(reading, phrase[0] if phrase else start, floor)
    if described is not None and not (phrase and reading.is_(phrase[0], Word.SUBJECT_PRONOUN)):
        return Subject((described[0], group.start), "subject")
    if phrase is None:
        met = _before_relative(reading, start, floor)
        return Subject((met[0], start), "subject") if met else _inverted(reading, group)
    if reading.is_(phrase[1] - 1, Word.ARTICLE) and not reading.is_(phrase[1] - 1, Word.PRONOUN):
        return None  # "in an earlier | post"
    whole = _beyond_modifier(reading, phrase, floor)
    if whole is not None:
        return Subject((whole[0], start), "subject")
    governed = _governed(reading, phrase, floor)
    name = _name_after_place(reading, phrase, floor) if governed else None
    if governed or _disagrees(reading, phrase, group):
        return Subject(name, "subject") if name else None
    dated = reading.is_(phrase[0], Word.DAYTIME) and phrase[1] - phrase[0] > 1  # "Last night | the council said"
    dated = dated and reading.tokens.low[phrase[0] - 1] in reading.language.names["dating"]
    return Subject((phrase[0] + dated, phrase[1]), "subject")


def _before_relative(reading: SentenceParse, end: int, floor: int) -> Range | None:
    """The head of a relative clause without its pronoun: "all the bakers | I met", "everybody | she asked"."""
    verb = end - 1
    if not reading.is_(verb, Word.PASTLIKE | Word.VERBAL) or not reading.is_(verb - 1, Word.SUBJECT_PRONOUN):
        return None
    head = phrase_before(reading.tokens, reading.language, verb - 1, floor)
    several = head is not None and reading.is_(head[0], Word.DETERMINER | Word.PRONOUN)
    return head if head and several and not _governed(reading, head, floor) else None


def _name_after_place(reading: SentenceParse, phrase: Range, floor: int) -> Range | None:
    """The name after the noun of a place or an occasion that opens the sentence: "In a radio interview | Jo Doe"."""
    if phrase[0] - 1 != floor or not reading.is_(phrase[0], Word.ARTICLE | Word.POSSESSIVE):
        return None
    first = next((at for at in range(phrase[1] - 1, phrase[0], -1) if not reading.tokens.capital[at]), phrase[0])
    noun = phrase[0] < first < phrase[1] - 1 and not reading.is_(first, ~Word.DAYTIME)
    return (first + 1, phrase[1]) if noun else None


def _before_participle(reading: SentenceParse, end: int, floor: int) -> Range | None:
    """The head of "a poll released Tuesday by X said", "a study published in X found"; `end` is where the X begins."""
    linked = reading.is_(end - 1, Word.PREPOSITION | Word.TIME | Word.PASTLIKE)
    at = before_adjuncts(reading, end - reading.is_(end - 1, Word.PREPOSITION), floor)
    if not linked or at - 1 <= floor or not reading.is_(at - 1, Word.PASTLIKE | Word.VERBAL):
        return None
    head = phrase_before(reading.tokens, reading.language, at - 1, floor)
    if head is None or not reading.is_(head[0], Word.DETERMINER | Word.POSSESSIVE):
        return None
    alone = head[0] == floor or reading.is_(head[0] - 1, Word.CONJUNCTION | Word.COMPLEMENTISER)
    return head if alone else None


def before_adjuncts(reading: SentenceParse, at: int, floor: int) -> int:
    """The token after the subject of the verb at `at`: "Doe on Tuesday | said", "Doe also | said"."""
    while at > floor and reading.kind(at - 1) == WORD:
        timed = reading.is_(at, Word.TIME | Word.DAYTIME) and reading.is_(at - 1, Word.PREPOSITION)
        dated = reading.is_(at, Word.DAYTIME) and reading.is_(at - 1, Word.DETERMINER)  # "Doe this month | said"
        if not reading.is_(at - 1, ADJUNCT) and not timed and not (dated and at - 1 > floor):
            break
        at -= 1
    return at


def _beyond_modifier(reading: SentenceParse, phrase: Range, floor: int) -> Range | None:
    """The head of "a letter obtained by X", "voters who know X", when `phrase` is the X before the verb."""
    tokens, before = reading.tokens, phrase[0] - 1
    if before <= floor:
        return None
    if reading.is_(before, Word.PREPOSITION) and reading.is_(before - 1, Word.PASTLIKE):
        modified = phrase_before(tokens, reading.language, before - 1, floor)
        if modified is not None and not reading.is_(modified[0], Word.RELATIVE):
            return modified
    verb = is_verb(tokens, before) or _is_object(reading, phrase)
    if not verb and not reading.is_(before, Word.PASTLIKE | Word.PREPOSITION):
        return None
    for at in range(before, max(floor, before - _RELATIVE), -1):
        if reading.kind(at) != WORD:
            return None
        whose = reading.is_(at, Word.WH) and reading.is_(at, Word.POSSESSIVE) and at < before - 1
        if whose or (reading.is_(at, Word.RELATIVE) and not reading.is_(at, Word.COMPLEMENTISER)):
            return phrase_before(tokens, reading.language, at, floor)
    return None


def _is_object(reading: SentenceParse, phrase: Range) -> bool:
    """Return whether a word that is in no list must be a verb, for a phrase with a determiner follows it."""
    before = phrase[0] - 1
    plain = reading.kind(before) == WORD and not reading.tokens.capital[before]
    return plain and not reading.tokens.classes[before] and reading.is_(phrase[0], Word.DETERMINER)


def _governed(reading: SentenceParse, phrase: Range, floor: int) -> bool:
    """Return whether the phrase belongs to what stands before it: "at a group called", "would consider offers"."""
    if phrase[0] <= floor or reading.is_(phrase[0], Word.SUBJECT_PRONOUN):
        return False
    if reading.is_(phrase[0], Word.DETERMINER) and reading.is_(phrase[0] - 1, Word.PASTLIKE | Word.VERB):
        return True
    return reading.is_(phrase[0] - 1, _GOVERNING) and not reading.is_(phrase[0] - 1, Word.SUBORDINATOR)


def _disagrees(reading: SentenceParse, phrase: Range, group: VerbGroup) -> bool:
    """Return whether a form after this phrase must be a noun: "a survey report", "her remarks were"."""
    tokens, last = reading.tokens, phrase[1] - 1
    if group.cue.form & Form.PAST or group.start < group.end - 1:
        return False
    if group.end < reading.end and is_verb(tokens, group.end):
        return True
    if group.cue.form & Form.THIRD:
        return reading.is_(last, Word.DETERMINER) and not reading.is_(last, Word.PRONOUN)
    if tokens.low[last] in reading.language.names["singular"]:
        return True  # "another | state"
    if reading.is_(last, Word.PRONOUN | Word.DETERMINER | Word.COLLECTIVE):
        return False
    joined = any(reading.is_(at, Word.AND) for at in range(*phrase))
    return not _is_plural(reading, phrase) and not (joined and tokens.capital[last])


def _is_plural(reading: SentenceParse, phrase: Range) -> bool:
    """Return whether the phrase can be plural by its last word or its head: "officials close to the mayor"."""
    tokens, suffix = reading.tokens, reading.language.plural_suffix
    if tokens.low[phrase[1] - 1].endswith(suffix):
        return True
    joint = Word.PREPOSITION | Word.INFINITIVE
    end = next((at for at in range(phrase[0] + 1, phrase[1]) if reading.is_(at, joint)), phrase[1])
    shares = reading.language.names["shares"]
    return tokens.low[phrase[1] - 1] in shares or any(
        low.endswith(suffix) or low in shares for low in tokens.low[phrase[0] : end]
    )


def _inverted(reading: SentenceParse, group: VerbGroup) -> Subject | None:
    """The subject after its verb: "“We sail,” | said Doe"."""
    closed = reading.kind(group.start - 1) == COMMA or group.start in reading.closing
    forms = Form.PAST | Form.THIRD | (Form.BASE if closed else 0)  # ", say the nurses"
    whole = group.start == group.end - 1 and bool(group.cue.form & forms)
    if not whole or "quote" not in group.cue.frames:
        return None
    if group.start == reading.start and not reading.opening:
        return None
    phrase = phrase_after(reading.tokens, reading.language, group.end, reading.ceiling(group.end))
    if phrase is None:
        return None
    phrase = _with_name(reading, phrase)
    if group.start in reading.closing or group.start - 1 in reading.closing:
        return Subject(phrase, "inverted")
    headline = phrase[1] == reading.end and group.cue.form & Form.THIRD  # "…, says union"
    opens = headline or reading.named(phrase) or reading.is_(phrase[0], Word.DETERMINER)
    if "you" in group.cue.frames or not opens or not _may_follow_speaker(reading, phrase):
        return None
    return Subject(phrase, "inverted")


def _with_name(reading: SentenceParse, phrase: Range) -> Range:
    """The phrase as far as the name that follows its relative clause: "the man | who made it, Doe"."""
    modified = reading.is_(phrase[1], Word.RELATIVE | Word.PREPOSITION)
    if not modified or reading.named(phrase) or not reading.is_(phrase[0], Word.ARTICLE):
        return phrase
    near = range(phrase[1] + 1, min(phrase[1] + _RELATIVE, reading.ceiling(phrase[1])))
    comma = next((at for at in near if reading.kind(at) == COMMA), -1)
    name = phrase_after(reading.tokens, reading.language, comma + 1, reading.end) if comma > 0 else None
    if name is None or not all(reading.tokens.capital[name[0] : name[0] + _FEWEST]):
        return phrase
    closes = reading.kind(name[1]) in (-1, STOP, COMMA) or reading.is_(name[1], Word.PREPOSITION | Word.TIME)
    return (phrase[0], name[1]) if closes and name[1] - name[0] >= _FEWEST else phrase


def _may_follow_speaker(reading: SentenceParse, phrase: Range) -> bool:
    """Return whether what follows the phrase can follow "said Doe": the sentence's end, a comma, an adjunct."""
    at = phrase[1]
    if reading.kind(at) == WORD:
        described = COMMA in reading.tokens.kinds[phrase[0] : at]  # "said Doe, a baker | currently living in Easton"
        return reading.is_(at, _AFTER_APPOSITION if described else Word.PREPOSITION | Word.TIME)
    return reading.kind(at) in (-1, STOP, COMMA, DASH) or (reading.kind(at) == COLON and at + 1 in reading.opening)


def _across_insertion(reading: SentenceParse, comma: int, floor: int) -> Subject | None:
    """The phrase before an insertion that ends at `comma`: "Doe, the mayor of Springfield, said"."""
    tokens = reading.tokens
    if comma <= floor:
        return None
    mark = DASH if tokens.kinds[comma] == DASH else COMMA
    nearest: Range | None = None
    for at in range(comma - 2, max(floor, comma - _INSERTION), -1):
        if tokens.kinds[at] != mark:
            continue
        phrase = phrase_before(tokens, reading.language, at, floor)
        if phrase is None or (nearest and reading.is_(phrase[0], Word.PREPOSITION)):
            continue  # "In a statement to the press, | the mayor, Jo Doe, said"
        opens = Word.CONJUNCTION | Word.SUBORDINATOR
        if phrase[0] == floor or (reading.is_(phrase[0] - 1, opens) and not reading.is_(phrase[0] - 1, Word.AS)):
            return Subject((phrase[0], comma), "subject")
        nearest = nearest or phrase
    if nearest is None and COMMA not in tokens.kinds[floor:comma]:
        whole = phrase_before(tokens, reading.language, comma, floor)  # "The harbour firm Doe & Roe, has said"
        nearest = whole if whole and whole[0] == floor and reading.named(whole) else None
    return Subject((nearest[0], comma), "subject") if nearest else None


def _shared(reading: SentenceParse, at: int) -> Subject | None:
    """The subject of the attribution before in the sentence: "said A and urged B"."""
    for earlier in reversed(reading.reports):
        if (
            earlier.speaker is not None
            and earlier.via != "passive"
            and not (earlier.via == "relative" and _comma_between(reading, earlier.cue[1], at))
        ):
            return Subject(earlier.speaker, "shared")
    return None


def _comma_between(reading: SentenceParse, start: int, end: int) -> bool:
    return COMMA in reading.tokens.kinds[start:end]


def _of_gerund(reading: SentenceParse, group: VerbGroup, floor: int) -> Subject | None:
    """Return who "saying" belongs to: "with Doe saying", "blamed Doe for saying", or the subject of its clause."""
    before = before_adjuncts(reading, group.start, floor) - 1  # "with Doe reportedly | yelling"
    if reading.is_(before, Word.FOR) and not reading.is_(before, Word.SUBORDINATOR):
        blamed = phrase_before(reading.tokens, reading.language, before, floor)
        if blamed and reading.named(blamed) and not _governed(reading, blamed, floor):
            return Subject(blamed, "subject")
    if reading.kind(before) == WORD and not reading.is_(before, Word.PREPOSITION | Word.SUBORDINATOR):
        phrase = phrase_before(reading.tokens, reading.language, before + 1, floor)
        phrase = _last_name(reading, phrase) if phrase and reading.tokens.capital[before] else phrase
        governed = phrase is not None and reading.is_(phrase[0] - 1, Word.PREPOSITION)
        if phrase and governed and (reading.named(phrase) or reading.is_(phrase[0] - 1, Word.WITH)):
            return Subject(phrase, "subject")
    return _of_clause(reading, group.start) or _shared(reading, group.start) or _of_main_clause(reading, group)


def _of_main_clause(reading: SentenceParse, group: VerbGroup) -> Subject | None:
    """Return who "saying" at the sentence's start belongs to: "Saying that she was late, | Doe left"."""
    if reading.skip(reading.start, Word.SUBORDINATOR | Word.PREPOSITION | Word.ADVERB) != group.start:
        return None
    for at in range(group.end, reading.end):
        if reading.kind(at) != COMMA or reading.in_quotation(at):
            continue
        phrase = phrase_after(reading.tokens, reading.language, at + 1, reading.end)
        if phrase is not None and reading.is_finite(reading.skip(phrase[1], Word.ADVERB)):
            return Subject(phrase, "opening")
    return None


def _last_name(reading: SentenceParse, phrase: Range) -> Range:
    """The phrase after its last preposition: "footage of | Doe" saying."""
    for at in range(phrase[1] - 1, phrase[0], -1):
        if reading.is_(at, Word.PREPOSITION) and not reading.tokens.capital[at]:
            return at + 1, phrase[1]
    return phrase


def _of_clause(reading: SentenceParse, end: int) -> Subject | None:
    """The subject of the last main-clause verb before `end`, or of the first verb if none is in a main clause."""
    first: Range | None = None
    for at in range(end - 1, reading.start, -1):
        if reading.kind(at) != WORD or reading.in_quotation(at):
            continue
        phrase = _verb_subject(reading, at)
        if phrase is None or (reading.is_(phrase[0], Word.PRONOUN) and reading.reported(at)):
            continue
        before = phrase[0] - 1
        if (
            phrase[0] == reading.start
            or reading.kind(before) in (COMMA, SEMICOLON, DASH)
            or before + 1 in reading.closing
        ):
            return Subject(phrase, "shared")
        if reading.is_(before, Word.CONJUNCTION) and not reading.is_(before, Word.SUBORDINATOR):
            return Subject(phrase, "shared")
        first = phrase
    if first is None:
        opening = None if reading.reports else phrase_after(reading.tokens, reading.language, reading.start, end)
        if opening and opening[1] - opening[0] > 1 and reading.is_cue(opening[1] - 1, Form.THIRD):
            opening = opening[0], opening[1] - 1  # "Doe concludes | by saying"
        first = opening if opening and opening[1] < end and reading.named(opening) else None
    return Subject(first, "shared") if first else None


def _verb_subject(reading: SentenceParse, at: int) -> Range | None:
    """The phrase before the verb at `at`, if it is a finite verb with one."""
    tokens, language = reading.tokens, reading.language
    if not is_verb(tokens, at) and not reading.is_(at, Word.PASTLIKE):
        return None
    if reading.is_(at, Word.PASTLIKE) and (
        reading.is_(at - 1, Word.DETERMINER | Word.POSSESSIVE) or tokens.low[at - 1] == "'s"
    ):
        return None
    first = before_adjuncts(reading, at, reading.start)
    if first <= reading.start or reading.is_(first - 1, Word.INFINITIVE):
        return None
    if reading.kind(first - 1) == COMMA:
        inserted = _across_insertion(reading, first - 1, reading.start)
        return inserted.phrase if inserted else None
    phrase = phrase_before(tokens, language, first, reading.floor(first))
    if phrase is None or _governed(reading, phrase, reading.start):
        return None
    return phrase

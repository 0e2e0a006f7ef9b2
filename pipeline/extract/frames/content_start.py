"""The start of the content after a reporting verb, by the frames that the verb allows: clause, infinitive, quotation.

>>> said("Ida Loon said on Monday that the quay is safe.")
Ida Loon: that the quay is safe
>>> said("Ida Loon said the quay is safe.")
Ida Loon: the quay is safe
>>> said("Ida Loon promised to repair the quay.")
Ida Loon: to repair the quay
>>> said("Ida Loon said: “The quay is safe.”")
Ida Loon: The quay is safe.
"""

from pipeline.extract.frames.content_end import content_end
from pipeline.extract.frames.sentence_parse import TITLE, Frame, SentenceParse
from pipeline.extract.lexicon import AUXILIARY, Word
from pipeline.extract.text.phrases import VerbGroup, is_clause, phrase_after
from pipeline.extract.text.tokens import COLON, COMMA, MARK, NUMBER, SEMICOLON, STOP, WORD

_ADJUNCTS = 14  # tokens between a cue and its content: "told reporters in Springfield on Tuesday that"

_SMALL = 3  # letters of words that stand small in titles

_ADDRESSEE = 8  # tokens that name who was told

_MODIFIERS = 10  # tokens between a subject and its verb: "any further deals to increase trade should"

_PLACE = 6  # tokens of "in a joint statement", "on Radio Nord"

_OPENS_SUBJECT = Word.SUBJECT_PRONOUN | Word.DETERMINER | Word.POSSESSIVE | Word.PRONOUN

_NO_ADJUNCT = Word.SUBJECT_PRONOUN | Word.VERBAL  # between a cue and its clause

_AFTER_GREETING = Word.PREPOSITION | Word.INFINITIVE | Word.CONJUNCTION | Word.TIME | Word.ADVERB

_OF_TALK = frozenset(("free", "you"))

_TAKES_QUOTATION = frozenset(("quote", "like", "as", "object"))

Opening = tuple[int, Frame]


def opening(reading: SentenceParse, group: VerbGroup, right: int) -> Opening | None:
    """Return where the content begins and by which frame; a reported clause before everything else."""
    if right >= reading.end:
        return None
    greets = reading.tokens.low[right] in reading.language.names["greetings"] and not reading.tokens.capital[right]
    if greets and (reading.kind(right + 1) != WORD or reading.is_(right + 1, _AFTER_GREETING)):
        return None  # "said goodbye", and not "said no one came"
    for find in _FINDERS:
        start = find(reading, group, right)
        if start is not None:
            return start
    return None


def _marker(reading: SentenceParse, group: VerbGroup, right: int) -> Opening | None:
    """A complementiser, a colon or a quotation soon after the cue, with nothing but adjuncts between."""
    tokens, frames = reading.tokens, group.cue.frames
    crossed, past = False, right
    for at in range(right, min(right + _ADJUNCTS, reading.end)):
        if at < past:
            continue
        if at in reading.opening:
            apart = at > right + 1 or reading.kind(right) == WORD
            if at == right or not apart or not _is_title(reading, at):
                return _quotation(reading, group, right, at) if past == right else None
            past = reading.opening[at].end  # "said on “Good Morning” that …"
            continue
        kind, classes = tokens.kinds[at], tokens.classes[at]
        if kind == COLON and "quote" in frames:
            return _after_colon(reading, at, far=at > right)
        if kind == COMMA and (at > right or at + 1 in reading.opening or reading.is_(at + 1, Word.PREPOSITION)):
            crossed = True
        elif classes & Word.COMPLEMENTISER:
            far = crossed and reading.kind(at - 1) != COMMA and "you" not in frames
            return _complementiser(reading, group, at, far=far, first=at == right)
        elif classes & Word.CONDITIONAL and "wh" in frames:
            return at, "wh"
        elif not _is_adjunct(reading, at):
            return None
    return None


def _is_adjunct(reading: SentenceParse, at: int) -> bool:
    """Return whether the token can stand between a cue and its clause: "on Tuesday", "at yesterday's meeting"."""
    if reading.is_(at - 1, Word.TIME) and reading.owns(at - 1):
        return True
    if reading.is_(at, Word.VERB) and reading.tokens.low[at - 1] in reading.language.nouns:
        return True  # "repeated a pledge | made in May that"
    return reading.kind(at) in (WORD, NUMBER) and not (reading.is_(at, _NO_ADJUNCT) or reading.is_cue(at))


def _quotation(reading: SentenceParse, group: VerbGroup, right: int, at: int) -> Opening | None:
    direct = at == right or reading.kind(at - 1) in (COMMA, COLON) or _whole_sentence(reading, at)
    return (at, "quotation") if direct and group.cue.frames & _TAKES_QUOTATION else None


def _is_title(reading: SentenceParse, at: int) -> bool:
    """Return whether the quotation is a work's title: a few words, all but the small ones capitalised."""
    start, end = reading.opening[at].inner
    longer = [i for i in range(start, end) if reading.kind(i) == WORD and len(reading.tokens.low[i]) > _SMALL]
    return end - start <= TITLE and len(longer) > 1 and all(reading.tokens.capital[i] for i in longer)


def _complementiser(reading: SentenceParse, group: VerbGroup, at: int, *, far: bool, first: bool) -> Opening | None:
    """The complementiser of a clause, and not "of that" or the relative pronoun of "a claim that annoyed"."""
    if first and "zero" in group.cue.frames and reading.is_(at + 1, AUXILIARY):
        return at, "zero"  # "said | that would help"
    governed = not first and (reading.is_(at - 1, Word.PREPOSITION) or far)
    if governed or "that" not in group.cue.frames or reading.is_finite(at + 1):
        return None
    return at, "that"


def _preposition(reading: SentenceParse, group: VerbGroup, right: int) -> Opening | None:
    """The noun phrase after a preposition: "called again for | a vote"."""
    if _is_unreal(group):
        return None
    for late in (reading.skip(right, Word.ADVERB), _person_end(reading, right)):
        if late < reading.end and f"~{reading.tokens.low[late]}" in group.cue.frames:
            return late + 1, "preposition"
    return None


def _is_unreal(group: VerbGroup) -> bool:
    """Return whether the verb is an infinitive for what may not have been said: not "went on to criticise"."""
    return group.infinitive and not group.realised


def _person_end(reading: SentenceParse, right: int) -> int:
    """The end of the name or pronoun of somebody who was asked: "asked Doe | about the boats"."""
    named = reading.kind(right) == WORD and reading.tokens.capital[right]
    return addressee_end(reading, right) if named or reading.is_(right, Word.PRONOUN) else reading.end


def _bare(reading: SentenceParse, group: VerbGroup, right: int) -> Opening | None:
    """The infinitive, question or gerund right after the verb: "vowed to go", "asked why", "denied going"."""
    negated = reading.is_(right, Word.NEGATION) and reading.is_(right + 1, Word.INFINITIVE)
    late = right if negated else reading.skip(_beyond_adverbial(reading, right), Word.ADVERB)
    if "to" in group.cue.frames and (negated or reading.is_(late, Word.INFINITIVE)):
        return late, "to"  # "vowed not to go", "pledged only to go"
    if "wh" in group.cue.frames and reading.is_(right, Word.WH):
        return right, "wh"
    if "ing" in group.cue.frames and reading.is_(late, Word.GERUND):
        return right, "to"  # "denied taking bribes"
    return None


def _beyond_adverbial(reading: SentenceParse, right: int) -> int:
    """The infinitive after "on Sunday", "at a rally in Easton"; or what follows the times."""
    at = _times_end(reading, right)
    place = reading.is_(at, Word.PREPOSITION) and not reading.is_(at, Word.SUBORDINATOR)
    phrase = phrase_after(reading.tokens, reading.language, at + 1, reading.end) if place else None
    end = _times_end(reading, phrase[1]) if phrase else at
    return end if reading.is_(end, Word.INFINITIVE) else at


def _whole_sentence(reading: SentenceParse, at: int) -> bool:
    """Return whether the quotation at `at` begins like a sentence and is longer than a title."""
    quotation = reading.opening[at]
    return quotation.end - at > TITLE and reading.tokens.capital[at + 1]


def _after_colon(reading: SentenceParse, colon: int, *, far: bool) -> Opening | None:
    """Return the words after a colon; unquoted words must be a clause, or the colon must follow the verb directly."""
    if colon + 1 < reading.end:
        clause = colon + 1 in reading.opening or is_clause(reading.tokens, reading.language, colon + 1, reading.end)
        return (colon + 1, "quotation") if clause or not far else None
    following = reading.following
    if following is None:
        return None
    if following.quotations and following.quotations[0].start == following.start:
        return following.start, "quotation"
    block = not far and following.paragraph != reading.sentence.paragraph and not following.quotations
    return (following.start, "block") if block else None


def _with_object(reading: SentenceParse, group: VerbGroup, right: int) -> Opening | None:
    """The object with its complement: "described X as Y", "urged X to do Y", "called X Y"."""
    frames = group.cue.frames
    if _is_unreal(group) or reading.kind(right) not in (WORD, NUMBER) or reading.is_(right, Word.PREPOSITION):
        return None
    if "as" in frames and (reading.is_(right, Word.AS) or _ahead(reading, right, Word.AS)):
        return (_named_so(reading, right) if reading.is_(right, Word.WH) else right), "as"
    if "to-you" in frames and (infinitive := _ahead(reading, right, Word.INFINITIVE)):
        asks = reading.is_(infinitive - 1, Word.WH)  # "told the club where to put its cup"
        return (infinitive - 1, "wh") if asks else (right, "to")
    if "like" in frames and (_opens_phrase(reading, right) or reading.is_(right, Word.PRONOUN)):
        return right, "like"
    return None


def _clause(reading: SentenceParse, group: VerbGroup, right: int) -> Opening | None:
    """The clause without a complementiser: "said the harbour was open"."""
    if "zero" not in group.cue.frames or reading.kind(right) not in (WORD, NUMBER):
        return None
    at = _skip_adjuncts(reading, group, right)
    if at is None or _is_adverbial(reading, at) or not _opens_clause(reading, at, group):
        return None
    return at, "zero"


def _is_adverbial(reading: SentenceParse, at: int) -> bool:
    """Return whether only a relative clause follows: "said | in a letter that reached the staff"."""
    if not reading.is_(at, Word.PREPOSITION) or reading.is_(at, Word.SUBORDINATOR):
        return False
    for i in range(at + 1, reading.end):
        if reading.is_(i, Word.RELATIVE):
            return COMMA not in reading.tokens.kinds[i : reading.end]
        if reading.is_finite(i) or reading.kind(i) != WORD:
            return False
    return False


def _noun_phrase(reading: SentenceParse, group: VerbGroup, right: int) -> Opening | None:
    """The noun phrase that is the object: "criticised the plan"."""
    if "object" not in group.cue.frames or _is_unreal(group) or not _opens_phrase(reading, right):
        return None
    last = reading.sentence.quotations[-1] if reading.sentence.quotations else None
    if last is not None and last.start > right and last.end == reading.end and reading.kind(last.start - 1) == COLON:
        return last.start, "quotation"  # "defended the plan: “We will stay.”"
    if reading.kind(reading.end - 1) == COLON and last is None:
        return _after_colon(reading, reading.end - 1, far=False) or (right, "object")
    return right, "object"


def _named_so(reading: SentenceParse, right: int) -> int:
    """The quotation after "as" for what has no other name: "mocked what they built as | “a barn”"; else `right`."""
    named = (q.start for q in reading.sentence.quotations if q.start > right and reading.is_(q.start - 1, Word.AS))
    return next(named, right)


def _ahead(reading: SentenceParse, right: int, wanted: int) -> int:
    """The word of the class that follows an object, before any comma and not at once; 0 if none does."""
    for at in range(right, min(right + _ADJUNCTS, reading.end)):
        clause = at > right and _is_subject(reading, at)  # "told the town she wanted to go"
        if clause or reading.kind(at) in (COMMA, STOP, SEMICOLON, COLON):
            return 0
        if reading.is_(at, wanted) and reading.kind(at) == WORD and at > right:
            return at
    return 0


def _skip_adjuncts(reading: SentenceParse, group: VerbGroup, right: int) -> int | None:
    """Return where a clause may begin after "said on Tuesday", "told reporters"."""
    if _is_existential(reading, right):
        return right
    at = addressee_end(reading, right) if "you" in group.cue.frames else right
    late = _times_end(reading, at)
    at = at if reading.is_(late, AUXILIARY) else late  # "said | this week was hard"
    if group.cue.frames & _OF_TALK:
        at = _beyond_place(reading, at)
    if reading.kind(at) not in (WORD, NUMBER, MARK):
        return None
    joins = Word.SUBORDINATOR | Word.CONJUNCTION | Word.RELATIVE
    if reading.is_(at, Word.AS) and reading.is_(at + 2, Word.AS):
        return at  # "said as many as 40 boats sank"
    return None if reading.is_(at, joins) and not reading.is_(at, Word.WH) else at


def _times_end(reading: SentenceParse, at: int) -> int:
    """The token after "again late on Tuesday"; an adverb with no time after it opens the content."""
    end = at
    while reading.kind(at) == WORD:
        if reading.owns(at):
            break  # "yesterday's meeting"
        if reading.is_(at, Word.TIME | Word.DAYTIME) and not reading.is_(at, Word.DETERMINER):
            at = end = at + 1
        elif reading.is_(at, Word.PREPOSITION) and reading.is_(at + 1, Word.TIME) and not reading.owns(at + 1):
            at = end = at + 2
        elif reading.is_(at, Word.ADVERB) or reading.tokens.low[at] in reading.language.names["dating"]:
            at += 1
        else:
            break
    return end


def _beyond_place(reading: SentenceParse, at: int) -> int:
    """The token after "in a statement", "on Radio Nord", if the subject of a clause stands there; `at` if not."""
    if not reading.is_(at, Word.PREPOSITION) or reading.is_(at, Word.SUBORDINATOR):
        return at
    tokens, named = reading.tokens, reading.kind(at + 1) == WORD and reading.tokens.capital[at + 1]
    if not named and not reading.is_(at + 1, Word.DETERMINER | Word.POSSESSIVE):
        return at
    end = at + 2
    while reading.kind(end) == WORD and end - at < _PLACE and tokens.capital[end] == named:
        if reading.is_(end, _OPENS_SUBJECT | Word.PREPOSITION | Word.PASTLIKE):
            break
        end += 1
    late = _times_end(reading, end)
    return late if reading.is_(late, Word.SUBJECT_PRONOUN if named else _OPENS_SUBJECT) and end > at + 1 else at


def addressee_end(reading: SentenceParse, right: int) -> int:
    """The end of the short phrase that names who was told."""
    tokens = reading.tokens
    if reading.is_(right, Word.PRONOUN):
        return right + 1
    at = right + 1
    ends = Word.PRONOUN | Word.DETERMINER | Word.POSSESSIVE | Word.PREPOSITION
    while at < min(right + _ADDRESSEE, reading.end) and reading.kind(at) == WORD:
        if (
            reading.is_(at, Word.OF)
            and tokens.capital[at - 1]
            and reading.kind(at + 1) == WORD
            and tokens.capital[at + 1]
        ):
            at += 2  # "told Voice of Harbours"
            continue
        begins = tokens.capital[at] != tokens.capital[at - 1] and not reading.is_(at - 1, Word.DETERMINER)
        if reading.is_(at, ends) or begins:
            break
        at += 1
    return at


def _opens_clause(reading: SentenceParse, at: int, group: VerbGroup) -> bool:
    """Return whether a phrase and a verb begin at the token (for a "free" cue, any verb before the clause's end)."""
    tokens, language = reading.tokens, reading.language
    if _is_subject(reading, at) or _is_existential(reading, at):
        return True
    if _points_back(reading, at):
        return False
    if "free" in group.cue.frames:
        return is_clause(tokens, language, at, content_end(reading, at, group.cue.form))
    phrase = phrase_after(tokens, language, _amount(reading, at), reading.end)
    if phrase is None:
        return False
    after = reading.skip(phrase[1], Word.ADVERB)
    after += after in reading.opening  # "told them the boat “has a leak”"
    return after < reading.end and (is_clause(tokens, language, after, after + 1) or _shows_verb(reading, after))


def _is_subject(reading: SentenceParse, at: int) -> bool:
    """Return whether a pronoun is a clause's subject: "told us | she slept", "tells UN | it reserves the right"."""
    neuter = reading.language.genders.get(reading.tokens.low[at]) == "neuter" and reading.kind(at + 1) == WORD
    neuter = neuter and not (reading.is_(at - 1, Word.WH | Word.RELATIVE) or reading.is_(at + 1, _AFTER_GREETING))
    return reading.is_(at, Word.SUBJECT_PRONOUN) or neuter


def _is_existential(reading: SentenceParse, at: int) -> bool:
    """Return whether the subject follows its verb: "vowed | there would be no vote"."""
    return reading.tokens.low[at] in reading.language.names["existential"] and reading.is_(at + 1, AUXILIARY)


def _points_back(reading: SentenceParse, at: int) -> bool:
    """Return whether a pronoun stands for what was said: "said | it on the steps, where flags hung"."""
    pronoun = reading.tokens.low[at] in reading.language.names["pointers"]
    return pronoun and reading.is_(at + 1, _AFTER_GREETING) and not reading.is_(at + 1, Word.ADVERB)


def _amount(reading: SentenceParse, at: int) -> int:
    """The amount after "about" or "as many as" at `at`, or `at`: "predicted about 40 boats would sink"."""
    if reading.is_(at, Word.AS) and reading.is_(at + 2, Word.AS):
        return at + 3
    counts = reading.kind(at + 1) == NUMBER or reading.is_(at + 1, Word.DETERMINER)
    return at + 1 if reading.is_(at, Word.PREPOSITION) and counts else at


def _shows_verb(reading: SentenceParse, at: int) -> bool:
    """Return whether a subject's modifiers, and then its verb, follow: "any deals | to cut costs should wait"."""
    if not reading.is_(at, Word.INFINITIVE | Word.GERUND | Word.PASTLIKE | Word.PREPOSITION):
        return False
    for i in range(at, min(at + _MODIFIERS, reading.end)):
        if reading.kind(i) not in (WORD, NUMBER) or reading.is_(i, Word.RELATIVE | Word.SUBORDINATOR | Word.WH):
            return False
        if reading.is_(i, Word.VERBAL) and not reading.is_(i - 1, Word.INFINITIVE | Word.SUBJECT_PRONOUN):
            return True
    return False


def _opens_phrase(reading: SentenceParse, at: int) -> bool:
    """Return whether the token can begin a noun phrase."""
    barred = Word.PREPOSITION | Word.SUBORDINATOR | Word.CONJUNCTION | Word.INFINITIVE | Word.ADVERB | Word.TIME
    if reading.kind(at) not in (WORD, NUMBER) or _times_end(reading, at) > at:
        return False
    return reading.tokens.capital[at] or not reading.is_(at, barred)


_FINDERS = (_marker, _preposition, _bare, _with_object, _clause, _noun_phrase)

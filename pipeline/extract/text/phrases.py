"""Noun phrases and verb groups, read from one of their ends by the closed classes of their words."""

from dataclasses import dataclass

from pipeline.extract.lexicon import AUXILIARY, FINITE, Cue, Form, Language, Word
from pipeline.extract.text.tokens import CLOSE, COMMA, MARK, NUMBER, OPEN, STOP, WORD, Tokens, abbreviates

_CLAUSE_START = Word.SUBORDINATOR | Word.COMPLEMENTISER | Word.RELATIVE | Word.WH

_NOT_IN_PHRASE = AUXILIARY | _CLAUSE_START | Word.VERB | Word.BUT | Word.SUBJECT_PRONOUN | Word.ADVERB | Word.INFINITIVE

_DETERMINING = Word.DETERMINER | Word.POSSESSIVE

_PARENTHESIS = 12  # tokens that one may skip over in a phrase: "Jo Doe (R-Fla.)"

_LONGEST = 40  # tokens of a phrase; longer ones are lists or broken text

Range = tuple[int, int]


def is_verb(tokens: Tokens, i: int) -> bool:
    """Return whether the word at `i` can only be a verb form here."""
    return bool(tokens.classes[i] & Word.VERBAL)


def is_clause(tokens: Tokens, language: Language, start: int, end: int) -> bool:
    """Return whether a verb in a finite form is among the tokens."""
    if any(map(FINITE.__and__, tokens.classes[start:end])):
        return True
    for i in range(start + 1, end):
        cue = language.cues.get(tokens.low[i])
        if cue and cue.form & Form.THIRD and not tokens.classes[i - 1] & _DETERMINING:
            return True
    return False


def _adjectival(tokens: Tokens, language: Language, i: int, floor: int) -> bool:
    """Return whether a past form at `i` stands between a determiner, or "of", and its noun: "half of listed firms"."""
    owner = "'" + language.possessive_suffix
    return i == floor or bool(tokens.classes[i - 1] & (_DETERMINING | Word.OF)) or tokens.low[i - 1] == owner


def _skip_parenthesis(tokens: Tokens, i: int, floor: int) -> int:
    """The token before the brackets that close at `i`, or one before the floor if they open nowhere near."""
    for j in range(i, max(floor, i - _PARENTHESIS) - 1, -1):
        if tokens.kinds[j] == OPEN:
            return j - 1
    return floor - 1


def phrase_before(tokens: Tokens, language: Language, end: int, floor: int) -> Range | None:
    """The noun phrase that ends just before token `end`, not reaching below `floor`."""
    floor = max(floor, end - _LONGEST)
    start, i = end, end - 1
    while i >= floor:
        if tokens.kinds[i] == CLOSE:
            i = _skip_parenthesis(tokens, i, floor)
            continue
        classes = tokens.classes[i]
        if i == floor and start < end and _opens_participle(tokens, language, i):
            break  # "Asked about | Doe"
        if start < end and _joins_noun(tokens, i, floor):
            i -= 1
            continue
        if not _belongs(tokens, language, i, floor):
            bare = start == end and tokens.kinds[i] == WORD and classes & Word.PRONOUN
            return (i, end) if bare else _range(start, end)
        capital = tokens.capital[i] and not _opens_adjunct(tokens, i, floor)
        if classes & (Word.PREPOSITION | Word.CONJUNCTION) and not capital:
            if start == end or (classes & Word.CONJUNCTION and not _coordinates(tokens, i - 1, start, floor)):
                break
        elif tokens.kinds[i] != STOP:
            start = i
            if classes & _DETERMINING and not tokens.capital[i] and not _extends(tokens, i - 1, floor):
                break
        i -= 1
    return _range(start, end)


def _opens_adjunct(tokens: Tokens, i: int, floor: int) -> bool:
    """Return whether a preposition opens the sentence with a phrase that is no name: "In a post"."""
    opens = i == floor and bool(tokens.classes[i] & Word.PREPOSITION)
    return opens and not tokens.capital[i + 1] and bool(tokens.classes[i + 1] & _DETERMINING)


def _opens_participle(tokens: Tokens, language: Language, i: int) -> bool:
    """Return whether the capitalised word is a participle of a reporting verb: "Asked about Doe", "Telling Doe"."""
    cue = language.cues.get(tokens.low[i])
    forms = Form.PARTICIPLE | Form.GERUND
    return (
        bool(cue and tokens.capital[i] and cue.form & forms and not cue.form & Form.BASE) and language.grammar is None
    )


def _joins_noun(tokens: Tokens, i: int, floor: int) -> bool:
    """Return whether the word joins a phrase, and no infinitive, to the noun before it: "an aide | to Doe"."""
    return i > floor and bool(tokens.classes[i] & Word.INFINITIVE and tokens.classes[i - 1] & Word.DATIVE)


def _range(start: int, end: int) -> Range | None:
    return (start, end) if start < end else None


def _belongs(tokens: Tokens, language: Language, i: int, floor: int) -> bool:
    """Return whether the token can be part of a noun phrase."""
    kind, classes, low = tokens.kinds[i], tokens.classes[i], tokens.low[i]
    if kind == STOP:
        return abbreviates(tokens, language, i)
    if kind != WORD:
        plural = kind == MARK and low in ("'", "’") and i > floor and tokens.low[i - 1].endswith(language.plural_suffix)
        return plural or kind == NUMBER
    name = tokens.capital[i] and not classes & (_NOT_IN_PHRASE & ~Word.MODAL & ~Word.ADVERB | Word.TIME)
    if name or is_named_like_month(tokens, language, i) or low == "'" + language.possessive_suffix:
        return True
    if classes & (_NOT_IN_PHRASE | Word.TIME | Word.PRONOUN) and not classes & _DETERMINING:
        return bool(classes & Word.TIME) and _dates_noun(tokens, i, floor)
    if classes & FINITE:
        return _adjectival(tokens, language, i, floor)
    return True


def _dates_noun(tokens: Tokens, i: int, floor: int) -> bool:
    """Return whether a day or month says which of several the noun after it means: "a | Monday | letter"."""
    determined = i > floor and tokens.classes[i - 1] & (Word.ARTICLE | Word.POSSESSIVE)
    return bool(determined) and i + 1 < len(tokens) and tokens.kinds[i + 1] == WORD and not tokens.classes[i + 1]


def is_named_like_month(tokens: Tokens, language: Language, i: int) -> bool:
    """Return whether a month is a given name here: "June Kolb", and not "in June Kolb"."""
    if not tokens.classes[i] & Word.TIME or tokens.low[i] not in language.given_names or not tokens.capital[i]:
        return False
    named = i + 1 < len(tokens) and tokens.capital[i + 1] and not tokens.classes[i + 1] & (_NOT_IN_PHRASE | Word.TIME)
    return named and not (i > 0 and tokens.classes[i - 1] & (Word.PREPOSITION | Word.ADVERB))


def _extends(tokens: Tokens, i: int, floor: int) -> bool:
    """Return whether a phrase whose determiner is after `i` goes on to the left: "the head of | the union"."""
    if i < floor:
        return False
    joins = bool(tokens.classes[i] & (Word.PREPOSITION | Word.CONJUNCTION | Word.DETERMINER))
    return joins or _joins_noun(tokens, i, floor)


def _coordinates(tokens: Tokens, i: int, start: int, floor: int) -> bool:
    """Return whether the conjunction after `i` joins two names or two phrases of the same make."""
    if i < floor or tokens.kinds[i] != WORD:
        return False
    return tokens.capital[i] or (not tokens.capital[start] and not tokens.classes[start] & _DETERMINING)


def phrase_after(tokens: Tokens, language: Language, start: int, ceiling: int) -> Range | None:
    """The noun phrase that begins at token `start`, with an apposition that says what its name is."""
    ceiling = min(ceiling, start + _LONGEST)
    if start >= ceiling or tokens.kinds[start] not in (WORD, NUMBER):
        return None
    if tokens.classes[start] & Word.PRONOUN and not tokens.classes[start] & _DETERMINING:
        return start, start + 1
    i = _core_end(tokens, language, start, ceiling)
    while i < ceiling - 1 and tokens.kinds[i] == COMMA:
        named = any(tokens.capital[start:i]) and not (
            tokens.classes[start] & _DETERMINING and not tokens.capital[i - 1]
        )  # "another Tide user, Jo Doe"
        if not tokens.classes[i + 1] & (_DETERMINING | Word.TITLE | Word.ROLE) and (named or not tokens.capital[i + 1]):
            break
        stop = _core_end(tokens, language, i + 1, ceiling)
        if stop == i + 1 or (stop < ceiling and is_verb(tokens, stop)):
            break
        i = stop
    return (start, i) if i > start else None


def _core_end(tokens: Tokens, language: Language, start: int, ceiling: int) -> int:
    """The end of the phrase's first part, before any comma."""
    i, named = start, False
    while i < ceiling:
        if tokens.kinds[i] == OPEN:
            close = next((j for j in range(i, min(i + _PARENTHESIS, ceiling)) if tokens.kinds[j] == CLOSE), None)
            if close is None:
                break
            i = close + 1
            continue
        if _joins_noun(tokens, i, start) and i + 1 < ceiling:
            i += 1
        if _leaves(tokens, language, i, start, ceiling, named=named):
            break
        named = tokens.capital[i] or (named and tokens.kinds[i] == STOP)
        i += 1
    while i > start and tokens.classes[i - 1] & (Word.PREPOSITION | Word.CONJUNCTION | Word.INFINITIVE):
        i -= 1
    return i


def _leaves(tokens: Tokens, language: Language, i: int, start: int, ceiling: int, *, named: bool) -> bool:
    """Return whether the token no longer is of the phrase that begins at `start`: after a name only "of" goes on."""
    classes = tokens.classes[i]
    if not tokens.capital[i] and classes & Word.PREPOSITION:
        return i == start or (named and not classes & Word.OF)
    if not tokens.capital[i] and classes & Word.AND:
        return i + 1 >= ceiling or tokens.kinds[i + 1] != WORD or is_verb(tokens, i + 1)
    if tokens.kinds[i] == MARK or not _belongs(tokens, language, i, start):
        return True
    begins = classes & _DETERMINING and i > start
    return bool(
        begins and not tokens.classes[i - 1] & (Word.PREPOSITION | Word.INFINITIVE | Word.AND | Word.DETERMINER)
    )


@dataclass(slots=True)
class VerbGroup:
    """A reporting verb with its auxiliaries and adverbs, and what they make of it."""

    start: int
    end: int
    cue: Cue
    finite: bool
    passive: bool
    negated: bool
    modal: bool
    infinitive: bool
    realised: bool = False


def verb_group(tokens: Tokens, cue: Cue, at: int, floor: int) -> VerbGroup:
    """The group around the cue at `at`: "has long maintained", "did not say", "went on to add"."""
    seen = 0
    infinitive = obliged = False
    i = at - 1
    while i >= floor and tokens.kinds[i] == WORD:
        classes = tokens.classes[i]
        if classes & (AUXILIARY | Word.NEGATION) and not tokens.capital[i]:
            seen |= classes
        elif classes & Word.INFINITIVE and not infinitive:
            infinitive = True
            obliged = i > floor and bool(tokens.classes[i - 1] & Word.HAVE)  # "had to admit"
        elif classes & Word.BUT and tokens.classes[i - 1] & (AUXILIARY | Word.NEGATION):
            pass  # "has not yet said"
        elif not classes & Word.ADVERB or classes & (Word.TIME | Word.CONJUNCTION):
            break
        i -= 1
    done = infinitive and (_is_realised(tokens, i, floor) or (obliged and not seen & (Word.MODAL | Word.NEGATION)))
    if infinitive and seen & Word.HAVE and _is_hearsay(tokens, i, floor):
        infinitive, i = False, i - 2
    start = i + 1
    while start < at and tokens.classes[start] & Word.ADVERB and not tokens.classes[start] & AUXILIARY:
        start += 1
    helped = bool(seen & AUXILIARY)
    passive = bool(seen & Word.BE) and bool(cue.form & Form.PARTICIPLE) and not seen & Word.HAVE & ~Word.MODAL
    finite = helped or bool(cue.form & (Form.PAST | Form.THIRD | Form.BASE))
    return VerbGroup(
        start=start,
        end=at + 1,
        cue=cue,
        finite=finite and not infinitive,
        passive=passive or bool(seen & Word.BE and cue.form & Form.PARTICIPLE),
        negated=bool(seen & Word.NEGATION),
        modal=bool(seen & Word.MODAL) and not seen & Word.HAVE,
        infinitive=infinitive,
        realised=done,
    )


def _is_hearsay(tokens: Tokens, i: int, floor: int) -> bool:
    """Return whether an infinitive follows words that report of others what they did: "is said | to have told"."""
    return i > floor and bool(tokens.classes[i] & Word.HEARSAY and tokens.classes[i - 1] & Word.BE)


def _is_realised(tokens: Tokens, i: int, floor: int) -> bool:
    """Return whether what the infinitive after the verb at `i` and its particles says was done: "went on | to say"."""
    while i > floor and tokens.classes[i] & (Word.PREPOSITION | Word.ADVERB):
        i -= 1
    return i >= floor and bool(tokens.classes[i] & Word.REALISED) and not tokens.capital[i]

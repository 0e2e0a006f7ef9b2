"""The verb group of a report: the cue with its auxiliary and particle, and what a negation or a modal makes of it."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.extract.chunks.clause import BOUNDS, OPENS_CLAUSE, Clauses
from pipeline.extract.grammar import Grammar
from pipeline.extract.lexicon import AUXILIARY, Cue, Form, Language, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import COLON, COMMA, DASH, NUMBER, STOP, WORD, Tokens
from pipeline.model import Modality

_OPENERS = 3  # words that may open a supposition

_REACH = 18  # tokens between an auxiliary and its participle, or a verb and its particle

_CLAUSE = 30  # tokens from a verb to the end of its clause

_BESIDE = 3  # tokens before the verb in which a negation belongs to it


_CLAUSAL = frozenset(["that", "zero", "wh", "to", "question", "denial"])  # frames of a verb that its passive keeps


class Group(NamedTuple):
    """Tokens of a reporting verb: the finite verb, the whole from `start` to `end`, and the frames it has here."""

    finite: int
    start: int
    end: int
    cue: Cue
    frames: frozenset[str]
    negated: bool
    passive: bool = False


def group(clauses: Clauses, at: int) -> Group | None:
    """The verb group whose reporting verb is at `at`; None if the form reports nothing here."""
    cue = clauses.cue(at)
    if cue is None or (clauses.capital(at) and at > clauses.start and at - 1 not in clauses.closing):
        return None
    finite = _finite(clauses, cue, at)
    passive = _passive(clauses, cue, at) if finite is None else None
    finite = passive if finite is None else finite
    finite = _compelled(clauses, at) if finite == at else finite
    if finite is None or _is_modal(clauses, finite, at) or (finite <= at and _is_noun(clauses, at)):
        return None
    frames = cue.frames & _CLAUSAL if passive is not None else _frames(clauses, cue, at)
    if not frames:
        return None
    start, end = min(finite, at), max(finite, at) + 1
    beside = abs(finite - at) <= 1 or (finite + 2 == at and clauses.is_(at - 1, Word.SUBJECT_PRONOUN))
    joined = not clauses.grammar.verb_second and clauses.low(end) in cue.particles  # "a fait | savoir"
    end += joined
    span = (start, end) if beside else (at, at + 1 + joined) if at > finite else (finite, at + 1 + joined)
    return Group(finite, *span, cue, frames, _is_negated(clauses, start, end), passive is not None)


def _finite(clauses: Clauses, cue: Cue, at: int) -> int | None:
    """Return where the finite verb of the group is: the cue itself, or the auxiliary of a participle."""
    if cue.form & Form.PARTICIPLE:
        if clauses.low(at + 1) in clauses.grammar.passives:
            return None
        if clauses.grammar.verb_second and clauses.is_(at + 1, Word.HAVE):
            return at + 1  # "was er gesagt hat"
        before = _auxiliary_before(clauses, at)
        if before is not None:
            passive = clauses.is_(before, Word.BE) and not clauses.is_(before, Word.HAVE)
            passive = passive and clauses.low(before - 1) not in clauses.grammar.reflexives
            return None if passive and "passive" not in cue.frames else before
        if clauses.is_(at - 1, Word.AND) and clauses.reports:
            return at  # "a annoncé … et indiqué que"
    if cue.form & Form.PAST or clauses.grammar.bare_participles:
        return at
    return None


def _passive(clauses: Clauses, cue: Cue, at: int) -> int | None:
    """The auxiliary of a passive whose participle is at `at`: "wird | befürchtet", "befürchtet | wird"."""
    passives = clauses.grammar.passives
    if not passives or not cue.form & Form.PARTICIPLE:
        return None
    if clauses.low(at + 1) in passives:
        return at + 1
    before = range(at - 1, clauses.clause_start(at) - 1, -1)
    return next((i for i in before if clauses.low(i) in passives), None)


def _auxiliary_before(clauses: Clauses, at: int) -> int | None:
    """The auxiliary of the participle at `at`, in the same clause."""
    nearest, floor = at - 1, max(clauses.start, at - _REACH)
    cue = clauses.cue(at)
    if clauses.grammar.verb_second and cue is not None and cue.form & Form.PAST:
        if _is_finite_by_place(clauses, at):
            return None
        begin = clauses.clause_start(at)
        if begin == at:
            nearest = clauses.clause_start(at - 1) - 1  # "hat, als er kam, | bestätigt, dass"
            begin = clauses.clause_start(nearest)
        while begin > floor and not _opens_dependent(clauses, begin):
            begin = clauses.clause_start(begin - 1)
        floor = max(floor, begin)  # "das Wehr ist alt, | wie Doe, Leiter des Amtes, betont"
    for i in range(nearest, floor - 1, -1):
        if clauses.is_(i, Word.HAVE | Word.BE) and (i == clauses.start or not clauses.capital(i)):
            return i
        cue = clauses.cue(i)
        if i + 1 in clauses.closing or (cue is not None and cue.form & Form.PAST and not clauses.capital(i)):
            return None
        if clauses.kind(i) == COMMA and not clauses.grammar.verb_second:
            return None
    return None


def _opens_dependent(clauses: Clauses, at: int) -> bool:
    """Return whether a dependent clause begins at `at`: "dass", "der", "wie"."""
    return clauses.is_(at, OPENS_CLAUSE | Word.RELATIVE) or clauses.low(at) in clauses.grammar.as_


def _is_finite_by_place(clauses: Clauses, at: int) -> bool:
    """Return whether words follow that no participle stands before, at the end of its clause: "betont | Jo Doe"."""
    closes = clauses.is_(at + 1, Word.AND | Word.BUT | Word.COMPLEMENTISER | AUXILIARY)
    auxiliary = any(
        clauses.is_(i, Word.HAVE) or clauses.low(i) in clauses.grammar.passives
        for i in range(clauses.clause_start(at), at)
    )
    joined = clauses.is_(at - 1, Word.AND) and not auxiliary
    return joined or (clauses.kind(at + 1) in (WORD, NUMBER) and not closes)


def _compelled(clauses: Clauses, at: int) -> int:
    """The modal of an infinitive that was said: "musste | einräumen"; the verb itself if there is none."""
    if clauses.low(at) not in clauses.grammar.infinitives or clauses.kind(at + 1) == WORD:
        return at
    before = range(at - 1, clauses.clause_start(at) - 1, -1)
    return next((i for i in before if clauses.low(i) in clauses.grammar.compelled), at)


def _is_modal(clauses: Clauses, finite: int, at: int) -> bool:
    """Return whether a modal or an infinitive's particle governs the verb: "wants to say" reports nothing."""
    if finite != at:
        return False
    before = at - 1
    while clauses.is_(before, Word.ADVERB | Word.NEGATION):
        before -= 1
    if clauses.grammar.verb_second and clauses.low(at) in clauses.grammar.infinitives:
        before = next(
            (i for i in range(before, clauses.clause_start(at) - 1, -1) if clauses.is_(i, Word.MODAL)), before
        )
    return clauses.is_(before, Word.MODAL | Word.INFINITIVE) or (
        clauses.is_(at + 1, Word.MODAL) and not clauses.is_(at + 1, Word.HAVE)
    )


def _is_noun(clauses: Clauses, at: int) -> bool:
    """Return whether an article or a preposition makes a noun or an adjective of the form."""
    points = at - 1 == clauses.start and (clauses.low(at - 1),) in clauses.grammar.pointers
    clitic = clauses.is_(at - 1, Word.PRONOUN | Word.SUBJECT_PRONOUN) and not clauses.is_governed(at - 1)
    relative = clauses.is_(at - 1, Word.RELATIVE) and clauses.kind(at - 2) == clauses.kind(at + 1) == COMMA
    article = clauses.is_(at - 1, Word.ARTICLE | Word.POSSESSIVE) and not (points or clitic or relative)
    grammar = clauses.grammar
    source = clauses.low(at - 1) in grammar.as_  # "según explicó Doe"
    governed = clauses.is_(at - 1, Word.PREPOSITION) and not (source or grammar.verb_second or grammar.bare_participles)
    return (article or governed) and at - 1 not in clauses.closing


def _frames(clauses: Clauses, cue: Cue, at: int) -> frozenset[str]:
    """The frames of the verb with the particle that stands apart from it, if one does."""
    if cue.particles:
        if clauses.low(at - 1) in cue.particles and not clauses.capital(at - 1):
            return cue.particles[clauses.low(at - 1)]  # "wie er bekannt gab"
        for i in range(at + 1, min(at + _REACH, clauses.end)):
            apart = clauses.kind(i) in (COMMA, COLON) or i in clauses.opening
            if apart and (cue.frames or clauses.kind(i) == COLON):
                break
            if clauses.low(i) in cue.particles and not clauses.in_quotation(i) and _ends_clause(clauses, i):
                return cue.particles[clauses.low(i)]
    return frozenset() if _has_particle(clauses, at) else cue.frames


def _ends_clause(clauses: Clauses, at: int) -> bool:
    """Return whether the particle ends its clause, is no preposition, or precedes a clause or an infinitive."""
    if not clauses.is_(at, Word.PREPOSITION | Word.INFINITIVE):
        return True
    return clauses.kind(at + 1) != WORD or clauses.is_(at + 1, Word.AND | Word.BUT | OPENS_CLAUSE | Word.INFINITIVE)


def _has_particle(clauses: Clauses, at: int) -> bool:
    """Return whether a particle that makes another verb of it ends the verb's clause: "fand gestern statt"."""
    separable = clauses.grammar.separable
    if not separable:
        return False
    for i in range(at + 1, min(at + _CLAUSE, clauses.end)):
        joined = clauses.is_(i, Word.AND | Word.BUT) and clauses.is_finite(i + 1)  # "bezeichnet … und kündigt … an"
        if (clauses.kind(i) in BOUNDS or joined) and not clauses.in_quotation(i):
            return False
        if clauses.low(i) in separable and not clauses.capital(i) and clauses.kind(i + 1) in (COMMA, STOP, -1):
            return True
    return False


def _is_negated(clauses: Clauses, start: int, end: int) -> bool:
    first = max(clauses.start, start - _BESIDE)
    for i in range(start - 1, first - 1, -1):
        if clauses.kind(i) in (COMMA, COLON, DASH) or i + 1 in clauses.closing:
            first = i + 1
            break
    return any(clauses.is_(i, Word.NEGATION) for i in range(first, end + 1))


def modality(clauses: Clauses, verb: Group, subject_start: int) -> Modality:
    """Return what the verb makes of its content: denied, asked, negated, or said only on a condition."""
    if verb.negated:
        return "negated"
    if "denial" in verb.frames:
        return "denied"
    if "question" in verb.frames:
        return "asked"
    first = min(verb.start, subject_start)
    conditions = [at for at in (first - 1, verb.finite - 1) if clauses.is_(at, Word.CONDITIONAL)]
    pronouns = clauses.grammar.reflexives  # "s'il dit", not "s'est dit"
    supposed = any(clauses.low(at) not in pronouns or not clauses.is_finite(at + 1) for at in conditions)
    return "hypothetical" if supposed else "asserted"


def whole_cue(tokens: Tokens, language: Language, cue: Range, parts: Sequence[Range]) -> Range:
    """The cue with the particle of a separable verb, which may stand beyond the speaker: "räumte Doe | ein"."""
    start, end = cue
    verb = language.cues.get(tokens.low[end - 1])
    if language.grammar is None or verb is None or not verb.particles:
        return cue
    if start and tokens.low[start - 1] in verb.particles and not _is_within(start - 1, parts):
        return start - 1, end
    for at in range(end, min(end + _REACH, len(tokens))):
        if tokens.kinds[at] not in (WORD, NUMBER) or _is_within(at, parts):
            break
        ends = at + 1 == len(tokens) or tokens.kinds[at + 1] != WORD or _is_within(at + 1, parts)
        if tokens.low[at] in verb.particles and (ends or not tokens.classes[at] & (Word.PREPOSITION | Word.INFINITIVE)):
            return start, at + 1
    return cue


def is_supposed(tokens: Tokens, language: Language, sentence: Sentence, report: Range, parts: Sequence[Range]) -> bool:
    """Return whether the report between two tokens only supposes its content: "Doe could say", "Imagine Doe said"."""
    grammar = language.grammar
    if not sentence.start <= report[0] < sentence.end:
        return False
    if grammar is None:
        openers = tokens.low[sentence.start : min(sentence.start + _OPENERS, report[1])]
        return not language.names["suppositions"].isdisjoint(openers)  # "Now imagine Doe said"
    first = report[0]
    while first > sentence.start and not _ends_clause_before(tokens, first, parts):
        first -= 1
    stop = report[1]
    while stop < sentence.end and tokens.kinds[stop] not in BOUNDS and not _is_within(stop, parts):
        stop += 1
    words = [tokens.low[i] for i in range(first, stop) if not _is_within(i, parts)]
    if not grammar.hearsay.intersection(words) and any(_is_irreal(word, grammar) for word in words):
        return True
    before = " ".join(tokens.low[sentence.start : report[0]])
    return _is_inverted(tokens, language, sentence.start, first) or before.startswith(grammar.suppositions or ("\n",))


def _ends_clause_before(tokens: Tokens, at: int, parts: Sequence[Range]) -> bool:
    return tokens.kinds[at - 1] in BOUNDS or _is_within(at - 1, parts)


def _is_within(at: int, parts: Sequence[Range]) -> bool:
    return any(start <= at < end for start, end in parts)


def _is_irreal(word: str, grammar: Grammar) -> bool:
    """Return whether a verb form or a particle says that something is not so: "könnte", "dirait", "бы"."""
    return word in grammar.irrealis or (
        word.endswith(grammar.irreal_endings or ("\n",)) and word not in grammar.indicatives
    )


def _is_inverted(tokens: Tokens, language: Language, start: int, first: int) -> bool:
    """Return whether an auxiliary opens the sentence and its condition: "Hade Doe sagt: …"."""
    verb_second = language.grammar is not None and language.grammar.verb_second
    return verb_second and first == start and bool(tokens.classes[start] & Word.HAVE)


def is_old_belief(clauses: Clauses, verb: Group) -> bool:
    """Return whether the verb says what somebody believed and does no longer: "She had thought that …"."""
    believes = verb.cue.lemma.startswith(clauses.grammar.beliefs or ("\n",))
    return believes and clauses.low(verb.finite) in clauses.language.names["pluperfect"]

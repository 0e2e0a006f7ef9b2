"""Reports by a noun: "the demand of the council to close the pool", "took the view that the fence is low".

>>> said("Die Forderung der Grünen, das Bad zu schließen, kam am Montag.", "de")
nobody: das Bad zu schließen
>>> said("Edda Brehm vertrat die Auffassung, der Deich sei zu niedrig.", "de")
Edda Brehm: der Deich sei zu niedrig

The noun's owner speaks, or the subject of a verb that only says the noun: "vertrat die Auffassung", "gab den Befehl".
"""

from pipeline.extract.chunks import contents, phrases
from pipeline.extract.chunks.clause import Clauses, Group
from pipeline.extract.chunks.phrases import phrase
from pipeline.extract.frames.sentence_parse import Attribution, Subject
from pipeline.extract.lexicon import Cue, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COMMA, WORD

_FRAMES = frozenset(["that", "zero", "wh", "to"])


def by_noun(clauses: Clauses, at: int) -> Attribution | None:
    """The report by the noun at `at`, if what it says follows and somebody is named who says it."""
    if not _is_noun(clauses, at):
        return None
    owner, stop = _owner(clauses, at)
    what = contents.after(clauses, _group(clauses, at), stop)
    if what is None or not _is_said(clauses, what):
        return None
    subject = Subject(owner, "possessive") if owner else _subject(clauses, at)
    if subject is None or clauses.taken(what[0][0][0]):
        return None
    parts = tuple(_before_verb(clauses, at, part) for part in what[0])
    lemma = clauses.low(at)
    return Attribution(clauses.number, (at, at + 1), subject.phrase, subject.via, parts, what[1], "asserted", lemma)


def says_instead(clauses: Clauses, verb: Group, start: int, stop: int) -> bool:
    """Return whether a noun after the verb says the content: "criticised | the demand of the council | to close it"."""
    nouns = [i for i in range(start, stop) if _is_noun(clauses, i)]
    if any(clauses.low(_first(clauses, i)) in clauses.grammar.utters_with for i in nouns):
        return True  # "wies den Antrag | mit der Begründung | zurück, das Geld fehle"
    if "denial" in verb.frames:
        return False
    return any(owner and end == stop for owner, end in (_owner(clauses, i) for i in nouns))


def _is_noun(clauses: Clauses, at: int) -> bool:
    listed = clauses.low(at) in clauses.language.nouns
    return listed and (clauses.capital(at) or not clauses.grammar.noun_capitals)


def _group(clauses: Clauses, at: int) -> Group:
    """The noun as what a reporting verb would be."""
    return Group(at, at, at + 1, Cue(clauses.low(at), 0, _FRAMES), _FRAMES, negated=False)


def _is_said(clauses: Clauses, what: contents.Content) -> bool:
    """Return whether the content is a clause that only speech can be: one without "that" has a form of speech."""
    parts, frame = what
    if clauses.grammar.verb_second and clauses.kind(parts[0][0] - 1) != COMMA:
        return False
    if frame != "zero":
        return frame in _FRAMES
    return any(clauses.is_reported_further(i) for part in parts for i in range(*part))


def _before_verb(clauses: Clauses, at: int, part: Range) -> Range:
    """The content without the main verb that follows it where the noun opens the clause: "Her claim that …, | met"."""
    if any(clauses.is_finite(i) for i in range(clauses.clause_start(at), at)):
        return part
    for i in range(*part):
        plain = clauses.kind(i + 1) == WORD and not clauses.capital(i + 1)
        verb = plain and (clauses.is_finite(i + 1) or not clauses.tokens.classes[i + 1])
        if clauses.kind(i) == COMMA and not clauses.in_quotation(i) and verb:
            return part[0], i
    return part


def _owner(clauses: Clauses, at: int) -> tuple[Range | None, int]:
    """The noun's owner, before or after it, and the end of the noun's phrase."""
    place = at + 1 + clauses.is_(at + 1, Word.OF)
    if place > at + 1 or clauses.low(place) in clauses.grammar.genitives:
        owner = phrase(clauses, place, clauses.end)
        if owner is not None:
            return owner, owner[1]
    first = at - 1
    while clauses.kind(first) == WORD and not clauses.tokens.classes[first] and not clauses.capital(first):
        first -= 1  # adjectives
    if clauses.is_(first, Word.POSSESSIVE):
        return (first, first + 1), at + 1
    return ((first, first + 1) if first in clauses.people else None), at + 1


def _subject(clauses: Clauses, at: int) -> Subject | None:
    """The subject of the clause whose verb only says the noun: "vertrat | die Auffassung", "mit der Begründung"."""
    start, first = clauses.clause_start(at), _first(clauses, at)
    inside = range(start, clauses.clause_stop(at))
    says = any(clauses.low(i) in clauses.grammar.utters and not clauses.capital(i) for i in inside)
    holds = clauses.is_source(at) and any(clauses.is_(i, Word.BE) for i in inside)  # "ist der Ansicht"
    if not (says or holds or clauses.low(first) in clauses.grammar.utters_with):
        return None
    return phrases.subject_of(clauses, start, first)


def _first(clauses: Clauses, at: int) -> int:
    """The first token of the noun's phrase, or of the preposition before it."""
    first = at
    while first > clauses.start and clauses.kind(first - 1) == WORD and not clauses.capital(first - 1):
        if clauses.is_(first - 1, Word.DETERMINER | Word.POSSESSIVE) or not clauses.tokens.classes[first - 1]:
            first -= 1
            continue
        return first - (clauses.low(first - 1) in clauses.grammar.utters_with)
    return first

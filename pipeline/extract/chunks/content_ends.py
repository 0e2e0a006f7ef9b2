"""The end of a report's content: with its sentence, before the next report, or before the main clause.

>>> said("Ana Brea informó que el puente abrió y atribuyó el corte a la tormenta.", "es")
Ana Brea: que el puente abrió
Ana Brea: el corte a la tormenta
"""

from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.chunks.phrases import phrase
from pipeline.extract.chunks.subjects import is_gerund
from pipeline.extract.lexicon import Form, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COLON, COMMA, STOP

_WINDOW = 18  # tokens between a verb and the mark of its content

_FEWEST = 2  # words of a clause


def end(clauses: Clauses, at: int) -> int:
    """Return the end of the content at `at`: the end of the sentence, or the start of the next report."""
    stop = clauses.end
    if stop - 1 > at and clauses.kind(stop - 1) == STOP and stop not in clauses.closing:
        stop -= 1
    for i in range(at + 1, stop):
        if clauses.in_quotation(i):
            continue
        if clauses.kind(i) == COLON and i + 1 in clauses.opening and clauses.words(at, i) >= _FEWEST:
            return i  # "…, said that the fence is low: “It will not hold.”"
        joint = clauses.is_(i, Word.AND | Word.BUT) and not clauses.capital(i)
        if joint and _refuses(clauses, i + 1):
            return i - (clauses.kind(i - 1) == COMMA)
        if not joint and clauses.kind(i) != COMMA:
            continue
        place = clauses.skip(i + 1, Word.ADVERB | Word.PRONOUN | Word.HAVE if joint else Word.HAVE)
        cue = clauses.cue(place)
        if cue is None or clauses.capital(place) or "quote" not in cue.frames | _particle_frames(clauses, place):
            continue
        if _is_report(clauses, place, stop, joint=joint or is_gerund(clauses, place)):
            return i - (clauses.kind(i - 1) == COMMA)
    return stop


def _refuses(clauses: Clauses, at: int) -> bool:
    """Return whether a verb and a negation show that the main clause goes on: "… but | would not say more"."""
    return clauses.grammar.verb_second and clauses.is_finite(at) and clauses.is_(at + 1, Word.NEGATION)


def before_main_clause(clauses: Clauses, start: int, stop: int) -> Range:
    """The content of a report in a subordinate clause, without the main clause, which its verb opens."""
    for i in range(start, stop):
        if clauses.kind(i) == COMMA and not clauses.in_quotation(i) and clauses.is_finite(i + 1):
            return start, i
    return start, stop


def _particle_frames(clauses: Clauses, at: int) -> frozenset[str]:
    cue = clauses.cue(at)
    return frozenset().union(*cue.particles.values()) if cue and cue.particles else frozenset()


def _is_report(clauses: Clauses, at: int, stop: int, *, joint: bool) -> bool:
    """Return whether a reporting verb after a conjunction or a comma opens another report, or attributes this one."""
    if not joint:
        subject = phrase(clauses, at + 1, stop)
        return subject is not None and (subject[1] >= stop or clauses.kind(subject[1]) in (COMMA, STOP))
    for i in range(at + 1, min(at + _WINDOW, stop)):
        if clauses.is_(i, Word.COMPLEMENTISER) or i in clauses.opening or clauses.kind(i) == COLON:
            return True
        if clauses.kind(i) == COMMA:
            return clauses.is_(i + 1, Word.COMPLEMENTISER | Word.WH) or clauses.grammar.verb_second
    return _says_object(clauses, at, stop)


def _says_object(clauses: Clauses, at: int, stop: int) -> bool:
    """Return whether a finite verb right after "and" says a noun phrase or an infinitive: "| and blamed the storm"."""
    cue = clauses.cue(at)
    if cue is None or not cue.form & Form.PAST or at != clauses.skip(at - 1, Word.AND | Word.BUT):
        return False
    if "to" in cue.frames and clauses.is_(at + 1, Word.INFINITIVE):
        return True
    return "object" in cue.frames and clauses.is_(at + 1, Word.DETERMINER) and phrase(clauses, at + 1, stop) is not None

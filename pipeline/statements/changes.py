"""What differs materially between two wordings of one statement: a "not", a number, a date, a modality, a name."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.statements import english
from pipeline.statements.terms import Term, opposites
from pipeline.statements.wording import Wording

Change = tuple[str, str]
"""What the known wording has there and what the new one has; one of them may be empty."""

# A denial says "not"; the others do not say that the speaker claims it.
_STANCES: Final = {
    "asserted": "said",
    "denied": "said",
    "asked": "asked",
    "hypothetical": "hypothetical",
    "negated": "not said",
}


class _Step(NamedTuple):
    """One step of an alignment: these terms of the known wording stand where those of the new one do."""

    same: bool
    known: Sequence[Term]
    new: Sequence[Term]


def changes(known: Wording, new: Wording) -> tuple[Change, ...]:
    """The material differences, as an edit list from the known wording to the new one."""
    steps = list(_steps(known, new))
    kept = _without_cuts(steps)
    found = [*_reversed(known, new, kept), *_other_values(kept), *_other_words(kept)]
    before, after = _STANCES[known.stance], _STANCES[new.stance]
    if before != after and kept == steps:
        found.append((before, after))
    return tuple(dict.fromkeys(found))


def _steps(known: Wording, new: Wording) -> Iterator[_Step]:
    for step in Levenshtein.opcodes(known.shape, new.shape):
        before, after = known.told[step.src_start : step.src_end], new.told[step.dest_start : step.dest_end]
        yield _Step(step.tag == "equal", before, after)


def _without_cuts(steps: list[_Step]) -> list[_Step]:
    """The steps but what only one wording has before the first or after the last common word: that is cut, not changed.

    A "not" that stands there alone is no cut.
    """
    first = 1 if steps and _is_cut(steps[0]) else 0
    last = len(steps) - 1 if len(steps) > first and _is_cut(steps[-1]) else len(steps)
    return [step for step in steps[first:last] if not _has_gap(step)]


def _is_cut(step: _Step) -> bool:
    if step.same or (step.known and step.new):
        return False
    return any(term.sort != "not" for term in (*step.known, *step.new))


def _has_gap(step: _Step) -> bool:
    return any(term.sort == "gap" for term in (*step.known, *step.new))


def _reversed(known: Wording, new: Wording, steps: Sequence[_Step]) -> Iterator[Change]:
    """A "not" more or less; where an article says "denied", that is one."""
    before = [term.surface for step in steps for term in step.known if term.sort == "not"]
    after = [term.surface for step in steps for term in step.new if term.sort == "not"]
    before += ["denied"] * (known.stance == "denied")
    after += ["denied"] * (new.stance == "denied")
    if len(before) > len(after):
        yield before[-1], ""
    elif len(before) < len(after):
        yield "", after[-1]


def _other_values(steps: Sequence[_Step]) -> Iterator[Change]:
    """Another number, date or modal in the same place; one that only stands elsewhere is not another."""
    before = {term.key for step in steps for term in step.known}
    after = {term.key for step in steps for term in step.new}
    for step in steps:
        for old, new in zip(step.known, step.new, strict=False):
            if old.sort == new.sort in ("number", "date", "modal") and old.key not in after and new.key not in before:
                yield old.surface, new.surface


def _other_words(steps: Sequence[_Step]) -> Iterator[Change]:
    """A word in the place of its opposite, a name in the place of another."""
    for step in steps:
        if step.same or len(step.known) != len(step.new):
            continue
        for old, new in zip(step.known, step.new, strict=True):
            if (old.key, new.key) in opposites() or (_is_name(old) and _is_name(new)):
                yield old.surface, new.surface


def _is_name(term: Term) -> bool:
    return term.sort == "word" and term.surface[:1].isupper() and term.key not in english.TITLES

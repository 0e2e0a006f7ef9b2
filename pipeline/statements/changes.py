"""What differs materially between two wordings of one statement: a "not", a number, a date, a name, how sure it is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.statements import english
from pipeline.statements.terms import COMMON_WEIGHT, Term
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
    """The material differences, as an edit list from the known wording to the new one.

    Only what is lost or added in the whole wording counts; what has merely moved, as clauses do, is no difference.
    """
    before, after = Counter(_meanings(known)), Counter(_meanings(new))
    lost, added = before - after, after - before
    if not lost and not added:
        return ()
    steps = list(_steps(known, new))
    kept = _without_cuts(steps)
    found = [*_negations(known, new, kept, added["not"] - lost["not"])]
    found += (
        (old.surface, now.surface) for old, now in _replaced(kept, lost, added) if _is_other(known, new, old, now)
    )
    told = set(chain.from_iterable(found))
    found += (hedge for hedge in _hedges(kept) if told.isdisjoint(filter(None, hedge)))
    if kept == steps and _STANCES[known.stance] != _STANCES[new.stance]:
        found.append((_STANCES[known.stance], _STANCES[new.stance]))
    return tuple(dict.fromkeys(found))


def _meanings(of: Wording) -> Iterator[str]:
    """The keys of what is told, the stance among them; a denial says "not"."""
    yield from (term.key for term in of.told)
    yield "not" if of.stance == "denied" else _STANCES[of.stance]


def _steps(known: Wording, new: Wording) -> Iterator[_Step]:
    for step in Levenshtein.opcodes(known.shape, new.shape):
        before, after = known.told[step.src_start : step.src_end], new.told[step.dest_start : step.dest_end]
        yield _Step(step.tag == "equal", before, after)


def _without_cuts(steps: list[_Step]) -> list[_Step]:
    """The steps but what is cut, not changed: what only one wording has before the first or after the last common word
    (but for a "not" or "considering" that stands there alone), and what an ellipsis stands for.
    """
    common = [place for place, step in enumerate(steps) if step.same] or [0]
    kept = [step for place, step in enumerate(steps) if common[0] < place < common[-1] or not _is_cut(step)]
    runs = [(same, list(run)) for same, run in groupby(kept, key=lambda step: step.same)]
    return [step for same, run in runs if same or not any(map(_has_gap, run)) for step in run]


def _is_cut(step: _Step) -> bool:
    if step.same or (step.known and step.new):
        return False
    return any(term.sort != "not" and term.key != "consider" for term in (*step.known, *step.new))


def _has_gap(step: _Step) -> bool:
    return any(term.sort == "gap" for term in (*step.known, *step.new))


def _negations(known: Wording, new: Wording, steps: Sequence[_Step], added: int) -> Iterator[Change]:
    """A "not" more or less, which is so many of them added or lost in all; an article's "denied" is one."""
    before = ["denied"] * (known.stance == "denied")
    after = ["denied"] * (new.stance == "denied")
    before += [term.surface for step in steps for term in step.known if term.sort == "not"]
    after += [term.surface for step in steps for term in step.new if term.sort == "not"]
    if len(before) > len(after) and added < 0:
        yield before[-1], ""
    elif len(before) < len(after) and added > 0:
        yield "", after[-1]


def _hedges(steps: Sequence[_Step]) -> Iterator[Change]:
    """A "perhaps" or "may" where the other wording has nothing of the kind."""
    before = [term.surface for step in steps for term in step.known if _is_hedge(term)]
    after = [term.surface for step in steps for term in step.new if _is_hedge(term)]
    if bool(before) != bool(after):
        yield (before or [""])[-1], (after or [""])[-1]


def _is_hedge(term: Term) -> bool:
    return term.sort == "hedge" or (term.sort == "modal" and term.key == "may")


def _replaced(steps: Sequence[_Step], lost: Mapping[str, int], added: Mapping[str, int]) -> Iterator[tuple[Term, Term]]:
    """What is lost with what is added in its place."""
    for step in steps:
        if not step.same and len(step.known) != len(step.new):
            continue
        for old, new in zip(step.known, step.new, strict=True):
            if old.key in lost and new.key in added:
                yield old, new


def _is_other(known: Wording, new: Wording, old: Term, now: Term) -> bool:
    """Whether it is another number, date or modal, a word for its opposite, another name or another addressee."""
    if old.shape == now.shape or (_is_name(old) and _is_name(now)):
        return True
    return old.key in known.addressed and now.key in new.addressed


def _is_name(term: Term) -> bool:
    return term.weight > COMMON_WEIGHT and term.surface[:1].isupper() and term.key not in english.TITLES

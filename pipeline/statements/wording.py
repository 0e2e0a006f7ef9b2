"""Wordings: the terms of a quote's content, how similar two wordings are, and how they differ materially.

A material difference is a "not", a number, a date, a name, or a degree of certainty.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from math import fsum
from typing import Final, Literal, NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.model import Modality, Quote
from pipeline.statements import english
from pipeline.statements.english import DETERMINERS
from pipeline.statements.terms import COMMON_WEIGHT, Term, terms

MOST_CHARACTERS: Final = 6_000  # of a quote; aligning two wordings takes time by the product of their lengths


@dataclass(frozen=True, slots=True)
class Wording:
    """What somebody said in some words.

    `keys` are the terms in order, `line` is them in one string; `told` are those that tell something, `shape` are their
    shapes. `weights` are those with content, by shape, `weight` their sum, `words` those of them that are words.
    `addressed` are the keys of what stands after "to the", "to our" and the like. `stance` is how the article puts it
    (asserted, denied, asked …).
    """

    keys: tuple[str, ...]
    line: str
    told: tuple[Term, ...]
    shape: tuple[str, ...]
    words: tuple[str, ...]
    weights: dict[str, float]
    weight: float
    addressed: frozenset[str]
    stance: Modality

    @property
    def name(self) -> tuple[str, ...]:
        """The same for the same words, whatever their form, in the same stance."""
        return (self.stance, *self.keys)


def wording(quote: Quote, language: str = "en") -> Wording:
    """The wording of a quote in a language (ISO 639-1); of a very long one, of its beginning."""
    found = terms(quote.content[:MOST_CHARACTERS], language)
    weights = {term.shape: term.weight for term in found if term.weight}
    told = tuple(term for term in found if term.sort != "small")
    keys = tuple(term.key for term in found)
    return Wording(
        keys=keys,
        line=f" {' '.join(keys)} ",
        told=told,
        shape=tuple(term.shape for term in told),
        words=tuple(shape for shape in weights if shape not in ("#", "@")),
        weights=weights,
        weight=fsum(weights.values()),
        addressed=frozenset(_addressed(found)) if "to" in keys else frozenset(),
        stance=quote.modality,
    )


def _addressed(found: Sequence[Term]) -> Iterator[str]:
    for place, term in enumerate(found[:-2]):
        if term.key == "to" and found[place + 1].key in DETERMINERS and found[place + 2].sort == "word":
            yield found[place + 2].key


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


Relation = Literal["same words", "part", "whole", "reworded", "excerpt", "parts"]

# Chosen on pairs made from real quotes, see tests/bench/statements.py, which prints the curve around them.
REWORDED: Final = 0.65  # shared weight of the two wordings' mean weight

PART: Final = 0.85  # shared weight of the shorter wording's

LEAST_WEIGHT: Final = 2.5  # of a part: two or three telling words

LEAST_RUN: Final = 4  # words of a part in the very same order, whatever they tell

LEAST_SHARE: Final = 1 / 3  # of a longer wording that a known part must make up to be the same statement

MOST_SPREAD: Final = 2.5  # places in the longer wording over which a part may be spread, as a multiple of its length


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two wordings of one statement: how they go together, how sure that is, and what differs materially."""

    relation: Relation
    score: float
    changes: tuple[Change, ...] = ()


def likeness(known: Wording, new: Wording, least: float = REWORDED) -> Likeness | None:
    """What makes the new wording the same statement as the known one; None where nothing does.

    `least` is the share of content that wordings must have in common to be one statement.
    """
    if known.keys == new.keys:
        return Likeness("same words", 1, changes(known, new))
    shared = _shared(known, new)
    if not shared:
        return None
    alike = 2 * shared / (known.weight + new.weight)
    if alike >= least:
        return Likeness("reworded", alike, changes(known, new))
    relation: Relation = "part" if known.weight >= new.weight else "whole"
    short, long = (new, known) if relation == "part" else (known, new)
    if (relation == "whole" and short.weight < LEAST_SHARE * long.weight) or not is_part(short, long):
        return Likeness("excerpt", alike, changes(known, new)) if _is_excerpt(known, new) else None
    return Likeness(relation, shared / short.weight, changes(known, new))


def is_part(short: Wording, long: Wording) -> bool:
    """Whether the longer wording contains the shorter, which must tell enough to say so."""
    if len(short.keys) >= LEAST_RUN and short.line in long.line:
        return True
    return (
        short.weight >= LEAST_WEIGHT and _shared(short, long) >= PART * short.weight and _stands_together(short, long)
    )


def _is_excerpt(known: Wording, new: Wording) -> bool:
    """Whether what one of them has on one side of an ellipsis stands in the other, and is enough of what is new."""
    least = max(LEAST_WEIGHT, LEAST_SHARE * new.weight)
    for gapped, other in ((known, new), (new, known)):
        runs = gapped.line.split("…") if "…" in gapped.shape else ()
        for run in runs:
            keys = run.split()
            tells = sum(gapped.weights.get(key, 0) for key in set(keys))
            if len(keys) >= LEAST_RUN and tells >= least and run in other.line:
                return True
    return False


def _shared(one: Wording, other: Wording) -> float:
    shared = one.weights.keys() & other.weights.keys()
    return fsum(map(one.weights.__getitem__, shared))  # exact: the order of a set is another in each process


def _stands_together(short: Wording, long: Wording) -> bool:
    """Whether the words of the shorter stand close to one another in the longer, not strewn over it.

    Where the shorter leaves something out by its own account ("…"), they may be strewn.
    """
    if "…" in short.shape:
        return True
    width, needed = MOST_SPREAD * len(short.shape), PART * short.weight
    places = [(place, key) for place, key in enumerate(long.shape) if key in short.weights]
    near: Counter[str] = Counter()
    weight, oldest = 0.0, 0
    for place, key in places:
        weight += short.weights[key] * (not near[key])
        near[key] += 1
        while places[oldest][0] <= place - width:
            left = places[oldest][1]
            near[left] -= 1
            weight -= short.weights[left] * (not near[left])
            oldest += 1
        if weight >= needed:
            return True
    return False

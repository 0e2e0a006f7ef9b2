"""How alike two wordings are, and in what they differ materially."""

from collections import Counter
from dataclasses import dataclass
from math import fsum
from typing import Final, Literal

from pipeline.statements.changes import Change, changes
from pipeline.statements.wording import Wording

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

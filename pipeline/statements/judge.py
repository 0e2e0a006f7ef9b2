"""The verdict on two readings: whether the new one repeats what the known one says, changes it, or says something else.

The weights are those of a softmax regression over the features of `similarity`, fitted on the project's own pairs; a
feature without a weight counts nothing. Without an encoder, words and slots decide by rules.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp
from typing import Final, Literal

from pipeline.statements.differences import Difference
from pipeline.statements.reading import Reading
from pipeline.statements.similarity import Comparison, compare

Relation = Literal["repeated", "changed", "new"]

RELATIONS: Final[tuple[Relation, ...]] = ("changed", "new", "repeated")

LEAST_REPEATED: Final = 0.6
"""The probability from which on a claim counts as repeated: a missed claim costs more than a second alert."""


_CERTAIN: Final = frozenset({"stance", "number", "date", "opposite"})

_LEAST_SAME: Final = 0.85
"""The share of its words that a text has in common with a known one where words alone decide."""

_LEAST_OF_FEW: Final = 0.7  # share of the words that a text of few words must have in common

_CERTAIN_NEAR: Final = frozenset({"order", "replaced", "not0", "notodd", "+may", "+if", "+number"})
"""Marks of differences that are certain where most words are the same."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the new reading brings beside the known one, how sure that is, and by which differences."""

    relation: Relation
    certainty: float
    comparison: Comparison

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The slots that differ."""
        return self.comparison.differences


def judge(known: Reading, new: Reading) -> Judgement:
    """What the new reading brings beside the known one."""
    found = compare(known, new)
    if known.line == new.line and not found.differences:
        return Judgement("repeated", 1.0, found)
    if known.vectors is None:
        return Judgement(_by_words(found), 0.8, found)
    chances = probabilities(found.figures)
    relation = max(RELATIONS, key=chances.__getitem__)
    if relation == "repeated" and (chances["repeated"] < LEAST_REPEATED or _is_certain_change(found)):
        relation = "changed" if chances["changed"] + chances["repeated"] >= chances["new"] else "new"
    return Judgement(relation, round(chances[relation], 2), found)


def _is_certain_change(found: Comparison) -> bool:
    """Whether a difference alone decides that something has changed, whatever is alike."""
    if any(each.mark in _CERTAIN for each in found.differences):
        return True
    figures = found.figures
    if figures["few words"] and figures["same new"] < _LEAST_OF_FEW and not figures["crosses"]:
        return True
    return bool(figures["near"] and any(each.mark in _CERTAIN_NEAR for each in found.differences))


def _by_words(found: Comparison) -> Relation:
    """The relation where meaning is not known: the same words without a difference are repeated."""
    if found.figures["same new"] >= _LEAST_SAME and not _is_certain_change(found):
        return "changed" if found.differences else "repeated"
    return "changed" if found.figures["near"] else "new"


def probabilities(figures: dict[str, float]) -> dict[Relation, float]:
    """The probability of each relation."""
    table = _weights()
    sums = [0.0, 0.0, 0.0]
    for name in sorted(figures):  # in one order, so that every machine adds up alike
        for place, weight in enumerate(table.get(name, ())):
            sums[place] += weight * figures[name]
    powers = [exp(each - max(sums)) for each in sums]
    return dict(zip(RELATIONS, (each / sum(powers) for each in powers), strict=True))


@cache
def _weights() -> dict[str, list[float]]:
    weights: dict[str, list[float]] = tomllib.loads(
        files("pipeline.statements").joinpath("weights.toml").read_text("utf-8")
    )
    return weights

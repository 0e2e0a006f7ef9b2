"""A wording: the terms of one quote's content, made ready for comparing."""

from dataclasses import dataclass
from math import fsum
from typing import Final

from pipeline.model import Modality, Quote
from pipeline.statements.terms import Term, terms

MOST_CHARACTERS: Final = 6_000  # of a quote; aligning two wordings takes time by the product of their lengths


@dataclass(frozen=True, slots=True)
class Wording:
    """What somebody said in some words.

    `keys` are the terms in order, `line` is them in one string; `told` are those that tell something, `shape` are their
    shapes. `weights` are those with content, by shape, `weight` their sum, `words` those of them that are words.
    `stance` is how the article puts it (asserted, denied, asked …).
    """

    keys: tuple[str, ...]
    line: str
    told: tuple[Term, ...]
    shape: tuple[str, ...]
    words: tuple[str, ...]
    weights: dict[str, float]
    weight: float
    stance: Modality

    @property
    def name(self) -> tuple[str, ...]:
        """The same for the same words, whatever their form, in the same stance."""
        return (self.stance, *self.keys)


def wording(quote: Quote) -> Wording:
    """The wording of a quote; of a very long one, of its beginning."""
    found = terms(quote.content[:MOST_CHARACTERS])
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
        stance=quote.modality,
    )

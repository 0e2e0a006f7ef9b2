"""A wording: the terms of one quote's content, made ready for comparing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final

from pipeline.model import Modality, Quote
from pipeline.statements.english import DETERMINERS
from pipeline.statements.terms import Term, terms

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

"""The tree of a parsed query."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Field = Literal["", "speaker", "about", "source", "lang", "kind", "said", "verdict"]


@dataclass(frozen=True, slots=True)
class Term:
    """Consecutive words in a field ('' is the text): a word, a phrase, or one whose last word is a `prefix`.

    `words` have the form of `pipeline.text.words`; in the field `source` they are the whole folded id.
    """

    words: tuple[str, ...]
    field: Field = ""
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Dated:
    """A half-open range of the publication time (or the time first seen); None is open-ended."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class And:
    """A conjunction of at least two parts."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """A disjunction of at least two parts."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A negation."""

    part: "Node"


Node = Term | Dated | And | Or | Not

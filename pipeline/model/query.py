"""The tree of a parsed query."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Field = Literal["", "speaker", "about", "source", "lang", "kind", "said", "verdict"]


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow one another in a field ('' is the text): one word, a phrase, or a `prefix` of the last word.

    They are as `pipeline.text.words` gives them; for `source` it is the whole id, folded.
    """

    words: tuple[str, ...]
    field: Field = ""
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Dated:
    """Published (or else first seen) in the half-open range; None is open-ended."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class And:
    """All of them, at least two."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them, at least two."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    part: "Node"


Node = Term | Dated | And | Or | Not

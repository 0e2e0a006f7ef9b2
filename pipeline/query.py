"""The query language of search and watches: text to a tree that every index compiles and `matches` evaluates."""

from dataclasses import dataclass
from typing import Literal

Field = Literal["", "speaker", "about", "source", "lang", "kind", "after", "before"]


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow one another in a field ('' is the text): one word, a phrase, or a `prefix` of the last word."""

    words: tuple[str, ...]
    field: Field = ""
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    part: "Node"


Node = Term | And | Or | Not

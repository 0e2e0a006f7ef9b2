"""Searches: the tree of a parsed query, the search around it, and the page of hits that answers it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Field = Literal["", "speaker", "about", "source", "lang", "kind", "said", "source_kind", "verdict"]


@dataclass(frozen=True, slots=True)
class Term:
    """Consecutive words in a field ('' is the text): a word, a phrase, or one whose last word is a `prefix`.

    `words` have the form of `pipeline.text.words`; in the field `source` they are the whole folded id. A plain word has
    `stems`, tagged with their languages (see `pipeline.text.stems`), and matches the texts with any of them too.
    """

    words: tuple[str, ...]
    field: Field = ""
    prefix: bool = False
    stems: tuple[str, ...] = ()


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


Collection = Literal["articles", "quotes", "statements"]

Order = Literal["newest", "relevance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search of the index. `query` None matches everything; `cursor` is that of the previous page.

    With `facets`, the most frequent `values` of each of the `fields` are counted, of all fields if none is named. With
    `crossed`, the hits are also counted by two fields together, or by a field and "day".
    """

    collection: Collection = "quotes"
    query: Node | None = None
    order: Order = "newest"
    limit: int = 20
    cursor: str = ""
    facets: bool = False
    days: bool = False
    values: int = 50
    fields: tuple[str, ...] = ()
    crossed: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article, quote or statement as a row of results.

    `text` is the article's text, the quote's content or the statement; `highlights` are ranges of it, in order.
    `reports` is the number of articles that report the statement (1 for quotes and articles). `modality` is that of the
    statement ("denied"), and `cue` the article's reporting word. `source_kind` is the sort of source that speaks
    ("anonymous"). `changed_from` is the statement that this one changes. `archive` says that the article was not read
    as news. `about` are the tracked actors that the words mention.
    """

    collection: Collection
    id: str
    text: str
    highlights: tuple[tuple[int, int], ...]
    article_id: str
    title: str
    url: str
    source: str
    language: str
    published: datetime | None
    first_seen: datetime
    speaker_id: str = ""
    speaker_name: str = ""
    kind: str = ""
    confidence: float = 0.0
    statement_id: str = ""
    reports: int = 1
    modality: str = ""
    cue: str = ""
    source_kind: str = ""
    changed_from: str = ""
    archive: bool = False
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of hits in order, with their total, the cursor of the next page ('' at the end) and counts.

    `facets` maps a field ("speaker", "source", "lang", "kind", "said", "source_kind", "verdict") to its most frequent
    values, the first most. `days` are the latest days (UTC) with hits, by time of publication or else of first sight.
    Both count the newest `counted` hits: all of them, or as many as an index can count while a user waits. `crossed`
    maps a value of the first field to the counts of values of the second; a day is written as in ISO 8601.
    """

    hits: tuple[Hit, ...]
    total: int
    cursor: str = ""
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    days: Sequence[tuple[date, int]] = ()
    counted: int = 0
    crossed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

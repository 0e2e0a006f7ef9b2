"""The record: a search as its address holds it, with its days, its facets, and its hits grouped by article."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import Any, Final, TypeVar, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from pipeline.errors import QueryError
from pipeline.model import Actor
from pipeline.model.query import Collection, Hit, Or, Order, Page, Search, Term
from pipeline.search.query import parse
from pipeline.services import Services
from pipeline.text import words
from pipeline.web.charts import Bar, histogram
from pipeline.web.dependencies import OpenServices
from pipeline.web.render import called, page

FIELDS: Final[Mapping[str, str]] = {
    "speaker": "Who",
    "about": "About",
    "source": "Where",
    "said": "How it was said",
    "source_kind": "Kind of source",
    "verdict": "New or changed",
    "kind": "Kind of speech",
    "lang": "Language",
}

_NOT: Final = "not-"

_DATES: Final = ("after", "before")

_Choice = TypeVar("_Choice", bound=str)

MOST_CONDITIONS: Final = 60  # of one address


@dataclass(frozen=True, slots=True)
class Condition:
    """A value that a field is to have, or is not to have."""

    field: str
    value: str
    excluded: bool = False

    @property
    def parameter(self) -> tuple[str, str]:
        """The condition in an address."""
        return (f"{_NOT if self.excluded else ''}{self.field}", self.value)


@dataclass(frozen=True, slots=True)
class Pill:
    """A condition in force: what it is about ('' for words), its value, and the address of the page without it.

    `field` is that of the condition, '' for words and dates.
    """

    heading: str
    value: str
    without: str
    excluded: bool = False
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """A search as the address of its page has it. `after` and `before` are as the query language takes them."""

    words: str = ""
    collection: Collection = "statements"
    order: Order = "newest"
    conditions: tuple[Condition, ...] = ()
    after: str = ""
    before: str = ""

    @property
    def query(self) -> str:
        """The search in the query language."""
        chosen: dict[str, list[str]] = {}
        for condition in self.conditions:
            if not condition.excluded:
                chosen.setdefault(condition.field, []).append(term(condition.field, condition.value))
        parts = [f"({self.words})"] if self.words.strip() else []
        parts += [terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})" for terms in chosen.values()]
        parts += [f"NOT {term(each.field, each.value)}" for each in self.conditions if each.excluded]
        parts += [f'{name}:"{value}"' for name, value in (("after", self.after), ("before", self.before)) if value]
        return self.words.strip() if len(parts) == 1 and self.words.strip() else " AND ".join(parts)

    @property
    def address(self) -> str:
        """The address of the page."""
        parameters = [("q", self.words), *(condition.parameter for condition in self.conditions)]
        parameters += [("after", self.after), ("before", self.before)]
        parameters += [("in", self.collection)] if self.collection != "statements" else []
        parameters += [("order", self.order)] if self.order != "newest" else []
        return f"/record?{urlencode([(name, value) for name, value in parameters if value])}"

    def toggled(self, condition: Condition) -> "Filters":
        """With the condition if it is not in force, else without; never both chosen and excluded."""
        others = tuple(
            each for each in self.conditions if (each.field, each.value) != (condition.field, condition.value)
        )
        return replace(self, conditions=others if condition in self.conditions else (*others, condition))

    def pills(self, names: Mapping[str, str]) -> list[Pill]:
        """All that is in force, each with the address without it; `names` are those of speakers by id."""
        pills = [Pill("", self.words, replace(self, words="").address)] if self.words.strip() else []
        for condition in self.conditions:
            name = names.get(condition.value, condition.value)
            without = self.toggled(condition).address
            pills.append(Pill(FIELDS[condition.field], name, without, condition.excluded, condition.field))
        if self.after:
            pills.append(Pill("From", self.after, replace(self, after="").address))
        if self.before:
            pills.append(Pill("Before", self.before, replace(self, before="").address))
        return pills


def term(field: str, value: str) -> str:
    """The condition in the query language."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{field}:"{escaped}"'


def read(parameters: Iterable[tuple[str, str]]) -> Filters:
    """The search that an address asks for; what is not of it is left out."""
    pairs = list(parameters)
    last = dict(pairs)
    conditions = filter(None, (_condition(name, value) for name, value in pairs))
    return Filters(
        words=last.get("q", ""),
        collection=_one_of(last.get("in", ""), get_args(Collection), "statements"),
        order=_one_of(last.get("order", ""), get_args(Order), "newest"),
        conditions=tuple(dict.fromkeys(conditions))[:MOST_CONDITIONS],
        **{name: last.get(name, "").strip().replace('"', "") for name in _DATES},
    )


def _condition(name: str, value: str) -> Condition | None:
    field = name.removeprefix(_NOT)
    return Condition(field, value, name.startswith(_NOT)) if field in FIELDS and value.strip() else None


def _one_of(value: str, choices: Sequence[_Choice], plain: _Choice) -> _Choice:
    return next((choice for choice in choices if choice == value), plain)


router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FRESH: Final = timedelta(hours=24)  # a statement is shown as new for so long after its publication

_HITS: Final = 20

_SHOWN_VALUES: Final = 8  # of a facet, before "more"

_SUGGESTED: Final = 3  # persons

_COUNTED: Final = 6  # persons whose statements are counted, to suggest those who said most

_MOST_TYPED: Final = 12  # words in which names are looked for

_SPEAKERS: Final = 30  # statements by somebody of a typed name, among whose speakers persons are suggested

_PLAIN: Final = re.compile(r"[\w\s.'’-]+")  # words without the signs of the query language

_OPERATORS: Final = frozenset({"AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A hit in a list; `fresh` where the statement is news of the last day."""

    hit: Hit
    fresh: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one article that follow one another."""

    first: Hit
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet with its number, and the addresses that choose and exclude it."""

    name: str
    count: int
    chosen: bool
    choose: str
    exclude: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A field with its values, the most frequent first; `more` come behind a button."""

    field: str
    heading: str
    values: tuple[Value, ...]
    more: tuple[Value, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The search that was probably meant by words with a person's name among them."""

    query: str
    count: int
    address: str


@router.get("/record")
def record(services: OpenServices, request: Request, cursor: str = "") -> Response:
    """Return what was said, newest first, as the address asks."""
    filters = read(request.query_params.multi_items())
    now = services.clock()
    actors = services.desk.all(Actor)
    try:
        parse(filters.words, now)  # so that a mistake is pointed at in what was typed
        query = parse(filters.query, now)
    except QueryError as error:
        return page(request, "record.html", 400, filters=filters, error=error, result=None, pills=[], suggestions=[])
    result = services.index.search(
        Search(
            collection=filters.collection,
            query=query,
            order=filters.order,
            limit=_HITS,
            cursor=cursor,
            facets=not cursor,
            days=not cursor,
        )
    )
    names = speaker_names(result.hits, actors)
    again = urlencode({"cursor": result.cursor}) if result.cursor else ""
    return page(
        request,
        "record.html",
        rows=result.hits,
        following=f"{filters.address}{'&' if '?' in filters.address else '?'}{again}" if again else "",
        filters=filters,
        error=None,
        result=result,
        groups=grouped(services, result.hits),
        facets=_facets(filters, result, names),
        chart=histogram(result.days, lambda bar: between(filters, bar)),
        pills=filters.pills(names),
        suggestions=[] if cursor else _suggestions(services, filters, actors),
        again=again,
        ways=_ways(filters),
    )


def speaker_names(hits: Sequence[Hit], actors: Sequence[Actor]) -> dict[str, str]:
    """The names of speakers by id: as the desk has them, else as an article does."""
    return {hit.speaker_id: hit.speaker_name for hit in hits} | {actor.id: actor.name for actor in actors}


def grouped(services: Services, hits: Sequence[Hit]) -> list[Group]:
    """The hits, those of one article that follow one another together."""
    new = services.clock() - FRESH
    groups = (tuple(group) for _, group in groupby(hits, key=lambda hit: hit.article_id))
    return [Group(group[0], tuple(Shown(hit, is_fresh(hit, new)) for hit in group)) for group in groups]


def is_fresh(hit: Hit, new: Any) -> bool:
    """Return whether the statement is news: published lately, and not read from an archive."""
    return hit.collection == "statements" and not hit.archive and (hit.published or hit.first_seen) > new


def between(filters: Filters, bar: Bar) -> str:
    """The address of the same search within the days of a bar."""
    return replace(filters, after=bar.start.isoformat(), before=bar.end.isoformat()).address


def _facets(filters: Filters, result: Page, names: Mapping[str, str]) -> list[Facet]:
    facets = []
    for field, counts in result.facets.items():
        values = [_value(filters, field, value, count, names) for value, count in counts]
        if len(values) > 1 or any(value.chosen for value in values):
            most = max(value.count for value in values)
            shown, more = tuple(values[:_SHOWN_VALUES]), tuple(values[_SHOWN_VALUES:])
            facets.append(Facet(field, FIELDS[field], shown, more, most))
    return facets


def _value(filters: Filters, field: str, value: str, count: int, names: Mapping[str, str]) -> Value:
    chosen, excluded = Condition(field, value), Condition(field, value, excluded=True)
    name = names.get(value, called(value)) if field == "speaker" else value
    return Value(
        name, count, chosen in filters.conditions, filters.toggled(chosen).address, filters.toggled(excluded).address
    )


def _suggestions(services: Services, filters: Filters, actors: Sequence[Actor]) -> list[Suggestion]:
    """Searches by the speakers of whose names most is among the plain words, those who said most first."""
    typed = _plain_words(filters.words)
    if not typed or len(typed) > _MOST_TYPED:
        return []
    named = {actor.id: (actor.name, *actor.aliases) for actor in actors}
    if not any(_typed_of(name, typed) for names in named.values() for name in names):
        named = _speakers_called(services, typed)
    matched = {person: max((_typed_of(name, typed) for name in names), key=len) for person, names in named.items()}
    fullest = sorted((person for person in matched if matched[person]), key=lambda person: -len(matched[person]))
    meant = [person for person in fullest if len(matched[person]) == len(matched[fullest[0]])][:_COUNTED]
    suggestions = (_suggestion(services, filters, person, named[person][0], matched[person]) for person in meant)
    return sorted(filter(None, suggestions), key=lambda suggestion: -suggestion.count)[:_SUGGESTED]


def _plain_words(text: str) -> tuple[str, ...]:
    """The words of a query that says nothing but words; else none."""
    if not _PLAIN.fullmatch(text) or _OPERATORS & set(text.split()) or re.search(r"(?:^|\s)-", text):
        return ()
    return words(text)


def _typed_of(name: str, typed: Sequence[str]) -> frozenset[str]:
    """The words of the name that were typed, if its last one is among them: a first name alone says too little."""
    parts = words(name)
    return frozenset(parts) & frozenset(typed) if parts and parts[-1] in typed else frozenset()


def _speakers_called(services: Services, typed: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The names of the latest speakers that have one of the words in their name, by id."""
    named = Or(tuple(Term((word,), "speaker") for word in dict.fromkeys(typed)))
    hits = services.index.search(Search(collection="statements", query=named, limit=_SPEAKERS)).hits
    return {hit.speaker_id: (hit.speaker_name,) for hit in hits if hit.speaker_id}


def _suggestion(
    services: Services, filters: Filters, person: str, name: str, typed: frozenset[str]
) -> Suggestion | None:
    """The search by the person with the other words, or without them where that finds nothing."""
    condition = Condition("speaker", person)
    if condition in filters.conditions:
        return None
    others = " ".join(word for word in filters.words.split() if not set(words(word)) <= typed)
    for left in dict.fromkeys((others, "")):
        by = replace(filters, words=left, conditions=(*filters.conditions, condition))
        query = parse(by.query, services.clock())
        if total := services.index.search(Search(collection=filters.collection, query=query, limit=0)).total:
            return Suggestion(f"{term('speaker', name)} {left}".rstrip(), total, by.address)
    return None


def _ways(filters: Filters) -> dict[str, str]:
    """The same search in other forms: files, feeds, a watch, the last days, another order."""
    search = {"q": filters.query, "collection": filters.collection}
    return {
        "count": f"/api/v1/search?{urlencode({**search, 'limit': '1'})}",
        "csv": f"/api/v1/export?{urlencode({'format': 'csv', **search})}",
        "xlsx": f"/api/v1/export?{urlencode({'format': 'xlsx', **search})}",
        "jsonl": f"/api/v1/export?{urlencode({'format': 'jsonl', **search})}",
        "atom": f"/feeds/search.atom?{urlencode({'q': filters.query})}",
        "watch": f"/watches?{urlencode({'query': filters.query})}",
        "compare": f"/compare?{urlencode({'q': filters.query})}",
        "day": replace(filters, after="1d", before="").address,
        "week": replace(filters, after="7d", before="").address,
        "month": replace(filters, after="30d", before="").address,
        "newest": replace(filters, order="newest").address,
        "relevance": replace(filters, order="relevance").address,
    }

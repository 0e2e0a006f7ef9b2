"""The record: a search with its days, its facets, and what it finds, articles together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from pipeline.errors import QueryError
from pipeline.model import Actor
from pipeline.model.query import Hit, Page, Search
from pipeline.search.query import parse
from pipeline.services import Services
from pipeline.text import words
from pipeline.web.charts import Bar, histogram
from pipeline.web.dependencies import OpenServices
from pipeline.web.filters import FIELDS, Condition, Filters, read
from pipeline.web.pages.frame import page
from pipeline.web.render import called

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FRESH: Final = timedelta(hours=24)  # a statement is shown as new for so long after its publication

_HITS: Final = 20

_SHOWN_VALUES: Final = 8  # of a facet, before "more"

_SUGGESTED: Final = 3  # persons


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
    """A person whose name was typed as plain words."""

    name: str
    count: int
    address: str


@router.get("/record")
def record(services: OpenServices, request: Request, cursor: str = "") -> HTMLResponse:
    """What was said, newest first, as the address asks."""
    asked = read(request.query_params.multi_items())
    now = services.clock()
    actors = services.desk.all(Actor)
    try:
        parse(asked.words, now)  # so that a mistake is pointed at in what was typed
        query = parse(asked.query, now)
    except QueryError as error:
        return page(request, "record.html", 400, asked=asked, error=error, found=None, pills=[], suggestions=[])
    found = services.index.search(
        Search(
            collection=asked.collection,
            query=query,
            order=asked.order,
            limit=_HITS,
            cursor=cursor,
            facets=not cursor,
            days=not cursor,
        )
    )
    names = speaker_names(found.hits, actors)
    return page(
        request,
        "record.html",
        asked=asked,
        error=None,
        found=found,
        groups=grouped(services, found.hits),
        facets=_facets(asked, found, names),
        chart=histogram(found.days, "Hits by day", lambda bar: between(asked, bar)),
        pills=asked.pills(names),
        suggestions=[] if cursor else _suggestions(services, asked, actors),
        again=urlencode({"cursor": found.cursor}) if found.cursor else "",
        ways=_ways(asked),
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
    """Whether the statement is news: published lately, and not read from an archive."""
    return hit.collection == "statements" and not hit.archive and (hit.published or hit.first_seen) > new


def between(asked: Filters, bar: Bar) -> str:
    """The address of the same search within the days of a bar."""
    return replace(asked, after=bar.start.isoformat(), before=bar.end.isoformat()).address


def _facets(asked: Filters, found: Page, names: Mapping[str, str]) -> list[Facet]:
    facets = []
    for field, counts in found.facets.items():
        values = [_value(asked, field, value, count, names) for value, count in counts]
        if len(values) > 1 or any(value.chosen for value in values):
            most = max(value.count for value in values)
            shown, more = tuple(values[:_SHOWN_VALUES]), tuple(values[_SHOWN_VALUES:])
            facets.append(Facet(field, FIELDS[field], shown, more, most))
    return facets


def _value(asked: Filters, field: str, value: str, count: int, names: Mapping[str, str]) -> Value:
    chosen, excluded = Condition(field, value), Condition(field, value, excluded=True)
    name = names.get(value, called(value)) if field == "speaker" else value
    return Value(
        name, count, chosen in asked.conditions, asked.toggled(chosen).address, asked.toggled(excluded).address
    )


def _suggestions(services: Services, asked: Filters, actors: Sequence[Actor]) -> list[Suggestion]:
    """Tracked persons whose names are among the words, with what they said."""
    typed = f" {' '.join(words(asked.words))} "
    meant = [actor for actor in actors if any(_is_typed(name, typed) for name in (actor.name, *actor.aliases))]
    found = []
    for actor in meant[:_SUGGESTED]:
        condition = Condition("speaker", actor.id)
        if condition in asked.conditions:
            continue
        by = Filters(collection=asked.collection, conditions=(condition,))
        total = services.index.search(
            Search(collection=asked.collection, query=parse(by.query), limit=0),
        ).total
        found.append(Suggestion(actor.name, total, by.address))
    return found


def _is_typed(name: str, typed: str) -> bool:
    return bool(words(name)) and f" {' '.join(words(name))} " in typed


def _ways(asked: Filters) -> dict[str, str]:
    """The same search in other forms: files, feeds, a watch, the last days, another order."""
    of = {"q": asked.query, "collection": asked.collection}
    return {
        "csv": f"/api/v1/export?{urlencode({'format': 'csv', **of})}",
        "jsonl": f"/api/v1/export?{urlencode({'format': 'jsonl', **of})}",
        "json": f"/api/v1/search?{urlencode({**of, 'facets': 'true', 'days': 'true'})}",
        "atom": f"/feeds/search.atom?{urlencode({'q': asked.query})}",
        "watch": f"/watches?{urlencode({'query': asked.query})}",
        "day": replace(asked, after="1d", before="").address,
        "week": replace(asked, after="7d", before="").address,
        "month": replace(asked, after="30d", before="").address,
        "newest": replace(asked, order="newest").address,
        "relevance": replace(asked, order="relevance").address,
    }

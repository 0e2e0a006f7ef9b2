"""The front page: the day in numbers against the usual, its stories, changes and denials, and what ails the desk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from pipeline.feeds.health import Health, health
from pipeline.feeds.listing import subscriptions
from pipeline.model import Actor
from pipeline.model.query import And, Dated, Hit, Node, Page, Search, Term
from pipeline.ports import DEAD_LETTERS
from pipeline.run.metrics import REDRIVE
from pipeline.services import Services
from pipeline.text import words
from pipeline.web.charts import sparkline
from pipeline.web.dependencies import OpenServices
from pipeline.web.pages.record import speaker_names
from pipeline.web.pages.sources import name_of
from pipeline.web.render import page, said_verb

if TYPE_CHECKING:
    from markupsafe import Markup

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_PAST: Final = 14  # days that the day is compared with

_LOOKED_AT: Final = 200  # statements of the day

_STORIES: Final = 12

_OF_STORY: Final = 4  # statements

_CHANGED: Final = 8

_SPEAKERS: Final = 10

_LEAST_ALIKE: Final = 0.4  # of the words of two headlines

_SHORT: Final = 3  # letters of words that say nothing about what a headline is of


@dataclass(frozen=True, slots=True)
class Number:
    """How many there were on the day, on a usual one of the days before, and on each of those (`line`)."""

    name: str
    count: int
    usual: float
    address: str
    line: "Markup"


@dataclass(frozen=True, slots=True)
class Story:
    """Articles that report the same: what was said in them, the newest first, and the outlets."""

    hits: tuple[Hit, ...]
    shown: tuple[Hit, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A statement that changes an earlier one, with the words and the verb of that."""

    hit: Hit
    earlier: str
    verb: str


@router.get("/")
def today(services: OpenServices, request: Request, day: str = "") -> Response:
    """What was said on a day, by default today. Searches of old addresses go to the record."""
    if {"q", "in", "all", "cursor"} & set(request.query_params):
        return RedirectResponse(f"/record?{request.url.query}", 307)
    zone = ZoneInfo(services.settings.web.zone)
    start = _start(day, services.clock(), zone)
    end = start + timedelta(days=1)
    found = _search(services, Dated(start, end), limit=_LOOKED_AT, facets=True)
    actors = services.desk.all(Actor)
    followed = subscriptions(services.desk)
    feeds = [health(state, services.clock()) for _, state in followed]
    return page(
        request,
        "today.html",
        day=start,
        days=(start - timedelta(days=1), end if end <= services.clock() else None),
        numbers=_numbers(services, start),
        stories=stories(found.hits)[:_STORIES],
        changed=_changed(services, start, end),
        denied=_search(services, And((Term(("denied",), "said"), Dated(start, end))), limit=_CHANGED).hits,
        speakers=found.facets["speaker"][:_SPEAKERS],
        names=speaker_names(found.hits, actors),
        sick=_sick(feeds),
        feeds=feeds,
        sources={feed.url: name_of(feed, state) for feed, state in followed},
        tracked=actors,
        failed=services.log.lag(DEAD_LETTERS, REDRIVE),
    )


def _start(day: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the day in the desk's zone; of today where the address names none."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        wanted = now.astimezone(zone).date()
    return datetime(wanted.year, wanted.month, wanted.day, tzinfo=zone)


def _search(services: Services, query: Node, limit: int = 0, *, facets: bool = False, days: bool = False) -> Page:
    asked = Search(collection="statements", query=query, limit=limit, facets=facets, days=days)
    return services.index.search(asked)


def _numbers(services: Services, start: datetime) -> list[Number]:
    """How much was said, changed and denied, beside the median of the days before."""
    asked: tuple[tuple[str, Node | None, str], ...] = (
        ("statements", None, ""),
        ("changed", Term(("changed",), "verdict"), "verdict=changed&"),
        ("denied", Term(("denied",), "said"), "said=denied&"),
    )
    since = Dated(start - timedelta(days=_PAST), start + timedelta(days=1))
    numbers = []
    for name, node, condition in asked:
        counts = dict(_search(services, And((node, since)) if node else since, days=True).days)
        past = [counts.get(start.date() - timedelta(days=before), 0) for before in range(_PAST, 0, -1)]
        address = f"/record?{condition}after={start.date()}&before={start.date() + timedelta(days=1)}"
        count = counts.get(start.date(), 0)
        line = sparkline([*past, count], f"{name.capitalize()} a day in {_PAST + 1} days")
        numbers.append(Number(name, count, median(past), address, line))
    return numbers


def stories(hits: Sequence[Hit]) -> list[Story]:
    """The hits by what their articles report, the story of most outlets first.

    Articles are of one story where their headlines share enough words, and one of them speaks of a person of the other.
    """
    by_article: dict[str, list[Hit]] = {}
    for hit in hits:
        by_article.setdefault(hit.article_id, []).append(hit)
    clusters: list[list[Hit]] = []
    for of_article in by_article.values():
        same = next((cluster for cluster in clusters if _is_same(cluster, of_article)), None)
        if same is None:
            clusters.append(list(of_article))
        else:
            same += of_article
    found = [_story(cluster) for cluster in clusters]
    return sorted(found, key=lambda story: (-len(story.sources), -len(story.hits)))


def _is_same(cluster: Sequence[Hit], of_article: Sequence[Hit]) -> bool:
    speakers = {hit.speaker_id for hit in of_article if hit.speaker_id}
    headline = _headline(of_article[0])
    return any(
        _alike(headline, _headline(hit)) >= _LEAST_ALIKE
        for hit in cluster
        if hit.speaker_id in speakers or not speakers
    )


def _headline(hit: Hit) -> frozenset[str]:
    return frozenset(word for word in words(hit.title) if len(word) > _SHORT)


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def _story(cluster: Sequence[Hit]) -> Story:
    return Story(tuple(cluster), _different(cluster), tuple(dict.fromkeys(hit.source for hit in cluster)))


def _different(cluster: Iterable[Hit]) -> tuple[Hit, ...]:
    """The first statements of a story, one of each speaker before a second of anybody."""
    seen: dict[str, int] = {}
    ranked = []
    for hit in cluster:
        ranked.append((seen.get(hit.speaker_id, 0), hit))
        seen[hit.speaker_id] = seen.get(hit.speaker_id, 0) + 1
    return tuple(hit for _, hit in sorted(ranked, key=lambda pair: pair[0])[:_OF_STORY])


def _changed(services: Services, start: datetime, end: datetime) -> list[Changed]:
    query = And((Term(("changed",), "verdict"), Dated(start, end)))
    changed = []
    for hit in _search(services, query, limit=_CHANGED).hits:
        earlier = services.index.decisions(hit.changed_from)
        before = earlier[0].statement if earlier else None
        changed.append(Changed(hit, before.text if before else "", said_verb(before.first.quote) if before else ""))
    return changed


def _sick(feeds: Sequence[Health]) -> list[Health]:
    return [feed for feed in feeds if feed.condition in ("failing", "silent", "flooding", "waiting", "gone")]

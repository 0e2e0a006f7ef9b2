"""The pages that compare: two searches by day, who talks about whom, and which outlet reports whom first."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from pipeline.errors import QueryError
from pipeline.model import Actor
from pipeline.model.query import And, Dated, Node, Page, Search, Term
from pipeline.search.day import beginning
from pipeline.search.query import parse
from pipeline.services import Services
from pipeline.text import fold, words
from pipeline.web.charts import Histogram, bars, histogram, on_common_days
from pipeline.web.dependencies import OpenServices
from pipeline.web.pages.record import Filters, between
from pipeline.web.render import page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_SHOWN: Final = 12  # rows and columns of a table

_SHADES: Final = 4

_MOST_VALUES: Final = 1_000  # speakers, and outlets of each, that are counted

_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Compared:
    """One of two searches that are compared: its days on the scale of both."""

    query: str
    total: int
    chart: Histogram | None
    address: str


@router.get("/compare")
def compare(services: OpenServices, request: Request, q: str = "", other: str = "") -> Response:
    """Two searches of statements, day by day over the same time."""
    typed = (q.strip(), other.strip())
    try:
        results = [_days_of(services, query) for query in typed] if all(typed) else []
    except QueryError as error:
        return page(request, "compare.html", 400, typed=typed, compared=[], error=error)
    rows = [
        {"query": query, "day": day, "count": n}
        for query, hits in zip(typed, results, strict=False)
        for day, n in hits.days
    ]
    return page(request, "compare.html", rows=rows, typed=typed, compared=_compared(typed, results), error=None)


def _days_of(services: Services, typed: str) -> Page:
    query = parse(typed, services.clock())
    return services.index.search(Search(collection="statements", query=query, limit=0, days=True))


def _compared(typed: Sequence[str], results: Sequence[Page]) -> list[Compared]:
    if not results:
        return []
    days = on_common_days(results[0].days, results[1].days)
    most = max((bar.count for counts in days for bar in bars(counts)), default=0)
    compared = []
    for query, answer, counts in zip(typed, results, days, strict=True):
        filters = Filters(words=query)
        chart = histogram(counts, partial(between, filters), most)
        compared.append(Compared(query, answer.total, chart, filters.address))
    return compared


@dataclass(frozen=True, slots=True)
class Week:
    """The seven days up to and with `last`, in the desk's zone; `now` ends the last week that can be shown."""

    last: datetime
    now: datetime

    @property
    def start(self) -> datetime:
        """The first of the days."""
        return self.end - _WEEK

    @property
    def end(self) -> datetime:
        """The day after the last."""
        return self.last + timedelta(days=1)

    @property
    def dates(self) -> dict[str, str]:
        """The days as conditions of an address."""
        return {"after": f"{self.start:%Y-%m-%d}", "before": f"{self.end:%Y-%m-%d}"}

    @property
    def before(self) -> str:
        """The last day of the week before."""
        return f"{self.last - _WEEK:%Y-%m-%d}"

    @property
    def after(self) -> str:
        """The last day of the week after, or '' if it has not begun."""
        return f"{self.last + _WEEK:%Y-%m-%d}" if self.end <= self.now else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of statements, its shade from 0 to 4, and the search that finds them."""

    count: int
    shade: int
    address: str


@dataclass(frozen=True, slots=True)
class Column:
    """The heading of a column, the page that it leads to, and the value that its cells count."""

    name: str
    address: str
    value: str


@router.get("/network")
def network(services: OpenServices, request: Request, day: str = "") -> Response:
    """Show who talks about whom in the week up to a day (default: today), among the tracked actors who say most."""
    week = _week(services, day)
    people = _who_say_most(services, _counts(services, week, "speaker"))
    by_subject = {actor.id: _counts(services, week, "speaker", Term(words(actor.id), "about")) for actor in people}
    columns = [Column(actor.name, f"/people/{actor.id}", actor.id) for actor in people]
    return _table(request, week, people, columns, field="about", count=lambda who, about: by_subject[about].get(who, 0))


@router.get("/quoted")
def quoted(services: OpenServices, request: Request, day: str = "") -> Response:
    """Show which outlet reported whom first in the week up to a day, among the actors who say most."""
    week = _week(services, day)
    query = Dated(week.start, week.end)
    search = Search(collection="statements", query=query, limit=0, crossed=("speaker", "source"), values=_MOST_VALUES)
    by_speaker = services.index.search(search).crossed
    people = _who_say_most(services, {speaker: sum(counts.values()) for speaker, counts in by_speaker.items()})
    totals = Counter[str]()
    for actor in people:
        totals.update(by_speaker.get(actor.id, {}))
    outlets = sorted(totals, key=lambda outlet: (-totals[outlet], fold(outlet)))[:_SHOWN]
    columns = [Column(outlet, f"/record?{urlencode({'source': outlet})}", outlet) for outlet in outlets]
    return _table(
        request,
        week,
        people,
        columns,
        field="source",
        count=lambda who, outlet: by_speaker.get(who, {}).get(outlet, 0),
    )


def _week(services: Services, day: str) -> Week:
    now = services.clock()
    return Week(beginning(day, now, ZoneInfo(services.settings.web.zone)), now)


def _who_say_most(services: Services, said: Mapping[str, int]) -> list[Actor]:
    return sorted(services.desk.all(Actor), key=lambda actor: -said.get(actor.id, 0))[:_SHOWN]


def _counts(services: Services, week: Week, field: str, condition: Node | None = None) -> dict[str, int]:
    """Return how many statements of the week that meet the condition have each value of the field."""
    dated = Dated(week.start, week.end)
    query = And((condition, dated)) if condition else dated
    search = Search(collection="statements", query=query, limit=0, facets=True, fields=(field,))
    return dict(services.index.search(search).facets[field])


def _table(
    request: Request,
    week: Week,
    people: Sequence[Actor],
    columns: Sequence[Column],
    *,
    field: str,
    count: Callable[[str, str], int],
) -> Response:
    """A table of statements, a row for each speaker; a speaker's own column is left empty."""
    pairs = [(actor.id, column.value) for actor in people for column in columns if actor.id != column.value]
    counts = {pair: count(*pair) for pair in pairs}
    most = max(counts.values(), default=0)

    def cell(speaker: str, value: str) -> Cell | None:
        if (speaker, value) not in counts:
            return None
        number = counts[speaker, value]
        shade = -(-_SHADES * number // most) if most else 0
        return Cell(number, shade, f"/record?{urlencode({'speaker': speaker, field: value, **week.dates})}")

    return page(
        request,
        "network.html",
        rows=[{"speaker": who, field: value, "statements": each} for (who, value), each in counts.items()],
        field=field,
        columns=columns,
        speakers=[(actor, [cell(actor.id, column.value) for column in columns]) for actor in people],
        week=week,
        is_empty=not most,
    )

"""The front page: the day in numbers against the usual, its stories, changes and denials, and what ails the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from pipeline.feeds.health import Health, health
from pipeline.feeds.listing import subscriptions
from pipeline.model import Actor
from pipeline.ports import DEAD_LETTERS
from pipeline.run.metrics import REDRIVE
from pipeline.search.day import Day, Number, beginning, brief, day_of
from pipeline.services import Services
from pipeline.web.charts import sparkline
from pipeline.web.dependencies import OpenServices
from pipeline.web.pages.record import speaker_names
from pipeline.web.pages.sources import name_of
from pipeline.web.render import page

if TYPE_CHECKING:
    from markupsafe import Markup

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_CONDITIONS: Final = {"statements": "", "changed": "verdict=changed&", "denied": "said=denied&"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A number of the day with the search that finds what it counts, and a drawing of the days up to it."""

    number: Number
    address: str
    line: "Markup"


@router.get("/")
def today(services: OpenServices, request: Request, day: str = "") -> Response:
    """What was said on a day, by default today. Searches of old addresses go to the record."""
    if {"q", "in", "all", "cursor"} & set(request.query_params):
        return RedirectResponse(f"/record?{request.url.query}", 307)
    shown = _day(services, day)
    actors = services.desk.all(Actor)
    end = shown.start + timedelta(days=1)
    followed = subscriptions(services.desk)
    feeds = [health(state, services.clock()) for _, state in followed]
    return page(
        request,
        "today.html",
        day=shown,
        days=(shown.start - timedelta(days=1), end if end <= services.clock() else None),
        numbers=[_shown(shown, number) for number in shown.numbers],
        names=speaker_names(shown.hits, actors),
        sick=_sick(feeds),
        feeds=feeds,
        sources={feed.url: name_of(feed, state) for feed, state in followed},
        tracked=actors,
        failed=services.log.lag(DEAD_LETTERS, REDRIVE),
    )


@router.get("/today.txt")
def today_as_text(services: OpenServices, day: str = "") -> PlainTextResponse:
    """The day as plain text, for a mail or a printer."""
    shown = _day(services, day)
    return PlainTextResponse(brief(shown, speaker_names(shown.hits, services.desk.all(Actor))) + "\n")


def _day(services: Services, day: str) -> Day:
    start = beginning(day, services.clock(), ZoneInfo(services.settings.web.zone))
    return day_of(start, services.index.search, services.index.decisions)


def _shown(day: Day, number: Number) -> Shown:
    start = day.start.date()
    address = f"/record?{_CONDITIONS[number.name]}after={start}&before={start + timedelta(days=1)}"
    title = f"{number.name.capitalize()} a day in {len(number.past) + 1} days"
    return Shown(number, address, sparkline([*number.past, number.count], title))


def _sick(feeds: Sequence[Health]) -> list[Health]:
    return [feed for feed in feeds if feed.condition in ("failing", "silent", "flooding", "waiting", "gone")]

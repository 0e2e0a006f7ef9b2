"""The morning brief: a daily mail with the statements of the day before and links, at a time in the desk's zone."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pipeline.alerts.triage import misread
from pipeline.desk import SETTINGS
from pipeline.model import (
    Actor,
    Alert,
    ArticleRef,
    Change,
    Delivery,
    Letter,
    content_id,
    delivery_id,
)
from pipeline.model.statement import OUR_NAME, our_statement
from pipeline.search.day import Day, beginning, brief, day_of, heading, headline, more, number_line, said, text_bars
from pipeline.services import Services
from pipeline.settings.sections import Brief
from pipeline.text.http import web_address
from pipeline.text.messages import one_line, shortened
from pipeline.text.wording import ENGLISH, Locale, phrase

if TYPE_CHECKING:
    from jinja2 import Template

_TITLE: Final = phrase("Morning brief")

_SUBJECT: Final = 120  # characters; a list of mails shows some sixty


def day_due(now: datetime, at: str, zone: str) -> date | None:
    """The day before `now`, if the brief about it is due since the time of day `at` ("07:00"); else None."""
    local = now.astimezone(ZoneInfo(zone))
    return local.date() - timedelta(days=1) if local.time() >= time.fromisoformat(at) else None


def addressees(brief: Brief, zone: str, day: date, changes: Iterable[Change]) -> tuple[str, ...]:
    """The addresses for the brief of `day`: those that were in the settings when the brief was due.

    `changes` is the audit log. The first brief of an address that was added later in the day is that of the next day.
    """
    for change in changes:
        if change.noun != SETTINGS or day_due(change.at, brief.at, zone) != day:
            continue
        for field in change.fields:
            if field.name == "brief.to":
                earlier_addresses = json.loads(field.before or "[]")
                return tuple(address for address in brief.to if address in earlier_addresses)
    return brief.to


def briefs(services: Services, day: date, addresses: Iterable[str], occasion: str = "") -> tuple[Delivery, ...]:
    """The acknowledged deliveries of a day's brief to the addresses; the inbox does not list them as open.

    A delivery has the same id whenever it is planned, so the outbox takes it once; `occasion` distinguishes others.
    """
    web = services.settings.web
    summary = _summary(services, day)
    names = {hit.speaker_id: hit.speaker_name for hit in summary.hits}
    names |= {actor.id: actor.name for actor in services.desk.all(Actor)}
    letter = letter_of(summary, names, web.address, Locale(web.language, web.zone))
    alert = _notice(summary, letter, web.address, services.clock())
    targets = dict.fromkeys(f"email:{address}" for address in addresses)
    return tuple(
        Delivery(
            id=delivery_id(alert.id, target, occasion), alert=alert, target=target, acknowledged=True, letter=letter
        )
        for target in targets
    )


def _summary(services: Services, day: date) -> Day:
    start = beginning(day.isoformat(), services.clock(), ZoneInfo(services.settings.web.zone))
    return day_of(start, services.index.search, services.index.decisions, services.subjects, misread(services.desk))


def letter_of(day: Day, names: Mapping[str, str], pages: str = "", locale: Locale = ENGLISH) -> Letter:
    """The mail of a day. `names` are those of speakers by id, `pages` is the address of our pages, or ''.

    The text quotes and counts; it adds no words of its own about the news. The HTML makes no mail reader fetch
    anything, and only web addresses are links.
    """
    page = _page(day, pages)
    title = f"{locale.words(_TITLE)}, {heading(day, locale)}"
    subject = shortened(one_line(f"{title}: {number_line(day.numbers[0], locale)}"), _SUBJECT)
    text = brief(day, names, locale)
    end = f"\n\nOn the Record: {page}\n" if page else "\n"
    html = _template().render(
        title=title,
        day=day,
        names=names,
        locale=locale,
        more=more,
        page=page,
        statement_page=lambda hit: f"{pages.rstrip('/')}/statements/{quote(hit.id, safe='')}" if pages else "",
    )
    return Letter(subject, text + end, html)


def _page(day: Day, pages: str) -> str:
    return f"{pages.rstrip('/')}/?day={day.start.date()}" if pages else ""


def _notice(day: Day, letter: Letter, pages: str, now: datetime) -> Alert:
    """The alert under which the brief is listed: a statement of ours with the day's numbers."""
    name = content_id("brief", day.start.isoformat())
    words = letter.subject
    article = ArticleRef(
        id=name,
        revision=1,
        source=OUR_NAME,
        url=_page(day, pages),
        title=_TITLE,
        language="en",
        published=None,
        first_seen=now,
        backfill=False,
    )
    reason = "brief.to names this address"
    return Alert(
        id=name, watch_id="", watch_name=_TITLE, statement=our_statement(name, words, article), why=reason, created=now
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"said": said, "headline": headline, "number_line": number_line, "text_bars": text_bars}
    environment.filters |= {"web_address": web_address}
    return environment.from_string(files(__package__).joinpath("brief.html").read_text(encoding="utf-8"))

"""The templates, which escape all values: filters for our nouns, and the frame around every page."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse

from pipeline.model import Link, Quote
from pipeline.model.query import Hit
from pipeline.search.export import verb
from pipeline.services import Services
from pipeline.text.http import web_address
from pipeline.text.messages import parts
from pipeline.text.targets import masked
from pipeline.web.charts import share

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_PACKAGE: Final = "pipeline.web"

_SHOWN = 320  # characters of a long text around the first word found

_BEFORE = 80  # of them before it

_LEAST_KEPT: Final = 0.3  # of the words of two wordings, so that their difference can be read


def render(template: str, zone: str = "UTC", **values: Any) -> str:
    """The template of this file name, filled in; times are those of the zone."""
    frame = {"to_do": 0, "locked": False, "here": "", "zone": zone}
    return _environment(zone).get_template(template).render(**{**frame, **values})


def stylesheet() -> str:
    """The one style sheet, for pages that must carry it inside."""
    return files(_PACKAGE).joinpath("static", "onrecord.css").read_text(encoding="utf-8")


@cache
def _environment(zone: str) -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "web_address": web_address,
        "moment": lambda time: moment(time, ZoneInfo(zone)),
        "day": lambda time: day(time, ZoneInfo(zone)),
        "share": share,
        "called": called,
        "verb": said_verb,
        "word_changes": word_changes,
        "percent": percent,
        "claim_parts": parts,
        "evidence": evidence,
        "described": described,
        "found": found,
        "worded": worded,
        "masked": masked,
        "narrowed": narrowed,
        "sentence": lambda text: text[:1].upper() + text[1:],
        "path": lambda text: quote(text, safe=""),
    }
    environment.filters.update(filters)
    return environment


def moment(time: datetime, zone: tzinfo = UTC) -> str:
    """The time as a reader writes it, "2 Mar 2026, 12:00"."""
    local = time.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def day(time: datetime, zone: tzinfo = UTC) -> str:
    """The day as a reader writes it, "2 Mar 2026"."""
    local = time.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def called(speaker_id: str) -> str:
    """A name for somebody of whom only the id is at hand."""
    return speaker_id.replace("-", " ").title()


def said_verb(hit: Hit | Quote) -> str:
    """The verb by which the words are attributed to their speaker."""
    cue = hit.cue if isinstance(hit, Hit) else " ".join(hit.cue.text.split()) if hit.cue else ""
    return verb(cue, hit.modality)


def word_changes(before: str, after: str) -> "Markup":
    """The later words, with those left out and put in since the earlier marked; alone where hardly a word stayed."""
    from difflib import SequenceMatcher

    from markupsafe import Markup, escape

    old, new = before.split(), after.split()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _LEAST_KEPT:
        return escape(after)
    pieces = []
    for kind, start, stop, first, last in matcher.get_opcodes():
        same, gone, come = (Markup(" ").join(part) for part in (new[first:last], old[start:stop], new[first:last]))
        if kind == "equal":
            pieces.append(same)
            continue
        pieces += [Markup("<del>%s</del>") % gone] if start < stop else []
        pieces += [Markup("<ins>%s</ins>") % come] if first < last else []
    return Markup(" ").join(pieces)


def percent(share: float) -> str:
    """0.934 as "93 %", the space one that does not break."""
    return f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def evidence(chain: tuple[Link, ...]) -> str:
    """How the speaker was found, in the order read: “she” (pronoun) → “Lindqvist” (surname)."""
    return " → ".join(f"“{link.span.text}” ({link.rule})" for link in chain)


def described(text: str) -> "Markup":
    """A description as the API gives it, with what stands in `backticks` as code."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    return Markup("").join(Markup("<code>%s</code>") % part if n % 2 else escape(part) for n, part in enumerate(parts))


def worded(quoted: Quote) -> "Markup":
    """The quote as the article has it, what interrupts it set aside."""
    from markupsafe import Markup, escape

    pieces, at = [], quoted.start
    for start, end in quoted.fragments:
        aside, words = (
            quoted.text[at - quoted.start : start - quoted.start],
            quoted.text[start - quoted.start : end - quoted.start],
        )
        pieces += [Markup('<span class="aside">%s</span>') % aside if aside else "", escape(words)]
        at = end
    return Markup("").join([*pieces, escape(quoted.text[at - quoted.start :])])


def narrowed(query: str, field: str, value: str) -> str:
    """The query with one more condition, as a click on a facet adds it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    condition = f'{field}:"{escaped}"'
    return f"({query}) AND {condition}" if query.strip() else condition


def found(hit: Hit) -> "Markup":
    """The hit's text, cut where it is long, with the words that were looked for in <mark>."""
    from markupsafe import Markup, escape

    start, end = _window(hit)
    pieces, at = [escape("… " if start else "")], start
    for first, last in hit.highlights:
        if at <= first and last <= end:
            pieces += [escape(hit.text[at:first]), Markup("<mark>%s</mark>") % hit.text[first:last]]
            at = last
    return Markup("").join([*pieces, escape(hit.text[at:end]), escape(" …" if end < len(hit.text) else "")])


def _window(hit: Hit) -> tuple[int, int]:
    if hit.collection != "articles":
        return 0, len(hit.text)
    first = hit.highlights[0][0] if hit.highlights else 0
    start = hit.text.find(" ", max(0, first - _BEFORE), first) + 1 if first > _BEFORE else 0
    end = start + _SHOWN
    return start, end if end < len(hit.text) else len(hit.text)


MOST_COUNTED: Final = 100  # of the newest deliveries, to say how many alerts are to do


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page with the frame around it."""
    services: Services = request.app.state.app
    web = services.settings.web
    frame = {"here": request.url.path, "locked": web.token is not None, "to_do": to_do(services)}
    return HTMLResponse(render(template, web.zone, **frame, **values), status)


def to_do(services: Services) -> int:
    """How many of the newest alerts nobody has dealt with yet."""
    listed = services.outbox.listing(None, MOST_COUNTED)
    return len({delivery.alert.id for delivery in listed if not delivery.acknowledged and delivery.state != "muted"})

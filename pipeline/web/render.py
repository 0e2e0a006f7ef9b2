"""Pages: templates, which escape all values, with filters for our nouns and a frame, or the same view as data.

The address of a view with .json, .csv or .atom behind its path leads to its rows in that form.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from gettext import NullTranslations
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from zlib import crc32
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from pydantic_core import to_json
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.alerts.match import unsaid
from pipeline.model import Link, Quote, User
from pipeline.model.query import Hit
from pipeline.search.export import rows_csv, verb
from pipeline.services import Services
from pipeline.text import fold
from pipeline.text.http import web_address
from pipeline.text.messages import advice, parts
from pipeline.text.targets import masked
from pipeline.text.wording import (
    LANGUAGES,
    Locale,
    amount,
    brief_reasons,
    day,
    moment,
    number,
    sentences,
    translations,
    value_words,
    weekday,
)
from pipeline.web.cards import to_do
from pipeline.web.charts import ends_of, share, sparkline

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_PACKAGE: Final = __name__.rpartition(".")[0]

_SHOWN = 320  # characters of a long text around the first word found

_BEFORE = 80  # of them before it

_LEAST_KEPT: Final = 0.3  # of the words of two wordings, so that their difference can be read


def render(template: str, zone: str = "UTC", language: str = "en", **values: Any) -> str:
    """The template of this file name, filled in; times are those of the zone, and words of the language."""
    alone = {"user": None, "locked": False, "may_edit": True, "may_administer": False, "here": ""}
    frame: dict[str, Any] = {**alone, "to_do": 0, "zone": zone, "language": language, "forms": {}}
    return _environment(zone, language).get_template(template).render(**{**frame, **values})


def stylesheet() -> str:
    """The one style sheet, for pages that must carry it inside."""
    return files(_PACKAGE).joinpath("static", "onrecord.css").read_text(encoding="utf-8")


@cache
def _environment(zone: str, language: str) -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = translations(language)
    environment.globals |= {"amount": partial(amount, language), "language": language}
    vars(environment)["install_gettext_translations"](words, newstyle=True)
    filters: dict[str, Callable[..., Any]] = {
        "web_address": web_address,
        "number": partial(number, language=language),
        "moment": lambda time: moment(time, ZoneInfo(zone), language),
        "day": lambda time: day(time, ZoneInfo(zone), language),
        "weekday": lambda time: weekday(time, language),
        "phrased": partial(sentences, words),
        "unsaid": unsaid,
        "reasons": partial(brief_reasons, words),
        "value_of": partial(value_words, words, language),
        "share": share,
        "sparkline": sparkline,
        "ends_of": lambda counts, last: ends_of(len(counts), last, language),
        "called": called,
        "hue": hue,
        "verb": partial(said_verb, words),
        "keeps_words": keeps_words,
        "word_changes": word_changes,
        "percent": percent,
        "claim_parts": partial(parts, locale=Locale(language, zone)),
        "advice": partial(advice, locale=Locale(language, zone)),
        "evidence": evidence,
        "described": described,
        "highlighted": highlighted,
        "worded": worded,
        "masked": masked,
        "narrowed": narrowed,
        "sentence": lambda text: text[:1].upper() + text[1:],
        "get_from": lambda name, mapping: mapping.get(name),
        "path": lambda text: quote(text, safe=""),
    }
    environment.filters.update(filters)
    return environment


_SENDING: Final = re.compile(
    r'<form\b(?=[^>]*method="post")'
    r'(?![^>]*action="(?:/(?:account|login|logout|unsubscribe)|{{ own_action }})).*?</form>',
    re.DOTALL,
)


def _template(name: str) -> str:
    """The text of a template, in which each form that changes the desk depends on `may_edit`."""
    text = files(_PACKAGE).joinpath("templates", name).read_text(encoding="utf-8")
    return _SENDING.sub(r"{% if may_edit %}\g<0>{% endif %}", text)


def user_of(request: Request) -> User | None:
    """The user who has signed in; None for whoever has the token, and on a desk without users."""
    return getattr(request.state, "user", None)


def preferred_languages(request: Request) -> tuple[str, ...]:
    """The languages of the user, then those of the browser, by preference (RFC 9110, section 12.5.4)."""
    user, accepted = user_of(request), request.headers.get("accept-language", "")
    of_browser = (part.split(";")[0].strip().partition("-")[0].casefold() for part in accepted.split(","))
    return tuple(dict.fromkeys((*(user.languages if user else ()), *of_browser)))


def language_of(request: Request) -> str:
    """The language of the interface that the reader prefers; the desk's if it has none of theirs."""
    services: Services = request.app.state.app
    desks: str = services.settings.web.language
    return next((language for language in preferred_languages(request) if language in LANGUAGES), desks)


def name_of_user(request: Request) -> str:
    """The name of the user who has signed in, or ''."""
    user = user_of(request)
    return user.name if user else ""


def zone_of(request: Request) -> str:
    """The time zone of the user who has signed in, or else of the desk."""
    services: Services = request.app.state.app
    user = user_of(request)
    return user.zone if user and user.zone else services.settings.web.zone


_HUES: Final = 12  # in the style sheet


def hue(outlet: str) -> str:
    """The class of an outlet's colour, the same wherever the outlet is shown."""
    return f"hue{crc32(fold(outlet).encode()) % _HUES}"


def called(speaker_id: str) -> str:
    """A name for somebody of whom only the id is at hand."""
    return speaker_id.replace("-", " ").title()


def said_verb(catalog: NullTranslations, hit: Hit | Quote) -> str:
    """The verb by which the words are attributed to their speaker: the article's, else one in the reader's language."""
    cue = hit.cue if isinstance(hit, Hit) else " ".join(hit.cue.text.split()) if hit.cue else ""
    return verb(cue, hit.modality, partial(catalog.pgettext, "verb"))


def word_changes(before: str, after: str) -> "Markup":
    """The later words, with those left out and put in since the earlier marked; alone where hardly a word stayed."""
    from difflib import SequenceMatcher

    from markupsafe import Markup, escape

    old, new = before.split(), after.split()
    if not keeps_words(before, after):
        return escape(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    pieces = []
    for kind, start, stop, first, last in matcher.get_opcodes():
        same, gone, come = (Markup(" ").join(part) for part in (new[first:last], old[start:stop], new[first:last]))
        if kind == "equal":
            pieces.append(same)
            continue
        pieces += [Markup("<del>%s</del>") % gone] if start < stop else []
        pieces += [Markup("<ins>%s</ins>") % come] if first < last else []
    return Markup(" ").join(pieces)


def keeps_words(before: str, after: str) -> bool:
    """Return whether enough words stayed to mark the changes between two texts in one line."""
    from difflib import SequenceMatcher

    return SequenceMatcher(None, before.split(), after.split(), autojunk=False).ratio() >= _LEAST_KEPT


def percent(share: float) -> str:
    """0.934 as "93 %", the space one that does not break."""
    return f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def evidence(chain: tuple[Link, ...]) -> str:
    """Return how the speaker was found, in the order read: “she” (pronoun) → “Lindqvist” (surname)."""
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


def highlighted(hit: Hit) -> "Markup":
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


_VIEWS: Final = re.compile(
    r"(/(?:today|record|compare|people|alerts|watches|feeds|source|network|quoted|audit|system|dead-letters"
    r"|(?:people|groups|statements|articles)/.+))\.(json|csv|atom)"
)

_FORM: Final = "onrecord.form"  # in the scope of a request


class Forms:
    """Leads a request for a view as data, such as /people.csv, to the handler of the page /people."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        view = _VIEWS.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if view:
            path = "/" if view[1] == "/today" else view[1]
            scope = {**scope, "path": path, "raw_path": quote(path).encode(), _FORM: view[2]}
        await self._app(scope, receive, send)


def page(
    request: Request,
    template: str,
    status: int = 200,
    *,
    rows: Sequence[object] | None = None,
    following: str = "",
    **values: Any,
) -> Response:
    """A view: a page with the frame around it, or its `rows` in the form that the address asks for.

    `following` is the address of the next page, or ''.
    """
    form = request.scope.get(_FORM, "")
    if form:
        error = values.get("error")
        if status != 200 and isinstance(error, Exception):
            raise HTTPException(status, str(error))
        return _as_rows(request, form, rows, following)
    services: Services = request.app.state.app
    user = user_of(request)
    frame = {
        "here": request.url.path,
        "user": user,
        "locked": services.settings.web.token is not None or user is not None,
        "may_edit": user is None or user.role != "reader",
        "may_administer": user is None or user.role == "admin",
        "to_do": to_do(services),
        "forms": _forms(request, rows),
    }
    language = language_of(request)
    content = render(template, zone_of(request), language, **frame, **values)
    return HTMLResponse(content, status, {"vary": "accept-language, cookie", "content-language": language})


def _forms(request: Request, rows: Sequence[object] | None) -> dict[str, str]:
    """The addresses of the view as data, by form."""
    if rows is None:
        return {}
    forms = ("csv", "json", "atom") if rows and _is_feed(rows) else ("csv", "json")
    return {form: _in_form(f"{request.url.path}?{request.url.query}", form) for form in forms}


def _in_form(address: str, form: str) -> str:
    path, _, query = address.partition("?")
    return f"{'/today' if path == '/' else path}.{form}{f'?{query}' if query else ''}"


def _is_feed(rows: Sequence[object]) -> bool:
    return all(isinstance(row, Hit) and row.collection == "statements" for row in rows)


def _as_rows(request: Request, form: str, rows: Sequence[object] | None, following: str) -> Response:
    """The rows as JSON, with the address of the `next` ones or null, as CSV, or as an Atom feed of statements."""
    if rows is None or (form == "atom" and not _is_feed(rows)):
        raise HTTPException(404, f"{request.url.path} is not to be had as {form}")
    if form == "csv":
        return Response("".join(rows_csv(rows)), media_type="text/csv; charset=utf-8")
    if form == "json":
        base = str(request.base_url).rstrip("/")
        content = {"rows": rows, "next": f"{base}{_in_form(following, 'json')}" if following else None}
        return Response(to_json(content), media_type="application/json")
    from pipeline.web.atom import statements_feed

    return statements_feed(request, [row for row in rows if isinstance(row, Hit)])

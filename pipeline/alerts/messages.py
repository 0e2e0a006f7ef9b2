"""Alerts in the words that people read, without anything that a terminal, a page or a mail reader could act on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pipeline.feeds.health import US
from pipeline.model import Alert, CorrectionKind, DelayReason, Delivery, Statement
from pipeline.text import clean

if TYPE_CHECKING:
    from jinja2 import Template

_VERBS: Final = {"asserted": "says", "denied": "denies", "asked": "asks"}

_SUBJECT: Final = 120  # characters, of which a list of mails shows some sixty


_CORRECTED: Final[dict[CorrectionKind, str]] = {
    "removed": "Taken out",
    "changed": "Corrected",
    "reattributed": "Corrected",
}

_NAMES: Final = 3  # of speakers that a digest begins with

_HELD: Final[dict[DelayReason, str]] = {
    "": "",
    "cap": "They are more than the watch tells in a day.",
    "quiet": "They waited for the end of the quiet hours.",
}


@dataclass(frozen=True, slots=True)
class StatementSummary:
    """What a message tells of one statement, in lines; `link` and `page` are addresses or ''."""

    headline: str
    words: str
    origin: str
    link: str
    page: str
    reason: str
    language: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery as a mail tells it: one line of subject, and the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str


def by_statement(alerts: Iterable[Alert]) -> list[tuple[Alert, ...]]:
    """The alerts, those that tell the same of one statement together."""
    together: dict[tuple[str, str], list[Alert]] = {}
    for alert in alerts:
        together.setdefault((alert.statement.id, alert.occasion), []).append(alert)
    return [tuple(of_one) for of_one in together.values()]


def statement_summaries(delivery: Delivery, pages: str = "") -> list[StatementSummary]:
    """What the message tells, a statement each. `pages` is where our own pages are, or ''."""
    return [_telling(alerts, pages) for alerts in by_statement(delivery.alerts)]


def _telling(alerts: Sequence[Alert], pages: str) -> StatementSummary:
    alert = alerts[0]
    return StatementSummary(
        headline=headline(alert),
        words=said(alert.statement),
        origin=origin(alert.statement),
        link=link(alert.statement),
        page=page(alert.statement, pages),
        reason=reasons(alerts),
        language=one_line(alert.statement.first.article.language),
    )


def summary(delivery: Delivery) -> str:
    """What a digest is of: "7 statements: Ada Lindqvist (5), Bo Ek (2)"."""
    counts: dict[str, int] = {}
    statements = by_statement(delivery.alerts)
    for alerts in statements:
        name = one_line(alerts[0].statement.speaker_name)
        counts[name] = counts.get(name, 0) + 1
    named = sorted(counts, key=lambda name: -counts[name])
    names = [f"{shortened(name, 60)} ({counts[name]})" for name in named[:_NAMES]]
    more = [f"{len(named) - _NAMES} more"] if len(named) > _NAMES else []
    return f"{len(statements)} statements: {', '.join([*names, *more])}"


def held(delivery: Delivery) -> str:
    """Why they come together, where their watch does not ask for that; else ''."""
    return _HELD[delivery.held] if delivery.parts else ""


def letter(delivery: Delivery, *, pages: str = "", unsubscribe: str = "") -> Letter:
    """The mail of a delivery. `pages` is where our own pages are, `unsubscribe` ends this, both addresses or ''.

    Nothing in the HTML makes a mail reader fetch anything, and only addresses of the web are links.
    """
    told = statement_summaries(delivery, pages)
    one = told[0]
    title = summary(delivery) if len(told) > 1 else one.headline
    subject = shortened(title if len(told) > 1 else f"{title}: {one.words}", _SUBJECT)
    why = held(delivery)
    html = _template().render(title=title, tellings=told, held=why, unsubscribe=unsubscribe)
    end = [f"No more of this: {unsubscribe}"] if unsubscribe else []
    opening = [title, *filter(None, (why,))] if len(told) > 1 else []
    return Letter(subject, "\n\n".join([*opening, *map(_paragraphs, told), *end]) + "\n", html)


def _paragraphs(told: StatementSummary) -> str:
    first = "\n".join(filter(None, (told.origin, told.link)))
    why = "\n".join(filter(None, (told.reason, f"On the Record: {told.page}" if told.page else "")))
    return "\n\n".join(filter(None, (f"{told.headline}:\n\n  {told.words}", first, why)))


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files("pipeline.alerts").joinpath("letter.html").read_text(encoding="utf-8"))


def headline(alert: Alert) -> str:
    """Who spoke, and how: "Ada Lindqvist says", "… denies", "… says otherwise"; and what else there is to tell of it.

    "In 5 independent sources: Ada Lindqvist says", "Taken out: Ada Lindqvist says".
    """
    statement = alert.statement
    verb = _VERBS.get(statement.first.quote.modality, "is quoted")
    occasion = f"In {alert.occasion.removeprefix('spread ')} independent sources: " if alert.kind == "spread" else ""
    if alert.correction:
        occasion = f"{_CORRECTED[alert.correction.kind]}: "
    return one_line(f"{occasion}{statement.speaker_name} {verb}{' otherwise' if statement.changed_from else ''}")


def said(statement: Statement) -> str:
    """The statement on one line."""
    return one_line(statement.text)


def origin(statement: Statement) -> str:
    """Which outlet reported it first, when that was seen, and under which title."""
    article = statement.first.article
    return one_line(f"{article.source}, {article.first_seen:%Y-%m-%d %H:%M} UTC: {article.title}")


def reasons(alerts: Sequence[Alert]) -> str:
    """Which watches it met, and why: those of one reason together."""
    watches: dict[str, list[str]] = {}
    for alert in alerts:
        watches.setdefault(alert.why, []).append(alert.watch_name)
    return one_line(" · ".join(f"{', '.join(names)}: {why}" for why, names in watches.items()))


def link(statement: Statement) -> str:
    """The address of the article, '' where it is none of the web."""
    url = "".join(clean(statement.first.article.url).split())
    return url if url.startswith(("http://", "https://")) else ""


def page(statement: Statement, pages: str) -> str:
    """The address of the statement's own page, '' where ours are not to be found; for a notice, that of the feeds."""
    if pages and statement.speaker_id == US:
        return f"{pages.rstrip('/')}/feeds"
    return f"{pages.rstrip('/')}/statements/{quote(statement.id, safe='')}" if pages else ""


def one_line(text: str) -> str:
    """The text on one line, without control characters."""
    return " ".join(clean(text).split())


def shortened(text: str, most: int) -> str:
    """The text, cut with an ellipsis where it has more characters than that."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"

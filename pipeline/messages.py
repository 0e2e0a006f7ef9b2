"""An alert in the words that people read, without anything that a terminal, a page or a mail reader could act on."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pipeline.model import Alert, Statement
from pipeline.notices import US
from pipeline.text import clean

if TYPE_CHECKING:
    from jinja2 import Template

_VERBS: Final = {"asserted": "says", "denied": "denies", "asked": "asks"}
_SUBJECT: Final = 120  # characters, of which a list of mails shows some sixty


@dataclass(frozen=True, slots=True)
class Letter:
    """An alert as a mail tells it: one line of subject, and the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str


def letter(alert: Alert, *, pages: str = "", unsubscribe: str = "") -> Letter:
    """The mail of an alert. `pages` is where our own pages are, `unsubscribe` ends this, both addresses or ''.

    Nothing in the HTML makes a mail reader fetch anything, and only addresses of the web are links.
    """
    statement = alert.statement
    told = {
        "headline": headline(alert),
        "words": said(statement),
        "origin": origin(statement),
        "link": link(statement),
        "page": page(statement, pages),
        "reason": reason(alert),
        "unsubscribe": unsubscribe,
    }
    subject = shortened(f"{told['headline']}: {told['words']}", _SUBJECT)
    html = _template().render(told, language=one_line(statement.first.article.language) or "und")
    return Letter(subject, _text(**told), html)


def _text(*, headline: str, words: str, origin: str, link: str, page: str, reason: str, unsubscribe: str) -> str:
    told = f"{headline}:\n\n  {words}\n"
    first = "\n".join(filter(None, (origin, link)))
    why = "\n".join(filter(None, (reason, f"On the Record: {page}" if page else "")))
    end = f"No more of this: {unsubscribe}" if unsubscribe else ""
    return "\n\n".join(filter(None, (told.rstrip("\n"), first, why, end))) + "\n"


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files("pipeline").joinpath("letter.html").read_text(encoding="utf-8"))


def headline(alert: Alert) -> str:
    """Who spoke, and how: "Ada Lindqvist says", "… denies", "… says otherwise"."""
    statement = alert.statement
    verb = _VERBS.get(statement.first.quote.modality, "is quoted")
    return one_line(f"{statement.speaker_name} {verb}{' otherwise' if statement.changed_from else ''}")


def said(statement: Statement) -> str:
    """The statement on one line."""
    return one_line(statement.text)


def origin(statement: Statement) -> str:
    """Which outlet reported it first, when that was seen, and under which title."""
    article = statement.first.article
    return one_line(f"{article.source}, {article.first_seen:%Y-%m-%d %H:%M} UTC: {article.title}")


def reason(alert: Alert) -> str:
    """Which watch it met, and why."""
    return one_line(f"{alert.watch_name}: {alert.why}")


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

"""An alert in words for people to read, without anything that a terminal or page could act on."""

from pipeline.model import Alert, Statement
from pipeline.text import clean

_VERBS = {"asserted": "says", "denied": "denies", "asked": "asks"}


def headline(alert: Alert) -> str:
    """Who spoke, and how: "Ada Lindqvist says", "… denies", "… says otherwise"."""
    statement = alert.statement
    verb = _VERBS.get(statement.first.quote.modality, "is quoted")
    return one_line(f"{statement.speaker_name} {verb}{' otherwise' if statement.changed_from else ''}")


def origin(statement: Statement) -> str:
    """Which outlet reported it first, when that was seen, and under which title."""
    article = statement.first.article
    return one_line(f"{article.source}, {article.first_seen:%Y-%m-%d %H:%M} UTC: {article.title}")


def reason(alert: Alert) -> str:
    """Which watch it met, and why."""
    return one_line(f"{alert.watch_name}: {alert.why}")


def link(statement: Statement) -> str:
    """The address of the article, '' where it is none of the web."""
    url = one_line(statement.first.article.url)
    return url if url.startswith(("http://", "https://")) else ""


def one_line(text: str) -> str:
    """The text on one line, without control characters."""
    return " ".join(clean(text).split())

"""Alerts to a Mattermost channel by its incoming webhook, as Markdown.

https://developers.mattermost.com/integrate/webhooks/incoming/
"""

import re
from typing import Any, Final

from connectors.http.client import HttpClient
from connectors.notify._post import MOST_BESIDE, Chat, checked, fitting, within
from pipeline.model import Delivery
from pipeline.settings import Settings
from pipeline.text.messages import StatementSummary, held, shortened, statement_summaries, summary
from pipeline.text.wording import ENGLISH, Locale, phrase

_MOST: Final = 4_000  # characters of a statement; a message has 16,383, including escapes

_DIGEST: Final = 16_000  # bytes of a digest

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!>~|])")  # the characters that Mattermost's Markdown can escape

# Mattermost resolves names after "@", and Slack's "<!channel>", before Markdown, and ":smile:" after it.
_CALLING: Final = re.compile(r"([@<]|:(?=[\w+-]+:))")

_WORD_JOINER: Final = "\u2060"

_NOT_IN_LINKS: Final = re.compile(r"[()<>\\\"\s\[\]]")


def message(delivery: Delivery, pages: str = "", locale: Locale = ENGLISH) -> dict[str, Any]:
    """Return the message for Mattermost."""
    statements = statement_summaries(delivery, pages, locale)
    if len(statements) == 1:
        return {"text": _alone(statements[0], locale)}
    opening = f"**{_escaped(summary(delivery, locale))}**\n{_escaped(held(delivery, locale))}".rstrip()
    return fitting(
        lambda most: {"text": "\n\n".join([opening, *(_brief(statement, most) for statement in statements)])}, _DIGEST
    )


def _alone(statement: StatementSummary, locale: Locale) -> str:
    own = _link(statement.page, locale.words(phrase("All reports"))) if statement.page else ""
    lines = (
        f"**{_escaped(statement.headline)}**",
        f"> {_escaped(statement.words, _MOST)}",
        "",
        *(f"{_escaped(line, _MOST)}\n" for line in statement.beside),
        _link(statement.link, statement.origin),
        f"{_escaped(statement.reason)} {own}".rstrip(),
    )
    return "\n".join(lines)


def _brief(statement: StatementSummary, most: int) -> str:
    """Return one statement of a digest."""
    leads = _link(within(statement.link or statement.page, most), shortened(statement.origin, most))
    headline, words, reason = (_escaped(text, most) for text in (statement.headline, statement.words, statement.reason))
    beside = "".join(f"{_escaped(line, most)}\n" for line in statement.beside)
    return f"**{headline}**\n> {words}\n\n{beside}{leads} {reason}"


def connect(address: str, settings: Settings, outside: HttpClient) -> Chat:
    """Return the channel with this incoming webhook."""
    return Chat(checked(address, "mattermost"), message, settings, outside)


def _link(url: str, text: str) -> str:
    target = _NOT_IN_LINKS.sub(lambda match: f"%{ord(match[0]):02X}", url)
    return f"[{_escaped(text)}]({target})" if url else _escaped(text)


def _escaped(text: str, most: int = MOST_BESIDE) -> str:
    """Escape the markup of Mattermost, so that a quote cannot mention a channel or add a link."""
    return _CALLING.sub(rf"\1{_WORD_JOINER}", _MARKUP.sub(r"\\\1", shortened(text, most)))

"""Alerts to a Slack channel by its incoming webhook, as rich text, in which no text is markup.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from typing import Any, Final

from connectors.http.client import HttpClient
from connectors.notify._post import Chat, checked, fitting, within
from pipeline.model import Delivery
from pipeline.settings import Settings
from pipeline.text.messages import StatementSummary, held, shortened, statement_summaries, summary
from pipeline.text.wording import ENGLISH, Locale, phrase

_MOST: Final = 3_000  # characters per text, the limit of Slack's other blocks

_DIGEST: Final = 30_000  # bytes of a digest with some fifty texts


def message(delivery: Delivery, pages: str = "", locale: Locale = ENGLISH) -> dict[str, Any]:
    """Return the message for Slack; `text` appears in notifications."""
    statements = statement_summaries(delivery, pages, locale)
    if len(statements) == 1:
        return _shape(f"{statements[0].headline}: {statements[0].words}", _alone(statements[0], locale))
    title, delay = summary(delivery, locale), held(delivery, locale)
    opening = [_text(title, bold=True), *([_text(f"\n{delay}")] if delay else [])]
    return fitting(
        lambda most: _shape(
            title,
            [_part("section", *opening), *(part for statement in statements for part in _brief(statement, most))],
        ),
        _DIGEST,
    )


def _shape(title: str, elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "text": _escaped(shortened(title, _MOST)),
        "blocks": [{"type": "rich_text", "elements": elements}],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _alone(statement: StatementSummary, locale: Locale) -> list[dict[str, Any]]:
    own = [_text(" "), _link(statement.page, locale.words(phrase("All reports")))] if statement.page else []
    return [
        _part("section", _text(statement.headline, bold=True)),
        _part("quote", _text(statement.words)),
        *(_part("section", _text(line)) for line in statement.beside),
        _part("section", _link(statement.link, statement.origin)),
        _part("section", _text(statement.reason, italic=True), *own),
    ]


def _brief(statement: StatementSummary, most: int) -> list[dict[str, Any]]:
    """Return one statement of a digest."""
    leads = _link(within(statement.link or statement.page, most), shortened(statement.origin, most))
    return [
        _part("section", _text(shortened(statement.headline, most), bold=True)),
        _part("quote", _text(shortened(statement.words, most))),
        *(_part("section", _text(shortened(line, most))) for line in statement.beside),
        _part("section", leads, _text(f" {shortened(statement.reason, most)}", italic=True)),
    ]


def connect(address: str, settings: Settings, outside: HttpClient) -> Chat:
    """Return the channel with this incoming webhook."""
    return Chat(checked(address, "slack"), message, settings, outside)


def _part(kind: str, *inside: dict[str, Any]) -> dict[str, Any]:
    return {"type": f"rich_text_{kind}", "elements": list(inside)}


def _text(text: str, **style: bool) -> dict[str, Any]:
    element = {"type": "text", "text": shortened(text, _MOST) or "–"}  # Slack rejects an empty text
    return {**element, "style": style} if style else element


def _link(url: str, text: str) -> dict[str, Any]:
    return {**_text(text), "type": "link", "url": url} if url and len(url) <= _MOST else _text(text)


def _escaped(text: str) -> str:
    """Escape the markup of Slack, so that a quote cannot mention a channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

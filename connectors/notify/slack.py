"""Alerts to a Slack channel by its incoming webhook, as rich text, in which no text is markup.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from typing import Any, Final

from connectors.http import Outside
from connectors.notify._post import Chat, checked
from pipeline.messages import headline, link, origin, page, reason, said, shortened
from pipeline.model import Alert
from pipeline.settings import Settings

_MOST: Final = 3_000  # characters of one text, as Slack's other blocks take them


def message(alert: Alert, pages: str = "") -> dict[str, Any]:
    """The alert as Slack shows it; `text` is what a notification tells of it."""
    statement = alert.statement
    own = page(statement, pages)
    elements = [
        _part("section", _text(headline(alert), bold=True)),
        _part("quote", _text(said(statement))),
        _part("section", _link(link(statement), origin(statement))),
        _part("section", _text(reason(alert), italic=True), *([_text(" "), _link(own, "All reports")] if own else [])),
    ]
    return {
        "text": _escaped(shortened(f"{headline(alert)}: {said(statement)}", _MOST)),
        "blocks": [{"type": "rich_text", "elements": elements}],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def connect(address: str, settings: Settings, outside: Outside) -> Chat:
    """The channel whose incoming webhook has this address."""
    return Chat(checked(address, "slack"), message, settings, outside)


def _part(kind: str, *inside: dict[str, Any]) -> dict[str, Any]:
    return {"type": f"rich_text_{kind}", "elements": list(inside)}


def _text(text: str, **style: bool) -> dict[str, Any]:
    shown = {"type": "text", "text": shortened(text, _MOST) or "–"}  # Slack takes no empty text
    return {**shown, "style": style} if style else shown


def _link(url: str, text: str) -> dict[str, Any]:
    return {**_text(text), "type": "link", "url": url} if url and len(url) <= _MOST else _text(text)


def _escaped(text: str) -> str:
    """The text without what Slack reads in it, so that no quote can call a channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

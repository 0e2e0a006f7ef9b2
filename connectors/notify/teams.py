"""Alerts to a Microsoft Teams channel by the address of a workflow, as an Adaptive Card.

https://adaptivecards.io/explorer/
"""

from typing import Any

from connectors.http import Outside
from connectors.notify._post import Chat, checked
from pipeline import messages as told
from pipeline.model import Alert
from pipeline.settings import Settings


def message(alert: Alert) -> dict[str, Any]:
    """The alert as a card; its texts are runs of plain text, in which nothing is markup."""
    statement = alert.statement
    link = told.link(statement)
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _paragraph(told.headline(alert), weight="Bolder"),
            _paragraph(told.one_line(statement.text), size="Medium"),
            _paragraph(told.origin(statement)),
            _paragraph(told.reason(alert), isSubtle=True),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open the article", "url": link}] if link else [],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def connect(address: str, settings: Settings, outside: Outside) -> Chat:
    """The channel that the workflow at this address posts to."""
    return Chat(checked(address, "teams"), message, outside, settings.webhook.timeout)


def _paragraph(text: str, **style: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}

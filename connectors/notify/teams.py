"""Alerts to a Microsoft Teams channel by the address of a workflow, as an Adaptive Card, in which no text is markup.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
https://adaptivecards.io/explorer/
"""

from typing import Any, Final

from connectors.http import Outside
from connectors.notify._post import MOST_BESIDE, Chat, checked
from pipeline.messages import headline, link, origin, page, reason, said, shortened
from pipeline.model import Alert
from pipeline.settings import Settings

_MOST: Final = 4_000  # characters of a statement; a message has 28 kB


def message(alert: Alert, pages: str = "") -> dict[str, Any]:
    """The alert as a card; its texts are runs of plain text."""
    statement = alert.statement
    leads = {"Open the article": link(statement), "All reports": page(statement, pages)}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _paragraph(headline(alert), weight="Bolder"),
            _paragraph(said(statement), _MOST, size="Medium"),
            _paragraph(origin(statement)),
            _paragraph(reason(alert), isSubtle=True),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": title, "url": url} for title, url in leads.items() if url],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def connect(address: str, settings: Settings, outside: Outside) -> Chat:
    """The channel that the workflow at this address posts to."""
    return Chat(checked(address, "teams"), message, settings, outside)


def _paragraph(text: str, most: int = MOST_BESIDE, **style: Any) -> dict[str, Any]:
    run = {"type": "TextRun", "text": shortened(text, most), **style}
    return {"type": "RichTextBlock", "inlines": [run]}

"""Alerts to a Microsoft Teams channel by the address of a workflow, as an Adaptive Card, in which no text is markup.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
https://adaptivecards.io/explorer/
"""

from collections.abc import Mapping
from typing import Any, Final

from connectors.http.client import HttpClient
from connectors.notify._post import MOST_BESIDE, Chat, checked, fitting, within
from pipeline.model import Delivery
from pipeline.settings import Settings
from pipeline.text.messages import StatementSummary, held, shortened, statement_summaries, summary
from pipeline.text.wording import ENGLISH, Locale, phrase

_MOST: Final = 4_000  # characters of a statement; a message has 28 kB

_DIGEST: Final = 26_000  # bytes of a digest


def message(delivery: Delivery, pages: str = "", locale: Locale = ENGLISH) -> dict[str, Any]:
    """Return the delivery as a card; its texts are runs of plain text."""
    statements = statement_summaries(delivery, pages, locale)
    if len(statements) == 1:
        return _alone(statements[0], locale)
    delay = held(delivery, locale)
    opening = [_paragraph(summary(delivery, locale), weight="Bolder"), *([_paragraph(delay)] if delay else [])]
    return fitting(
        lambda most: _card([*opening, *(part for statement in statements for part in _brief(statement, most))]), _DIGEST
    )


def _alone(statement: StatementSummary, locale: Locale) -> dict[str, Any]:
    body = [
        _paragraph(statement.headline, weight="Bolder"),
        _paragraph(statement.words, _MOST, size="Medium"),
        *(_paragraph(line, _MOST) for line in statement.beside),
        _paragraph(statement.origin),
        _paragraph(statement.reason, isSubtle=True),
    ]
    return _card(
        body,
        {
            locale.words(phrase("Open the article")): statement.link,
            locale.words(phrase("All reports")): statement.page,
        },
    )


def _brief(statement: StatementSummary, most: int) -> list[dict[str, Any]]:
    """Return one statement of a digest, which opens its article on a click."""
    url = within(statement.link or statement.page, most)
    touched = {"selectAction": {"type": "Action.OpenUrl", "url": url}} if url else {}
    return [
        _paragraph(f"{statement.headline}: {statement.words}", 2 * most, separator=True),
        *(_paragraph(line, most) for line in statement.beside),
        {**_paragraph(statement.origin, most), "inlines": [{**_run(statement.origin, most), **touched}]},
        _paragraph(statement.reason, most, isSubtle=True),
    ]


def _card(body: list[dict[str, Any]], leads: Mapping[str, str] | None = None) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": t, "url": url} for t, url in (leads or {}).items() if url],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def connect(address: str, settings: Settings, outside: HttpClient) -> Chat:
    """Return the channel of the workflow at this address."""
    return Chat(checked(address, "teams"), message, settings, outside)


def _paragraph(text: str, most: int = MOST_BESIDE, *, separator: bool = False, **style: Any) -> dict[str, Any]:
    block = {"type": "RichTextBlock", "inlines": [{**_run(text, most), **style}]}
    return {**block, "separator": True} if separator else block


def _run(text: str, most: int) -> dict[str, Any]:
    return {"type": "TextRun", "text": shortened(text, most)}

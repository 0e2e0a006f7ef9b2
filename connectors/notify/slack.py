"""Alerts to a Slack channel by its incoming webhook.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from typing import Any

from connectors.http import Outside
from connectors.notify._post import Chat, checked
from pipeline import messages as told
from pipeline.model import Alert
from pipeline.settings import Settings


def message(alert: Alert) -> dict[str, Any]:
    """The alert as Slack shows it."""
    statement = alert.statement
    origin, link = _escaped(told.origin(statement)), _escaped(told.link(statement)).replace("|", "%7C")
    lines = (
        f"*{_escaped(told.headline(alert))}*",
        f"> {_escaped(told.one_line(statement.text))}",
        f"<{link}|{origin}>" if link else origin,
        _escaped(told.reason(alert)),
    )
    return {"text": "\n".join(lines), "unfurl_links": False}


def connect(address: str, settings: Settings, outside: Outside) -> Chat:
    """The channel whose incoming webhook has this address."""
    return Chat(checked(address, "slack"), message, outside, settings.webhook.timeout)


def _escaped(text: str) -> str:
    """The text without a meaning for Slack, so that no quote can call a channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

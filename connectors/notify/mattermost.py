"""Alerts to a Mattermost channel by its incoming webhook.

https://developers.mattermost.com/integrate/webhooks/incoming/
"""

import re
from typing import Any

from connectors.http import Outside
from connectors.notify._post import Chat, checked
from pipeline import messages as told
from pipeline.model import Alert
from pipeline.settings import Settings

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:])")
_WORD_JOINER = "\u2060"  # behind an "@", so that no quote can call a channel


def message(alert: Alert) -> dict[str, Any]:
    """The alert as Mattermost shows it."""
    statement = alert.statement
    origin, link = _escaped(told.origin(statement)), told.link(statement).replace("(", "%28").replace(")", "%29")
    lines = (
        f"**{_escaped(told.headline(alert))}**",
        f"> {_escaped(told.one_line(statement.text))}",
        "",
        f"[{origin}]({link})" if link else origin,
        _escaped(told.reason(alert)),
    )
    return {"text": "\n".join(lines)}


def connect(address: str, settings: Settings, outside: Outside) -> Chat:
    """The channel whose incoming webhook has this address."""
    return Chat(checked(address, "mattermost"), message, outside, settings.webhook.timeout)


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text).replace("@", f"@{_WORD_JOINER}")

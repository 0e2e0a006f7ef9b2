"""Alerts to a Mattermost channel by its incoming webhook, as Markdown.

https://developers.mattermost.com/integrate/webhooks/incoming/
"""

import re
from typing import Any, Final

from connectors.http import Outside
from connectors.notify._post import MOST_BESIDE, Chat, checked
from pipeline.messages import headline, link, origin, page, reason, said, shortened
from pipeline.model import Alert
from pipeline.settings import Settings

_MOST: Final = 4_000  # characters of a statement; a message has 16,383, with what is escaped
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!>~|])")  # what Markdown as Mattermost reads it lets one escape
# Mattermost finds names behind "@", and Slack's "<!channel>", before it reads Markdown; ":smile:" it replaces after.
_CALLING: Final = re.compile(r"([@<]|:(?=[\w+-]+:))")
_WORD_JOINER: Final = "\u2060"
_NOT_IN_LINKS: Final = re.compile(r"[()<>\\\"\s\[\]]")


def message(alert: Alert, pages: str = "") -> dict[str, Any]:
    """The alert as Mattermost shows it."""
    statement = alert.statement
    own = page(statement, pages)
    lines = (
        f"**{_escaped(headline(alert))}**",
        f"> {_escaped(said(statement), _MOST)}",
        "",
        _link(link(statement), origin(statement)),
        _escaped(reason(alert)) + (f" {_link(own, 'All reports')}" if own else ""),
    )
    return {"text": "\n".join(lines)}


def connect(address: str, settings: Settings, outside: Outside) -> Chat:
    """The channel whose incoming webhook has this address."""
    return Chat(checked(address, "mattermost"), message, settings, outside)


def _link(url: str, text: str) -> str:
    target = _NOT_IN_LINKS.sub(lambda found: f"%{ord(found[0]):02X}", url)
    return f"[{_escaped(text)}]({target})" if url else _escaped(text)


def _escaped(text: str, most: int = MOST_BESIDE) -> str:
    """The text without what Mattermost reads in it, so that no quote can call a channel or place a link of its own."""
    return _CALLING.sub(rf"\1{_WORD_JOINER}", _MARKUP.sub(r"\\\1", shortened(text, most)))

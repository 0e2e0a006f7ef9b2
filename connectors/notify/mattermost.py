"""Alerts to a Mattermost channel by its incoming webhook, as Markdown.

https://developers.mattermost.com/integrate/webhooks/incoming/
"""

import re
from typing import Any, Final

from connectors.http.client import HttpClient
from connectors.notify._post import MOST_BESIDE, Chat, checked, fitting, within
from pipeline.alerts.messages import StatementSummary, held, shortened, statement_summaries, summary
from pipeline.model import Delivery
from pipeline.settings import Settings

_MOST: Final = 4_000  # characters of a statement; a message has 16,383, with what is escaped

_DIGEST: Final = 16_000  # bytes of a digest

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!>~|])")  # what Markdown as Mattermost reads it lets one escape

# Mattermost finds names behind "@", and Slack's "<!channel>", before it reads Markdown; ":smile:" it replaces after.
_CALLING: Final = re.compile(r"([@<]|:(?=[\w+-]+:))")

_WORD_JOINER: Final = "\u2060"

_NOT_IN_LINKS: Final = re.compile(r"[()<>\\\"\s\[\]]")


def message(delivery: Delivery, pages: str = "") -> dict[str, Any]:
    """The delivery as Mattermost shows it."""
    told = statement_summaries(delivery, pages)
    if len(told) == 1:
        return {"text": _alone(told[0])}
    opening = f"**{_escaped(summary(delivery))}**\n{_escaped(held(delivery))}".rstrip()
    return fitting(lambda most: {"text": "\n\n".join([opening, *(_brief(one, most) for one in told)])}, _DIGEST)


def _alone(told: StatementSummary) -> str:
    lines = (
        f"**{_escaped(told.headline)}**",
        f"> {_escaped(told.words, _MOST)}",
        "",
        _link(told.link, told.origin),
        _escaped(told.reason) + (f" {_link(told.page, 'All reports')}" if told.page else ""),
    )
    return "\n".join(lines)


def _brief(told: StatementSummary, most: int) -> str:
    """One statement of a digest."""
    leads = _link(within(told.link or told.page, most), shortened(told.origin, most))
    return (
        f"**{_escaped(told.headline, most)}**\n> {_escaped(told.words, most)}\n\n{leads} {_escaped(told.reason, most)}"
    )


def connect(address: str, settings: Settings, outside: HttpClient) -> Chat:
    """The channel whose incoming webhook has this address."""
    return Chat(checked(address, "mattermost"), message, settings, outside)


def _link(url: str, text: str) -> str:
    target = _NOT_IN_LINKS.sub(lambda found: f"%{ord(found[0]):02X}", url)
    return f"[{_escaped(text)}]({target})" if url else _escaped(text)


def _escaped(text: str, most: int = MOST_BESIDE) -> str:
    """The text without what Mattermost reads in it, so that no quote can call a channel or place a link of its own."""
    return _CALLING.sub(rf"\1{_WORD_JOINER}", _MARKUP.sub(r"\\\1", shortened(text, most)))

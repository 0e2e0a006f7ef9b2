"""Alerts to a Slack channel by its incoming webhook, as rich text, in which no text is markup.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from typing import Any, Final

from connectors.http.client import HttpClient
from connectors.notify._post import Chat, checked, fitting, within
from pipeline.alerts.messages import StatementSummary, held, shortened, statement_summaries, summary
from pipeline.model import Delivery
from pipeline.settings import Settings

_MOST: Final = 3_000  # characters of one text, as Slack's other blocks take them

_DIGEST: Final = 30_000  # bytes of a digest, which has up to some fifty texts


def message(delivery: Delivery, pages: str = "") -> dict[str, Any]:
    """The delivery as Slack shows it; `text` is what a notification tells of it."""
    told = statement_summaries(delivery, pages)
    if len(told) == 1:
        return _shape(f"{told[0].headline}: {told[0].words}", _alone(told[0]))
    opening = [_text(summary(delivery), bold=True), *([_text(f"\n{held(delivery)}")] if held(delivery) else [])]
    return fitting(
        lambda most: _shape(
            summary(delivery), [_part("section", *opening), *(part for one in told for part in _brief(one, most))]
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


def _alone(told: StatementSummary) -> list[dict[str, Any]]:
    own = [_text(" "), _link(told.page, "All reports")] if told.page else []
    return [
        _part("section", _text(told.headline, bold=True)),
        _part("quote", _text(told.words)),
        _part("section", _link(told.link, told.origin)),
        _part("section", _text(told.reason, italic=True), *own),
    ]


def _brief(told: StatementSummary, most: int) -> list[dict[str, Any]]:
    """One statement of a digest."""
    leads = _link(within(told.link or told.page, most), shortened(told.origin, most))
    return [
        _part("section", _text(shortened(told.headline, most), bold=True)),
        _part("quote", _text(shortened(told.words, most))),
        _part("section", leads, _text(f" {shortened(told.reason, most)}", italic=True)),
    ]


def connect(address: str, settings: Settings, outside: HttpClient) -> Chat:
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

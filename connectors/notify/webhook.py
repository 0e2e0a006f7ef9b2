"""Alerts to a webhook by Standard Webhooks: signed, with the time of the attempt, under the same id on every attempt.

The body is `{"type", "timestamp", "data"}`: "statement.new", "statement.changed" or one of _TYPES, the time of first
sight, and the statement as a schema.org Quotation with the reason, the watches, and the evidence for its speaker. A
digest has the type "digest", and the bodies of its parts as `statements`.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic_core import to_json, to_jsonable_python
from standardwebhooks import Webhook as Signer

from connectors.http.client import HttpClient
from connectors.notify._post import checked, locale_of, post
from pipeline.errors import SettingsError
from pipeline.model import Alert, AlertKind, Delivery
from pipeline.model.quotation import quotation
from pipeline.model.values import traceparent
from pipeline.ports import Clock
from pipeline.settings import Settings
from pipeline.text.http import web_address
from pipeline.text.messages import by_statement
from pipeline.text.wording import ENGLISH, Locale


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts each delivery to an address."""

    url: str
    signers: Sequence[Signer]
    outside: HttpClient
    timeout: timedelta
    locale: Locale = ENGLISH
    clock: Clock = field(default=lambda: datetime.now(UTC))

    def send(self, delivery: Delivery) -> None:
        """Post the delivery; see `Notifier`."""
        body = to_json(payload(delivery, self.locale)).decode()
        now = self.clock()
        headers = {
            "traceparent": traceparent(delivery.alert.statement.first.article.id),
            "content-type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signer.sign(delivery.id, now, body) for signer in self.signers),
        }
        post(self.outside, self.url, body.encode(), headers, self.timeout)


def payload(delivery: Delivery, locale: Locale = ENGLISH) -> dict[str, Any]:
    """Return the message of a delivery."""
    statements = [_payload(alerts, locale) for alerts in by_statement(delivery.alerts)]
    if len(statements) == 1:
        return statements[0]
    return {"type": "digest", "timestamp": delivery.planned, "data": {"held": delivery.held, "statements": statements}}


def _payload(alerts: Sequence[Alert], locale: Locale) -> dict[str, Any]:
    alert = alerts[0]
    statement = alert.statement
    quote, article = statement.first.quote, statement.first.article
    return {
        "type": _type(alert),
        "timestamp": alert.created,
        "data": {
            "alert": alert.id,
            "watch": {"id": alert.watch_id, "name": alert.watch_name},
            "why": locale.sentences(alert.why),
            "correction": to_jsonable_python(alert.correction),
            "watches": [
                {"id": each.watch_id, "name": each.watch_name, "alert": each.id, "why": locale.sentences(each.why)}
                for each in alerts
            ],
            "statement": quotation(statement),
            "translation": to_jsonable_python(alert.translation),
            "review": to_jsonable_python(alert.review),
            "evidence": [{"rule": link.rule, "text": link.span.text, "start": link.span.start} for link in quote.chain],
            "url": web_address(article.url),
            "source": article.source,
        },
    }


_TYPES: Final[dict[AlertKind, str]] = {
    "spread": "statement.spread",
    "correction": "statement.corrected",
    "spike": "speaker.spike",
    "silence": "speaker.silence",
}


def _type(alert: Alert) -> str:
    if alert.kind == "news":
        return "statement.changed" if alert.statement.changed_from else "statement.new"
    return _TYPES[alert.kind]


def connect(address: str, settings: Settings, outside: HttpClient) -> Webhook:
    """Return the webhook at this address."""
    secret, old_secret = settings.webhook.secret, settings.webhook.old_secret
    if secret is None:
        raise SettingsError(
            "webhook.secret is not set: webhooks are signed with it; `onrecord config secret webhook.secret` sets it"
        )
    signers = [Signer(key.get_secret_value()) for key in (secret, old_secret) if key]
    return Webhook(checked(address, "webhook"), signers, outside, settings.webhook.timeout, locale_of(settings))

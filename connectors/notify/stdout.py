"""Alerts to standard output: a block of text each, or a line of JSON with the target "stdout:json"."""

import sys
import threading
from dataclasses import dataclass

from pydantic_core import to_json

from connectors.http.client import HttpClient
from connectors.notify._post import locale_of
from pipeline.codec import plain
from pipeline.errors import UsageError, WorldError
from pipeline.model import Delivery
from pipeline.settings import Settings
from pipeline.text import messages
from pipeline.text.wording import ENGLISH, Locale

_lock = threading.Lock()  # so that two blocks do not mix


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints alerts."""

    as_json: bool = False
    locale: Locale = ENGLISH

    def send(self, delivery: Delivery) -> None:
        """Print the delivery; see `Notifier`."""
        text = line(delivery) if self.as_json else block(delivery, self.locale)
        with _lock:
            try:
                sys.stdout.write(text)
                sys.stdout.flush()
            except OSError as error:
                raise WorldError(f"standard output accepts no alert: {error}") from error


def block(delivery: Delivery, locale: Locale = ENGLISH) -> str:
    """Return statement, advice, source, link and reason in lines, then an empty line; a digest has a summary first."""
    statements = messages.statement_summaries(delivery, "", locale)
    summary = f"{messages.summary(delivery, locale)}. {messages.held(delivery, locale)}".rstrip()
    opening = f"{summary}\n\n" if len(statements) > 1 else ""
    return opening + "".join(map(_block, statements))


def _block(statement: messages.StatementSummary) -> str:
    below = (*statement.beside, statement.origin, statement.link, statement.reason)
    lines = (f"{statement.headline}: {statement.words}", *(f"  {line}" for line in below if line))
    return "\n".join(lines) + "\n\n"


def line(delivery: Delivery) -> str:
    """Return the alerts as JSON, with the id of the delivery."""
    also = [plain(alert) for alert in delivery.also]
    return to_json({"delivery": delivery.id, "alert": plain(delivery.alert), "also": also}).decode() + "\n"


def connect(address: str, settings: Settings, outside: HttpClient) -> Printer:
    """Return the printer; the address is "" or "json"."""
    if address not in ("", "json"):
        raise UsageError(f"target stdout:{address} is neither stdout nor stdout:json")
    return Printer(address == "json", locale_of(settings))
